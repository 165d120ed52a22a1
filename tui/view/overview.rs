//! The overview: six numbers with their graphs, what is under way, and the accounts at a glance.
//!
//! ```text
//! ┌ requests ──┐┌ tokens ────┐┌ cost ──────┐
//! └────────────┘└────────────┘└────────────┘   two rows of three; one of six where it is wide, three of two where
//! ┌ latency ───┐┌ first token┐┌ errors ────┐   it is narrow
//! └────────────┘└────────────┘└────────────┘
//! ┌ under way ────────┐┌ accounts ─────────┐
//! └───────────────────┘└───────────────────┘   one above the other where it is narrow
//! ```

mod cards;

use modelgate_management::Account;
use modelgate_management::accounts::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::accounts::standing;
use super::requests::speed;
use super::{framed, say};
use crate::app::App;
use crate::format::{self, UNKNOWN};
use crate::requests::{Row, Stage};
use crate::table::{self, Cell, Column, numbers, words};

/// From this width on two lists stand side by side.
const WIDE: u16 = 72;

const OPEN: &[Column<Row>] = &[
    numbers("AGE", 7, 0, |app, row| {
        Cell::new(
            format::countdown(row.age(app.now).as_secs()),
            app.theme.accent(),
        )
    }),
    words("MODEL", (10, 40), 0, |_, row| {
        Cell::plain(&*row.summary.model)
    }),
    words("KEY", (8, 20), 3, |app, row| {
        let summary = &row.summary;
        Cell::known(app.client(
            summary.client_name.as_deref(),
            summary.client_key.as_deref(),
        ))
    }),
    words("ACCOUNT", (12, 40), 4, |_, row| {
        Cell::known(row.summary.credential.as_deref())
    }),
    numbers("TOK/S", 6, 1, speed),
    words("STATE", (12, 14), 2, |app, row| match row.stage {
        Stage::Waiting => Cell::new("waits", app.theme.faint()),
        Stage::Answering | Stage::Over => {
            let first = row
                .summary
                .first_byte_ms
                .map_or(UNKNOWN.to_owned(), format::millis);
            Cell::plain(format!("since {first}"))
        }
    }),
];

const ACCOUNTS: &[Column<Account>] = &[
    words("ACCOUNT", (14, 44), 0, |_, account| {
        Cell::plain(&*account.id)
    }),
    words("STATE", (14, 24), 0, |app, account| {
        let (text, style) = standing(app, account);
        Cell::new(text, style)
    }),
    numbers("GOOD", 5, 1, |_, account| count(account.succeeded)),
    numbers("BAD", 5, 2, |app, account| {
        let style = match account.failed {
            None | Some(0) => Style::new(),
            Some(_) => app.theme.warn(),
        };
        Cell::new(
            account.failed.map_or(UNKNOWN.to_owned(), format::count),
            style,
        )
    }),
    words("PROVIDER", (8, 20), 3, |_, account| {
        Cell::plain(&*account.provider)
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let [above, below] =
        Layout::vertical([Constraint::Length(cards::height(area)), Constraint::Fill(1)])
            .areas(area);
    cards::render(app, area, above, frame);
    let [left, right] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Fill(1); 2]).areas(below)
    } else {
        Layout::vertical([Constraint::Fill(1); 2]).areas(below)
    };
    render_open(app, left, frame);
    render_accounts(app, right, frame);
}

fn render_open(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let rows: Vec<&Row> = app.requests.open().collect();
    let title = format!("under way: {}", rows.len());
    let inner = framed(app, area, &title, frame);
    if rows.is_empty() {
        return say(app, inner, "nothing is under way", frame);
    }
    table::render(app, inner, frame, OPEN, &rows, None);
}

fn render_accounts(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let accounts = app.accounts.all();
    let ready = accounts
        .iter()
        .filter(|account| account.state == State::Ready);
    let title = format!("accounts: {} of {} ready", ready.count(), accounts.len());
    let inner = framed(app, area, &title, frame);
    if let Some(trouble) = &app.accounts.known.trouble {
        return say(app, inner, &trouble.message, frame);
    }
    if accounts.is_empty() {
        return say(app, inner, "no accounts known yet", frame);
    }
    let rows: Vec<&Account> = accounts.iter().collect();
    table::render(app, inner, frame, ACCOUNTS, &rows, None);
}

fn count(count: Option<u64>) -> Cell {
    Cell::known(count.map(format::count).as_deref())
}
