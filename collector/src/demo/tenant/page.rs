//! One page of a list: which entities stand on it, what is said about the rest, and how it is written.
//!
//! A *round* is one reading of a list from its first page on. Its order is fixed when page 1 is asked
//! for, so the pages of a round neither overlap nor leave anything out; the next round has another.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::answer::Question;
use super::fault::Fault;
use super::listing::{Dialect, Key, Listing, Style};
use super::organization::Organization;
use super::{genesys, noise, reference};

/// One reading of a list.
#[derive(Debug)]
pub(super) struct Round {
    /// From 1, within its day.
    pub(super) number: u32,
    keys: Vec<Key>,
}

impl Round {
    /// Starts a round over `keys` in an order that depends on `parts` and the round's number alone.
    pub(super) fn start(number: u32, mut keys: Vec<Key>, parts: &[u64]) -> Self {
        let order = [noise::mix(parts), noise::number_of("order"), u64::from(number)];
        keys.shuffle(&mut noise::generator(&order));
        Self { number, keys }
    }
}

/// What a page says about the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    None,
    Page(u32),
    /// On another host.
    Foreign,
}

/// One page before it is written.
#[derive(Debug)]
pub(super) struct Page {
    number: u32,
    size: u32,
    count: u32,
    total: u64,
    entities: Vec<Key>,
    next: Next,
}

impl Page {
    /// Page `number` (from 1) of a round, bent by `faults`.
    pub(super) fn lay_out(round: &Round, number: u32, size: u32, faults: &[Fault]) -> Self {
        let length = u32::try_from(round.keys.len()).unwrap_or(u32::MAX);
        let real = length.div_ceil(size.max(1)).max(1);
        let on_page = |page: u32| -> Vec<Key> {
            let skipped = (page.saturating_sub(1) as usize).saturating_mul(size as usize);
            round.keys.iter().skip(skipped).take(size as usize).copied().collect()
        };
        let mut page = Self {
            number,
            size,
            count: real,
            total: u64::from(length),
            entities: on_page(number),
            next: if number < real { Next::Page(number + 1) } else { Next::None },
        };
        for fault in faults {
            page.bend(*fault, round.number, real, &on_page);
        }
        page
    }

    fn bend(&mut self, fault: Fault, round: u32, real: u32, on_page: &impl Fn(u32) -> Vec<Key>) {
        // A list of one page announces a second one where the fault needs it.
        let announced = real.max(2);
        match fault {
            // The faults that happen once bend the first reading alone.
            Fault::RepeatedPageOnce | Fault::MovingTotalOnce if round > 1 => {}
            Fault::RepeatedPage | Fault::RepeatedPageOnce => {
                self.announce(announced);
                if self.number == announced {
                    self.entities = on_page(announced - 1);
                }
            }
            Fault::ShortPage if self.number == 1 => {
                self.entities.pop();
            }
            Fault::DuplicateId if self.number == 1 => {
                if let Some(first) = self.entities.first().copied() {
                    if self.entities.len() > 1 {
                        self.entities.pop();
                    }
                    self.entities.push(first);
                }
            }
            Fault::WrongTotal => self.total += 7,
            Fault::MovingTotal | Fault::MovingTotalOnce => self.total += u64::from(self.number),
            Fault::PageCountChanges => {
                self.announce(announced);
                self.count = if self.number == 1 { announced } else { announced + 1 };
            }
            Fault::EndlessNext => {
                self.announce(self.number.max(real).saturating_add(1));
                if self.number > real {
                    self.entities = on_page(real);
                }
            }
            Fault::EmptyNextLoop => self.announce(self.number.max(real).saturating_add(1)),
            Fault::CrossHostNext => self.next = Next::Foreign,
            _ => {}
        }
    }

    fn announce(&mut self, count: u32) {
        self.count = count;
        self.next = if self.number < count { Next::Page(self.number + 1) } else { Next::None };
    }

    /// The body of the page.
    pub(super) fn write(
        &self,
        organization: &Organization,
        listing: &Listing,
        round: u32,
        question: &Question,
        foreign: &str,
        rng: &mut ChaCha8Rng,
    ) -> Value {
        let show = |key: &Key| match listing.dialect {
            Dialect::Reference => reference::entity(organization, listing.resource, *key, rng),
            Dialect::GenesysCloud => genesys::entity(organization, listing.resource, *key, rng),
        };
        let entities: Vec<Value> = self.entities.iter().filter_map(show).collect();
        if listing.style == Style::Root {
            return entities.into_iter().next().unwrap_or(Value::Null);
        }
        let mut body = Map::new();
        body.insert("entities".to_owned(), Value::Array(entities));
        if listing.style != Style::Single {
            body.insert("total".to_owned(), json!(self.total));
        }
        match listing.style {
            Style::Token => {
                let next = match self.next {
                    Next::None => Value::Null,
                    Next::Page(page) => json!(page_token(round, page)),
                    Next::Foreign => json!(format!("{foreign}{}?pageToken=2", question.path)),
                };
                body.insert("nextPageToken".to_owned(), next);
                body.insert("pageSize".to_owned(), json!(self.size));
                body.insert("etag".to_owned(), json!(format!("\"{:016x}\"", rng.random::<u64>())));
            }
            Style::Single => {
                body.insert("selfUri".to_owned(), json!(question.path));
            }
            _ => self.write_numbers(&mut body, listing, question, foreign),
        }
        Value::Object(body)
    }

    /// The fields of page-number lists; links are paths, never with a host.
    fn write_numbers(
        &self,
        body: &mut Map<String, Value>,
        listing: &Listing,
        question: &Question,
        foreign: &str,
    ) {
        body.insert("pageSize".to_owned(), json!(self.size));
        body.insert("pageNumber".to_owned(), json!(self.number));
        body.insert("pageCount".to_owned(), json!(self.count));
        body.insert("selfUri".to_owned(), json!(link(question, self.number, self.size)));
        if listing.style != Style::NextUri {
            return;
        }
        body.insert("firstUri".to_owned(), json!(link(question, 1, self.size)));
        body.insert("lastUri".to_owned(), json!(link(question, self.count, self.size)));
        if self.number > 1 {
            body.insert("previousUri".to_owned(), json!(link(question, self.number - 1, self.size)));
        }
        match self.next {
            Next::None => {}
            Next::Page(page) => {
                body.insert("nextUri".to_owned(), json!(link(question, page, self.size)));
            }
            Next::Foreign => {
                let page = link(question, self.number + 1, self.size);
                body.insert("nextUri".to_owned(), json!(format!("{foreign}{page}")));
            }
        }
    }
}

/// The path of another page of the same question, with its other parameters kept.
fn link(question: &Question, page: u32, size: u32) -> String {
    let mut link = format!("{}?pageSize={size}&pageNumber={page}", question.path);
    for (name, value) in &question.query {
        if name != "pageNumber" && name != "pageSize" {
            link.push('&');
            encode_into(&mut link, name);
            link.push('=');
            encode_into(&mut link, value);
        }
    }
    link
}

/// Percent-encodes everything but the unreserved characters (RFC 3986 section 2.3).
fn encode_into(link: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            link.push(char::from(byte));
        } else {
            let _ = write!(link, "%{byte:02X}");
        }
    }
}

/// The opaque token of a page of a round.
fn page_token(round: u32, page: u32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{round}/{page}"))
}

/// Round and page behind a token this tenant gave out.
pub(super) fn read_page_token(token: &str) -> Option<(u32, u32)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (round, page) = text.split_once('/')?;
    Some((round.parse().ok()?, page.parse().ok().filter(|page| *page > 1)?))
}
