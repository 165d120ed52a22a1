//! Numbers for Prometheus. Labels are names of the configuration and of ours, never what a client has made up, so that
//! clients cannot make the numbers many.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use modelgate_dialects::Str;
use modelgate_ledger::Row;
use prometheus_client::encoding::{
    EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text::encode,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::record::Sheet;

/// Stands for a model that no list names: a client may call it anything.
const OTHER: &str = "other";
const NOBODY: &str = "none";

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
        for attempt in &sheet.attempts {
            let credential = &attempt.candidate.credential;
            let failure = attempt.failure.as_ref().map(|failure| failure.kind);
            let answered = if attempt.took.is_some() {
                "answered"
            } else {
                "left"
            };
            let labels = OfAttempt {
                provider: Name(credential.provider.clone()),
                credential: Name(Str::from(credential.id.as_str())),
                result: failure.unwrap_or(answered),
            };
            self.attempts.get_or_create(&labels).inc();
        }
        if sheet.caller.is_none() {
            self.unadmitted.inc();
            return;
        }
        let Some(row) = row else { return };
        self.accounted(sheet, row);
    }

    fn accounted(&self, sheet: &Sheet, row: &Row) {
        let (provider, model) = names(sheet);
        let dialect = sheet.dialect.name();
        let labels = OfRequest {
            dialect,
            provider: provider.clone(),
            model: model.clone(),
            outcome: row.outcome.name(),
        };
        self.requests.get_or_create(&labels).inc();
        let tokens = &row.tokens;
        for (kind, count) in [
            ("input", tokens.input),
            ("cache_read", tokens.cache_read),
            ("cache_write", tokens.cache_written()),
            ("output", tokens.output),
            ("reasoning", tokens.reasoning),
        ] {
            if let Some(count @ 1..) = count {
                let (provider, model) = (provider.clone(), model.clone());
                let labels = OfTokens {
                    provider,
                    model,
                    kind,
                };
                self.tokens.get_or_create(&labels).inc_by(count);
            }
        }
        if let Some(cost @ 1..) = row.cost.nanodollars() {
            let labels = OfModel { provider, model };
            self.cost.get_or_create(&labels).inc_by(dollars(cost));
        }
        let stream = if sheet.stream { "true" } else { "false" };
        let labels = OfTime { dialect, stream };
        self.latency
            .get_or_create(&labels)
            .observe(seconds(sheet.total));
        if let Some(first_byte) = sheet.first_byte {
            self.first_byte
                .get_or_create(&labels)
                .observe(seconds(first_byte));
        }
        if let Some(first) = sheet.attempts.first() {
            self.own.observe(seconds(first.after));
        }
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
