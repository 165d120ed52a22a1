//! Answers and errors.

mod decode;
mod encode;
mod error;

pub use decode::decode;
pub(in crate::openai) use decode::made_up_id;
pub(super) use decode::{origin, settled};
pub use encode::encode;
pub(super) use encode::{has_state, write_details};
pub(in crate::openai) use error::in_stream;
pub use error::{decode_error, encode_error};
