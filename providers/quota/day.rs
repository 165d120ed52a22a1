//! Google's quotas of a day, which begin anew at midnight in California (`providers.md` 5).

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::{RawJson, Value};

const QUOTA_FAILURE: &str = "type.googleapis.com/google.rpc.QuotaFailure";
/// What the id of a quota says that is one of a day: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
const PER_DAY: &str = "PerDay";
/// Pacific time as the United States keep it, for systems that have no table of time zones.
const PACIFIC: &str = "PST8PDT,M3.2.0,M11.1.0";

/// When the quota begins anew that an error tells of, where it is one of a day. The delay beside it is that of the minute.
pub(crate) fn begins_anew(error: &Error, now: SystemTime) -> Option<SystemTime> {
    if error.kind != ErrorKind::RateLimit {
        return None;
    }
    let details = error.details.as_ref().map(RawJson::document)?;
    let is_failure = |detail: &Value<'_>| detail.text_of("@type").as_deref() == Some(QUOTA_FAILURE);
    let failures = details.root().items().filter(is_failure);
    let violations = failures.filter_map(|failure| failure.field("violations"));
    let mut ids = violations
        .flat_map(Value::items)
        .filter_map(|violation| violation.text_of("quotaId"));
    if ids.any(|id| id.contains(PER_DAY)) {
        midnight(now)
    } else {
        None
    }
}

/// The next midnight in California.
fn midnight(now: SystemTime) -> Option<SystemTime> {
    let zone = TimeZone::posix(PACIFIC).ok()?;
    let now = Timestamp::try_from(now).ok()?.to_zoned(zone);
    let midnight = now.tomorrow().ok()?.start_of_day().ok()?;
    Some(midnight.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn midnight_follows_the_clocks_of_california() {
        for (now, expected) in [
            ("2026-01-15T07:59:59Z", "2026-01-15T08:00:00Z"),
            ("2026-01-15T08:00:00Z", "2026-01-16T08:00:00Z"),
            ("2026-07-15T06:59:59Z", "2026-07-15T07:00:00Z"),
            ("2026-07-15T07:00:00Z", "2026-07-16T07:00:00Z"),
            // A day of 23 hours, and one of 25.
            ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
            ("2026-12-31T23:30:00Z", "2027-01-01T08:00:00Z"),
        ] {
            assert_eq!(midnight(at(now)), Some(at(expected)), "{now}");
        }
    }

    #[test]
    fn only_quotas_of_a_day_wait_for_midnight() {
        let told = |kind, quotas: &[&str]| {
            let violations = quotas
                .iter()
                .map(|id| format!(r#"{{"quotaMetric":"m","quotaId":"{id}"}}"#));
            let violations: Vec<String> = violations.collect();
            let details = format!(
                r#"[{{"@type":"type.googleapis.com/google.rpc.Help"}},{{"@type":"{QUOTA_FAILURE}","violations":[{}]}}]"#,
                violations.join(",")
            );
            let mut error = Error::new(kind, "no");
            error.details = RawJson::parse(details.into()).ok();
            assert!(error.details.is_some());
            begins_anew(&error, at("2026-07-15T12:00:00Z"))
        };
        let day = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
        let minute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
        let midnight = Some(at("2026-07-16T07:00:00Z"));
        assert_eq!(told(ErrorKind::RateLimit, &[day]), midnight);
        assert_eq!(told(ErrorKind::RateLimit, &[minute, day]), midnight);
        assert_eq!(told(ErrorKind::RateLimit, &[minute]), None);
        assert_eq!(told(ErrorKind::RateLimit, &[]), None);
        assert_eq!(told(ErrorKind::Overloaded, &[day]), None);
        let bare = Error::new(ErrorKind::RateLimit, "PerDay");
        assert_eq!(begins_anew(&bare, at("2026-07-15T12:00:00Z")), None);
    }
}
