//! The row at the bottom: the keys that count, a line that is typed, or the latest toast.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::{App, Input, Purpose};
use crate::keymap::{Scope, TABLE, holder};
use crate::settings::SETTINGS;
use crate::text;

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(area.width);
    let line = if let Some(input) = &app.input {
        typed(app, input, room)
    } else if let Some(toast) = app.toasts.last() {
        let (mark, style) = if toast.bad {
            ("✗", app.theme.bad())
        } else {
            ("✓", app.theme.good())
        };
        Line::styled(text::left(&format!(" {mark} {}", toast.text), room), style)
    } else {
        keys(app, room)
    };
    frame.render_widget(Paragraph::new(line), area);
}

/// The line that is typed, behind what it is for, and before what is wrong with it.
fn typed(app: &App, input: &Input, room: usize) -> Line<'static> {
    let question = match input.purpose {
        Purpose::Filter | Purpose::FilterModels => "filter: ".to_owned(),
        Purpose::Search => "search: ".to_owned(),
        Purpose::Palette(_) => ":".to_owned(),
        Purpose::Way(_) => "log in to: ".to_owned(),
        Purpose::Label => "a name for the account? empty: none ".to_owned(),
        Purpose::Projects => {
            "which projects, like one, two, or all? empty: the provider's choice ".to_owned()
        }
        Purpose::Cookie => "the cookie of the page, pasted: ".to_owned(),
        Purpose::KeyFile => "the key file, on this machine: ".to_owned(),
        Purpose::Location => "where, like europe-west4? empty: the usual place ".to_owned(),
        Purpose::Callback => "the address it ended on, or code#state: ".to_owned(),
        Purpose::Ask => {
            let model = app.chosen().unwrap_or_default();
            format!("a real, paid request to {model}: ")
        }
        Purpose::Export => "write to (.csv or .json): ".to_owned(),
        Purpose::NameKey if app.keys.changed.is_some() => "whose is the key? ".to_owned(),
        Purpose::NameKey => "whose is the new key? ".to_owned(),
        Purpose::KeyModels => "which models, like gpt-*, claude-*? empty: all ".to_owned(),
        Purpose::KeyExpires => "until when, like 2027-01-31? empty: for ever ".to_owned(),
        Purpose::Setting(place) => format!("{}: ", SETTINGS[place].path),
    };
    // At least a third is for what is typed.
    let question = text::clip(&question, room * 2 / 3);
    let complaint = input.complaint.as_deref().map(|complaint| {
        let left = room.saturating_sub(text::width(&question) + 2);
        text::clip(&format!(" ✗ {complaint}"), left * 3 / 4)
    });
    let complaint = complaint.unwrap_or_default();
    let typed = if input.purpose.is_secret() {
        "•".repeat(input.text.chars().count()).into()
    } else {
        text::safe(&input.text)
    };
    // The end of what is typed is where it grows.
    let fits = room.saturating_sub(text::width(&question) + text::width(&complaint) + 2);
    let typed = text::end(&typed, fits);
    Line::from(vec![
        Span::styled(format!(" {question}"), app.theme.accent()),
        Span::raw(typed),
        Span::styled("▏", app.theme.accent()),
        Span::styled(complaint, app.theme.bad()),
    ])
}

/// The keys that count here and have a word, as many as there is room for.
fn keys(app: &App, room: usize) -> Line<'static> {
    let scopes = app.scopes();
    let counts = |scope: &Scope| scopes.contains(scope);
    let mut spans = Vec::new();
    let mut left = room.saturating_sub(1);
    let mut rows: Vec<_> = TABLE.iter().filter(|row| counts(&row.scope)).collect();
    rows.sort_by_key(|row| scopes.iter().position(|scope| *scope == row.scope));
    for row in rows {
        let (Some(word), Some(key)) = (row.word, row.keys.first()) else {
            continue;
        };
        // A nearer scope may want it for something else.
        if holder(scopes, *key).is_some_and(|holder| holder.scope != row.scope) {
            continue;
        }
        let key = key.name();
        let wide = text::width(&key) + text::width(word) + 3;
        if wide > left {
            break;
        }
        left -= wide;
        spans.push(Span::styled(format!(" {key}"), app.theme.accent()));
        spans.push(Span::styled(format!(" {word} "), app.theme.faint()));
    }
    if app.lost > 0 {
        let lost = format!(" {} events missed ", app.lost);
        if text::width(&lost) <= left {
            spans.push(Span::styled(lost, app.theme.warn()));
        }
    }
    Line::from(spans).style(Style::new())
}
