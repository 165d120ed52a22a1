//! The server: who may call, which credential answers, and the bytes in between.
//!
//! Never prints, prompts or reads arguments. Start at [`server`], then follow a request through `routes`, `access`,
//! `body`, `exchange`, `attempt` and `relay`; `error` is the only place that turns a failure into an answer.

mod access;
mod affinity;
mod amp;
mod api;
mod attempt;
mod betas;
mod body;
mod collect;
mod conduit;
mod conversations;
mod cooldowns;
mod eager;
mod error;
mod exchange;
mod google;
mod intake;
mod keep_alive;
mod lists;
pub mod logs;
mod management;
mod payload;
mod pending;
mod plan;
mod quotas;
mod record;
mod references;
mod relay;
mod reply;
mod request;
mod resting;
mod routes;
mod search;
pub mod server;
mod session;
mod state;
mod suffix;
mod telemetry;
mod tls;
mod tried;
mod websocket;

pub use logs::Logs;
pub use server::{Server, StartError};
pub use state::State;
