//! Which lines an answer has (`management-api.md` 3.2).

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use modelgate_management::{LogLevel, LogLine, LogLines};

use super::cursor::Cursor;
use super::sources::{Source, sources};
use crate::logs::names::Series;

/// Bytes of lines in an answer. Of more, the last are kept.
const MOST: usize = 8 << 20;
/// Of what is behind a cursor, so many bytes are told at once; the rest is behind the next one.
const AT_ONCE: usize = 1 << 20;
/// Lines in the place of those behind a cursor that leads nowhere, where no number is asked for.
const TAIL: usize = 1_000;

/// Which lines are asked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Those that are later than this second.
    pub(super) after: Option<i64>,
    /// The last so many.
    pub(super) limit: Option<usize>,
    /// Those behind this place.
    pub(super) cursor: Option<String>,
    pub(super) filter: Filter,
}

/// What lines are about.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// As grave as this, or graver.
    pub(super) level: Option<LogLevel>,
    /// They hold this text.
    pub(super) text: Option<String>,
    /// They are about this request.
    pub(super) request: Option<String>,
}

impl Filter {
    fn is_all(&self) -> bool {
        self.level.is_none() && self.text.is_none() && self.request.is_none()
    }

    fn takes(&self, line: &str) -> bool {
        if self.text.as_ref().is_some_and(|text| !line.contains(text)) {
            return false;
        }
        if self.level.is_none() && self.request.is_none() {
            return true;
        }
        let Some(line) = LogLine::parse(line) else {
            return false;
        };
        let grave = self.level.is_none_or(|level| line.level <= level);
        grave && (self.request.is_none() || self.request == line.request_id)
    }
}

/// Reads the log. Blocks.
pub(super) fn read(directory: &Path, wanted: &Wanted) -> io::Result<LogLines> {
    let sources = sources(directory, Series::Lines)?;
    let Some(text) = &wanted.cursor else {
        return match wanted.limit {
            Some(limit) if wanted.after.is_none() && wanted.filter.is_all() => {
                tail(&sources, wanted, limit)
            }
            _ => scan(&sources, wanted),
        };
    };
    let cursor = Cursor::parse(text);
    let place = cursor.as_ref().map(|cursor| cursor.find(&sources));
    match (cursor, place.transpose()?.flatten()) {
        (Some(cursor), Some(place)) => behind(&sources, wanted, &cursor, place),
        _ => Ok(LogLines {
            cursor_reset: true,
            ..tail(&sources, wanted, wanted.limit.unwrap_or(TAIL))?
        }),
    }
}

/// The last lines.
fn tail(sources: &[Source], wanted: &Wanted, limit: usize) -> io::Result<LogLines> {
    let (mut first, mut from) = (sources.len(), 0);
    let (mut lines, mut bytes) = (limit, MOST as u64);
    for (index, source) in sources.iter().enumerate().rev() {
        if lines == 0 || bytes == 0 {
            break;
        }
        let (begin, count) = source.tail(lines, bytes)?;
        (first, from) = (index, begin);
        lines -= count;
        bytes = bytes.saturating_sub(source.length - begin);
    }
    let mut reading = Reading::new(wanted, limit, 0);
    reading.read(sources, first, from, false)?;
    let returned = reading.kept.len() as u64;
    reading.answer(sources, returned)
}

/// All lines, from the first.
fn scan(sources: &[Source], wanted: &Wanted) -> io::Result<LogLines> {
    let mut reading = Reading::new(wanted, wanted.limit.unwrap_or(usize::MAX), 0);
    // What was put aside before that second holds no later line.
    let old = wanted.after.map_or(0, |after| {
        let second = Duration::from_secs(u64::try_from(after).unwrap_or(0));
        let since = SystemTime::UNIX_EPOCH.checked_add(second);
        let is_old = |source: &&Source| since.is_some_and(|since| source.modified < since);
        sources.iter().take_while(is_old).count()
    });
    reading.read(sources, old, 0, false)?;
    let seen = reading.seen;
    reading.answer(sources, seen)
}

/// What is behind a place: its last lines where a number is asked for, else its first ones.
fn behind(
    sources: &[Source],
    wanted: &Wanted,
    cursor: &Cursor,
    (index, offset): (usize, u64),
) -> io::Result<LogLines> {
    let limit = wanted.limit.unwrap_or(usize::MAX);
    let mut reading = Reading::new(wanted, limit, cursor.latest);
    reading.read(sources, index, offset, wanted.limit.is_none())?;
    let returned = reading.kept.len() as u64;
    reading.answer(sources, returned)
}

/// Lines on their way into an answer.
struct Reading<'a> {
    wanted: &'a Wanted,
    limit: usize,
    kept: VecDeque<String>,
    bytes: usize,
    seen: u64,
    latest: i64,
    /// Lines without a time go with the one before.
    in_time: bool,
    /// Where it ended.
    place: (usize, u64),
}

impl<'a> Reading<'a> {
    fn new(wanted: &'a Wanted, limit: usize, latest: i64) -> Self {
        Self {
            wanted,
            limit,
            kept: VecDeque::new(),
            bytes: 0,
            seen: 0,
            latest: latest.max(wanted.after.unwrap_or(0)),
            in_time: wanted.after.is_none(),
            place: (0, 0),
        }
    }

    /// Reads from a place in a file on; `pages` where the answer may end before the log does.
    fn read(&mut self, sources: &[Source], first: usize, from: u64, pages: bool) -> io::Result<()> {
        self.place = (first, from);
        for (index, source) in sources.iter().enumerate().skip(first) {
            let from = if index == first { from } else { 0 };
            let mut room = true;
            let end = source.lines(from, |line| {
                self.take(line);
                room = !pages || self.bytes < AT_ONCE;
                room
            })?;
            self.place = (index, end);
            if !room {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, line: &str) {
        self.seen += 1;
        if let Some(time) = LogLine::time_of(line) {
            let second = time.as_second();
            self.latest = self.latest.max(second);
            self.in_time = self.wanted.after.is_none_or(|after| second > after);
        }
        if !self.in_time || !self.wanted.filter.takes(line) {
            return;
        }
        self.bytes += line.len();
        self.kept.push_back(line.to_owned());
        while self.kept.len() > self.limit || self.bytes > MOST {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }

    fn answer(self, sources: &[Source], line_count: u64) -> io::Result<LogLines> {
        let (index, offset) = self.place;
        let cursor = Cursor::at(sources, index, offset, self.latest)?;
        Ok(LogLines {
            lines: self.kept.into(),
            line_count,
            latest_timestamp: self.latest,
            next_cursor: Some(cursor.to_string()),
            cursor_reset: false,
        })
    }
}

#[cfg(test)]
mod tests;
