//! When an upstream wants to be asked again.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use modelgate_dialects::duration::go_duration;

/// The wait that the headers of an error ask for: `retry-after-ms`, `retry-after` (seconds or a date), then the reset
/// times of OpenAI's rate limits (`providers.md` 1.4, 3.1).
pub(crate) fn from_headers(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |value: f64| Duration::try_from_secs_f64(value).ok();
    if let Some(wait) =
        text("retry-after-ms").and_then(|value| seconds(value.parse::<f64>().ok()? / 1000.0))
    {
        return Some(wait);
    }
    if let Some(value) = text("retry-after") {
        if let Some(wait) = value.parse().ok().and_then(seconds) {
            return Some(wait);
        }
        if let Ok(date) = httpdate::parse_http_date(value) {
            return Some(date.duration_since(now).unwrap_or_default());
        }
    }
    ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"]
        .into_iter()
        .filter_map(|name| go_duration(text(name)?))
        .max()
}

/// A point of time in one of the spellings that providers have: seconds since 1970, RFC 3339, the date of a header.
pub(crate) fn moment(text: &str) -> Option<SystemTime> {
    if let Ok(seconds) = text.parse::<f64>() {
        return SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?);
    }
    let date = humantime::parse_rfc3339(text).ok();
    date.or_else(|| httpdate::parse_http_date(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], expected: Option<Duration>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, http::HeaderValue::from_static(value));
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(from_headers(&map, now), expected, "{headers:?}");
    }

    #[test]
    fn hints_are_read_in_the_order_of_their_precision() {
        let seconds = |value| Some(Duration::from_secs_f64(value));
        check(&[], None);
        check(&[("retry-after", "7")], seconds(7.0));
        check(&[("retry-after", "1.5")], seconds(1.5));
        check(
            &[("retry-after", "7"), ("retry-after-ms", "250")],
            seconds(0.25),
        );
        check(
            &[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")],
            seconds(10.0),
        );
        check(
            &[("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT")],
            seconds(0.0),
        );
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "-3")], None);
        check(&[("retry-after", "1e300")], None);
        check(
            &[
                ("x-ratelimit-reset-requests", "20ms"),
                ("x-ratelimit-reset-tokens", "6m0s"),
            ],
            seconds(360.0),
        );
        check(&[("x-ratelimit-reset-tokens", "1h2m3.5s")], seconds(3723.5));
        check(&[("x-ratelimit-reset-tokens", "5 apples")], None);
    }
}
