//! The models: what clients can ask for, who serves it, what it costs, and whether somebody would answer now.
//!
//! ```text
//! │ MODEL  PROVIDERS  HEALTH  IN $/M  OUT $/M  CONTEXT │
//! │ …                                                  │
//! ├────────────────────────────────────────────────────┤
//! │ who serves the chosen one                          │
//! ```

use modelgate_management::Model;
use modelgate_management::accounts::State;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::sheet::Sheet;
use super::{framed, say};
use crate::app::App;
use crate::format;
use crate::table::{self, Cell, Column, numbers, words};

/// From this height on, who serves the chosen one is shown.
const HIGH: u16 = 14;

const COLUMNS: &[Column<Model>] = &[
    words("MODEL", (20, 60), 0, |_, model| Cell::plain(&*model.id)),
    words("PROVIDERS", (12, 40), 2, |_, model| {
        Cell::plain(model.providers.join(", "))
    }),
    words("HEALTH", (12, 14), 0, health),
    numbers("IN $/M", 8, 1, |_, model| {
        price(model.price.map(|price| price.input))
    }),
    numbers("OUT $/M", 8, 1, |_, model| {
        price(model.price.map(|price| price.output))
    }),
    numbers("CACHED $/M", 10, 5, |_, model| {
        price(model.price.and_then(|price| price.cache_read))
    }),
    numbers("CONTEXT", 7, 3, |_, model| tokens(model.context_window)),
    numbers("LONGEST", 7, 4, |_, model| tokens(model.max_output)),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let head = Rect {
        height: area.height.min(1),
        ..area
    };
    let models = app.listed_models();
    frame.render_widget(Paragraph::new(heading(app, models.len(), area.width)), head);
    let list = list_area(area);
    if models.is_empty() {
        let words = match (&app.models.known.trouble, &app.models.known.value) {
            (Some(trouble), _) => trouble.message.as_str(),
            (None, None) => "asking…",
            (None, Some(_)) if app.models.filter.is_empty() => "no models are listed by name",
            (None, Some(_)) => "no model is called like that; Esc shows all",
        };
        return say(app, list, words, frame);
    }
    let ids = models.iter().map(|model| model.id.as_str());
    let chosen = app.models.cursor.index(ids);
    table::render(app, list, frame, COLUMNS, &models, Some(chosen));
    let below = below(area);
    if let (Some(model), true) = (models.get(chosen), below.height > 2) {
        let inner = framed(app, below, &format!("who serves {}", model.id), frame);
        let lines = servers(app, model, usize::from(inner.width));
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    Rect {
        y: body.y + body.height.min(1),
        height: body.height.saturating_sub(1 + below(body).height),
        ..body
    }
}

fn below(body: Rect) -> Rect {
    let height = if body.height >= HIGH {
        body.height / 3
    } else {
        0
    };
    Rect {
        y: body.y + body.height - height,
        height,
        ..body
    }
}

fn heading(app: &App, count: usize, width: u16) -> Line<'static> {
    let mut words = format!(" {count} models");
    if !app.models.filter.is_empty() {
        words.push_str(&format!(" · with: {}", app.models.filter));
    }
    let others = app.models.known.value.iter();
    for other in others.flat_map(|models| &models.other_names) {
        words.push_str(&format!(
            " · {} also takes {}",
            other.provider,
            other.patterns.join(", ")
        ));
    }
    let words = crate::text::clip(&words, usize::from(width));
    Line::styled(words, app.theme.faint())
}

fn health(app: &App, model: &Model) -> Cell {
    let ready = model
        .servers
        .iter()
        .filter(|server| server.state == State::Ready)
        .count();
    let all = model.servers.len();
    let (mark, style) = match ready {
        0 => ("✗", app.theme.bad()),
        ready if ready < all => ("◔", app.theme.warn()),
        _ => ("●", app.theme.good()),
    };
    let more = if model.more_servers > 0 { "+" } else { "" };
    Cell::new(format!("{mark} {ready} of {all}{more}"), style)
}

fn tokens(tokens: Option<u32>) -> Cell {
    let tokens = tokens.map(|tokens| format::count(tokens.into()));
    Cell::known(tokens.as_deref())
}

/// Dollars for a million tokens.
fn price(micro: Option<u64>) -> Cell {
    let price = micro.map(|micro| {
        let dollars = micro as f64 / 1e6;
        if micro > 0 && micro < 10_000 {
            format!("{dollars:.4}")
        } else {
            format!("{dollars:.2}")
        }
    });
    Cell::known(price.as_deref())
}

fn servers(app: &App, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    for (index, server) in model.servers.iter().enumerate() {
        let mut words = format!(
            "{} as {}: {}",
            server.credential,
            server.model,
            server.state.name()
        );
        if let Some(next) = server.next_try {
            let left = format::countdown(next.duration_since(app.now).as_secs());
            words.push_str(&format!(" {left}"));
        }
        if let Some(reason) = &server.reason {
            words.push_str(&format!(", {reason}"));
        }
        let style = match server.state {
            State::Ready => Style::new(),
            State::Cooling | State::OnTrial => app.theme.warn(),
            State::LogInAgain => app.theme.bad(),
            State::Disabled | State::Unknown => app.theme.faint(),
        };
        sheet.row(&(index + 1).to_string(), &words, style);
    }
    if model.more_servers > 0 {
        sheet.plain("", &format!("and {} more", model.more_servers));
    }
    sheet.lines
}
