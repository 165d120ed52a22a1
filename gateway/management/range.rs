//! The stretch of time that a question is about: `since`, `until` and `zone`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};
use modelgate_ledger::Range;

use super::{misused, parameter};
use crate::error::Failure;

/// Reads both ends. An end is an instant (RFC 3339), a date, which begins in the zone, or a time before now, such as `36h` or
/// `7d`.
pub(super) fn range(query: Option<&str>, zone: &TimeZone) -> Result<Range, Failure> {
    let now = Timestamp::now();
    let end = |name: &'static str| {
        let Some(text) = parameter(query, name) else {
            return Ok(None);
        };
        let instant = instant(text.trim(), now, zone);
        let message = format!(
            "`{name}` is an instant (2026-03-04T05:06:07Z), a date (2026-03-04), or a time before now (36h, 7d)"
        );
        instant.map(Some).ok_or_else(|| misused(name, &message))
    };
    let range = Range {
        since: end("since")?,
        until: end("until")?,
    };
    match (range.since, range.until) {
        (Some(since), Some(until)) if since > until => {
            Err(misused("until", "`until` comes after `since`"))
        }
        _ => Ok(range),
    }
}

/// Whose days are meant: a name (`Europe/Berlin`) or an offset (`+02:00`); without one, those of this machine.
pub(super) fn zone(query: Option<&str>) -> Result<TimeZone, Failure> {
    let Some(text) = parameter(query, "zone") else {
        return Ok(TimeZone::system());
    };
    // In a query a plus that is not escaped is a blank.
    let text = text.replace(' ', "+");
    jiff::fmt::temporal::DateTimeParser::new()
        .parse_time_zone(&text)
        .map_err(|_| {
            misused(
                "zone",
                "`zone` is a name (Europe/Berlin) or an offset (+02:00)",
            )
        })
}

fn instant(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Ok(date) = text.parse::<Date>() {
        return Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    }
    // Nobody who asks for seven days means another number of hours.
    let before = text.parse::<Span>().ok()?;
    let before = before.to_duration(SpanRelativeTo::days_are_24_hours());
    let before = before.ok().filter(|before| !before.is_negative())?;
    now.checked_sub(before).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, since: Option<&str>, until: Option<&str>) {
        let zone = zone(Some(query)).unwrap();
        let range = range(Some(query), &zone).unwrap();
        let instant = |text: &str| text.parse::<Timestamp>().unwrap();
        let expected = Range {
            since: since.map(instant),
            until: until.map(instant),
        };
        assert_eq!(range, expected, "{query}");
    }

    #[test]
    fn ends_are_instants_and_dates_of_the_zone() {
        check("", None, None);
        check("since=&until=", None, None);
        check(
            "since=2026-03-04T05:06:07Z&until=2026-03-05T00:00:00%2B02:00",
            Some("2026-03-04T05:06:07Z"),
            Some("2026-03-04T22:00:00Z"),
        );
        check(
            "since=2026-03-04&zone=+02:00",
            Some("2026-03-03T22:00:00Z"),
            None,
        );
        check(
            "until=2026-03-04&zone=UTC",
            None,
            Some("2026-03-04T00:00:00Z"),
        );
    }

    #[test]
    fn ends_are_times_before_now() {
        let hours = |text: &str| {
            let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
            let then = instant(text, now, &TimeZone::UTC)?;
            Some((now.as_second() - then.as_second()) / 3_600)
        };
        assert_eq!(hours("36h"), Some(36));
        assert_eq!(hours("7d"), Some(7 * 24));
        assert_eq!(hours("1w 1d"), Some(8 * 24));
        for wrong in ["-1h", "1mo", "soon", "7", "999999w", "2026-02-30"] {
            assert_eq!(hours(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_time_is_named() {
        for (query, param) in [
            ("since=soon", "since"),
            ("until=-1h", "until"),
            ("since=2026-03-04&until=2026-03-03", "until"),
        ] {
            let failure = range(Some(query), &TimeZone::UTC).unwrap_err();
            assert_eq!(failure.error.param.as_deref(), Some(param), "{query}");
        }
        let failure = zone(Some("zone=Middle/Earth")).unwrap_err();
        assert_eq!(failure.error.param.as_deref(), Some("zone"));
    }
}
