//! Rows to record.

use std::sync::Arc;
use std::time::Duration;

use modelgate_ledger::{Attempt, ClientKey, Cost, Outcome, RequestId, Row, Tokens};

/// 2026-08-22T00:00:00Z in milliseconds.
pub(crate) const BEGINNING: i64 = 1_787_356_800_000;
pub(crate) const DAYS: i64 = 90;

/// Rows in the order in which they end, each some time after it began.
pub(crate) struct Rows {
    next: u64,
    count: u64,
    /// Milliseconds from the end of the first to that of the last.
    span: u64,
    chance: u64,
    keys: Vec<Arc<str>>,
    models: Vec<Arc<str>>,
    credentials: Vec<Arc<str>>,
    providers: Vec<Arc<str>>,
    dialects: Vec<Arc<str>>,
    error: Arc<str>,
}

fn names(name: &str, count: usize) -> Vec<Arc<str>> {
    (0..count)
        .map(|number| format!("{name}-{number}").into())
        .collect()
}

impl Rows {
    /// Of many days.
    pub(crate) fn over_time(count: u64) -> Self {
        Self::over(count, DAYS.unsigned_abs() * 86_400_000)
    }

    /// Of a busy moment: ten a millisecond.
    pub(crate) fn at_once(count: u64) -> Self {
        Self::over(count, count / 10)
    }

    fn over(count: u64, span: u64) -> Self {
        Self {
            next: 0,
            count,
            span,
            chance: 0x9e37_79b9_7f4a_7c15,
            keys: names("key", 50),
            models: names("a-model-of-some-vendor", 20),
            credentials: names("credential", 20),
            providers: names("provider", 5),
            dialects: names("dialect", 3),
            error: "rate_limited".into(),
        }
    }

    /// Xorshift: quick, and the same every time.
    fn chance(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.chance() % limit
    }

    fn pick(&mut self, limit: usize) -> usize {
        usize::try_from(self.chance() % limit as u64).unwrap()
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.next == self.count {
            return None;
        }
        let ended = u128::from(self.span) * u128::from(self.next) / u128::from(self.count);
        self.next += 1;
        let latency = 300 + self.below(60_000);
        let began =
            (BEGINNING.unsigned_abs() + u64::try_from(ended).unwrap()).saturating_sub(latency);
        let (high, low) = (self.below(1 << 12), self.chance());
        let id = RequestId::parse(&format!("{began:012x}7{high:03x}{low:016x}")).unwrap();
        let credential = self.pick(20);
        let provider = Arc::clone(&self.providers[credential % 5]);
        let credential = Arc::clone(&self.credentials[credential]);
        let (model, key) = (self.pick(20), self.pick(50));
        let (model, key) = (Arc::clone(&self.models[model]), Arc::clone(&self.keys[key]));
        let failed = self.below(20) == 0;
        let cached = self.below(2) == 0;
        let tokens = Tokens {
            input: Some(self.below(20_000)),
            cache_read: cached.then(|| self.below(100_000)),
            cache_write: None,
            cache_write_5m: None,
            cache_write_1h: None,
            output: Some(self.below(4_000)),
            reasoning: cached.then(|| self.below(4_000)),
            tool_use: None,
            estimated: false,
        };
        let first = Duration::from_millis(100 + self.below(latency));
        let attempt = Attempt {
            credential: Arc::clone(&credential),
            provider: Arc::clone(&provider),
            status: if failed { 429 } else { 200 },
            error: failed.then(|| Arc::clone(&self.error)),
            after: Duration::from_millis(1),
            took: Some(first),
        };
        Some(Row {
            id,
            key: Some(ClientKey {
                id: key,
                name: None,
            }),
            credential: Some(credential),
            provider: Some(provider),
            requested_model: Some(Arc::clone(&model)),
            served_model: Some(model),
            client_dialect: Some(Arc::clone(&self.dialects[0])),
            upstream_dialect: Some(Arc::clone(&self.dialects[1])),
            stream: cached,
            status: if failed { 429 } else { 200 },
            outcome: if failed {
                Outcome::Failed
            } else {
                Outcome::Completed
            },
            error: failed.then(|| Arc::clone(&self.error)),
            tokens: if failed { Tokens::default() } else { tokens },
            latency: Duration::from_millis(latency),
            first_byte: (!failed).then_some(first),
            upstream: Some(Duration::from_millis(latency - 1)),
            cost: if failed {
                Cost::Unpriced
            } else {
                Cost::Exact(self.below(2_000_000_000))
            },
            bytes_in: self.below(400_000),
            bytes_out: self.below(40_000),
            losses: 0,
            attempts: vec![attempt],
            imported: None,
        })
    }
}
