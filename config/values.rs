//! Single values with a grammar of their own: sizes, durations, URLs, headers, moments.
//!
//! Every reader answers with the value, or with what is wrong and what to write instead. What could be
//! a secret is never repeated in an answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use url::Url;

use crate::model::Proxy;
use crate::secret::Secret;

/// No wait is longer than this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with a value, and a hint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) hint: String,
}

fn complain<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, Complaint> {
    Err(Complaint {
        message: message.into(),
        hint: hint.into(),
    })
}

/// An address to bind: `""` is all interfaces of both families.
pub(crate) fn host(text: &str) -> Result<IpAddr, Complaint> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    match bare {
        "" | "*" => Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => match bare.parse() {
            Ok(address) => Ok(address),
            Err(_) => complain(
                "host must be an IP address or `localhost`",
                "write `127.0.0.1` for this machine only, or `\"\"` for all interfaces; the port goes to `port`",
            ),
        },
    }
}

/// Bytes: `1048576`, `64MB`, `512 KiB`. Units count in 1024s.
pub(crate) fn size(text: &str) -> Result<usize, Complaint> {
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        _ => None,
    };
    let hint = "write bytes, or a whole number with a unit: `64MB`";
    let (Some(shift), Ok(number)) = (shift, digits.parse::<u64>()) else {
        return complain("must be a size", hint);
    };
    match number
        .checked_mul(1 << shift)
        .and_then(|bytes| usize::try_from(bytes).ok())
    {
        Some(bytes @ 1024..) => Ok(bytes),
        Some(_) => complain("this size is too small", "write at least `1KB`"),
        None => complain("this size is too large", hint),
    }
}

/// A wait: `10s`, `1m 30s`, `500ms`, or whole seconds; at most 24 hours.
pub(crate) fn duration(text: &str) -> Result<Duration, Complaint> {
    duration_within(text, LONGEST, "24h")
}

/// A time of at most `longest`, whose own text is `shown`.
pub(crate) fn duration_within(
    text: &str,
    longest: Duration,
    shown: &str,
) -> Result<Duration, Complaint> {
    let hint = "write seconds, or text such as `500ms`, `10s` or `1m 30s`";
    let parsed = match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    match parsed {
        Some(duration) if duration > longest => {
            complain("this time is too long", format!("write at most `{shown}`"))
        }
        Some(duration) => Ok(duration),
        None => complain("must be a duration", hint),
    }
}

/// The base URL of an upstream, without a slash at the end.
pub(crate) fn base_url(text: &str) -> Result<Url, Complaint> {
    let hint = "write it like `https://api.example.com/v1`";
    let Ok(mut url) = Url::parse(text) else {
        return complain("this is not a URL", hint);
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return complain("the URL must start with http:// or https://", hint);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return complain(
            "the URL must not hold a user name or password",
            "use `api-key` or `headers`",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return complain("the URL must not have a `?query` or `#fragment`", hint);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The value of a `proxy-url`.
pub(crate) fn proxy(text: &str) -> Result<Proxy, Complaint> {
    match text.to_ascii_lowercase().as_str() {
        "" => return Ok(Proxy::Inherit),
        "direct" | "none" => return Ok(Proxy::Direct),
        _ => {}
    }
    let known = |url: &Url| {
        matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()
    };
    match Url::parse(text) {
        Ok(url) if known(&url) => Ok(Proxy::Url(Secret::from(text))),
        _ => complain(
            "this is not a proxy",
            "write `http://host:port`, `https://…`, `socks5://…`, `socks5h://…`, or `direct` for no proxy",
        ),
    }
}

/// A name before models; never holds a slash.
pub(crate) fn prefix(text: &str) -> Result<Option<String>, Complaint> {
    let bare = text.trim_matches('/').trim();
    if bare.contains('/') || bare.chars().any(char::is_whitespace) {
        return complain(
            "a prefix is one word without `/`",
            "models are then asked for as `prefix/model`",
        );
    }
    Ok((!bare.is_empty()).then(|| bare.to_owned()))
}

/// The id or number of a Google Cloud project; one step of a path.
pub(crate) fn google_project(text: &str) -> Result<String, Complaint> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    // Dots alone would climb up the path.
    if text.bytes().all(sign) && text.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    complain(
        "this is not the id of a project",
        "write it like `my-project-123456`, as the console of Google Cloud shows it",
    )
}

/// A location of Google Cloud; part of a host name.
pub(crate) fn google_location(text: &str) -> Result<String, Complaint> {
    let location = text.to_ascii_lowercase();
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if location.bytes().all(sign) && !location.starts_with('-') {
        return Ok(location);
    }
    complain(
        "this is not a location",
        "write `global`, or a region such as `us-central1`",
    )
}

/// The name of an extra header.
pub(crate) fn header_name(name: &str) -> Result<(), Complaint> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return complain("this is not a header name", "use letters, digits and `-`");
    }
    match name.to_ascii_lowercase().as_str() {
        "connection" | "content-length" | "host" | "transfer-encoding" | "upgrade" => complain(
            "this header belongs to the connection and cannot be set",
            "remove it",
        ),
        _ => Ok(()),
    }
}

/// The value of an extra header.
pub(crate) fn header_value(value: &str) -> Result<(), Complaint> {
    if value
        .bytes()
        .all(|byte| byte == b'\t' || (0x20..0x7f).contains(&byte))
    {
        return Ok(());
    }
    complain(
        "this header value has characters that cannot be sent",
        "use plain ASCII text on one line",
    )
}

/// The moment from which a key is refused: a date (its first second, UTC) or RFC 3339.
pub(crate) fn moment(text: &str) -> Result<SystemTime, Complaint> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let (local, offset) = split_offset(&full);
    let parsed = humantime::parse_rfc3339_weak(local).ok().zip(offset);
    let moment = parsed.and_then(|(moment, minutes)| {
        let shift = Duration::from_secs(minutes.unsigned_abs() * 60);
        if minutes < 0 {
            moment.checked_add(shift)
        } else {
            moment.checked_sub(shift)
        }
    });
    match moment {
        Some(moment) => Ok(moment),
        None => complain(
            "this is not a date",
            "write `2027-01-31` or `2027-01-31T18:00:00Z`",
        ),
    }
}

/// Cuts `+02:00` off a timestamp and gives it in minutes; `None` for an impossible one.
fn split_offset(text: &str) -> (&str, Option<i64>) {
    let Some(at) = text.rfind(['+', '-']).filter(|at| *at > 10) else {
        return (text, Some(0));
    };
    let (local, offset) = text.split_at(at);
    let minutes = offset[1..].split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
        (hours < 24 && minutes < 60).then(|| i64::from(hours) * 60 + i64::from(minutes))
    });
    (
        local,
        minutes.map(|minutes| {
            if offset.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_in_1024s() {
        let rows = [
            ("2048", 2048),
            ("64MB", 64 << 20),
            ("64 mib", 64 << 20),
            ("3k", 3072),
            ("1GB", 1 << 30),
            ("1024B", 1024),
        ];
        for (text, expected) in rows {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "MB",
            "64XB",
            "-1",
            "1.5MB",
            "12",
            "0",
            "99999999999999GB",
            "64MB!",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_seconds_or_text() {
        let rows = [
            ("10", 10_000),
            ("10s", 10_000),
            ("500ms", 500),
            ("1m 30s", 90_000),
            ("24h", 86_400_000),
            ("0", 0),
        ];
        for (text, expected) in rows {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(expected)),
                "{text}"
            );
        }
        for text in [
            "",
            "-1",
            "s",
            "ten",
            "1000000y",
            "25h",
            "18446744073709551615",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn base_urls_are_plain_and_lose_the_last_slash() {
        let rows = [
            ("https://a.test/v1/", "https://a.test/v1"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/"),
            ("https://a.test//", "https://a.test/"),
        ];
        for (text, expected) in rows {
            assert_eq!(
                base_url(text).map(String::from),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "a.test",
            "ftp://a.test",
            "https://",
            "https://u:p@a.test",
            "https://a.test?x=1",
            "https://a.test#x",
            "localhost:80",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn proxies_are_urls_or_words() {
        assert_eq!(proxy(""), Ok(Proxy::Inherit));
        assert_eq!(proxy("DIRECT"), Ok(Proxy::Direct));
        assert_eq!(proxy("none"), Ok(Proxy::Direct));
        for text in [
            "http://p:1",
            "https://p:1",
            "socks5://u:p@p:1",
            "socks5h://p:1",
        ] {
            assert_eq!(proxy(text), Ok(Proxy::Url(Secret::from(text))), "{text}");
        }
        for text in ["p:1", "ftp://p", "socks4://p:1", "http://"] {
            assert!(proxy(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_dates_or_timestamps() {
        let second = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let rows = [
            ("1970-01-02", 86_400),
            ("1970-01-02T00:00:01Z", 86_401),
            ("1970-01-02 00:00:01", 86_401),
            ("1970-01-02T02:00:00+02:00", 86_400),
            ("1970-01-01T22:30:00-01:30", 86_400),
        ];
        for (text, expected) in rows {
            assert_eq!(moment(text), Ok(second(expected)), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2027-13-01",
            "2027-02-30",
            "2027-01-01T00:00:00+25:00",
            "2027-01-01T00:00:00+é",
            "31.01.2027",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn headers_must_be_sendable() {
        assert_eq!(header_name("X-Team"), Ok(()));
        for name in ["", "X Team", "X:Team", "Content-Length", "é"] {
            assert!(header_name(name).is_err(), "{name}");
        }
        assert_eq!(header_value("a b\t~"), Ok(()));
        for value in ["a\nb", "é", "\u{7f}"] {
            assert!(header_value(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn hosts_are_addresses() {
        let rows = [
            ("", "::"),
            ("127.0.0.1", "127.0.0.1"),
            ("localhost", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"),
            ("[::1]", "::1"),
            ("::1", "::1"),
        ];
        for (text, expected) in rows {
            assert_eq!(
                host(text).map(|address| address.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "127.0.0.1:80",
            "example.com",
            "http://127.0.0.1",
            "256.0.0.1",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn projects_and_locations_are_one_step_of_a_url() {
        for text in ["my-project-1", "123456", "example.com:my-project"] {
            assert_eq!(google_project(text), Ok(text.to_owned()));
        }
        for text in ["", "..", "a/b", "a b", "a?b", "é", "a%2fb"] {
            assert!(google_project(text).is_err(), "{text}");
        }
        assert_eq!(google_location("US-central1"), Ok("us-central1".to_owned()));
        for text in ["-", "us.central1", "us/central1", "us central1", "é", "a@b"] {
            assert!(google_location(text).is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes_are_one_word() {
        assert_eq!(prefix("/team/"), Ok(Some("team".to_owned())));
        assert_eq!(prefix("//"), Ok(None));
        assert!(prefix("a/b").is_err());
        assert!(prefix("a b").is_err());
    }
}
