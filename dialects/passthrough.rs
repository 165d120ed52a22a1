//! Same dialect on both sides: the bytes are forwarded, and only watched.

mod key;
mod observe;
mod output;
mod peek;

pub use observe::{Observer, Outcome, rename_model, usage_of_body};
pub use peek::{Peek, UsageWish, peek, peek_beside_url, splice_model, splice_usage, usage_wish};
