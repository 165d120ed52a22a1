//! An upstream's binary stream, whatever it is.

#![no_main]

#[path = "../support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzz_bodies::event_stream_bytes(data));
