//! From events to a client's frames.

use serde_json::json;

use super::{told, types};
use crate::ir::{
    Delta, Error, ErrorKind, Event, Extensions, ItemKind, ItemStart, Media, MediaKind, MediaSource,
    Opaque, Part, Stop, StopReason, Usage,
};
use crate::json::{RawJson, Str};
use crate::names::Names;
use crate::target::Reply;

fn reply() -> Reply {
    super::reply()
}

fn start() -> Event {
    Event::Start {
        id: "up".into(),
        model: "up".into(),
        created: None,
        usage: None,
        extensions: Extensions::default(),
    }
}

fn begin(item: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart {
        item,
        choice: 0,
        kind,
    })
}

fn call(item: u32, name: &'static str) -> Event {
    begin(
        item,
        ItemKind::ToolCall {
            id: Str::from(format!("call_{item}")),
            name: Str::from_static(name),
            custom: false,
            opaque: None,
        },
    )
}

fn text(item: u32, text: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Text(Str::from_static(text)),
    }
}

fn arguments(item: u32, text: &'static str) -> Event {
    Event::Delta {
        item,
        delta: Delta::Arguments(Str::from_static(text)),
    }
}

fn end(item: u32) -> Event {
    Event::ItemEnd { item, full: None }
}

fn stop(reason: StopReason) -> Event {
    Event::Stop {
        choice: 0,
        stop: Stop::new(reason),
    }
}

#[test]
fn the_complete_set_of_events_of_a_text() {
    let frames = told(
        [
            start(),
            begin(0, ItemKind::Text),
            text(0, "a"),
            end(0),
            stop(StopReason::End),
            Event::End,
        ],
        reply(),
    );
    assert_eq!(
        types(&frames),
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed"
        ]
    );
    let numbers: Vec<u64> = frames
        .iter()
        .map(|frame| frame["sequence_number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..9).collect::<Vec<u64>>());
}

#[test]
fn texts_in_a_row_are_parts_of_one_message() {
    let frames = told(
        [
            begin(0, ItemKind::Text),
            text(0, "a"),
            end(0),
            begin(1, ItemKind::Text),
            text(1, "b"),
            end(1),
            call(2, "f"),
            end(2),
            begin(3, ItemKind::Text),
            text(3, "c"),
            end(3),
            Event::End,
        ],
        reply(),
    );
    let output = &frames.last().unwrap()["response"]["output"];
    let kinds: Vec<&str> = output
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["message", "function_call", "message"]);
    assert_eq!(output[0]["content"].as_array().unwrap().len(), 2);
}

#[test]
fn items_may_interleave() {
    let frames = told(
        [
            call(0, "f"),
            call(1, "g"),
            arguments(1, "{\"b\":"),
            arguments(0, "{\"a\":"),
            arguments(1, "2}"),
            end(1),
            arguments(0, "1}"),
            end(0),
            Event::End,
        ],
        reply(),
    );
    let output = &frames.last().unwrap()["response"]["output"];
    assert_eq!(output[0]["arguments"], "{\"a\":1}");
    assert_eq!(output[1]["arguments"], "{\"b\":2}");
    assert_eq!(
        (&output[0]["status"], &output[1]["status"]),
        (&json!("completed"), &json!("completed"))
    );
}

#[test]
fn nothing_is_said_of_items_that_say_nothing() {
    let reasoning = || ItemKind::Reasoning { redacted: false };
    let frames = told(
        [
            begin(0, ItemKind::Text),
            text(0, ""),
            end(0),
            begin(1, reasoning()),
            end(1),
            Event::End,
        ],
        reply(),
    );
    assert_eq!(types(&frames), ["created", "in_progress", "completed"]);
    assert_eq!(frames[2]["response"]["output"], json!([]));
}

#[test]
fn state_without_text_is_an_item_without_a_summary() {
    let opaque = Delta::Opaque(Opaque {
        data: "SIG".into(),
        provider: "claude".into(),
    });
    let kind = ItemKind::Reasoning { redacted: true };
    let frames = told(
        [
            begin(0, kind),
            Event::Delta {
                item: 0,
                delta: opaque,
            },
            end(0),
            begin(1, ItemKind::Text),
            text(1, "a"),
            Event::End,
        ],
        reply(),
    );
    let item = &frames.last().unwrap()["response"]["output"][0];
    assert_eq!(item["summary"], json!([]));
    let state: Str = item["encrypted_content"].as_str().unwrap().into();
    assert!(crate::opaque::is_redacted(&state));
    assert_eq!(&*crate::opaque::unwrap(&state, &"x".into()).data, "SIG");
}

#[test]
fn a_cut_answer_says_which_item_was_cut() {
    let frames = told(
        [
            call(0, "f"),
            end(0),
            call(1, "g"),
            arguments(1, "{\"a"),
            end(1),
            stop(StopReason::Length),
            Event::End,
        ],
        reply(),
    );
    let last = frames.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(
        last["response"]["incomplete_details"],
        json!({"reason": "max_output_tokens"})
    );
    let output = &last["response"]["output"];
    assert_eq!(
        (&output[0]["status"], &output[0]["arguments"]),
        (&json!("completed"), &json!("{}"))
    );
    assert_eq!(
        (&output[1]["status"], &output[1]["arguments"]),
        (&json!("incomplete"), &json!("{\"a"))
    );
}

#[test]
fn endings() {
    let last = |reason| {
        let frames = told(
            [
                begin(0, ItemKind::Text),
                text(0, "a"),
                stop(reason),
                Event::End,
            ],
            reply(),
        );
        frames.last().unwrap()["type"].as_str().unwrap().to_owned()
    };
    for reason in [
        StopReason::End,
        StopReason::StopSequence,
        StopReason::ToolUse,
        StopReason::Pause,
        StopReason::Other("x".into()),
    ] {
        assert_eq!(last(reason), "response.completed");
    }
    for reason in [
        StopReason::Length,
        StopReason::ContextExceeded,
        StopReason::Filter,
        StopReason::Refusal,
    ] {
        assert_eq!(last(reason), "response.incomplete");
    }
    assert_eq!(last(StopReason::MalformedCall), "response.failed");
    let refused = told(
        [
            begin(0, ItemKind::Refusal),
            text(0, "no"),
            stop(StopReason::Refusal),
            Event::End,
        ],
        reply(),
    );
    assert_eq!(refused.last().unwrap()["type"], "response.completed");
}

#[test]
fn a_failure_keeps_what_was_said_and_is_no_success() {
    let error = || Event::Error(Error::new(ErrorKind::RateLimit, "slow"));
    let frames = told(
        [
            start(),
            begin(0, ItemKind::Text),
            text(0, "half"),
            error(),
            Event::End,
        ],
        reply(),
    );
    let last = frames.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(
        last["response"]["error"],
        json!({"code": "rate_limit_exceeded", "message": "slow"})
    );
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], "half");
    let frames = told([error(), Event::End], reply());
    assert_eq!(frames.len(), 1);
    assert_eq!(
        (&frames[0]["type"], &frames[0]["sequence_number"]),
        (&json!("error"), &json!(0))
    );
}

#[test]
fn usage_waits_for_the_end() {
    let usage = Usage {
        input: Some(5),
        output: Some(3),
        ..Usage::default()
    };
    let frames = told(
        [
            start(),
            begin(0, ItemKind::Text),
            text(0, "a"),
            stop(StopReason::End),
            Event::Usage(usage),
            Event::End,
        ],
        reply(),
    );
    assert_eq!(frames[0]["response"]["usage"], json!(null));
    assert_eq!(
        frames.last().unwrap()["response"]["usage"]["total_tokens"],
        8
    );
    let frames = told([start(), Event::End], reply());
    assert_eq!(frames.last().unwrap()["response"]["usage"], json!(null));
}

#[test]
fn free_text_of_a_mapped_tool_waits_for_its_whole() {
    let mut names = Names::default();
    names.mark_custom(&"patch".into());
    let reply = Reply { names, ..reply() };
    let frames = told(
        [
            call(0, "patch"),
            arguments(0, "{\"input\":"),
            arguments(0, "\"free\"}"),
            end(0),
            Event::End,
        ],
        reply,
    );
    assert_eq!(
        types(&frames),
        [
            "created",
            "in_progress",
            "output_item.added",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.done",
            "output_item.done",
            "completed"
        ]
    );
    assert_eq!(frames[3]["delta"], "free");
}

#[test]
fn citations_are_told_where_they_belong() {
    let raw = |json: &'static str| Delta::Citation(RawJson::parse(Str::from_static(json)).unwrap());
    let own = raw(r#"{"type":"url_citation","start_index":0,"end_index":1,"url":"u","title":"t"}"#);
    let chat = raw(
        r#"{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"url":"v","title":"t"}}"#,
    );
    let claude =
        raw(r#"{"type":"web_search_result_location","url":"w","title":"t","cited_text":"x"}"#);
    let document = raw(r#"{"type":"char_location","cited_text":"x"}"#);
    let cite = |delta| Event::Delta { item: 0, delta };
    let frames = told(
        [
            begin(0, ItemKind::Text),
            text(0, "a"),
            cite(claude),
            cite(own),
            cite(document),
            text(0, "é"),
            cite(chat),
            end(0),
            Event::End,
        ],
        reply(),
    );
    let annotations = &frames.last().unwrap()["response"]["output"][0]["content"][0]["annotations"];
    let told: Vec<(&str, u64, u64)> = annotations
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["url"].as_str().unwrap(),
                one["start_index"].as_u64().unwrap(),
                one["end_index"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("u", 0, 1), ("v", 1, 2), ("w", 0, 2)]);
}

#[test]
fn pictures_are_items_of_their_own() {
    let source = MediaSource::Base64 {
        mime: "image/png".into(),
        data: "AAAA".into(),
    };
    let whole = ItemKind::Whole(Box::new(Part::Media(Box::new(Media::new(
        MediaKind::Image,
        source,
    )))));
    let frames = told([begin(0, whole), end(0), Event::End], reply());
    let item = &frames.last().unwrap()["response"]["output"][0];
    assert_eq!(
        (&item["type"], &item["result"]),
        (&json!("image_generation_call"), &json!("AAAA"))
    );
}

#[test]
fn other_answers_than_the_first_are_left_out() {
    let second = Event::ItemStart(ItemStart {
        item: 1,
        choice: 1,
        kind: ItemKind::Text,
    });
    let frames = told(
        [
            begin(0, ItemKind::Text),
            text(0, "a"),
            second,
            text(1, "b"),
            end(1),
            Event::End,
        ],
        reply(),
    );
    assert_eq!(
        frames.last().unwrap()["response"]["output"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn raw_json_never_breaks_a_frame() {
    let raw = RawJson::parse(Str::from_static("{\n  \"a\": 1\r\n}")).unwrap();
    let mut extensions = Extensions::default();
    extensions.push(crate::Dialect::Responses, "note", raw);
    let start = Event::Start {
        id: "".into(),
        model: "".into(),
        created: None,
        usage: None,
        extensions,
    };
    let frames = told([start, Event::End], reply());
    assert_eq!(frames[0]["response"]["note"], json!({"a": 1}));
}

#[test]
fn the_parts_of_a_summary_stay_apart() {
    let part = |text: &str| json!({"type": "summary_text", "text": text});
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [part("one"), part("two")], "encrypted_content": "S"});
    let said = |index: u32, delta: &str| json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "delta": delta});
    let stream = [
        said(0, "o"),
        said(0, "ne"),
        said(1, "two"),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}}),
    ];
    let events = super::events(&stream, true);
    let frames = told(events.clone(), reply());
    let told: Vec<String> = frames
        .iter()
        .filter_map(|frame| {
            let kind = frame["type"].as_str()?;
            let kind = kind.strip_prefix("response.reasoning_summary_")?;
            Some(format!("{kind} {}", frame["summary_index"]))
        })
        .collect();
    let expected = [
        "part.added 0",
        "text.delta 0",
        "text.delta 0",
        "text.done 0",
        "part.done 0",
        "part.added 1",
        "text.delta 1",
        "text.done 1",
        "part.done 1",
    ];
    assert_eq!(told, expected);
    let done = frames
        .iter()
        .find(|frame| frame["type"] == "response.output_item.done");
    assert_eq!(done.unwrap()["item"]["summary"], item["summary"]);
    assert_eq!(done.unwrap()["item"]["encrypted_content"], "S");
    for dialect in [
        crate::Dialect::Chat,
        crate::Dialect::Claude,
        crate::Dialect::Gemini,
    ] {
        let mut encoder = crate::EventEncoder::new(dialect, reply());
        let mut out = Vec::new();
        events
            .iter()
            .cloned()
            .for_each(|event| encoder.on(event, &mut out));
        let out = String::from_utf8(out).unwrap();
        let place = out.find(r#""\n\n""#).expect("a paragraph");
        assert!(
            out[..place].contains("\"ne\"") && out[place..].contains("\"two\""),
            "{out}"
        );
    }
}
