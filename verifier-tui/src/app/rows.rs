//! The rows of every screen by index: how many, which are shown, what a filter looks at, what opening means.

use verify_core::report::Report;

use super::model::{ControlLine, Model, OpenControl, Screen};
use crate::words;

impl Model {
    /// Rows of a screen before its filter.
    #[must_use]
    pub fn all_rows(&self, screen: Screen) -> usize {
        let of_report = |count: fn(&Report) -> usize| self.report.as_deref().map_or(0, count);
        match screen {
            Screen::Overview => self.overview.len(),
            Screen::Packages => self.records.len(),
            Screen::Package => match self.package.as_ref().and_then(|package| package.content.as_ref()) {
                Some(Ok(content)) => content.members.len(),
                _ => 0,
            },
            Screen::Controls => match &self.control {
                Some(open) => open.rows.len(),
                None => of_report(|report| report.controls.len()),
            },
            Screen::Drift => of_report(|report| report.drift.len()),
            Screen::Findings => of_report(|report| report.findings.len()),
        }
    }

    /// Rows of a screen that its filter lets through.
    #[must_use]
    pub fn shown_rows(&self, screen: Screen) -> usize {
        self.list(screen).matching.as_ref().map_or_else(|| self.all_rows(screen), Vec::len)
    }

    /// Index of the `position`th row that is shown.
    #[must_use]
    pub fn row_at(&self, screen: Screen, position: usize) -> Option<usize> {
        match &self.list(screen).matching {
            Some(matching) => matching.get(position).copied(),
            None => (position < self.all_rows(screen)).then_some(position),
        }
    }

    /// Index of the selected row.
    #[must_use]
    pub fn selected(&self, screen: Screen) -> Option<usize> {
        self.row_at(screen, self.list(screen).selected)
    }

    /// What a filter looks at, raw.
    fn haystack(&self, screen: Screen, index: usize) -> Option<String> {
        let report = self.report.as_deref();
        Some(match screen {
            Screen::Overview => self.overview.get(index)?.text.clone(),
            Screen::Packages => {
                let record = self.records.get(index)?;
                let note = record.note.as_deref().unwrap_or_default();
                format!("{} {} {} {note}", record.sequence, record.kind.as_str(), record.collection_id)
            }
            Screen::Package => {
                self.package.as_ref()?.content.as_ref()?.as_ref().ok()?.members.get(index)?.path.clone()
            }
            Screen::Controls => {
                if let Some(open) = &self.control {
                    control_text(report?, open, *open.rows.get(index)?)?
                } else {
                    let control = report?.controls.get(index)?;
                    format!("{} {} {}", control.control_id, control.description, control.criteria.join(" "))
                }
            }
            Screen::Drift => {
                let row = report?.drift.get(index)?;
                let slot = row.scheduled_utc.map(words::minute).unwrap_or_default();
                format!(
                    "{} {slot} {} {} {}",
                    row.sequence, row.resource, row.change.entity, row.change.pointer
                )
            }
            Screen::Findings => {
                let finding = report?.findings.get(index)?;
                format!("{} {} {}", finding.code, words::place(&finding.place), finding.message)
            }
        })
    }

    /// Applies the filter of a screen again and keeps the selection inside.
    pub(super) fn refilter(&mut self, screen: Screen) {
        let filter = self.list(screen).filter.to_lowercase();
        let matching = (!filter.is_empty()).then(|| {
            (0..self.all_rows(screen))
                .filter(|index| {
                    self.haystack(screen, *index).is_some_and(|text| text.to_lowercase().contains(&filter))
                })
                .collect()
        });
        self.list_mut(screen).matching = matching;
        let final_row = self.shown_rows(screen).saturating_sub(1);
        let list = self.list_mut(screen);
        list.selected = list.selected.min(final_row);
    }

    /// Record that the selected row is about.
    #[must_use]
    pub fn selected_sequence(&self) -> Option<u64> {
        let report = self.report.as_deref();
        let index = self.selected(self.screen)?;
        match self.screen {
            Screen::Overview | Screen::Package => None,
            Screen::Packages => self.records.get(index).map(|record| record.sequence),
            Screen::Controls => {
                let open = self.control.as_ref()?;
                match open.rows.get(index)? {
                    ControlLine::Cell(cell) => {
                        report?.controls.get(open.control)?.cells.get(*cell).map(|cell| cell.sequence)
                    }
                    ControlLine::Violation(row) => report?.violations.get(*row).map(|row| row.sequence),
                }
            }
            Screen::Drift => report?.drift.get(index).map(|row| row.sequence),
            Screen::Findings => report?.findings.get(index)?.place.sequence,
        }
    }
}

fn control_text(report: &Report, open: &OpenControl, line: ControlLine) -> Option<String> {
    Some(match line {
        ControlLine::Cell(cell) => {
            let cell = report.controls.get(open.control)?.cells.get(cell)?;
            let reason = cell.reason.as_deref().unwrap_or_default();
            format!("{} {} {reason}", cell.sequence, words::control(cell.recorded))
        }
        ControlLine::Violation(row) => {
            let row = report.violations.get(row)?;
            format!("{} {} {} {}", row.sequence, row.resource, row.entity, row.message)
        }
    })
}

/// Opens a control: cycles in which it did not simply pass, each followed by its violations.
#[must_use]
pub(super) fn open_control(report: &Report, control: usize) -> Option<OpenControl> {
    let row = report.controls.get(control)?;
    let mut lines: Vec<(u64, u8, ControlLine)> = row
        .cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| {
            let passes = cell.recorded == verify_core::model::ControlStatus::Pass;
            !passes || cell.replayed.is_some_and(|replayed| replayed != cell.recorded)
        })
        .map(|(index, cell)| (cell.sequence, 0, ControlLine::Cell(index)))
        .collect();
    lines.extend(
        report
            .violations
            .iter()
            .enumerate()
            .filter(|(_, violation)| violation.control_id == row.control_id)
            .map(|(index, violation)| (violation.sequence, 1, ControlLine::Violation(index))),
    );
    lines.sort_by_key(|(sequence, kind, _)| (*sequence, *kind));
    Some(OpenControl { control, rows: lines.into_iter().map(|(_, _, line)| line).collect() })
}
