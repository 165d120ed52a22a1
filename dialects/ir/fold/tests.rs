//! Orderly and disorderly streams, folded. That folding undoes unfolding is a property in the integration tests.

use super::*;
use crate::ir::{ErrorKind, Opaque, Stop, StopReason};

fn text(text: &'static str) -> Str {
    Str::from_static(text)
}

fn raw(json: &'static str) -> RawJson {
    RawJson::parse(Str::from_static(json)).unwrap()
}

fn start(item: u32, choice: u32, kind: ItemKind) -> Event {
    Event::ItemStart(ItemStart { item, choice, kind })
}

fn delta(item: u32, delta: Delta) -> Event {
    Event::Delta { item, delta }
}

fn call(id: &'static str, name: &'static str) -> ItemKind {
    ItemKind::ToolCall {
        id: text(id),
        name: text(name),
        custom: false,
        opaque: None,
    }
}

fn folded(events: Vec<Event>) -> Response {
    fold(Dialect::Chat, events).unwrap()
}

#[test]
fn interleaved_items_keep_the_order_of_their_beginnings() {
    let response = folded(vec![
        start(0, 0, call("a", "first")),
        start(1, 0, call("b", "second")),
        delta(1, Delta::Arguments(text("{\"b\""))),
        delta(0, Delta::Arguments(text("{\"a\""))),
        delta(1, Delta::Arguments(text(":2}"))),
        delta(0, Delta::Arguments(text(":1}"))),
    ]);
    let arguments: Vec<&str> = response.choices[0]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolCall(call) => &*call.arguments.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(arguments, ["{\"a\":1}", "{\"b\":2}"]);
}

#[test]
fn a_whole_piece_at_the_end_wins_over_its_deltas() {
    let full = Part::Text(Text::new(text("whole")));
    let response = folded(vec![
        start(0, 0, ItemKind::Text),
        delta(0, Delta::Text(text("who"))),
        Event::ItemEnd {
            item: 0,
            full: Some(Box::new(full.clone())),
        },
    ]);
    assert_eq!(response.choices[0].parts, [full]);
}

#[test]
fn choices_are_sorted_and_keep_their_own_stops_and_logprobs() {
    let response = folded(vec![
        start(0, 1, ItemKind::Text),
        start(1, 0, ItemKind::Refusal),
        delta(0, Delta::Text(text("one"))),
        delta(0, Delta::Logprobs(raw(r#"{"content":[1],"refusal":null}"#))),
        delta(1, Delta::Text(text("zero"))),
        delta(0, Delta::Logprobs(raw(r#"{"content":[2, 3]}"#))),
        Event::Stop {
            choice: 1,
            stop: Stop::new(StopReason::Length),
        },
    ]);
    assert_eq!(response.choices.len(), 2);
    assert_eq!(response.choices[0].parts, [Part::Refusal(text("zero"))]);
    assert_eq!(response.choices[0].logprobs, None);
    assert_eq!(
        response.choices[1].stop,
        Some(Stop::new(StopReason::Length))
    );
    assert_eq!(
        response.choices[1].logprobs,
        Some(raw(r#"{"content":[1,2,3],"refusal":null}"#))
    );
}

#[test]
fn later_token_counts_replace_earlier_ones_field_by_field() {
    let usage = |input, output| Usage {
        input,
        output,
        ..Usage::default()
    };
    let response = folded(vec![
        Event::Start {
            id: text("a"),
            model: text("m"),
            created: None,
            usage: Some(Box::new(usage(Some(10), Some(1)))),
            extensions: Extensions::default(),
        },
        Event::Usage(usage(None, Some(7))),
    ]);
    assert_eq!(response.usage, Some(usage(Some(10), Some(7))));
}

#[test]
fn deltas_of_items_that_never_began_and_repeated_ends_do_no_harm() {
    let response = folded(vec![
        Event::Ping,
        delta(9, Delta::Text(text("lost"))),
        Event::ItemEnd {
            item: 9,
            full: None,
        },
        Event::End,
        Event::End,
    ]);
    assert!(response.choices.is_empty() && response.usage.is_none());
}

#[test]
fn a_failure_is_the_outcome_of_the_stream() {
    let error = Error::new(ErrorKind::Overloaded, "too busy");
    let outcome = fold(
        Dialect::Claude,
        [start(0, 0, ItemKind::Text), Event::Error(error.clone())],
    );
    assert_eq!(outcome, Err(error));
}

#[test]
fn citations_and_state_are_gathered_beside_the_text() {
    let opaque = Opaque {
        data: text("sig"),
        provider: text("claude"),
    };
    let response = folded(vec![
        start(0, 0, ItemKind::Reasoning { redacted: false }),
        delta(0, Delta::Reasoning(text("hm"))),
        delta(0, Delta::Opaque(opaque.clone())),
        start(1, 0, ItemKind::Text),
        delta(1, Delta::Citation(raw("{\"a\":1}"))),
        delta(1, Delta::Text(text("so"))),
        delta(1, Delta::Citation(raw("{\"a\":2}"))),
    ]);
    let reasoning = Part::Reasoning(Reasoning {
        text: text("hm"),
        opaque: Some(opaque),
        ..Reasoning::default()
    });
    let said = Part::Text(Text {
        text: text("so"),
        citations: Some(raw("[{\"a\":1},{\"a\":2}]")),
        ..Text::default()
    });
    assert_eq!(response.choices[0].parts, [reasoning, said]);
}

#[test]
fn unfolding_streams_citations_and_state_and_puts_logprobs_into_their_own_choice() {
    let mut response = Response::new(Dialect::Chat);
    response.service_tier = Some(text("flex"));
    response.choices = vec![
        Choice {
            parts: vec![Part::Text(Text {
                text: text("a"),
                citations: Some(raw("[{\"a\":1},{\"a\":2}]")),
                ..Text::default()
            })],
            ..Choice::default()
        },
        Choice {
            index: 1,
            stop: Some(Stop::new(StopReason::Filter)),
            logprobs: Some(raw("{\"content\":[1]}")),
            parts: vec![Part::Refusal(text("no"))],
            ..Choice::default()
        },
    ];
    let events = unfold(response.clone());
    let citations = events.iter().filter(|event| {
        matches!(
            event,
            Event::Delta {
                item: 0,
                delta: Delta::Citation(_)
            }
        )
    });
    assert_eq!(citations.count(), 2);
    let logprobs = events.iter().position(|event| {
        matches!(
            event,
            Event::Delta {
                item: 1,
                delta: Delta::Logprobs(_)
            }
        )
    });
    let end = events
        .iter()
        .position(|event| matches!(event, Event::ItemEnd { item: 1, .. }));
    assert!(logprobs.unwrap() < end.unwrap());
    assert_eq!(fold(Dialect::Chat, events), Ok(response));
}

#[test]
fn ten_thousand_logprobs_are_joined_at_once() {
    let piece = raw(
        r#"{"content":[{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]}],"refusal":null}"#,
    );
    let mut events = vec![start(0, 0, ItemKind::Text)];
    events.extend((0..10_000).map(|_| delta(0, Delta::Logprobs(piece.clone()))));
    let begun = std::time::Instant::now();
    let response = folded(events);
    let joined = response.choices[0].logprobs.as_ref().unwrap().document();
    assert_eq!(
        joined.root().get("content").unwrap().items().count(),
        10_000
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}
