//! The windows of an account's plan, as providers tell them in the headers of answers (`providers.md` 2.1, 3.3).

mod asked;
mod day;

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use modelgate_dialects::Str;

use crate::ProviderKind;
use crate::retry_hint;

pub use asked::ask;
pub(crate) use day::begins_anew;

/// The code of a plan of which nothing is left.
pub(crate) const USED_UP: &str = "usage_limit_reached";

/// One window of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaWindow {
    /// How the provider calls it: `5h`, `7d`, `primary`.
    pub name: Str,
    /// How much of it is used, from 0 to 100, where the provider says so.
    pub used_percent: Option<f64>,
    /// When it begins anew.
    pub resets_at: Option<SystemTime>,
    /// Nothing is left of it.
    pub used_up: bool,
}

/// The windows that an answer tells of.
pub(crate) fn windows(
    kind: ProviderKind,
    headers: &HeaderMap,
    now: SystemTime,
) -> Vec<QuotaWindow> {
    match kind {
        ProviderKind::Claude => claude(headers),
        ProviderKind::ChatGpt | ProviderKind::Codex => codex(headers, now),
        _ => Vec::new(),
    }
}

/// How long until a plan can be used again, when a window that counts for all of it is used up.
pub(crate) fn used_up(windows: &[QuotaWindow], now: SystemTime) -> Option<Duration> {
    wait(windows, now, |window| !is_of_one_family(window))
}

/// The same for a window that counts for some models only.
pub(crate) fn family_used_up(windows: &[QuotaWindow], now: SystemTime) -> Option<Duration> {
    wait(windows, now, is_of_one_family)
}

fn wait(
    windows: &[QuotaWindow],
    now: SystemTime,
    counts: impl Fn(&QuotaWindow) -> bool,
) -> Option<Duration> {
    let used_up = windows
        .iter()
        .filter(|window| window.used_up && counts(window));
    let end = used_up.filter_map(|window| window.resets_at).max()?;
    Some(end.duration_since(now).unwrap_or_default())
}

/// Whether a code means that nothing is left of a plan (`providers.md` 3.3).
pub(crate) fn is_used_up(code: Option<&str>) -> bool {
    code == Some(USED_UP)
}

/// Claude's window for one family of models: others can still be used.
fn is_of_one_family(window: &QuotaWindow) -> bool {
    &*window.name == "7d_oi"
}

fn claude(headers: &HeaderMap) -> Vec<QuotaWindow> {
    const PREFIX: &str = "anthropic-ratelimit-unified-";
    let Some(overall) = text(headers, "anthropic-ratelimit-unified-status") else {
        return Vec::new();
    };
    let of = |window: &str, what: &str| text(headers, &format!("{PREFIX}{window}-{what}"));
    let windows = ["5h", "7d", "7d_oi"].into_iter().filter_map(|name| {
        let status = of(name, "status")?;
        Some(QuotaWindow {
            name: Str::from_static(name),
            used_percent: of(name, "utilization").and_then(percent_of_share),
            resets_at: of(name, "reset").and_then(retry_hint::moment),
            used_up: status == "rejected",
        })
    });
    let windows: Vec<_> = windows.collect();
    if !windows.is_empty() {
        return windows;
    }
    // Some answers tell of all windows in one.
    vec![QuotaWindow {
        name: Str::from_static("plan"),
        used_percent: None,
        resets_at: text(headers, "anthropic-ratelimit-unified-reset").and_then(retry_hint::moment),
        used_up: overall == "rejected",
    }]
}

/// A share from 0 to 1.
fn percent_of_share(text: &str) -> Option<f64> {
    let share: f64 = text.parse().ok()?;
    share.is_finite().then(|| (share * 100.0).clamp(0.0, 100.0))
}

fn codex(headers: &HeaderMap, now: SystemTime) -> Vec<QuotaWindow> {
    let windows = [
        ("primary", "x-codex-primary-used-percent"),
        ("secondary", "x-codex-secondary-used-percent"),
    ];
    let windows = windows.into_iter().filter_map(|(name, used)| {
        let of = |what: &str| text(headers, &format!("x-codex-{name}-{what}"));
        let used: f64 = text(headers, used)?
            .parse()
            .ok()
            .filter(|used: &f64| used.is_finite())?;
        let at = of("reset-at").and_then(retry_hint::moment);
        let after = of("reset-after-seconds").and_then(|after| after.parse::<u32>().ok());
        Some(QuotaWindow {
            name: Str::from_static(name),
            used_percent: Some(used.clamp(0.0, 100.0)),
            resets_at: at.or_else(|| now.checked_add(Duration::from_secs(after?.into()))),
            used_up: used >= 100.0,
        })
    });
    windows.collect()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn claudes_windows_are_read() {
        let headers = headers(&[
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", "1790000600"),
            ("anthropic-ratelimit-unified-5h-utilization", "1.02"),
            ("anthropic-ratelimit-unified-7d-status", "allowed_warning"),
            (
                "anthropic-ratelimit-unified-7d-reset",
                "2026-10-01T00:00:00Z",
            ),
            ("anthropic-ratelimit-unified-7d-utilization", "0.8"),
        ]);
        let now = at(1_790_000_000);
        let windows = windows(ProviderKind::Claude, &headers, now);
        let short: Vec<_> = windows
            .iter()
            .map(|window| (&*window.name, window.used_percent, window.used_up))
            .collect();
        assert_eq!(
            short,
            [("5h", Some(100.0), true), ("7d", Some(80.0), false)]
        );
        assert_eq!(windows[0].resets_at, Some(at(1_790_000_600)));
        assert_eq!(windows[1].resets_at, Some(at(1_790_812_800)));
        assert_eq!(used_up(&windows, now), Some(Duration::from_secs(600)));
    }

    #[test]
    fn a_window_of_one_family_leaves_the_others_alone() {
        let headers = headers(&[
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-7d_oi-status", "rejected"),
            ("anthropic-ratelimit-unified-7d_oi-reset", "1790000600"),
            ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ]);
        let windows = windows(ProviderKind::Claude, &headers, at(1_790_000_000));
        assert_eq!(windows.len(), 2);
        let now = at(1_790_000_000);
        assert_eq!(used_up(&windows, now), None);
        let wait = Some(Duration::from_secs(600));
        assert_eq!(family_used_up(&windows, now), wait);
    }

    #[test]
    fn all_windows_may_be_told_in_one() {
        let headers = headers(&[
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-reset", "1790000600.5"),
        ]);
        let now = at(1_790_000_000);
        let windows = windows(ProviderKind::Claude, &headers, now);
        assert_eq!((&*windows[0].name, windows[0].used_up), ("plan", true));
        let wait = Some(Duration::from_secs_f64(600.5));
        assert_eq!(used_up(&windows, now), wait);
        assert_eq!(family_used_up(&windows, now), None);
    }

    #[test]
    fn codexs_windows_are_read() {
        let headers = headers(&[
            ("x-codex-primary-used-percent", "100"),
            ("x-codex-primary-reset-after-seconds", "90"),
            ("x-codex-secondary-used-percent", "12.5"),
            ("x-codex-secondary-reset-at", "1790000600"),
        ]);
        let now = at(1_790_000_000);
        let windows = windows(ProviderKind::Codex, &headers, now);
        assert_eq!(windows.len(), 2);
        assert_eq!(windows[0].resets_at, Some(at(1_790_000_090)));
        assert_eq!(windows[1].used_percent, Some(12.5));
        assert_eq!(used_up(&windows, now), Some(Duration::from_secs(90)));
        assert_eq!(super::windows(ProviderKind::Claude, &headers, now), []);
    }
}
