//! A scripted upstream: one loopback server that speaks Chat Completions, Responses, Claude Messages and Gemini (and
//! embeddings).
//!
//! It is an oracle, not a mock. A request the vendor would refuse is refused with the vendor's status and error
//! shape, so a translation mistake fails a test by itself; everything that arrived is recorded; and what is answered
//! is chosen by the model name ([`SCENARIOS`]) or by an ad-hoc [`Script`].
//!
//! It never forwards, never stores, and never listens on anything but loopback. Start at [`Upstream`]; `scenario.rs`
//! lists what each model name does; `chat/`, `claude/`, `gemini/` and `responses/` have the same files.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use modelgate_test_upstream::{Script, Upstream};
//!
//! let upstream = Upstream::start().await;
//! upstream.script("my-model", Script::sse(["data: {}\n\n"]).abort());
//! assert!(upstream.url().starts_with("http://127.0.0.1:"));
//! assert!(upstream.requests().is_empty());
//! # }
//! ```

mod accounts;
mod answer;
mod aside;
mod body;
mod chat;
mod claude;
mod code_assist;
mod control;
mod dialect;
mod embeddings;
mod facts;
mod fault;
mod gemini;
#[cfg(test)]
mod golden_tests;
mod json_schema;
mod plan;
mod record;
mod render;
mod responses;
mod scenario;
mod script;
mod server;
mod shape;
mod signature;
mod strict;

pub use record::Recorded;
pub use scenario::SCENARIOS;
pub use script::{Script, Step};
pub use server::Upstream;
