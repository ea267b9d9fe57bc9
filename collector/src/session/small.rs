//! Records without a collection: decisions and announcements, one document each.

use std::collections::BTreeMap;

use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::model::Kind;
use verify_core::package::PackedMember;

use super::SessionError;
use crate::rules::InForce;
use crate::seal::Draft;

/// A record without a collection: its one document and the rules in force.
pub fn small_record(
    kind: Kind,
    document: &impl serde::Serialize,
    rules: &InForce,
    actor: &str,
) -> Result<Draft, SessionError> {
    let mut members = rules.members.clone();
    members.push(PackedMember::pack(&kind.payload_member(), &canon::to_vec_of(document)?)?);
    Ok(Draft {
        kind,
        collection_cycle: kind.as_str().to_owned(),
        scheduled_utc: None,
        collected_utc: None,
        state_sha256: None,
        resources: BTreeMap::new(),
        baseline: None,
        inputs_sha256: no_inputs(),
        actor: actor.to_owned(),
        members,
        sealed_before: None,
    })
}

/// The digest over no registers (F-14).
#[must_use]
pub fn no_inputs() -> Digest {
    canon::digest_map([])
}
