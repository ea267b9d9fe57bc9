//! Faults that change a whole answer, or the bytes of its body, once a page is laid out.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Delivery};
use super::fault::Fault;

/// The answer a fault gives instead of any page. `request` counts the list's requests of the day from 1.
pub(super) fn instead(fault: Fault, request: u64, path: &str, foreign: &str) -> Option<Answer> {
    Some(match fault {
        Fault::NotFound => Answer::error(404, "not.found", "the requested resource was not found"),
        Fault::Forbidden => {
            Answer::error(403, "missing.permissions", "the client lacks a permission for this resource")
        }
        Fault::ServerError => Answer::error(500, "internal.server.error", "the request could not be served"),
        Fault::ServerErrorOnce if request == 1 => {
            Answer::error(500, "internal.server.error", "the request could not be served")
        }
        Fault::NoContent => Answer::empty(204),
        Fault::Redirect => Answer::empty(302).header("location", format!("{foreign}{path}")),
        Fault::HugeRetryAfter => {
            Answer::error(429, "too.many.requests.retry.after", "retry the request in 86400 seconds")
                .header("retry-after", "86400")
        }
        Fault::HtmlBody => {
            let mut page = Answer::empty(200);
            page.content_type = "text/html; charset=utf-8";
            page.body = b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>".to_vec();
            page
        }
        Fault::WrongContent => Answer::json(200, &json!({ "status": "ok", "message": "service is healthy" })),
        _ => return None,
    })
}

/// Changes the document of a page.
pub(super) fn bend_document(fault: Fault, resource: &str, body: &mut Value) {
    match fault {
        Fault::NullContainer => {
            if let Some(container) = body.get_mut("entities") {
                *container = Value::Null;
            }
        }
        Fault::BreakingSchema => match body.get_mut("entities") {
            Some(Value::Array(entities)) => {
                for entity in entities {
                    break_field(resource, entity);
                }
            }
            Some(_) => {}
            None => break_field(resource, body),
        },
        _ => {}
    }
}

/// Puts an object where the entity has a text or a yes/no that the resource cannot do without.
fn break_field(resource: &str, entity: &mut Value) {
    let field = match resource {
        "role_grants" => "subjectId",
        "group_members" => "id",
        "org_auth_settings" => "multifactorAuthenticationRequired",
        _ => "name",
    };
    if let Some(value) = entity.get_mut(field) {
        *value = json!({ "value": value.take(), "locale": "en" });
    }
}

/// Changes the bytes of an answer, or how they are sent.
pub(super) fn bend_bytes(fault: Fault, request: u64, late: Duration, answer: &mut Answer) {
    match fault {
        Fault::TruncatedBody => answer.delivery = Delivery::Truncated,
        Fault::SlowThenOk if request == 1 => answer.delivery = Delivery::Late(late),
        Fault::InvalidJson => answer.body.truncate(answer.body.len() / 2),
        Fault::DuplicateKeyJson => {
            // A reader that lets the first one win sees an empty list, one that lets the last one win sees all.
            let first: &[u8] = if answer.body.starts_with(b"{\"entities\"") {
                b"{\"entities\":[],"
            } else {
                b"{\"domainAllowlist\":[],"
            };
            if answer.body.first() == Some(&b'{') {
                answer.body.splice(..1, first.iter().copied());
            }
        }
        _ => {}
    }
}
