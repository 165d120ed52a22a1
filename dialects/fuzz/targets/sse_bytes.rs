//! An upstream's stream, whatever it is.

#![no_main]

#[path = "../support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzz_bodies::sse_bytes(data));
