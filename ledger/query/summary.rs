//! Sums over a stretch of time, from the hourly and daily sums: what they cost to read does not grow with the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Range, Totals};
use crate::sqlite::{Kind, Level, Reader};
use crate::{Ledger, LedgerError};

const HOUR: i64 = 3_600_000;

/// The hours of 48 bits of milliseconds, in whole days.
const ALL_HOURS: i64 = ((1 << 48) / HOUR / 24 + 1) * 24;

/// What sums are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The model that was served, or else the one that was asked for.
    Model,
    /// The client key.
    Key,
    /// The provider.
    Provider,
    /// The credential.
    Credential,
    /// The hour, in UTC.
    Hour,
    /// The day, in a time zone.
    Day,
}

impl By {
    /// Every way to break sums down.
    pub const ALL: [Self; 6] = [
        Self::Model,
        Self::Key,
        Self::Provider,
        Self::Credential,
        Self::Hour,
        Self::Day,
    ];

    /// The name in questions.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Key => "key",
            Self::Provider => "provider",
            Self::Credential => "credential",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// Sums over a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whole hours are counted: from the one of the beginning to the one of the end.
    pub range: Range,
    /// Everything together.
    pub total: Totals,
    /// The parts: hours and days in their order, of others the dearest first.
    pub groups: Vec<Group>,
}

/// A part of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The model, the id of the key, the provider, the credential, the beginning of the hour (RFC 3339) or the date. None for
    /// requests that had none, such as those without a client key.
    pub name: Option<Arc<str>>,
    /// Of a key: what its owner calls it. Of a credential: its provider.
    pub of: Option<Arc<str>>,
    /// The sums.
    pub totals: Totals,
}

/// Whole hours since 1970, from the first to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Hours {
    /// The hours that a stretch of time touches.
    pub(crate) fn of(range: &Range) -> Self {
        let hour = |millis: i64| millis.div_euclid(HOUR).clamp(0, ALL_HOURS);
        let since = range.since.map(|time| hour(time.as_millisecond()));
        let until = range
            .until
            .map(|time| hour(time.as_millisecond().saturating_add(HOUR - 1)));
        Self {
            from: since.unwrap_or(0),
            to: until.unwrap_or(ALL_HOURS),
        }
    }

    /// The days in UTC that these hours touch.
    pub(crate) fn whole_days(self) -> Self {
        Self {
            from: self.from.div_euclid(24) * 24,
            to: (self.to + 23).div_euclid(24) * 24,
        }
    }

    /// Whole days since 1970.
    pub(crate) fn days(self) -> (i64, i64) {
        (self.from.div_euclid(24), self.to.div_euclid(24))
    }

    /// The same hours in as few buckets as there are: days where they are whole.
    fn buckets(self) -> Vec<(Level, (i64, i64))> {
        let (first, last) = ((self.from + 23).div_euclid(24), self.to.div_euclid(24));
        if first >= last {
            return vec![(Level::Hour, (self.from, self.to))];
        }
        vec![
            (Level::Hour, (self.from, first * 24)),
            (Level::Day, (first, last)),
            (Level::Hour, (last * 24, self.to)),
        ]
    }

    pub(crate) fn range(self, asked: &Range) -> Range {
        Range {
            since: asked.since.map(|_| start(self.from)),
            until: asked.until.map(|_| start(self.to)),
        }
    }

    /// Sums by the two numbers that a kind is broken down by.
    pub(crate) fn sums(
        self,
        reader: &Reader,
        kind: Kind,
    ) -> Result<BTreeMap<[i64; 2], Totals>, LedgerError> {
        let mut sums: BTreeMap<[i64; 2], Totals> = BTreeMap::new();
        for (level, buckets) in self.buckets() {
            for (group, totals) in reader.sums(kind, level, buckets)? {
                sums.entry(group).or_default().add(&totals);
            }
        }
        Ok(sums)
    }

    /// Sums of each hour, with the beginning of it.
    pub(crate) fn by_hour(self, reader: &Reader) -> Result<Vec<(Timestamp, Totals)>, LedgerError> {
        let hours = reader.hours((self.from, self.to))?.into_iter();
        let hours = hours.map(|(hour, totals)| (start(hour), totals));
        Ok(hours.collect())
    }
}

fn start(hour: i64) -> Timestamp {
    Timestamp::from_millisecond(hour.saturating_mul(HOUR)).unwrap_or(Timestamp::MAX)
}

impl Ledger {
    /// Sums over a stretch of time and its parts. Days are those of `zone`, to the hour.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn summary(&self, range: &Range, by: By, zone: &TimeZone) -> Result<Summary, LedgerError> {
        let hours = Hours::of(range);
        let groups = self.ask(|reader| reader.at_once(|reader| groups(reader, hours, by, zone)))?;
        let mut total = Totals::default();
        for group in &groups {
            total.add(&group.totals);
        }
        Ok(Summary {
            range: hours.range(range),
            total,
            groups,
        })
    }

    /// Sums over a stretch of time, to the hour.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn totals(&self, range: &Range) -> Result<Totals, LedgerError> {
        Ok(self.summary(range, By::Provider, &TimeZone::UTC)?.total)
    }
}

fn groups(
    reader: &Reader,
    hours: Hours,
    by: By,
    zone: &TimeZone,
) -> Result<Vec<Group>, LedgerError> {
    let kind = match by {
        By::Hour => return Ok(timeline(hours.by_hour(reader)?, |time| time.to_string())),
        By::Day => {
            let day = |time: Timestamp| time.to_zoned(zone.clone()).date().to_string();
            return Ok(timeline(hours.by_hour(reader)?, day));
        }
        By::Model => Kind::Model,
        By::Key => Kind::Key,
        By::Provider | By::Credential => Kind::Credential,
    };
    let mut sums = hours.sums(reader, kind)?;
    if by == By::Provider {
        sums = providers(sums);
    }
    let mut groups = Vec::new();
    for ([a, b], totals) in sums {
        let (name, of) = match by {
            By::Key => {
                let key = reader.key(a)?;
                key.map_or((None, None), |key| (Some(key.id), key.name))
            }
            By::Credential => (reader.name(b)?, reader.name(a)?),
            By::Model | By::Provider | By::Hour | By::Day => (reader.name(a)?, None),
        };
        groups.push(Group { name, of, totals });
    }
    let worth = |group: &Group| {
        let totals = &group.totals;
        (totals.cost, totals.tokens, totals.requests)
    };
    groups.sort_by(|a, b| worth(b).cmp(&worth(a)).then_with(|| a.name.cmp(&b.name)));
    Ok(groups)
}

/// The sums of all credentials of a provider together.
fn providers(credentials: BTreeMap<[i64; 2], Totals>) -> BTreeMap<[i64; 2], Totals> {
    let mut sums: BTreeMap<[i64; 2], Totals> = BTreeMap::new();
    for ([provider, _], totals) in credentials {
        sums.entry([provider, 0]).or_default().add(&totals);
    }
    sums
}

/// Hours under their names, those of one name together.
fn timeline(hours: Vec<(Timestamp, Totals)>, name: impl Fn(Timestamp) -> String) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (time, totals) in hours {
        let name = name(time);
        match groups.last_mut() {
            Some(group) if group.name.as_deref() == Some(&name) => group.totals.add(&totals),
            _ => groups.push(Group {
                name: Some(name.into()),
                of: None,
                totals,
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: i64, to: i64, expected: &[(Level, i64, i64)]) {
        let buckets = Hours { from, to }.buckets().into_iter();
        let buckets = buckets.map(|(level, (from, to))| (level, from, to));
        let buckets = buckets.filter(|(_, from, to)| from < to);
        assert_eq!(buckets.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn whole_days_are_read_as_days() {
        use Level::{Day, Hour};
        check(3, 5, &[(Hour, 3, 5)]);
        check(23, 25, &[(Hour, 23, 25)]);
        check(0, 24, &[(Day, 0, 1)]);
        check(5, 50, &[(Hour, 5, 24), (Day, 1, 2), (Hour, 48, 50)]);
        check(7, 7, &[]);
        check(9, 7, &[]);
    }

    #[test]
    fn a_range_is_widened_to_whole_hours() {
        let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let asked = Range {
            since: time("2026-11-26T10:59:59.999Z"),
            until: time("2026-11-26T12:00:00.001Z"),
        };
        let hours = Hours::of(&asked);
        assert_eq!(hours.to - hours.from, 3);
        let counted = hours.range(&asked);
        assert_eq!(counted.since, time("2026-11-26T10:00:00Z"));
        assert_eq!(counted.until, time("2026-11-26T13:00:00Z"));
        assert_eq!(hours.whole_days().to - hours.whole_days().from, 24);
        let all = Hours::of(&Range::default());
        assert_eq!(all.whole_days(), all);
        assert_eq!((all.from, all.to), (0, ALL_HOURS));
        let odd = Range {
            since: Some(Timestamp::MIN),
            until: Some(Timestamp::MAX),
        };
        let all_that_can_be = Hours::of(&odd);
        assert_eq!(all_that_can_be.from, 0);
        // The year 9999 ends before 48 bits do.
        assert!((70_000_000..=ALL_HOURS).contains(&all_that_can_be.to));
    }
}
