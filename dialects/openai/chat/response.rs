//! Answers and errors.

mod decode;
mod encode;
mod error;

pub use decode::decode;
pub(super) use decode::{made_up_id, origin, settled};
pub use encode::encode;
pub(super) use encode::{has_state, write_details};
pub(super) use error::in_stream;
pub use error::{decode_error, encode_error};
