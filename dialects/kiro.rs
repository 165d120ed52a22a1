//! Kiro, which is AWS CodeWhisperer and Amazon Q (`providers.md` 9).
//!
//! Upstreams only: no client speaks this dialect, so what reads a client's words or writes for one refuses here. Its answers
//! are AWS's event streams ([`framing::event_stream`](crate::framing::event_stream)), never JSON.

pub mod request;
pub mod response;
pub mod stream;
pub(crate) mod wire;

/// Why nothing of a client is read, and nothing written for one.
const NO_CLIENT: &str = "no client speaks Kiro; ask in another dialect";
