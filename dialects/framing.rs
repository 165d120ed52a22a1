//! From bytes to frames and back, wherever the bytes were cut.

pub mod json_array;
pub mod sse;
