//! What the ledger can be asked. Every question blocks on the disk: ask from a thread that may block.

mod readers;
mod requests;
mod summary;
mod totals;

use jiff::Timestamp;

pub(crate) use readers::Readers;
pub use requests::{Filter, Page};
pub(crate) use summary::Hours;
pub use summary::{By, Group, Summary};
pub use totals::Totals;

use crate::record::RequestId;

/// A stretch of time, by when requests began: from `since` to before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// None is from the first request on.
    pub since: Option<Timestamp>,
    /// None is until now.
    pub until: Option<Timestamp>,
}

impl Range {
    pub(crate) fn ids(&self) -> (RequestId, RequestId) {
        let id = |time: Timestamp| RequestId::first_of(time.as_millisecond());
        let last = RequestId([0xff; 16]);
        (
            self.since.map_or(RequestId([0; 16]), id),
            self.until.map_or(last, id),
        )
    }
}
