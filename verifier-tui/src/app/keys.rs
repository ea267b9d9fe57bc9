//! The one table of keys. What a key does, the footer and the help screen all come from it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::Screen;

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first row.
    Home,
    /// To the last row.
    End,
    /// Open what is selected.
    Open,
    /// Back to where it was opened from.
    Back,
    /// The next screen.
    NextScreen,
    /// The screen before.
    PreviousScreen,
    /// One screen.
    Go(Screen),
    /// Type a filter.
    Filter,
    /// Show how far it is proven.
    Ladder,
    /// Show the keys.
    Help,
    /// Leave.
    Quit,
}

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// Where there are rows that can be opened.
    Openable,
    /// Where there are rows that can be filtered.
    Filterable,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Keys that do it.
    pub keys: &'static [KeyCode],
    /// The keys as written for people.
    pub label: &'static str,
    /// What they do.
    pub action: Action,
    /// In words.
    pub help: &'static str,
    /// One word for the footer; empty when the footer leaves it out.
    pub footer: &'static str,
    /// Where it works.
    pub scope: Scope,
}

const fn binding(
    keys: &'static [KeyCode],
    label: &'static str,
    action: Action,
    help: &'static str,
    footer: &'static str,
    scope: Scope,
) -> Binding {
    Binding { keys, label, action, help, footer, scope }
}

/// The table.
pub const TABLE: &[Binding] = &[
    binding(&[KeyCode::Up, KeyCode::Char('k')], "Up k", Action::Up, "one row up", "", Scope::Everywhere),
    binding(
        &[KeyCode::Down, KeyCode::Char('j')],
        "Down j",
        Action::Down,
        "one row down",
        "",
        Scope::Everywhere,
    ),
    binding(&[KeyCode::PageUp], "PgUp", Action::PageUp, "one page up", "", Scope::Everywhere),
    binding(&[KeyCode::PageDown], "PgDn", Action::PageDown, "one page down", "", Scope::Everywhere),
    binding(&[KeyCode::Home], "Home", Action::Home, "to the first row", "", Scope::Everywhere),
    binding(&[KeyCode::End], "End", Action::End, "to the last row", "", Scope::Everywhere),
    binding(
        &[KeyCode::Enter, KeyCode::Right, KeyCode::Char('l')],
        "Enter l Right",
        Action::Open,
        "open the selected row",
        "open",
        Scope::Openable,
    ),
    binding(
        &[KeyCode::Esc, KeyCode::Left, KeyCode::Char('h')],
        "Esc h Left",
        Action::Back,
        "back; on a filtered list, show all rows again",
        "back",
        Scope::Openable,
    ),
    binding(&[KeyCode::Tab], "Tab", Action::NextScreen, "next screen", "next", Scope::Everywhere),
    binding(&[KeyCode::BackTab], "Shift-Tab", Action::PreviousScreen, "screen before", "", Scope::Everywhere),
    binding(&[KeyCode::Char('1')], "1", Action::Go(Screen::Overview), "overview", "", Scope::Everywhere),
    binding(&[KeyCode::Char('2')], "2", Action::Go(Screen::Packages), "packages", "", Scope::Everywhere),
    binding(
        &[KeyCode::Char('3')],
        "3",
        Action::Go(Screen::Package),
        "the opened package",
        "",
        Scope::Everywhere,
    ),
    binding(&[KeyCode::Char('4')], "4", Action::Go(Screen::Controls), "controls", "", Scope::Everywhere),
    binding(&[KeyCode::Char('5')], "5", Action::Go(Screen::Drift), "drift", "", Scope::Everywhere),
    binding(&[KeyCode::Char('6')], "6", Action::Go(Screen::Findings), "findings", "", Scope::Everywhere),
    binding(
        &[KeyCode::Char('/')],
        "/",
        Action::Filter,
        "show only rows that contain a text",
        "filter",
        Scope::Filterable,
    ),
    binding(
        &[KeyCode::Char('L')],
        "L",
        Action::Ladder,
        "how far it is proven, rung by rung, and what is missing",
        "ladder",
        Scope::Everywhere,
    ),
    binding(&[KeyCode::Char('?')], "?", Action::Help, "this help", "help", Scope::Everywhere),
    binding(
        &[KeyCode::Char('q')],
        "q Ctrl-C",
        Action::Quit,
        "leave; the exit code is the verdict's",
        "quit",
        Scope::Everywhere,
    ),
];

/// What a key does; `None` for a key that is not in the table.
#[must_use]
pub fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    TABLE.iter().find(|binding| binding.keys.contains(&key.code)).map(|binding| binding.action)
}

/// Lines of the table that work on a screen.
pub fn on(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| match binding.scope {
        Scope::Everywhere => true,
        Scope::Openable | Scope::Filterable => screen != Screen::Overview,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_does_two_things() {
        let keys: Vec<_> =
            TABLE.iter().flat_map(|binding| binding.keys).map(|key| format!("{key:?}")).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn every_screen_has_its_key() {
        for screen in Screen::ALL {
            assert!(TABLE.iter().any(|binding| binding.action == Action::Go(screen)), "{screen:?}");
        }
    }

    #[test]
    fn control_keys_other_than_the_interrupt_do_nothing() {
        let pressed = |code, modifiers| action(KeyEvent::new(code, modifiers));
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(pressed(KeyCode::Char('q'), KeyModifiers::CONTROL), None);
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::NONE), None);
    }
}
