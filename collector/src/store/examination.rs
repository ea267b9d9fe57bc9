//! What the examination of a store says: questions, answers, and the command that mends.
//!
//! What cannot be asked is not taken for right.

use serde::Serialize;

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is as it should be.
    Ok,
    /// It is not.
    Missing,
    /// Nobody answered, or not to us.
    CouldNotAsk,
}

impl Answer {
    /// As people read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::CouldNotAsk => "could not ask",
        }
    }
}

/// One question to the bucket or container and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was asked.
    pub name: &'static str,
    /// How that ended.
    pub answer: Answer,
    /// What was found.
    pub found: String,
    /// Without it nothing is written.
    pub must: bool,
    /// The command that mends it; none is needed if it is ok.
    pub mend: Option<String>,
}

impl Check {
    pub(crate) fn of(
        name: &'static str,
        right: bool,
        found: impl Into<String>,
        mend: impl FnOnce() -> String,
    ) -> Self {
        let answer = if right { Answer::Ok } else { Answer::Missing };
        Self { name, answer, found: found.into(), must: false, mend: (!right).then(mend) }
    }

    pub(super) fn unasked(name: &'static str, why: &dyn std::fmt::Display, mend: &str) -> Self {
        let mend = Some(mend.to_owned());
        Self { name, answer: Answer::CouldNotAsk, found: why.to_string(), must: false, mend }
    }

    pub(super) fn must(self) -> Self {
        Self { must: true, ..self }
    }
}

/// All questions and answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// The place of the evidence.
    pub place: String,
    /// One check per question.
    pub checks: Vec<Check>,
}

impl Examination {
    /// Whether the place can hold evidence.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        self.checks.iter().all(|check| !check.must || check.answer == Answer::Ok)
    }

    /// Whether nothing is left to mend or to ask.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.checks.iter().all(|check| check.answer == Answer::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_must_makes_a_place_unfit() {
        let check = |must, right| {
            let check = Check::of("x", right, "found", || "mend".to_owned());
            if must { check.must() } else { check }
        };
        let of = |checks| Examination { place: "s3://abc".to_owned(), checks };
        let weak = of(vec![check(true, true), check(false, false)]);
        assert!(weak.is_fit() && !weak.is_right());
        assert!(!of(vec![check(true, false)]).is_fit());
        assert!(!of(vec![Check::unasked("x", &"nobody", "ask").must()]).is_fit());
    }
}
