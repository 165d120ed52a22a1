//! What becomes of the record of a request that is over: it is remembered for a while, and entered in the ledger.

pub(crate) mod feed;
mod metrics;
mod recent;
mod row;
mod summary;
mod written;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use modelgate_config::Config;
use modelgate_config::model;
use modelgate_ledger::{Ledger, Prices, Settings};
use modelgate_management::requests::{Cost as Amount, CostPart};
use modelgate_management::{Event, RequestSummary};
use serde_json::Value;

use self::feed::Feed;
pub(crate) use self::metrics::{Metrics, Now};
pub(crate) use self::recent::{CAPACITY, Recent};
pub(crate) use self::summary::{amount, usage};
use crate::record::Sheet;

/// How long the end of the program waits for what is not yet in the ledger.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where records go.
#[derive(Debug)]
pub(crate) struct Telemetry {
    /// Requests that are over.
    pub(crate) recent: Recent,
    /// What happens.
    pub(crate) feed: Feed,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// Once it is open.
    ledger: OnceLock<Ledger>,
    /// Requests are entered in the ledger.
    recording: AtomicBool,
    prices: ArcSwap<Prices>,
    names: Mutex<row::Names>,
    fetched: Mutex<Fetched>,
}

/// How far the queue of usage was fetched.
#[derive(Debug, Default)]
struct Fetched {
    /// Of all requests, so many are out of the queue.
    seen: u64,
    /// What was made of one of them and found no place in an answer.
    rest: VecDeque<Value>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            recent: Recent::default(),
            feed: Feed::default(),
            metrics: Metrics::default(),
            ledger: OnceLock::new(),
            recording: AtomicBool::new(false),
            prices: ArcSwap::from_pointee(Prices::bundled().clone()),
            names: Mutex::default(),
            fetched: Mutex::default(),
        }
    }
}

impl Telemetry {
    /// Opens the ledger. Without its thread, requests are served all the same.
    pub(crate) fn open(&self, config: &Config) {
        match Ledger::open(settings(&config.ledger)) {
            // The first one counts.
            Ok(ledger) => drop(self.ledger.set(ledger)),
            Err(error) => {
                tracing::error!(%error, "usage is not recorded: the ledger's thread cannot be started");
            }
        }
        self.follow(config);
    }

    /// Takes over what a configuration says. The file and how long it keeps things are those of the start.
    pub(crate) fn follow(&self, config: &Config) {
        self.recording.store(config.ledger.enabled, Relaxed);
        let prices = match &config.ledger.prices {
            None => Ok(Prices::bundled().clone()),
            Some(path) => Prices::with_file(path),
        };
        match prices {
            Ok(prices) => self.prices.store(Arc::new(prices)),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the prices in `ledger.prices` are not used; those in use stay"
            ),
        }
    }

    /// The ledger, unless it could not be started.
    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.get()
    }

    /// Whether requests are entered in the ledger.
    pub(crate) fn is_recording(&self) -> bool {
        self.ledger().is_some() && self.recording.load(Relaxed)
    }

    /// What models cost now.
    pub(crate) fn prices(&self) -> Arc<Prices> {
        self.prices.load_full()
    }

    /// Takes at most so many things out of the queue, of which each request makes some.
    pub(crate) fn take(&self, count: usize, make: impl Fn(&Sheet) -> Vec<Value>) -> Vec<Value> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let (sheets, pushed) = self.recent.after(fetched.seen);
        let mut left = sheets.len() as u64;
        for sheet in sheets {
            if fetched.rest.len() >= count {
                break;
            }
            fetched.rest.extend(make(&sheet));
            left -= 1;
        }
        fetched.seen = pushed - left;
        let taken = fetched.rest.len().min(count);
        fetched.rest.drain(..taken).collect()
    }

    /// What a request cost by the prices of now; none for what is not accounted for.
    pub(crate) fn amount(&self, sheet: &Sheet) -> Option<Amount> {
        row::cost(sheet, &self.prices.load()).map(amount)
    }

    /// The same, and what was added up.
    pub(crate) fn bill(&self, sheet: &Sheet) -> Option<Amount> {
        let prices = self.prices.load();
        let cost = row::cost(sheet, &prices)?;
        let parts = row::bill(sheet, &prices);
        let parts = parts.iter().map(|part| CostPart {
            what: part.what.to_owned(),
            tokens: part.tokens,
            price: part.rate,
        });
        Some(Amount {
            parts: parts.collect(),
            ..amount(cost)
        })
    }

    /// A request in a line.
    pub(crate) fn summary(&self, sheet: &Sheet) -> RequestSummary {
        summary::summary(sheet, self.amount(sheet))
    }

    /// Takes what is known of a request that is over.
    pub(crate) fn keep(&self, sheet: Arc<Sheet>) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let row = row::of(&sheet, &self.prices.load(), &mut names);
        drop(names);
        self.metrics.ended(&sheet, row.as_ref());
        self.feed.tell(|| {
            let cost = row.as_ref().map(|row| amount(row.cost));
            Event::RequestEnded(summary::summary(&sheet, cost))
        });
        if let (Some(row), Some(ledger)) = (row, self.ledger())
            && self.recording.load(Relaxed)
        {
            ledger.record(row);
        }
        self.recent.push(sheet);
    }

    /// Writes what waits. Blocks.
    pub(crate) fn close(&self) {
        if let Some(ledger) = self.ledger()
            && !ledger.close(PATIENCE)
        {
            let status = ledger.status();
            tracing::error!(
                lost = status.lost + status.queued,
                "the last requests are not in the ledger"
            );
        }
    }
}

fn settings(config: &model::Ledger) -> Settings {
    Settings {
        row_days: config.row_days,
        sum_days: config.sum_days,
        max_bytes: config.max_bytes,
        ..Settings::new(config.path.clone())
    }
}
