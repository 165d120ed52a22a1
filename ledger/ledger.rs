//! The handle on the ledger: rows go in without waiting, questions are asked of the file.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::query::Readers;
use crate::queue::Queue;
use crate::record::Row;
use crate::sqlite::{Merged, Reader};
use crate::status::Board;
use crate::writer::{Message, Writer};
use crate::{LedgerError, Status};

/// How long an import waits for the writer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nobody is patient for longer.
const LONGEST: Duration = Duration::from_secs(86_400);

/// What may be asked of the writer at a time.
const QUESTIONS: usize = 64;

/// Between two looks whether there is room for another question.
const PAUSE: Duration = Duration::from_millis(5);

/// What a ledger is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file. It and its folder are made where they are missing, for their owner alone.
    pub path: PathBuf,
    /// Rows that may wait, beside those that the writer has in hand, which may be as many. More are lost.
    pub queue: usize,
    /// For how many days rows are kept; none is for ever.
    pub row_days: Option<u32>,
    /// For how many days hourly and daily sums are kept: no shorter than rows. None is for ever.
    pub sum_days: Option<u32>,
    /// The largest size of the file; none is no limit. A full file is treated like a full disk.
    pub max_bytes: Option<u64>,
}

/// A handle on the ledger; clones share it.
#[derive(Debug, Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Arc<Queue>,
    sender: SyncSender<Message>,
    board: Arc<Board>,
    readers: Readers,
    /// The one that writes.
    writer: Thread,
}

impl Drop for Shared {
    /// With the last handle the thread ends: when all is written, or else when it cannot be.
    fn drop(&mut self) {
        self.board.stop();
        self.writer.unpark();
    }
}

impl Settings {
    /// The usual settings: 16,384 rows wait at most, beside those in hand; rows are kept for 90 days, sums for two years.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            queue: 1 << 14,
            row_days: Some(90),
            sum_days: Some(730),
            max_bytes: None,
        }
    }
}

impl Ledger {
    /// Starts the thread that writes. A file that cannot be opened is no reason not to serve: it is tried again, and
    /// [`Ledger::status`] tells. Before the process ends, [`Ledger::close`] has what waits written.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(settings.queue.max(1)));
        let (sender, receiver) = mpsc::sync_channel(QUESTIONS);
        let board = Arc::new(Board::default());
        let readers = Readers::new(settings.path.clone());
        let writer = Writer::new(settings, Arc::clone(&queue), receiver, Arc::clone(&board));
        let thread = thread::Builder::new().name("ledger".to_owned());
        let running = thread.spawn(move || writer.run())?;
        Ok(Self {
            shared: Arc::new(Shared {
                queue,
                sender,
                board,
                readers,
                writer: running.thread().clone(),
            }),
        })
    }

    /// Leaves a row to be written within a quarter of a second. Never waits: a row that finds no place is lost and counted.
    pub fn record(&self, row: Row) {
        let Shared { queue, board, .. } = &*self.shared;
        board.queued();
        if let Err(why) = queue.push(row) {
            board.lost(1, why);
        }
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.board.status()
    }

    /// Waits until everything recorded before is in the database. Returns whether it was within so much time. Blocks.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        self.wait(Message::Flush, patience)
    }

    /// Writes what waits, closes the file and ends the thread; what is recorded later is lost. Returns whether all was
    /// written within so much time; what cannot be written now is lost. Blocks.
    #[must_use]
    pub fn close(&self, patience: Duration) -> bool {
        self.shared.board.stop();
        self.wait(Message::Stop, patience)
    }

    /// Waits for the answer to a message.
    fn wait(&self, message: fn(SyncSender<()>) -> Message, patience: Duration) -> bool {
        let deadline = Instant::now() + patience.min(LONGEST);
        let (sender, done) = mpsc::sync_channel(1);
        let sent = self.send(message(sender), deadline);
        let left = deadline.saturating_duration_since(Instant::now());
        sent && done.recv_timeout(left).is_ok()
    }

    /// Hands rows of another gateway to the writer, and waits for what became of them, and for the number of all requests and
    /// of those that failed.
    pub(crate) fn merge(&self, rows: Vec<Row>) -> Result<(Merged, (u64, u64)), LedgerError> {
        let deadline = Instant::now() + PATIENCE;
        let (sender, done) = mpsc::sync_channel(1);
        if !self.send(Message::Import(rows, sender), deadline) {
            return Err(LedgerError::Busy);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        done.recv_timeout(left).map_err(|_| LedgerError::Busy)?
    }

    fn send(&self, mut message: Message, deadline: Instant) -> bool {
        loop {
            match self.shared.sender.try_send(message) {
                Ok(()) => {
                    self.shared.writer.unpark();
                    return true;
                }
                Err(TrySendError::Full(back)) if Instant::now() < deadline => message = back,
                Err(_) => return false,
            }
            thread::sleep(PAUSE);
        }
    }

    pub(crate) fn ask<T>(
        &self,
        ask: impl FnOnce(&Reader) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.shared.readers.ask(ask)
    }
}
