//! What the store told about its locks, over all records (F-150 to F-155).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::UtcTime;

/// Locks over all records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockSummary {
    /// Whose word it is: the store, or a receipt.
    pub told_by: String,
    /// When it was asked.
    pub asked_utc: UtcTime,
    /// When the first lock on a record ends, if any is locked.
    pub first_end_utc: Option<UtcTime>,
    /// Whole days from the asking until then; of one that is over by the time of the report, days since then, and
    /// less than 0.
    pub days_left: Option<i64>,
    /// Why records do not stand on *locked*, each reason with how many.
    pub open: BTreeMap<String, u64>,
}
