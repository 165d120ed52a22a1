//! The names of files in the directory of logs (`management-api.md` 3.1 and 3.4), for who writes and for who reads them.
//!
//! What is named otherwise is not ours, and left alone. Times in names are in UTC, so that names sort like what they name.

use std::time::SystemTime;

use modelgate_management::time::timestamp;

/// What is written to one file until that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Series {
    /// Lines.
    Lines,
    /// Logs of requests.
    Requests,
}

/// What names of logs of failed requests begin with.
const FAILED: &str = "error-";
const END: &str = ".log";
/// What follows the name of a log that is being written.
const UNFINISHED: &str = ".part";
/// The time in the name of a full file, and its shape.
const ROTATED_AT: &str = "%Y-%m-%dT%H-%M-%S%.3f";
const ROTATED_SHAPE: &str = "0000-00-00T00-00-00.000";
/// The same for the log of a request.
const ASKED_AT: &str = "%Y-%m-%dT%H%M%S";
const ASKED_SHAPE: &str = "0000-00-00T000000";
/// Of the path of a request, so many characters are in the name of its log.
const PATH: usize = 64;
/// The longest id.
const LONGEST_ID: usize = 64;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// It is written to.
    Current(Series),
    /// It was, and is full.
    Rotated(Series),
    /// The log of one request.
    Request {
        /// Its id.
        id: &'a str,
        /// Only what fails is logged.
        failed: bool,
    },
    /// The log of a request that is being written, or was when the program was ended.
    Unfinished,
}

impl Series {
    pub(super) const ALL: [Self; 2] = [Self::Lines, Self::Requests];

    /// The name of the file that is written to.
    pub(crate) const fn current(self) -> &'static str {
        match self {
            Self::Lines => "main.log",
            Self::Requests => "requests.log",
        }
    }

    /// The name of a file that became full at a time.
    pub(super) fn rotated(self, time: SystemTime) -> String {
        let at = timestamp(time).strftime(ROTATED_AT);
        format!("{}{at}{END}", self.before())
    }

    /// What names of full files begin with.
    const fn before(self) -> &'static str {
        match self {
            Self::Lines => "main-",
            Self::Requests => "requests-",
        }
    }

    /// Whether a file of this name is a full one.
    fn has_rotated(self, stem: &str) -> bool {
        let time = stem.strip_prefix(self.before());
        time.is_some_and(|time| is_like(time, ROTATED_SHAPE))
    }
}

/// The name of the log of a request.
pub(super) fn request(path: &str, time: SystemTime, id: &str, failed: bool) -> String {
    let before = if failed { FAILED } else { "" };
    let at = timestamp(time).strftime(ASKED_AT);
    format!("{before}{}-{at}-{id}{END}", slug(path))
}

/// The name of a log while it is being written.
pub(super) fn unfinished(name: &str) -> String {
    format!("{name}{UNFINISHED}")
}

/// A path as a part of a name.
fn slug(path: &str) -> String {
    let words = path.split(|char: char| !char.is_ascii_alphanumeric() && char != '.');
    let words: Vec<&str> = words
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let slug: String = words.join("-").chars().take(PATH).collect();
    if slug.is_empty() {
        return "root".to_owned();
    }
    slug
}

/// What a file of this name is; none where it is not ours.
pub(crate) fn kind(name: &str) -> Option<Kind<'_>> {
    let mut series = Series::ALL.into_iter();
    if let Some(series) = series.find(|series| series.current() == name) {
        return Some(Kind::Current(series));
    }
    if let Some(name) = name.strip_suffix(UNFINISHED) {
        let is_request = matches!(kind(name), Some(Kind::Request { .. }));
        return is_request.then_some(Kind::Unfinished);
    }
    let stem = name.strip_suffix(END)?;
    let mut series = Series::ALL.into_iter();
    if let Some(series) = series.find(|series| series.has_rotated(stem)) {
        return Some(Kind::Rotated(series));
    }
    let (before, id) = stem.rsplit_once('-')?;
    let at = before.len().checked_sub(ASKED_SHAPE.len())?;
    let (path, time) = (before.get(..at)?, before.get(at..)?);
    let ours = is_id(id) && path.ends_with('-') && is_like(time, ASKED_SHAPE);
    ours.then_some(Kind::Request {
        id,
        failed: stem.starts_with(FAILED),
    })
}

/// Whether a text may be the id of a request.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text has digits where the shape has them, and is the same elsewhere.
fn is_like(text: &str, shape: &str) -> bool {
    let same = |(byte, shape): (u8, u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_197_161_007)
    }

    #[test]
    fn names_are_read_as_they_were_written() {
        for (series, before) in [(Series::Lines, "main"), (Series::Requests, "requests")] {
            let name = series.rotated(at());
            assert_eq!(name, format!("{before}-2025-11-26T22-46-01.007.log"));
            assert_eq!(kind(&name), Some(Kind::Rotated(series)));
            assert_eq!(kind(series.current()), Some(Kind::Current(series)));
        }
        for failed in [false, true] {
            let name = request("/v1/chat/completions", at(), "0af3", failed);
            let expected = "v1-chat-completions-2025-11-26T224601-0af3.log";
            assert!(name.ends_with(expected), "{name}");
            assert_eq!(name.starts_with("error-"), failed);
            assert_eq!(kind(&name), Some(Kind::Request { id: "0af3", failed }));
            assert_eq!(kind(&unfinished(&name)), Some(Kind::Unfinished));
        }
    }

    #[test]
    fn paths_cannot_name_another_file() {
        for (path, expected) in [
            ("", "root"),
            ("/", "root"),
            ("/../../etc/passwd", "etc-passwd"),
            (
                "/v1beta/models/a:generateContent",
                "v1beta-models-a-generateContent",
            ),
            ("/v1/models/gemini-2.5:x", "v1-models-gemini-2.5-x"),
            ("/a\\b\0\n%2F", "a-b-2F"),
        ] {
            assert_eq!(slug(path), expected, "{path:?}");
        }
        assert_eq!(slug(&"x".repeat(500)).len(), PATH);
    }

    #[test]
    fn what_others_put_there_is_not_ours() {
        for name in [
            "notes.log",
            "main.log.1",
            "main.log.part",
            "notes.part",
            "main-2025-11-26.log",
            "main-2025-11-26T22-46-01.007.log.gz",
            "others-2025-11-26T22-46-01.007.log",
            "error-.log",
            "2025-11-26T224601-0af3.log",
            "x-2025-11-26T22460x-0af3.log",
            "x-2025-11-26T224601-../a.log",
            "",
        ] {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
