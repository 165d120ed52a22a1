//! What is written down of requests.

use std::path::PathBuf;
use std::time::Duration;

/// The `ledger` block, and `usage-statistics-enabled`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Requests are written down.
    pub enabled: bool,
    /// The file.
    pub path: PathBuf,
    /// For how many days single requests are kept; `None`: for ever.
    pub row_days: Option<u32>,
    /// For how many days hourly and daily sums are kept; `None`: for ever.
    pub sum_days: Option<u32>,
    /// The largest size of the file in bytes; `None`: no limit.
    pub max_bytes: Option<u64>,
    /// How long a request that is over can be fetched from the queue of usage.
    pub queue: Duration,
    /// A file of prices that count before the built-in ones.
    pub prices: Option<PathBuf>,
}
