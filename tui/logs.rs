//! The lines of the gateway's log that are shown.

use std::collections::VecDeque;

use modelgate_management::logs::NOT_TO_FILE;
use modelgate_management::{LogLevel, LogLine, LogLines};

use crate::app::Known;
use crate::list::Cursor;

/// Lines that are kept; the oldest go first.
const KEPT: usize = 2_000;

/// The log.
#[derive(Debug)]
pub(crate) struct Logs {
    lines: VecDeque<Line>,
    /// Lines that came so far.
    count: u64,
    /// Where the gateway goes on; whether it can be asked is told by the trouble.
    pub(crate) known: Known<Option<String>>,
    pub(crate) cursor: Cursor,
    /// What matters less is not shown.
    pub(crate) level: LogLevel,
    /// Only what has these words is shown.
    pub(crate) search: String,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Which one it is, of all that came.
    pub(crate) id: String,
    /// As it was written.
    pub(crate) text: String,
    /// Its parts, where it is one of the gateway's.
    pub(crate) parts: Option<LogLine>,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            count: 0,
            known: Known::default(),
            cursor: Cursor::at_end(),
            level: LogLevel::Trace,
            search: String::new(),
        }
    }
}

impl Logs {
    /// Takes in what the gateway has logged since.
    pub(crate) fn read(&mut self, lines: LogLines) {
        if lines.cursor_reset {
            self.lines.clear();
        }
        for text in lines.lines {
            self.push(text);
        }
        self.known.learn(lines.next_cursor);
    }

    /// Takes in a line that was told. One that is in a file is read from there.
    pub(crate) fn hear(&mut self, line: &LogLine) {
        if self.is_not_to_file() {
            self.push(line.to_string());
        }
    }

    /// Whether the gateway writes no file, so that there are only the lines that it tells.
    pub(crate) fn is_not_to_file(&self) -> bool {
        let trouble = self.known.trouble.as_ref();
        trouble.is_some_and(|trouble| trouble.message == NOT_TO_FILE)
    }

    fn push(&mut self, text: String) {
        self.count += 1;
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(Line {
            id: self.count.to_string(),
            parts: LogLine::parse(&text),
            text,
        });
    }

    /// Begins anew, as with another gateway.
    pub(crate) fn forget(&mut self) {
        self.lines.clear();
        self.known = Known::default();
    }

    /// The lines that matter enough and have the words, the oldest first.
    pub(crate) fn shown(&self) -> Vec<&Line> {
        let search = self.search.to_lowercase();
        let words: Vec<&str> = search.split_whitespace().collect();
        let shown = self.lines.iter().filter(|line| {
            let level = line.parts.as_ref().map(|parts| parts.level);
            level.is_none_or(|level| level <= self.level)
                && (words.is_empty() || has(&line.text, &words))
        });
        shown.collect()
    }

    /// The chosen one.
    pub(crate) fn chosen(&self) -> Option<&Line> {
        let shown = self.shown();
        let ids = shown.iter().map(|line| line.id.as_str());
        let chosen = self.cursor.index(ids);
        shown.get(chosen).copied()
    }
}

fn has(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// The next level, from what matters most to everything and around.
pub(crate) fn next_level(level: LogLevel) -> LogLevel {
    let place = LogLevel::ALL.iter().position(|known| *known == level);
    let next = place.map_or(0, |place| (place + 1) % LogLevel::ALL.len());
    LogLevel::ALL[next]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Trouble;

    fn lines(texts: &[&str], reset: bool) -> LogLines {
        LogLines {
            lines: texts.iter().map(|text| (*text).to_owned()).collect(),
            next_cursor: Some("c".to_owned()),
            cursor_reset: reset,
            ..LogLines::default()
        }
    }

    fn texts(logs: &Logs) -> Vec<&str> {
        let shown = logs.shown().into_iter();
        shown.map(|line| line.text.as_str()).collect()
    }

    const WARN: &str = "[2026-03-04T05:06:07Z] [0199] [warn ] [t] attempt failed";
    const INFO: &str = "[2026-03-04T05:06:08Z] [--------] [info ] [t] Request done";

    #[test]
    fn lines_are_filtered_by_level_and_words() {
        let mut logs = Logs::default();
        logs.read(lines(&[WARN, INFO, "  at somewhere"], false));
        assert_eq!(texts(&logs).len(), 3);
        logs.level = LogLevel::Warn;
        assert_eq!(texts(&logs), [WARN, "  at somewhere"]);
        logs.level = LogLevel::Trace;
        logs.search = "DONE request".to_owned();
        assert_eq!(texts(&logs), [INFO]);
        logs.search.clear();
        assert_eq!(logs.chosen().unwrap().text, "  at somewhere");
        logs.read(lines(&[INFO], true));
        assert_eq!(texts(&logs), [INFO], "it was deleted meanwhile");
    }

    #[test]
    fn lines_are_heard_where_there_is_no_file() {
        let mut logs = Logs::default();
        let line = LogLine::parse(WARN).unwrap();
        logs.hear(&line);
        assert!(texts(&logs).is_empty(), "it is read from the file");
        logs.known.trouble = Some(Trouble {
            message: NOT_TO_FILE.to_owned(),
            hint: None,
        });
        logs.hear(&line);
        assert_eq!(texts(&logs).len(), 1);
    }

    #[test]
    fn memory_is_flat() {
        let mut logs = Logs::default();
        for _ in 0..10 {
            logs.read(lines(&[WARN; 1_000], false));
        }
        assert_eq!(logs.shown().len(), KEPT);
        let mut level = LogLevel::Trace;
        for expected in ["error", "warn", "info", "debug", "trace"] {
            level = next_level(level);
            assert_eq!(level.name(), expected);
        }
    }
}
