//! Everything about an account: how it is, its limits, its token, how it did lately, what it serves.
//!
//! ```text
//! account claude-ada@example.com
//!   state      ● ready
//!   5h         ████████░░░░ 62 %, whole again in 2 h 00 m, 16:00:00
//!   …
//! serves 12 models
//! ```

use modelgate_management::accounts::{ModelList, QuotaWindow};
use modelgate_management::{Account, Model};
use ratatui::text::{Line, Span};

use super::accounts::{sign, standing};
use super::sheet::{LABEL, Sheet};
use crate::accounts::Moment;
use crate::app::App;
use crate::format::{self, UNKNOWN};
use crate::text;

/// Places of a bar.
const BAR: usize = 20;

/// The page of the account of that id.
pub(super) fn lines(app: &App, id: &str, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    sheet.heading(&format!("account {id}"));
    let mut accounts = app.accounts.all().iter();
    match accounts.find(|account| account.id == id) {
        Some(account) => {
            sheet.lines.extend(detail(app, account, width));
            sheet.served(account);
        }
        None => sheet.row("", "It is gone. Esc goes back.", app.theme.warn()),
    }
    sheet.lines
}

/// What the gateway tells of an account.
pub(super) fn detail(app: &App, account: &Account, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    let (words, style) = standing(app, account);
    sheet.row("state", &words, style);
    if let Some(reason) = &account.reason {
        sheet.row("why", reason, style);
    }
    for window in &account.quota {
        let bar = bar(app, window, width.saturating_sub(LABEL + 4));
        sheet.spans(&window.name, bar);
    }
    if let Some(expires) = account.token_expires {
        let left = expires.duration_since(app.now).as_secs();
        let words = if left > 0 {
            let (left, at) = (format::seconds(left), format::date(expires, &app.zone));
            format!("ends in {left}, {at}; it is renewed before")
        } else {
            "it has ended; it is renewed before the next request".to_owned()
        };
        sheet.plain("token", &words);
    }
    sheet.lately(account);
    let source = account.source.name();
    let kind = format!(
        "{}, spoken to as {}, from the {source}",
        account.provider, account.kind
    );
    sheet.plain("provider", &kind);
    for (label, text) in [
        ("plan", &account.plan),
        ("email", &account.email),
        ("label", &account.label),
        ("file", &account.file),
        ("prefix", &account.prefix),
    ] {
        if let Some(text) = text {
            sheet.plain(label, text);
        }
    }
    let weight = account
        .weight
        .map_or(UNKNOWN.to_owned(), |weight| weight.to_string());
    let turn = format!("priority {}, weight {weight}", account.priority);
    sheet.plain("turn", &turn);
    if let Some(list) = &account.model_list {
        sheet.listed(list);
    }
    for model in &account.models {
        let mut words = format!("{}: {}", model.model, model.state.name());
        if let Some(next) = model.next_try {
            let left = format::countdown(next.duration_since(app.now).as_secs());
            words.push_str(&format!(" {left}"));
        }
        if let Some(reason) = &model.reason {
            words.push_str(&format!(", {reason}"));
        }
        sheet.row("model", &words, app.theme.warn());
    }
    sheet.lines
}

impl Sheet<'_> {
    /// How it did since the gateway started, and lately.
    fn lately(&mut self, account: &Account) {
        let theme = self.app.theme;
        if let (Some(good), Some(bad)) = (account.succeeded, account.failed) {
            self.plain("attempts", &format!("{good} good, {bad} bad"));
        }
        let strip = self.app.accounts.strip(&account.id).map(|moment| {
            let style = match moment {
                Moment::Quiet => theme.faint(),
                Moment::Good => theme.good(),
                Moment::Mixed => theme.warn(),
                Moment::Bad => theme.bad(),
            };
            Span::styled(sign(moment).to_string(), style)
        });
        let mut strip: Vec<Span<'static>> = strip.collect();
        let legend = " ▮ good ▯ mixed ✗ bad · quiet";
        strip.push(Span::styled(legend, theme.faint()));
        self.spans("lately", strip);
    }

    fn listed(&mut self, list: &ModelList) {
        let came = list.fetched.map(|fetched| {
            let at = format::clock(fetched, self.app.now, &self.app.zone);
            format!("{} on its list of {at}", list.models)
        });
        let words = match (came, &list.error) {
            (Some(came), None) => came,
            (Some(came), Some(error)) => format!("{came}; a later one did not come: {error}"),
            (None, None) => "its list has not come yet".to_owned(),
            (None, Some(error)) => format!("its list did not come: {error}"),
        };
        self.plain("models", &words);
    }

    /// What clients can ask it for, and what that is called at the provider.
    fn served(&mut self, account: &Account) {
        let Some(models) = &self.app.models.known.value else {
            let words = match &self.app.models.known.trouble {
                Some(trouble) => &trouble.message,
                None => "asking what it serves…",
            };
            return self.row("serves", words, self.app.theme.faint());
        };
        let served = models.models.iter().filter_map(|model| {
            let mut servers = model.servers.iter();
            let own = servers.find(|server| server.credential == account.id)?;
            Some((model, &own.model))
        });
        let served: Vec<(&Model, &String)> = served.collect();
        self.heading(&match served.len() {
            1 => "serves 1 model".to_owned(),
            count => format!("serves {count} models"),
        });
        for (model, upstream) in served {
            let mut words = model.id.clone();
            if model.id != *upstream {
                words.push_str(&format!(", at the provider: {upstream}"));
            }
            let words = text::clip(&format!("  {words}"), self.width);
            self.lines.push(Line::raw(words));
        }
        if models.models.iter().any(|model| model.more_servers > 0) {
            let words = "Of models that many accounts serve only the first accounts are told.";
            self.row("", words, self.app.theme.faint());
        }
        for other in &models.other_names {
            if other.provider == account.provider {
                self.plain("also", &other.patterns.join(", "));
            }
        }
    }
}

/// How much of a limit is used up, and when it is whole again.
fn bar(app: &App, window: &QuotaWindow, room: usize) -> Vec<Span<'static>> {
    let used = window.used_percent.clamp(0.0, 100.0);
    let full = (used / 100.0 * BAR as f64).round() as usize;
    let style = if used >= 90.0 {
        app.theme.bad()
    } else if used >= 70.0 {
        app.theme.warn()
    } else {
        app.theme.good()
    };
    let mut words = format!(" {used:.0} %");
    if let Some(resets) = window.resets_at {
        let left = format::seconds(resets.duration_since(app.now).as_secs());
        let at = format::clock(resets, app.now, &app.zone);
        words.push_str(&format!(", whole again in {left}, {at}"));
    }
    vec![
        Span::styled("█".repeat(full), style),
        Span::styled("░".repeat(BAR.saturating_sub(full)), app.theme.faint()),
        Span::raw(text::clip(&words, room.saturating_sub(BAR))),
    ]
}
