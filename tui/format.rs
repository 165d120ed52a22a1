//! Numbers, times and amounts as people read them at a glance.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use modelgate_management::UsageTotals;

/// Stands for what is not known, which is not zero.
pub(crate) const UNKNOWN: &str = "-";

/// A count in four columns or less: `999`, `1.2k`, `45k`, `7.0M`.
pub(crate) fn count(count: u64) -> String {
    let scaled = |unit: u64, letter: char| {
        let tenths = count / (unit / 10);
        if tenths < 100 {
            format!("{}.{}{letter}", tenths / 10, tenths % 10)
        } else {
            format!("{}{letter}", tenths / 10)
        }
    };
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => scaled(1_000, 'k'),
        1_000_000..1_000_000_000 => scaled(1_000_000, 'M'),
        1_000_000_000..1_000_000_000_000 => scaled(1_000_000_000, 'G'),
        _ => scaled(1_000_000_000_000, 'T'),
    }
}

/// So many in a second.
pub(crate) fn rate(rate: f64) -> String {
    if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        count(rate.round() as u64)
    }
}

/// Billionths of a dollar: `$0.0031`, `$12.34`.
pub(crate) fn money(nanodollars: u64) -> String {
    let dollars = nanodollars as f64 / 1e9;
    match nanodollars {
        0 => "$0".to_owned(),
        1..100_000 => "<$0.0001".to_owned(),
        100_000..1_000_000_000 => format!("${dollars:.4}"),
        1_000_000_000..1_000_000_000_000 => format!("${dollars:.2}"),
        _ => format!("${dollars:.0}"),
    }
}

/// What sums cost: nothing is known where nothing of it has a price, and `~` marks what is not exact.
pub(crate) fn cost(totals: &UsageTotals) -> String {
    if totals.requests > 0 && totals.unpriced == totals.requests {
        return UNKNOWN.to_owned();
    }
    let exact = totals.estimated == 0 && totals.unpriced == 0;
    let mark = if exact { "" } else { "~" };
    format!("{mark}{}", money(totals.cost_nanodollars))
}

/// Milliseconds in the unit that suits them: `640 ms`, `1.07 s`, `14.2 s`, `2 m 05 s`.
pub(crate) fn millis(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..10_000 => format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10),
        10_000..100_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => seconds(i64::try_from(millis / 1_000).unwrap_or(i64::MAX)),
    }
}

/// A stretch of time in whole seconds: `42 s`, `4 m 05 s`, `3 h 20 m`, `2 d 4 h`.
pub(crate) fn seconds(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        seconds @ 3_600..86_400 => format!("{} h {:02} m", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// What is left of a time, in seven columns or less: `0:42`, `9:57`, `2:05:00`, `3 d 4 h`.
pub(crate) fn countdown(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        seconds @ 3_600..86_400 => {
            let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
            format!("{hours}:{minutes:02}:{:02}", seconds % 60)
        }
        seconds => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A share as a percentage.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return UNKNOWN.to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    if percent > 0.0 && percent < 9.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// The time of day where the person is; with the date where that is not today's.
pub(crate) fn clock(instant: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let then = instant.to_zoned(zone.clone());
    let today = now.to_zoned(zone.clone()).date();
    let form = if then.date() == today {
        "%H:%M:%S"
    } else {
        "%d %b %H:%M"
    };
    then.strftime(form).to_string()
}

/// The date and the time of day where the person is.
pub(crate) fn date(instant: Timestamp, zone: &TimeZone) -> String {
    let then = instant.to_zoned(zone.clone());
    then.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment as somebody would type it: the date alone where the day begins then, in UTC.
pub(crate) fn typed_date(instant: Timestamp) -> String {
    let text = instant.to_string();
    text.strip_suffix("T00:00:00Z").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_four_columns() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0k"),
            (9_999, "9.9k"),
            (10_000, "10k"),
            (999_999, "999k"),
            (7_000_000, "7.0M"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(count(number), expected);
        }
        assert_eq!((rate(0.0), rate(9.96)), ("0.0".to_owned(), "10".to_owned()));
    }

    #[test]
    fn amounts_are_never_shown_as_nothing() {
        for (nanodollars, expected) in [
            (0, "$0"),
            (1, "<$0.0001"),
            (3_100_000, "$0.0031"),
            (12_345_000_000, "$12.35"),
            (1_234_567_000_000, "$1235"),
        ] {
            assert_eq!(money(nanodollars), expected);
        }
        let totals = |requests, unpriced, cost_nanodollars| UsageTotals {
            requests,
            unpriced,
            cost_nanodollars,
            ..UsageTotals::default()
        };
        assert_eq!(cost(&totals(2, 2, 0)), "-");
        assert_eq!(cost(&totals(2, 1, 5_000_000)), "~$0.0050");
        assert_eq!(cost(&totals(0, 0, 0)), "$0");
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(1, 1_000), "0.1 %");
        assert_eq!(percent(1, 2), "50 %");
    }

    #[test]
    fn times_have_a_unit_that_suits_them() {
        for (time, expected) in [
            (0, "0 ms"),
            (1_071, "1.07 s"),
            (14_210, "14.2 s"),
            (125_000, "2 m 05 s"),
        ] {
            assert_eq!(millis(time), expected);
        }
        for (time, expected) in [
            (-5, "0 s"),
            (59, "59 s"),
            (3_600, "1 h 00 m"),
            (200_000, "2 d 7 h"),
        ] {
            assert_eq!(seconds(time), expected);
        }
    }

    #[test]
    fn what_is_left_counts_down() {
        for (left, expected) in [
            (-1, "0:00"),
            (597, "9:57"),
            (7_500, "2:05:00"),
            (273_600, "3 d 4 h"),
        ] {
            assert_eq!(countdown(left), expected);
        }
    }

    #[test]
    fn the_date_is_left_out_today() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = "2026-03-04T12:00:00Z".parse().unwrap();
        let at = |text: &str| clock(text.parse().unwrap(), now, &zone);
        assert_eq!(at("2026-03-04T12:30:15Z"), "14:30:15");
        assert_eq!(at("2026-03-03T12:30:15Z"), "03 Mar 14:30");
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            assert!(!clock(instant, now, &zone).is_empty());
        }
    }
}
