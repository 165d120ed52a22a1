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
use crate::losses::Losses;

/// A JSON Schema in Google's subset, for upstreams that take no other ([`GeminiProfile::json_schema`](crate::target::GeminiProfile)).
/// `path` is where it stands in the request.
#[must_use]
pub fn cleaned_schema(schema: &RawJson, path: &str, losses: &mut Losses) -> RawJson {
    let cleaned = schema::clean(schema);
    for lost in cleaned.lost {
        let path = format!("{path}.{}", lost.path);
        match lost.quiet {
            true => losses.quietly_dropped(path, lost.why),
            false => losses.dropped(path, lost.why),
        }
    }
    cleaned.schema
}

#[cfg(test)]
mod tests;
