//! The demo month: the embedded tenant, simulated time, and the very code that collects for real.
//!
//! Everything random comes from the seed and every time from the simulated clock, so equal arguments
//! give equal bytes, in any folder and on any port.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use verify_core::checkpoint::{KeyError, VerifierKey};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{IdError, Schedule, Tenant as TenantName};
use verify_core::time::UtcTime;
use zeroize::Zeroizing;

use super::scenario::{Event, Scenario, ScenarioError};
use super::summary::Day;
use super::tenant::{ChangeError, FaultSwitch, RunningTenant, Tenant, TenantConfig};
use crate::cli::Decision;
use crate::clock::{Clock, SimulatedClock, utc};
use crate::command::approve::{Approving, approve};
use crate::config::{GenesisApproval, RuleSources, Source};
use crate::cycle::{Cycle, CycleEnd, CycleError, CycleReport};
use crate::extract::{ResponseSchemas, SchemasError};
use crate::http::{AddressError, ApiClient, ClientError, ClientSettings, Endpoints};
use crate::nonce::{GeneratedNonces, Nonces};
use crate::registers::Registers;
use crate::rules::{Rules, RulesError, canonical};
use crate::secret::Secret;
use crate::session::{Session, SessionError};
use crate::signing::{Keyring, LocalSigner, PrivateKey};
use crate::store::{DirStore, Store, StoreError};

/// Name of the register that the scenario keeps.
const REGISTER: &str = "schedule-approvals";
/// Every day at 08:00 UTC, answered within four hours.
const CRON: &str = "0 8 * * *";
const SLOT_SECONDS: i64 = 8 * 3_600;
const TOLERANCE_SECONDS: u32 = 4 * 3_600;
/// Approvals of a day follow its snapshot by so much.
const APPROVAL_AFTER_SECONDS: i64 = 45 * 60;
/// Origin of the demo's chain, and so the name of its key.
const ORIGIN: &str = "evidence.example.com/acme-demo/demo";
const SERVICE_ACCOUNT: &str = "svc-evidence-collector-01";

/// What the demo is asked to do.
#[derive(Debug)]
pub struct DemoPlan {
    /// Simulated days.
    pub days: u32,
    /// Users of the tenant.
    pub users: usize,
    /// Folder for the evidence; must not exist.
    pub out: PathBuf,
    /// Source of everything random.
    pub seed: u64,
    /// What happens.
    pub scenario: Scenario,
    /// Name of the profile, which is the API the tenant speaks.
    pub profile: &'static str,
    /// Broken resources.
    pub faults: Vec<FaultSwitch>,
}

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder exists.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// A chain stands in the bucket.
    #[error("a chain stands in {0} already")]
    Taken(String),
    /// The store cannot be asked.
    #[error("the demo's store cannot be used")]
    Store(#[source] Box<StoreError>),
    /// The story cannot be told.
    #[error("the scenario cannot be played")]
    Scenario(#[from] ScenarioError),
    /// A change cannot be made.
    #[error("day {day} of the scenario cannot be played")]
    Change {
        /// The day.
        day: u32,
        /// Why.
        #[source]
        source: ChangeError,
    },
    /// The embedded tenant cannot be served.
    #[error("the embedded tenant cannot be served")]
    Tenant(#[source] io::Error),
    /// The rules cannot be used.
    #[error("the built-in rules cannot be used")]
    Rules(#[from] RulesError),
    /// The schemas cannot be used.
    #[error("the built-in schemas cannot be used")]
    Schemas(#[from] SchemasError),
    /// A fixed name is refused.
    #[error("a name is refused")]
    Name(#[from] IdError),
    /// The key cannot be made.
    #[error("the demo's key cannot be made")]
    Key(#[from] KeyError),
    /// The tenant's address is refused.
    #[error("the tenant's address is refused")]
    Address(#[from] AddressError),
    /// The client cannot be built.
    #[error("the client cannot be built")]
    Client(#[from] ClientError),
    /// A cycle ended without a record.
    #[error("the cycle of day {day} ended without a record")]
    Cycle {
        /// The day.
        day: u32,
        /// Why.
        #[source]
        source: CycleError,
    },
    /// A record could not be made.
    #[error("a record cannot be made")]
    Session(#[source] Box<SessionError>),
    /// The slot of a fresh day was answered already.
    #[error("the slot of day {0} was answered before")]
    Answered(u32),
}

impl From<SessionError> for DemoError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

/// A demo that is being played, one day at a time.
pub struct Demo {
    plan: DemoPlan,
    tenant: RunningTenant,
    clock: Arc<SimulatedClock>,
    session: Session,
    schemas: ResponseSchemas,
    client: ApiClient,
    chain: crate::chain::ChainState,
}

impl Demo {
    /// Starts the tenant and begins a new chain in `plan.out`, an hour before the first slot.
    pub fn begin(plan: DemoPlan) -> Result<Self, DemoError> {
        if plan.out.exists() {
            return Err(DemoError::Exists(plan.out));
        }
        let store = Arc::new(DirStore::new(&plan.out));
        let nonces = Arc::new(GeneratedNonces::from_seed(plan.seed));
        Self::on(plan, store, nonces)
    }

    /// As [`begin`](Self::begin), in an empty root of a bucket.
    pub fn begin_in(plan: DemoPlan, store: Arc<dyn Store>) -> Result<Self, DemoError> {
        if store.records().map_err(|error| DemoError::Store(Box::new(error)))? > 0 {
            return Err(DemoError::Taken(store.location()));
        }
        let nonces = Arc::new(GeneratedNonces::from_seed(plan.seed));
        Self::on(plan, store, nonces)
    }

    /// As [`begin`](Self::begin) on any store; a chain that stands there already is continued.
    pub fn on(plan: DemoPlan, store: Arc<dyn Store>, nonces: Arc<dyn Nonces>) -> Result<Self, DemoError> {
        plan.scenario.check(plan.days, plan.users)?;
        let clock = Arc::new(SimulatedClock::starting_at(
            plan.scenario.midnight(1).plus_seconds(SLOT_SECONDS - 3_600),
        ));
        let tenant = Tenant::start(TenantConfig {
            faults: plan.faults.clone(),
            ..TenantConfig::new(plan.seed, plan.users)
        })
        .map_err(DemoError::Tenant)?;
        let told = Arc::clone(&clock);
        tenant.set_clock(move || utc(told.now()));
        let session = session(&plan, &clock, &tenant, store, nonces)?;
        let file = |member: &str| session.rules.members.get(member).map(Vec::as_slice);
        let schemas = ResponseSchemas::compile(&session.rules.profile, file, &Limits::default())?;
        let base = tenant.base_url();
        let endpoints =
            Endpoints { domain: "demo.invalid", api_base: Some(&base), sign_in_base: Some(&base) };
        let secret = Secret::new(tenant.client_secret().to_owned());
        let settings =
            ClientSettings::new(&session.rules.profile, endpoints, tenant.client_id(), secret, plan.seed)?;
        let clock_of_client: Arc<dyn Clock> = clock.clone();
        let client = ApiClient::new(settings, clock_of_client)?;
        let chain = session.chain_or_genesis()?;
        Ok(Self { plan, tenant, clock, session, schemas, client, chain })
    }

    /// Plays one day: changes of the tenant, the cycle, approvals. Days are played in order.
    pub async fn play(&mut self, day: u32) -> Result<Day, DemoError> {
        let slot = self.plan.scenario.midnight(day).plus_seconds(SLOT_SECONDS);
        self.tenant
            .play_day(&self.plan.scenario, day, slot)
            .map_err(|source| DemoError::Change { day, source })?;
        let told = Arc::clone(&self.clock);
        self.tenant.set_clock(move || utc(told.now()));
        let headline = self.plan.scenario.headline(day);
        if self.plan.scenario.is_skipped(day) {
            return Ok(Day::skipped(day, slot, headline));
        }
        // Schedulers are never on the second; how late they are comes from the seed.
        let late = (self.plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) + u64::from(day) * 17;
        self.clock.set(slot.plus_seconds(2 + i64::try_from(late % 50).unwrap_or(0)));
        let report = self.collect(day, slot).await?;
        self.approve(day, slot)?;
        Ok(Day::collected(day, report, headline))
    }

    async fn collect(&mut self, day: u32, slot: UtcTime) -> Result<CycleReport, DemoError> {
        let register = self.plan.scenario.approvals_register(day);
        let mut registers = Registers::default();
        let bytes = canonical("inputs/schedule-approvals.json", register.to_string().into_bytes())?;
        registers.files.insert(REGISTER.to_owned(), bytes);
        let cycle = Cycle {
            session: &self.session,
            name: "daily_0800",
            service_account_id: SERVICE_ACCOUNT,
            schemas: &self.schemas,
            redaction_key: None,
            propagation_wait_seconds: 0,
            slot,
        };
        match cycle.run(&mut self.client, &mut self.chain, &registers).await {
            Ok(CycleEnd::Sealed(report)) => Ok(*report),
            Ok(CycleEnd::Answered(_)) => Err(DemoError::Answered(day)),
            Err(source) => Err(DemoError::Cycle { day, source }),
        }
    }

    fn approve(&mut self, day: u32, slot: UtcTime) -> Result<(), DemoError> {
        for event in self.plan.scenario.events_on(day) {
            let Event::BaselineApproval { by, ticket, reason, .. } = event else { continue };
            let at = slot.plus_seconds(APPROVAL_AFTER_SECONDS).max(self.session.now());
            self.clock.set(at);
            let decision = Decision { by: by.clone(), ticket: ticket.clone(), reason: reason.clone() };
            approve(&self.session, &mut self.chain, &Approving::Baseline(None), &decision)?;
        }
        Ok(())
    }

    /// What the run works with.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Lets go of the store, as a program that ended; the chain is read anew by [`go_on_with`](Self::go_on_with).
    pub fn put_aside(&mut self, store: Arc<dyn Store>) {
        self.session.store = store;
    }

    /// Lets time pass until the slot of `day`.
    pub fn sleep_until(&self, day: u32) {
        self.clock.set(self.plan.scenario.midnight(day).plus_seconds(SLOT_SECONDS));
    }

    /// Goes on as the next run of a program would: with a store of its own, and the chain read anew.
    pub fn go_on_with(&mut self, store: Arc<dyn Store>) -> Result<(), DemoError> {
        self.session.store = store;
        self.chain = self.session.chain_or_genesis()?;
        Ok(())
    }

    /// Exchanges the keys at hand, e.g. after a key change or for a service that fails.
    pub fn set_keys(&mut self, keys: Keyring) {
        self.session.keys = keys;
    }

    /// The key that signs the demo's chain.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.session.keys.configured()
    }

    /// Days that are to be played.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.plan.days
    }

    /// Stops the tenant; where the evidence is.
    pub fn end(self) -> Result<String, DemoError> {
        self.tenant.shutdown().map_err(DemoError::Tenant)?;
        Ok(self.session.store.location())
    }
}

fn session(
    plan: &DemoPlan,
    clock: &Arc<SimulatedClock>,
    tenant: &RunningTenant,
    store: Arc<dyn Store>,
    nonces: Arc<dyn Nonces>,
) -> Result<Session, DemoError> {
    let schedule =
        Schedule { cron: CRON.to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: TOLERANCE_SECONDS };
    let built_in = || Source::BuiltIn("built-in".to_owned());
    let sources = RuleSources {
        profile: Source::BuiltIn(plan.profile.to_owned()),
        schemas: built_in(),
        policies: built_in(),
    };
    let rules = Rules::load(&sources, &schedule)?;
    Ok(Session {
        store,
        clock: clock.clone(),
        nonces,
        origin: ORIGIN.parse()?,
        tenant: TenantName {
            platform: rules.profile.platform.clone(),
            region: "demo".to_owned(),
            organization_id: tenant.organization_id(),
            subdomain: tenant.subdomain().to_owned(),
        },
        rules: Arc::new(rules),
        schedule,
        keys: Keyring::of(Arc::new(LocalSigner::new(demo_key(plan.seed)?))),
        // A real authority states the real time, and the demo's is simulated.
        authority: None,
        genesis: GenesisApproval {
            approved_by: "m.keller".to_owned(),
            ticket: "CHG-1000".to_owned(),
            reason: "first approval of profile, schemas, policies and schedule".to_owned(),
        },
    })
}

/// The key of a demo, which anybody can make from its seed: it protects nothing, it shows how signing works.
pub fn demo_key(seed: u64) -> Result<PrivateKey, KeyError> {
    let digest = Digest::of(format!("signing key of the demo with seed {seed}").as_bytes());
    PrivateKey::from_seed(ORIGIN, &Zeroizing::new(*digest.as_bytes()))
}
