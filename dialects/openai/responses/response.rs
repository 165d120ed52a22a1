//! Answers and errors.

mod decode;
mod encode;
mod error;
mod item;

pub use decode::decode;
pub(super) use decode::{
    CallHead, Reader, answer_rest, arguments, message_rest, refuses, seconds, token_list, whole,
};
pub use encode::encode;
pub(super) use encode::{Answer, Items, failure};
pub(crate) use error::encode_error_event;
pub use error::{decode_error, encode_error};
pub(super) use error::{in_stream, write_failure};
pub(super) use item::{
    Content, Item, call_id, cited, item_id, logprobs, space, words, write_logprobs, write_summary,
};
