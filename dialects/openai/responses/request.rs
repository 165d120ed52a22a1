//! Requests.

mod decode;
mod encode;
mod foreign;

pub use decode::decode;
pub(crate) use encode::echo;
pub(in crate::openai::responses) use encode::unsaid;
pub use encode::{encode, encode_count};
pub(crate) use foreign::refuse_foreign;
