//! The requests: those that are under way and the latest that are over.
//!
//! ```text
//! │ 1234 requests · filter: sonnet · by time · held │
//! │ TIME     KEY  DIALECT  MODEL  ACCOUNT  STATUS … │
//! │ …                                               │
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::say;
use crate::app::App;
use crate::format;
use crate::requests::{Row, Sort, Stage};
use crate::table::{self, Cell, Column, numbers, words};
use crate::text;

const COLUMNS: &[Column<Row>] = &[
    words("TIME", (8, 12), 0, |app, row| {
        let time = format::clock(row.summary.time, app.now, &app.zone);
        Cell::new(time, app.theme.faint())
    }),
    words("KEY", (8, 18), 6, |app, row| {
        let summary = &row.summary;
        Cell::known(app.client(
            summary.client_name.as_deref(),
            summary.client_key.as_deref(),
        ))
    }),
    words("DIALECT", (13, 19), 8, |_, row| Cell::plain(dialects(row))),
    words("MODEL", (12, 40), 0, |_, row| {
        Cell::plain(&*row.summary.model)
    }),
    words("ACCOUNT", (14, 36), 4, |_, row| {
        Cell::known(row.summary.credential.as_deref())
    }),
    words("STATUS", (7, 7), 0, |app, row| {
        Cell::new(row.status(), status_style(app, row))
    }),
    numbers("FIRST", 7, 3, |_, row| millis(row.summary.first_byte_ms)),
    numbers("TOOK", 8, 1, took),
    numbers("TOK/S", 5, 5, speed),
    numbers("IN", 5, 7, |_, row| count(row.summary.usage.input)),
    numbers("CACHED", 6, 9, |_, row| count(row.summary.usage.cached)),
    numbers("OUT", 5, 7, |_, row| count(row.summary.usage.output)),
    numbers("COST", 8, 2, |_, row| {
        let cost = row.summary.cost.as_ref().and_then(|cost| cost.nanodollars);
        Cell::known(cost.map(format::money).as_deref())
    }),
];

/// Tokens in a second; `~` marks what is guessed while the answer is on its way.
pub(super) fn speed(app: &App, row: &Row) -> Cell {
    let speed = row.speed(app.now).map(|speed| {
        let mark = if speed.guessed { "~" } else { "" };
        format!("{mark}{}", format::rate(speed.tokens))
    });
    Cell::known(speed.as_deref())
}

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let rows = app.listed_requests();
    let head = Rect {
        height: area.height.min(1),
        ..area
    };
    frame.render_widget(Paragraph::new(heading(app, rows.len(), area.width)), head);
    let list = list_area(area);
    if rows.is_empty() {
        let words = if app.request_list.filter.is_empty() {
            "no requests yet; whatever clients ask appears here at once"
        } else {
            "no request has these words; Esc shows all"
        };
        return say(app, list, words, frame);
    }
    let ids = rows.iter().map(|row| row.summary.id.as_str());
    let chosen = app.request_list.cursor.index(ids);
    table::render(app, list, frame, COLUMNS, &rows, Some(chosen));
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    Rect {
        y: body.y + body.height.min(1),
        height: body.height.saturating_sub(1),
        ..body
    }
}

fn heading(app: &App, count: usize, width: u16) -> Line<'static> {
    let list = &app.request_list;
    let mut parts = vec![match count {
        1 => "1 request".to_owned(),
        _ => format!("{count} requests"),
    }];
    if !list.filter.is_empty() {
        parts.push(format!("with: {}", list.filter));
    }
    if list.sort != Sort::Time {
        parts.push(format!("by {}, the most first", list.sort.name()));
    }
    let words = format!(" {}", parts.join(" · "));
    let held = list.held.is_some();
    let mut spans = vec![Span::styled(
        text::clip(&words, usize::from(width).saturating_sub(16)),
        app.theme.faint(),
    )];
    if held {
        spans.push(Span::styled(" · held still", app.theme.warn()));
    }
    Line::from(spans)
}

/// The client's dialect, and the upstream's where that is another one.
fn dialects(row: &Row) -> String {
    let dialect = &row.summary.dialect;
    match &row.summary.upstream_dialect {
        Some(upstream) if upstream != dialect => format!("{dialect}→{upstream}"),
        _ => dialect.clone(),
    }
}

/// How long it took; how long it takes so far while it is under way.
fn took(app: &App, row: &Row) -> Cell {
    match row.stage {
        Stage::Over => millis(Some(row.summary.total_ms)),
        Stage::Waiting | Stage::Answering => {
            let age = format::seconds(row.age(app.now).as_secs());
            Cell::new(age, app.theme.accent())
        }
    }
}

fn millis(time: Option<u64>) -> Cell {
    Cell::known(time.map(format::millis).as_deref())
}

fn count(count: Option<u64>) -> Cell {
    Cell::known(count.map(format::count).as_deref())
}

/// By what became of it.
pub(super) fn status_style(app: &App, row: &Row) -> Style {
    match row.stage {
        Stage::Waiting | Stage::Answering => app.theme.accent(),
        Stage::Over if row.failed() => app.theme.bad(),
        Stage::Over if !row.summary.complete => app.theme.warn(),
        Stage::Over => app.theme.good(),
    }
}
