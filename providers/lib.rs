//! Who answers, with which credential, over which wire.
//!
//! Knows the providers: their addresses, headers, habits and failures, and which of them serves which model. Never
//! knows the server or the clients' keys. Start at [`catalog`] (who could serve a request), then [`call`] (one call).

pub mod account;
mod antigravity;
mod body;
pub mod call;
pub mod catalog;
mod chatgpt;
mod claude;
pub mod client;
mod code_assist;
mod codex;
mod compatible;
pub mod cooldowns;
mod copilot;
pub mod credential;
mod demo;
pub mod error;
pub mod fetch;
mod fit;
mod forge;
pub mod forward;
mod gemini;
pub mod health;
mod iflow;
mod inquiry;
mod kimi;
mod kind;
mod kiro;
pub mod lists;
mod models;
mod moment;
pub mod oauth;
mod quota;
mod qwen;
pub mod refresh;
mod retry_hint;
pub mod route;
pub mod store;
mod transport;
mod vertex;
mod xai;

pub use body::ByteStream;
pub use call::{Call, Operation, Upstream};
pub use catalog::{Candidate, Catalog, Member, ModelListing, Responses};
pub use client::Clients;
pub use code_assist::{Beside, beside};
pub use credential::{Credential, CredentialKey, Source};
pub use error::{CallError, CallErrorKind};
pub use fit::{fit, mend, with_cache_key};
pub use forge::Healths;
pub use forward::{Forward, Forwarded, forward};
pub use health::{Cooling, Health, Standing};
pub use kind::{Pauses, ProviderKind};
pub use moment::Moment;
pub use quota::{QuotaWindow, ask as ask_for_quota};
pub use refresh::{RefreshError, Refresher};
pub use route::{Bound, Choice, Choosing, Route, Why};
pub use store::{Account, AccountKind, Accounts};
