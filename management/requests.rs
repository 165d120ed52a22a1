//! Requests: who asked for what, who was considered, and what came of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// `GET requests`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// The latest first.
    pub requests: Vec<RequestSummary>,
    /// Where the next page begins, for `before`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A request in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSummary<Text = String> {
    /// The id that its answer had in `x-request-id`.
    pub id: Text,
    /// When it arrived.
    pub time: Timestamp,
    /// Whose key it had: its public id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<Text>,
    /// The name of the key, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Text>,
    /// The client's dialect: `chat`, `claude`.
    pub dialect: Text,
    /// The model as the client named it.
    pub model: Text,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The status that the client was given; 499 when it left before there was one.
    pub status: u16,
    /// The answer was given to its end.
    pub complete: bool,
    /// The account that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Text>,
    /// Whose entry that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// The dialect that was spoken to the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_dialect: Option<Text>,
    /// The upstream's name of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_model: Option<Text>,
    /// How many attempts were made.
    pub attempts: usize,
    /// From its arrival to the first byte of the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// From its arrival to its end, in milliseconds.
    pub total_ms: u64,
    /// What was used.
    #[serde(default)]
    pub usage: Usage,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What the client was told went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}

/// `GET requests/{id}`: everything that is remembered of a request that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDetail {
    /// The id that its answer had in `x-request-id`.
    pub id: String,
    /// When it arrived.
    pub time: Timestamp,
    /// Whose key it had: its public id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,
    /// The name of the key, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The client's dialect: `chat`, `claude`.
    pub dialect: String,
    /// The model as the client named it.
    pub model: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The status that the client was given; 499 when it left before there was one.
    pub status: u16,
    /// The answer was given to its end.
    pub complete: bool,
    /// What the client was told went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
    /// What an earlier request of the same session had to do with the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// Who could have answered, in the order in which they were considered.
    #[serde(default)]
    pub candidates: Vec<Considered>,
    /// How many more there were than are listed.
    #[serde(default)]
    pub more_candidates: usize,
    /// Every call to an upstream, in its order.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// What could not be carried from one dialect into another.
    #[serde(default)]
    pub losses: Vec<LossNote>,
    /// Where the time went.
    pub times: Times,
    /// What was used.
    #[serde(default)]
    pub usage: Usage,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Who answered a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The account.
    pub credential: String,
    /// Whose entry it is.
    pub provider: String,
    /// The dialect that was spoken to the upstream.
    pub dialect: String,
    /// The upstream's name of the model.
    pub model: String,
}

/// How the session of a request was found, and what that meant for the choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affinity {
    /// What names the session: `x-session-id`, `metadata.user_id`.
    pub source: String,
    /// What came of it.
    pub outcome: Bound,
    /// The account that the session is bound to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What became of a session's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It was used again.
    Bound,
    /// There was none yet.
    New,
    /// It could not answer, so that another took over.
    Moved,
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

/// Somebody who could have answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// The account.
    pub credential: String,
    /// The upstream's name of the model.
    pub model: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
}

/// What came of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was asked; of a decision only, it would be the first to be asked.
    Tried,
    /// It was passed over.
    Skipped,
    /// It was not needed, because one before it answered.
    Reserve,
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

/// One call to an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The account.
    pub credential: String,
    /// The upstream's name of the model.
    pub model: String,
    /// The upstream's status; absent where none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What kind of failure it was: `rate_limited`, `unreachable`; absent where it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the upstream said of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long the upstream asked to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// From the call to its failure, or to the beginning of its answer, in milliseconds.
    pub ms: u64,
}

/// Something of a request that the upstream's dialect has no words for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossNote {
    /// Where it stood in the client's request: `messages[3].cache_control`.
    pub path: String,
    /// What was done with it: `dropped`, `changed`.
    pub action: String,
    /// Why.
    pub why: String,
}

/// Where the time of a request went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// From its arrival to its end, in milliseconds.
    pub total_ms: u64,
    /// What the gateway took for itself before the first call, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_us: Option<u64>,
    /// Waiting for a turn and between rounds, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_ms: Option<u64>,
    /// From its arrival to the first byte of the answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// From the first byte to the last, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_ms: Option<u64>,
}

/// What a request cost by the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Billionths of a dollar; absent where it is not known, which is not nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nanodollars: Option<u64>,
    /// How it is known: `exact`, `estimated`, `unpriced`.
    pub basis: Cow<'static, str>,
    /// What was added up; only of a single request that is remembered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CostPart>,
}

/// One kind of token in what a request cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostPart {
    /// The kind: `input`, `output`, `thinking`, `cache read`, `cache write`, `cache write 1h`.
    pub what: String,
    /// How many there were.
    pub tokens: u64,
    /// Millionths of a dollar for a million of them.
    pub price: u64,
}

/// Tokens; absent where the upstream did not tell, which is not the same as none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request, those from a cache included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// Those of them that came from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<u64>,
    /// Tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
}

impl From<&RequestDetail> for RequestSummary {
    fn from(detail: &RequestDetail) -> Self {
        let served = |field: fn(&Served) -> &String| detail.served.as_ref().map(field).cloned();
        Self {
            id: detail.id.clone(),
            time: detail.time,
            client_key: detail.client_key.clone(),
            client_name: detail.client_name.clone(),
            dialect: detail.dialect.clone(),
            model: detail.model.clone(),
            stream: detail.stream,
            status: detail.status,
            complete: detail.complete,
            credential: served(|served| &served.credential),
            provider: served(|served| &served.provider),
            upstream_dialect: served(|served| &served.dialect),
            upstream_model: served(|served| &served.model),
            attempts: detail.attempts.len(),
            first_byte_ms: detail.times.first_byte_ms,
            total_ms: detail.times.total_ms,
            usage: detail.usage,
            cost: detail.cost.clone(),
            error: detail.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_is_not_zero() {
        let usage: Usage = serde_json::from_str(r#"{"output":0}"#).unwrap();
        assert_eq!((usage.input, usage.output), (None, Some(0)));
        assert_eq!(serde_json::to_string(&usage).unwrap(), r#"{"output":0}"#);
    }

    #[test]
    fn a_summary_tells_who_answered() {
        let text = r#"{"id":"1","time":"2026-01-02T03:04:05.006Z","dialect":"chat","model":"m","stream":true,
            "status":200,"complete":true,"served":{"credential":"c","provider":"p","dialect":"claude","model":"u"},
            "attempts":[{"credential":"c","model":"u","status":200,"ms":7}],"times":{"total_ms":9},"more":{}}"#;
        let detail: RequestDetail = serde_json::from_str(text).unwrap();
        let summary = serde_json::to_string(&RequestSummary::from(&detail)).unwrap();
        assert_eq!(
            summary,
            r#"{"id":"1","time":"2026-01-02T03:04:05.006Z","dialect":"chat","model":"m","stream":true,"status":200,"complete":true,"credential":"c","provider":"p","upstream_dialect":"claude","upstream_model":"u","attempts":1,"total_ms":9,"usage":{}}"#
        );
    }
}
