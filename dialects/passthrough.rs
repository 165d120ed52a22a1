//! Same dialect on both sides: the bytes are forwarded, and only watched.

mod observe;
mod peek;

pub use observe::{Observer, Outcome, rename_model, usage_of_body};
pub use peek::{Peek, peek, peek_beside_url, splice_model};
