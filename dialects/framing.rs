//! From bytes to frames and back, wherever the bytes were cut.

pub mod sse;
