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

use jiff::Timestamp;
use modelgate_management::Account;
use modelgate_management::accounts::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

use crate::app::App;
use crate::format::{self, UNKNOWN};
use crate::requests::{Row, Stage};
use crate::table::{self, Cell, Column, numbers, words};
use crate::text;
use crate::theme::Theme;

/// From this width on two lists stand side by side.
const WIDE: u16 = 72;

const OPEN: &[Column<Row>] = &[
    numbers("AGE", 7, 0, |app, row| {
        Cell::new(
            format::seconds(row.age(app.now).as_secs()),
            app.theme.accent(),
        )
    }),
    words("MODEL", (10, 40), 0, |_, row| {
        Cell::plain(&*row.summary.model)
    }),
    words("KEY", (8, 20), 2, |_, row| {
        Cell::known(row.summary.client_key.as_deref())
    }),
    words("ACCOUNT", (12, 40), 3, |_, row| {
        Cell::known(row.summary.credential.as_deref())
    }),
    words("STATE", (8, 20), 1, |app, row| match row.stage {
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
        let (text, style) = standing(account, app.now, app.theme);
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
    cards::render(app, above, frame);
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
    let inner = framed(app.theme, area, &title, frame);
    if rows.is_empty() {
        return say(app, inner, "nothing is under way", frame);
    }
    table::render(app, inner, frame, OPEN, &rows, None);
}

fn render_accounts(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let accounts = app.accounts.value.as_deref().unwrap_or_default();
    let ready = accounts
        .iter()
        .filter(|account| account.state == State::Ready);
    let title = format!("accounts: {} of {} ready", ready.count(), accounts.len());
    let inner = framed(app.theme, area, &title, frame);
    if let Some(trouble) = &app.accounts.trouble {
        return say(app, inner, &trouble.message, frame);
    }
    if accounts.is_empty() {
        return say(app, inner, "no accounts known yet", frame);
    }
    let rows: Vec<&Account> = accounts.iter().collect();
    table::render(app, inner, frame, ACCOUNTS, &rows, None);
}

/// Draws a frame and tells what is inside.
pub(super) fn framed(theme: Theme, area: Rect, title: &str, frame: &mut Frame<'_>) -> Rect {
    let title = text::clip(title, usize::from(area.width).saturating_sub(4));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.faint())
        .title(Line::styled(format!(" {title} "), theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// Says something where there is nothing else to show.
pub(super) fn say(app: &App, area: Rect, words: &str, frame: &mut Frame<'_>) {
    let lines = text::wrap(words, usize::from(area.width).saturating_sub(1), 3);
    let lines: Vec<Line<'static>> = lines
        .into_iter()
        .map(|line| Line::styled(format!(" {line}"), app.theme.faint()))
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// How an account is, in a few words.
pub(super) fn standing(account: &Account, now: Timestamp, theme: Theme) -> (String, Style) {
    let (mark, style) = match account.state {
        State::Ready => ("●", theme.good()),
        State::Cooling => ("◔", theme.warn()),
        State::OnTrial => ("◑", theme.warn()),
        State::Disabled => ("○", theme.faint()),
        State::LogInAgain => ("✗", theme.bad()),
        State::Unknown => ("?", theme.faint()),
    };
    let mut words = format!("{mark} {}", account.state.name());
    if let Some(next) = account.next_try {
        let left = next.duration_since(now).as_secs();
        words.push(' ');
        words.push_str(&format::seconds(left));
    }
    (words, style)
}

fn count(count: Option<u64>) -> Cell {
    Cell::known(count.map(format::count).as_deref())
}
