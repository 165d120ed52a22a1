//! A request as the family tells it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::UNKNOWN;
use crate::record::{Counts, Row};

/// What tells a request from others: two that are equal here are the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Detail<'a> {
    pub(crate) api: &'a str,
    pub(crate) model: &'a str,
    pub(crate) time: Timestamp,
    pub(crate) source: &'a str,
    pub(crate) auth_index: &'a str,
    pub(crate) failed: bool,
    pub(crate) counts: Counts,
}

#[derive(Serialize)]
struct Wire<'a> {
    timestamp: Timestamp,
    source: &'a str,
    auth_index: &'a str,
    latency_ms: u64,
    tokens: WireCounts,
    failed: bool,
}

#[derive(Serialize)]
struct WireCounts {
    input_tokens: u64,
    output_tokens: u64,
    reasoning_tokens: u64,
    cached_tokens: u64,
    total_tokens: u64,
}

impl<'a> Detail<'a> {
    pub(crate) fn of(row: &'a Row) -> Self {
        let source = row.credential.as_deref().unwrap_or_default();
        let (auth_index, counts) = match &row.imported {
            None => (source, Counts::of(&row.tokens)),
            Some(origin) => (
                origin.auth_index.as_deref().unwrap_or_default(),
                origin.counts,
            ),
        };
        Self {
            api: row.key.as_ref().map_or(UNKNOWN, |key| key.label()),
            model: row.model().map_or(UNKNOWN, |model| model),
            time: row.time(),
            source,
            auth_index,
            failed: row.outcome.is_failure(),
            counts,
        }
    }

    /// As it is written below its key and model.
    pub(super) fn wire(&self, latency: Duration) -> impl Serialize + 'a {
        Wire {
            timestamp: self.time,
            source: self.source,
            auth_index: self.auth_index,
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            tokens: WireCounts {
                input_tokens: self.counts.input,
                output_tokens: self.counts.output,
                reasoning_tokens: self.counts.reasoning,
                cached_tokens: self.counts.cached,
                total_tokens: self.counts.total,
            },
            failed: self.failed,
        }
    }
}
