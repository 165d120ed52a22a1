//! Sums over rows.

use crate::record::{Outcome, Row};
use crate::{Cost, sqlite};

/// Sums over requests. Counts that were not reported count as nothing; `uncounted` tells of how many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
    /// Of them: those that failed or broke off ([`Outcome::is_failure`]).
    pub failed: u64,
    /// Of them: those whose client left before the end.
    pub aborted: u64,
    /// Of them: those of which no token count is known.
    pub uncounted: u64,
    /// Of them: those whose cost is not known, and not in `cost`.
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
    /// Input tokens that the provider's own tools brought in.
    pub tool_use: u64,
    /// All tokens together.
    pub tokens: u64,
    /// Nanodollars.
    pub cost: u64,
    /// Milliseconds from beginning to end, added up.
    pub latency: u64,
    /// Milliseconds until the first byte, added up.
    pub first_byte: u64,
    /// How many requests `first_byte` is of.
    pub first_bytes: u64,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
}

impl Totals {
    /// The columns of [`Totals::values`].
    pub(crate) const COLUMNS: [&'static str; 19] = [
        "requests",
        "failed",
        "aborted",
        "uncounted",
        "unpriced",
        "estimated",
        "input",
        "cache_read",
        "cache_write",
        "output",
        "reasoning",
        "tool_use",
        "tokens",
        "cost",
        "latency",
        "first_byte",
        "first_bytes",
        "bytes_in",
        "bytes_out",
    ];

    /// The sums of one row, as it is stored.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let tokens = &row.tokens;
        let count = |count: Option<u64>| sqlite::tokens(count.unwrap_or(0));
        let millis = |time: std::time::Duration| u64::from(sqlite::millis(time));
        Self {
            requests: 1,
            failed: row.outcome.is_failure().into(),
            aborted: (row.outcome == Outcome::Aborted).into(),
            uncounted: tokens.is_empty().into(),
            unpriced: matches!(row.cost, Cost::Unpriced).into(),
            estimated: matches!(row.cost, Cost::Estimated(_)).into(),
            input: count(tokens.input),
            cache_read: count(tokens.cache_read),
            cache_write: count(tokens.cache_written()),
            output: count(tokens.output),
            reasoning: count(tokens.reasoning),
            tool_use: count(tokens.tool_use),
            tokens: sqlite::tokens(row.total_tokens()),
            cost: sqlite::cost(row.cost.nanodollars().unwrap_or(0)),
            latency: millis(row.latency),
            first_byte: row.first_byte.map_or(0, millis),
            first_bytes: row.first_byte.is_some().into(),
            bytes_in: sqlite::bytes(row.bytes_in),
            bytes_out: sqlite::bytes(row.bytes_out),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let mut sums = self.values();
        for (sum, value) in sums.iter_mut().zip(other.values()) {
            *sum = sum.saturating_add(value);
        }
        *self = Self::from_values(sums);
    }

    pub(crate) fn values(&self) -> [u64; 19] {
        [
            self.requests,
            self.failed,
            self.aborted,
            self.uncounted,
            self.unpriced,
            self.estimated,
            self.input,
            self.cache_read,
            self.cache_write,
            self.output,
            self.reasoning,
            self.tool_use,
            self.tokens,
            self.cost,
            self.latency,
            self.first_byte,
            self.first_bytes,
            self.bytes_in,
            self.bytes_out,
        ]
    }

    pub(crate) fn from_values(values: [u64; 19]) -> Self {
        let [
            requests,
            failed,
            aborted,
            uncounted,
            unpriced,
            estimated,
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            tool_use,
            tokens,
            cost,
            latency,
            first_byte,
            first_bytes,
            bytes_in,
            bytes_out,
        ] = values;
        Self {
            requests,
            failed,
            aborted,
            uncounted,
            unpriced,
            estimated,
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            tool_use,
            tokens,
            cost,
            latency,
            first_byte,
            first_bytes,
            bytes_in,
            bytes_out,
        }
    }
}
