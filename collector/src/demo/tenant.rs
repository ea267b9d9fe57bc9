//! The embedded demo tenant: one invented organization served over real HTTP on loopback, in the
//! `reference` and the `genesys-cloud` dialect.
//!
//! It answers as a pure function of its seed, its users, the events so far, the day and the number of
//! requests a list got that day. Bodies hold no host, port or wall-clock time, so two tenants with one
//! seed answer byte for byte alike. Every read is noisy: order, sets, status fields, counts and stamps
//! of reading move, as on a real platform. It is a stand-in for tests and the demo, not an emulator:
//! it serves reads alone and knows only the resources listed in its two dialects.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use verify_core::time::UtcTime;

use super::scenario::{Event, Scenario};

mod answer;
mod body_fault;
mod change;
mod fault;
mod generate;
mod genesys;
mod listing;
mod names;
mod noise;
mod organization;
mod page;
mod reference;
mod rehearsal;
mod server;
mod service;
mod sign_in;
mod throttle;
mod undo;

pub use change::ChangeError;
pub use fault::{Fault, FaultError, FaultSwitch};
pub use listing::Dialect;
pub(crate) use rehearsal::Rehearsal;

use organization::Organization;
use service::{Service, Settings};
use sign_in::Client;

/// How a tenant is built.
#[derive(Clone)]
pub struct TenantConfig {
    /// Where every id, name and bit of noise comes from.
    pub seed: u64,
    /// Number of users; at least fifteen are made.
    pub users: usize,
    /// The client that may sign in.
    pub client_id: String,
    /// Its secret; left out of `Debug`.
    pub client_secret: String,
    /// Lifetime of a token by the injected clock.
    pub token_lifetime_seconds: u32,
    /// Whether some requests answer 429.
    pub throttle: bool,
    /// Faults that are switched on from the start.
    pub faults: Vec<FaultSwitch>,
    /// Scheme and host that the faults `cross_host_next` and `redirect` point to.
    pub foreign_url: String,
    /// How long the fault `slow_then_ok` holds its first answer, in real time.
    pub late_answer: Duration,
}

impl TenantConfig {
    /// A tenant with the usual noise and no fault.
    #[must_use]
    pub fn new(seed: u64, users: usize) -> Self {
        Self {
            seed,
            users,
            client_id: "demo-collector".to_owned(),
            client_secret: noise::uuid(&[seed, noise::number_of("client-secret")]),
            token_lifetime_seconds: 3_600,
            throttle: true,
            faults: Vec::new(),
            foreign_url: "http://foreign.invalid".to_owned(),
            late_answer: Duration::from_millis(300),
        }
    }
}

impl std::fmt::Debug for TenantConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantConfig")
            .field("seed", &self.seed)
            .field("users", &self.users)
            .field("client_id", &self.client_id)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

type Clock = Arc<dyn Fn() -> UtcTime + Send + Sync>;

/// What the server thread and its owner both hold.
struct Shared {
    service: Mutex<Service>,
    clock: Mutex<Clock>,
}

impl Shared {
    /// A panic while answering leaves a usable state behind: nothing is half written.
    fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> UtcTime {
        let clock = Arc::clone(&self.clock.lock().unwrap_or_else(PoisonError::into_inner));
        clock()
    }
}

/// Starts tenants.
#[derive(Debug)]
pub struct Tenant;

impl Tenant {
    /// Generates the organization and serves it on 127.0.0.1, on a port the system picks, from a
    /// thread of its own. It begins at day 1 of 1970; call [`RunningTenant::set_day`] first.
    pub fn start(config: TenantConfig) -> io::Result<RunningTenant> {
        let organization = Organization::generate(config.seed, config.users);
        let settings = Settings {
            client: Client { id: config.client_id.clone(), secret: config.client_secret.clone() },
            token_lifetime_seconds: config.token_lifetime_seconds,
            throttle: config.throttle,
            foreign_url: config.foreign_url.clone(),
            late_answer: config.late_answer,
        };
        let shared = Arc::new(Shared {
            service: Mutex::new(Service::new(organization, settings, config.faults.clone())),
            clock: Mutex::new(Arc::new(|| UtcTime::from_unix(0))),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("demo-tenant".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                server::serve(listener, served, stopped).await
            })
        })?;
        Ok(RunningTenant {
            config,
            address,
            shared,
            morning: UtcTime::from_unix(0),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A tenant that is being served; it stops when dropped.
pub struct RunningTenant {
    config: TenantConfig,
    address: SocketAddr,
    shared: Arc<Shared>,
    morning: UtcTime,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl std::fmt::Debug for RunningTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningTenant")
            .field("config", &self.config)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl RunningTenant {
    /// `http://127.0.0.1:PORT`, without a trailing slash: API base and login base of both dialects.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Id of the organization, as it answers itself.
    #[must_use]
    pub fn organization_id(&self) -> String {
        reference::organization_id(self.config.seed)
    }

    /// Short name of the organization, as it answers itself.
    #[must_use]
    pub const fn subdomain(&self) -> &'static str {
        reference::SHORT_NAME
    }

    /// The client id that may sign in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.config.client_id
    }

    /// The secret of that client.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.config.client_secret
    }

    /// Begins day `day` (from 1), whose slot is at `utc`; the clock stands there unless
    /// [`RunningTenant::set_clock`] is called afterwards. What lasted for the day before is over.
    pub fn set_day(&mut self, day: u32, utc: UtcTime) {
        self.morning = utc.plus_seconds(-90 * 60);
        self.set_now(utc);
        self.shared.service().set_day(day);
    }

    /// Stops the clock at `now`.
    pub fn set_now(&self, now: UtcTime) {
        self.set_clock(move || now);
    }

    /// Lets the tenant read its time from `clock`, for instance the simulated clock of the collector.
    pub fn set_clock(&self, clock: impl Fn() -> UtcTime + Send + Sync + 'static) {
        *self.shared.clock.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(clock);
    }

    /// Lets one event happen on the current day, written an hour and a half before its slot.
    pub fn apply(&self, event: &Event) -> Result<(), ChangeError> {
        self.shared.service().apply(event, self.morning)
    }

    /// Begins a day and lets everything happen that the scenario has for it. Play every day in order,
    /// the skipped ones too: what changes on them stays changed.
    pub fn play_day(&mut self, scenario: &Scenario, day: u32, utc: UtcTime) -> Result<(), ChangeError> {
        self.set_day(day, utc);
        scenario.events_on(day).try_for_each(|event| self.apply(event))
    }

    /// Replaces the faults given at the start; those of the scenario's day stay.
    pub fn set_faults(&self, faults: Vec<FaultSwitch>) {
        self.shared.service().set_faults(faults);
    }

    /// Kills every token now: the next request with one answers 401.
    pub fn revoke_tokens(&self) {
        self.shared.service().revoke_tokens();
    }

    /// How many requests a path got today, refused ones too; those without a live token are not told apart.
    #[must_use]
    pub fn requests(&self, path: &str) -> u64 {
        self.shared.service().requests(path)
    }

    /// Stops serving and waits for the thread; an error is one of the listening socket.
    pub fn shutdown(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        drop(self.stop.take());
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(io::Error::other("the tenant's thread panicked")),
            None => Ok(()),
        }
    }
}

impl Drop for RunningTenant {
    fn drop(&mut self) {
        // Nobody is left to hear of an error of a tenant that is thrown away.
        drop(self.end());
    }
}

#[cfg(test)]
mod tests;
