//! How the ledger is doing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Between two complaints in the log.
const QUIET: Duration = Duration::from_secs(10);

/// How the ledger is doing, since it was opened.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// The database is open for writing.
    pub open: bool,
    /// Rows that were written.
    pub written: u64,
    /// Rows that wait to be written.
    pub queued: u64,
    /// Rows that could not be kept.
    pub lost: u64,
    /// The last thing that went wrong.
    pub last_error: Option<Failure>,
    /// Where the last damaged database was put.
    pub set_aside: Option<PathBuf>,
}

/// Something that went wrong.
#[derive(Debug, Clone)]
pub struct Failure {
    /// When.
    pub time: Timestamp,
    /// What, with its reasons.
    pub message: String,
}

/// The status in the making, shared by the handles and the thread that writes.
#[derive(Debug, Default)]
pub(crate) struct Board {
    open: AtomicBool,
    stopping: AtomicBool,
    written: AtomicU64,
    queued: AtomicU64,
    lost: AtomicU64,
    news: Mutex<News>,
}

#[derive(Debug, Default)]
struct News {
    last_error: Option<Failure>,
    set_aside: Option<PathBuf>,
    complained: Option<Instant>,
}

impl Board {
    pub(crate) fn status(&self) -> Status {
        let news = self.news();
        Status {
            open: self.open.load(Relaxed),
            written: self.written.load(Relaxed),
            queued: self.queued.load(Relaxed),
            lost: self.lost.load(Relaxed),
            last_error: news.last_error.clone(),
            set_aside: news.set_aside.clone(),
        }
    }

    pub(crate) fn opened(&self, open: bool) {
        self.open.store(open, Relaxed);
    }

    /// The thread shall end when nothing waits any more, or cannot be written.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    pub(crate) fn queued(&self) {
        self.queued.fetch_add(1, Relaxed);
    }

    /// Rows left the queue, so many of them for the database: the others were in it already.
    pub(crate) fn wrote(&self, rows: u64, written: u64) {
        self.queued.fetch_sub(rows, Relaxed);
        self.written.fetch_add(written, Relaxed);
    }

    /// Rows of the queue are lost.
    pub(crate) fn lost(&self, rows: u64, why: &str) {
        self.queued.fetch_sub(rows, Relaxed);
        let lost = self.lost.fetch_add(rows, Relaxed) + rows;
        self.complain(
            || why.to_owned(),
            |why| {
                tracing::error!(lost, why, "usage is not recorded");
            },
        );
    }

    /// Something went wrong that may pass.
    pub(crate) fn failed(&self, message: &str) {
        let news = || Failure {
            time: Timestamp::now(),
            message: message.to_owned(),
        };
        self.news().last_error = Some(news());
        let (lost, queued) = (self.lost.load(Relaxed), self.queued.load(Relaxed));
        self.complain(
            || message.to_owned(),
            |error| {
                tracing::error!(error, lost, queued, "the ledger cannot be written");
            },
        );
    }

    pub(crate) fn was_set_aside(&self, path: PathBuf) {
        tracing::error!(aside = %path.display(), "the ledger is damaged; it was put aside, and a new one is begun");
        self.news().set_aside = Some(path);
    }

    /// Remembers and logs something, unless that was done just before. Under a flood of losses it costs a lock that
    /// nobody holds for long.
    fn complain(&self, message: impl FnOnce() -> String, log: impl FnOnce(&str)) {
        let mut news = self.news();
        let now = Instant::now();
        if news.complained.is_some_and(|at| now - at < QUIET) {
            return;
        }
        news.complained = Some(now);
        let message = message();
        news.last_error = Some(Failure {
            time: Timestamp::now(),
            message: message.clone(),
        });
        drop(news);
        log(&message);
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing::Subscriber;
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;

    /// Counts what is said.
    struct Count(Arc<AtomicU64>);

    impl<S: Subscriber> Layer<S> for Count {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            assert_eq!(*event.metadata().level(), tracing::Level::ERROR);
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn a_flood_of_losses_is_shouted_once_and_counted_whole() {
        let said = Arc::new(AtomicU64::new(0));
        let subscriber = tracing_subscriber::registry().with(Count(Arc::clone(&said)));
        tracing::subscriber::with_default(subscriber, || {
            let board = Board::default();
            for _ in 0..1_000 {
                board.queued();
                board.lost(1, "the queue is full");
                board.failed("the disk is full");
            }
            let status = board.status();
            assert_eq!(
                (status.lost, status.queued, said.load(Relaxed)),
                (1_000, 0, 1)
            );
            // The newest reason is told in any case.
            assert_eq!(status.last_error.unwrap().message, "the disk is full");
            // Later it is said again.
            board.news().complained = Instant::now().checked_sub(QUIET);
            board.queued();
            board.lost(1, "the queue is full");
            assert_eq!(said.load(Relaxed), 2);
        });
    }
}
