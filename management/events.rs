//! What happens in the gateway, as it happens: `GET events`, a stream of server-sent events.
//!
//! Each event is named by its `type`, and its data is the object of that type.

use serde::{Deserialize, Serialize};

use crate::accounts::Account;
use crate::requests::RequestSummary;
use crate::time::Timestamp;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A request was let in and understood.
    RequestStarted(RequestStarted),
    /// The first byte of its answer is on its way.
    RequestFirstByte(RequestFirstByte),
    /// It is over.
    RequestEnded(RequestSummary),
    /// An account is in another state, or new.
    AccountChanged(Account),
    /// An account is gone.
    AccountRemoved(AccountRemoved),
    /// Another configuration is in use.
    ConfigChanged(ConfigChanged),
    /// The reader was too slow, and did not get some events.
    Dropped(Dropped),
    /// What a later version may say.
    #[serde(other)]
    Unknown,
}

/// A request at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestStarted {
    /// The id that its answer will have in `x-request-id`.
    pub id: String,
    /// When it arrived.
    pub time: Timestamp,
    /// The public id of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,
    /// The client's dialect: `chat`, `claude`.
    pub dialect: String,
    /// The model as the client named it.
    pub model: String,
    /// Whether a stream was asked for.
    pub stream: bool,
}

/// A request that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFirstByte {
    /// The request.
    pub id: String,
    /// Who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Since its arrival, in milliseconds.
    pub ms: u64,
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

/// Events that a reader did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many.
    pub count: u64,
}

impl Event {
    /// Every type that the gateway tells of.
    pub const TYPES: [&'static str; 7] = [
        "request_started",
        "request_first_byte",
        "request_ended",
        "account_changed",
        "account_removed",
        "config_changed",
        "dropped",
    ];

    /// Its type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequestStarted(_) => "request_started",
            Self::RequestFirstByte(_) => "request_first_byte",
            Self::RequestEnded(_) => "request_ended",
            Self::AccountChanged(_) => "account_changed",
            Self::AccountRemoved(_) => "account_removed",
            Self::ConfigChanged(_) => "config_changed",
            Self::Dropped(_) => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_its_type() {
        let dropped = Event::Dropped(Dropped { count: 3 });
        let text = serde_json::to_string(&dropped).unwrap();
        assert_eq!(text, r#"{"type":"dropped","count":3}"#);
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), dropped);
        let text = format!(r#"{{"type":"{}"}}"#, Event::Unknown.name());
        assert_eq!(
            serde_json::from_str::<Event>(&text).unwrap(),
            Event::Unknown
        );
        assert!(Event::TYPES.contains(&dropped.name()));
    }
}
