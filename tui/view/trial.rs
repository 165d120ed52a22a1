//! A model that is tested: what it was asked, what it says, and what that took.

use ratatui::style::Style;
use ratatui::text::Line;

use super::sheet::Sheet;
use crate::app::App;
use crate::format;
use crate::text;
use crate::trial::{End, Trial, Whole};

/// Lines of an answer, and of what was thought.
const LINES: usize = 2_000;
const THOUGHTS: usize = 200;

pub(super) fn lines(app: &App, trial: &Trial, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    sheet.heading(&format!("test of {}", trial.model));
    sheet.plain("asked", &trial.question);
    match &trial.end {
        None => {
            let waited = app.now.duration_since(trial.began).as_secs();
            let words = format!("for {}; Esc ends the request", format::seconds(waited));
            sheet.plain("waiting", &words);
        }
        Some(End::Whole(whole)) => ended(app, whole, &mut sheet),
        Some(End::Failed {
            trouble,
            request_id,
        }) => {
            sheet.row("failed", &trouble.message, app.theme.bad());
            if let Some(hint) = &trouble.hint {
                sheet.plain("do", hint);
            }
            if request_id.is_none() {
                let words = format!("modelgate ask --model {} \"…\"", trial.model);
                sheet.plain("in a shell", &words);
            }
        }
    }
    paragraph(&mut sheet, &trial.thinking, THOUGHTS, app.theme.faint());
    paragraph(&mut sheet, &trial.answer, LINES, Style::new());
    if trial.cut {
        sheet.row("", "There was more than is kept here.", app.theme.warn());
    }
    sheet.lines
}

fn ended(app: &App, whole: &Whole, sheet: &mut Sheet<'_>) {
    let outcome = &whole.outcome;
    let mut words = format::millis(whole.took_ms);
    if let (Some(input), Some(output)) = (outcome.input, outcome.output) {
        words.push_str(&format!(", {input} tokens in, {output} out"));
    }
    if let Some(model) = &outcome.model {
        words.push_str(&format!(", by {model}"));
    }
    sheet.row("took", &words, app.theme.good());
    if let Some(reason) = outcome
        .finish_reason
        .as_deref()
        .filter(|why| *why != "stop")
    {
        sheet.row("ended", &format!("early: {reason}"), app.theme.warn());
    }
    if let Some(dropped) = &whole.dropped {
        sheet.row(
            "lost",
            &format!("not carried to the provider: {dropped}"),
            app.theme.warn(),
        );
    }
}

fn paragraph(sheet: &mut Sheet<'_>, text: &str, most: usize, style: Style) {
    if text.is_empty() {
        return;
    }
    sheet.lines.push(Line::default());
    let room = sheet.width.saturating_sub(2);
    for line in text::wrap(text, room, most) {
        sheet.lines.push(Line::styled(format!(" {line}"), style));
    }
}
