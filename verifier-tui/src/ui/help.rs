//! The help, made from the one table of keys.

use super::text::{fit, wrap};
use crate::app::overview::Paint;
use crate::app::{Model, keys};
use crate::exit;
use crate::words;

/// The whole help.
pub(super) fn lines(model: &Model) -> Vec<(Paint, String)> {
    let mut lines: Vec<_> = keys::TABLE
        .iter()
        .map(|binding| (Paint::Plain, format!("  {} {}", fit(binding.label, 14), binding.help)))
        .collect();
    if let Some(report) = &model.report {
        lines.push((Paint::Strong, "What is not proven".to_owned()));
        let width = usize::from(model.size.0).saturating_sub(2);
        let text = words::not_proven(&report.assurance);
        lines.extend(wrap(&text, width).into_iter().map(|line| (Paint::Plain, format!("  {line}"))));
    }
    lines.push((Paint::Strong, "Exit codes".to_owned()));
    lines.extend(exit::TABLE.iter().map(|(code, meaning)| (Paint::Plain, format!("  {code:>2} {meaning}"))));
    lines
}
