//! The accounts: every credential, how it is, and everything about the chosen one.
//!
//! ```text
//! │ ACCOUNT  PROVIDER  STATE  QUOTA  TOKEN  LATELY … │
//! │ …                                                │
//! ├──────────────────────────────────────────────────┤  beside the list where it is wide
//! │ everything about the chosen one                  │
//! ```

use modelgate_management::Account;
use modelgate_management::accounts::State;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{account, framed, say};
use crate::accounts::{Moment, STRIP};
use crate::app::App;
use crate::format;
use crate::table::{self, Cell, Column, numbers, words};

/// From this width on, what is known of the chosen one stands beside the list.
const WIDE: u16 = 160;
/// From this height on it stands below.
const HIGH: u16 = 16;

const COLUMNS: &[Column<Account>] = &[
    words("ACCOUNT", (16, 44), 0, |_, account| {
        Cell::plain(&*account.id)
    }),
    words("PROVIDER", (8, 16), 6, |_, account| {
        Cell::plain(&*account.provider)
    }),
    words("STATE", (17, 20), 0, |app, account| {
        let (text, style) = standing(app, account);
        Cell::new(text, style)
    }),
    words("WHY", (16, 60), 5, |app, account| {
        Cell::new(
            account.reason.as_deref().unwrap_or_default(),
            app.theme.faint(),
        )
    }),
    numbers("QUOTA", 5, 2, quota),
    numbers("TOKEN", 7, 4, token),
    numbers("GOOD", 5, 3, |_, account| count(account.succeeded)),
    numbers("BAD", 5, 3, |_, account| count(account.failed)),
    words("LATELY", (12, STRIP), 7, |app, account| {
        let strip: Vec<Moment> = app.accounts.strip(&account.id).collect();
        let latest = strip.len().saturating_sub(12);
        Cell::plain(
            strip[latest..]
                .iter()
                .map(|moment| sign(*moment))
                .collect::<String>(),
        )
    }),
];

pub(super) fn render(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let list = list_area(area);
    let accounts: Vec<&Account> = app.accounts.all().iter().collect();
    if accounts.is_empty() {
        let words = match &app.accounts.known.trouble {
            Some(trouble) => &trouble.message,
            None => "no accounts; log in with: modelgate login, or name keys in the configuration",
        };
        return say(app, list, words, frame);
    }
    let ids = accounts.iter().map(|account| account.id.as_str());
    let chosen = app.accounts.cursor.index(ids);
    table::render(app, list, frame, COLUMNS, &accounts, Some(chosen));
    let rest = detail_area(area);
    if let (Some(account), true) = (accounts.get(chosen), rest.height > 2) {
        let inner = framed(app, rest, &account.id, frame);
        let mut lines = account::detail(app, account, usize::from(inner.width));
        let rows = usize::from(inner.height);
        if lines.len() > rows && rows > 1 {
            lines.truncate(rows - 1);
            lines.push(Line::styled("  … Enter shows all", app.theme.faint()));
        }
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

/// Where the table is.
pub(super) fn list_area(body: Rect) -> Rect {
    let rest = detail_area(body);
    if body.width >= WIDE {
        Rect {
            width: body.width - rest.width,
            ..body
        }
    } else {
        Rect {
            height: body.height - rest.height,
            ..body
        }
    }
}

fn detail_area(body: Rect) -> Rect {
    if body.width >= WIDE {
        let width = body.width * 2 / 5;
        return Rect {
            x: body.x + body.width - width,
            width,
            ..body
        };
    }
    let height = if body.height >= HIGH {
        body.height / 2
    } else {
        0
    };
    Rect {
        y: body.y + body.height - height,
        height,
        ..body
    }
}

/// How an account is, in a few words.
pub(super) fn standing(app: &App, account: &Account) -> (String, Style) {
    let theme = app.theme;
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
        let left = next.duration_since(app.now).as_secs();
        words.push(' ');
        words.push_str(&format::countdown(left));
    } else if account.state == State::Ready {
        let resting = account
            .models
            .iter()
            .filter(|model| model.state == State::Cooling);
        match resting.count() {
            0 => {}
            1 => words.push_str(", 1 rests"),
            count => words.push_str(&format!(", {count} rest")),
        }
    }
    (words, style)
}

/// Of the window that is used up most.
fn quota(app: &App, account: &Account) -> Cell {
    let used = account.quota.iter().map(|window| window.used_percent);
    let Some(used) = used.reduce(f64::max) else {
        return Cell::known(None);
    };
    let style = if used >= 90.0 {
        app.theme.bad()
    } else {
        Style::new()
    };
    Cell::new(format!("{used:.0} %"), style)
}

fn token(app: &App, account: &Account) -> Cell {
    let left = account.token_expires.map(|expires| {
        let left = expires.duration_since(app.now).as_secs();
        format::countdown(left)
    });
    Cell::known(left.as_deref())
}

pub(super) fn sign(moment: Moment) -> char {
    match moment {
        Moment::Quiet => '·',
        Moment::Good => '▮',
        Moment::Mixed => '▯',
        Moment::Bad => '✗',
    }
}

fn count(count: Option<u64>) -> Cell {
    Cell::known(count.map(format::count).as_deref())
}
