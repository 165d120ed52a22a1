//! The requests that ended last, to be asked about by their ids.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::record::Sheet;

/// Requests that are kept.
pub(crate) const CAPACITY: usize = 1_000;

/// The last requests, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    sheets: Mutex<Sheets>,
}

#[derive(Debug, Default)]
struct Sheets {
    kept: VecDeque<Arc<Sheet>>,
    /// How many there have been.
    pushed: u64,
}

impl Recent {
    pub(crate) fn push(&self, sheet: Arc<Sheet>) {
        let mut sheets = self.lock();
        let oldest = if sheets.kept.len() == CAPACITY {
            sheets.kept.pop_front()
        } else {
            None
        };
        sheets.kept.push_back(sheet);
        sheets.pushed += 1;
        drop(sheets);
        // Freed without the lock.
        drop(oldest);
    }

    /// The request of an id, or of the beginning of one.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Sheet>> {
        let sheets = self.lock();
        let mut newest_first = sheets.kept.iter().rev();
        newest_first
            .find(|sheet| sheet.id.as_str().starts_with(id))
            .cloned()
    }

    /// The newest requests, at most so many, the newest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Arc<Sheet>> {
        let sheets = self.lock();
        sheets.kept.iter().rev().take(count).cloned().collect()
    }

    /// The requests after the first `seen` of all, the oldest first, as far as they are still here; and how many there have
    /// been.
    pub(crate) fn after(&self, seen: u64) -> (Vec<Arc<Sheet>>, u64) {
        let sheets = self.lock();
        let new = sheets.pushed.saturating_sub(seen);
        let new = usize::try_from(new).unwrap_or(usize::MAX);
        let old = sheets.kept.len().saturating_sub(new);
        let new = sheets.kept.iter().skip(old).cloned().collect();
        (new, sheets.pushed)
    }

    fn lock(&self) -> MutexGuard<'_, Sheets> {
        self.sheets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use modelgate_dialects::Dialect;

    use super::*;
    use crate::record::Record;
    use crate::request::RequestId;
    use crate::telemetry::Telemetry;

    #[test]
    fn the_last_requests_are_found_by_their_ids() {
        let telemetry = Arc::new(Telemetry::default());
        let mut ids = Vec::new();
        for _ in 0..CAPACITY + 10 {
            let id = RequestId::new();
            ids.push(id.clone());
            drop(Record::new(
                id,
                Instant::now(),
                Dialect::Chat,
                Arc::clone(&telemetry),
            ));
        }
        let recent = &telemetry.recent;
        assert!(recent.find(ids[9].as_str()).is_none());
        assert_eq!(
            recent.find(ids[10].as_str()).unwrap().id.as_str(),
            ids[10].as_str()
        );
        assert_eq!(recent.lock().kept.len(), CAPACITY);
        let newest = recent.newest(2);
        assert_eq!(newest[0].id.as_str(), ids[CAPACITY + 9].as_str());
        assert_eq!(newest[1].id.as_str(), ids[CAPACITY + 8].as_str());
        let (all, pushed) = recent.after(0);
        assert_eq!((all.len(), pushed), (CAPACITY, CAPACITY as u64 + 10));
        let (some, _) = recent.after(pushed - 2);
        assert_eq!(some[0].id.as_str(), ids[CAPACITY + 8].as_str());
        assert_eq!((some.len(), recent.after(pushed).0.len()), (2, 0));
    }
}
