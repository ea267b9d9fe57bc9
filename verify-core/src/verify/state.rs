//! Earlier states a snapshot is compared with: loaded from their packages, held only while needed.
//!
//! A state counts only if its package still gives the payload that its committed manifest names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assemble::Plan;
use super::snapshot::ResourceDigests;
use crate::canon::Document;
use crate::digest::Digest;
use crate::limits::Limits;
use crate::model::{Kind, Outcome, ResourceName};
use crate::package::{Inflater, MANIFEST, scan};
use crate::source::Source;

/// The state of one snapshot, from bytes whose digests were recomputed.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sequence: u64,
    pub(super) document: Document,
    pub(super) digests: ResourceDigests,
}

impl State {
    /// Bytes it takes, about.
    fn size(&self) -> u64 {
        self.document.bytes().len() as u64
    }
}

/// One earlier side of one resource.
#[derive(Debug, Clone)]
pub(super) struct Earlier {
    pub(super) sequence: u64,
    /// `None` when the package of that record is missing or damaged.
    pub(super) state: Option<Arc<State>>,
}

/// What the next snapshot of a run of records is compared with.
#[derive(Debug, Default)]
pub(super) struct EarlierStates {
    latest: BTreeMap<ResourceName, Earlier>,
    baseline: Option<Earlier>,
    /// Bytes of states that may be held.
    most: u64,
}

impl EarlierStates {
    /// The states before `plans[first]`, loaded from their packages.
    /// At most `most` bytes of them are held: what does not fit is not known.
    pub(super) fn before(
        first: usize,
        plans: &[Plan],
        source: &dyn Source,
        limits: &Limits,
        most: u64,
    ) -> Self {
        let mut wanted: BTreeMap<ResourceName, &Plan> = BTreeMap::new();
        for plan in plans.get(..first).unwrap_or_default() {
            for name in complete_resources(plan) {
                wanted.insert(name.clone(), plan);
            }
        }
        let mut loaded: BTreeMap<u64, Option<Arc<State>>> = BTreeMap::new();
        let mut room = most;
        let latest = wanted
            .into_iter()
            .map(|(name, plan)| {
                let sequence = plan.sequence();
                let state = loaded.entry(sequence).or_insert_with(|| {
                    let state = load(plan, source, limits).filter(|state| state.size() <= room)?;
                    room -= state.size();
                    Some(state)
                });
                let state = state.clone();
                (name, Earlier { sequence, state })
            })
            .collect();
        Self { latest, baseline: None, most }
    }

    /// The nearest earlier snapshot in which the resource was complete.
    pub(super) fn latest(&self, resource: &str) -> Option<&Earlier> {
        self.latest.get(resource)
    }

    /// The snapshot a record names as its baseline; loaded when it is not at hand.
    pub(super) fn baseline(
        &mut self,
        sequence: u64,
        plans: &[Plan],
        source: &dyn Source,
        limits: &Limits,
    ) -> Earlier {
        if let Some(known) = self.baseline.as_ref().filter(|known| known.sequence == sequence) {
            return known.clone();
        }
        let at_hand = self
            .latest
            .values()
            .filter_map(|earlier| earlier.state.as_ref())
            .find(|state| state.sequence == sequence)
            .cloned();
        let state = at_hand.or_else(|| {
            let plan = plans.iter().find(|plan| plan.sequence() == sequence)?;
            // The baseline before it is let go first.
            self.baseline = None;
            let room = self.most.saturating_sub(self.held());
            load(plan, source, limits).filter(|state| state.size() <= room)
        });
        let earlier = Earlier { sequence, state };
        self.baseline = Some(earlier.clone());
        earlier
    }

    /// Bytes of all states held, each once.
    fn held(&self) -> u64 {
        let all = self.latest.values().chain(&self.baseline).filter_map(|earlier| earlier.state.as_ref());
        let distinct: BTreeMap<u64, u64> = all.map(|state| (state.sequence, state.size())).collect();
        distinct.values().sum()
    }

    /// Moves on: `plan` was verified and gave `state`, or `None` if it is damaged. When too much would be
    /// held, the oldest states are let go, and their resources are then not known.
    pub(super) fn advance(&mut self, plan: &Plan, state: Option<&Arc<State>>) {
        for name in complete_resources(plan) {
            self.latest.insert(name.clone(), Earlier { sequence: plan.sequence(), state: state.cloned() });
        }
        while self.held() > self.most {
            let held = self.latest.values().filter(|earlier| earlier.state.is_some());
            let Some(oldest) = held.map(|earlier| earlier.sequence).min() else { break };
            for earlier in self.latest.values_mut().filter(|earlier| earlier.sequence == oldest) {
                earlier.state = None;
            }
        }
    }
}

fn complete_resources(plan: &Plan) -> impl Iterator<Item = &ResourceName> {
    plan.manifest
        .resources
        .iter()
        .filter(|(_, record)| plan.manifest.kind == Kind::Snapshot && record.outcome == Outcome::Complete)
        .map(|(name, _)| name)
}

fn load(plan: &Plan, source: &dyn Source, limits: &Limits) -> Option<Arc<State>> {
    let bytes = source.read(plan.package.as_ref()?, limits.package_bytes).ok()?;
    let container = scan(&bytes, limits).ok()?;
    let mut inflater = Inflater::new();
    let (_, manifest) = inflater.read(container.member(MANIFEST)?).ok()?;
    let (payload, digest) = inflater.read(container.member("snapshot.json")?).ok()?;
    if manifest != plan.sha256 || digest != plan.manifest.payload_sha256 {
        return None;
    }
    let document = Document::new(payload, limits).ok()?;
    let digests = complete_resources(plan)
        .filter_map(|name| {
            let found = Digest::of(document.member(name.as_str())?.bytes());
            let recorded = plan.manifest.resources.get(name)?.sha256;
            (recorded == Some(found)).then(|| (name.clone(), found))
        })
        .collect();
    Some(Arc::new(State { sequence: plan.sequence(), document, digests }))
}
