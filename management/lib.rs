//! The contract of `/v0/management` from both ends: the types of its answers, and a client that asks for them. Beside it, the
//! two things that commands ask as any client of the gateway does.
//!
//! Knows neither the server nor the data path, and never prints. Field names are snake_case, instants are RFC 3339 in
//! UTC, and what is not known is absent. Start at [`accounts`] and [`requests`]; [`client`] asks for both, and
//! [`runtime`] tells it where the gateway of this machine is. [`caller`] is the client without a management key.

pub mod accounts;
pub mod caller;
pub mod client;
pub mod config;
pub mod error;
pub mod events;
pub mod inert;
pub mod keys;
pub mod logins;
pub mod logs;
pub mod models;
pub mod requests;
pub mod route;
pub mod runtime;
pub mod time;
pub mod usage;

pub use modelgate_config::Secret;
pub use modelgate_config::keys::{KeyChange, NewKey};

pub use accounts::{Account, AccountAction, Accounts, ActionDone};
pub use caller::{Answer, AskError, Caller, Outcome, Piece, Question};
pub use client::{Client, ClientError, Events};
pub use config::{ConfigSaved, ConfigText};
pub use error::{ConfigProblem, ErrorAnswer, ErrorBody, FlatAnswer};
pub use events::Event;
pub use inert::inert;
pub use keys::ClientKey;
pub use logins::{LoginBegun, LoginStatus, LoginWay, LoginWishes, Takes};
pub use logs::{LogFile, LogFiles, LogLevel, LogLine, LogLines, LogQuery, LogsCleared};
pub use models::{Model, Models};
pub use requests::{RequestDetail, RequestSummary, Requests};
pub use route::RouteDecision;
pub use runtime::{Runtime, RuntimeFile, new_token};
pub use time::Timestamp;
pub use usage::{UsageGroup, UsageImported, UsageQuery, UsageSummary, UsageTotals};

/// Where every path of the contract begins.
pub const BASE: &str = "/v0/management";

/// The header that carries the management key, where `Authorization` does not (`management-api.md` 1.2).
pub const KEY_HEADER: &str = "x-management-key";
