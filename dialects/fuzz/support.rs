//! The bodies of the targets are those of the property tests.

#![expect(dead_code, reason = "each target uses a part of it")]

#[path = "../tests/support/check_chat_stream.rs"]
pub(crate) mod check_chat_stream;
#[path = "../tests/support/check_claude_stream.rs"]
pub(crate) mod check_claude_stream;
#[path = "../tests/support/check_completions_stream.rs"]
pub(crate) mod check_completions_stream;
#[path = "../tests/support/check_gemini_stream.rs"]
pub(crate) mod check_gemini_stream;
#[path = "../tests/support/check_responses_stream.rs"]
pub(crate) mod check_responses_stream;
#[path = "../tests/support/drive.rs"]
pub(crate) mod drive;
#[path = "../tests/support/event_stream.rs"]
pub(crate) mod event_stream;
#[path = "../tests/support/fuzz_bodies.rs"]
pub(crate) mod fuzz_bodies;
#[path = "../tests/support/kiro_stream.rs"]
pub(crate) mod kiro_stream;
#[path = "../tests/support/targets.rs"]
pub(crate) mod targets;
