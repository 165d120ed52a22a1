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

use crate::gemini::schema;
use crate::json::RawJson;

/// A JSON Schema in Google's subset, for upstreams that take no other ([`GeminiProfile::json_schema`](crate::target::GeminiProfile)).
#[must_use]
pub fn cleaned_schema(schema: &RawJson) -> RawJson {
    schema::clean(schema).schema
}

#[cfg(test)]
mod tests;
