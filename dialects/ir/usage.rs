//! Token counts without overlap; absent is not zero.

use crate::Dialect;
use crate::json::RawJson;

/// Token counts of one answer. The counts do not overlap (`dialects.md` 2.7): the whole input is `input` + cache reads
/// and writes, the whole output is `output` + `reasoning`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Input that was neither read from nor written to a cache.
    pub input: Option<u64>,
    /// Input read from a cache.
    pub cache_read: Option<u64>,
    /// Input written to a cache, all lifetimes together.
    pub cache_write: Option<u64>,
    /// Of `cache_write`: kept five minutes.
    pub cache_write_5m: Option<u64>,
    /// Of `cache_write`: kept an hour.
    pub cache_write_1h: Option<u64>,
    /// Output without thinking, or with it where `reasoning` is unknown.
    pub output: Option<u64>,
    /// Thinking.
    pub reasoning: Option<u64>,
    /// The upstream gave no count, or not all: the gateway has estimated.
    pub estimated: bool,
    /// The whole usage object of the dialect that it came in, for details that only one dialect has (audio tokens, server
    /// tool requests).
    pub own: Option<(Dialect, RawJson)>,
}

impl Usage {
    /// The whole input: new, read and written; `None` where nothing is known.
    #[must_use]
    pub fn total_input(&self) -> Option<u64> {
        sum([self.input, self.cache_read, self.cache_write])
    }

    /// The whole output: text and thinking; `None` where nothing is known.
    #[must_use]
    pub fn total_output(&self) -> Option<u64> {
        sum([self.output, self.reasoning])
    }

    /// Takes over every count that `later` has; cumulative counts of streams replace earlier ones.
    pub fn merge(&mut self, later: Usage) {
        // Only a count of both replaces all estimates.
        let replaced = later.total_input().is_some() && later.total_output().is_some();
        self.estimated = later.estimated || (self.estimated && !replaced);
        let fields = [
            (&mut self.input, later.input),
            (&mut self.cache_read, later.cache_read),
            (&mut self.cache_write, later.cache_write),
            (&mut self.cache_write_5m, later.cache_write_5m),
            (&mut self.cache_write_1h, later.cache_write_1h),
            (&mut self.output, later.output),
            (&mut self.reasoning, later.reasoning),
        ];
        for (mine, theirs) in fields {
            *mine = theirs.or(*mine);
        }
        self.own = later.own.or(self.own.take());
    }

    /// The usage object that it came in, if that is one of this dialect.
    #[must_use]
    pub fn own(&self, dialect: Dialect) -> Option<&RawJson> {
        let own = self.own.as_ref().filter(|(of, _)| *of == dialect);
        own.map(|(_, raw)| raw)
    }

    /// Whether no count is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total_input().is_none() && self.total_output().is_none()
    }
}

/// The sum of the counts that are known.
fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts
        .into_iter()
        .flatten()
        .fold(None, |sum: Option<u64>, count| {
            Some(sum.unwrap_or(0).saturating_add(count))
        })
}
