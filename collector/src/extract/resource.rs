//! One resource: all its lists, again from the start while they move, and what came of it.

use verify_core::limits::Limits;
use verify_core::model::Outcome;
use verify_core::normalize::{self, Normalizer, RedactionKey};
use verify_core::profile::Resource;
use verify_core::schema::Registry;

use super::Reading;
use super::judge::Judge;
use super::list::{Reader, Round};
use super::shortfall::Shortfall;
use crate::http::ApiClient;

/// Rounds of one resource at most: a list that moves in each of them is not complete.
pub const MOST_ROUNDS: u64 = 3;

/// Reads one resource. `parents` are the keys it is read for; `None` for a resource of its own.
/// Gives its reading and, if complete, the keys of its entities in order.
pub(super) async fn read(
    client: &mut ApiClient,
    resource: &Resource,
    registry: Option<&Registry>,
    redaction_key: Option<&RedactionKey>,
    limits: &Limits,
    parents: Option<&[String]>,
) -> (Reading, Vec<String>) {
    let normalizer = match Normalizer::new(resource, redaction_key) {
        Ok(normalizer) => normalizer,
        Err(error) => return (unread(&error.into()), Vec::new()),
    };
    let reader = Reader { resource, normalizer: &normalizer, limits };
    let mut number = 1;
    loop {
        let mut round = Round::new(number, Judge::new(registry, &resource.response_schemas));
        let mut stopped = lists(&reader, client, &mut round, parents).await;
        let entities = std::mem::take(&mut round.entities);
        let count = entities.len() as u64;
        let keys: Vec<_> = entities.iter().map(|entity| entity.key.clone()).collect();
        let mut normal = None;
        if stopped.is_ok() {
            match normalize::finish(resource, entities) {
                Ok(finished) => normal = Some(finished),
                Err(error) => stopped = Err((error.into(), None)),
            }
        }
        if let Err((shortfall, _)) = &stopped
            && shortfall.may_be_movement()
            && number < MOST_ROUNDS
        {
            number += 1;
            continue;
        }
        return settle(client, round, stopped, normal, count, keys);
    }
}

/// A resource whose parent is not complete.
pub(super) fn orphan(parent: &str, outcome: Outcome) -> Reading {
    unread(&Shortfall::Parent { parent: parent.to_owned(), outcome })
}

/// Why a round stopped, and in the list of which parent.
type Stopped = Result<(), (Shortfall, Option<String>)>;

async fn lists(
    reader: &Reader<'_>,
    client: &mut ApiClient,
    round: &mut Round<'_>,
    parents: Option<&[String]>,
) -> Stopped {
    let Some(parents) = parents else {
        return reader.list(client, round, None).await.map_err(|shortfall| (shortfall, None));
    };
    for parent in parents {
        let read = reader.list(client, round, Some(parent)).await;
        read.map_err(|shortfall| (shortfall, Some(parent.clone())))?;
    }
    Ok(())
}

fn settle(
    client: &mut ApiClient,
    round: Round<'_>,
    stopped: Stopped,
    normal: Option<normalize::NormalResource>,
    count: u64,
    mut keys: Vec<String>,
) -> (Reading, Vec<String>) {
    let shortfall = stopped.err();
    if shortfall.is_some() {
        keys.clear();
    }
    keys.sort_unstable();
    let (pages, rounds) = (round.pages, round.number);
    let reading = Reading {
        outcome: shortfall.as_ref().map_or(Outcome::Complete, |(shortfall, _)| shortfall.outcome(pages)),
        reason: shortfall
            .as_ref()
            .map(|(shortfall, parent)| shortfall.reason(parent.as_deref(), count, pages, rounds)),
        code: shortfall.as_ref().map(|(shortfall, _)| shortfall.code()),
        count,
        reported_total: round.total.filter(|_| pages > 0),
        pages,
        rounds,
        normal,
        raw: round.kept.finish(client.transcript_mut()),
        schema: round.judge.result(),
        quarantined: round.quarantined,
        redacted: round.redacted,
    };
    (reading, keys)
}

fn unread(shortfall: &Shortfall) -> Reading {
    Reading {
        outcome: shortfall.outcome(0),
        reason: Some(shortfall.reason(None, 0, 0, 1)),
        code: Some(shortfall.code()),
        count: 0,
        reported_total: None,
        pages: 0,
        rounds: 0,
        normal: None,
        raw: Vec::new(),
        schema: Judge::new(None, &[]).result(),
        quarantined: None,
        redacted: std::collections::BTreeMap::new(),
    }
}
