//! Usage of another gateway of the family, or of this one. The file is not trusted: it is checked as a whole before
//! anything of it is written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::object::Object;
use super::{Detail, UNKNOWN};
use crate::record::{ClientKey, Counts, MOST_TOKENS, Origin, Outcome, RequestId, Row, Tokens};
use crate::{Cost, Ledger, LedgerError, Prices};

/// The most bytes of a file.
pub const LARGEST: usize = 64 << 20;
/// Requests of a file.
const MOST: usize = 250_000;
/// Objects of a file: a request is two, itself and its tokens. More are not even parsed.
const MOST_OBJECTS: usize = 3 * MOST;
/// Bytes of a name.
const LONGEST: usize = 256;
/// Milliseconds, of which no more are kept.
const SLOWEST: i64 = u32::MAX as i64;
/// Rows that are handed to the writer at once.
const AT_ONCE: usize = 1_000;
/// 2000-01-01 in milliseconds: there were no such models before.
const EARLIEST: i64 = 946_684_800_000;
const DAY: i64 = 86_400_000;

/// What an import did, with the sums over all times after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Requests that are new.
    pub added: u64,
    /// Requests that were here already, or whose time is older than what is kept.
    pub skipped: u64,
    /// All requests of the ledger.
    pub total_requests: u64,
    /// Those of them that failed.
    pub failed_requests: u64,
}

/// Why a file was not imported. Unless the ledger itself failed, nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is too large.
    #[error("the file has more than {LARGEST} bytes; export a shorter time")]
    TooLarge,
    /// It is not JSON of the family's shape.
    #[error("invalid json")]
    Json(#[from] serde_json::Error),
    /// Its version is not 0 or 1.
    #[error("unsupported version")]
    Version(i64),
    /// It has too many requests.
    #[error("the file has more than {MOST} requests; export a shorter time")]
    TooMany,
    /// It tells how many requests there were, and of none of them what it was.
    #[error(
        "the file has sums and no `details` of requests, of which alone they could be taken over"
    )]
    SumsOnly,
    /// A value that cannot be.
    #[error("{field} of request {index} of {api:?} cannot be {value}")]
    Value {
        /// The name under which it stands.
        api: String,
        /// Its place below the model, from 0.
        index: usize,
        /// The field.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// A name is too long.
    #[error("a name has more than {LONGEST} bytes")]
    LongName,
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

#[derive(Deserialize)]
struct File {
    version: Option<i64>,
    #[serde(default)]
    usage: Object<Usage>,
}

#[derive(Deserialize, Default)]
struct Usage {
    /// Not taken over, whatever it says.
    total_requests: Option<serde_json::Value>,
    apis: Option<BTreeMap<String, Option<Object<Api>>>>,
}

#[derive(Deserialize)]
struct Api {
    models: Option<BTreeMap<String, Option<Object<Model>>>>,
}

#[derive(Deserialize)]
struct Model {
    details: Option<Vec<Object<Wire>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire {
    timestamp: Option<String>,
    source: Option<String>,
    auth_index: Option<AuthIndex>,
    latency_ms: Option<i64>,
    tokens: Option<Object<WireCounts>>,
    failed: Option<bool>,
}

/// A number in older generations.
#[derive(Deserialize)]
#[serde(untagged)]
enum AuthIndex {
    Number(u64),
    Text(String),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireCounts {
    input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cached_tokens: i64,
    total_tokens: i64,
}

impl Ledger {
    /// Takes over the requests of a file of `GET /usage/export`, ours or another gateway's; those that are here already
    /// are skipped (`management-api.md` 2.3). Costs are estimated from `prices`. Blocks until they are written.
    ///
    /// # Errors
    /// When the file is not of the shape, holds what cannot be, or the ledger cannot be written.
    pub fn import(&self, file: &[u8], prices: &Prices) -> Result<Imported, ImportError> {
        let rows = rows(file, prices, Timestamp::now())?;
        let mut imported = Imported {
            added: 0,
            skipped: 0,
            total_requests: 0,
            failed_requests: 0,
        };
        let mut rows = rows.into_iter();
        loop {
            let some: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
            let last = some.len() < AT_ONCE;
            let (merged, (requests, failed)) = self.merge(some)?;
            imported.added += merged.added;
            imported.skipped += merged.skipped;
            imported.total_requests = requests;
            imported.failed_requests = failed;
            if last {
                return Ok(imported);
            }
        }
    }
}

fn rows(file: &[u8], prices: &Prices, now: Timestamp) -> Result<Vec<Row>, ImportError> {
    if file.len() > LARGEST {
        return Err(ImportError::TooLarge);
    }
    if file.iter().filter(|byte| **byte == b'{').count() > MOST_OBJECTS {
        return Err(ImportError::TooMany);
    }
    let Object(file): Object<File> = serde_json::from_slice(file)?;
    match file.version {
        None | Some(0 | 1) => {}
        Some(version) => return Err(ImportError::Version(version)),
    }
    let total = file.usage.0.total_requests;
    let counts_some = total.is_some_and(|total| total.as_f64().is_some_and(|total| total > 0.0));
    let mut rows = Vec::new();
    for (api, models) in file.usage.0.apis.into_iter().flatten() {
        let api = api.trim();
        let models = models.and_then(|Object(api)| api.models);
        if api.is_empty() {
            continue;
        }
        let api = name(api)?;
        for (model, details) in models.into_iter().flatten() {
            let model = match model.trim() {
                "" => UNKNOWN.into(),
                model => name(model)?,
            };
            let details = details
                .and_then(|Object(model)| model.details)
                .unwrap_or_default();
            if rows.len() + details.len() > MOST {
                return Err(ImportError::TooMany);
            }
            for (index, Object(detail)) in details.into_iter().enumerate() {
                let place = Place { api: &api, index };
                rows.push(row(place, &model, detail, prices, now)?);
            }
        }
    }
    if rows.is_empty() && counts_some {
        return Err(ImportError::SumsOnly);
    }
    Ok(rows)
}

fn name(text: &str) -> Result<Arc<str>, ImportError> {
    if text.len() > LONGEST {
        return Err(ImportError::LongName);
    }
    Ok(text.into())
}

/// Where a detail stands, for messages.
#[derive(Clone, Copy)]
struct Place<'a> {
    api: &'a Arc<str>,
    index: usize,
}

impl Place<'_> {
    fn wrong(self, field: &'static str, value: &impl ToString) -> ImportError {
        ImportError::Value {
            api: self.api.to_string(),
            index: self.index,
            field,
            value: value.to_string(),
        }
    }

    fn count(self, field: &'static str, count: i64) -> Result<u64, ImportError> {
        let possible = u64::try_from(count)
            .ok()
            .filter(|count| *count <= MOST_TOKENS);
        possible.ok_or_else(|| self.wrong(field, &count))
    }

    fn counts(self, wire: &WireCounts) -> Result<Counts, ImportError> {
        let mut counts = Counts {
            input: self.count("input_tokens", wire.input_tokens)?,
            output: self.count("output_tokens", wire.output_tokens)?,
            reasoning: self.count("reasoning_tokens", wire.reasoning_tokens)?,
            cached: self.count("cached_tokens", wire.cached_tokens)?,
            total: self.count("total_tokens", wire.total_tokens)?,
        };
        if counts.total == 0 {
            counts.total = counts.input + counts.output + counts.reasoning;
        }
        if counts.total == 0 {
            counts.total = counts.cached;
        }
        counts.total = counts.total.min(MOST_TOKENS);
        Ok(counts)
    }

    fn time(self, text: Option<String>, now: Timestamp) -> Result<Timestamp, ImportError> {
        // The zero time of the family's language.
        let text = text.filter(|text| !text.is_empty() && !text.starts_with("0001-01-01T00:00:00"));
        let Some(text) = text else {
            return Ok(now);
        };
        let time: Option<Timestamp> = text.parse().ok();
        let possible = EARLIEST..now.as_millisecond().saturating_add(DAY);
        time.filter(|time| possible.contains(&time.as_millisecond()))
            .ok_or_else(|| self.wrong("timestamp", &text))
    }
}

fn row(
    place: Place<'_>,
    model: &Arc<str>,
    wire: Wire,
    prices: &Prices,
    now: Timestamp,
) -> Result<Row, ImportError> {
    let time = place.time(wire.timestamp, now)?;
    let counts = place.counts(&wire.tokens.unwrap_or_default().0)?;
    let latency = wire.latency_ms.unwrap_or(0).max(0);
    if latency > SLOWEST {
        return Err(place.wrong("latency_ms", &latency));
    }
    let maybe = |text: Option<String>| match text {
        Some(text) if !text.is_empty() => name(&text).map(Some),
        _ => Ok(None),
    };
    let auth_index = wire.auth_index.map(|index| match index {
        AuthIndex::Number(number) => number.to_string(),
        AuthIndex::Text(text) => text,
    });
    let outcome = if wire.failed.unwrap_or(false) {
        Outcome::Failed
    } else {
        Outcome::Completed
    };
    let tokens = counts.tokens();
    let mut row = Row {
        id: RequestId::first_imported(time.as_millisecond()),
        key: Some(ClientKey {
            id: Arc::clone(place.api),
            name: None,
        }),
        credential: maybe(wire.source)?,
        provider: None,
        requested_model: Some(Arc::clone(model)),
        served_model: None,
        client_dialect: None,
        upstream_dialect: None,
        stream: false,
        status: 0,
        outcome,
        error: None,
        tokens,
        latency: Duration::from_millis(latency.unsigned_abs()),
        first_byte: None,
        upstream: None,
        cost: cost(prices, model, &tokens, outcome),
        bytes_in: 0,
        bytes_out: 0,
        losses: 0,
        attempts: Vec::new(),
        imported: Some(Origin {
            nanos: u32::try_from(time.as_nanosecond().rem_euclid(1_000_000)).unwrap_or(0),
            auth_index: maybe(auth_index)?,
            counts,
        }),
    };
    row.id = id(row.id, &Detail::of(&row));
    Ok(row)
}

fn cost(prices: &Prices, model: &str, tokens: &Tokens, outcome: Outcome) -> Cost {
    if tokens.total() == 0 {
        return Cost::Unpriced;
    }
    prices.cost(None, model, tokens, outcome)
}

/// An id that the same request has in every file: its time, and a digest of what it says (a UUID of version 8).
fn id(first: RequestId, detail: &Detail<'_>) -> RequestId {
    let counts = detail.counts;
    let mut digest = Sha256::new();
    for text in [detail.api, detail.model, detail.source, detail.auth_index] {
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    digest.update(detail.time.as_nanosecond().to_be_bytes());
    digest.update([u8::from(detail.failed)]);
    for count in [
        counts.input,
        counts.output,
        counts.reasoning,
        counts.cached,
        counts.total,
    ] {
        digest.update(count.to_be_bytes());
    }
    let digest = digest.finalize();
    let RequestId(mut bytes) = first;
    let version = bytes[6];
    bytes[6..].copy_from_slice(&digest[..10]);
    bytes[6] = bytes[6] & 0x0f | version;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    RequestId(bytes)
}
