//! What happens, for whoever watches. While nobody does it costs a look at a number.

use bytes::Bytes;
use modelgate_management::Event;
use serde::Serialize;
use tokio::sync::broadcast;

use super::written;

/// Events that wait for a watcher. One who is further behind loses the oldest.
const BEHIND: usize = 2_048;

/// The bytes that most events need.
const ROOM: usize = 1_024;

/// Where events are told.
#[derive(Debug)]
pub(crate) struct Feed {
    sender: broadcast::Sender<Told>,
}

/// An event as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    /// The event of a stream, to its blank line.
    pub(crate) frame: Bytes,
}

impl Default for Feed {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(BEHIND);
        Self { sender }
    }
}

impl Feed {
    /// Tells everybody who watches.
    pub(crate) fn tell<'t>(&self, event: impl FnOnce() -> Event<&'t str>) {
        if self.is_watched() {
            // It has no receivers when the last one has just left.
            let _ = self.sender.send(Told::of(&event()));
        }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// How many watch.
    pub(crate) fn watchers(&self) -> usize {
        self.sender.receiver_count()
    }

    /// What is told from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<Told> {
        self.sender.subscribe()
    }
}

impl Told {
    pub(crate) fn of<Text: AsRef<str> + Serialize>(event: &Event<Text>) -> Self {
        let name = event.name();
        let mut frame = Vec::with_capacity(ROOM);
        frame.extend_from_slice(b"event: ");
        frame.extend_from_slice(name.as_bytes());
        frame.extend_from_slice(b"\ndata: ");
        written::write(&mut frame, event);
        frame.extend_from_slice(b"\n\n");
        Self {
            name,
            frame: frame.into(),
        }
    }
}
