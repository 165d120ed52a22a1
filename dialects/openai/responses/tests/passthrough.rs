//! Same dialect on both sides: peeked at and watched.

use bytes::Bytes;
use serde_json::json;

use super::{document, frames};
use crate::Dialect;
use crate::passthrough::{Observer, Outcome, peek, rename_model, usage_of_body};

fn stream(events: &[serde_json::Value], named: bool) -> Bytes {
    let event = |event: &serde_json::Value| match named {
        true => format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        ),
        false => format!("data: {event}\n\n"),
    };
    Bytes::from(events.iter().map(event).collect::<String>())
}

fn events(last: &str) -> Vec<serde_json::Value> {
    vec![
        json!({"type": "response.created", "sequence_number": 0, "response": {"model": "up"}}),
        json!({"type": "response.output_text.delta", "sequence_number": 1, "delta": "\"model\""}),
        json!({"type": last, "sequence_number": 2, "response": {"model": "up", "usage": {"input_tokens": 5,
            "output_tokens": 3, "total_tokens": 8}, "error": {"code": "server_error", "message": "broke"}}}),
    ]
}

#[test]
fn usage_and_end_are_seen_whether_events_have_names_or_not() {
    for named in [true, false] {
        for last in ["response.completed", "response.incomplete"] {
            let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
            let bytes = stream(&events(last), named);
            assert_eq!(observer.on_chunk(bytes.clone()).unwrap(), bytes);
            assert_eq!(observer.outcome(), &Outcome::Complete, "{last}");
            assert_eq!(observer.usage().total_input(), Some(5));
        }
    }
}

#[test]
fn content_begins_with_the_first_event_that_is_no_greeting() {
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
    let all = events("response.completed");
    observer.on_chunk(stream(&all[..1], true)).unwrap();
    assert!(!observer.began());
    observer.on_chunk(stream(&all[1..2], true)).unwrap();
    assert!(observer.began());
}

#[test]
fn failures_are_seen() {
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
    observer
        .on_chunk(stream(&events("response.failed"), true))
        .unwrap();
    assert!(matches!(observer.outcome(), Outcome::Failed(error) if error.message == "broke"));
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
    let error = json!({"type": "error", "message": "flat", "code": null});
    observer.on_chunk(stream(&[error], true)).unwrap();
    assert!(matches!(observer.outcome(), Outcome::Failed(error) if error.message == "flat"));
}

#[test]
fn a_cut_stream_ends_in_an_event_with_the_next_number() {
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
    observer.on_chunk(stream(&events("x")[..2], true)).unwrap();
    let told = frames(&observer.finish(true));
    assert_eq!(told[0]["type"], "error");
    assert_eq!(told[0]["sequence_number"], 2);
    assert!(matches!(observer.outcome(), Outcome::Failed(_)));
}

#[test]
fn the_model_is_renamed_in_every_event_that_names_it() {
    let mut observer = Observer::new(Dialect::Responses, Some("alias".into()), 1 << 20);
    let told = observer
        .on_chunk(stream(&events("response.completed"), true))
        .unwrap();
    let told = frames(&told);
    assert_eq!(told[0]["response"]["model"], "alias");
    assert_eq!(told[1]["delta"], "\"model\"");
    assert_eq!(told[2]["response"]["model"], "alias");
}

#[test]
fn whole_answers_are_renamed_and_counted() {
    let body = json!({"id": "r", "model": "up", "output": [], "usage": {"input_tokens": 5, "output_tokens": 3}});
    let document = document(&body);
    let bytes = Bytes::from(body.to_string());
    let renamed = rename_model(Dialect::Responses, &bytes, &document, "alias");
    let renamed: serde_json::Value = serde_json::from_slice(&renamed).unwrap();
    assert_eq!(renamed["model"], "alias");
    assert_eq!(
        usage_of_body(Dialect::Responses, &document)
            .unwrap()
            .total_output(),
        Some(3)
    );
}

#[test]
fn foreign_state_and_ids_of_our_own_need_a_translation() {
    let foreign = |item: serde_json::Value| {
        peek(&document(
            &json!({"model": "m", "stream": true, "input": [item]}),
        ))
        .unwrap()
        .foreign_state
    };
    assert!(!foreign(
        json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA"})
    ));
    assert!(foreign(
        json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "modelgate~1.YQ.YQ"})
    ));
    assert!(foreign(
        json!({"type": "reasoning", "id": "rs_modelgate_u_0", "encrypted_content": "gAAA"})
    ));
}

#[test]
fn a_greeting_of_another_dialect_is_no_content() {
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20);
    let limits = json!({"type": "codex.rate_limits", "plan_type": "plus"});
    let bytes = stream(&[limits], true);
    assert_eq!(observer.on_chunk(bytes.clone()).unwrap(), bytes);
    assert!(!observer.began());
    // Where streams are mended, no client sees it.
    let all = events("response.completed");
    for rename in [None, Some("alias".into())] {
        for named in [true, false] {
            let mut observer = Observer::new(Dialect::Responses, rename.clone(), 1 << 20).mending();
            let limits = json!({"type": "codex.rate_limits", "plan_type": "plus"});
            let told = observer.on_chunk(stream(&[limits.clone()], named)).unwrap();
            assert!(told.is_empty() && !observer.began());
            let told = observer.on_chunk(stream(&[limits, all[0].clone()], named));
            let told = String::from_utf8(told.unwrap().to_vec()).unwrap();
            assert!(
                told.contains("response.created") && !told.contains("codex"),
                "{told}"
            );
            let error = json!({"type": "error", "message": "flat"});
            let told = observer.on_chunk(stream(&[error], named)).unwrap();
            assert!(!told.is_empty());
        }
    }
}

#[test]
fn an_output_that_the_last_event_leaves_out_is_restored() {
    let item = |index: u64| json!({"type": "response.output_item.done", "output_index": index, "item": {"id": index, "text": "a\u{e9}"}});
    let mut last = events("response.completed")[2].clone();
    last["response"]["output"] = json!([]);
    let all = [item(1), item(0), last.clone()];
    for rename in [None, Some("alias".into())] {
        let bytes = stream(&all, true);
        for cut in 0..bytes.len() {
            let observer = Observer::new(Dialect::Responses, rename.clone(), 1 << 20);
            let mut observer = observer.mending();
            let mut told = observer.on_chunk(bytes.slice(..cut)).unwrap().to_vec();
            told.extend(observer.on_chunk(bytes.slice(cut..)).unwrap());
            let told = frames(&told);
            assert_eq!(told[..2], all[..2]);
            let output = &told[2]["response"]["output"];
            assert_eq!(*output, json!([all[1]["item"], all[0]["item"]]), "{cut}");
            assert_eq!(observer.usage().total_input(), Some(5));
        }
    }
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20).mending();
    let told = observer.on_chunk(stream(&all, false)).unwrap();
    let told = std::str::from_utf8(&told).unwrap();
    assert!(told.contains(r#""output":[{"id":0"#), "{told}");
    // What is there is not touched.
    last["response"]["output"] = json!([{"id": 7}]);
    let bytes = stream(&[item(0), last], true);
    let mut observer = Observer::new(Dialect::Responses, None, 1 << 20).mending();
    assert_eq!(observer.on_chunk(bytes.clone()).unwrap(), bytes);
}
