//! What happens in the gateway, as it happens: `GET events`, a stream of server-sent events.
//!
//! Each event is named by its `type`, and its data is the object of that type, in one line. What is not
//! known is left out:
//!
//! ```text
//! event: request_started
//! data: {"type":"request_started","id":"019c","time":"2026-01-02T03:04:05.006Z","client_key":"4485ffcd93fe","client_name":"ann","dialect":"chat","model":"sonnet","stream":true}
//!
//! event: request_first_byte
//! data: {"type":"request_first_byte","id":"019c","credential":"claude-api-key[0]","provider":"claude","upstream_dialect":"claude","upstream_model":"claude-sonnet-4-5","ms":412}
//!
//! event: request_progress
//! data: {"type":"request_progress","id":"019c","ms":1650,"chunks":48,"tokens":51,"bytes":9120}
//!
//! event: request_ended
//! data: {"type":"request_ended","id":"019c","time":"2026-01-02T03:04:05.006Z","client_key":"4485ffcd93fe","client_name":"ann","dialect":"chat","model":"sonnet","stream":true,"status":200,"complete":true,"credential":"claude-api-key[0]","provider":"claude","upstream_dialect":"claude","upstream_model":"claude-sonnet-4-5","attempts":1,"first_byte_ms":412,"total_ms":2500,"usage":{"input":1200,"cached":1000,"output":80},"cost":{"nanodollars":2100000,"basis":"exact"}}
//!
//! event: account_changed
//! data: {"type":"account_changed","id":"claude-api-key[0]","provider":"claude","kind":"claude","source":"config","state":"cooling","reason":"rate_limited (429): slow down","next_try":"2026-01-02T03:04:05.006Z","priority":0}
//!
//! event: account_removed
//! data: {"type":"account_removed","id":"claude-ada@example.com"}
//!
//! event: config_changed
//! data: {"type":"config_changed","time":"2026-01-02T03:04:05.006Z","models":7,"credentials":2}
//!
//! event: config_refused
//! data: {"type":"config_refused","time":"2026-01-02T03:04:05.006Z","message":"2 problems","problems":[{"line":3,"column":7,"key":"port","message":"this is not a number"}]}
//!
//! event: log
//! data: {"type":"log","time":"2026-01-02T03:04:05.006Z","request_id":"019c","level":"warn","target":"modelgate_gateway::search","text":"attempt failed status=429"}
//!
//! event: dropped
//! data: {"type":"dropped","count":3,"of":"lines"}
//! ```
//!
//! `types=` chooses some of them, with commas between. Without it all come but lines of the log, which come where `log` is
//! among the types; `level=` leaves out those that matter less. Every reader has a place for so many events, and for so many
//! lines beside: who is too slow loses the oldest of them and is told how many (`dropped`, whatever the types). Nothing is
//! repeated for readers that come later: they begin with `GET accounts` and `GET requests`. A comment is sent after fifteen
//! seconds of silence.
//!
//! A request that was refused before it was understood has an end and no beginning; one that failed has no first byte. Progress is
//! told of streams alone, once in a second at most, when something of the answer is sent.

use serde::{Deserialize, Serialize};

use crate::accounts::Account;
use crate::error::ConfigProblem;
use crate::logs::LogLine;
use crate::requests::RequestSummary;
use crate::time::Timestamp;

/// Something that has happened. Who tells of it can do so with texts that are borrowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    bound(deserialize = "Text: Deserialize<'de> + Default")
)]
pub enum Event<Text = String> {
    /// A request was let in and understood.
    RequestStarted(RequestStarted<Text>),
    /// The first byte of its answer is on its way.
    RequestFirstByte(RequestFirstByte<Text>),
    /// More of its answer was sent.
    RequestProgress(RequestProgress<Text>),
    /// It is over.
    RequestEnded(RequestSummary<Text>),
    /// An account is in another state, or new.
    AccountChanged(Box<Account>),
    /// An account is gone.
    AccountRemoved(AccountRemoved),
    /// Another configuration is in use.
    ConfigChanged(ConfigChanged),
    /// The configuration file was changed to something that cannot be used; what was in use stays.
    ConfigRefused(ConfigRefused),
    /// The gateway has logged something; secrets are masked.
    Log(LogLine),
    /// The reader was too slow, and did not get some events.
    Dropped(Dropped),
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

/// A request at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStarted<Text = String> {
    /// The id that its answer will have in `x-request-id`.
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
}

/// A request that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFirstByte<Text = String> {
    /// The request.
    pub id: Text,
    /// Who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Text>,
    /// Whose entry that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// The dialect that is spoken to the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_dialect: Option<Text>,
    /// The upstream's name of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_model: Option<Text>,
    /// Since its arrival, in milliseconds.
    pub ms: u64,
}

/// How far the answer to a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestProgress<Text = String> {
    /// The request.
    pub id: Text,
    /// Since its arrival, in milliseconds.
    pub ms: u64,
    /// Events of the stream that came from the upstream. Many providers send one for a token or two, some for more.
    pub chunks: u64,
    /// Tokens of the answer, as far as the provider has told; most tell only in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Bytes that were sent to the client.
    pub bytes: u64,
}

/// An account that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRemoved {
    /// Its name.
    pub id: String,
}

/// Another configuration is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChanged {
    /// Since when.
    pub time: Timestamp,
    /// Models that are listed to clients.
    pub models: usize,
    /// Credentials that serve them.
    pub credentials: usize,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigRefused {
    /// When it was read.
    pub time: Timestamp,
    /// Why, in one line.
    pub message: String,
    /// Every mistake in it; none where the file cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ConfigProblem>,
}

/// Events that a reader did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// What they were.
    #[serde(default)]
    pub of: Lost,
}

/// What can be lost, each from a place of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// Events of any type but lines of the log.
    #[default]
    Events,
    /// Lines of the log.
    Lines,
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Every type that the gateway tells of.
    pub const TYPES: [&'static str; 10] = [
        "request_started",
        "request_first_byte",
        "request_progress",
        "request_ended",
        "account_changed",
        "account_removed",
        "config_changed",
        "config_refused",
        "log",
        "dropped",
    ];
}

impl<Text> Event<Text> {
    /// Its type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequestStarted(_) => "request_started",
            Self::RequestFirstByte(_) => "request_first_byte",
            Self::RequestProgress(_) => "request_progress",
            Self::RequestEnded(_) => "request_ended",
            Self::AccountChanged(_) => "account_changed",
            Self::AccountRemoved(_) => "account_removed",
            Self::ConfigChanged(_) => "config_changed",
            Self::ConfigRefused(_) => "config_refused",
            Self::Log(_) => "log",
            Self::Dropped(_) => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every event as the head of this file shows it.
    fn shapes() -> impl Iterator<Item = &'static str> {
        let lines = include_str!("events.rs").lines();
        lines.filter_map(|line| line.strip_prefix("//! data: "))
    }

    #[test]
    fn every_event_has_its_shape_and_says_its_type() {
        assert_eq!(shapes().count(), Event::TYPES.len());
        for (shape, name) in shapes().zip(Event::TYPES) {
            let event: Event = serde_json::from_str(shape).unwrap();
            assert_eq!(event.name(), name);
            let told = serde_json::to_value(&event).unwrap();
            let shape: serde_json::Value = serde_json::from_str(shape).unwrap();
            for (field, value) in shape.as_object().unwrap() {
                assert_eq!(told[field], *value, "{name}.{field}");
            }
        }
    }

    #[test]
    fn what_a_later_version_says_is_no_mistake() {
        for text in [r#"{"type":"news"}"#, r#"{"type":"unknown"}"#] {
            let event: Event = serde_json::from_str(text).unwrap();
            assert_eq!((event.name(), event), ("unknown", Event::Unknown));
        }
        let dropped: Event = serde_json::from_str(r#"{"type":"dropped","count":3}"#).unwrap();
        let of = Lost::Events;
        assert_eq!(dropped, Event::Dropped(Dropped { count: 3, of }));
    }
}
