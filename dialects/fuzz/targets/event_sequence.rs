//! Any events in any order.

#![no_main]

#[path = "../support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::fuzz_bodies::event_sequence(data));
