//! The thread that writes log files. Nobody waits for it but those who delete.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use modelgate_management::time::timestamp;
use modelgate_management::{LogLevel, LogLine};

use super::names::Series;
use super::report::Report;
use super::rolling::{Rolling, open_private};
use super::{Board, Settings, names, retention};

/// Bytes that are written at once.
const BATCH: usize = 64 << 10;
/// How long logs of requests are gathered before they are written, if they are not more than so many bytes: to be woken for each
/// costs more than the log.
const GATHER: Duration = Duration::from_millis(50);
pub(super) const PIECE: usize = 1 << 20;
/// Who says what the writer has to say.
const OURS: &str = "modelgate_gateway::logs";

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Job {
    /// A line.
    Line(Box<Line>),
    /// A request that is over, whose log is not in the board's.
    Report(Box<Report>),
    /// There are logs of requests in the board, which were none, or not many.
    Gathered,
    /// The settings are others.
    Settings,
    /// Delete all lines; the answer is how many files went.
    Clear(SyncSender<io::Result<usize>>),
    /// Say when everything before is written.
    Flush(SyncSender<()>),
}

/// A line, and who wants it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) line: LogLine,
    pub(super) to_file: bool,
    pub(super) to_followers: bool,
}

impl Line {
    /// The memory that it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.line.text.len()
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    receiver: Receiver<Job>,
    board: Arc<Board>,
    settings: Arc<Settings>,
    log: Rolling,
    /// Lines that are written next, and how many they are.
    lines: Vec<u8>,
    count: u64,
    /// Lines that could not be written, since the last that could.
    missing: u64,
    requests: Rolling,
    /// When logs of requests that are gathered are written.
    due: Option<Instant>,
    /// The last log of a request could not be written.
    broken: bool,
}

impl Writer {
    pub(super) fn new(receiver: Receiver<Job>, board: Arc<Board>) -> Self {
        let settings = board.settings.load_full();
        let directory = &settings.files.directory;
        Self {
            receiver,
            log: Rolling::new(Series::Lines, directory.clone()),
            requests: Rolling::new(Series::Requests, directory.clone()),
            board,
            settings,
            lines: Vec::new(),
            count: 0,
            missing: 0,
            due: None,
            broken: false,
        }
    }

    pub(super) fn run(mut self) {
        self.tidy();
        loop {
            match self.wait() {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while self.lines.len() < BATCH
                && let Ok(job) = self.receiver.try_recv()
            {
                self.take(job);
            }
            self.write_lines();
            self.gather();
        }
        self.write_reports();
    }

    fn wait(&self) -> Result<Job, RecvTimeoutError> {
        match self.due {
            None => self
                .receiver
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => {
                let rest = due.saturating_duration_since(Instant::now());
                self.receiver.recv_timeout(rest)
            }
        }
    }

    /// Writes the logs of requests once they are many, or wait for long.
    fn gather(&mut self) {
        let size = self.board.gathered().size();
        let now = Instant::now();
        if size >= PIECE || self.due.is_some_and(|due| due <= now) {
            self.write_reports();
        } else if size > 0 {
            self.due.get_or_insert(now + GATHER);
        }
    }

    fn take(&mut self, job: Job) {
        self.follow();
        match job {
            Job::Line(line) => {
                self.board.line_bytes.fetch_sub(line.size(), Relaxed);
                self.take_line(*line);
            }
            Job::Report(report) => {
                self.board.report_bytes.fetch_sub(report.size(), Relaxed);
                self.take_report(&report);
            }
            Job::Settings | Job::Gathered => {}
            Job::Clear(reply) => {
                (self.lines, self.count) = (Vec::new(), 0);
                // Nobody listens any more: it is done all the same.
                let _ = reply.send(self.clear());
            }
            Job::Flush(reply) => {
                self.write_all();
                let _ = reply.send(());
            }
        }
    }

    fn take_line(&mut self, line: Line) {
        let Line {
            mut line,
            to_file,
            to_followers,
        } = line;
        line.text = self.settings.mask.cleaned(line.text);
        if to_file {
            self.push(&line.to_string());
        }
        if to_followers {
            self.board.followers.tell(line);
        }
    }

    /// Takes over other settings.
    fn follow(&mut self) {
        let settings = self.board.settings.load_full();
        if Arc::ptr_eq(&settings, &self.settings) {
            return;
        }
        let files = settings.files != self.settings.files;
        if files {
            // What waits belongs where it was meant for.
            self.write_all();
        }
        self.settings = settings;
        if files {
            let directory = &self.settings.files.directory;
            self.log = Rolling::new(Series::Lines, directory.clone());
            self.requests = Rolling::new(Series::Requests, directory.clone());
            self.tidy();
        }
    }

    fn push(&mut self, line: &str) {
        self.lines.extend_from_slice(line.as_bytes());
        self.lines.push(b'\n');
        self.count += 1;
    }

    fn write_all(&mut self) {
        self.write_lines();
        self.write_reports();
    }

    fn write_lines(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let (lines, count) = (
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.count),
        );
        let was_missing = self.missing > 0;
        let missing = self.missing + self.board.lost_lines.swap(0, Relaxed);
        let lines = match missing {
            0 => lines,
            missing => [said(missing).as_bytes(), &lines].concat(),
        };
        let full = retention::full_at(&self.settings.files);
        match self.log.write(&lines, full, SystemTime::now()) {
            Ok(rotated) => {
                self.missing = 0;
                if rotated {
                    self.tidy();
                }
            }
            Err(error) => {
                self.missing = missing + count;
                if !was_missing {
                    let directory = self.log.directory().display();
                    tracing::error!(%error, %directory, "the log cannot be written to its file");
                }
            }
        }
        self.lines = again(lines);
    }

    fn take_report(&mut self, report: &Report) {
        let (name, text) = (report.name(), report.text(&self.settings.mask));
        if report.failed_only {
            self.tell_lost();
            let written = self.write_file(&name, &text);
            // There may be one too many of them.
            self.settle(written.map(|()| true), &name);
        } else {
            self.board.gathered().push(&name, &text);
            self.gather();
        }
    }

    fn tell_lost(&self) {
        let lost = self.board.lost_reports.swap(0, Relaxed);
        if lost > 0 {
            tracing::warn!(
                lost,
                "logs of requests are missing: there were too many at once"
            );
        }
    }

    /// Writes the logs that are in one file with others.
    fn write_reports(&mut self) {
        self.due = None;
        self.tell_lost();
        let gathered = std::mem::take(&mut *self.board.gathered());
        if gathered.is_empty() {
            return;
        }
        let full = retention::full_at(&self.settings.files);
        for piece in gathered.pieces(usize::try_from(full).unwrap_or(usize::MAX)) {
            let written = self.requests.write(piece, full, SystemTime::now());
            self.settle(written, Series::Requests.current());
        }
        let mut next = self.board.gathered();
        if next.is_empty() {
            *next = gathered.again(PIECE);
        }
    }

    /// Writes a log in a file of its own.
    fn write_file(&self, name: &str, text: &str) -> io::Result<()> {
        // Whoever finds it by its name finds all of it.
        let unfinished = self.path(&names::unfinished(name));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut file = match open_private(&unfinished, &mut options) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                modelgate_config::make_directory(self.log.directory())?;
                open_private(&unfinished, &mut options)?
            }
            opened => opened?,
        };
        file.write_all(text.as_bytes())?;
        fs::rename(&unfinished, self.path(name))
    }

    /// Tells when logs of requests begin to fail, and makes room where one more file is there.
    fn settle(&mut self, written: io::Result<bool>, name: &str) {
        let was_broken = std::mem::replace(&mut self.broken, written.is_err());
        match written {
            Ok(true) => self.tidy(),
            Ok(false) => {}
            Err(error) if !was_broken => {
                let path = self.path(name);
                tracing::error!(%error, path = %path.display(), "the log of a request cannot be written");
            }
            Err(_) => {}
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.log.directory().join(name)
    }

    fn clear(&mut self) -> io::Result<usize> {
        let removed = retention::remove_rotated(self.log.directory())?;
        self.log.clear()?;
        Ok(removed)
    }

    fn tidy(&self) {
        if let Err(error) = retention::tidy(&self.settings.files) {
            tracing::warn!(%error, "old log files are not deleted");
        }
    }
}

/// The memory of what is written, for what is next.
fn again(mut written: Vec<u8>) -> Vec<u8> {
    written.clear();
    written.shrink_to(BATCH);
    written
}

/// The line in the place of lines that are missing.
fn said(missing: u64) -> String {
    let line = LogLine {
        time: timestamp(SystemTime::now()),
        request_id: None,
        level: LogLevel::Warn,
        target: OURS.to_owned(),
        text: format!(
            "lines are missing here: they could not be written in time missing={missing}"
        ),
    };
    format!("{line}\n")
}
