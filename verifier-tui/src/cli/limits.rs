//! Limits on hostile input: the options that move them.

use clap::Args;
use verify_core::limits::Limits;

use super::values;

/// Heading of the limits in the help.
pub(super) const LIMITS: &str = "Limits (evidence is hostile input)";

/// Limits that differ from the usual ones.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitOptions {
    /// Bytes of one package, e.g. 2GiB [default: 1GiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_package: Option<u64>,
    /// Members of one package [default: 10000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_members: Option<usize>,
    /// Inflated bytes of one member [default: 256MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_member: Option<u64>,
    /// Inflated bytes of one package [default: 1GiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_inflated: Option<u64>,
    /// Inflated over stored size of one member [default: 200].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_expansion: Option<u64>,
    /// Nesting depth of a JSON document [default: 64].
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = values::depth)]
    pub max_depth: Option<usize>,
    /// Values of one JSON document or entity, counted by commas and colons [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_values: Option<usize>,
    /// Values of one snapshot, counted by commas and colons [default: 4000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_snapshot_values: Option<usize>,
    /// Bytes of one manifest [default: 16MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_manifest: Option<u64>,
    /// Files and folders in the evidence [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_files: Option<usize>,
    /// Cycles that the schedule promises [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_cycles: Option<usize>,
    /// Seconds of one evaluation of a policy [default: 5].
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub max_policy_seconds: Option<u64>,
    /// Memory of a process that evaluates policies [default: 640MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_policy_memory: Option<u64>,
}

impl LimitOptions {
    /// The limits that hold.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            package_bytes: self.max_package.unwrap_or(usual.package_bytes),
            members: self.max_members.unwrap_or(usual.members),
            member_bytes: self.max_member.unwrap_or(usual.member_bytes),
            total_bytes: self.max_inflated.unwrap_or(usual.total_bytes),
            expansion: self.max_expansion.unwrap_or(usual.expansion),
            json_depth: self.max_depth.unwrap_or(usual.json_depth),
            json_values: self.max_values.unwrap_or(usual.json_values),
            snapshot_values: self.max_snapshot_values.unwrap_or(usual.snapshot_values),
            manifest_bytes: self.max_manifest.unwrap_or(usual.manifest_bytes),
            files: self.max_files.unwrap_or(usual.files),
            cycles: self.max_cycles.unwrap_or(usual.cycles),
            policy_seconds: self.max_policy_seconds.unwrap_or(usual.policy_seconds),
            policy_bytes: self.max_policy_memory.unwrap_or(usual.policy_bytes),
            ..usual
        }
    }

    /// Those that were given, by name.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let number = |count: Option<usize>| count.map(|count| count as u64);
        [
            ("max-package", self.max_package),
            ("max-members", number(self.max_members)),
            ("max-member", self.max_member),
            ("max-inflated", self.max_inflated),
            ("max-expansion", self.max_expansion),
            ("max-depth", number(self.max_depth)),
            ("max-manifest", self.max_manifest),
            ("max-values", number(self.max_values)),
            ("max-snapshot-values", number(self.max_snapshot_values)),
            ("max-files", number(self.max_files)),
            ("max-cycles", number(self.max_cycles)),
            ("max-policy-seconds", self.max_policy_seconds),
            ("max-policy-memory", self.max_policy_memory),
        ]
        .into_iter()
        .filter_map(|(name, number)| Some((name, number?)))
    }
}
