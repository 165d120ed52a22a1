use serde_json::{Value as Json, json};

use crate::framing::sse::{Frame, Framer};
use crate::ir::{
    Delta, Error, ErrorKind, Event, Extensions, ItemKind, ItemStart, Opaque, Stop, StopReason,
    Usage,
};
use crate::json::Str;
use crate::names::Names;
use crate::passthrough::{Observer, Outcome};
use crate::target::Reply;
use crate::{Dialect, EventDecoder, EventEncoder};

fn reply() -> Reply {
    Reply {
        model: Str::from_static("client-model"),
        unique: Str::from_static("u"),
        created: 1,
        include_usage: true,
        names: Names::default(),
        echo: None,
    }
}

fn frames(events: Vec<Event>) -> Vec<Json> {
    let mut encoder = EventEncoder::new(Dialect::Gemini, reply());
    let mut out = Vec::new();
    events
        .into_iter()
        .for_each(|event| encoder.on(event, &mut out));
    let mut framer = Framer::new(1 << 20);
    let mut frames: Vec<Frame> = Vec::new();
    framer.feed(out.into(), &mut frames).expect("small");
    frames
        .iter()
        .map(|frame| serde_json::from_str(&frame.data).expect("JSON"))
        .collect()
}

fn begin(item: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart {
        item,
        choice: 0,
        kind,
    })
}

fn call(item: u32) -> Event {
    let kind = ItemKind::ToolCall {
        id: Str::from(format!("id{item}")),
        name: Str::from(format!("f{item}")),
        custom: false,
        opaque: None,
    };
    begin(item, kind)
}

fn delta(item: u32, delta: Delta) -> Event {
    Event::Delta { item, delta }
}

fn text(item: u32, text: &'static str) -> Event {
    delta(item, Delta::Text(Str::from_static(text)))
}

fn arguments(item: u32, text: &'static str) -> Event {
    delta(item, Delta::Arguments(Str::from_static(text)))
}

fn end(item: u32) -> Event {
    Event::ItemEnd { item, full: None }
}

fn parts(frames: &[Json]) -> Vec<Json> {
    let parts = frames
        .iter()
        .filter_map(|frame| frame["candidates"][0]["content"]["parts"].get(0).cloned());
    parts.collect()
}

#[test]
fn calls_come_whole_and_in_their_order() {
    let frames = frames(vec![
        call(0),
        call(1),
        arguments(1, r#"{"b":"#),
        arguments(0, r#"{"a":1"#),
        arguments(1, "2}"),
        end(1),
        arguments(0, "}"),
        end(0),
        Event::End,
    ]);
    let calls: Vec<Json> = parts(&frames)
        .into_iter()
        .filter(|part| part.get("functionCall").is_some())
        .collect();
    assert_eq!(
        calls[0]["functionCall"],
        json!({"id": "id0", "name": "f0", "args": {"a": 1}})
    );
    assert_eq!(
        calls[1]["functionCall"],
        json!({"id": "id1", "name": "f1", "args": {"b": 2}})
    );
    assert_eq!(
        frames.last().expect("a frame")["candidates"][0]["finishReason"],
        "STOP"
    );
}

#[test]
fn calls_without_an_end_or_arguments_are_whole_at_the_end() {
    let frames = frames(vec![
        call(0),
        call(1),
        arguments(1, r#"{"x""#),
        Event::End,
        text(3, "late"),
    ]);
    let parts = parts(&frames);
    assert_eq!(parts[0]["functionCall"]["args"], json!({}));
    assert_eq!(
        parts[1]["functionCall"]["args"],
        json!({"input": "{\"x\""}),
        "what was cut off is kept"
    );
    assert_eq!(parts.len(), 3);
}

#[test]
fn a_failure_is_the_last_frame_and_no_success_follows() {
    let frames = frames(vec![
        begin(0, ItemKind::Text),
        text(0, "x"),
        call(1),
        Event::Error(Error::new(ErrorKind::Overloaded, "busy")),
        Event::End,
    ]);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[1]["error"]["status"], "UNAVAILABLE");
    assert!(
        frames
            .iter()
            .all(|frame| frame["candidates"][0].get("finishReason").is_none())
    );
}

#[test]
fn usage_and_reason_are_on_the_last_frame_only() {
    let usage = |output| Usage {
        input: Some(10),
        output: Some(output),
        ..Usage::default()
    };
    let frames = frames(vec![
        begin(0, ItemKind::Text),
        text(0, "a"),
        Event::Usage(usage(1)),
        Event::Stop {
            choice: 0,
            stop: Stop::new(StopReason::Length),
        },
        text(0, "b"),
        Event::Usage(usage(2)),
        Event::End,
    ]);
    let (last, before) = frames.split_last().expect("frames");
    assert!(
        before
            .iter()
            .all(|frame| frame.get("usageMetadata").is_none())
    );
    assert_eq!(last["usageMetadata"]["totalTokenCount"], 12);
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
}

#[test]
fn state_follows_its_thought_wrapped_unless_it_is_googles() {
    let thought = |provider: &'static str| {
        let opaque = Opaque {
            data: Str::from_static("c2ln"),
            provider: Str::from_static(provider),
        };
        parts(&frames(vec![
            begin(0, ItemKind::Reasoning { redacted: false }),
            delta(0, Delta::Reasoning(Str::from_static("hm"))),
            delta(0, Delta::Opaque(opaque)),
            end(0),
            Event::End,
        ]))
    };
    let own = thought("gemini");
    assert_eq!(own[0], json!({"text": "hm", "thought": true}));
    assert_eq!(
        own[1],
        json!({"text": "", "thought": true, "thoughtSignature": "c2ln"})
    );
    let other = thought("claude");
    let signature = other[1]["thoughtSignature"].as_str().expect("a signature");
    assert!(
        signature.starts_with(crate::opaque::PREFIX_BASE64),
        "{signature}"
    );
}

#[test]
fn an_empty_answer_has_a_candidate_that_ended() {
    let frames = frames(vec![Event::End]);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(frames[0]["modelVersion"], "client-model");
}

#[test]
fn a_blocked_prompt_has_no_candidates() {
    let mut extensions = Extensions::default();
    let feedback =
        crate::json::RawJson::parse(Str::from_static(r#"{"blockReason":"SAFETY"}"#)).expect("JSON");
    extensions.push(Dialect::Gemini, "promptFeedback", feedback);
    let start = Event::Start {
        id: Str::new(),
        model: Str::new(),
        created: None,
        usage: None,
        extensions,
    };
    let frames = frames(vec![
        start,
        begin(0, ItemKind::Refusal),
        text(0, "The prompt was blocked"),
        end(0),
        Event::End,
    ]);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].get("candidates").is_none());
    assert_eq!(frames[0]["promptFeedback"]["blockReason"], "SAFETY");
}

fn decode(stream: &[Json], clean: bool) -> Vec<Event> {
    let mut decoder = EventDecoder::new(Dialect::Gemini, Str::from_static("gemini"));
    let mut events = Vec::new();
    for frame in stream {
        let frame = Frame {
            event: Str::new(),
            data: Str::from(frame.to_string()),
        };
        decoder.on_frame(&frame, &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

fn frame(parts: &Json, finish: Option<&str>) -> Json {
    let mut frame = json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "modelVersion": "m", "responseId": "r"});
    if let Some(finish) = finish {
        frame["candidates"][0]["finishReason"] = json!(finish);
    }
    frame
}

#[test]
fn a_stream_without_a_reason_was_cut() {
    let one = frame(&json!([{"text": "x"}]), None);
    let last = frame(&json!([{"text": "y"}]), Some("STOP"));
    assert!(matches!(
        decode(std::slice::from_ref(&one), true).last(),
        Some(Event::Error(_))
    ));
    assert!(matches!(
        decode(&[one.clone(), last.clone()], true).last(),
        Some(Event::End)
    ));
    assert!(
        matches!(decode(&[one, last], false).last(), Some(Event::Error(_))),
        "the connection broke"
    );
    assert!(matches!(decode(&[], true).last(), Some(Event::Error(_))));
}

#[test]
fn a_signature_alone_opens_no_text() {
    let events = decode(
        &[frame(
            &json!([{"text": "", "thoughtSignature": "c2ln"}]),
            Some("STOP"),
        )],
        true,
    );
    let text = |event: &Event| {
        matches!(
            event,
            Event::ItemStart(ItemStart {
                kind: ItemKind::Text,
                ..
            })
        )
    };
    assert!(!events.iter().any(text), "{events:?}");
    let state = |event: &Event| matches!(event, Event::Delta { delta: Delta::Opaque(state), .. } if state.data == "c2ln~");
    assert!(events.iter().any(state));
}

#[test]
fn a_reason_after_calls_asks_for_their_results() {
    let call = frame(
        &json!([{"functionCall": {"name": "f", "args": {}}}]),
        Some("STOP"),
    );
    let events = decode(&[call, frame(&json!([]), Some("STOP"))], true);
    let stops: Vec<&Event> = events
        .iter()
        .filter(|event| matches!(event, Event::Stop { .. }))
        .collect();
    let expected = Event::Stop {
        choice: 0,
        stop: Stop::new(StopReason::ToolUse),
    };
    assert_eq!(stops, [&expected]);
}

#[test]
fn probabilities_of_tokens_are_told_with_their_text() {
    let rated = |text: &str| {
        let mut rated = frame(&json!([{"text": text}]), None);
        rated["candidates"][0]["logprobsResult"] =
            json!({"chosenCandidates": [{"token": text, "logProbability": -0.5}]});
        rated
    };
    let stream = [rated("a"), rated("b"), frame(&json!([]), Some("STOP"))];
    let events = decode(&stream, true);
    let told: Vec<Json> = events
        .iter()
        .filter_map(|event| match event {
            Event::Delta {
                item: 0,
                delta: Delta::Logprobs(raw),
            } => serde_json::from_str(raw.as_str()).ok(),
            _ => None,
        })
        .collect();
    let tokens: Vec<&Json> = told
        .iter()
        .map(|told| &told["content"][0]["token"])
        .collect();
    assert_eq!(tokens, ["a", "b"]);
    let own = |frames: Vec<Json>| {
        let mut fields = frames.into_iter();
        let fields = fields.by_ref().filter_map(|mut frame| {
            let field = frame["candidates"][0]["logprobsResult"].take();
            (!field.is_null()).then_some(field)
        });
        fields.collect::<Vec<Json>>()
    };
    assert_eq!(
        own(frames(events)),
        own(stream.to_vec()),
        "each is told once"
    );
    let raw = crate::json::RawJson::build(|writer| {
        writer.object(|writer| {
            writer.array_field("content", |writer| {
                writer.object(|writer| {
                    writer.field("token", "x");
                    writer.field("logprob", &-0.5);
                });
            });
        });
    });
    let events = vec![
        begin(0, ItemKind::Text),
        delta(0, Delta::Logprobs(raw)),
        Event::End,
    ];
    let expected = json!({"topCandidates": [{"candidates": []}],
        "chosenCandidates": [{"token": "x", "logProbability": -0.5}]});
    assert_eq!(own(frames(events)), [expected]);
}

#[test]
fn arguments_in_pieces_are_put_together() {
    let call = |call: Json| frame(&json!([{"functionCall": call}]), None);
    let piece = |value: Json| call(json!({"partialArgs": [value], "willContinue": true}));
    let begun = [
        call(json!({"name": "light", "willContinue": true})),
        piece(json!({"jsonPath": "$.brightness", "numberValue": 50})),
        piece(json!({"jsonPath": "$.tone", "stringValue": "wa", "willContinue": true})),
        piece(json!({"jsonPath": "$.tone", "stringValue": "rm"})),
    ];
    let told = |end: &[Json]| {
        let events = decode(&[&begun[..], end].concat(), true);
        let arguments = events.iter().find_map(|event| match event {
            Event::Delta {
                delta: Delta::Arguments(text),
                ..
            } => Some(text.to_string()),
            _ => None,
        });
        let stop = events.iter().find_map(|event| match event {
            Event::Stop { stop, .. } => Some(stop.reason.clone()),
            _ => None,
        });
        (arguments, stop)
    };
    let whole = Some(r#"{"brightness":50,"tone":"warm"}"#.to_owned());
    let closed = [call(json!({})), frame(&json!([]), Some("STOP"))];
    assert_eq!(told(&closed), (whole.clone(), Some(StopReason::ToolUse)));
    assert_eq!(told(&closed[1..]), (whole, Some(StopReason::ToolUse)));
    let cut = [frame(&json!([]), Some("MAX_TOKENS"))];
    assert_eq!(told(&cut), (None, Some(StopReason::Length)));
    let broken = decode(
        &[
            begun[0].clone(),
            piece(json!({"jsonPath": "tone", "stringValue": "x"})),
        ],
        true,
    );
    assert!(matches!(broken.last(), Some(Event::Error(_))), "{broken:?}");
}

fn observed(stream: &[Json], clean: bool) -> (Observer, String) {
    let mut observer = Observer::new(
        Dialect::Gemini,
        Some(Str::from_static("client-model")),
        1 << 20,
    );
    let text: String = stream
        .iter()
        .map(|frame| format!("data: {frame}\r\n\r\n"))
        .collect();
    let mut out = observer.on_chunk(text.into()).expect("small").to_vec();
    out.extend_from_slice(&observer.finish(clean));
    (observer, String::from_utf8(out).expect("text"))
}

#[test]
fn what_passes_through_is_watched() {
    let mut last = frame(&json!([{"text": "say \"error\""}]), Some("STOP"));
    last["usageMetadata"] =
        json!({"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10});
    let stream = [frame(&json!([{"text": "x"}]), None), last];
    let (observer, out) = observed(&stream, true);
    assert_eq!(*observer.outcome(), Outcome::Complete);
    assert_eq!(observer.usage().total_input(), Some(7));
    assert!(observer.began());
    assert_eq!(out.matches("client-model").count(), 2);
    let (observer, out) = observed(&stream[..1], true);
    assert!(matches!(observer.outcome(), Outcome::Failed(_)));
    assert!(out.contains("\"error\""));
    let (observer, _) = observed(&stream, false);
    assert!(
        matches!(observer.outcome(), Outcome::Failed(_)),
        "the connection broke"
    );
}

#[test]
fn envelopes_blocks_and_failures_pass_through_watched() {
    let mut inner = frame(&json!([{"text": "x"}]), Some("STOP"));
    inner["usageMetadata"] = json!({"promptTokenCount": 7, "totalTokenCount": 7});
    let (observer, out) = observed(&[json!({"response": inner})], true);
    assert_eq!(*observer.outcome(), Outcome::Complete);
    assert_eq!(observer.usage().total_input(), Some(7));
    assert!(out.contains("client-model"));
    let (observer, _) = observed(
        &[json!({"promptFeedback": {"blockReason": "SAFETY"}})],
        true,
    );
    assert_eq!(*observer.outcome(), Outcome::Complete);
    let failure = json!({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}});
    let (observer, _) = observed(&[failure], true);
    assert!(
        matches!(observer.outcome(), Outcome::Failed(error) if error.kind == ErrorKind::Overloaded)
    );
}
