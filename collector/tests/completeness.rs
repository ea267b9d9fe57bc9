//! Reading the live embedded tenant: each fault ends as its own outcome, for that resource alone, and
//! never as a short list that looks whole.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use collector::clock::SimulatedClock;
use collector::demo::tenant::{Fault, FaultSwitch, RunningTenant, Tenant as DemoTenant, TenantConfig};
use collector::extract::{Extraction, FailedExtraction, Plan, Reading, ResponseSchemas, extract_all};
use collector::http::{ApiClient, ClientSettings, Endpoints, Place, ReadRequest};
use collector::secret::Secret;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{FailureStage, Outcome, Tenant};
use verify_core::normalize::RedactionKey;
use verify_core::profile::Profile;

const START: &str = "2026-05-01T08:00:00Z";

/// A tenant, a profile that reads it, and what is needed to do so.
struct Bench {
    demo: RunningTenant,
    foreign: TcpListener,
    clock: Arc<SimulatedClock>,
    profile: Profile,
    schemas: ResponseSchemas,
    key: RedactionKey,
    tenant: Tenant,
    secret: String,
}

impl Bench {
    async fn new(profile: &str, change: impl FnOnce(&mut TenantConfig)) -> Self {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(folder.join(format!("profiles/{profile}.toml"))).unwrap();
        let profile = Profile::from_toml(&text).unwrap();
        let files: BTreeMap<_, _> = profile
            .resources
            .iter()
            .flat_map(|resource| &resource.response_schemas)
            .map(|member| (member.clone(), std::fs::read(folder.join(member)).unwrap()))
            .collect();
        let file = |member: &str| files.get(member).map(Vec::as_slice);
        let schemas = ResponseSchemas::compile(&profile, file, &Limits::default()).unwrap();
        let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
        foreign.set_nonblocking(true).unwrap();
        let mut config = TenantConfig::new(7, 30);
        config.foreign_url = format!("http://{}", foreign.local_addr().unwrap());
        change(&mut config);
        let mut bench = Self {
            secret: config.client_secret.clone(),
            demo: DemoTenant::start(config).unwrap(),
            foreign,
            clock: Arc::new(SimulatedClock::starting_at(START.parse().unwrap())),
            tenant: Tenant {
                platform: profile.platform.clone(),
                region: "eu-central-1".to_owned(),
                organization_id: String::new(),
                subdomain: "acme-demo".to_owned(),
            },
            key: RedactionKey::new("test", &[7; 32]).unwrap(),
            profile,
            schemas,
        };
        bench.new_day();
        bench.tenant.organization_id = bench.organization_id().await;
        bench
    }

    /// The next reading meets a tenant without counters, tokens and readings of an earlier one.
    fn new_day(&mut self) {
        let start = START.parse().unwrap();
        self.clock.set(start);
        self.demo.set_day(1, start);
        let clock = Arc::clone(&self.clock);
        self.demo.set_clock(move || collector::clock::utc(collector::clock::Clock::now(clock.as_ref())));
    }

    fn client(&self) -> ApiClient {
        let base = self.demo.base_url();
        let endpoints = Endpoints { domain: "", api_base: Some(&base), sign_in_base: Some(&base) };
        let secret = Secret::new(self.secret.clone());
        let settings =
            ClientSettings::new(&self.profile, endpoints, self.demo.client_id(), secret, 1).unwrap();
        ApiClient::new(settings, Arc::<SimulatedClock>::clone(&self.clock)).unwrap()
    }

    async fn organization_id(&self) -> String {
        let request = ReadRequest::new(&self.profile.organization.path, &[]).unwrap();
        let place = Place { resource: "organization", parent: None, page: 1, round: 1 };
        let answer = self.client().read(&request, place).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        body.pointer(&self.profile.organization.id).unwrap().as_str().unwrap().to_owned()
    }

    async fn extract(&mut self, faults: Vec<FaultSwitch>) -> Result<Extraction, Box<FailedExtraction>> {
        self.new_day();
        self.demo.set_faults(faults);
        let plan = Plan {
            profile: &self.profile,
            schemas: &self.schemas,
            redaction_key: Some(&self.key),
            tenant: &self.tenant,
            window: Duration::from_mins(5),
            limits: Limits::default(),
        };
        extract_all(&mut self.client(), &plan).await
    }

    /// Every fault that can be seen on `resource`, one at a time.
    async fn every_fault_on(&mut self, resource: &str) {
        let healthy = self.extract(Vec::new()).await.unwrap();
        let digests = complete(&healthy);
        assert_eq!(digests.len(), self.profile.resources.len(), "{:?}", reasons(&healthy));
        let dialect = self.profile.id.clone();
        let shows = |fault: &Fault| {
            // Token paging has no page count, and the field that breaks in a member is one that is not read.
            let unseen = [("reference", Fault::PageCountChanges), ("group_members", Fault::BreakingSchema)];
            fault.applies_to(resource)
                && !unseen
                    .iter()
                    .any(|(place, unseen)| unseen == fault && [dialect.as_str(), resource].contains(place))
        };
        for fault in Fault::all().filter(shows) {
            let name = format!("{} {resource}={fault}", self.profile.id);
            let switch = FaultSwitch::new(resource, fault, None).unwrap();
            let extraction = self.extract(vec![switch]).await.unwrap();
            let reading = &extraction.readings[resource];
            assert_eq!(reading.outcome, expected(fault), "{name}: {:?}", reading.reason);
            assert_whole_or_explained(&name, reading);
            for (other, reading) in &extraction.readings {
                if other.as_str() == resource {
                    continue;
                }
                let parent = self.profile.resource(other.as_str()).unwrap().parent.as_ref();
                let orphan = parent.is_some_and(|parent| parent.resource.as_str() == resource);
                if orphan && expected(fault) != Outcome::Complete {
                    assert_eq!(reading.outcome, Outcome::Failed, "{name}: {other}");
                    assert_eq!(reading.code.as_deref(), Some("parent"), "{name}: {other}");
                } else {
                    assert_eq!(reading.outcome, Outcome::Complete, "{name}: {other}: {:?}", reading.reason);
                    assert_eq!(
                        Some(&reading.normal.as_ref().unwrap().digest),
                        digests.get(other.as_str()),
                        "{name}: {other}"
                    );
                }
            }
            if fault.heals() {
                assert_eq!(Some(&reading.normal.as_ref().unwrap().digest), digests.get(resource), "{name}");
            }
        }
        let restored = self.extract(Vec::new()).await.unwrap();
        assert_eq!(complete(&restored), digests, "without the switch");
        assert!(self.foreign.accept().is_err(), "another host was spoken to");
    }
}

fn expected(fault: Fault) -> Outcome {
    match fault {
        Fault::RepeatedPageOnce | Fault::MovingTotalOnce | Fault::ServerErrorOnce | Fault::SlowThenOk => {
            Outcome::Complete
        }
        Fault::RepeatedPage
        | Fault::ShortPage
        | Fault::DuplicateId
        | Fault::WrongTotal
        | Fault::MovingTotal
        | Fault::PageCountChanges
        | Fault::EndlessNext
        | Fault::EmptyNextLoop
        | Fault::CrossHostNext => Outcome::Partial,
        Fault::Redirect
        | Fault::NoContent
        | Fault::TruncatedBody
        | Fault::InvalidJson
        | Fault::DuplicateKeyJson
        | Fault::HtmlBody
        | Fault::ServerError
        | Fault::HugeRetryAfter => Outcome::Failed,
        Fault::NullContainer | Fault::BreakingSchema | Fault::WrongContent => Outcome::Quarantined,
        Fault::NotFound => Outcome::NotLicensed,
        Fault::Forbidden => Outcome::Denied,
    }
}

/// Digests of the complete resources.
fn complete(extraction: &Extraction) -> BTreeMap<String, Digest> {
    let readings = extraction.readings.iter().filter(|(_, reading)| reading.outcome == Outcome::Complete);
    readings.map(|(name, reading)| (name.to_string(), reading.normal.as_ref().unwrap().digest)).collect()
}

fn reasons(extraction: &Extraction) -> Vec<(String, Option<String>)> {
    extraction.readings.iter().map(|(name, reading)| (name.to_string(), reading.reason.clone())).collect()
}

fn assert_whole_or_explained(name: &str, reading: &Reading) {
    let whole = reading.outcome == Outcome::Complete;
    assert_eq!(reading.normal.is_some(), whole, "{name}");
    assert_eq!(reading.reason.is_none(), whole, "{name}");
    assert_eq!(reading.code.is_none(), whole, "{name}");
    assert_eq!(reading.record().sha256.is_some(), whole, "{name}");
    let quarantined = reading.outcome == Outcome::Quarantined;
    assert_eq!(reading.quarantined.is_some(), quarantined, "{name}");
    if let Some(entry) = &reading.quarantined {
        assert!(!entry.errors.is_empty(), "{name}");
        assert!(reading.raw.iter().any(|body| body.member == entry.member), "{name}");
    }
}

#[tokio::test]
async fn faults_of_a_list_of_several_pages() {
    Bench::new("reference", |config| config.users = 230).await.every_fault_on("users").await;
}

#[tokio::test]
async fn faults_of_a_list_of_one_page() {
    Bench::new("reference", |_| ()).await.every_fault_on("telephony_trunks").await;
}

#[tokio::test]
async fn faults_of_linked_pages() {
    Bench::new("genesys-cloud", |config| config.users = 230).await.every_fault_on("users").await;
}

#[tokio::test]
async fn faults_of_a_parent() {
    Bench::new("genesys-cloud", |_| ()).await.every_fault_on("groups").await;
}

#[tokio::test]
async fn faults_of_nested_numbered_pages() {
    Bench::new("genesys-cloud", |_| ()).await.every_fault_on("role_grants").await;
}

#[tokio::test]
async fn faults_of_nested_single_answers() {
    Bench::new("genesys-cloud", |_| ()).await.every_fault_on("group_members").await;
}

#[tokio::test]
async fn faults_of_a_root_object() {
    Bench::new("genesys-cloud", |_| ()).await.every_fault_on("org_auth_settings").await;
}

#[tokio::test]
async fn the_figures_of_a_complete_reading_agree_with_its_transcript() {
    for profile in ["reference", "genesys-cloud"] {
        let mut bench = Bench::new(profile, |_| ()).await;
        let extraction = bench.extract(Vec::new()).await.unwrap();
        assert_eq!(extraction.organization.id, bench.tenant.organization_id);
        for (name, reading) in &extraction.readings {
            let pages = extraction.exchanges.iter().filter(|line| line.resource == name.as_str());
            let entities: u64 = pages.filter_map(|line| line.entities).sum();
            assert_eq!(entities, reading.count, "{profile} {name}");
            assert_eq!(reading.count, reading.normal.as_ref().unwrap().count, "{profile} {name}");
            assert!(reading.reported_total.is_none_or(|total| total == reading.count), "{profile} {name}");
            assert_eq!(reading.schema.validated, reading.pages, "{profile} {name}");
            let keep_raw = bench.profile.resource(name.as_str()).unwrap().keep_raw;
            assert_eq!(
                reading.raw.len() as u64,
                if keep_raw { reading.pages } else { 0 },
                "{profile} {name}"
            );
        }
        for line in extraction.exchanges.iter().filter(|line| line.kept_as.is_some()) {
            let member = line.kept_as.as_deref().unwrap();
            let reading = &extraction.readings[line.resource.as_str()];
            let body = reading.raw.iter().find(|body| body.member == member).unwrap();
            assert_eq!(line.kept_sha256, Some(Digest::of(&body.bytes)), "{profile} {member}");
        }
        assert!(
            extraction.exchanges.iter().any(|line| line.status == Some(429)),
            "{profile}: the tenant throttles"
        );
        assert!(extraction.started < extraction.finished);
    }
}

#[tokio::test]
async fn two_readings_of_one_day_are_equal_to_the_last_byte() {
    let mut bench = Bench::new("reference", |_| ()).await;
    let first = bench.extract(Vec::new()).await.unwrap();
    let second = bench.extract(Vec::new()).await.unwrap();
    assert_eq!(first, second);
    let mut elsewhere = Bench::new("reference", |_| ()).await;
    assert_eq!(first, elsewhere.extract(Vec::new()).await.unwrap(), "on another port");
}

#[tokio::test]
async fn a_token_that_dies_in_the_middle_costs_one_sign_in_each_time() {
    let mut bench = Bench::new("reference", |config| config.token_lifetime_seconds = 4).await;
    let extraction = bench.extract(Vec::new()).await.unwrap();
    assert_eq!(complete(&extraction).len(), bench.profile.resources.len(), "{:?}", reasons(&extraction));
    let sign_ins = extraction.exchanges.iter().filter(|line| line.resource == "sign_in").count();
    assert!(sign_ins > 1, "{sign_ins}");
}

#[tokio::test]
async fn cycles_that_bring_nothing_say_where_they_stopped() {
    let mut bench = Bench::new("reference", |_| ()).await;
    bench.tenant.organization_id = "another".to_owned();
    let failed = bench.extract(Vec::new()).await.unwrap_err();
    assert_eq!(
        (failed.failure.stage, failed.failure.code.as_str()),
        (FailureStage::Extract, "wrong_organization")
    );
    assert_eq!(failed.exchanges.len(), 2);

    bench.secret = "wrong".to_owned();
    let failed = bench.extract(Vec::new()).await.unwrap_err();
    assert_eq!(
        (failed.failure.stage, failed.failure.code.as_str()),
        (FailureStage::SignIn, "sign_in_refused")
    );
    assert_eq!(failed.failure.attempts, 1);
    assert!(!failed.failure.message.contains("wrong"));
}

#[tokio::test]
async fn nothing_readable_at_all_is_a_failed_cycle() {
    let mut bench = Bench::new("reference", |_| ()).await;
    let names: Vec<_> = bench.profile.resources.iter().map(|resource| resource.id.to_string()).collect();
    let switches = |names: &[String], fault| -> Vec<_> {
        names.iter().map(|name| FaultSwitch::new(name, fault, None).unwrap()).collect()
    };
    let failed = bench.extract(switches(&names, Fault::ServerError)).await.unwrap_err();
    assert_eq!((failed.failure.stage, failed.failure.code.as_str()), (FailureStage::Extract, "http_500"));
    // A single resource that says something is enough for a snapshot.
    let extraction = bench.extract(switches(names.get(1..).unwrap(), Fault::ServerError)).await.unwrap();
    assert_eq!(complete(&extraction).len(), 1);
}

#[tokio::test]
async fn a_body_in_quarantine_is_kept_without_what_must_not_be_written() {
    let mut bench = Bench::new("genesys-cloud", |_| ()).await;
    let switch = FaultSwitch::new("users", Fault::BreakingSchema, None).unwrap();
    let extraction = bench.extract(vec![switch]).await.unwrap();
    let reading = &extraction.readings["users"];
    let body: serde_json::Value = serde_json::from_slice(&reading.raw[0].bytes).unwrap();
    let entities = body["entities"].as_array().unwrap();
    assert!(!entities.is_empty());
    for entity in entities {
        assert!(entity.get("id").is_some() && entity.get("addresses").is_none(), "{entity}");
        assert!(entity.get("primaryContactInfo").is_none(), "{entity}");
    }
    let entry = reading.quarantined.as_ref().unwrap();
    assert_eq!(entry.member, "raw/users/0001.json");
    assert!(reading.reason.as_ref().unwrap().contains("users.response-"), "{:?}", reading.reason);
    let line = extraction
        .exchanges
        .iter()
        .find(|line| line.kept_as.as_deref() == Some("raw/users/0001.json"))
        .unwrap();
    assert_ne!(line.kept_sha256, line.received_sha256, "personal data was in the body");

    // Where nobody can tell what to redact, only the shape is kept.
    let switch = FaultSwitch::new("users", Fault::WrongContent, None).unwrap();
    let extraction = bench.extract(vec![switch]).await.unwrap();
    let kept = &extraction.readings["users"].raw[0].bytes;
    assert_eq!(String::from_utf8_lossy(kept), r#"{"message":"string","status":"string"}"#);
}
