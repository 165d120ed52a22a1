//! The latest requests that are over, for whoever asks what became of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use modelgate_management::RequestDetail;

/// How many requests are remembered.
pub(crate) const CAPACITY: usize = 1_000;

/// The latest requests, in the order in which they ended; the oldest makes room for the next.
///
/// Only pointers are moved under the lock. How much a single entry may hold is for whoever makes it to bound.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    requests: Mutex<VecDeque<Arc<RequestDetail>>>,
}

impl Recent {
    /// Remembers a request that is over.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the request record will call it")
    )]
    pub(crate) fn push(&self, request: Arc<RequestDetail>) {
        let mut requests = self.requests();
        // What falls out is freed after the lock.
        let _oldest = if requests.len() >= CAPACITY {
            requests.pop_front()
        } else {
            None
        };
        requests.push_back(request);
        drop(requests);
    }

    /// The request with this id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<RequestDetail>> {
        let requests = self.requests();
        let found = requests.iter().rev().find(|request| request.id == id);
        found.map(Arc::clone)
    }

    /// At most so many of them, the latest first.
    pub(crate) fn latest(&self, limit: usize) -> Vec<Arc<RequestDetail>> {
        let requests = self.requests();
        requests.iter().rev().take(limit).map(Arc::clone).collect()
    }

    fn requests(&self) -> MutexGuard<'_, VecDeque<Arc<RequestDetail>>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: usize) -> Arc<RequestDetail> {
        let text = format!(
            r#"{{"id":"{id}","time":"2026-01-02T03:04:05Z","dialect":"chat","model":"m","stream":false,
                "status":200,"complete":true,"times":{{"total_ms":1}}}}"#
        );
        Arc::new(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn the_oldest_makes_room() {
        let recent = Recent::default();
        for id in 0..CAPACITY + 2 {
            recent.push(request(id));
        }
        assert!(recent.find("1").is_none());
        assert_eq!(recent.find("2").unwrap().id, "2");
        let last = (CAPACITY + 1).to_string();
        assert_eq!(recent.find(&last).unwrap().id, last);
        assert_eq!(recent.latest(usize::MAX).len(), CAPACITY);
    }

    #[test]
    fn the_latest_come_first() {
        let recent = Recent::default();
        assert!(recent.latest(5).is_empty());
        (0..4).for_each(|id| recent.push(request(id)));
        let ids: Vec<String> = recent
            .latest(2)
            .iter()
            .map(|request| request.id.clone())
            .collect();
        assert_eq!(ids, ["3", "2"]);
    }
}
