//! A login: where to go, what to type there, and what happens then.
//!
//! ```text
//! log in to Anthropic Claude
//!   open       this address, here or on a telephone:
//! https://… over whole lines, so that it can be copied
//!   code       ABCD-EFGH, to be typed there
//!   then       …
//!   QR code
//! ```

use ratatui::text::Line;

use super::qr;
use super::sheet::Sheet;
use crate::app::{App, Page};
use crate::format;
use crate::login::{Login, Stage};
use crate::text;

/// Lines that an address may take.
const ADDRESS: usize = 40;

/// `rows`: how many lines are seen at a time.
pub(super) fn lines(app: &App, login: &Login, width: usize, rows: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    sheet.heading(&format!("log in to {}", login.way.words));
    match &login.stage {
        Stage::Beginning => sheet.plain("now", "the gateway is asked for the address…"),
        Stage::Failed(trouble) => {
            sheet.row("failed", &trouble.message, app.theme.bad());
            if let Some(hint) = &trouble.hint {
                sheet.plain("do", hint);
            }
            sheet.plain("", "Nothing was saved. Esc goes back.");
        }
        Stage::Away { .. } => away(app, login, &mut sheet, rows),
    }
    sheet.lines
}

fn away(app: &App, login: &Login, sheet: &mut Sheet<'_>, rows: usize) {
    let Stage::Away { begun, since } = &login.stage else {
        return;
    };
    if let Some(warning) = &begun.warning {
        sheet.row("terms", warning, app.theme.warn());
    }
    sheet.plain(
        "open",
        "this address: o does it here, Shift and the mouse mark it",
    );
    for line in text::broken(&begun.url, sheet.width, ADDRESS) {
        sheet.lines.push(Line::styled(line, app.theme.accent()));
    }
    let waited = app.now.duration_since(*since).as_secs();
    match &begun.code {
        Some(code) => {
            sheet.row("code", code, app.theme.strong());
            let left = begun.expires_in.and_then(|life| i64::try_from(life).ok());
            let left = left.map(|life| format::countdown(life - waited));
            let counts = left.map_or_else(String::new, |left| format!("; it counts for {left}"));
            sheet.plain(
                "then",
                &format!("type the code there{counts}. This page closes by itself."),
            );
        }
        None => {
            // What follows the reason is for programs.
            let reason = begun.message.as_deref();
            if let Some((reason, _)) =
                reason.map(|text| text.split_once("; ").unwrap_or((text, "")))
            {
                sheet.row("but", reason, app.theme.warn());
            }
            sheet.plain(
                "then",
                "a browser on the gateway's machine comes back by itself. From another one, paste here the address \
                 that it ends on, or the code#state that it shows.",
            );
        }
    }
    sheet.plain("waiting", &format!("for {}", format::seconds(waited)));
    if let Some(trouble) = &login.trouble {
        sheet.row("but", &trouble.line(), app.theme.bad());
    }
    sheet.lines.push(Line::default());
    let whole = qr::size(&begun.url);
    let (columns, screen) = (usize::from(app.size.0), usize::from(app.size.1));
    match qr::lines(
        &begun.url,
        sheet.width.saturating_sub(1),
        rows,
        app.theme.paper(),
    ) {
        Some(code) => sheet.lines.extend(code),
        None => {
            let words = match whole {
                Some((wide, high)) if wide <= columns && high <= screen => {
                    "c shows a QR code of it, for a telephone.".to_owned()
                }
                Some((wide, high)) => format!(
                    "A QR code of it needs a terminal of {wide} columns and {high} rows; this one has {columns} and {screen}."
                ),
                None => "It is too long for a QR code.".to_owned(),
            };
            sheet.row("", &words, app.theme.faint());
        }
    }
}

/// The QR code of a login, where it is shown alone.
pub(super) fn code_alone(app: &App) -> Option<Vec<Line<'static>>> {
    let Some(Page::Login(login)) = app.pages.last() else {
        return None;
    };
    let url = &login.begun().filter(|_| login.code_alone)?.url;
    qr::lines(url, usize::MAX, usize::MAX, app.theme.paper()).map(|lines| {
        // Without the margin that it has on a page.
        let bare = lines.into_iter().map(|mut line| {
            line.spans.remove(0);
            line
        });
        bare.collect()
    })
}
