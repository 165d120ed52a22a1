//! What the tests of this crate share: generators, checkers, and short ways to call the codecs.

pub(crate) mod arbitrary;
pub(crate) mod check_chat_stream;
pub(crate) mod check_claude_stream;
pub(crate) mod check_completions_stream;
pub(crate) mod check_gemini_stream;
pub(crate) mod check_responses_stream;
pub(crate) mod drive;
pub(crate) mod event_stream;
pub(crate) mod facts;
pub(crate) mod fuzz_bodies;
pub(crate) mod kiro_stream;
pub(crate) mod pretty;
pub(crate) mod targets;
pub(crate) mod valid_chat_request;
pub(crate) mod valid_claude_request;
pub(crate) mod valid_gemini_request;
pub(crate) mod valid_kiro_request;
pub(crate) mod valid_responses_request;

use proptest::test_runner::Config;

/// Runs of a property: `PROPTEST_CASES` decides where it is set, so that a long run can be asked for.
pub(crate) fn cases(usual: u32) -> Config {
    let cases = match std::env::var("PROPTEST_CASES") {
        Ok(asked) => asked.parse().expect("PROPTEST_CASES is a number"),
        Err(_) => usual,
    };
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}
