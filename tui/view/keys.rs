//! The client keys, what each may do, and what was used with it.
//!
//! ```text
//! │ NAME  KEY  STATE  MODELS  REQUESTS … │
//! │ …                                    │
//! ├──────────────────────────────────────┤
//! │ what the chosen one may do           │
//! ```

use modelgate_management::{ClientKey, NewKey, UsageTotals};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::sheet::Sheet;
use super::{framed, say};
use crate::app::App;
use crate::format;
use crate::table::{self, Cell, Column, numbers, words};

/// From this height on, what the chosen one may do is shown.
const HIGH: u16 = 16;
/// Rows for that.
const DETAIL: u16 = 7;

const COLUMNS: &[Column<ClientKey>] = &[
    words("NAME", (12, 30), 0, |_, key| {
        Cell::known(key.name.as_deref())
    }),
    words("KEY", (12, 12), 2, |app, key| {
        Cell::new(&*key.id, app.theme.faint())
    }),
    words("STATE", (10, 24), 0, state),
    words("MODELS", (10, 40), 3, |_, key| {
        Cell::plain(if key.models.is_empty() {
            "all".to_owned()
        } else {
            key.models.join(", ")
        })
    }),
    numbers("REQUESTS", 8, 1, |app, key| {
        count(used(app, key).map(|used| used.requests))
    }),
    numbers("FAILED", 6, 5, |app, key| {
        count(used(app, key).map(|used| used.failed))
    }),
    numbers("TOKENS", 6, 4, |app, key| {
        count(used(app, key).map(|used| used.tokens))
    }),
    numbers("COST", 8, 1, |app, key| {
        let cost = used(app, key).map(|used| format::cost(&used));
        Cell::known(cost.as_deref())
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let keys: Vec<&ClientKey> = app.listed_keys().iter().collect();
    if keys.is_empty() {
        let words = match (&app.keys.known.trouble, &app.keys.known.value) {
            (Some(trouble), _) => trouble.message.as_str(),
            (None, None) => "asking…",
            (None, Some(_)) => {
                "no client keys, so only programs on the gateway's own machine may call; n makes one"
            }
        };
        return say(app, area, words, frame);
    }
    let ids = keys.iter().map(|key| key.id.as_str());
    let chosen = app.keys.cursor.index(ids);
    table::render(app, list_area(area), frame, COLUMNS, &keys, Some(chosen));
    let below = below(area);
    if let (Some(key), true) = (keys.get(chosen), below.height > 2) {
        let name = key.name.as_deref().unwrap_or(&key.id);
        let inner = framed(app, below, name, frame);
        let lines = detail(app, key, usize::from(inner.width));
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    Rect {
        height: body.height - below(body).height,
        ..body
    }
}

fn below(body: Rect) -> Rect {
    let height = if body.height >= HIGH { DETAIL } else { 0 };
    Rect {
        y: body.y + body.height - height,
        height,
        ..body
    }
}

fn detail(app: &App, key: &ClientKey, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    sheet.plain("key", &key.id);
    let state = state(app, key);
    sheet.row("state", state.text(), state.style());
    let end = key.expires.map(|end| format::date(end, &app.zone));
    limits(&mut sheet, &key.models, end.as_deref());
    sheet.lines
}

/// What a key may do.
fn limits(sheet: &mut Sheet<'_>, models: &[String], expires: Option<&str>) {
    let models = match models {
        [] => "all".to_owned(),
        models => models.join(", "),
    };
    sheet.plain("models", &models);
    sheet.plain("until", expires.unwrap_or("for ever"));
}

/// A new client key.
pub(super) fn new_key(app: &App, new: &NewKey, key: &str, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    sheet.heading("a new client key");
    if let Some(name) = &new.name {
        sheet.plain("name", name);
    }
    limits(&mut sheet, &new.models, new.expires.as_deref());
    sheet.row("key", key, app.theme.strong());
    sheet.row(
        "",
        "It is shown only now: copy it, then go back.",
        app.theme.warn(),
    );
    sheet.lines
}

/// What becomes of the key in whose place another one is.
pub(super) fn replaced(app: &App, old: &str, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    let words = format!("Who presents the one before, {old}, is refused.");
    sheet.row("", &words, app.theme.faint());
    sheet.lines
}

fn state(app: &App, key: &ClientKey) -> Cell {
    match key.expires {
        _ if key.disabled => Cell::new("○ disabled", app.theme.faint()),
        Some(end) if end <= app.now => Cell::new("✗ expired", app.theme.bad()),
        Some(end) => {
            let left = format::countdown(end.duration_since(app.now).as_secs());
            Cell::new(format!("● ends in {left}"), app.theme.warn())
        }
        None => Cell::new("● good", app.theme.good()),
    }
}

/// What was used with a key; nothing is known before the ledger has answered.
fn used(app: &App, key: &ClientKey) -> Option<UsageTotals> {
    let summary = app.keys.used.value.as_ref()?;
    let mut groups = summary.groups.iter();
    let group = groups.find(|group| group.name.as_deref() == Some(&*key.id));
    Some(group.map_or_else(UsageTotals::default, |group| group.totals))
}

fn count(count: Option<u64>) -> Cell {
    Cell::known(count.map(format::count).as_deref())
}
