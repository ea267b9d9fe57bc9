//! Rate limiting on a seeded pattern: which requests answer 429, and the rate headers of all others.

use super::answer::Answer;
use super::listing::{LISTINGS, Listing};
use super::noise;

/// Requests allowed in a window, as the headers say.
const ALLOWED: u64 = 300;

/// A 429 for this request, if the pattern has one: never twice in a row for one list.
///
/// Every day one list answers 429 with `Retry-After` to its first request and another one answers 429
/// without; further ones fall by chance.
pub(super) fn refusal(
    listing: &Listing,
    nested: bool,
    seed_day_list: &[u64; 3],
    request: u64,
) -> Option<Answer> {
    if request == 1 && !nested {
        let [_, day, _] = *seed_day_list;
        let lists = LISTINGS.iter().filter(|other| other.dialect == listing.dialect && !other.is_nested());
        let count = lists.clone().count() as u64;
        let place = lists.clone().position(|other| other.resource == listing.resource)? as u64;
        if place == day % count.max(1) {
            return Some(with_retry_after(1 + day % 3));
        }
        return (place == (day + 1) % count.max(1)).then(without_retry_after);
    }
    let chance =
        |request: u64| noise::mix(&[noise::mix(seed_day_list), noise::number_of("throttle"), request]) % 100;
    if request <= 2 || chance(request - 1) < 3 {
        return None;
    }
    match chance(request) {
        0 | 1 => Some(with_retry_after(1 + request % 4)),
        2 => Some(without_retry_after()),
        _ => None,
    }
}

fn with_retry_after(seconds: u64) -> Answer {
    let message = format!("rate limit exceeded the maximum: retry the request in [{seconds}] seconds");
    Answer::error(429, "too.many.requests.retry.after", &message).header("retry-after", seconds.to_string())
}

fn without_retry_after() -> Answer {
    Answer::error(
        429,
        "too.many.requests",
        "rate limit exceeded the maximum [300] requests within [60] seconds",
    )
}

/// Adds the rate headers. They count per list, so that lists read side by side answer as they do one by one.
pub(super) fn headers(answer: Answer, request: u64) -> Answer {
    let used = request.saturating_sub(1) % ALLOWED + 1;
    answer
        .header("inin-ratelimit-count", used.to_string())
        .header("inin-ratelimit-allowed", ALLOWED.to_string())
        .header("inin-ratelimit-reset", (60 - used * 59 / ALLOWED).to_string())
}

#[cfg(test)]
mod tests {
    use super::super::listing::{Dialect, find};
    use super::*;

    #[test]
    fn both_kinds_come_every_day_and_never_twice_in_a_row() {
        for day in 1..60_u64 {
            let mut kinds = Vec::new();
            for listing in LISTINGS.iter().filter(|listing| listing.dialect == Dialect::Reference) {
                let parts = [7, day, noise::number_of(listing.resource)];
                let answers: Vec<_> =
                    (1..400).map(|request| refusal(listing, false, &parts, request)).collect();
                assert!(answers.windows(2).all(|pair| pair[0].is_none() || pair[1].is_none()));
                kinds.extend(answers.into_iter().flatten().take(1).map(|answer| answer.headers.len()));
            }
            assert!(kinds.contains(&0) && kinds.contains(&1), "day {day}: {kinds:?}");
        }
    }

    #[test]
    fn a_list_that_is_not_chosen_answers_its_first_request() {
        let (users, _) = find(Dialect::Reference, "/api/v2/admin/users").unwrap();
        let refused = (1..=6).filter(|day| refusal(users, false, &[7, *day, 0], 1).is_some()).count();
        assert_eq!(refused, 2);
    }
}
