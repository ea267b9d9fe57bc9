//! What the screens know: plain data.

use verify_core::report::{RecordSummary, Report};
use verify_core::verify::{Inspection, Progress};

use super::overview::OverviewLine;

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// The verdict and the story.
    Overview,
    /// All records.
    Packages,
    /// One package, member by member.
    Package,
    /// Controls over all cycles.
    Controls,
    /// All changes.
    Drift,
    /// All failed checks.
    Findings,
}

impl Screen {
    /// In the order of their keys.
    pub const ALL: [Self; 6] =
        [Self::Overview, Self::Packages, Self::Package, Self::Controls, Self::Drift, Self::Findings];

    /// Title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Packages => "Packages",
            Self::Package => "Package",
            Self::Controls => "Controls",
            Self::Drift => "Drift",
            Self::Findings => "Findings",
        }
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self as usize + 1
    }
}

/// What lies over the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The table of keys.
    Help,
    /// The assurance ladder, explained.
    Ladder,
    /// A filter is being typed.
    Filter,
}

/// How far the verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It runs.
    Running(Option<Progress>),
    /// The report is there.
    Done,
    /// A defect ended it.
    Crashed,
}

/// Place and filter in one list of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Selected row, counted among the rows that are shown.
    pub selected: usize,
    /// Only rows that contain this text are shown.
    pub filter: String,
    /// Those rows; `None` shows all.
    pub matching: Option<Vec<usize>>,
}

/// The opened package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPackage {
    /// Sequence of its record.
    pub sequence: u64,
    /// Its name in the source.
    pub name: String,
    /// Where it was opened from.
    pub from: Screen,
    /// What it holds; `None` while it is being read.
    pub content: Option<Result<Inspection, String>>,
}

/// One control, opened: every cycle in which it did not pass, and every violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenControl {
    /// Index in the report's controls.
    pub control: usize,
    /// By sequence.
    pub rows: Vec<ControlLine>,
}

/// One row of an opened control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlLine {
    /// Index in the control's cells.
    Cell(usize),
    /// Index in the report's violations.
    Violation(usize),
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Model {
    /// What is verified, as the user named it.
    pub source: String,
    /// The command that prints the same.
    pub command: String,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The screen that is shown.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Overlay,
    /// First line of the help, or of the ladder, that is shown.
    pub pane_line: usize,
    /// How far the verification is.
    pub phase: Phase,
    /// Records so far, by sequence; those of the report once it is there.
    pub records: Vec<RecordSummary>,
    /// The report, once it is there.
    pub report: Option<Box<Report>>,
    /// The overview, wrapped for the present width.
    pub overview: Vec<OverviewLine>,
    /// The opened package.
    pub package: Option<OpenPackage>,
    /// The opened control.
    pub control: Option<OpenControl>,
    /// By screen.
    pub lists: [List; 6],
}

impl Model {
    /// Before anything is known.
    #[must_use]
    pub fn new(source: impl Into<String>, command: impl Into<String>, size: (u16, u16)) -> Self {
        let mut model = Self {
            source: source.into(),
            command: command.into(),
            size,
            screen: Screen::Overview,
            overlay: Overlay::None,
            pane_line: 0,
            phase: Phase::Running(None),
            records: Vec::new(),
            report: None,
            overview: Vec::new(),
            package: None,
            control: None,
            lists: Default::default(),
        };
        model.overview = super::overview::lines(&model);
        model
    }

    /// Place and filter of a screen.
    #[must_use]
    pub fn list(&self, screen: Screen) -> &List {
        let [overview, packages, package, controls, drift, findings] = &self.lists;
        match screen {
            Screen::Overview => overview,
            Screen::Packages => packages,
            Screen::Package => package,
            Screen::Controls => controls,
            Screen::Drift => drift,
            Screen::Findings => findings,
        }
    }

    /// Place and filter of a screen, to be changed.
    pub fn list_mut(&mut self, screen: Screen) -> &mut List {
        let [overview, packages, package, controls, drift, findings] = &mut self.lists;
        match screen {
            Screen::Overview => overview,
            Screen::Packages => packages,
            Screen::Package => package,
            Screen::Controls => controls,
            Screen::Drift => drift,
            Screen::Findings => findings,
        }
    }

    /// The exit code, once it is known.
    #[must_use]
    pub fn exit_code(&self) -> Option<u8> {
        self.report.as_ref().map(|report| report.verdict.exit_code)
    }
}
