//! One message in, the model changed, perhaps a command out. No I/O.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::keys::{self, Action};
use super::message::{Command, Message};
use super::model::{Model, OpenPackage, Overlay, Phase, Screen};
use super::{overview, rows};

/// Characters of a filter; more would not fit the line it is typed in.
const LONGEST_FILTER: usize = 60;

/// Changes the model.
pub fn update(model: &mut Model, message: Message) -> Option<Command> {
    match message {
        Message::Key(key) if key.kind == KeyEventKind::Release => None,
        Message::Key(key) => press(model, key),
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            refresh_overview(model);
            None
        }
        Message::Progress(progress) => {
            if matches!(model.phase, Phase::Running(_)) {
                model.phase = Phase::Running(Some(progress));
                refresh_overview(model);
            }
            None
        }
        Message::Record(record) => {
            if matches!(model.phase, Phase::Running(_)) {
                let at = model.records.partition_point(|known| known.sequence <= record.sequence);
                keep_selected_record(model, at);
                model.records.insert(at, *record);
                model.refilter(Screen::Packages);
                refresh_overview(model);
            }
            None
        }
        Message::Done(report) => {
            done(model, report);
            None
        }
        Message::Crashed => {
            model.phase = Phase::Crashed;
            refresh_overview(model);
            None
        }
        Message::Inspected { package, result } => {
            if let Some(open) = model.package.as_mut().filter(|open| open.name == package) {
                open.content = Some(result);
                model.refilter(Screen::Package);
            }
            None
        }
    }
}

/// Records stream in out of order: the one a person looks at stays selected.
fn keep_selected_record(model: &mut Model, inserted_at: usize) {
    let list = model.list_mut(Screen::Packages);
    if list.matching.is_none() && inserted_at <= list.selected && list.selected > 0 {
        list.selected += 1;
    }
}

fn done(model: &mut Model, report: Box<verify_core::report::Report>) {
    let selected =
        model.selected(Screen::Packages).and_then(|index| model.records.get(index)).map(|row| row.sequence);
    model.phase = Phase::Done;
    model.records.clone_from(&report.records);
    model.report = Some(report);
    model.control = None;
    refresh_overview(model);
    for screen in Screen::ALL {
        model.refilter(screen);
    }
    let position = (0..model.shown_rows(Screen::Packages)).find(|position| {
        let row = model.row_at(Screen::Packages, *position).and_then(|index| model.records.get(index));
        row.map(|row| row.sequence) == selected
    });
    model.list_mut(Screen::Packages).selected = position.unwrap_or(0);
}

fn refresh_overview(model: &mut Model) {
    model.overview = overview::lines(model);
    model.refilter(Screen::Overview);
}

fn press(model: &mut Model, key: KeyEvent) -> Option<Command> {
    match model.overlay {
        Overlay::Filter => type_filter(model, key),
        Overlay::Help | Overlay::Ladder => {
            match keys::action(key) {
                Some(Action::Quit) => return Some(Command::Quit),
                Some(Action::Help | Action::Ladder | Action::Back | Action::Open) => {
                    model.overlay = Overlay::None;
                }
                Some(action) => scroll_pane(model, action),
                None => {}
            }
            None
        }
        Overlay::None => keys::action(key).and_then(|action| act(model, action)),
    }
}

fn scroll_pane(model: &mut Model, action: Action) {
    let page = usize::from(model.size.1).max(1);
    let longest = crate::ui::pane_lines(model).saturating_sub(page);
    model.pane_line = match action {
        Action::Up => model.pane_line.saturating_sub(1),
        Action::Down => model.pane_line + 1,
        Action::PageUp => model.pane_line.saturating_sub(page),
        Action::PageDown => model.pane_line + page,
        Action::Home => 0,
        Action::End => longest,
        _ => model.pane_line,
    }
    .min(longest);
}

fn type_filter(model: &mut Model, key: KeyEvent) -> Option<Command> {
    let screen = model.screen;
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (keys::action(key) == Some(Action::Quit)).then_some(Command::Quit);
    }
    let filter = &mut model.list_mut(screen).filter;
    match key.code {
        KeyCode::Enter => model.overlay = Overlay::None,
        KeyCode::Esc => {
            filter.clear();
            model.overlay = Overlay::None;
        }
        KeyCode::Backspace => {
            filter.pop();
        }
        KeyCode::Char(character) if filter.chars().count() < LONGEST_FILTER => filter.push(character),
        _ => {}
    }
    model.refilter(screen);
    None
}

fn act(model: &mut Model, action: Action) -> Option<Command> {
    let page = usize::from(model.size.1.saturating_sub(6)).max(1);
    let final_row = model.shown_rows(model.screen).saturating_sub(1);
    let list = model.list_mut(model.screen);
    match action {
        Action::Up => list.selected = list.selected.saturating_sub(1),
        Action::Down => list.selected = (list.selected + 1).min(final_row),
        Action::PageUp => list.selected = list.selected.saturating_sub(page),
        Action::PageDown => list.selected = (list.selected + page).min(final_row),
        Action::Home => list.selected = 0,
        Action::End => list.selected = final_row,
        Action::Open => return open(model),
        Action::Back => back(model),
        Action::NextScreen => model.screen = neighbour(model.screen, 1),
        Action::PreviousScreen => model.screen = neighbour(model.screen, Screen::ALL.len() - 1),
        Action::Go(screen) => model.screen = screen,
        Action::Filter if model.screen != Screen::Overview => model.overlay = Overlay::Filter,
        Action::Filter => {}
        Action::Help => {
            model.overlay = Overlay::Help;
            model.pane_line = 0;
        }
        Action::Ladder => {
            model.overlay = Overlay::Ladder;
            model.pane_line = 0;
        }
        Action::Quit => return Some(Command::Quit),
    }
    None
}

fn neighbour(screen: Screen, steps: usize) -> Screen {
    let at = (screen.number() - 1 + steps) % Screen::ALL.len();
    Screen::ALL.get(at).copied().unwrap_or(screen)
}

fn open(model: &mut Model) -> Option<Command> {
    if model.screen == Screen::Controls && model.control.is_none() {
        let index = model.selected(Screen::Controls)?;
        model.control = rows::open_control(model.report.as_deref()?, index);
        *model.list_mut(Screen::Controls) = super::List::default();
        return None;
    }
    let sequence = model.selected_sequence()?;
    let record = model.records.iter().find(|record| record.sequence == sequence)?;
    let name = record.package.clone()?;
    let known = model.package.as_ref().is_some_and(|open| open.name == name && open.content.is_some());
    if known {
        if let Some(open) = &mut model.package {
            open.from = model.screen;
        }
        model.screen = Screen::Package;
        return None;
    }
    model.package = Some(OpenPackage { sequence, name: name.clone(), from: model.screen, content: None });
    *model.list_mut(Screen::Package) = super::List::default();
    model.screen = Screen::Package;
    Some(Command::Inspect(name))
}

fn back(model: &mut Model) {
    let screen = model.screen;
    if !model.list(screen).filter.is_empty() {
        model.list_mut(screen).filter.clear();
        model.refilter(screen);
    } else if screen == Screen::Controls && model.control.is_some() {
        let opened = model.control.take().map_or(0, |open| open.control);
        *model.list_mut(Screen::Controls) = super::List { selected: opened, ..super::List::default() };
    } else if screen == Screen::Package {
        model.screen = model.package.as_ref().map_or(Screen::Packages, |open| open.from);
    } else {
        model.screen = Screen::Overview;
    }
}

#[cfg(test)]
mod tests;
