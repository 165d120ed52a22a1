//! Numbers for Prometheus. Labels are names of the configuration and of ours, never what a client has made up, so that
//! clients cannot make the numbers many.

mod meters;

use std::fmt;
use std::sync::atomic::AtomicU64;

use modelgate_dialects::Str;
use modelgate_ledger::Row;
use modelgate_providers::Candidate;
use prometheus_client::encoding::{
    EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text::encode,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::meters::{Meters, Usual};
use crate::record::Sheet;

/// Stands for a model that no list names: a client may call it anything.
const OTHER: &str = "other";
const NOBODY: &str = "none";
/// The result of an attempt that brought an answer.
const ANSWERED: &str = "answered";

/// Seconds of whole requests and of first bytes: models take from a tenth of a second to some minutes.
const SLOW: [f64; 14] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0,
];
/// Seconds of what the gateway does itself before it calls.
const FAST: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003_2, 0.006_4, 0.012_8, 0.05, 0.25,
    1.0,
];

/// A name that is cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name(Str);

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&&*self.0, encoder)
    }
}

impl Name {
    fn fixed(text: &'static str) -> Self {
        Self(Str::from_static(text))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    dialect: &'static str,
    provider: Name,
    model: Name,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    provider: Name,
    model: Name,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    provider: Name,
    model: Name,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAttempt {
    provider: Name,
    credential: Name,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTime {
    dialect: &'static str,
    stream: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

/// What is counted of requests.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    open: Gauge,
    requests: Family<OfRequest, Counter>,
    unadmitted: Counter,
    tokens: Family<OfTokens, Counter>,
    cost: Family<OfModel, Counter<f64, AtomicU64>>,
    attempts: Family<OfAttempt, Counter>,
    latency: Family<OfTime, Histogram>,
    first_byte: Family<OfTime, Histogram>,
    own: Histogram,
    usual: Usual,
}

/// What is true at the moment of a look.
#[derive(Debug)]
pub(crate) struct Now {
    /// Accounts by what they are.
    pub(crate) accounts: Vec<(&'static str, u64)>,
    /// Requests that wait to be written down, and those that could not be.
    pub(crate) ledger_queued: u64,
    pub(crate) ledger_lost: u64,
    /// Who watches what happens.
    pub(crate) watchers: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        let slow = || Histogram::new(SLOW);
        let metrics = Self {
            registry: Registry::default(),
            open: Gauge::default(),
            requests: Family::default(),
            unadmitted: Counter::default(),
            tokens: Family::default(),
            cost: Family::default(),
            attempts: Family::default(),
            latency: Family::new_with_constructor(slow),
            first_byte: Family::new_with_constructor(slow),
            own: Histogram::new(FAST),
            usual: Usual::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let all = &mut self.registry;
        all.register(
            "modelgate_open_requests",
            "Requests that are going on",
            self.open.clone(),
        );
        all.register(
            "modelgate_requests",
            "Requests that are over",
            self.requests.clone(),
        );
        all.register(
            "modelgate_unadmitted_requests",
            "Requests of callers that were not let in",
            self.unadmitted.clone(),
        );
        all.register(
            "modelgate_tokens",
            "Tokens; kinds do not overlap",
            self.tokens.clone(),
        );
        all.register(
            "modelgate_cost_dollars",
            "Cost by the price list; what has no price is not in it",
            self.cost.clone(),
        );
        all.register(
            "modelgate_attempts",
            "Calls of providers",
            self.attempts.clone(),
        );
        all.register_with_unit(
            "modelgate_request",
            "From the beginning of a request to its end",
            Unit::Seconds,
            self.latency.clone(),
        );
        all.register_with_unit(
            "modelgate_first_byte",
            "From the beginning of a request to the first byte of its answer",
            Unit::Seconds,
            self.first_byte.clone(),
        );
        all.register_with_unit(
            "modelgate_own",
            "From the beginning of a request to the first call of a provider",
            Unit::Seconds,
            self.own.clone(),
        );
        self
    }

    /// A request has begun.
    pub(crate) fn began(&self) {
        self.open.inc();
    }

    /// It is over; `row` is what is accounted for.
    pub(crate) fn ended(&self, sheet: &Sheet, row: Option<&Row>) {
        self.open.dec();
        match (row, &*sheet.attempts) {
            (Some(row), [attempt]) if attempt.is_answered() => {
                self.usual.count(self, sheet, row, &attempt.candidate);
            }
            _ => self.unusual(sheet, row),
        }
    }

    /// A request that was not answered by the first who was asked.
    fn unusual(&self, sheet: &Sheet, row: Option<&Row>) {
        for attempt in &sheet.attempts {
            let failure = attempt.failure.as_ref().map(|failure| failure.kind);
            let result = if attempt.is_answered() {
                ANSWERED
            } else {
                "left"
            };
            self.attempts_of(&attempt.candidate, failure.unwrap_or(result))
                .inc();
        }
        if sheet.caller.is_none() {
            self.unadmitted.inc();
        } else if let Some(row) = row {
            Meters::new(self, sheet, row).count(self, sheet, row);
        }
    }

    fn attempts_of(&self, candidate: &Candidate, result: &'static str) -> Counter {
        let credential = &candidate.credential;
        self.attempts.get_or_create_owned(&OfAttempt {
            provider: Name(credential.provider.clone()),
            credential: Name(Str::from(credential.id.as_str())),
            result,
        })
    }

    /// Everything, in the text form of OpenMetrics.
    pub(crate) fn text(&self, now: &Now) -> String {
        let mut text = String::new();
        // Fails when the writer does, and a text does not.
        let _ = prometheus_client::encoding::text::encode_registry(&mut text, &self.registry);
        let mut current = Registry::default();
        let states: Family<OfState, Gauge> = Family::default();
        for (state, count) in &now.accounts {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            states.get_or_create(&OfState { state }).set(count);
        }
        current.register(
            "modelgate_accounts",
            "Accounts and keys by what they are",
            states,
        );
        for (name, help, value) in [
            (
                "modelgate_ledger_queued_requests",
                "Requests that wait to be written down",
                now.ledger_queued,
            ),
            (
                "modelgate_ledger_lost_requests",
                "Requests that could not be written down",
                now.ledger_lost,
            ),
            (
                "modelgate_event_watchers",
                "Streams of events that are open",
                now.watchers,
            ),
        ] {
            current.register(name, help, ConstGauge::new(value));
        }
        let _ = encode(&mut text, &current);
        text
    }
}

/// Whose model it is, as the configuration names both.
fn names(sheet: &Sheet) -> (Name, Name) {
    let Some(served) = sheet.served() else {
        let model = if sheet.listed {
            Name(sheet.model.clone())
        } else {
            Name::fixed(OTHER)
        };
        return (Name::fixed(NOBODY), model);
    };
    let candidate = &served.candidate;
    let model = if sheet.listed {
        Name(candidate.target.model.clone())
    } else {
        Name::fixed(OTHER)
    };
    (Name(candidate.credential.provider.clone()), model)
}
