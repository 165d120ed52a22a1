use super::Decoder;
use crate::framing::sse::Frame;
use crate::ir::fold::fold;
use crate::ir::{Error, ErrorKind, Event, ItemKind, Part, Response, StopReason, Usage};
use crate::json::Str;
use crate::target::{Asked, Reply};
use crate::tokens::estimate_text;
use crate::{Dialect, EventEncoder, Names};

/// The events of frames, each a name and a payload.
fn events(asked: Asked, frames: &[(&str, &str)], clean: bool) -> Vec<Event> {
    let mut decoder = Decoder::new(Str::from_static("kiro"));
    decoder.asked(asked);
    let mut events = Vec::new();
    for (event, data) in frames {
        let frame = Frame {
            event: Str::from(*event),
            data: Str::from(*data),
        };
        decoder.on_frame(&frame, &mut events);
    }
    decoder.finish(clean, &mut events);
    events
}

#[expect(clippy::result_large_err, reason = "a test")]
fn answer(asked: Asked, frames: &[(&str, &str)]) -> Result<Response, Error> {
    fold(Dialect::Kiro, events(asked, frames, true))
}

fn parts(asked: Asked, frames: &[(&str, &str)]) -> Vec<Part> {
    answer(asked, frames).unwrap().choices.remove(0).parts
}

fn failure(frames: &[(&str, &str)], clean: bool) -> Error {
    match events(Asked::default(), frames, clean).pop() {
        Some(Event::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

const THINKING: Asked = Asked {
    input: None,
    thinking: true,
};

const SAID: (&str, &str) = ("assistantResponseEvent", r#"{"content":"Hello"}"#);

#[test]
fn tags_are_markup_only_where_thinking_was_asked_for() {
    let frames = [(
        "assistantResponseEvent",
        r#"{"content":"<thinking>a</thinking>b"}"#,
    )];
    let said = parts(Asked::default(), &frames);
    assert!(matches!(&said[..], [Part::Text(text)] if text.text == "<thinking>a</thinking>b"));
    let said = parts(THINKING, &frames);
    assert!(
        matches!(&said[..], [Part::Reasoning(thought), Part::Text(text)]
        if thought.text == "a" && text.text == "b")
    );
}

#[test]
fn what_may_be_a_tag_is_told_before_anything_else_and_at_the_end() {
    let frames = [
        ("assistantResponseEvent", r#"{"content":"a <thin"}"#),
        (
            "toolUseEvent",
            r#"{"toolUseId":"1","name":"f","input":"{}","stop":true}"#,
        ),
        ("assistantResponseEvent", r#"{"content":"b <"}"#),
        ("reasoningContentEvent", r#"{"text":"c"}"#),
        ("assistantResponseEvent", r#"{"content":"d <"}"#),
    ];
    let said = parts(THINKING, &frames);
    assert!(
        matches!(&said[..], [Part::Text(before), Part::ToolCall(_), Part::Text(after), Part::Reasoning(_), Part::Text(last)]
            if before.text == "a <thin" && after.text == "b <" && last.text == "d <"),
        "{said:?}"
    );
}

#[test]
fn thinking_says_whose_it_is() {
    let opaque = |frames: &[(&str, &str)]| match &parts(THINKING, frames)[..] {
        [Part::Reasoning(thought), ..] => thought.opaque.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let tagged = opaque(&[(
        "assistantResponseEvent",
        r#"{"content":"<thinking>a</thinking>b"}"#,
    )]);
    assert_eq!((&*tagged.provider, &*tagged.data), ("kiro", ""));
    let signed = opaque(&[
        ("reasoningContentEvent", r#"{"text":"a"}"#),
        ("reasoningContentEvent", r#"{"signature":"c2ln"}"#),
        SAID,
    ]);
    assert_eq!((&*signed.provider, &*signed.data), ("kiro", "c2ln"));
}

/// Fragments are text: an escape or a character may be in two of them.
#[test]
fn arguments_are_joined_as_they_came() {
    let call = |input: &str, rest: &str| {
        format!(r#"{{"toolUseId":"1","name":"f","input":{input}{rest}}}"#)
    };
    let pieces = [
        call(r#""{\"a\": \"\\""#, ""),
        call(r#""u00e9\", ""#, ""),
        call(r#""\"b\":1e2}""#, r#","stop":true"#),
    ];
    let frames: Vec<(&str, &str)> = pieces
        .iter()
        .map(|piece| ("toolUseEvent", piece.as_str()))
        .collect();
    let said = parts(Asked::default(), &frames);
    assert!(
        matches!(&said[..], [Part::ToolCall(call)] if call.arguments.0 == r#"{"a": "\u00e9", "b":1e2}"#),
        "{said:?}"
    );
}

#[test]
fn arguments_that_are_not_whole_are_an_error_and_never_repaired() {
    let open = (
        "toolUseEvent",
        r#"{"toolUseId":"1","name":"f","input":"{\"a\":"}"#,
    );
    let stop = ("toolUseEvent", r#"{"toolUseId":"1","stop":true}"#);
    for frames in [&[SAID, open][..], &[SAID, open, stop]] {
        let error = failure(frames, true);
        assert_eq!((error.kind, error.status), (ErrorKind::Server, 502));
        assert!(error.message.contains("arguments"), "{}", error.message);
    }
    // What is whole needs no word that it is.
    let rest = ("toolUseEvent", r#"{"toolUseId":"1","input":"1}"}"#);
    let answer = answer(Asked::default(), &[open, rest]).unwrap();
    let stop = answer.choices[0].stop.as_ref().unwrap();
    assert_eq!(stop.reason, StopReason::ToolUse);
}

#[test]
fn a_call_without_an_id_gets_one_and_pieces_without_one_belong_to_the_latest() {
    let frames = [
        ("toolUseEvent", r#"{"name":"f","input":"{\"a\""}"#),
        ("toolUseEvent", r#"{"input":":1}","stop":true}"#),
        ("toolUseEvent", r#"{"name":"f","input":"{}","stop":true}"#),
    ];
    let said = parts(Asked::default(), &frames);
    let calls: Vec<(&str, &str)> = said
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => (&*call.id, &*call.arguments.0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(calls, [("call_f_1", r#"{"a":1}"#), ("call_f_2", "{}")]);
}

#[test]
fn reasons_to_stop_are_read_in_any_spelling() {
    let reason = |word: &str| {
        let stop = format!(r#"{{"stopReason":"{word}"}}"#);
        let answer = answer(Asked::default(), &[SAID, ("messageStopEvent", &stop)]).unwrap();
        answer.choices[0].stop.as_ref().unwrap().reason.clone()
    };
    assert_eq!(reason("end_turn"), StopReason::End);
    assert_eq!(reason("MAX_TOKENS"), StopReason::Length);
    assert_eq!(reason("CONTENT_FILTERED"), StopReason::Filter);
    // No tool was called.
    assert_eq!(reason("TOOL_USE"), StopReason::End);
    let new = StopReason::Other(Str::from_static("Brand_New"));
    assert_eq!(reason("Brand_New"), new);
}

#[test]
fn tokens_that_nobody_counted_are_estimated_and_marked() {
    let asked = Asked {
        input: Some(100),
        thinking: false,
    };
    let usage = |frames: &[(&str, &str)]| answer(asked, frames).unwrap().usage.unwrap();
    let estimated = usage(&[SAID]);
    let output = Some(estimate_text("Hello"));
    let expected = Usage {
        input: Some(100),
        output,
        estimated: true,
        ..Usage::default()
    };
    assert_eq!(estimated, expected);
    let counts =
        r#"{"tokenUsage":{"uncachedInputTokens":7,"cacheReadInputTokens":2,"outputTokens":3}}"#;
    let counted = usage(&[SAID, ("metadataEvent", counts)]);
    assert_eq!(counted.total_input(), Some(9));
    assert_eq!(counted.total_output(), Some(3));
    assert!(!counted.estimated);
    let half = usage(&[SAID, ("supplementaryWebLinksEvent", r#"{"inputTokens":7}"#)]);
    assert_eq!((half.input, half.output), (Some(7), output));
    assert!(half.estimated);
    // A client that wants to know the input at once gets the estimate.
    let first = events(asked, &[SAID], true).remove(0);
    assert!(matches!(first, Event::Start { usage: Some(usage), .. }
        if usage.input == Some(100) && usage.estimated));
}

#[test]
fn a_stream_is_whole_only_when_something_was_answered_and_nothing_broke() {
    for (frames, clean) in [
        (&[][..], true),
        (&[("meteringEvent", r#"{"usage":1}"#)], true),
        (&[SAID], false),
        (
            &[SAID, ("messageStopEvent", r#"{"stopReason":"end_turn"}"#)],
            false,
        ),
    ] {
        let error = failure(frames, clean);
        assert!(error.message.contains("before the answer was complete"));
    }
    let stop = ("messageStopEvent", r#"{"stopReason":"end_turn"}"#);
    assert!(answer(Asked::default(), &[stop]).is_ok());
}

#[test]
fn exceptions_end_the_stream_with_what_they_mean() {
    let slow = failure(
        &[
            SAID,
            (
                "exception:ThrottlingException",
                r#"{"message":"slow down"}"#,
            ),
            SAID,
        ],
        true,
    );
    assert_eq!((slow.kind, slow.status), (ErrorKind::RateLimit, 429));
    assert_eq!(slow.message, "slow down");
    let long = r#"{"message":"m","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"}"#;
    let long = failure(&[("exception:ValidationException", long)], true);
    assert_eq!(long.code.as_deref(), Some("context_length_exceeded"));
    let broke = failure(&[("error:InternalFailure", "it broke")], true);
    assert_eq!((broke.kind, broke.status), (ErrorKind::Server, 502));
    assert_eq!(broke.message, "it broke");
    let inside = r#"{"_type":"x#ThrottlingException","message":"slow down"}"#;
    let inside = failure(&[("assistantResponseEvent", inside)], true);
    assert_eq!(inside.kind, ErrorKind::RateLimit);
    let state = r#"{"reason":"R","message":"no plan"}"#;
    let state = failure(&[SAID, ("invalidStateEvent", state)], true);
    assert_eq!(
        (&*state.message, state.code.as_deref()),
        ("no plan", Some("R"))
    );
}

#[test]
fn a_payload_without_a_name_is_known_by_its_key() {
    let frames = [("", r#"{"assistantResponseEvent":{"content":"Hello"}}"#)];
    let said = parts(Asked::default(), &frames);
    assert!(matches!(&said[..], [Part::Text(text)] if text.text == "Hello"));
}

#[test]
fn interleaved_calls_keep_their_arguments() {
    let frames = [
        (
            "toolUseEvent",
            r#"{"toolUseId":"a","name":"f","input":"{\"x\":"}"#,
        ),
        (
            "toolUseEvent",
            r#"{"toolUseId":"b","name":"g","input":"{\"y\":"}"#,
        ),
        (
            "toolUseEvent",
            r#"{"toolUseId":"a","input":"1}","stop":true}"#,
        ),
        (
            "toolUseEvent",
            r#"{"toolUseId":"b","input":"2}","stop":true}"#,
        ),
    ];
    let events = events(Asked::default(), &frames, true);
    let begun: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            Event::ItemStart(start) if matches!(start.kind, ItemKind::ToolCall { .. }) => {
                Some(start.item)
            }
            _ => None,
        })
        .collect();
    assert_eq!(begun, [0, 1]);
    let said = fold(Dialect::Kiro, events).unwrap().choices.remove(0).parts;
    let arguments = said.iter().map(|part| match part {
        Part::ToolCall(call) => &*call.arguments.0,
        other => panic!("{other:?}"),
    });
    assert_eq!(arguments.collect::<Vec<_>>(), [r#"{"x":1}"#, r#"{"y":2}"#]);
}

#[test]
fn no_client_reads_a_stream_of_kiro() {
    let reply = Reply {
        model: Str::new(),
        unique: Str::new(),
        created: 0,
        include_usage: false,
        names: Names::default(),
        echo: None,
    };
    let mut encoder = EventEncoder::new(Dialect::Kiro, reply);
    let mut out = Vec::new();
    encoder.keep_alive(&mut out);
    encoder.on(Event::Ping, &mut out);
    encoder.on(Event::End, &mut out);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.matches("no client speaks Kiro").count(), 1, "{out}");
}
