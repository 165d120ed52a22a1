//! The thread that writes: rows in batches, each in one transaction with its sums.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::error::Remedy;
use crate::queue::Queue;
use crate::record::Row;
use crate::sqlite::{self, Merged, Store};
use crate::status::Board;
use crate::{LedgerError, Settings};

/// How long rows gather before they are looked for. Nobody who records wakes the thread: to be woken costs more than a row.
const GATHER: Duration = Duration::from_millis(200);
/// The same where more than a batch had gathered, so that the queue has room for more.
const BUSY: Duration = Duration::from_millis(20);
/// The rows of a batch: of one transaction.
const MOST: usize = 1_000;

/// Before a batch that could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// While it waits for that, it looks so often whether it shall stop.
const LOOK: Duration = Duration::from_millis(50);
/// A new file that is damaged at once points to the disk, and is not put aside too.
const SPARE: Duration = Duration::from_secs(60);
/// Between two looks for what is too old.
const SWEEP: Duration = Duration::from_secs(3_600);

/// What the thread is asked for, beside rows. Whoever waits for an answer wakes it.
#[derive(Debug)]
pub(crate) enum Message {
    /// Rows of another gateway.
    Import(Vec<Row>, SyncSender<Reply>),
    /// Say when everything before is written.
    Flush(SyncSender<()>),
    /// The same, and that is the end.
    Stop(SyncSender<()>),
}

/// What became of imported rows; all requests and those that failed.
pub(crate) type Reply = Result<(Merged, (u64, u64)), LedgerError>;

#[derive(Debug)]
pub(crate) struct Writer {
    settings: Settings,
    queue: Arc<Queue>,
    receiver: Receiver<Message>,
    board: Arc<Board>,
    store: Option<Store>,
    /// Rows from the queue, of which so many are done. While the others cannot be written, nothing more is taken from it.
    rows: Vec<Row>,
    done: usize,
    retry: Option<Instant>,
    set_aside: Option<Instant>,
    swept: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(
        settings: Settings,
        queue: Arc<Queue>,
        receiver: Receiver<Message>,
        board: Arc<Board>,
    ) -> Self {
        Self {
            settings,
            queue,
            receiver,
            board,
            store: None,
            rows: Vec::new(),
            done: 0,
            retry: None,
            set_aside: None,
            swept: None,
        }
    }

    pub(crate) fn run(mut self) {
        self.ready();
        let mut busy = false;
        loop {
            let next = self.receiver.try_recv();
            // Rows that were recorded before something was asked for are written before it is answered.
            self.queue.exchange(&mut self.rows);
            let many = self.rows.len() > MOST;
            while !self.commit() {
                if self.board.is_stopping() {
                    return self.give_up();
                }
                thread::sleep(LOOK);
            }
            let more = many || next.is_ok();
            match next {
                Ok(Message::Import(rows, reply)) => {
                    let _ = reply.try_send(self.import(&rows));
                }
                Ok(Message::Flush(reply)) => {
                    let _ = reply.try_send(());
                }
                Ok(Message::Stop(reply)) => {
                    self.close();
                    let _ = reply.try_send(());
                    break;
                }
                Err(TryRecvError::Empty) => {}
                // Nobody can record or ask for anything any more.
                Err(TryRecvError::Disconnected) => break,
            }
            self.sweep();
            if more {
                busy |= many;
                continue;
            }
            thread::park_timeout(if busy { BUSY } else { GATHER });
            busy = false;
        }
        self.give_up();
    }

    /// Writes the rows that were taken from the queue. False when some cannot be written now.
    fn commit(&mut self) -> bool {
        while self.done < self.rows.len() {
            if !self.commit_batch() {
                return false;
            }
        }
        let used = self.rows.len().max(MOST);
        self.rows.clear();
        // The memory of a crowd is not kept for ever.
        self.rows.shrink_to(2 * used);
        self.done = 0;
        true
    }

    /// Writes the next of them. False when they cannot be written now.
    fn commit_batch(&mut self) -> bool {
        let end = self.rows.len().min(self.done + MOST);
        let rows = u64::try_from(end - self.done).unwrap_or(u64::MAX);
        // A second time, in the new file, when the first was damaged.
        for _ in 0..2 {
            self.ready();
            let Some(store) = self.store.as_mut() else {
                return false;
            };
            match store.write(&self.rows[self.done..end]) {
                Ok(written) => {
                    self.board.wrote(rows, written);
                    self.done = end;
                    return true;
                }
                Err(error) => match self.fail(&error) {
                    Remedy::SetAside => {}
                    Remedy::Wait => return false,
                    Remedy::GiveUp => {
                        self.board.lost(rows, &error.chain());
                        self.done = end;
                        return true;
                    }
                },
            }
        }
        false
    }

    fn import(&mut self, rows: &[Row]) -> Reply {
        let store = self.ready().ok_or(LedgerError::NotOpen)?;
        let merged = store.import(rows);
        let counts = merged.and_then(|merged| Ok((merged, store.counts()?)));
        counts.inspect_err(|error| {
            self.fail(error);
        })
    }

    /// The database, if it is open or can be opened.
    fn ready(&mut self) -> Option<&mut Store> {
        if self
            .store
            .as_ref()
            .is_some_and(|store| !store.is_in_place())
        {
            self.board
                .failed("the ledger's file was removed or moved; another one is begun");
            self.close();
        }
        if self.store.is_none() && self.retry.is_none_or(|retry| Instant::now() >= retry) {
            // A second time when the first file was damaged.
            for _ in 0..2 {
                match Store::open(&self.settings.path, self.settings.max_bytes) {
                    Ok(store) => {
                        self.store = Some(store);
                        self.retry = None;
                        self.board.opened(true);
                        break;
                    }
                    Err(error) if self.fail(&error) == Remedy::SetAside => {}
                    Err(_) => break,
                }
            }
        }
        self.store.as_mut()
    }

    fn close(&mut self) {
        self.store = None;
        self.board.opened(false);
    }

    /// Says what went wrong, closes the database, and does what can be done about it.
    fn fail(&mut self, error: &LedgerError) -> Remedy {
        self.board.failed(&error.chain());
        self.close();
        let remedy = error.remedy();
        let spared = |at: Instant| at.elapsed() < SPARE;
        if remedy == Remedy::SetAside && !self.set_aside.is_some_and(spared) {
            self.set_aside = Some(Instant::now());
            match sqlite::set_aside(&self.settings.path) {
                Ok(path) => {
                    self.board.was_set_aside(path);
                    return Remedy::SetAside;
                }
                Err(error) => self.board.failed(&LedgerError::Io(error).chain()),
            }
        }
        self.retry = Some(Instant::now() + AGAIN);
        match remedy {
            Remedy::GiveUp => Remedy::GiveUp,
            Remedy::SetAside | Remedy::Wait => Remedy::Wait,
        }
    }

    /// Removes a little of what is too old, when it is time.
    fn sweep(&mut self) {
        if self.swept.is_some_and(|swept| swept.elapsed() < SWEEP) {
            return;
        }
        let (rows, sums) = (self.settings.row_days, self.settings.sum_days);
        // Sums are kept no shorter than rows.
        let sums = sums.map(|sums| rows.map_or(u32::MAX, |rows| rows.max(sums)));
        let Some(store) = self.ready() else {
            return;
        };
        match store.sweep(Timestamp::now().as_millisecond(), rows, sums) {
            Ok(true) => {}
            Ok(false) => self.swept = Some(Instant::now()),
            Err(error) => {
                self.fail(&error);
            }
        }
    }

    /// Closes the database, and counts as lost what still waits.
    fn give_up(mut self) {
        self.close();
        let rows = self.rows.len() - self.done + self.queue.close();
        if rows == 0 {
            return;
        }
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.board.lost(rows, "the ledger is closed");
    }
}
