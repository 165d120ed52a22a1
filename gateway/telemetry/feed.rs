//! What happens, for whoever watches. While nobody does it costs a look at a number.
//!
//! Events are written one behind the other into the same memory, and each watcher copies what is new to it in one piece: what an
//! event costs hardly depends on how many watch.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use modelgate_management::Event;
use serde::Serialize;
use tokio::sync::Notify;

use super::written;

/// Events that a watcher may be behind. One who is further behind loses the oldest.
const BEHIND: usize = 2_048;
/// The same in bytes: events are short, but for texts of errors.
const BYTES: usize = 4 << 20;

/// Where events are told.
#[derive(Debug, Default)]
pub(crate) struct Feed(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    watchers: AtomicUsize,
    latest: Mutex<Latest>,
    /// Wakes who waits for more.
    news: Notify,
}

/// The last events.
#[derive(Debug, Default)]
struct Latest {
    /// How many there were before these.
    before: u64,
    frames: Vec<Frame>,
    bytes: Vec<u8>,
}

/// An event of the stream, to its blank line.
#[derive(Debug)]
struct Frame {
    name: &'static str,
    /// Where it ends among the bytes.
    end: usize,
}

/// The events from a time on.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    /// The number of the next one.
    next: u64,
}

impl Feed {
    /// Tells everybody who watches.
    pub(crate) fn tell<'t>(&self, event: impl FnOnce() -> Event<&'t str>) {
        if self.is_watched() {
            self.0.latest().push(&event());
            self.0.news.notify_waiters();
        }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.watchers() > 0
    }

    /// How many watch.
    pub(crate) fn watchers(&self) -> usize {
        self.0.watchers.load(Relaxed)
    }

    /// What is told from now on.
    pub(crate) fn watch(&self) -> Watch {
        self.0.watchers.fetch_add(1, Relaxed);
        Watch {
            next: self.0.latest().end(),
            shared: Arc::clone(&self.0),
        }
    }
}

impl Shared {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latest {
    /// The number of the next event.
    fn end(&self) -> u64 {
        self.before + self.frames.len() as u64
    }

    fn push(&mut self, event: &Event<&str>) {
        write(&mut self.bytes, event);
        self.frames.push(Frame {
            name: event.name(),
            end: self.bytes.len(),
        });
        if self.frames.len() >= 2 * BEHIND || self.bytes.len() > BYTES {
            self.forget();
        }
    }

    /// Gives up the older half, and more of what is very long.
    fn forget(&mut self) {
        let most = self.bytes.len().saturating_sub(BYTES / 2);
        let long = self.frames.partition_point(|frame| frame.end <= most);
        let count = long.max(self.frames.len() / 2);
        let cut = self.start(count);
        self.bytes.drain(..cut);
        self.bytes.shrink_to(BYTES);
        self.frames.drain(..count);
        for frame in &mut self.frames {
            frame.end -= cut;
        }
        self.before += count as u64;
    }

    /// Where the event of this place begins among the bytes.
    fn start(&self, place: usize) -> usize {
        let before = place.checked_sub(1).map(|place| &self.frames[place]);
        before.map_or(0, |frame| frame.end)
    }
}

impl Watch {
    /// Puts events that are new at the end of `out`, all or those with a name that is wanted, until it has `most` bytes or more.
    /// Where some are missing it tells how many, and puts nothing.
    pub(crate) fn take(
        &mut self,
        wanted: Option<&[String]>,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), u64> {
        let latest = self.shared.latest();
        let oldest = latest.end().saturating_sub(BEHIND as u64);
        let oldest = oldest.max(latest.before);
        if self.next < oldest {
            let missing = oldest - self.next;
            self.next = oldest;
            return Err(missing);
        }
        // No more than there are frames.
        let mut place = usize::try_from(self.next - latest.before).unwrap_or(usize::MAX);
        if wanted.is_none() && out.len() < most {
            let start = latest.start(place);
            let end = start.saturating_add(most.saturating_sub(out.len()));
            let rest = &latest.frames[place..];
            let short = rest.partition_point(|frame| frame.end < end);
            place += rest.len().min(short + 1);
            out.extend_from_slice(&latest.bytes[start..latest.start(place)]);
        }
        let wanted = wanted.unwrap_or_default();
        while out.len() < most
            && let Some(frame) = latest.frames.get(place)
        {
            if wanted.iter().any(|name| name == frame.name) {
                out.extend_from_slice(&latest.bytes[latest.start(place)..frame.end]);
            }
            place += 1;
        }
        self.next = latest.before + place as u64;
        Ok(())
    }

    /// Waits until there are new events.
    pub(crate) async fn news(&self) {
        loop {
            let mut news = std::pin::pin!(self.shared.news.notified());
            // What is told from here on wakes it.
            news.as_mut().enable();
            if self.shared.latest().end() > self.next {
                return;
            }
            news.await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.shared.watchers.fetch_sub(1, Relaxed) == 1 {
            let mut latest = self.shared.latest();
            latest.before = latest.end();
            latest.frames = Vec::new();
            latest.bytes = Vec::new();
        }
    }
}

/// Writes the event of a stream.
pub(crate) fn write<Text: AsRef<str> + Serialize>(out: &mut Vec<u8>, event: &Event<Text>) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.name().as_bytes());
    out.extend_from_slice(b"\ndata: ");
    written::write(out, event);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use modelgate_management::events::AccountRemoved;

    use super::*;

    fn tell(feed: &Feed, id: &str) {
        let id = id.to_owned();
        feed.tell(|| Event::AccountRemoved(AccountRemoved { id }));
    }

    /// The ids of the events that are taken at once.
    fn taken(watch: &mut Watch, wanted: Option<&[String]>, most: usize) -> Result<String, u64> {
        let mut out = Vec::new();
        watch.take(wanted, most, &mut out)?;
        let text = String::from_utf8(out).unwrap();
        let ids = text.split_inclusive("\n\n").map(|frame| {
            let id = frame.strip_prefix(
                "event: account_removed\ndata: {\"type\":\"account_removed\",\"id\":\"",
            );
            id.unwrap().strip_suffix("\"}\n\n").unwrap()
        });
        Ok(ids.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_watcher_gets_what_is_new_to_it_in_pieces() {
        let feed = Feed::default();
        tell(&feed, "nobody watches");
        let mut first = feed.watch();
        tell(&feed, "1");
        tell(&feed, "2");
        let mut second = feed.watch();
        tell(&feed, "3");
        let some = ["account_removed".to_owned()];
        let others = ["log".to_owned()];
        assert_eq!(taken(&mut first, None, 1), Ok("1".to_owned()));
        assert_eq!(taken(&mut first, Some(&some), 1), Ok("2".to_owned()));
        assert_eq!(taken(&mut first, None, 9_999), Ok("3".to_owned()));
        assert_eq!(taken(&mut second, Some(&others), 9_999), Ok(String::new()));
        for watch in [&mut first, &mut second] {
            assert_eq!(taken(watch, None, 9_999), Ok(String::new()));
        }
        tell(&feed, "4");
        assert_eq!(taken(&mut first, Some(&some), 9_999), Ok("4".to_owned()));
        assert_eq!(taken(&mut second, None, 9_999), Ok("4".to_owned()));
        // What one event fills is enough.
        let mut event = Vec::new();
        let id = "5".to_owned();
        write(
            &mut event,
            &Event::<&str>::AccountRemoved(AccountRemoved { id }),
        );
        tell(&feed, "5");
        tell(&feed, "6");
        for (watch, wanted) in [(&mut first, Some(&some[..])), (&mut second, None)] {
            assert_eq!(taken(watch, wanted, event.len()), Ok("5".to_owned()));
            assert_eq!(taken(watch, wanted, event.len()), Ok("6".to_owned()));
        }
    }

    #[test]
    fn who_is_far_behind_loses_the_oldest_exactly() {
        let feed = Feed::default();
        let mut slow = feed.watch();
        for number in 0..10_000 {
            tell(&feed, &number.to_string());
            if number % 1_000 == 0 {
                let fast = &mut feed.watch();
                assert_eq!(taken(fast, None, 9), Ok(String::new()));
            }
        }
        assert_eq!(taken(&mut slow, None, 9), Err(10_000 - BEHIND as u64));
        assert_eq!(taken(&mut slow, None, 9), Ok((10_000 - BEHIND).to_string()));
        let ids = taken(&mut slow, None, usize::MAX).unwrap();
        assert_eq!(ids.split(' ').count(), BEHIND - 1);
        assert!(ids.ends_with(" 9999"));
    }

    #[test]
    fn memory_is_bounded_whatever_events_are_like() {
        let feed = Feed::default();
        let mut slow = feed.watch();
        let long = "x".repeat(BYTES / 3);
        for _ in 0..20 {
            tell(&feed, &long);
            let latest = feed.0.latest();
            assert!(latest.bytes.len() <= BYTES && latest.frames.len() <= 3);
        }
        let huge = "x".repeat(2 * BYTES);
        tell(&feed, &huge);
        tell(&feed, "1");
        assert!(feed.0.latest().bytes.len() < 100);
        assert_eq!(taken(&mut slow, None, 9), Err(21));
        assert_eq!(taken(&mut slow, None, 9), Ok("1".to_owned()));
        drop(slow);
        assert!(!feed.is_watched());
        assert_eq!(feed.0.latest().bytes.capacity(), 0);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let feed = Arc::new(Feed::default());
        let mut watch = feed.watch();
        let teller = Arc::clone(&feed);
        let told = tokio::spawn(async move { tell(&teller, "1") });
        watch.news().await;
        told.await.unwrap();
        assert_eq!(taken(&mut watch, None, 9), Ok("1".to_owned()));
    }
}
