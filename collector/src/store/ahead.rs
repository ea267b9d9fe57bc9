//! Reading a chain in its order: the next manifests are fetched together, while the first is waited for.
//!
//! Every run reads the chain from its beginning, and one request after the other would cost a year's chain
//! several seconds of waiting alone. Whoever reads in another order is served one by one.

use std::collections::BTreeMap;
use std::future::Future;

use tokio::task::JoinSet;
use verify_core::model::Sequence;

/// Manifests fetched together.
pub(super) const TOGETHER: u64 = 32;

/// What was fetched and not yet asked for.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// The record that is asked for next if the chain is read in its order.
    next: u64,
    held: BTreeMap<u64, Vec<u8>>,
}

impl Ahead {
    /// The manifest, if it was fetched; nothing is held twice.
    pub(super) fn take(&mut self, sequence: Sequence) -> Option<Vec<u8>> {
        let found = self.held.remove(&sequence.0)?;
        self.next = sequence.0.saturating_add(1);
        Some(found)
    }

    /// How many manifests to fetch, beginning with `sequence`.
    pub(super) fn count(&mut self, sequence: Sequence) -> u64 {
        let in_order = sequence.0 == self.next;
        self.next = sequence.0.saturating_add(1);
        self.held.clear();
        if in_order { TOGETHER } else { 1 }
    }

    /// Keeps what came beside the manifest that was asked for.
    pub(super) fn hold(&mut self, fetched: BTreeMap<u64, Vec<u8>>) {
        self.held = fetched;
    }
}

/// What `get` makes of each of these objects, under their numbers; all of them are asked for at once.
pub(super) async fn fetch<T, F, G, E>(
    objects: Vec<(u64, T)>,
    get: G,
    stopped: E,
) -> Result<BTreeMap<u64, Vec<u8>>, E>
where
    F: Future<Output = Result<Vec<u8>, E>> + Send + 'static,
    G: Fn(T) -> F,
    E: Send + 'static,
{
    let mut calls = JoinSet::new();
    for (number, object) in objects {
        let got = get(object);
        calls.spawn(async move { (number, got.await) });
    }
    let mut found = BTreeMap::new();
    while let Some(ended) = calls.join_next().await {
        let Ok((number, bytes)) = ended else { return Err(stopped) };
        found.insert(number, bytes?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_reads_in_order_is_served_ahead() {
        let mut ahead = Ahead::default();
        assert_eq!(ahead.count(Sequence(0)), TOGETHER);
        ahead.hold(BTreeMap::from([(1, vec![1]), (2, vec![2])]));
        assert_eq!(ahead.take(Sequence(1)), Some(vec![1]));
        assert_eq!(ahead.take(Sequence(1)), None);
        assert_eq!(ahead.take(Sequence(2)), Some(vec![2]));
        assert_eq!(ahead.count(Sequence(3)), TOGETHER);
        assert_eq!(
            (ahead.count(Sequence(9)), ahead.count(Sequence(8)), ahead.count(Sequence(9))),
            (1, 1, TOGETHER)
        );
    }
}
