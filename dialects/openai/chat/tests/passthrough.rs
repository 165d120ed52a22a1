//! Streams that pass through.

use bytes::Bytes;

use crate::Dialect;
use crate::passthrough::{Observer, Outcome};

const CONTENT: &str =
    "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a \\\"usage\\\"\"}}]}\n\n";
const LAST: &str = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
const USAGE: &str = "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// What the client gets of a stream that comes in two pieces.
fn passed(mut observer: Observer, stream: &str, at: usize) -> (String, Observer) {
    let (one, two) = stream.as_bytes().split_at(at);
    let mut out = Vec::new();
    for piece in [one, two] {
        out.extend_from_slice(&observer.on_chunk(Bytes::copy_from_slice(piece)).unwrap());
    }
    out.extend_from_slice(&observer.finish(true));
    (String::from_utf8(out).unwrap(), observer)
}

#[test]
fn usage_that_was_not_asked_for_is_counted_and_kept_back() {
    let stream = [CONTENT, LAST, USAGE, DONE].concat();
    for at in 0..=stream.len() {
        for rename in [None, Some("m")] {
            let observer = Observer::new(Dialect::Chat, rename.map(Into::into), 1 << 20);
            let (out, observer) = passed(observer.hiding_usage(), &stream, at);
            assert_eq!(out, [CONTENT, LAST, DONE].concat(), "{at} {rename:?}");
            assert_eq!(observer.usage().output, Some(5));
            assert_eq!(*observer.outcome(), Outcome::Complete);
        }
    }
}

#[test]
fn usage_beside_a_choice_stays() {
    let last = LAST.replace("null", "{\"prompt_tokens\":3,\"completion_tokens\":5}");
    let stream = [CONTENT, &last, DONE].concat();
    let observer = Observer::new(Dialect::Chat, None, 1 << 20).hiding_usage();
    let (out, observer) = passed(observer, &stream, 10);
    assert_eq!(out, stream);
    assert_eq!(observer.usage().input, Some(3));
}

#[test]
fn usage_that_was_asked_for_passes() {
    let stream = [CONTENT, LAST, USAGE, DONE].concat();
    let observer = Observer::new(Dialect::Chat, None, 1 << 20);
    assert_eq!(passed(observer, &stream, 7).0, stream);
}

#[test]
fn a_stream_without_its_last_line_is_whole_where_any_choice_has_ended() {
    let choices = |second: &str| {
        let choices = format!(
            "[{{\"index\":0,\"delta\":{{}},\"finish_reason\":null}},{{\"index\":1,\"delta\":{{}},\"finish_reason\" : {second}}}]"
        );
        format!("data: {{\"model\":\"m\",\"choices\":{choices},\"usage\":null}}\n\n")
    };
    for (second, outcome) in [("\"stop\"", true), ("null", false)] {
        let stream = [CONTENT, &choices(second)].concat();
        let observer = Observer::new(Dialect::Chat, None, 1 << 20);
        let (_, observer) = passed(observer, &stream, 3);
        assert_eq!(
            *observer.outcome() == Outcome::Complete,
            outcome,
            "{second}"
        );
    }
}
