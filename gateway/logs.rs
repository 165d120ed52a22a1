//! Log files: lines in a file that is put aside when it is full, logs of requests in another one where all are wanted, and a file
//! for each request that failed; and lines as they come, for whoever follows them.
//!
//! One thread masks and writes (`writer`). Whoever has something to say puts it in a queue and never waits: what finds no place
//! there is counted, and the file and the followers are told so. Who reads files is in `management/logs.rs`, both know them by
//! `names`; who follows is in `management/events.rs`.

pub(crate) mod bundle;
mod followers;
mod mask;
pub(crate) mod names;
mod report;
mod retention;
pub(crate) mod rolling;
mod secrets;
mod transcript;
mod writer;

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use modelgate_config::Config;
use modelgate_config::model::{self, RequestLogs};
use modelgate_management::LogLine;
use modelgate_providers::Account;
use tokio::sync::broadcast::Receiver;

use self::bundle::Gathered;
pub(crate) use self::followers::Spoken;
use self::followers::{Followers, may_be_told};
use self::mask::Mask;
use self::report::Report;
pub(crate) use self::transcript::Transcript;
use self::writer::{Job, Line, PIECE, Writer};
use crate::request::Incoming;

/// Things that wait to be written, and the bytes of them: lines, and logs of requests.
const QUEUE: usize = 8_192;
const LINE_BYTES: usize = 4 << 20;
const REPORT_BYTES: usize = 64 << 20;
/// What is kept of a request is little, in bytes.
const SMALL: usize = 64 << 10;
/// The longest line, in bytes.
const LONGEST: usize = 16 << 10;
/// How long the end of the program waits for what is not yet written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where log files are written. Clones write to the same ones.
#[derive(Debug, Clone)]
pub struct Logs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    board: Arc<Board>,
    /// The way to the thread, which is started when it has something to do; none where it cannot be.
    queue: OnceLock<Option<SyncSender<Job>>>,
}

/// What both sides of the queue look at.
#[derive(Debug)]
struct Board {
    settings: ArcSwap<Settings>,
    followers: Followers,
    /// What is in the queue.
    line_bytes: AtomicUsize,
    report_bytes: AtomicUsize,
    /// Logs of requests that are to be written.
    gathered: Mutex<Gathered>,
    /// What found no place in it, and was not yet told of.
    lost_lines: AtomicU64,
    lost_reports: AtomicU64,
}

#[derive(Debug)]
struct Settings {
    files: model::Logs,
    mask: Mask,
}

impl Board {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Logs {
    /// Log files as the settings say.
    #[must_use]
    pub fn new(files: &model::Logs) -> Self {
        let board = Board {
            settings: ArcSwap::from_pointee(Settings {
                files: files.clone(),
                mask: Mask::default(),
            }),
            followers: Followers::default(),
            line_bytes: AtomicUsize::new(0),
            report_bytes: AtomicUsize::new(0),
            gathered: Mutex::default(),
            lost_lines: AtomicU64::new(0),
            lost_reports: AtomicU64::new(0),
        };
        Self(Arc::new(Shared {
            board: Arc::new(board),
            queue: OnceLock::new(),
        }))
    }

    /// Whether anybody wants lines: the file, or somebody who follows them.
    #[must_use]
    pub fn takes_lines(&self) -> bool {
        self.writes_lines() || self.0.board.followers.any()
    }

    /// Whether lines are written to the file.
    pub(crate) fn writes_lines(&self) -> bool {
        self.0.board.settings.load().files.to_file
    }

    /// The lines from now on.
    pub(crate) fn watch(&self) -> Receiver<Spoken> {
        self.0.board.followers.watch()
    }

    /// Takes a line, if anybody wants it. Never waits.
    pub fn line(&self, mut line: LogLine) {
        let board = &self.0.board;
        let to_file = self.writes_lines();
        let to_followers = board.followers.any() && may_be_told(&line);
        if !to_file && !to_followers {
            return;
        }
        if line.text.len() > LONGEST {
            let whole = (0..=LONGEST)
                .rev()
                .find(|at| line.text.is_char_boundary(*at));
            line.text.truncate(whole.unwrap_or_default());
            line.text.push('…');
        }
        let line = Line {
            line,
            to_file,
            to_followers,
        };
        let size = line.size();
        let sent = self.send(
            &board.line_bytes,
            LINE_BYTES,
            size,
            Job::Line(Box::new(line)),
        );
        if !sent {
            board.lost_lines.fetch_add(u64::from(to_file), Relaxed);
            board.followers.lost(u64::from(to_followers));
        }
    }

    /// Waits until what was told before is written, but not for ever. Blocks.
    pub fn flush(&self) {
        if let Some(Some(queue)) = self.0.queue.get() {
            let (reply, done) = sync_channel(1);
            // Without an answer in time, the rest is lost.
            let sent = queue.try_send(Job::Flush(reply));
            let _ = sent.map(|()| done.recv_timeout(PATIENCE));
        }
    }

    /// Takes over what a configuration says, and the secrets that must not be in any file.
    pub(crate) fn follow(&self, config: &Config, accounts: &[Arc<Account>]) {
        let board = &self.0.board;
        board.settings.store(Arc::new(Settings {
            files: config.logs.clone(),
            mask: Mask::new(secrets::of(config, accounts)),
        }));
        if let Some(Some(queue)) = self.0.queue.get() {
            // A full queue makes the thread look soon enough.
            let _ = queue.try_send(Job::Settings);
        }
    }

    /// Deletes all lines, and tells how many files went. Blocks.
    pub(crate) fn clear(&self) -> io::Result<usize> {
        let gone = || io::Error::other("the thread that writes log files is gone");
        let queue = self.queue().ok_or_else(gone)?;
        let (reply, done) = sync_channel(1);
        queue.send(Job::Clear(reply)).map_err(|_| gone())?;
        done.recv().map_err(|_| gone())?
    }

    /// What becomes of a request, where that is to be written down.
    pub(crate) fn transcript(&self, incoming: &Incoming) -> Transcript {
        match self.0.board.settings.load().files.requests {
            RequestLogs::Off => Transcript::default(),
            RequestLogs::Failed => Transcript::begin(self, incoming, false),
            RequestLogs::All => Transcript::begin(self, incoming, true),
        }
    }

    /// Writes the log of a request. Never waits.
    fn report(&self, report: Report) {
        let (board, size) = (&self.0.board, report.size());
        if size <= SMALL && !report.failed_only {
            return self.gather(&report);
        }
        let job = Job::Report(Box::new(report));
        if !self.send(&board.report_bytes, REPORT_BYTES, size, job) {
            board.lost_reports.fetch_add(1, Relaxed);
        }
    }

    /// Puts the log of a request to those that are written next. A short one is made where its bodies are at hand: that takes as
    /// long as to hand it to the thread, and the thread is woken a few times in a second, and not for each.
    fn gather(&self, report: &Report) {
        let board = &self.0.board;
        let (name, text) = (report.name(), report.text(&board.settings.load().mask));
        let mut gathered = board.gathered();
        let before = gathered.size();
        if before + text.len() > REPORT_BYTES {
            board.lost_reports.fetch_add(1, Relaxed);
            return;
        }
        gathered.push(&name, &text);
        let is_more = before < PIECE && gathered.size() >= PIECE;
        drop(gathered);
        if (before == 0 || is_more)
            && let Some(queue) = self.queue()
        {
            // A full queue makes the thread look soon enough.
            let _ = queue.try_send(Job::Gathered);
        }
    }

    /// Puts a job in the queue, unless too many bytes of its kind are there.
    fn send(&self, waiting: &AtomicUsize, most: usize, size: usize, job: Job) -> bool {
        let Some(queue) = self.queue() else {
            return false;
        };
        let before = waiting.fetch_add(size, Relaxed);
        let sent = before + size <= most && queue.try_send(job).is_ok();
        if !sent {
            waiting.fetch_sub(size, Relaxed);
        }
        sent
    }

    fn queue(&self) -> Option<&SyncSender<Job>> {
        let start = || {
            let (sender, receiver) = sync_channel(QUEUE);
            let writer = Writer::new(receiver, Arc::clone(&self.0.board));
            let thread = thread::Builder::new().name("modelgate-logs".to_owned());
            // It ends with the last handle. Not even that can be logged: it would come here again.
            thread.spawn(move || writer.run()).ok().map(|_| sender)
        };
        self.0.queue.get_or_init(start).as_ref()
    }
}

#[cfg(test)]
mod tests;
