//! JSON the way a gateway needs it: validated once, read by position, written without a tree.
//!
//! [`Document`] is a flat list of nodes over the original text. Reading a value costs nothing until it is asked for,
//! and the exact spelling of anything that is not understood (schemas, arguments, unknown fields) stays at hand as
//! [`RawJson`], a view into the same bytes. `serde_json` is the oracle in the tests.

pub mod edit;
mod parse;
mod raw;
#[cfg(test)]
mod samples;
mod scan;
mod strings;
mod text;
mod value;
mod write;

pub use parse::{Document, JsonError, MAX_DEPTH};
pub use raw::RawJson;
pub(crate) use strings::Strings;
pub use text::Str;
pub use value::{Kind, Value};
pub use write::{ToJson, Writer, write_string};
