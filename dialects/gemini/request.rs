//! Requests.

mod contents;
mod decode;
mod encode;
mod fields;
mod media;
mod paths;
mod thinking;
mod tools;

pub(crate) use fields::refuse_elsewhere;
pub(crate) use paths::respelt;

pub use decode::decode;
pub use encode::{encode, encode_count};

#[cfg(test)]
mod tests;
