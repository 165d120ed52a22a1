//! What became of a request, and why.

use modelgate_management::RequestDetail;
use modelgate_management::requests::{Affinity, Attempt, Bound, Considered, Outcome, Times};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::sheet::Sheet;
use crate::app::{App, Why};
use crate::format::{self, UNKNOWN};
use crate::requests::Stage;

pub(super) fn lines(app: &App, why: &Why, width: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(app, width);
    match &why.detail.value {
        Some(detail) => sheet.tell(detail),
        None => sheet.wait(why),
    }
    sheet.lines
}

impl Sheet<'_> {
    /// The request is not over, or nobody remembers it.
    fn wait(&mut self, why: &Why) {
        self.heading(&format!("request {}", why.id));
        let app = self.app;
        let open = app.requests.get(&why.id);
        match open.filter(|row| row.stage != Stage::Over) {
            Some(row) => {
                let age = format::seconds(row.age(app.now).as_secs());
                self.plain("for", &row.summary.model);
                let words = format!("still under way, for {age}; all is told once it is over");
                self.row("", &words, app.theme.accent());
            }
            None => match &why.detail.trouble {
                Some(trouble) => self.row("", &trouble.message, app.theme.bad()),
                None => self.row("", "asking…", app.theme.faint()),
            },
        }
    }

    fn tell(&mut self, detail: &RequestDetail) {
        self.head(detail);
        self.times(&detail.times);
        self.candidates(detail);
        self.attempts(&detail.attempts);
        if !detail.losses.is_empty() {
            self.heading("not carried");
            for loss in &detail.losses {
                let words = format!("{}: {} ({})", loss.path, loss.why, loss.action);
                self.row(&loss.action, &words, self.app.theme.warn());
            }
        }
        self.spent(detail);
    }

    fn head(&mut self, detail: &RequestDetail) {
        let app = self.app;
        self.heading(&format!("request {}", detail.id));
        self.plain("at", &format::clock(detail.time, app.now, &app.zone));
        let client = app.client(detail.client_name.as_deref(), detail.client_key.as_deref());
        self.plain("by", client.unwrap_or("somebody"));
        let stream = if detail.stream { ", as a stream" } else { "" };
        let asked = format!(
            "{}, in the dialect {}{stream}",
            detail.model, detail.dialect
        );
        self.plain("for", &asked);
        let cut = match (detail.complete, detail.status) {
            (true, _) => "",
            (false, 499) => ", because the client left before there was an answer",
            (false, _) => ", but not to its end",
        };
        let style = if detail.status >= 400 && detail.status != 499 {
            app.theme.bad()
        } else if detail.complete {
            app.theme.good()
        } else {
            app.theme.warn()
        };
        self.row("status", &format!("{}{cut}", detail.status), style);
        if let Some(error) = &detail.error {
            self.row("error", error, app.theme.bad());
        }
        if let Some(served) = &detail.served {
            let words = format!(
                "{} ({}), as {}, in the dialect {}",
                served.credential, served.provider, served.model, served.dialect
            );
            self.plain("answered", &words);
        }
        if let Some(affinity) = &detail.affinity {
            self.plain("session", &session(affinity));
        }
    }

    /// The time as a bar, each part of it with its own sign.
    fn times(&mut self, times: &Times) {
        self.heading(&format!("time: {}", format::millis(times.total_ms)));
        let own = times.own_us.map(|own| own / 1_000);
        let first = times.first_byte_ms;
        let upstream = first.map(|first| {
            let before = times.queue_ms.unwrap_or(0) + own.unwrap_or(0);
            first.saturating_sub(before)
        });
        let theme = self.app.theme;
        let parts = [
            ("gateway", '▒', own, theme.faint()),
            ("waiting", '░', times.queue_ms, theme.warn()),
            ("provider", '▓', upstream, theme.accent()),
            ("stream", '█', times.stream_ms, theme.good()),
        ];
        let room = self.width.saturating_sub(4) as u64;
        let total = times.total_ms.max(1);
        let mut bar = vec![Span::raw("  ")];
        for (_, sign, time, style) in &parts {
            let length = time.unwrap_or(0).saturating_mul(room) / total;
            let length = usize::try_from(length.min(room)).unwrap_or(0);
            bar.push(Span::styled(sign.to_string().repeat(length), *style));
        }
        self.lines.push(Line::from(bar));
        for (name, sign, time, style) in parts {
            let time = match (name, times.own_us, time) {
                ("gateway", Some(own), _) => format!("{}.{:02} ms", own / 1_000, own % 1_000 / 10),
                (_, _, Some(time)) => format::millis(time),
                (_, _, None) => continue,
            };
            self.row(&format!("{sign} {name}"), &time, style);
        }
    }

    fn candidates(&mut self, detail: &RequestDetail) {
        if detail.candidates.is_empty() {
            return;
        }
        self.heading("candidates, in the order in which they were considered");
        for (index, candidate) in detail.candidates.iter().enumerate() {
            let (words, style) = self.considered(candidate);
            let words = format!("{} as {}: {words}", candidate.credential, candidate.model);
            self.row(&(index + 1).to_string(), &words, style);
        }
        if detail.more_candidates > 0 {
            self.plain("", &format!("and {} more", detail.more_candidates));
        }
    }

    fn considered(&self, candidate: &Considered) -> (String, Style) {
        let theme = self.app.theme;
        let (word, style) = match candidate.outcome {
            Outcome::Tried => ("tried", Style::new()),
            Outcome::Skipped => ("skipped", theme.warn()),
            Outcome::Reserve => ("not needed", theme.faint()),
            Outcome::Unknown => ("unknown", theme.faint()),
        };
        let mut words = word.to_owned();
        if let Some(reason) = &candidate.reason {
            words.push_str(", ");
            words.push_str(reason);
        }
        if let Some(next) = candidate.next_try {
            let at = format::clock(next, self.app.now, &self.app.zone);
            words.push_str(&format!(", next try {at}"));
        }
        (words, style)
    }

    fn attempts(&mut self, attempts: &[Attempt]) {
        if attempts.is_empty() {
            return;
        }
        self.heading("attempts");
        for (index, attempt) in attempts.iter().enumerate() {
            let status = attempt
                .status
                .map_or(UNKNOWN.to_owned(), |status| status.to_string());
            let mut words = format!(
                "{} as {}: {status} after {}",
                attempt.credential,
                attempt.model,
                format::millis(attempt.ms)
            );
            for part in [&attempt.kind, &attempt.message].into_iter().flatten() {
                words.push_str(", ");
                words.push_str(part);
            }
            if let Some(wait) = attempt.retry_after_ms {
                words.push_str(&format!(" (asks to wait {})", format::millis(wait)));
            }
            let style = match attempt.kind {
                Some(_) => self.app.theme.bad(),
                None => self.app.theme.good(),
            };
            self.row(&(index + 1).to_string(), &words, style);
        }
    }

    fn spent(&mut self, detail: &RequestDetail) {
        let usage = detail.usage;
        self.heading("tokens and price");
        let told =
            |count: Option<u64>| count.map_or("not told".to_owned(), |count| count.to_string());
        let cached = match usage.cached {
            Some(cached) => format!(", {cached} of them from a cache"),
            None => String::new(),
        };
        self.plain("in", &format!("{}{cached}", told(usage.input)));
        self.plain("out", &told(usage.output));
        let Some(cost) = &detail.cost else {
            return;
        };
        for part in &cost.parts {
            let dollars = part.price as f64 / 1e6;
            let amount = part.tokens.saturating_mul(part.price) / 1_000;
            let words = format!(
                "{} {} × ${dollars} for a million = {}",
                part.tokens,
                part.what,
                format::money(amount)
            );
            self.plain("", &words);
        }
        let words = match cost.nanodollars {
            Some(amount) => format!("{} ({})", format::money(amount), cost.basis),
            None => "not known: the model has no price, or nobody counted its tokens".to_owned(),
        };
        self.row("price", &words, self.app.theme.strong());
    }
}

fn session(affinity: &Affinity) -> String {
    let what = match affinity.outcome {
        Bound::Bound => "stayed with",
        Bound::New => "new, now bound to",
        Bound::Moved => "moved to",
        Bound::Unknown => "bound to",
    };
    let credential = affinity.credential.as_deref().unwrap_or("nobody");
    format!("{what} {credential} (known by {})", affinity.source)
}
