//! What happens, for whoever watches. While nobody does it costs a look at a number.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use modelgate_management::Event;
use serde::Serialize;
use tokio::sync::broadcast;

use super::written;

/// Events that wait for a watcher. One who is further behind loses the oldest.
const BEHIND: usize = 2_048;

/// The bytes that most events need.
const ROOM: usize = 1_024;

/// The bytes of a page: the frames of many events are next to each other in the same memory. To allocate each, and free it when
/// the last watcher has sent it, would be a third of what it costs to tell of a request.
const PAGE: usize = 64 << 10;

/// Where events are told.
#[derive(Debug)]
pub(crate) struct Feed {
    sender: broadcast::Sender<Told>,
    page: Mutex<Page>,
}

/// Memory that frames are cut from.
#[derive(Debug, Default)]
struct Page {
    /// The frame that is written now.
    frame: Vec<u8>,
    rest: BytesMut,
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
        Self {
            sender,
            page: Mutex::default(),
        }
    }
}

impl Feed {
    /// Tells everybody who watches.
    pub(crate) fn tell<'t>(&self, event: impl FnOnce() -> Event<&'t str>) {
        if self.is_watched() {
            let event = event();
            let frame = {
                let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
                page.frame(&event)
            };
            let name = event.name();
            // It has no receivers when the last one has just left.
            let _ = self.sender.send(Told { name, frame });
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
    /// An event that is told to one watcher alone.
    pub(crate) fn of<Text: AsRef<str> + Serialize>(event: &Event<Text>) -> Self {
        let mut frame = Vec::with_capacity(ROOM);
        write(&mut frame, event);
        Self {
            name: event.name(),
            frame: frame.into(),
        }
    }
}

impl Page {
    fn frame(&mut self, event: &Event<&str>) -> Bytes {
        self.frame.clear();
        self.frame.shrink_to(PAGE);
        write(&mut self.frame, event);
        if self.rest.capacity() < self.frame.len() {
            self.rest = BytesMut::with_capacity(PAGE.max(self.frame.len()));
        }
        self.rest.extend_from_slice(&self.frame);
        self.rest.split().freeze()
    }
}

/// Writes the event of a stream.
fn write<Text: AsRef<str> + Serialize>(frame: &mut Vec<u8>, event: &Event<Text>) {
    frame.extend_from_slice(b"event: ");
    frame.extend_from_slice(event.name().as_bytes());
    frame.extend_from_slice(b"\ndata: ");
    written::write(frame, event);
    frame.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use modelgate_management::events::AccountRemoved;

    use super::*;

    #[test]
    fn frames_stay_as_they_were_told_whatever_their_number_and_size() {
        let feed = Feed::default();
        let mut watcher = feed.watch();
        let id = |number: usize| format!("{number:0width$}", width = number % 40 * 5_000);
        for number in 0..500 {
            let id = id(number);
            feed.tell(|| Event::AccountRemoved(AccountRemoved { id }));
        }
        let frames: Vec<Told> = std::iter::from_fn(|| watcher.try_recv().ok()).collect();
        assert_eq!(frames.len(), 500);
        for (number, told) in frames.iter().enumerate() {
            let data = format!(r#"{{"type":"account_removed","id":"{}"}}"#, id(number));
            let frame = format!("event: account_removed\ndata: {data}\n\n");
            assert_eq!(told.frame, frame, "{number}");
        }
        // What nobody needs any more is given back, but for a page.
        drop(frames);
        let page = feed.page.lock().unwrap();
        assert!(page.frame.capacity() + page.rest.capacity() < 300_000);
    }
}
