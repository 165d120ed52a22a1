use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{document, reply};
use crate::framing::sse::{Frame, Framer};
use crate::ir::fold::unfold;
use crate::ir::{Error, ErrorKind, Event, Response};
use crate::json::Str;
use crate::{
    Dialect, EventDecoder, EventEncoder, decode_error, decode_response, encode_error,
    encode_error_frame, encode_response,
};

#[track_caller]
fn chat(choices: &Json) -> Response {
    let body = json!({"id": "chatcmpl-9", "model": "upstream", "created": 1, "system_fingerprint": "fp", "choices": choices,
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}});
    decode_response(Dialect::Chat, &document(&body), &Str::from_static("openai")).unwrap()
}

fn saying(message: &Json, reason: &str) -> Response {
    chat(&json!([{"index": 0, "message": message, "finish_reason": reason}]))
}

fn answer(response: &Response, echo: Option<&'static str>) -> Json {
    let body = encode_response(Dialect::Completions, response, &reply(echo));
    serde_json::from_slice(&body).unwrap()
}

/// The data of the frames of a client's stream.
fn stream(events: Vec<Event>, echo: Option<&'static str>, include_usage: bool) -> Vec<String> {
    let mut reply = reply(echo);
    reply.include_usage = include_usage;
    let mut encoder = EventEncoder::new(Dialect::Completions, reply);
    let mut out = Vec::new();
    events
        .into_iter()
        .for_each(|event| encoder.on(event, &mut out));
    let mut framer = Framer::new(1 << 20);
    let mut frames = Vec::new();
    framer.feed(Bytes::from(out), &mut frames).unwrap();
    framer.finish(&mut frames);
    frames.iter().map(|frame| frame.data.to_string()).collect()
}

/// The text of one choice in a stream, frame by frame.
fn texts(frames: &[String], choice: u64) -> Vec<String> {
    frames
        .iter()
        .filter_map(|data| serde_json::from_str::<Json>(data).ok())
        .flat_map(|chunk| chunk["choices"].as_array().cloned().unwrap_or_default())
        .filter(|piece| piece["index"] == choice)
        .map(|piece| piece["text"].as_str().unwrap().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

#[test]
fn an_answer_is_text() {
    let said = saying(
        &json!({"role": "assistant", "content": "upon a time"}),
        "stop",
    );
    assert_eq!(
        answer(&said, None),
        json!({"id": "cmpl-u1", "object": "text_completion", "created": 7, "model": "alias", "system_fingerprint": "fp",
            "choices": [{"text": "upon a time", "index": 0, "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})
    );
}

#[test]
fn what_is_no_text_is_not_shown_as_text() {
    let call =
        json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    for (message, reason, text, finish) in [
        (
            json!({"content": "x", "reasoning_content": "hm"}),
            "stop",
            "x",
            "stop",
        ),
        (
            json!({"content": null, "tool_calls": call}),
            "tool_calls",
            "",
            "stop",
        ),
        (
            json!({"content": "so", "tool_calls": call}),
            "tool_calls",
            "so",
            "stop",
        ),
        (
            json!({"content": null, "refusal": "No."}),
            "stop",
            "No.",
            "content_filter",
        ),
        (json!({"content": "x"}), "length", "x", "length"),
        (
            json!({"content": ""}),
            "content_filter",
            "",
            "content_filter",
        ),
    ] {
        let said = saying(&message, reason);
        let whole = answer(&said, None);
        let choice = &whole["choices"][0];
        assert_eq!(
            (&choice["text"], &choice["finish_reason"]),
            (&json!(text), &json!(finish))
        );
        let frames = stream(unfold(said), None, false);
        assert_eq!(texts(&frames, 0).concat(), text, "{frames:?}");
        assert!(frames[frames.len() - 2].contains(finish), "{frames:?}");
    }
}

#[test]
fn every_choice_begins_with_the_prompt_that_is_repeated() {
    let two = chat(&json!([
        {"index": 0, "message": {"content": "upon"}, "finish_reason": "stop"},
        {"index": 1, "message": {"content": ""}, "finish_reason": "stop"}]));
    let whole = answer(&two, Some("Once "));
    assert_eq!(whole["choices"][0]["text"], "Once upon");
    assert_eq!(whole["choices"][1]["text"], "Once ");
    let frames = stream(unfold(two), Some("Once "), false);
    assert_eq!(texts(&frames, 0), ["Once ", "upon"]);
    assert_eq!(texts(&frames, 1), ["Once "]);
}

#[test]
fn a_stream_that_fails_at_once_repeats_nothing() {
    let failed = vec![Event::Error(Error::new(ErrorKind::Overloaded, "busy"))];
    let frames = stream(failed, Some("Once "), true);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].starts_with("{\"error\":"), "{frames:?}");
}

#[test]
fn the_count_of_tokens_comes_where_it_is_asked_for() {
    let said = || unfold(saying(&json!({"content": "x"}), "stop"));
    let frames = stream(said(), None, true);
    let usage = &frames[frames.len() - 2];
    assert!(
        usage.contains("\"choices\":[],\"usage\":{\"prompt_tokens\":3"),
        "{usage}"
    );
    assert!(frames[0].ends_with("\"usage\":null}"), "{frames:?}");
    let frames = stream(said(), None, false);
    assert!(
        frames.iter().all(|frame| !frame.contains("usage")),
        "{frames:?}"
    );
    assert_eq!(frames.last().map(String::as_str), Some("[DONE]"));
}

fn token(token: &str, bytes: &Json, others: &[&str]) -> Json {
    let others: Vec<Json> = others
        .iter()
        .enumerate()
        .map(
            |(place, other)| json!({"token": other, "logprob": -0.5 - place as f64, "bytes": null}),
        )
        .collect();
    json!({"token": token, "logprob": -0.25, "bytes": bytes, "top_logprobs": others})
}

#[test]
fn probabilities_stand_in_four_lists() {
    let content = [
        token("é", &json!([0xc3, 0xa9]), &["é", "e", "e"]),
        token("\\xe6", &json!([0xe6, 0xbc]), &[]),
        token("\\xa2", &json!([0xa2]), &[]),
        token("!", &Json::Null, &[]),
    ];
    let said = chat(
        &json!([{"index": 0, "message": {"content": "é漢!"}, "finish_reason": "stop",
        "logprobs": {"content": content, "refusal": null}}]),
    );
    let expected = |from: u64| {
        json!({"tokens": ["é", "\\xe6", "\\xa2", "!"], "token_logprobs": [-0.25, -0.25, -0.25, -0.25],
            "top_logprobs": [{"é": -0.5, "e": -1.5}, {}, {}, {}],
            "text_offset": [from, from + 1, from + 2, from + 2]})
    };
    assert_eq!(answer(&said, None)["choices"][0]["logprobs"], expected(0));
    let repeated = answer(&said, Some("ab"));
    assert_eq!(repeated["choices"][0]["logprobs"], expected(2));
}

#[test]
fn probabilities_without_alternatives_have_none() {
    let said = chat(
        &json!([{"index": 0, "message": {"content": "a"}, "finish_reason": "stop",
        "logprobs": {"content": [token("a", &Json::Null, &[])]}}]),
    );
    assert_eq!(
        answer(&said, None)["choices"][0]["logprobs"],
        json!({"tokens": ["a"], "token_logprobs": [-0.25], "top_logprobs": null, "text_offset": [0]})
    );
}

#[test]
fn what_is_no_list_of_tokens_is_no_probability() {
    for strange in [
        json!({}),
        json!([1]),
        json!({"content": []}),
        json!({"content": [3, null]}),
        json!("x"),
    ] {
        let said = chat(
            &json!([{"index": 0, "message": {"content": "a"}, "finish_reason": "stop", "logprobs": strange}]),
        );
        assert!(
            answer(&said, None)["choices"][0]["logprobs"].is_null(),
            "{strange}"
        );
    }
}

#[test]
fn the_places_of_tokens_go_on_through_a_stream() {
    let mut decoder = EventDecoder::new(Dialect::Chat, Str::from_static("openai"));
    let mut events = Vec::new();
    for text in ["one", " two", " three"] {
        let logprobs = json!({"content": [token(text, &Json::Null, &[])]});
        let chunk = json!({"id": "c", "model": "m", "created": 1,
            "choices": [{"index": 0, "delta": {"content": text}, "logprobs": logprobs, "finish_reason": null}]});
        let frame = Frame {
            event: Str::new(),
            data: Str::from(chunk.to_string()),
        };
        decoder.on_frame(&frame, &mut events);
    }
    let done = Frame {
        event: Str::new(),
        data: Str::from_static("[DONE]"),
    };
    decoder.on_frame(&done, &mut events);
    decoder.finish(true, &mut events);
    let frames = stream(events, Some("zero "), false);
    let offsets: Vec<u64> = frames
        .iter()
        .filter_map(|data| serde_json::from_str::<Json>(data).ok())
        .filter_map(|chunk| chunk["choices"][0]["logprobs"]["text_offset"][0].as_u64())
        .collect();
    assert_eq!(offsets, [5, 8, 12], "{frames:#?}");
}

#[test]
fn failures_are_those_of_chat() {
    let body = Bytes::from_static(
        b"{\"error\":{\"message\":\"no\",\"type\":\"x\",\"code\":\"model_not_found\"}}",
    );
    let error = decode_error(Dialect::Completions, 404, &body);
    assert_eq!(error, decode_error(Dialect::Chat, 404, &body));
    assert_eq!(
        encode_error(Dialect::Completions, &error),
        encode_error(Dialect::Chat, &error)
    );
    let frame = |dialect| {
        let mut out = Vec::new();
        encode_error_frame(dialect, &error, &mut out);
        out
    };
    assert_eq!(frame(Dialect::Completions), frame(Dialect::Chat));
}

#[test]
fn no_upstream_answers_in_this_dialect() {
    let body = json!({"object": "text_completion", "choices": [{"text": "x", "index": 0}]});
    assert!(decode_response(Dialect::Completions, &document(&body), &Str::new()).is_err());
    let mut decoder = EventDecoder::new(Dialect::Completions, Str::new());
    let mut events = Vec::new();
    decoder.on_frame(
        &Frame {
            event: Str::new(),
            data: Str::from(body.to_string()),
        },
        &mut events,
    );
    decoder.finish(true, &mut events);
    assert!(matches!(&events[..], [Event::Error(_)]), "{events:?}");
}
