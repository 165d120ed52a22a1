//! The row at the bottom: the keys that count, a line that is typed, or the latest toast.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::{App, Purpose};
use crate::keymap::{Scope, TABLE};
use crate::settings::SETTINGS;
use crate::text;

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(area.width);
    let line = if let Some(input) = &app.input {
        let question = match input.purpose {
            Purpose::Filter | Purpose::FilterModels => "filter: ".to_owned(),
            Purpose::Search => "search: ".to_owned(),
            Purpose::Palette(_) => ":".to_owned(),
            Purpose::NameKey => "whose is the new key? ".to_owned(),
            Purpose::Setting(place) => format!("{}: ", SETTINGS[place].path),
        };
        let typed = text::safe(&input.text);
        // The end of what is typed is where it grows.
        let fits = room.saturating_sub(text::width(&question) + 2);
        let hidden = text::width(&typed).saturating_sub(fits);
        let typed: String = typed.chars().skip(hidden).collect();
        Line::from(vec![
            Span::styled(format!(" {question}"), app.theme.accent()),
            Span::raw(typed),
            Span::styled("▏", app.theme.accent()),
        ])
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
