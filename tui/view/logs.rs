//! The log, as it is written, and the chosen line as a whole.
//!
//! ```text
//! │ 812 lines · follows · with: failed     │
//! │ 13:59:50 warn  gateway::search  …      │
//! ├────────────────────────────────────────┤
//! │ the chosen line, over as many as it has│
//! ```

use modelgate_management::LogLevel;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::say;
use crate::app::App;
use crate::format;
use crate::logs;
use crate::table::{self, Cell, Column, words};
use crate::text;

/// Lines of the screen for the chosen one.
const WHOLE: u16 = 4;
/// From this height on it is shown.
const HIGH: u16 = 14;

const COLUMNS: &[Column<logs::Line>] = &[
    words("TIME", (8, 12), 1, |app, line| match &line.parts {
        Some(parts) => Cell::new(
            format::clock(parts.time, app.now, &app.zone),
            app.theme.faint(),
        ),
        None => Cell::default(),
    }),
    words("LEVEL", (5, 5), 0, |app, line| match &line.parts {
        Some(parts) => Cell::new(parts.level.name(), level(app, parts.level)),
        None => Cell::default(),
    }),
    words("FROM", (12, 32), 3, |app, line| match &line.parts {
        Some(parts) => Cell::new(
            parts.target.trim_start_matches("modelgate_"),
            app.theme.faint(),
        ),
        None => Cell::default(),
    }),
    words("REQUEST", (8, 12), 2, |app, line| {
        let id = line
            .parts
            .as_ref()
            .and_then(|parts| parts.request_id.as_deref());
        // Ids of one hour begin alike.
        let short = id.map(|id| {
            let skip = id.chars().count().saturating_sub(8);
            id.chars().skip(skip).collect::<String>()
        });
        Cell::new(short.unwrap_or_default(), app.theme.faint())
    }),
    words("TEXT", (20, usize::MAX), 0, |_, line| match &line.parts {
        Some(parts) => Cell::plain(&*parts.text),
        None => Cell::plain(&*line.text),
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let lines = app.logs.shown();
    let head = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.render_widget(Paragraph::new(heading(app, lines.len(), area.width)), head);
    let list = list_area(area);
    if lines.is_empty() {
        return say(app, list, &nothing(app), frame);
    }
    let ids = lines.iter().map(|line| line.id.as_str());
    let chosen = app.logs.cursor.index(ids);
    table::render(app, list, frame, COLUMNS, &lines, Some(chosen));
    if area.height >= HIGH
        && let Some(line) = lines.get(chosen)
    {
        let whole = Rect {
            y: area.y + area.height - WHOLE,
            height: WHOLE,
            ..area
        };
        let room = usize::from(area.width).saturating_sub(2);
        let wrapped = text::wrap(&line.text, room, usize::from(WHOLE) - 1);
        let mut shown = vec![Line::styled(
            "─".repeat(usize::from(area.width)),
            app.theme.faint(),
        )];
        shown.extend(
            wrapped
                .into_iter()
                .map(|line| Line::raw(format!(" {line}"))),
        );
        frame.render_widget(Paragraph::new(shown), whole);
    }
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    let whole = if body.height >= HIGH { WHOLE } else { 0 };
    Rect {
        y: body.y + body.height.min(1),
        height: body.height.saturating_sub(1 + whole),
        ..body
    }
}

fn heading(app: &App, count: usize, width: u16) -> Line<'static> {
    let logs = &app.logs;
    let mut parts = vec![format!("{count} lines")];
    if logs.level != LogLevel::Trace {
        parts.push(format!("{} and graver", logs.level.name()));
    }
    if !logs.search.is_empty() {
        parts.push(format!("with: {}", logs.search));
    }
    let words = format!(" {}", parts.join(" · "));
    let mut spans = vec![Span::styled(
        text::clip(&words, usize::from(width).saturating_sub(10)),
        app.theme.faint(),
    )];
    if logs.cursor.follows() {
        spans.push(Span::styled(" · follows", app.theme.good()));
    }
    Line::from(spans)
}

/// Why there are no lines.
fn nothing(app: &App) -> String {
    let is_whole = app.logs.search.is_empty() && app.logs.level == LogLevel::Trace;
    match &app.logs.known.trouble {
        _ if !is_whole => "no line is like that; Esc and l show more".to_owned(),
        Some(_) if app.logs.is_not_to_file() => {
            "the gateway writes no log file, so that only what it logs from now on is shown; logging-to-file (8) keeps it"
                .to_owned()
        }
        Some(trouble) => trouble.message.clone(),
        None => "nothing is logged yet".to_owned(),
    }
}

fn level(app: &App, level: LogLevel) -> Style {
    match level {
        LogLevel::Error => app.theme.bad(),
        LogLevel::Warn => app.theme.warn(),
        LogLevel::Info => app.theme.good(),
        LogLevel::Debug | LogLevel::Trace => app.theme.faint(),
    }
}
