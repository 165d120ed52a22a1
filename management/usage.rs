//! What requests used and cost.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Which requests a question is about. Times are instants (RFC 3339), dates, or times before now (`36h`, `7d`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageQuery {
    /// From when on; none: from the first request.
    pub since: Option<String>,
    /// Until when; none: until now.
    pub until: Option<String>,
    /// Whose days are meant: `Europe/Berlin`, `+02:00`; none: those of the gateway's machine.
    pub zone: Option<String>,
}

impl UsageQuery {
    /// As parameters of a query.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let pairs = [
            ("since", &self.since),
            ("until", &self.until),
            ("zone", &self.zone),
        ];
        let given = pairs.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect()
    }
}

/// `GET usage/summary`: sums over a stretch of time, which is widened to whole hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSummary {
    /// Its beginning; absent: the first request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Its end; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What the groups are: `model`, `key`, `provider`, `credential`, `hour` or `day`.
    pub by: String,
    /// Everything together.
    pub total: UsageTotals,
    /// Hours and days in their order, of others the dearest first.
    pub groups: Vec<UsageGroup>,
    /// How the ledger does.
    pub ledger: LedgerState,
}

/// A part of a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageGroup {
    /// The model, the id of the key, the provider, the credential, the beginning of the hour or the date; absent for requests
    /// that had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a key, what its owner calls it; of a credential, its provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The sums.
    #[serde(flatten)]
    pub totals: UsageTotals,
}

/// Sums over requests. Counts that were not reported count as nothing; `uncounted` tells of how many requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageTotals {
    /// Requests.
    pub requests: u64,
    /// Of them: those that failed or broke off.
    pub failed: u64,
    /// Of them: those whose client left before the end.
    pub aborted: u64,
    /// Of them: those of which no token count is known.
    pub uncounted: u64,
    /// Of them: those whose cost is not known, and not in `cost_nanodollars`.
    pub unpriced: u64,
    /// Of them: those whose cost is an estimate.
    pub estimated: u64,
    /// New input tokens.
    pub input: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a cache.
    pub cache_write: u64,
    /// Output tokens without thinking.
    pub output: u64,
    /// Thinking tokens.
    pub reasoning: u64,
    /// All tokens together.
    pub tokens: u64,
    /// What it costs by the price list, in billionths of a dollar.
    pub cost_nanodollars: u64,
    /// Milliseconds from beginning to end, added up.
    pub latency_ms: u64,
    /// Milliseconds until the first byte, added up.
    pub first_byte_ms: u64,
    /// How many requests `first_byte_ms` is of.
    pub first_bytes: u64,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
}

/// How the ledger does, since the gateway started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerState {
    /// Requests are written down.
    pub recording: bool,
    /// The file can be written.
    pub open: bool,
    /// Requests that were written.
    pub written: u64,
    /// Requests that wait to be written.
    pub queued: u64,
    /// Requests that could not be written.
    pub lost: u64,
    /// The last thing that went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// `POST usage/import`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageImported {
    /// Requests that are new.
    pub added: u64,
    /// Requests that were there already.
    pub skipped: u64,
    /// All requests now.
    pub total_requests: u64,
    /// Of them: those that failed.
    pub failed_requests: u64,
}
