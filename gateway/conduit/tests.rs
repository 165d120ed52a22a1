use std::time::Duration;

use flate2::Crc;
use modelgate_dialects::ir::{Part, StopReason};
use modelgate_dialects::{Names, decode_error};

use super::*;
use crate::collect::Source;

/// A frame of AWS's event stream.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let checksum = |bytes: &[u8]| {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum().to_be_bytes()
    };
    let mut headers = b"\x0b:event-type\x07".to_vec();
    headers.extend_from_slice(&(event.len() as u16).to_be_bytes());
    headers.extend_from_slice(event.as_bytes());
    let total = (16 + headers.len() + payload.len()) as u32;
    let mut out = [total.to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
    out.extend_from_slice(&checksum(&out));
    out.extend_from_slice(&headers);
    out.extend_from_slice(payload.as_bytes());
    out.extend_from_slice(&checksum(&out));
    out
}

fn answer() -> Vec<u8> {
    [
        frame(
            "assistantResponseEvent",
            r#"{"content":"<thinking>hm</thi"}"#,
        ),
        frame("assistantResponseEvent", r#"{"content":"nking>I look."}"#),
        frame(
            "toolUseEvent",
            r#"{"toolUseId":"a","name":"weather","input":"{\"city\":"}"#,
        ),
        frame(
            "toolUseEvent",
            r#"{"toolUseId":"a","input":"\"Oslo\"}","stop":true}"#,
        ),
        frame("meteringEvent", r#"{"usage":1}"#),
    ]
    .concat()
}

const ASKED: Asked = Asked {
    input: Some(17),
    thinking: true,
};

fn conduit(to: Dialect) -> Conduit {
    let reply = Reply {
        model: Str::from_static("m"),
        unique: Str::from_static("u"),
        created: 1,
        include_usage: true,
        names: Names::default(),
        echo: None,
    };
    let tag = Str::from_static("kiro");
    Conduit::translate(Dialect::Kiro, to, tag, reply, ASKED, 1 << 20, None)
}

/// What a client gets of a stream in chunks, and how it ended.
fn told(to: Dialect, stream: &[u8], size: usize) -> (String, Outcome) {
    let mut conduit = conduit(to);
    let mut out = Vec::new();
    for chunk in stream.chunks(size) {
        out.extend(conduit.on_chunk(Bytes::copy_from_slice(chunk)));
    }
    out.extend(conduit.finish(true));
    (
        String::from_utf8(out).unwrap_or_default(),
        conduit.outcome().clone(),
    )
}

#[test]
fn binary_frames_reach_clients_of_every_dialect_however_they_are_cut() {
    for to in Dialect::CLIENT {
        let whole = told(to, &answer(), 1 << 20);
        assert_eq!(whole.1, Outcome::Complete, "{to}: {}", whole.0);
        assert!(whole.0.contains("I look."), "{to}: {}", whole.0);
        for size in [1, 7, 100] {
            assert_eq!(told(to, &answer(), size), whole, "{to}");
        }
    }
}

#[test]
fn tokens_that_were_estimated_are_known_as_such() {
    let mut conduit = conduit(Dialect::Claude);
    conduit.on_chunk(Bytes::from(answer()));
    conduit.finish(true);
    assert_eq!(conduit.usage().total_input(), Some(17));
    assert!(
        conduit
            .usage()
            .total_output()
            .is_some_and(|count| count > 5)
    );
    assert!(conduit.usage().estimated);
}

#[test]
fn a_damaged_frame_ends_the_stream_behind_what_came_before_it() {
    for size in [1, 1 << 20] {
        let mut stream = answer();
        stream.extend(frame("assistantResponseEvent", r#"{"content":"never"}"#));
        let last = stream.len() - 1;
        stream[last] ^= 1;
        stream.extend(frame("assistantResponseEvent", r#"{"content":"told"}"#));
        let (text, outcome) = told(Dialect::Claude, &stream, size);
        assert!(text.contains("I look.") && text.contains("event: error"));
        assert!(!text.contains("never") && !text.contains("message_stop"));
        let Outcome::Failed(error) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.status, 502);
        assert!(error.message.contains("damaged"), "{}", error.message);
    }
}

#[test]
fn a_frame_without_its_end_is_a_stream_that_was_cut() {
    let stream = answer();
    let (text, outcome) = told(Dialect::Chat, &stream[..stream.len() - 1], 1 << 20);
    assert!(
        text.contains("I look.") && !text.contains("[DONE]"),
        "{text}"
    );
    assert!(matches!(outcome, Outcome::Failed(_)));
}

fn source() -> Source {
    Source {
        provider: Str::from_static("kiro"),
        tag: Str::from_static("kiro"),
        dialect: Dialect::Kiro,
        client: Dialect::Chat,
        idle: Duration::from_secs(1),
        limit: 1 << 20,
    }
}

#[test]
fn a_whole_answer_is_made_of_frames() {
    let response = source().response(&Bytes::from(answer()), ASKED).ok();
    let choice = response.and_then(|mut response| response.choices.pop());
    let choice = choice.unwrap_or_default();
    assert!(
        matches!(&choice.parts[..], [Part::Reasoning(thought), Part::Text(text), Part::ToolCall(call)]
            if thought.text == "hm" && text.text == "I look." && call.arguments.0 == r#"{"city":"Oslo"}"#),
        "{choice:?}"
    );
    assert_eq!(
        choice.stop.map(|stop| stop.reason),
        Some(StopReason::ToolUse)
    );
    let cut = answer().split_last().map(|(_, rest)| rest.to_vec());
    let cut = source().response(&Bytes::from(cut.unwrap_or_default()), ASKED);
    assert!(cut.is_err());
}

#[test]
fn a_failure_in_the_place_of_frames_is_one() {
    let body = Bytes::from_static(br#"{"__type":"x#ThrottlingException","message":"slow down"}"#);
    let expected = decode_error(Dialect::Kiro, 429, &body);
    let error = source()
        .response(&body, ASKED)
        .err()
        .map(|error| *error.error);
    assert_eq!(error, Some(expected));
}
