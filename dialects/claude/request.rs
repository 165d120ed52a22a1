//! Requests.

mod closed;
mod decode;
mod elsewhere;
mod encode;
mod marks;
mod media;
mod messages;
mod thinking;
mod tools;

pub use decode::decode;
pub(crate) use elsewhere::refuse_elsewhere;
pub use encode::{encode, encode_count};

#[cfg(test)]
mod tests;
