//! Arbitrary input never breaks anything: the bodies of the fuzz targets, run on fixtures, damaged fixtures and noise.

use modelgate_dialects::Dialect;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::golden::fixtures;
use crate::support::{cases, fuzz_bodies};

/// Fixtures of some kinds, each behind the byte that chooses its dialect.
fn seeds(kinds: &[&str]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for fixture in kinds.iter().flat_map(|kind| fixtures(kind)) {
        for choice in 0..Dialect::ALL.len() {
            seeds.push([&[choice as u8], &*fixture.bytes].concat());
        }
    }
    seeds
}

/// A seed with some pieces removed, repeated or taken from elsewhere.
fn damaged(kinds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: &[&[u8]] = &[
        b"null",
        b"true",
        b"-1",
        b"1e400",
        b"18446744073709551616",
        b"\"\"",
        b"[]",
        b"{}",
        b"\"x\"",
        b"\n\n",
        b"\r",
        b"data: ",
        b"[DONE]",
        b"\xff",
        b",",
        b"}",
        b"\"type\":\"text\"",
        b"\\ud83d",
    ];
    let damage = (
        any::<Index>(),
        0usize..40,
        0..4u8,
        prop::sample::select(TOKENS),
    );
    (
        prop::sample::select(seeds(kinds)),
        prop::collection::vec(damage, 0..5),
    )
        .prop_map(|(mut bytes, damage)| {
            for (at, length, how, token) in damage {
                let at = 1.max(at.index(bytes.len()));
                let end = bytes.len().min(at + length);
                let at = at.min(end);
                match how {
                    0 => drop(bytes.drain(at..end)),
                    1 => {
                        let piece = bytes[at..end].to_vec();
                        bytes.splice(at..at, piece);
                    }
                    2 => drop(bytes.splice(at..at, token.iter().copied())),
                    _ => drop(bytes.splice(at..end, token.iter().copied())),
                }
            }
            bytes
        })
}

/// JSON of the right words in the wrong places.
fn shuffled() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "model",
        "messages",
        "role",
        "user",
        "assistant",
        "tool",
        "system",
        "content",
        "type",
        "text",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "tools",
        "tool_use",
        "tool_result",
        "tool_use_id",
        "input",
        "source",
        "image_url",
        "url",
        "thinking",
        "signature",
        "choices",
        "message",
        "usage",
        "delta",
        "stop_reason",
        "error",
        "tool_call_id",
        "max_tokens",
        "tool_choice",
        "input_schema",
        "parameters",
        "contents",
        "parts",
        "model",
        "functionCall",
        "functionResponse",
        "args",
        "response",
        "thoughtSignature",
        "thought",
        "candidates",
        "finishReason",
        "STOP",
        "usageMetadata",
        "promptFeedback",
        "blockReason",
        "system_instruction",
        "generationConfig",
        "functionDeclarations",
        "groundingMetadata",
        "inlineData",
        "mimeType",
        "data:;base64,",
        "data:image/png,x",
        "prompt",
        "stop",
        "logprobs",
        "requests",
        "embedding",
        "embeddings",
        "values",
        "toolUseId",
        "toolUses",
        "stopReason",
        "signature",
        "_type",
        "__type",
        "reason",
        "<thinking>",
        "</thinking>",
        "data",
    ];
    let word = prop::sample::select(WORDS).prop_map(|word| format!("{word:?}"));
    let leaf = prop_oneof![
        3 => word.clone(),
        1 => prop::sample::select(vec!["null", "true", "0", "-1.5", "1e9"]).prop_map(str::to_owned),
    ];
    let json = leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|entries| {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}:{value}"))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    });
    (any::<u8>(), json).prop_map(|(choice, json)| [&[choice], json.as_bytes()].concat())
}

/// What a frame of Kiro's is called.
fn payload_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "assistantResponseEvent",
        "toolUseEvent",
        "reasoningContentEvent",
        "messageStopEvent",
        "metadataEvent",
        "invalidStateEvent",
        "futureEvent",
        "exception ThrottlingException",
        "error InternalFailure",
    ])
}

#[test]
fn every_fixture_is_read_or_refused_by_every_dialect() {
    seeds(&["requests", "responses", "errors"])
        .iter()
        .for_each(|seed| fuzz_bodies::json_request(seed));
    seeds(&["streams"])
        .iter()
        .for_each(|seed| fuzz_bodies::sse_bytes(seed));
}

#[test]
fn every_stream_of_kiro_is_read_or_refused() {
    for fixture in fixtures("streams") {
        fuzz_bodies::event_stream_bytes(&[&[9], &*fixture.bytes].concat());
    }
    for line in [
        "",
        "damaged",
        "cut",
        "exception",
        "error",
        "x",
        "toolUseEvent {}",
    ] {
        fuzz_bodies::event_stream_bytes(format!("\u{3}{line}").as_bytes());
    }
}

#[test]
fn the_deepest_json_is_read_or_refused() {
    for depth in [100, 127, 128, 129, 100_000] {
        for (open, close) in [("[", "]"), ("{\"content\":", "}"), ("{\"content\":[", "]}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for choice in [0, 1, 2, 3, 5] {
                fuzz_bodies::json_request(&[&[choice], nested.as_bytes()].concat());
                let stream = format!("data: {nested}\n\nevent: message_start\ndata: {nested}\n\n");
                fuzz_bodies::sse_bytes(&[&[choice], stream.as_bytes()].concat());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn damaged_requests_and_answers_are_read_or_refused(bytes in damaged(&["requests", "responses", "errors"])) {
        fuzz_bodies::json_request(&bytes);
    }

    #[test]
    fn the_right_words_in_the_wrong_places_are_read_or_refused(bytes in shuffled()) {
        fuzz_bodies::json_request(&bytes);
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        fuzz_bodies::json_request(&bytes);
        fuzz_bodies::sse_bytes(&bytes);
    }

    #[test]
    fn damaged_streams_give_well_formed_streams(bytes in damaged(&["streams"])) {
        fuzz_bodies::sse_bytes(&bytes);
    }

    #[test]
    fn words_as_stream_data_give_well_formed_streams(bytes in prop::collection::vec(shuffled(), 1..4)) {
        let stream: Vec<u8> = bytes.iter().flat_map(|json| [b"data: ", &json[1..], b"\n\n"].concat()).collect();
        fuzz_bodies::sse_bytes(&[&[0], &*stream].concat());
        fuzz_bodies::sse_bytes(&[&[1], &*stream].concat());
        fuzz_bodies::sse_bytes(&[&[2], &*stream].concat());
        fuzz_bodies::sse_bytes(&[&[3], &*stream].concat());
    }

    #[test]
    fn words_as_payloads_give_well_formed_streams(lines in prop::collection::vec((payload_name(), shuffled()), 1..6)) {
        let lines = lines.iter().map(|(name, json)| format!("{name} {}\n", String::from_utf8_lossy(&json[1..])));
        let stream: String = lines.collect();
        fuzz_bodies::event_stream_bytes(format!("\u{7}{stream}").as_bytes());
    }

    #[test]
    fn damaged_frames_give_well_formed_streams(bytes in damaged(&["streams"])) {
        fuzz_bodies::event_stream_bytes(&bytes);
    }

    #[test]
    fn any_sequence_of_events_gives_well_formed_streams(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        fuzz_bodies::event_sequence(&bytes);
    }
}
