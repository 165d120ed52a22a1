//! Translation between client and upstream dialects through one request, response and event model.
//!
//! Never performs I/O, never awaits, never reads a clock, never asks which provider is speaking. Start at [`ir`], then
//! read any one dialect folder; the others have the same four files: `wire` (the vendor's words), `request`,
//! `response`, `stream`. What a target cannot express is named in [`losses`].

pub mod body;
pub mod buffer;
mod choice;
pub mod claude;
mod codec;
mod dialect;
pub mod duration;
mod effort;
pub mod embeddings;
pub mod error;
pub mod framing;
mod free_text;
pub mod gemini;
pub mod ids;
pub mod ir;
pub mod json;
pub mod kiro;
pub mod losses;
pub mod names;
pub mod opaque;
pub mod openai;
pub mod passthrough;
pub mod target;
pub mod tokens;
mod tool_schema;

pub use body::Body;
pub use codec::{
    EventDecoder, EventEncoder, decode_count, decode_error, decode_request, decode_response,
    decode_response_for, decode_stream_error, decode_usage, encode_count, encode_count_request,
    encode_error, encode_error_frame, encode_request, encode_response,
};
pub use dialect::Dialect;
pub use error::{DecodeError, EncodeError};
pub use json::Str;
pub use losses::{Action, Loss, Losses};
pub use names::Names;
pub use target::{Asked, Encoded, Reply, Target};
