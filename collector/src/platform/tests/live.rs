//! The shipped rules against the demo tenant over HTTP: what it sends is known and valid, and what it
//! breaks is refused by every live version.

use serde_json::{Value, json};
use verify_core::canon;
use verify_core::limits::Limits;
use verify_core::normalize::Normalizer;
use verify_core::profile::{ClientAuth, Paging, Profile, Resource};
use verify_core::schema::Schema;

use super::super::RuleFiles;
use crate::demo::tenant::{Fault, FaultSwitch, RunningTenant, Tenant, TenantConfig};

struct Reader {
    tenant: RunningTenant,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    token: String,
}

impl Reader {
    fn new(profile: &Profile, fault: Option<FaultSwitch>) -> Self {
        let mut config = TenantConfig::new(11, 60);
        config.throttle = false;
        config.faults.extend(fault);
        let mut tenant = Tenant::start(config).unwrap();
        tenant.set_day(1, "2026-05-01T08:00:00Z".parse().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Another test may have installed the provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut reader = Self { tenant, runtime, http: reqwest::Client::new(), token: String::new() };
        let path = profile.sign_in.url.split_once("{domain}").unwrap().1;
        let (id, secret) = (reader.tenant.client_id(), reader.tenant.client_secret());
        let request = reader.http.post(format!("{}{path}", reader.tenant.base_url()));
        let request = match profile.sign_in.client_auth {
            ClientAuth::Basic => request.basic_auth(id, Some(secret)).body("grant_type=client_credentials"),
            ClientAuth::Body => {
                request.body(format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"))
            }
        };
        let answer = reader.send(request.header("content-type", "application/x-www-form-urlencoded"));
        answer["access_token"].as_str().unwrap().clone_into(&mut reader.token);
        reader
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Value {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 200);
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
        })
    }

    /// The first page of a resource, with the key of the parent it was read for.
    fn first_page(&self, profile: &Profile, resource: &Resource) -> (Option<String>, Value) {
        let parent = resource.parent.as_ref().map(|parent| {
            let (_, page) = self.first_page(profile, profile.resource(parent.resource.as_str()).unwrap());
            page["entities"][0]["id"].as_str().unwrap().to_owned()
        });
        let path = resource.path.replace("{parent}", parent.as_deref().unwrap_or_default());
        let mut query: Vec<String> =
            resource.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Paging::PageNumber { size_parameter, page_size, .. }
        | Paging::NextUri { size_parameter, page_size, .. }
        | Paging::NextPageToken { size_parameter, page_size, .. } = &resource.paging
        {
            query.push(format!("{size_parameter}={page_size}"));
        }
        let url = format!("{}{path}?{}", self.tenant.base_url(), query.join("&"));
        (parent, self.send(self.http.get(url).bearer_auth(&self.token)))
    }
}

fn schema(files: &RuleFiles, member: &str) -> Schema {
    Schema::compile(&files.schemas[member], &Limits::default()).unwrap()
}

fn follow(id: &str) {
    let (profile, files) = RuleFiles::shipped(id).unwrap();
    let reader = Reader::new(&profile, None);
    for resource in &profile.resources {
        let name = &resource.id;
        let (parent, body) = reader.first_page(&profile, resource);
        let newest = schema(&files, &resource.response_schemas[0]);
        assert_eq!(newest.errors(&body), [], "{name}");
        assert_eq!(newest.unknown_fields(&body), [], "{name}: nothing is news");

        let page = Normalizer::new(resource, None).unwrap().normalize_page(&body, parent.as_deref()).unwrap();
        assert!(!page.entities.is_empty(), "{name}");
        let state = schema(&files, resource.state_schema.as_deref().unwrap());
        for entity in &page.entities {
            let value = canon::read(&entity.bytes, &Limits::default()).unwrap();
            assert_eq!(state.errors(&value), [], "{name} {}", entity.key);
            assert_eq!(state.unknown_fields(&value), [], "{name} {}", entity.key);
        }
    }
}

#[test]
fn reference_answers_fit() {
    follow("reference");
}

#[test]
fn genesys_cloud_answers_fit() {
    follow("genesys-cloud");
}

#[test]
fn a_broken_body_fits_no_live_version() {
    for id in ["reference", "genesys-cloud"] {
        let (profile, files) = RuleFiles::shipped(id).unwrap();
        for resource in profile.resources.iter().filter(|resource| resource.parent.is_none()) {
            let fault = FaultSwitch::new(resource.id.as_str(), Fault::BreakingSchema, None).unwrap();
            let reader = Reader::new(&profile, Some(fault));
            let (_, body) = reader.first_page(&profile, resource);
            for member in &resource.response_schemas {
                assert!(!schema(&files, member).is_valid(&body), "{member} accepts {}", json!(body));
            }
        }
    }
}
