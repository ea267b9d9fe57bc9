//! Pointer patterns: JSON pointers (RFC 6901) in which `*` stands for every array element or object member.
//!
//! Refused: anything that is no pointer, and steps of digits alone. An array position means nothing
//! before sets are sorted, so a rule for "element 0" would hit whatever the platform listed first.

use std::collections::BTreeMap;

use crate::canon::pointer::unescape;

/// Why a text is no pointer pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern {pattern:?}: {problem}")]
pub struct PatternError {
    /// The refused text.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Any,
}

/// One compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointerPattern {
    steps: Vec<Step>,
}

impl PointerPattern {
    /// Compiles `text`, e.g. `/members/*/lastSeen`. The empty pointer is refused: no rule may be
    /// about a whole entity.
    pub fn compile(text: &str) -> Result<Self, PatternError> {
        let refuse = |problem| Err(PatternError { pattern: text.to_owned(), problem });
        let Some(rest) = text.strip_prefix('/') else {
            return refuse("expected a JSON pointer that starts with a slash");
        };
        let mut steps = Vec::new();
        for token in rest.split('/') {
            if !escapes_are_whole(token) {
                return refuse("expected ~0 or ~1 after a tilde");
            }
            if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) {
                return refuse("array positions are not allowed, use *");
            }
            steps.push(if token == "*" { Step::Any } else { Step::Member(unescape(token).into_owned()) });
        }
        Ok(Self { steps })
    }

    /// Whether the pattern covers exactly the place that these unescaped tokens lead to.
    #[must_use]
    pub fn matches<S: AsRef<str>>(&self, tokens: &[S]) -> bool {
        self.steps.len() == tokens.len()
            && self.steps.iter().zip(tokens).all(|(step, token)| match step {
                Step::Any => true,
                Step::Member(name) => name == token.as_ref(),
            })
    }
}

fn escapes_are_whole(token: &str) -> bool {
    token.split('~').skip(1).all(|after| after.starts_with(['0', '1']))
}

/// Rules by pattern, walked together with a value: one look-up per step for all patterns at once.
#[derive(Debug, Clone)]
pub(crate) struct PatternTree<R> {
    rules: Vec<R>,
    members: BTreeMap<String, Self>,
    any: Option<Box<Self>>,
}

impl<R> PatternTree<R> {
    pub(crate) const fn new() -> Self {
        Self { rules: Vec::new(), members: BTreeMap::new(), any: None }
    }

    pub(crate) fn insert(&mut self, pattern: &PointerPattern, rule: R) {
        let mut node = self;
        for step in &pattern.steps {
            node = match step {
                Step::Any => node.any.get_or_insert_with(|| Box::new(Self::new())),
                Step::Member(name) => node.members.entry(name.clone()).or_insert_with(Self::new),
            };
        }
        node.rules.push(rule);
    }

    /// The place of the entity itself.
    pub(crate) fn root(&self) -> Place<'_, R> {
        Place { nodes: vec![self] }
    }
}

/// A place in a value, and every pattern that may still match at it or below it.
#[derive(Debug)]
pub(crate) struct Place<'t, R> {
    nodes: Vec<&'t PatternTree<R>>,
}

impl<'t, R> Place<'t, R> {
    /// No pattern reaches this place or anything below it.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The place of the object member `name`.
    pub(crate) fn member(&self, name: &str) -> Self {
        let step = |node: &&'t PatternTree<R>| {
            let node: &'t PatternTree<R> = node;
            node.members.get(name).into_iter().chain(node.any.as_deref())
        };
        Self { nodes: self.nodes.iter().flat_map(step).collect() }
    }

    /// The place of every array element.
    pub(crate) fn element(&self) -> Self {
        Self { nodes: self.nodes.iter().filter_map(|node| node.any.as_deref()).collect() }
    }

    /// Rules whose pattern matches exactly here.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &'t R> {
        self.nodes.iter().flat_map(|node| {
            let node: &'t PatternTree<R> = node;
            node.rules.iter()
        })
    }
}
