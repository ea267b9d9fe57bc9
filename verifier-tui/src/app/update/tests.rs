//! Every key of the table, by folding messages.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use verify_core::verify::Progress;

use super::super::model::ControlLine;
use super::*;
use crate::sample;

fn key(code: KeyCode) -> Message {
    Message::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn running() -> Model {
    Model::new("evidence/demo", "verifier verify evidence/demo", (80, 24))
}

fn with(report: verify_core::report::Report) -> Model {
    let mut model = running();
    assert_eq!(update(&mut model, Message::Done(Box::new(report))), None);
    model
}

fn press(model: &mut Model, codes: &[KeyCode]) -> Vec<Command> {
    codes.iter().filter_map(|code| update(model, key(*code))).collect()
}

fn types(model: &mut Model, text: &str) {
    for character in text.chars() {
        assert_eq!(update(model, key(KeyCode::Char(character))), None);
    }
}

#[test]
fn every_key_of_the_table_does_what_it_says() {
    for binding in keys::TABLE {
        for code in binding.keys {
            let mut model = with(sample::failed());
            model.screen = Screen::Packages;
            model.list_mut(Screen::Packages).selected = 4;
            let before = model.clone();
            let command = update(&mut model, key(*code));
            let selected = model.list(Screen::Packages).selected;
            match binding.action {
                Action::Up => assert_eq!(selected, 3),
                Action::Down => assert_eq!(selected, 5),
                Action::PageUp | Action::Home => assert_eq!(selected, 0),
                Action::PageDown | Action::End => assert_eq!(selected, model.records.len() - 1),
                Action::Open => {
                    assert_eq!(model.screen, Screen::Package);
                    assert_eq!(command, before.records[4].package.clone().map(Command::Inspect));
                }
                Action::NextScreen => assert_eq!(model.screen, Screen::Package),
                Action::Back | Action::PreviousScreen => assert_eq!(model.screen, Screen::Overview),
                Action::Go(screen) => assert_eq!(model.screen, screen),
                Action::Filter => assert_eq!(model.overlay, Overlay::Filter),
                Action::Help => assert_eq!(model.overlay, Overlay::Help),
                Action::Ladder => assert_eq!(model.overlay, Overlay::Ladder),
                Action::Quit => assert_eq!(command, Some(Command::Quit)),
            }
        }
    }
}

#[test]
fn every_key_is_harmless_on_every_screen_while_nothing_is_known() {
    for screen in Screen::ALL {
        for binding in keys::TABLE {
            let mut model = running();
            model.screen = screen;
            for code in binding.keys {
                update(&mut model, key(*code));
                update(&mut model, key(*code));
            }
        }
    }
}

#[test]
fn the_interrupt_leaves_from_everywhere() {
    let interrupt = || Message::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    for overlay in [Overlay::None, Overlay::Help, Overlay::Filter] {
        let mut model = running();
        (model.screen, model.overlay) = (Screen::Drift, overlay);
        assert_eq!(update(&mut model, interrupt()), Some(Command::Quit), "{overlay:?}");
    }
}

#[test]
fn tab_visits_every_screen_and_comes_back() {
    let mut model = with(sample::gaps());
    let visited: Vec<_> = (0..6)
        .map(|_| {
            press(&mut model, &[KeyCode::Tab]);
            model.screen
        })
        .collect();
    assert_eq!(
        visited,
        [
            Screen::Packages,
            Screen::Package,
            Screen::Controls,
            Screen::Drift,
            Screen::Findings,
            Screen::Overview
        ]
    );
}

#[test]
fn a_filter_is_typed_kept_and_dropped() {
    let mut model = with(sample::gaps());
    press(&mut model, &[KeyCode::Char('5'), KeyCode::Char('/')]);
    // Letters that are keys elsewhere are text here.
    types(&mut model, "quality");
    assert_eq!(model.shown_rows(Screen::Drift), 0);
    press(&mut model, &[KeyCode::Backspace; 7]);
    types(&mut model, "MFA_enf");
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!((model.overlay, model.shown_rows(Screen::Drift)), (Overlay::None, 4));
    assert!(model.selected(Screen::Drift).is_some());
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!(
        (model.shown_rows(Screen::Drift), model.screen),
        (model.all_rows(Screen::Drift), Screen::Drift)
    );
    press(&mut model, &[KeyCode::Char('/')]);
    types(&mut model, "zz");
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!(model.list(Screen::Drift).filter, "");
    press(&mut model, &[KeyCode::Char('1'), KeyCode::Char('/')]);
    assert_eq!(model.overlay, Overlay::None, "the overview has no rows to filter");
}

#[test]
fn help_closes_with_its_own_key_and_swallows_the_rest() {
    let mut model = with(sample::gaps());
    press(&mut model, &[KeyCode::Char('?'), KeyCode::Char('5')]);
    assert_eq!((model.overlay, model.screen), (Overlay::Help, Screen::Overview));
    press(&mut model, &[KeyCode::Char('?')]);
    assert_eq!(model.overlay, Overlay::None);
    press(&mut model, &[KeyCode::Char('?'), KeyCode::Esc]);
    assert_eq!(model.overlay, Overlay::None);
    assert_eq!(press(&mut model, &[KeyCode::Char('?'), KeyCode::Char('q')]), [Command::Quit]);
}

#[test]
fn records_stream_in_sorted_and_the_selected_one_stays() {
    let mut model = running();
    model.screen = Screen::Packages;
    let records = sample::verified().records;
    for index in [5, 1, 3, 0, 2, 4] {
        update(&mut model, Message::Record(Box::new(records[index].clone())));
        if index == 3 {
            press(&mut model, &[KeyCode::Down]);
        }
    }
    let sequences: Vec<_> = model.records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4, 5]);
    assert_eq!(model.selected_sequence(), Some(3));
    update(&mut model, Message::Done(Box::new(sample::verified())));
    assert_eq!(model.selected_sequence(), Some(3), "the report's own list keeps it, too");
    update(&mut model, Message::Record(Box::new(records[6].clone())));
    assert_eq!(model.records.len(), 11, "what comes after the report is in it already");
}

#[test]
fn progress_is_shown_until_the_report_is_there() {
    let mut model = running();
    let progress = Progress { stage: "verifying", done: 3, total: 9, bytes: 0 };
    update(&mut model, Message::Progress(progress));
    assert_eq!(model.phase, Phase::Running(Some(progress)));
    assert_eq!(model.exit_code(), None);
    update(&mut model, Message::Done(Box::new(sample::gaps())));
    update(&mut model, Message::Progress(progress));
    assert_eq!((model.phase, model.exit_code()), (Phase::Done, Some(3)));
}

#[test]
fn a_control_opens_to_its_failures_and_its_packages() {
    let mut model = with(sample::gaps());
    press(&mut model, &[KeyCode::Char('4'), KeyCode::Enter]);
    let open = model.control.clone().unwrap();
    assert_eq!(open.control, 0);
    assert_eq!(
        open.rows[..4],
        [ControlLine::Cell(3), ControlLine::Violation(0), ControlLine::Cell(4), ControlLine::Violation(1)]
    );
    let commands = press(&mut model, &[KeyCode::Down, KeyCode::Enter]);
    let package =
        model.records.iter().find(|record| record.sequence == 5).and_then(|record| record.package.clone());
    assert_eq!(commands, [Command::Inspect(package.unwrap())]);
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!(model.screen, Screen::Controls);
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!((model.control.is_none(), model.screen), (true, Screen::Controls));
}

#[test]
fn a_package_is_inspected_once_and_answers_for_another_are_ignored() {
    let mut model = with(sample::failed());
    press(&mut model, &[KeyCode::Char('6'), KeyCode::Enter]);
    assert_eq!(model.screen, Screen::Package);
    let name = model.package.as_ref().unwrap().name.clone();
    update(
        &mut model,
        Message::Inspected { package: "other.zip".to_owned(), result: Ok(sample::inspection()) },
    );
    assert_eq!(model.package.as_ref().unwrap().content, None);
    update(&mut model, Message::Inspected { package: name, result: Ok(sample::inspection()) });
    assert_eq!(model.shown_rows(Screen::Package), 4);
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!(model.screen, Screen::Findings);
    assert_eq!(press(&mut model, &[KeyCode::Enter]), [], "it is known already");
    assert_eq!(model.screen, Screen::Package);
}

#[test]
fn a_finding_about_no_record_opens_nothing() {
    let mut model = with(sample::gaps());
    assert_eq!(press(&mut model, &[KeyCode::Char('6'), KeyCode::Enter]), []);
    assert_eq!(model.screen, Screen::Findings);
}

#[test]
fn a_crash_leaves_no_exit_code() {
    let mut model = running();
    update(&mut model, Message::Crashed);
    assert_eq!((model.phase, model.exit_code()), (Phase::Crashed, None));
}

#[test]
fn a_resize_wraps_the_overview_again() {
    let mut model = with(sample::gaps());
    let wide = model.overview.len();
    update(&mut model, Message::Resize(40, 20));
    assert!(model.overview.len() > wide);
    update(&mut model, Message::Resize(0, 0));
    update(&mut model, Message::Resize(80, 24));
    assert_eq!(model.overview.len(), wide);
}
