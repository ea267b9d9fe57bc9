//! One package: every member with the digest its manifest names beside the one recomputed here and now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Paragraph;
use verify_core::digest::Digest;
use verify_core::verify::{Inspection, MemberRow};

use super::chrome::NARROW;
use super::table::{self, Table};
use super::text::{beside, fit, wrap};
use super::{Theme, row};
use crate::app::model::OpenPackage;
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::words;

/// From this width on both digests stand in full beside each other.
const BOTH_IN_FULL: usize = 30 + 2 * 65 + 9;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(package) = &model.package else {
        let text = "no package is open: select a record on screen 2 and press Enter";
        frame.render_widget(Paragraph::new(fit(text, area.width.into())), row(area, 0));
        return;
    };
    let content = match &package.content {
        Some(Ok(content)) => content,
        Some(Err(error)) => {
            for (offset, line) in
                (0..area.height).zip(wrap(&format!("cannot be opened: {error}"), area.width.into()))
            {
                frame.render_widget(Paragraph::new(line), row(area, offset));
            }
            return;
        }
        None => {
            let text = format!("record {}: recomputing every member of {}", package.sequence, package.name);
            frame.render_widget(Paragraph::new(fit(&text, area.width.into())), row(area, 0));
            return;
        }
    };
    members(model, theme, frame, area, package, content);
}

fn members(
    model: &Model,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    package: &OpenPackage,
    content: &Inspection,
) {
    let title = format!("record {}  {}", package.sequence, package.name);
    frame.render_widget(Paragraph::new(fit(&title, area.width.into())), row(area, 0));
    let rungs = model.records.iter().find(|record| record.sequence == package.sequence);
    let rungs = rungs.map_or(&[][..], |record| &record.rungs);
    let proven = format!("{} (L: what that means)", words::standing(rungs));
    let proven = beside("proven", 8, &proven, area.width.into());
    for (offset, line) in (1..area.height).zip(&proven) {
        frame.render_widget(Paragraph::new(line.as_str()), row(area, offset));
    }
    let above = u16::try_from(proven.len() + 1).unwrap_or(u16::MAX).min(area.height);
    let below = Rect { y: area.y + above, height: area.height - above, ..area };
    let full = usize::from(area.width) >= BOTH_IN_FULL;
    let narrow = area.width < NARROW;
    let digest_width = if full { 64 } else { 13 };
    let heading = if narrow {
        "state     member".to_owned()
    } else {
        format!("state     {} {} member", fit("recorded", digest_width), fit("recomputed", digest_width))
    };
    let table = Table {
        screen: Screen::Package,
        heading,
        empty: "the container is not accepted: see the findings below",
        detail_height: 9,
    };
    if content.members.is_empty() {
        refused(theme, frame, below, content);
        return;
    }
    table::render(
        model,
        theme,
        frame,
        below,
        &table,
        |index| {
            let member = content.members.get(index)?;
            let paint = if member.sound { Paint::Plain } else { Paint::Bad };
            let shown = |digest: &Option<Digest>| match digest {
                Some(digest) if full => digest.to_string(),
                Some(digest) => words::short(digest),
                None => "-".to_owned(),
            };
            let text = if narrow {
                format!("{} {}", fit(state(member), 9), member.path)
            } else {
                format!(
                    "{} {} {} {}",
                    fit(state(member), 9),
                    fit(&shown(&member.recorded_sha256), digest_width),
                    fit(&shown(&member.recomputed_sha256), digest_width),
                    member.path
                )
            };
            Some((text, theme.paint(paint)))
        },
        |index, width| detail(content, index, theme, width),
    );
}

/// One word per member; the manifest and the sums are bound by the chain and by their own rule.
fn state(member: &MemberRow) -> &'static str {
    match (member.sound, member.recorded_sha256.is_some(), member.recomputed_sha256.is_some()) {
        (true, true, _) => "equal",
        (true, false, _) => "sound",
        (false, _, false) => "MISSING",
        (false, _, true) => "DIFFERS",
    }
}

fn detail(content: &Inspection, index: usize, theme: Theme, width: usize) -> Vec<(String, Style)> {
    let Some(member) = content.members.get(index) else { return Vec::new() };
    let shown =
        |digest: &Option<Digest>, none: &str| digest.map_or_else(|| none.to_owned(), |it| it.to_string());
    let mut texts = vec![
        format!(
            "{}  {} bytes, {} stored",
            member.path,
            words::grouped(member.size),
            words::grouped(member.stored_size)
        ),
        format!("recorded   {}", shown(&member.recorded_sha256, "not listed: bound by the chain")),
        format!("recomputed {}", shown(&member.recomputed_sha256, "could not be recomputed")),
    ];
    let about =
        content.findings.iter().filter(|finding| finding.place.member.as_deref() == Some(&*member.path));
    texts.extend(about.map(|finding| {
        format!(
            "{}: {}; expected {}, found {}",
            finding.code, finding.message, finding.expected, finding.found
        )
    }));
    let paint = if member.sound { Paint::Plain } else { Paint::Bad };
    texts.iter().flat_map(|text| wrap(text, width)).map(|line| (line, theme.paint(paint))).collect()
}

/// A container that was refused has no members to show, only why.
fn refused(theme: Theme, frame: &mut Frame<'_>, area: Rect, content: &Inspection) {
    let width = usize::from(area.width);
    let mut lines = wrap("the container is not accepted, nothing in it counts:", width);
    for finding in &content.findings {
        lines.extend(wrap(
            &format!(
                "{}: {}; expected {}, found {}",
                finding.code, finding.message, finding.expected, finding.found
            ),
            width,
        ));
    }
    for (offset, line) in (0..area.height).zip(lines) {
        frame.render_widget(Paragraph::new(line).style(theme.paint(Paint::Bad)), row(area, offset));
    }
}
