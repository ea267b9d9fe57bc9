//! Whole screens, as a terminal would show them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use verify_core::report::Report;
use verify_core::verify::Progress;

use super::*;
use crate::app::{Message, update};
use crate::display::is_safe;
use crate::sample;

fn model(report: Option<Report>, size: (u16, u16)) -> Model {
    let mut model = Model::new("evidence/demo", "verifier verify evidence/demo", size);
    if let Some(report) = report {
        update(&mut model, Message::Done(Box::new(report)));
    }
    model
}

/// Opens the package of the fifth record.
fn open_package(model: &mut Model) {
    model.screen = Screen::Packages;
    model.list_mut(Screen::Packages).selected = 4;
    press(model, KeyCode::Enter);
    if let Some(package) = model.package.as_ref().map(|package| package.name.clone()) {
        update(model, Message::Inspected { package, result: Ok(sample::inspection()) });
        model.list_mut(Screen::Package).selected = 2;
    }
    model.screen = Screen::Package;
}

fn press(model: &mut Model, code: KeyCode) {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

fn draw(model: &Model, colour: bool) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| render(model, Theme::new(colour), frame)).unwrap();
    terminal
}

fn buffer(model: &Model, colour: bool) -> Buffer {
    draw(model, colour).backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn every_screen_for_every_ending() {
    for (width, height) in [(80, 24), (120, 40)] {
        for (name, report) in sample::all() {
            let mut model = model(Some(report), (width, height));
            open_package(&mut model);
            for screen in Screen::ALL {
                model.screen = screen;
                let title = screen.title().to_lowercase();
                insta::assert_snapshot!(format!("{title}_{name}_{width}"), draw(&model, true).backend());
            }
        }
    }
}

#[test]
fn other_views() {
    let mut opened = model(Some(sample::gaps()), (80, 24));
    opened.screen = Screen::Controls;
    press(&mut opened, KeyCode::Enter);
    insta::assert_snapshot!("control_opened", draw(&opened, true).backend());
    let mut filtering = model(Some(sample::gaps()), (80, 24));
    filtering.screen = Screen::Drift;
    for code in ['/', 'm', 'f', 'a'] {
        press(&mut filtering, KeyCode::Char(code));
    }
    insta::assert_snapshot!("filter_typed", draw(&filtering, true).backend());
    let mut help = model(Some(sample::gaps()), (80, 40));
    press(&mut help, KeyCode::Char('?'));
    insta::assert_snapshot!("help", draw(&help, true).backend());
    let mut running = model(None, (80, 24));
    update(
        &mut running,
        Message::Progress(Progress { stage: "verifying", done: 3, total: 11, bytes: 7 << 20 }),
    );
    for record in sample::failed().records.into_iter().take(5) {
        update(&mut running, Message::Record(Box::new(record)));
    }
    insta::assert_snapshot!("running_overview", draw(&running, true).backend());
    running.screen = Screen::Packages;
    insta::assert_snapshot!("running_packages", draw(&running, true).backend());
    let mut narrow = model(Some(sample::failed()), (44, 20));
    narrow.screen = Screen::Findings;
    insta::assert_snapshot!("narrow_findings", draw(&narrow, true).backend());
    let mut crashed = model(None, (80, 24));
    update(&mut crashed, Message::Crashed);
    insta::assert_snapshot!("crashed", draw(&crashed, true).backend());
}

#[test]
fn no_size_is_too_small_and_none_breaks_it() {
    for (_, report) in sample::all() {
        for (width, height) in
            [(1, 1), (1, 40), (200, 1), (2, 8), (5, 5), (30, 9), (59, 12), (60, 13), (500, 100)]
        {
            let mut model = model(Some(report.clone()), (width, height));
            open_package(&mut model);
            for screen in Screen::ALL {
                model.screen = screen;
                draw(&model, true);
            }
            for pane in ['?', 'L'] {
                press(&mut model, KeyCode::Char(pane));
                draw(&model, true);
                press(&mut model, KeyCode::Char(pane));
            }
        }
    }
}

#[test]
fn a_frame_of_another_size_than_the_model_knows_is_drawn() {
    let mut model = model(Some(sample::failed()), (120, 40));
    for screen in Screen::ALL {
        model.screen = screen;
        let mut terminal = Terminal::new(TestBackend::new(7, 3)).unwrap();
        terminal.draw(|frame| render(&model, Theme::new(true), frame)).unwrap();
    }
}

#[test]
fn nothing_hostile_reaches_a_cell() {
    let attacks = [
        ("\u{1b}[31mX\u{1b}]52;c;eA==\u{7}", "\\u{1b}"),
        ("a\u{202e}b\u{2066}", "\\u{202e}"),
        ("PASS\rFAIL\n\u{0}", "\\u{d}"),
        ("\u{9b}31m\u{7f}", "\\u{9b}"),
        ("=cmd|'/C calc'!A0\u{1b}[8m", "=cmd|'/C"),
        ("\u{e0041}\u{200b}\u{feff}", "\\u{e0041}"),
        ("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", "\\u{301}"),
    ];
    for (attack, shown) in attacks {
        for size in [(80, 24), (44, 20), (200, 60)] {
            let mut model = Model::new(attack, attack, size);
            update(&mut model, Message::Done(Box::new(sample::hostile(attack))));
            open_package(&mut model);
            if let Some(Ok(content)) = model.package.as_mut().and_then(|package| package.content.as_mut()) {
                content.members.iter_mut().for_each(|member| attack.clone_into(&mut member.path));
                for finding in &mut content.findings {
                    finding.place.member = Some(attack.to_owned());
                    (finding.expected, finding.found, finding.message) =
                        (attack.to_owned(), attack.to_owned(), attack.to_owned());
                }
            }
            let mut screens = Vec::new();
            for screen in Screen::ALL {
                model.screen = screen;
                screens.push(buffer(&model, true));
            }
            model.screen = Screen::Controls;
            press(&mut model, KeyCode::Enter);
            screens.push(buffer(&model, true));
            press(&mut model, KeyCode::Char('L'));
            screens.push(buffer(&model, true));
            press(&mut model, KeyCode::Char('L'));
            if let Some(package) = model.package.as_mut() {
                package.content = Some(Err(attack.to_owned()));
            }
            model.screen = Screen::Package;
            screens.push(buffer(&model, true));
            for (index, screen) in screens.iter().enumerate() {
                assert!(screen.content().iter().all(|cell| is_safe(cell.symbol())), "{attack:?} on {index}");
                assert!(text(screen).contains(shown), "{attack:?} must be seen on {index} at {size:?}");
            }
        }
    }
}

#[test]
fn wide_characters_keep_their_columns() {
    let mut model = model(Some(sample::hostile("監査証跡の名前")), (80, 24));
    for screen in Screen::ALL {
        model.screen = screen;
        draw(&model, true);
    }
    model.screen = Screen::Findings;
    assert!(text(&buffer(&model, true)).contains('監'));
}

#[test]
fn no_color_means_none() {
    for (_, report) in sample::all() {
        let mut model = model(Some(report), (120, 40));
        open_package(&mut model);
        for screen in Screen::ALL {
            model.screen = screen;
            let plain = buffer(&model, false);
            assert!(plain.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
            // Whatever colour says is said without it, too.
            assert_eq!(text(&plain), text(&buffer(&model, true)));
        }
    }
    let os = std::ffi::OsStr::new;
    assert_eq!(Theme::from_no_color(Some(os("1"))), Theme::new(false));
    assert_eq!(Theme::from_no_color(Some(os(""))), Theme::new(true));
    assert_eq!(Theme::from_no_color(None), Theme::new(true));
}

#[test]
fn a_long_list_builds_only_what_is_seen_and_keeps_the_selection_in_sight() {
    let mut report = sample::gaps();
    let first = report.drift.first().unwrap().clone();
    report.drift = (0..100_000)
        .map(|number| {
            let mut row = first.clone();
            row.change.entity = format!("role-{number:06}");
            row
        })
        .collect();
    let mut model = model(Some(report), (80, 24));
    model.screen = Screen::Drift;
    for (code, seen) in
        [(KeyCode::End, "role-099999"), (KeyCode::Home, "role-000000"), (KeyCode::PageDown, "role-000018")]
    {
        press(&mut model, code);
        assert!(text(&buffer(&model, true)).contains(seen), "{seen}");
    }
    let started = std::time::Instant::now();
    for _ in 0..20 {
        draw(&model, true);
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn footer_and_help_come_from_the_table() {
    let mut model = model(Some(sample::gaps()), (100, 60));
    model.screen = Screen::Packages;
    let footer = text(&buffer(&model, true));
    for binding in crate::app::keys::TABLE.iter().filter(|binding| !binding.footer.is_empty()) {
        assert!(footer.contains(binding.footer), "{}", binding.footer);
    }
    press(&mut model, KeyCode::Char('?'));
    let help = text(&buffer(&model, true));
    for binding in crate::app::keys::TABLE {
        assert!(help.contains(binding.label) && help.contains(binding.help), "{}", binding.help);
    }
}

#[test]
fn help_on_a_small_screen_can_be_read_to_its_end() {
    let mut model = model(Some(sample::verified()), (80, 24));
    press(&mut model, KeyCode::Char('?'));
    let top = text(&buffer(&model, false));
    assert!(top.contains("Up and Down show the rest") && !top.contains("70 internal error"), "{top}");
    press(&mut model, KeyCode::End);
    let end = text(&buffer(&model, false));
    assert!(end.contains("70 internal error"), "{end}");
    press(&mut model, KeyCode::PageUp);
    press(&mut model, KeyCode::Home);
    assert_eq!(text(&buffer(&model, false)), top);
}

#[test]
fn the_ladder_is_one_key_away_and_says_what_is_missing() {
    let mut overview = model(Some(sample::gaps()), (80, 24));
    press(&mut overview, KeyCode::Char('L'));
    insta::assert_snapshot!("ladder", draw(&overview, true).backend());
    press(&mut overview, KeyCode::End);
    insta::assert_snapshot!("ladder_end", draw(&overview, true).backend());
    press(&mut overview, KeyCode::Char('L'));
    assert!(!text(&buffer(&overview, true)).contains("How far it is proven"));
    let mut package = model(Some(sample::gaps()), (80, 24));
    open_package(&mut package);
    press(&mut package, KeyCode::Char('L'));
    let shown = text(&buffer(&package, true));
    assert!(shown.contains("record 4: hashed, chained, signed, timestamped, anchored"), "{shown}");
    let mut unsigned = model(Some(sample::verified()), (80, 60));
    press(&mut unsigned, KeyCode::Char('L'));
    let shown = text(&buffer(&unsigned, true));
    for takes in
        ["--key with the verifier key", "--tsa with", "--checkpoint with one kept", "the store itself, s3:"]
    {
        assert!(shown.contains(takes), "{takes}: {shown}");
    }
    let mut running = model(None, (80, 24));
    press(&mut running, KeyCode::Char('L'));
    assert!(text(&buffer(&running, true)).contains("nothing is proven yet"));
}
