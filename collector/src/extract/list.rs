//! One list from its first page to its proven end: request, strict JSON, schema, figures, entities.

use std::collections::{BTreeMap, HashSet};

use verify_core::canon;
use verify_core::limits::Limits;
use verify_core::model::SchemaNotice;
use verify_core::normalize::{NormalEntity, Normalizer};
use verify_core::profile::Resource;

use super::judge::Judge;
use super::keep::Kept;
use super::shortfall::Shortfall;
use crate::http::{Answer, ApiClient, Place, ReadRequest, fill_parent};
use crate::paging::{PageFacts, PageRequest, Pager, Step};

/// Rounds of one list at most: a list that moves in each of them is not complete.
pub const MOST_ROUNDS: u64 = 3;

/// What is the same for all lists of a resource.
pub(super) struct Reader<'a> {
    pub(super) resource: &'a Resource,
    pub(super) normalizer: &'a Normalizer<'a>,
    pub(super) limits: &'a Limits,
}

/// What has been read: of one list, or of all lists of a resource so far.
pub(super) struct Gathered<'s> {
    pub(super) judge: Judge<'s>,
    pub(super) kept: Kept,
    pub(super) entities: Vec<NormalEntity>,
    pub(super) bytes: u64,
    pub(super) pages: u64,
    /// Most rounds that one list took.
    pub(super) rounds: u64,
    /// Sum of the totals; `None` once a list reported none.
    pub(super) total: Option<u64>,
    /// Schemas tried and errors of the body that broke them, which is the last one kept.
    pub(super) broken: Option<(Vec<String>, Vec<SchemaNotice>)>,
    pub(super) redacted: BTreeMap<String, u64>,
}

impl<'s> Gathered<'s> {
    /// Nothing yet; `judge` knows what earlier lists of the resource kept.
    pub(super) fn new(judge: Judge<'s>) -> Self {
        Self {
            judge,
            kept: Kept::default(),
            entities: Vec::new(),
            bytes: 0,
            pages: 0,
            rounds: 0,
            total: Some(0),
            broken: None,
            redacted: BTreeMap::new(),
        }
    }

    /// Takes over what was read of one list.
    fn absorb(&mut self, list: Self, limits: &Limits) -> Result<(), Shortfall> {
        self.judge = list.judge;
        self.entities.extend(list.entities);
        self.bytes += list.bytes;
        self.pages += list.pages;
        self.rounds = self.rounds.max(list.rounds);
        self.total = self.total.zip(list.total).map(|(sum, total)| sum.saturating_add(total));
        self.broken = list.broken;
        for (pattern, count) in list.redacted {
            *self.redacted.entry(pattern).or_default() += count;
        }
        self.kept.append(list.kept)?;
        refuse_too_much(self.bytes, limits)
    }
}

impl<'a> Reader<'a> {
    /// Reads the list of `parent`, or the resource's only list, and adds it to `whole`.
    ///
    /// A list that contradicts itself, as one does that is changed while it is read, is read again from
    /// its start, [`MOST_ROUNDS`] times at most. What is added is what the last round gave, also if it
    /// stopped short.
    pub(super) async fn list(
        &self,
        client: &mut ApiClient,
        whole: &mut Gathered<'a>,
        parent: Option<&str>,
    ) -> Result<(), Shortfall> {
        let mut round = 1;
        loop {
            let mut list = Gathered::new(whole.judge.clone());
            list.rounds = round;
            let mut pager = Pager::new(&self.resource.paging);
            let read = self.pages(client, &mut list, &mut pager, parent).await;
            list.total = pager.total();
            match read {
                Err(shortfall) if shortfall.may_be_movement() && round < MOST_ROUNDS => round += 1,
                read => {
                    let absorbed = whole.absorb(list, self.limits);
                    return read.and(absorbed);
                }
            }
        }
    }

    async fn pages(
        &self,
        client: &mut ApiClient,
        list: &mut Gathered<'_>,
        pager: &mut Pager<'_>,
        parent: Option<&str>,
    ) -> Result<(), Shortfall> {
        let first = self.first_request(parent)?;
        let mut keys = HashSet::new();
        while let Some(wanted) = pager.next_request() {
            let request = self.request(&first, wanted, client)?;
            let resource = self.resource.id.as_str();
            let place = Place { resource, parent, page: pager.pages() + 1, round: list.rounds };
            let answer = client.read(&request, place).await?;
            let before = list.entities.len();
            let step = self.page(client, list, pager, parent, &answer)?;
            for entity in list.entities.iter().skip(before) {
                if !keys.insert(entity.key.clone()) {
                    return Err(Shortfall::Twice { key: entity.key.clone() });
                }
            }
            if step == Step::End {
                break;
            }
        }
        Ok(())
    }

    /// Judges one answer and takes its entities over.
    fn page(
        &self,
        client: &mut ApiClient,
        list: &mut Gathered<'_>,
        pager: &mut Pager<'_>,
        parent: Option<&str>,
        answer: &Answer,
    ) -> Result<Step, Shortfall> {
        if answer.body.is_empty() {
            return Err(Shortfall::NoBody { status: answer.status });
        }
        let body = canon::read(&answer.body, self.limits)
            .map_err(|error| Shortfall::NotJson { problem: error.to_string() })?;
        let judged = list.judge.page(&body);
        let normal = match judged.and_then(|()| Ok(self.normalizer.normalize_page(&body, parent)?)) {
            Ok(normal) => normal,
            Err(shortfall) => {
                if let Shortfall::Breaks { tried, errors } = &shortfall {
                    list.broken = Some((tried.clone(), errors.clone()));
                    list.kept.breaking(self.normalizer, &body, &answer.body, answer.exchange)?;
                }
                return Err(shortfall);
            }
        };
        let entities = normal.entities.len() as u64;
        let first_key = normal.entities.first().map(|entity| entity.key.clone());
        let facts = PageFacts::of(&self.resource.paging, &body, answer.received_sha256, entities, first_key)?;
        client.transcript_mut().note_page(answer.exchange, entities, facts.total);
        list.pages += 1;
        if self.resource.keep_raw {
            list.kept.page(self.normalizer, &body, &answer.body, answer.exchange)?;
        }
        for (pattern, count) in normal.redacted {
            *list.redacted.entry(pattern).or_default() += count;
        }
        list.bytes += normal.entities.iter().map(|entity| entity.bytes.len() as u64 + 1).sum::<u64>();
        list.entities.extend(normal.entities);
        refuse_too_much(list.bytes, self.limits)?;
        Ok(pager.accept(facts)?)
    }

    fn first_request(&self, parent: Option<&str>) -> Result<ReadRequest, Shortfall> {
        let path = match parent {
            Some(key) => fill_parent(&self.resource.path, &canon::pointer::unescape(key)),
            None => Ok(self.resource.path.clone()),
        };
        let request = path.and_then(|path| ReadRequest::new(&path, &[]));
        request.map_err(|error| Shortfall::Rules { problem: error.to_string() })
    }

    fn request(
        &self,
        first: &ReadRequest,
        wanted: PageRequest,
        client: &ApiClient,
    ) -> Result<ReadRequest, Shortfall> {
        match wanted {
            PageRequest::Query(parameters) => {
                let query: Vec<_> = self.resource.query.iter().cloned().chain(parameters).collect();
                let request = ReadRequest::new(first.path(), &query);
                request.map_err(|error| Shortfall::Rules { problem: error.to_string() })
            }
            PageRequest::Link(link) => {
                first.following(&link, client.api_base()).map_err(|error| Shortfall::Read(error.into()))
            }
        }
    }
}

/// A resource must fit into a snapshot.
fn refuse_too_much(bytes: u64, limits: &Limits) -> Result<(), Shortfall> {
    if bytes > limits.member_bytes {
        return Err(Shortfall::TooMuch { what: "bytes of entities", most: limits.member_bytes });
    }
    Ok(())
}
