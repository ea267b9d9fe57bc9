//! Which organization answers: asked before anything else, because evidence of another tenant is worse
//! than none.

use serde_json::Value;
use verify_core::canon;
use verify_core::limits::Limits;
use verify_core::model::Tenant;
use verify_core::profile::Organization;

use super::OrganizationFacts;
use super::cycle::ORGANIZATION;
use crate::http::{ApiClient, Place, ReadRequest};

/// Why the organization is not proven: code and sentence of the failure record.
pub(super) struct Unproven {
    pub(super) code: String,
    pub(super) message: String,
}

/// Asks who answers and compares it with the configured tenant.
pub(super) async fn prove(
    client: &mut ApiClient,
    organization: &Organization,
    tenant: &Tenant,
    limits: &Limits,
) -> Result<OrganizationFacts, Unproven> {
    let unproven = |code: &str, message: String| Unproven { code: code.to_owned(), message };
    let request = ReadRequest::new(&organization.path, &[])
        .map_err(|error| unproven("profile", format!("the organization cannot be asked for: {error}")))?;
    let place = Place { resource: ORGANIZATION, parent: None, page: 1, round: 1 };
    let answer = client.read(&request, place).await.map_err(|fault| Unproven {
        code: fault.code(),
        message: format!("the organization cannot be read: {fault}"),
    })?;
    let body = canon::read(&answer.body, limits).map_err(|error| {
        unproven("organization_answer", format!("the organization's answer is no strict JSON: {error}"))
    })?;
    let text = |pointer: &str| {
        body.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            unproven("organization_answer", format!("the organization's answer holds no text at {pointer}"))
        })
    };
    let facts = OrganizationFacts { id: text(&organization.id)?, subdomain: text(&organization.subdomain)? };
    let compared =
        [("id", &tenant.organization_id, &facts.id), ("short name", &tenant.subdomain, &facts.subdomain)];
    for (what, expected, found) in compared {
        if expected != found {
            let found: String = found.chars().take(100).collect();
            return Err(unproven(
                "wrong_organization",
                format!("another organization answers: expected {what} {expected:?}, found {found:?}"),
            ));
        }
    }
    Ok(facts)
}
