//! The tenant without HTTP: a state, and one answer for one question.
//!
//! An answer depends on the seed, the day, the events so far and how many requests the same list got
//! that day; nothing else. So lists may be read in any order, or side by side, with equal results.

use std::collections::HashMap;
use std::time::Duration;

use verify_core::time::UtcTime;

use super::answer::{Answer, Question};
use super::change::ChangeError;
use super::fault::{Fault, FaultSwitch};
use super::listing::{self, Dialect, Listing, Style};
use super::organization::Organization;
use super::page::{Page, Round, read_page_token};
use super::sign_in::{self, Client, Tokens};
use super::{body_fault, noise, reference, rehearsal, throttle};
use crate::demo::scenario::Event;

/// Page size where the client names none.
const DEFAULT_PAGE_SIZE: u32 = 25;

/// What stays the same for the life of a tenant.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) client: Client,
    pub(super) token_lifetime_seconds: u32,
    pub(super) throttle: bool,
    pub(super) foreign_url: String,
    pub(super) late_answer: Duration,
}

/// What lasts for one day.
#[derive(Debug, Default)]
struct Today {
    number: u32,
    tokens: Tokens,
    outage: bool,
    faults: Vec<FaultSwitch>,
    /// Resource and request at which every token dies; removed once it happened.
    expiries: Vec<(String, u64)>,
    requests: HashMap<String, u64>,
    rounds: HashMap<String, Round>,
}

/// The state of a tenant.
#[derive(Debug)]
pub(super) struct Service {
    settings: Settings,
    organization: Organization,
    faults: Vec<FaultSwitch>,
    today: Today,
    approved_on: Option<u32>,
}

impl Service {
    pub(super) fn new(organization: Organization, settings: Settings, faults: Vec<FaultSwitch>) -> Self {
        Self { settings, organization, faults, today: Today::default(), approved_on: None }
    }

    /// Begins a day: conditions, counters, readings and tokens of the day before are gone.
    pub(super) fn set_day(&mut self, number: u32) {
        if self.approved_on.is_some_and(|approved| number > approved) {
            self.organization.approve();
            self.approved_on = None;
        }
        self.today = Today { number, ..Today::default() };
    }

    /// Lets one event happen now.
    pub(super) fn apply(&mut self, event: &Event, at: UtcTime) -> Result<(), ChangeError> {
        self.organization.apply(event, at)?;
        self.today.rounds.clear();
        match event {
            Event::BaselineApproval { day, .. } => self.approved_on = Some(*day),
            Event::Outage { .. } => self.today.outage = true,
            Event::TokenExpiry { resource, request, .. } => {
                self.today.expiries.push((resource.clone(), *request));
            }
            other => self.today.faults.extend(rehearsal::condition(other).transpose()?),
        }
        Ok(())
    }

    pub(super) fn set_faults(&mut self, faults: Vec<FaultSwitch>) {
        self.faults = faults;
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.today.tokens.revoke();
    }

    /// Requests a path got today, whatever was answered.
    pub(super) fn requests(&self, path: &str) -> u64 {
        let requests = self.today.requests.iter();
        requests
            .filter(|(key, _)| key.split_once(' ').is_some_and(|(_, rest)| rest == path))
            .map(|(_, n)| n)
            .sum()
    }

    /// Answers one request at `now`.
    pub(super) fn answer(&mut self, question: &Question, now: UtcTime) -> Answer {
        let signing_in = sign_in::endpoint(&question.path);
        let dialect =
            signing_in.or_else(|| self.today.tokens.dialect(question.authorization.as_deref(), now));
        let key = request_key(dialect, &question.path);
        let counter = self.today.requests.entry(key.clone()).or_default();
        *counter += 1;
        let request = *counter;
        let parts = [self.organization.seed, u64::from(self.today.number), noise::number_of(&key)];
        let answer = self.respond(question, dialect, &key, request, &parts, now);
        let correlation = noise::uuid(&[noise::mix(&parts), noise::number_of("correlation"), request]);
        throttle::headers(answer, request).header("inin-correlation-id", correlation)
    }

    fn respond(
        &mut self,
        question: &Question,
        dialect: Option<Dialect>,
        key: &str,
        request: u64,
        parts: &[u64; 3],
        now: UtcTime,
    ) -> Answer {
        if self.today.outage {
            return Answer::error(503, "service.unavailable", "the platform is temporarily unavailable");
        }
        if let Some(endpoint) = sign_in::endpoint(&question.path) {
            let seed_and_day = (self.organization.seed, self.today.number);
            let lifetime = self.settings.token_lifetime_seconds;
            return self.today.tokens.sign_in(
                question,
                endpoint,
                &self.settings.client,
                lifetime,
                seed_and_day,
                now,
            );
        }
        let Some(dialect) = dialect else { return unauthenticated() };
        if question.method != "GET" {
            return Answer::error(405, "method.not.allowed", "only GET is served");
        }
        if question.path == "/api/v2/organizations/me" {
            return Answer::json(200, &reference::organization_itself(&self.organization));
        }
        let Some((listing, parent)) = listing::find(dialect, &question.path) else {
            return Answer::error(404, "not.found", "the requested resource was not found");
        };
        if self.expires_now(listing.resource, request) {
            return unauthenticated();
        }
        let faults = self.acting(listing);
        let instead =
            |fault: &Fault| body_fault::instead(*fault, request, &question.path, &self.settings.foreign_url);
        if let Some(answer) = faults.iter().find_map(instead) {
            return answer;
        }
        if self.settings.throttle
            && let Some(refusal) = throttle::refusal(listing, parent.is_some(), parts, request)
        {
            return refusal;
        }
        let page = match self.turn_to(question, listing, parent, key, parts) {
            Ok(page) => page,
            Err(answer) => return answer,
        };
        self.write(question, listing, key, page, &faults, request, parts)
    }

    /// Whether this request is the one at which every token dies.
    fn expires_now(&mut self, resource: &str, request: u64) -> bool {
        let due = |(name, at): &(String, u64)| name == resource && *at <= request;
        let Some(place) = self.today.expiries.iter().position(due) else { return false };
        self.today.expiries.remove(place);
        self.today.tokens.revoke();
        true
    }

    /// The faults that bend this list today.
    fn acting(&self, listing: &Listing) -> Vec<Fault> {
        let day = self.today.number;
        let switches = self.faults.iter().chain(&self.today.faults);
        switches
            .filter(|switch| {
                switch.acts(listing.resource, day) && switch.fault.applies_to_style(listing.style)
            })
            .map(|switch| switch.fault)
            .collect()
    }

    /// Page number and size that are asked for; page 1 begins a new round.
    fn turn_to(
        &mut self,
        question: &Question,
        listing: &Listing,
        parent: Option<&str>,
        key: &str,
        parts: &[u64; 3],
    ) -> Result<(u32, u32), Answer> {
        let size = match question.parameter("pageSize") {
            _ if matches!(listing.style, Style::Single | Style::Root) => u32::MAX,
            None => DEFAULT_PAGE_SIZE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=listing.largest_page).contains(size))
                .ok_or_else(|| Answer::error(400, "invalid.page.size", "the page size is out of range"))?,
        };
        let round = self.today.rounds.get(key).map_or(0, |round| round.number);
        let number = match (listing.style, question.parameter("pageToken"), question.parameter("pageNumber"))
        {
            (Style::Token, Some(token), _) => {
                let (of_round, page) = read_page_token(token)
                    .ok_or_else(|| Answer::error(400, "invalid.page.token", "the page token is not known"))?;
                if of_round != round {
                    return Err(Answer::error(
                        400,
                        "invalid.page.token",
                        "the page token is no longer valid",
                    ));
                }
                page
            }
            (Style::NextUri | Style::PageNumber, _, Some(text)) => text
                .parse()
                .ok()
                .filter(|page| *page > 0)
                .ok_or_else(|| Answer::error(400, "invalid.page.number", "pages are counted from 1"))?,
            _ => 1,
        };
        if number == 1 || round == 0 {
            let keys = listing::keys(&self.organization, listing, parent, question.parameter("state"))
                .ok_or_else(|| Answer::error(404, "not.found", "the parent was not found"))?;
            self.today.rounds.insert(key.to_owned(), Round::start(round + 1, keys, parts));
        }
        Ok((number, size))
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is decided by the caller, once, in order")]
    fn write(
        &self,
        question: &Question,
        listing: &Listing,
        key: &str,
        (number, size): (u32, u32),
        faults: &[Fault],
        request: u64,
        parts: &[u64; 3],
    ) -> Answer {
        let Some(round) = self.today.rounds.get(key) else {
            return Answer::error(500, "internal.server.error", "the list was not begun");
        };
        let mut rng = noise::generator(&[noise::mix(parts), noise::number_of("values"), request]);
        let page = Page::lay_out(round, number, size, faults);
        let foreign = &self.settings.foreign_url;
        let mut body = page.write(&self.organization, listing, round.number, question, foreign, &mut rng);
        for fault in faults {
            body_fault::bend_document(*fault, listing.resource, &mut body);
        }
        let mut answer = Answer::json(200, &body);
        for fault in faults {
            body_fault::bend_bytes(*fault, request, self.settings.late_answer, &mut answer);
        }
        answer
    }
}

/// Requests are counted per dialect and path; those without a live token are counted together.
fn request_key(dialect: Option<Dialect>, path: &str) -> String {
    match dialect {
        Some(Dialect::Reference) => format!("reference {path}"),
        Some(Dialect::GenesysCloud) => format!("genesys {path}"),
        None => "nobody".to_owned(),
    }
}

fn unauthenticated() -> Answer {
    Answer::error(
        401,
        "authentication.required",
        "no authentication bearer token was given, or it has expired",
    )
}
