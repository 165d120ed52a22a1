//! The numbers that a request counts in, found once for many requests: to find one of them by its labels costs more than to
//! count.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use modelgate_dialects::Dialect;
use modelgate_ledger::{Outcome, Row};
use modelgate_providers::Candidate;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::{ANSWERED, Metrics, OfModel, OfRequest, OfTime, OfTokens, names};
use crate::record::Sheet;

/// Kinds of requests whose numbers are at hand.
const SLOTS: usize = 64;
/// Kinds of tokens.
const KINDS: [&str; 5] = ["input", "cache_read", "cache_write", "output", "reasoning"];

/// The numbers of requests of one kind. Some are only made when there is something to count.
#[derive(Debug)]
pub(super) struct Meters {
    requests: Counter,
    latency: Histogram,
    first_byte: OnceLock<Histogram>,
    tokens: [OnceLock<Counter>; KINDS.len()],
    cost: OnceLock<Counter<f64, AtomicU64>>,
}

impl Meters {
    /// The numbers of a request.
    pub(super) fn new(all: &Metrics, sheet: &Sheet, row: &Row) -> Self {
        let (provider, model) = names(sheet);
        let requests = all.requests.get_or_create_owned(&OfRequest {
            dialect: sheet.dialect.name(),
            provider,
            model,
            outcome: row.outcome.name(),
        });
        Self {
            requests,
            latency: all.latency.get_or_create_owned(&OfTime::of(sheet)),
            first_byte: OnceLock::new(),
            tokens: Default::default(),
            cost: OnceLock::new(),
        }
    }

    /// Counts a request of this kind.
    pub(super) fn count(&self, all: &Metrics, sheet: &Sheet, row: &Row) {
        self.requests.inc();
        self.count_tokens(all, sheet, row);
        if let Some(cost @ 1..) = row.cost.nanodollars() {
            let counter = self.cost.get_or_init(|| {
                let (provider, model) = names(sheet);
                all.cost.get_or_create_owned(&OfModel { provider, model })
            });
            counter.inc_by(dollars(cost));
        }
        self.latency.observe(seconds(sheet.total));
        if let Some(first_byte) = sheet.first_byte {
            let of_time = || all.first_byte.get_or_create_owned(&OfTime::of(sheet));
            let histogram = self.first_byte.get_or_init(of_time);
            histogram.observe(seconds(first_byte));
        }
        if let Some(first) = sheet.attempts.first() {
            all.own.observe(seconds(first.after));
        }
    }

    fn count_tokens(&self, all: &Metrics, sheet: &Sheet, row: &Row) {
        let tokens = &row.tokens;
        let counts = [
            tokens.input,
            tokens.cache_read,
            tokens.cache_written(),
            tokens.output,
            tokens.reasoning,
        ];
        for ((kind, counter), count) in KINDS.iter().zip(&self.tokens).zip(counts) {
            if let Some(count @ 1..) = count {
                let counter = counter.get_or_init(|| {
                    let (provider, model) = names(sheet);
                    all.tokens.get_or_create_owned(&OfTokens {
                        provider,
                        model,
                        kind,
                    })
                });
                counter.inc_by(count);
            }
        }
    }
}

/// The numbers of the last kinds of requests that the first candidate answered, each in a slot that the candidate leads to.
#[derive(Debug)]
pub(super) struct Usual(Mutex<[Option<Box<Kind>>; SLOTS]>);

#[derive(Debug)]
struct Kind {
    /// Held, so that nothing else comes to be where it is.
    candidate: Candidate,
    dialect: Dialect,
    stream: bool,
    listed: bool,
    outcome: Outcome,
    answered: Counter,
    meters: Meters,
}

impl Default for Usual {
    fn default() -> Self {
        Self(Mutex::new([const { None }; SLOTS]))
    }
}

impl Usual {
    /// Counts a request that a candidate has answered.
    pub(super) fn count(&self, all: &Metrics, sheet: &Sheet, row: &Row, candidate: &Candidate) {
        let address = Arc::as_ptr(&candidate.credential).addr() / 64
            + Arc::as_ptr(&candidate.target).addr() / 16
            + usize::from(sheet.stream);
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = &mut slots[address % SLOTS];
        let kind = match slot {
            Some(kind) if kind.is_of(sheet, row, candidate) => kind,
            _ => slot.insert(Box::new(Kind::new(all, sheet, row, candidate))),
        };
        kind.answered.inc();
        kind.meters.count(all, sheet, row);
    }
}

impl Kind {
    fn new(all: &Metrics, sheet: &Sheet, row: &Row, candidate: &Candidate) -> Self {
        Self {
            candidate: candidate.clone(),
            dialect: sheet.dialect,
            stream: sheet.stream,
            listed: sheet.listed,
            outcome: row.outcome,
            answered: all.attempts_of(candidate, ANSWERED),
            meters: Meters::new(all, sheet, row),
        }
    }

    fn is_of(&self, sheet: &Sheet, row: &Row, candidate: &Candidate) -> bool {
        Arc::ptr_eq(&self.candidate.credential, &candidate.credential)
            && Arc::ptr_eq(&self.candidate.target, &candidate.target)
            && self.dialect == sheet.dialect
            && self.stream == sheet.stream
            && self.listed == sheet.listed
            && self.outcome == row.outcome
    }
}

impl OfTime {
    fn of(sheet: &Sheet) -> Self {
        Self {
            dialect: sheet.dialect.name(),
            stream: if sheet.stream { "true" } else { "false" },
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn dollars(nanodollars: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a dashboard needs no more than 15 digits"
    )]
    let dollars = nanodollars as f64 / 1e9;
    dollars
}
