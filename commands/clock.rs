//! Instants and times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time of day where the person is.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// The clock of this machine.
    pub(crate) fn system() -> Self {
        Self {
            now: Timestamp::now(),
            zone: TimeZone::system(),
        }
    }

    /// The time of day; with the date where that is not today's.
    pub(crate) fn at(&self, instant: Timestamp) -> String {
        let today = self.now.to_zoned(self.zone.clone()).date();
        let then = instant.to_zoned(self.zone.clone());
        let form = match then.date() {
            date if date == today => "%H:%M:%S",
            date if date.year() == today.year() => "%-d %b %H:%M",
            _ => "%-d %b %Y %H:%M",
        };
        then.strftime(form).to_string()
    }
}

/// A number of milliseconds in the unit that suits it.
pub(crate) fn millis(millis: u64) -> String {
    match millis {
        0..10_000 => format!("{millis} ms"),
        10_000..120_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// A number of microseconds, in milliseconds.
pub(crate) fn micros(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1_000, micros % 1_000 / 10)
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::tz::{Offset, TimeZone};

    use super::*;

    /// A clock two hours east of Greenwich that shows 14:00.
    pub(crate) fn clock() -> Clock {
        Clock {
            now: "2026-03-04T12:00:00Z".parse().unwrap(),
            zone: TimeZone::fixed(Offset::constant(2)),
        }
    }

    #[test]
    fn the_date_is_left_out_today() {
        for (instant, expected) in [
            ("2026-03-04T12:30:15.9Z", "14:30:15"),
            ("2026-03-04T21:59:59Z", "23:59:59"),
            ("2026-03-04T22:00:00Z", "5 Mar 00:00"),
            ("2025-12-31T23:00:00Z", "1 Jan 01:00"),
            ("2025-12-31T00:00:00Z", "31 Dec 2025 02:00"),
        ] {
            assert_eq!(clock().at(instant.parse().unwrap()), expected);
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_panic() {
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            assert!(!clock().at(instant).is_empty());
        }
    }

    #[test]
    fn times_have_a_unit_that_suits_them() {
        for (time, expected) in [
            (0, "0 ms"),
            (9_999, "9999 ms"),
            (12_345, "12.3 s"),
            (125_000, "2 min 5 s"),
        ] {
            assert_eq!(millis(time), expected);
        }
        assert_eq!(micros(412), "0.41 ms");
        assert_eq!(micros(12_009), "12.00 ms");
    }
}
