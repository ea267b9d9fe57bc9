//! One list from its first page to its proven end: request, strict JSON, schema, figures, entities.

use std::collections::BTreeMap;

use verify_core::canon;
use verify_core::limits::Limits;
use verify_core::model::Quarantined;
use verify_core::normalize::{NormalEntity, Normalizer};
use verify_core::profile::Resource;

use super::judge::Judge;
use super::keep::Kept;
use super::shortfall::Shortfall;
use crate::http::{Answer, ApiClient, Place, ReadRequest, fill_parent};
use crate::paging::{PageFacts, PageRequest, Pager, Step};

/// What is the same for all lists of a resource.
pub(super) struct Reader<'a> {
    pub(super) resource: &'a Resource,
    pub(super) normalizer: &'a Normalizer<'a>,
    pub(super) limits: &'a Limits,
}

/// What has been read of a resource in this round, over all its lists.
pub(super) struct Round<'s> {
    pub(super) number: u64,
    pub(super) judge: Judge<'s>,
    pub(super) kept: Kept,
    pub(super) entities: Vec<NormalEntity>,
    pub(super) bytes: u64,
    pub(super) pages: u64,
    /// Sum of the totals; `None` once a list reported none.
    pub(super) total: Option<u64>,
    pub(super) quarantined: Option<Quarantined>,
    pub(super) redacted: BTreeMap<String, u64>,
}

impl<'s> Round<'s> {
    pub(super) fn new(number: u64, judge: Judge<'s>) -> Self {
        Self {
            number,
            judge,
            kept: Kept::default(),
            entities: Vec::new(),
            bytes: 0,
            pages: 0,
            total: Some(0),
            quarantined: None,
            redacted: BTreeMap::new(),
        }
    }
}

impl Reader<'_> {
    /// Reads the list of `parent`, or the resource's only list.
    pub(super) async fn list(
        &self,
        client: &mut ApiClient,
        round: &mut Round<'_>,
        parent: Option<&str>,
    ) -> Result<(), Shortfall> {
        let mut pager = Pager::new(&self.resource.paging);
        let read = self.pages(client, round, &mut pager, parent).await;
        // Also of a list that stopped short: the figures belong into the reason.
        round.total = round.total.zip(pager.total()).map(|(sum, total)| sum.saturating_add(total));
        read
    }

    async fn pages(
        &self,
        client: &mut ApiClient,
        round: &mut Round<'_>,
        pager: &mut Pager<'_>,
        parent: Option<&str>,
    ) -> Result<(), Shortfall> {
        let first = self.first_request(parent)?;
        while let Some(wanted) = pager.next_request() {
            let request = self.request(&first, wanted, client)?;
            let place = Place {
                resource: self.resource.id.as_str(),
                parent,
                page: round.pages + 1,
                round: round.number,
            };
            let answer = client.read(&request, place).await?;
            if self.page(client, round, pager, parent, &answer)? == Step::End {
                break;
            }
        }
        Ok(())
    }

    /// Judges one answer and takes its entities over.
    fn page(
        &self,
        client: &mut ApiClient,
        round: &mut Round<'_>,
        pager: &mut Pager<'_>,
        parent: Option<&str>,
        answer: &Answer,
    ) -> Result<Step, Shortfall> {
        if answer.body.is_empty() {
            return Err(Shortfall::NoBody { status: answer.status });
        }
        let body = canon::read(&answer.body, self.limits)
            .map_err(|error| Shortfall::NotJson { problem: error.to_string() })?;
        let judged = round.judge.page(&body);
        let normal = match judged.and_then(|()| Ok(self.normalizer.normalize_page(&body, parent)?)) {
            Ok(normal) => normal,
            Err(Shortfall::Breaks { tried, errors }) => {
                let id = &self.resource.id;
                let member =
                    round.kept.breaking(id, self.normalizer, &body, &answer.body, answer.exchange)?;
                let (schemas, noted) = (tried.clone(), errors.clone());
                round.quarantined =
                    Some(Quarantined { resource: id.clone(), member, schemas, errors: noted });
                return Err(Shortfall::Breaks { tried, errors });
            }
            Err(other) => return Err(other),
        };
        let entities = normal.entities.len() as u64;
        let first_key = normal.entities.first().map(|entity| entity.key.clone());
        let facts = PageFacts::of(&self.resource.paging, &body, answer.received_sha256, entities, first_key)?;
        client.transcript_mut().note_page(answer.exchange, entities, facts.total);
        round.pages += 1;
        if self.resource.keep_raw {
            round.kept.page(&self.resource.id, self.normalizer, &body, &answer.body, answer.exchange)?;
        }
        for (pattern, count) in normal.redacted {
            *round.redacted.entry(pattern).or_default() += count;
        }
        round.bytes += normal.entities.iter().map(|entity| entity.bytes.len() as u64 + 1).sum::<u64>();
        round.entities.extend(normal.entities);
        let step = pager.accept(facts)?;
        if round.bytes > self.limits.member_bytes {
            return Err(Shortfall::TooMuch { what: "bytes of entities", most: self.limits.member_bytes });
        }
        Ok(step)
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
