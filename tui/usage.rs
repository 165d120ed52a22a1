//! Which sums of usage are shown, and how.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use modelgate_management::{UsageGroup, UsageSummary, UsageTotals};

use crate::app::Known;
use crate::format;
use crate::list::Cursor;

/// Hours and days that a chart can have.
const POINTS: usize = 2_000;

/// The usage.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) known: Known<UsageSummary>,
    pub(crate) cursor: Cursor,
    pub(crate) by: By,
    pub(crate) span: Span,
    pub(crate) measure: Measure,
    /// A line instead of bars.
    pub(crate) line: bool,
}

/// What sums are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum By {
    Hour,
    Day,
    #[default]
    Model,
    Key,
    Provider,
    Credential,
}

/// Which time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Span {
    Today,
    Day,
    #[default]
    Week,
    Month,
    Ever,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Measure {
    #[default]
    Cost,
    Tokens,
    Requests,
    Failed,
}

impl By {
    pub(crate) const ALL: [Self; 6] = [
        Self::Hour,
        Self::Day,
        Self::Model,
        Self::Key,
        Self::Provider,
        Self::Credential,
    ];

    /// Its name in the contract.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Model => "model",
            Self::Key => "key",
            Self::Provider => "provider",
            Self::Credential => "credential",
        }
    }

    /// Whether the groups follow each other in time.
    pub(crate) const fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Day)
    }
}

impl Span {
    pub(crate) const ALL: [Self; 5] = [Self::Today, Self::Day, Self::Week, Self::Month, Self::Ever];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Ever => "ever",
        }
    }

    /// Its beginning as the contract takes it.
    pub(crate) fn since(self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        Some(match self {
            Self::Today => now.to_zoned(zone.clone()).date().to_string(),
            Self::Day => "24h".to_owned(),
            Self::Week => "7d".to_owned(),
            Self::Month => "30d".to_owned(),
            Self::Ever => return None,
        })
    }
}

impl Measure {
    pub(crate) const ALL: [Self; 4] = [Self::Cost, Self::Tokens, Self::Requests, Self::Failed];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
            Self::Failed => "failures",
        }
    }

    pub(crate) const fn of(self, totals: &UsageTotals) -> u64 {
        match self {
            Self::Cost => totals.cost_nanodollars,
            Self::Tokens => totals.tokens,
            Self::Requests => totals.requests,
            Self::Failed => totals.failed,
        }
    }

    /// An amount of it.
    pub(crate) fn format(self, amount: u64) -> String {
        match self {
            Self::Cost => format::money(amount),
            Self::Tokens | Self::Requests | Self::Failed => format::count(amount),
        }
    }
}

/// The one after this, and around.
pub(crate) fn next<T: Copy + PartialEq>(all: &[T], one: T) -> T {
    let place = all.iter().position(|known| *known == one);
    all[place.map_or(0, |place| (place + 1) % all.len())]
}

impl Usage {
    pub(crate) fn groups(&self) -> &[UsageGroup] {
        let summary = self.known.value.as_ref();
        summary.map_or(&[], |summary| &summary.groups)
    }

    /// What a group is called. Of keys and credentials there may be several of one name, so that both are told.
    pub(crate) fn name(group: &UsageGroup) -> String {
        let name = group.name.as_deref().unwrap_or("(none)");
        match &group.of {
            Some(of) => format!("{of} · {name}"),
            None => name.to_owned(),
        }
    }

    /// The measure over time, without gaps: where nothing was used there is nothing.
    pub(crate) fn series(&self) -> Vec<(String, u64)> {
        let mut series: Vec<(String, u64)> = Vec::new();
        for group in self.groups() {
            let Some(name) = group.name.as_deref() else {
                continue;
            };
            while let Some((last, _)) = series.last()
                && let Some(next) = self.after(last)
                && next.as_str() < name
                && series.len() < POINTS
            {
                series.push((next, 0));
            }
            series.push((name.to_owned(), self.measure.of(&group.totals)));
        }
        series
    }

    /// The hour or day after one.
    fn after(&self, name: &str) -> Option<String> {
        if self.by == By::Hour {
            let hour: Timestamp = name.parse().ok()?;
            let next = hour.as_second().checked_add(3_600)?;
            return Some(Timestamp::from_second(next).ok()?.to_string());
        }
        let day: Date = name.parse().ok()?;
        Some(day.tomorrow().ok()?.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::{now, read};

    fn usage(by: By, names: &[&str]) -> Usage {
        let groups: Vec<_> = names
            .iter()
            .map(|name| json!({"name": name, "requests": 1}))
            .collect();
        let summary = read(json!({"by": by.name(), "total": {}, "groups": groups,
            "ledger": {"recording": true, "open": true, "written": 0, "queued": 0, "lost": 0}}));
        let mut usage = Usage {
            by,
            measure: Measure::Requests,
            ..Usage::default()
        };
        usage.known.learn(summary);
        usage
    }

    #[test]
    fn a_series_has_no_gaps() {
        let days = usage(By::Day, &["2026-02-27", "2026-03-02"]).series();
        let names: Vec<&str> = days.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
        );
        let counts: Vec<u64> = days.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [1, 0, 0, 1]);
        let hours = usage(By::Hour, &["2026-03-01T22:00:00Z", "2026-03-02T01:00:00Z"]);
        assert_eq!(hours.series().len(), 4);
        let odd = usage(By::Hour, &["soon", "later"]);
        assert_eq!(odd.series().len(), 2);
        let far = usage(By::Day, &["0001-01-01", "9999-12-31"]);
        assert!(far.series().len() <= POINTS + 1);
    }

    #[test]
    fn a_span_begins_where_the_person_is() {
        let zone = TimeZone::fixed(jiff::tz::offset(13));
        let since = Span::Today.since(now(), &zone);
        assert_eq!(since.as_deref(), Some("2026-03-05"));
        assert_eq!(Span::Ever.since(now(), &zone), None);
        assert_eq!(next(&By::ALL, By::Credential), By::Hour);
    }
}
