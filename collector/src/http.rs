//! The read-only client: GETs to one API base, one sign-in POST, and nothing else.
//!
//! That it only reads is a matter of types: a [`ReadRequest`] has no method, body or host. Redirects are
//! not followed, proxies of the environment not used, compression not asked for. Every attempt, also the
//! failed ones and the sign-in, becomes a line of the [`Transcript`]; a credential never does.
//!
//! Requests are made one after the other: platforms count them per client, and a strict order makes a
//! simulated run the same every time.

mod address;
mod attempt;
mod client;
mod exchange;
mod fault;
mod guard;
mod pace;
mod request;
mod retry;
mod settings;
mod token;
mod transcript;

pub use address::{AddressError, ApiBase, TokenEndpoint};
pub use attempt::Answer;
pub use client::{ApiClient, ClientError};
pub use exchange::Broken;
pub(crate) use exchange::send;
pub use fault::{ReadFault, Refusal, SignInFault};
pub use pace::{Hold, Pace};
pub(crate) use request::encoded;
pub use request::{ReadRequest, fill_parent};
pub use retry::{Backoff, BudgetSpent, LONGEST_RETRY_AFTER, WaitBudget, is_worth_repeating, retry_after};
pub use settings::{ClientSecret, ClientSettings, Endpoints, HttpLimits};
pub use transcript::{ExchangeId, Place, Transcript};
