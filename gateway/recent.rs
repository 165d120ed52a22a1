//! The requests that ended last, to be asked about by their ids.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::record::Sheet;

/// Requests that are kept.
pub(crate) const CAPACITY: usize = 1_000;

/// The last requests, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    sheets: Mutex<VecDeque<Arc<Sheet>>>,
}

impl Recent {
    pub(crate) fn push(&self, sheet: Box<Sheet>) {
        let sheet = Arc::from(sheet);
        let mut sheets = self.lock();
        let oldest = if sheets.len() == CAPACITY {
            sheets.pop_front()
        } else {
            None
        };
        sheets.push_back(sheet);
        drop(sheets);
        // Freed without the lock.
        drop(oldest);
    }

    /// The request of an id, or of the beginning of one.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Sheet>> {
        let sheets = self.lock();
        let mut newest_first = sheets.iter().rev();
        newest_first
            .find(|sheet| sheet.id.as_str().starts_with(id))
            .cloned()
    }

    /// The newest requests, at most so many, the newest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Arc<Sheet>> {
        self.lock().iter().rev().take(count).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Sheet>>> {
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

    #[test]
    fn the_last_requests_are_found_by_their_ids() {
        let recent = Arc::new(Recent::default());
        let mut ids = Vec::new();
        for _ in 0..CAPACITY + 10 {
            let id = RequestId::new();
            ids.push(id.clone());
            drop(Record::new(
                id,
                Instant::now(),
                Dialect::Chat,
                Arc::clone(&recent),
            ));
        }
        assert!(recent.find(ids[9].as_str()).is_none());
        assert_eq!(
            recent.find(ids[10].as_str()).unwrap().id.as_str(),
            ids[10].as_str()
        );
        assert_eq!(recent.lock().len(), CAPACITY);
        let newest = recent.newest(2);
        assert_eq!(newest[0].id.as_str(), ids[CAPACITY + 9].as_str());
        assert_eq!(newest[1].id.as_str(), ids[CAPACITY + 8].as_str());
    }
}
