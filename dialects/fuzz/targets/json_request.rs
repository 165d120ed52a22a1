//! A client's request or an upstream's answer, whatever it is.

#![no_main]

#[path = "../support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzz_bodies::json_request(data));
