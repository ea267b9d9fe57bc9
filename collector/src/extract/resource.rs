//! One resource: all its lists, one after the other, and what came of them.

use verify_core::limits::Limits;
use verify_core::model::{Outcome, Quarantined};
use verify_core::normalize::{self, Normalizer, RedactionKey};
use verify_core::profile::Resource;
use verify_core::schema::Registry;

use super::Reading;
use super::judge::Judge;
use super::list::{Gathered, Reader};
use super::shortfall::Shortfall;
use crate::http::ApiClient;

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
    let mut whole = Gathered::new(Judge::new(registry, &resource.response_schemas));
    let stopped = lists(&reader, client, &mut whole, parents).await;
    settle(client, resource, whole, stopped)
}

/// A resource whose parent is not complete.
pub(super) fn orphan(parent: &str, outcome: Outcome) -> Reading {
    unread(&Shortfall::Parent { parent: parent.to_owned(), outcome })
}

/// Why the reading stopped, if it did, and in the list of which parent.
type Stopped = Result<(), (Shortfall, Option<String>)>;

async fn lists<'a>(
    reader: &Reader<'a>,
    client: &mut ApiClient,
    whole: &mut Gathered<'a>,
    parents: Option<&[String]>,
) -> Stopped {
    let Some(parents) = parents else {
        return reader.list(client, whole, None).await.map_err(|shortfall| (shortfall, None));
    };
    for parent in parents {
        let read = reader.list(client, whole, Some(parent)).await;
        read.map_err(|shortfall| (shortfall, Some(parent.clone())))?;
    }
    Ok(())
}

fn settle(
    client: &mut ApiClient,
    resource: &Resource,
    whole: Gathered<'_>,
    stopped: Stopped,
) -> (Reading, Vec<String>) {
    let count = whole.entities.len() as u64;
    let mut keys: Vec<_> = whole.entities.iter().map(|entity| entity.key.clone()).collect();
    keys.sort_unstable();
    // Two lists of one resource may still share a key.
    let finished = stopped.and_then(|()| {
        normalize::finish(resource, whole.entities).map_err(|error| (Shortfall::from(error), None))
    });
    let (normal, shortfall) = match finished {
        Ok(normal) => (Some(normal), None),
        Err(shortfall) => (None, Some(shortfall)),
    };
    if shortfall.is_some() {
        keys.clear();
    }
    let (pages, rounds) = (whole.pages, whole.rounds);
    let raw = whole.kept.finish(&resource.id, client.transcript_mut());
    let quarantined = whole.broken.zip(raw.last()).map(|((schemas, errors), body)| Quarantined {
        resource: resource.id.clone(),
        member: body.member.clone(),
        schemas,
        errors,
    });
    let reading = Reading {
        outcome: shortfall.as_ref().map_or(Outcome::Complete, |(shortfall, _)| shortfall.outcome(pages)),
        reason: shortfall
            .as_ref()
            .map(|(shortfall, parent)| shortfall.reason(parent.as_deref(), count, pages, rounds)),
        code: shortfall.as_ref().map(|(shortfall, _)| shortfall.code()),
        count,
        reported_total: whole.total.filter(|_| pages > 0),
        pages,
        rounds,
        normal,
        raw,
        schema: whole.judge.result(),
        quarantined,
        redacted: whole.redacted,
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
