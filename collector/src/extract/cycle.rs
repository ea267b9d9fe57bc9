//! One cycle's reading: sign in, prove who answers, read every resource of the profile.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use verify_core::limits::Limits;
use verify_core::model::{Failure, FailureStage, Outcome, ResourceName, Tenant};
use verify_core::normalize::RedactionKey;
use verify_core::profile::{Profile, Resource};

use super::{Extraction, FailedExtraction, Reading, ResponseSchemas, organization, resource};
use crate::http::ApiClient;

/// Name under which the question for the organization stands in the transcript.
pub const ORGANIZATION: &str = "organization";

/// What is to be read, and how it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The platform's profile.
    pub profile: &'a Profile,
    /// Its response schemas.
    pub schemas: &'a ResponseSchemas,
    /// Key of redaction digests; needed if the profile redacts anything by digest.
    pub redaction_key: Option<&'a RedactionKey>,
    /// The configured tenant: another one's answers are refused.
    pub tenant: &'a Tenant,
    /// How long the reading is expected to take: a token that ends earlier is renewed before.
    pub window: Duration,
    /// Bounds of documents.
    pub limits: Limits,
}

/// Reads every resource of the profile, in its order.
///
/// A resource that cannot be read leaves the others alone. The whole cycle fails only if there is no
/// token, another organization answers, or not one resource could be read.
pub async fn extract_all(
    client: &mut ApiClient,
    plan: &Plan<'_>,
) -> Result<Extraction, Box<FailedExtraction>> {
    client.begin_cycle();
    let started = client.clock().now();
    if let Err(fault) = client.sign_in(plan.window).await {
        return Err(Box::new(failed(client, started, FailureStage::SignIn, fault.code(), fault.to_string())));
    }
    let proven = organization::prove(client, &plan.profile.organization, plan.tenant, &plan.limits).await;
    let organization = match proven {
        Ok(facts) => facts,
        Err(unproven) => {
            return Err(Box::new(failed(
                client,
                started,
                FailureStage::Extract,
                unproven.code,
                unproven.message,
            )));
        }
    };
    let readings = read_resources(client, plan).await;
    if let Some((code, message)) = nothing_read(plan.profile, &readings) {
        return Err(Box::new(failed(client, started, FailureStage::Extract, code, message)));
    }
    let finished = client.clock().now();
    let exchanges = client.take_transcript().into_exchanges();
    Ok(Extraction { started, finished, organization, readings, exchanges })
}

async fn read_resources(client: &mut ApiClient, plan: &Plan<'_>) -> BTreeMap<ResourceName, Reading> {
    let mut readings: BTreeMap<ResourceName, Reading> = BTreeMap::new();
    let mut keys_of_parents: BTreeMap<&ResourceName, Vec<String>> = BTreeMap::new();
    for resource in &plan.profile.resources {
        let parent = resource.parent.as_ref().map(|parent| &parent.resource);
        let outcome = parent.and_then(|parent| readings.get(parent)).map(|reading| reading.outcome);
        let reading = match (parent, outcome) {
            (Some(parent), Some(outcome)) if outcome != Outcome::Complete => {
                resource::orphan(parent.as_str(), outcome)
            }
            _ => {
                let parents = parent.and_then(|parent| keys_of_parents.get(parent)).map(Vec::as_slice);
                let registry = plan.schemas.of(&resource.id);
                let (reading, keys) =
                    resource::read(client, resource, registry, plan.redaction_key, &plan.limits, parents)
                        .await;
                if is_parent(plan.profile, resource) {
                    keys_of_parents.insert(&resource.id, keys);
                }
                reading
            }
        };
        readings.insert(resource.id.clone(), reading);
    }
    readings
}

fn is_parent(profile: &Profile, resource: &Resource) -> bool {
    profile
        .resources
        .iter()
        .any(|other| other.parent.as_ref().is_some_and(|parent| parent.resource == resource.id))
}

/// Code and sentence if the platform answered nothing about any resource.
fn nothing_read(profile: &Profile, readings: &BTreeMap<ResourceName, Reading>) -> Option<(String, String)> {
    if readings.values().any(|reading| reading.outcome != Outcome::Failed) {
        return None;
    }
    let first = profile.resources.first()?;
    let reading = readings.get(&first.id)?;
    let message = format!(
        "none of {} resources could be read; {}: {}",
        readings.len(),
        first.id,
        reading.reason.as_deref().unwrap_or_default()
    );
    Some((reading.code.clone().unwrap_or_default(), message))
}

fn failed(
    client: &mut ApiClient,
    started: Timestamp,
    stage: FailureStage,
    code: String,
    message: String,
) -> FailedExtraction {
    let finished = client.clock().now();
    let exchanges = client.take_transcript().into_exchanges();
    let failure = Failure { stage, code, message, attempts: exchanges.len() as u64 };
    FailedExtraction { started, finished, failure, exchanges }
}
