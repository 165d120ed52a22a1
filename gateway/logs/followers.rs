//! Lines for whoever follows them: masked once, each in its own bytes, lost where a follower is too slow.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use modelgate_management::events::{Dropped, Lost};
use modelgate_management::{Event, LogLevel, LogLine};
use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::telemetry::feed;

/// Lines that wait for a follower. One who is further behind loses the oldest.
const BEHIND: usize = 1_024;
/// What the names of all our parts begin with.
const OURS: &str = "modelgate";

/// A line as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Spoken {
    pub(crate) level: LogLevel,
    /// The event of the stream, to its blank line.
    pub(crate) frame: Bytes,
}

/// Where lines are told.
#[derive(Debug)]
pub(super) struct Followers {
    sender: Sender<Spoken>,
    /// Lines that found no place on their way here, and were not yet told of.
    lost: AtomicU64,
}

impl Default for Followers {
    fn default() -> Self {
        let (sender, _) = channel(BEHIND);
        let lost = AtomicU64::new(0);
        Self { sender, lost }
    }
}

impl Followers {
    pub(super) fn any(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    pub(super) fn watch(&self) -> Receiver<Spoken> {
        self.sender.subscribe()
    }

    pub(super) fn lost(&self, count: u64) {
        self.lost.fetch_add(count, Relaxed);
    }

    /// Tells everybody a line without secrets, and before it what is missing.
    pub(super) fn tell(&self, line: LogLine) {
        let count = self.lost.swap(0, Relaxed);
        if count > 0 {
            let of = Lost::Lines;
            self.send(LogLevel::Error, &Event::Dropped(Dropped { count, of }));
        }
        self.send(line.level, &Event::Log(line));
    }

    fn send(&self, level: LogLevel, event: &Event) {
        let mut frame = Vec::new();
        feed::write(&mut frame, event);
        let frame = frame.into();
        // It has no receivers when the last one has just left.
        let _ = self.sender.send(Spoken { level, frame });
    }
}

/// Whether telling a line leads to no other. Libraries may log each piece of an answer that they send, also of the answer that
/// tells this line; of them only what is grave is told.
pub(super) fn may_be_told(line: &LogLine) -> bool {
    line.target.starts_with(OURS) || line.level <= LogLevel::Warn
}
