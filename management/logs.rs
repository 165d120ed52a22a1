//! The gateway's log: what a line of it looks like, and the answers of `GET logs` and its siblings
//! (`management-api.md` 3).
//!
//! Names of fields are those that programs of the family know.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::inert::inert;
use crate::time::Timestamp;

/// Why the gateway has no lines to show.
pub const NOT_TO_FILE: &str = "logging to file disabled";

/// In the place of the id where a line is about no request.
const NOBODY: &str = "--------";
/// What every line begins with and what its parts are told apart by.
const OPEN: char = '[';
const BETWEEN: &str = "] ";

/// How much a line matters, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something may break.
    Warn,
    /// What happens.
    Info,
    /// Why it happens.
    Debug,
    /// Everything.
    Trace,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// The request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How much it matters.
    pub level: LogLevel,
    /// Which part of the program says it.
    pub target: String,
    /// What it says, and its fields.
    pub text: String,
}

/// What `GET logs` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogLines {
    /// The lines, the oldest first.
    pub lines: Vec<String>,
    /// How many lines were looked at.
    pub line_count: u64,
    /// The latest time of a line, in seconds since 1970.
    pub latest_timestamp: i64,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The place to go on from is gone: these are the last lines instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cursor_reset: bool,
}

/// What `DELETE logs` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsCleared {
    /// It was done.
    pub success: bool,
    /// The same for a person.
    pub message: String,
    /// Files that are gone, beside the emptied one.
    pub removed: usize,
}

/// What `GET request-error-logs` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFiles {
    /// The files, the newest first.
    pub files: Vec<LogFile>,
}

/// The log of one request, as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// Its name.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// When it was written, in seconds since 1970.
    pub modified: i64,
}

/// Which lines are asked for. The last three are not of the family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// The last so many.
    pub limit: Option<usize>,
    /// Those behind this place, which an earlier answer gave.
    pub cursor: Option<String>,
    /// Those that matter as much, or more.
    pub level: Option<LogLevel>,
    /// Those that hold this text.
    pub grep: Option<String>,
    /// Those about this request.
    pub request: Option<String>,
}

impl LogLevel {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Debug,
        Self::Trace,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of a name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(name))
    }
}

impl LogLine {
    /// The parts of a line; none where it is not one of ours.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (time, rest) = part(line)?;
        let (id, rest) = part(rest)?;
        let (level, rest) = part(rest)?;
        let (target, text) = part(rest)?;
        Some(Self {
            time: time.parse().ok()?,
            request_id: (id != NOBODY).then(|| id.to_owned()),
            level: LogLevel::from_name(level)?,
            target: target.to_owned(),
            text: text.to_owned(),
        })
    }

    /// When a line was written; none where it does not say so.
    #[must_use]
    pub fn time_of(line: &str) -> Option<Timestamp> {
        part(line)?.0.parse().ok()
    }
}

/// What stands in brackets at the beginning, and what follows.
fn part(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(OPEN)?.split_once(BETWEEN)
}

/// One line, whatever its parts hold: what would move a cursor or end the line is written out.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.request_id.as_deref().unwrap_or(NOBODY);
        let level = self.level.name();
        write!(
            f,
            "[{:.3}] [{id}] [{level:<5}] [{}] ",
            self.time, self.target
        )?;
        f.write_str(&inert(&self.text))
    }
}

impl LogQuery {
    /// As a query.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let limit = self.limit.map(|limit| limit.to_string());
        let level = self.level.map(|level| level.name().to_owned());
        let pairs = [
            ("limit", limit),
            ("cursor", self.cursor.clone()),
            ("level", level),
            ("grep", self.grep.clone()),
            ("request", self.request.clone()),
        ];
        let given = pairs.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> LogLine {
        LogLine {
            time: "2026-11-26T22:46:01.5Z".parse().unwrap(),
            request_id: Some("019cb8a1d1f07c1e8a3f".to_owned()),
            level: LogLevel::Warn,
            target: "modelgate_gateway::search".to_owned(),
            text: "attempt failed status=429".to_owned(),
        }
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let text = line().to_string();
        assert_eq!(
            text,
            "[2026-11-26T22:46:01.500Z] [019cb8a1d1f07c1e8a3f] [warn ] [modelgate_gateway::search] \
             attempt failed status=429"
        );
        assert_eq!(LogLine::parse(&text), Some(line()));
        let of_nobody = LogLine {
            request_id: None,
            ..line()
        };
        let text = of_nobody.to_string();
        assert!(text.contains("Z] [--------] ["), "{text}");
        assert_eq!(LogLine::parse(&text), Some(of_nobody));
    }

    #[test]
    fn a_text_cannot_make_a_line_or_move_a_cursor() {
        let text = LogLine {
            text: "a\n[2026-01-01T00:00:00Z] [x] [info ] [y] b\u{1b}[2J\u{2028}".to_owned(),
            ..line()
        };
        let text = text.to_string();
        assert!(!text.contains(['\n', '\u{1b}', '\u{2028}']), "{text}");
        assert_eq!(LogLine::time_of(&text), Some(line().time));
    }

    #[test]
    fn what_is_no_line_of_ours_has_no_parts() {
        for text in [
            "",
            "[",
            "at line 3",
            "[noon] [a] [info ] [b] c",
            "[2026-11-26T22:46:01Z]",
        ] {
            assert_eq!(LogLine::parse(text), None, "{text}");
        }
        assert_eq!(
            LogLine::time_of("[2026-11-26T22:46:01Z] x"),
            "2026-11-26T22:46:01Z".parse().ok()
        );
    }

    #[test]
    fn graver_levels_come_first() {
        assert!(LogLevel::Error < LogLevel::Warn && LogLevel::Debug < LogLevel::Trace);
        for level in LogLevel::ALL {
            assert_eq!(
                LogLevel::from_name(&level.name().to_uppercase()),
                Some(level)
            );
        }
        assert_eq!(LogLevel::from_name("loud"), None);
    }

    #[test]
    fn answers_have_the_familys_names() {
        let lines = LogLines {
            lines: vec!["a".to_owned()],
            line_count: 2,
            latest_timestamp: 3,
            ..LogLines::default()
        };
        let text = serde_json::to_string(&lines).unwrap();
        assert_eq!(
            text,
            r#"{"lines":["a"],"line-count":2,"latest-timestamp":3}"#
        );
        let reset = r#"{"lines":[],"line-count":0,"latest-timestamp":0,"next-cursor":"x","cursor-reset":true}"#;
        let read: LogLines = serde_json::from_str(reset).unwrap();
        assert!(read.cursor_reset && read.next_cursor.as_deref() == Some("x"));
        assert_eq!(serde_json::to_string(&read).unwrap(), reset);
    }
}
