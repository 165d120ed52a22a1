//! What must be true of every answer (`dialects.md` section 5, 1, 10, 12, 18).

use modelgate_dialects::ir::fold::{fold, unfold};
use modelgate_dialects::ir::{Choice, Extensions, Opaque, Part, Reasoning, Response, Text, Usage};
use modelgate_dialects::json::{Document, Writer};
use modelgate_dialects::{Dialect, Str, decode_response, encode_response};
use proptest::prelude::*;

use crate::golden::fixtures;
use crate::support::arbitrary::response::{any_response, common_response, plain_usage, usage};
use crate::support::{cases, check_responses_stream, drive, targets};

fn with_usage(usage: Usage) -> Response {
    Response {
        usage: Some(usage),
        choices: vec![Choice {
            parts: vec![Part::Text(Text::new(Str::from_static("x")))],
            ..Choice::default()
        }],
        ..Response::new(Dialect::Chat)
    }
}

/// The answer of a client, decoded as if it came from an upstream.
fn back(dialect: Dialect, response: &Response) -> Response {
    drive::response(dialect, &drive::answer(dialect, response))
}

/// The same by way of a stream.
fn streamed_back(dialect: Dialect, response: &Response) -> Response {
    let stream = drive::stream(dialect, unfold(response.clone()), targets::reply());
    fold(
        dialect,
        drive::events(dialect, &drive::frames(&stream), true),
    )
    .unwrap()
}

/// What both ways must agree on.
fn essence(mut response: Response) -> (Vec<Choice>, Option<Usage>, Str) {
    for choice in &mut response.choices {
        // Fields without a typed place have no order among the parts.
        choice
            .parts
            .sort_by_key(|part| matches!(part, Part::Unknown(_)));
    }
    let usage = response.usage.map(|usage| Usage { own: None, ..usage });
    (response.choices, usage, response.model)
}

/// The counts without the raw object they were read from; what a dialect cannot tell apart is taken together.
fn counts(usage: Option<Usage>) -> [Option<u64>; 2] {
    let usage = usage.unwrap_or_default();
    [usage.total_input(), usage.total_output()]
}

fn numbers(body: &[u8]) -> serde_json::Value {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["usage"].clone()
}

#[test]
fn the_examples_of_usage_are_reproduced() {
    let claude = with_usage(Usage {
        input: Some(13),
        cache_read: Some(22_000),
        cache_write: Some(31),
        output: Some(4),
        ..Usage::default()
    });
    let usage = numbers(&drive::answer(Dialect::Chat, &claude));
    assert_eq!(usage["prompt_tokens"], 22_044);
    assert_eq!(usage["completion_tokens"], 4);
    assert_eq!(usage["total_tokens"], 22_048);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 22_000);

    let chat = br#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,
        "message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,
        "completion_tokens":1,"total_tokens":1001,"prompt_tokens_details":{"cached_tokens":300,"cache_write_tokens":200}}}"#;
    let usage = numbers(&drive::answer(
        Dialect::Claude,
        &drive::response(Dialect::Chat, chat),
    ));
    assert_eq!(usage["input_tokens"], 500);
    assert_eq!(usage["cache_read_input_tokens"], 300);
    assert_eq!(usage["cache_creation_input_tokens"], 200);
}

#[test]
fn the_example_of_geminis_usage_is_reproduced() {
    let gemini = br#"{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]},"finishReason":"STOP"}],
        "usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":30,"candidatesTokenCount":50,
        "thoughtsTokenCount":20,"totalTokenCount":170}}"#;
    let response = drive::response(Dialect::Gemini, gemini);
    let usage = numbers(&drive::answer(Dialect::Chat, &response));
    assert_eq!(usage["prompt_tokens"], 100);
    assert_eq!(usage["completion_tokens"], 70);
    assert_eq!(usage["total_tokens"], 170);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 30);
    assert_eq!(usage["completion_tokens_details"]["reasoning_tokens"], 20);
    let body: serde_json::Value =
        serde_json::from_slice(&drive::answer(Dialect::Gemini, &response)).unwrap();
    assert_eq!(body["usageMetadata"]["totalTokenCount"], 170);
    assert_eq!(body["usageMetadata"]["candidatesTokenCount"], 50);
}

#[test]
fn unknown_usage_is_absent_for_chat_and_zero_for_claude() {
    let unknown = Response {
        usage: None,
        ..with_usage(Usage::default())
    };
    assert_eq!(
        numbers(&drive::answer(Dialect::Chat, &unknown)),
        serde_json::Value::Null
    );
    assert_eq!(
        numbers(&drive::answer(Dialect::Claude, &unknown))["input_tokens"],
        0
    );
}

#[test]
fn state_of_a_provider_reaches_clients_wrapped_and_never_as_text() {
    let mut response = with_usage(Usage::default());
    let reasoning = |text: &'static str, redacted| {
        Part::Reasoning(Reasoning {
            text: Str::from_static(text),
            opaque: Some(Opaque {
                data: Str::from_static("STATE"),
                provider: Str::from_static("someone"),
            }),
            redacted,
            ..Reasoning::default()
        })
    };
    response.choices[0]
        .parts
        .splice(0..0, [reasoning("hm", false), reasoning("", true)]);
    for dialect in Dialect::BOTH {
        for bytes in [
            drive::answer(dialect, &response).to_vec(),
            drive::stream(dialect, unfold(response.clone()), targets::reply()),
        ] {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("STATE"), "{text}");
            // In Gemini's field in base64; streams of Responses tell every item once more at the end.
            let again = 1 + usize::from(text.contains("response.completed"));
            let wrapped = |prefix| text.matches(prefix).count();
            let found = wrapped("modelgate~1.") + wrapped("bW9kZWxnYXRlfjEu");
            assert_eq!(found, 2 * again, "{text}");
        }
    }
}

/// A fixture without the white space that makes it readable.
fn compact(json: &[u8]) -> Document {
    let mut out = Vec::new();
    let document = drive::document(json);
    document.root().write_compact(&mut Writer::new(&mut out));
    drive::document(&out)
}

/// What an answer says to a client of its own dialect, beside its id, its model and its time.
/// What is kept of an answer within its dialect. Of an answer that was written again, only the settings that `of` repeats:
/// one of Responses has all of them.
fn kept(mut response: Response, of: &Response) -> impl PartialEq + std::fmt::Debug + use<> {
    let tier = response.service_tier.clone();
    let mut extensions = response.extensions.clone();
    if response.dialect == Dialect::Responses {
        extensions = Extensions::default();
        for kept in response.extensions.of(Dialect::Responses) {
            if of.extensions.get(Dialect::Responses, &kept.key).is_some() {
                extensions.push(Dialect::Responses, &kept.key, kept.value.clone());
            }
        }
        // The gateway numbers the items of its answers itself.
        let parts = response
            .choices
            .iter_mut()
            .flat_map(|choice| &mut choice.parts);
        for part in parts {
            if let Part::Reasoning(reasoning) = part {
                reasoning.item_id = None;
            }
        }
    }
    if response.dialect == Dialect::Gemini {
        // A signature is told behind what it is for, on an empty text.
        let parts = response.choices.iter_mut();
        for part in parts.flat_map(|choice| &mut choice.parts) {
            if let Part::Reasoning(reasoning) = part
                && let Some(state) = &mut reasoning.opaque
                && let Some(signature) = state.data.strip_suffix('~')
            {
                state.data = signature.to_owned().into();
            }
        }
    }
    let (choices, usage, _) = essence(response);
    (choices, usage, tier, extensions)
}

#[test]
fn an_answer_of_the_same_dialect_is_kept() {
    let mut changed = Vec::new();
    for fixture in fixtures("responses")
        .iter()
        .filter(|fixture| fixture.profile.is_empty())
    {
        let provider = targets::provider(fixture.dialect);
        let Ok(response) = decode_response(fixture.dialect, &compact(&fixture.bytes), &provider)
        else {
            continue;
        };
        let again = kept(back(fixture.dialect, &response), &response);
        let response = kept(response.clone(), &response);
        let name = format!("{}/{}", fixture.dialect, fixture.name);
        if (again != response) != RESPELT.iter().any(|(respelt, _)| *respelt == name) {
            changed.push(format!("{name}\n  {response:?}\n  {again:?}"));
        }
    }
    assert!(
        changed.is_empty(),
        "{} changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

#[test]
fn a_stream_of_the_same_dialect_is_kept() {
    let mut changed = Vec::new();
    for fixture in fixtures("streams")
        .iter()
        .filter(|fixture| fixture.profile.is_empty() && Dialect::BOTH.contains(&fixture.dialect))
    {
        let events = drive::events(fixture.dialect, &fixture.frames(), true);
        let Ok(response) = fold(fixture.dialect, events.iter().cloned()) else {
            continue;
        };
        let stream = drive::stream(fixture.dialect, events, targets::reply());
        let again = drive::events(fixture.dialect, &drive::frames(&stream), true);
        let again = kept(fold(fixture.dialect, again).unwrap(), &response);
        let response = kept(response.clone(), &response);
        let name = format!("{}/{}", fixture.dialect, fixture.name);
        if (again != response) != RESPELT.iter().any(|(respelt, _)| *respelt == name) {
            changed.push(format!("{name}\n  {response:?}\n  {again:?}"));
        }
    }
    assert!(
        changed.is_empty(),
        "{} changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

/// Answers whose same-dialect form is not the one they came in, each with the reason.
const RESPELT: &[(&str, &str)] = &[
    ("chat/call_without_arguments", "empty arguments are no JSON"),
    ("chat/empty_arguments", "empty arguments are no JSON"),
    ("chat/no_choices", "an answer has a choice"),
    (
        "chat/text_behind_the_finish",
        "the finish reason comes last",
    ),
    (
        "claude/call_ids_made_fit",
        "ids are made fit for every client alike",
    ),
    (
        "claude/service_tier_and_container",
        "the counts of the cache are always there",
    ),
    (
        "claude/unknown_stop_reason",
        "a client gets reasons that it knows",
    ),
    (
        "claude/usage_with_thinking",
        "the counts of the cache are always there",
    ),
    (
        "responses/call_without_arguments",
        "empty arguments are no JSON",
    ),
    (
        "responses/messages_with_phases",
        "messages that follow each other are one",
    ),
];

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn folding_undoes_unfolding(response in any_response()) {
        let dialect = response.dialect;
        prop_assert_eq!(fold(dialect, unfold(response.clone())), Ok(response));
    }

    #[test]
    fn a_stream_says_what_the_whole_answer_says(response in common_response("claude")) {
        for dialect in Dialect::BOTH {
            let whole = essence(back(dialect, &response));
            let streamed = essence(streamed_back(dialect, &response));
            prop_assert_eq!(&whole, &streamed, "{}", dialect);
        }
    }

    #[test]
    fn an_answer_survives_its_own_dialect(response in common_response("claude")) {
        let once = back(Dialect::Claude, &response);
        prop_assert_eq!(&once.choices, &response.choices);
        prop_assert_eq!(essence(back(Dialect::Claude, &once)), essence(once));
    }

    #[test]
    fn an_answer_survives_gemini(response in common_response("gemini")) {
        let once = back(Dialect::Gemini, &response);
        prop_assert_eq!(&once.choices, &response.choices);
        prop_assert_eq!(essence(back(Dialect::Gemini, &once)), essence(once));
    }

    #[test]
    fn a_chat_answer_is_stable_after_one_round(response in common_response("openai")) {
        let once = back(Dialect::Chat, &response);
        prop_assert_eq!(essence(back(Dialect::Chat, &once)), essence(once));
    }

    #[test]
    fn a_responses_answer_is_stable_after_one_round(response in common_response("openai")) {
        let without_ids = |mut choices: Vec<Choice>| {
            for part in choices.iter_mut().flat_map(|choice| &mut choice.parts) {
                if let Part::Reasoning(reasoning) = part {
                    reasoning.item_id = None;
                }
            }
            choices
        };
        let once = back(Dialect::Responses, &response);
        prop_assert_eq!(without_ids(once.choices.clone()), response.choices);
        prop_assert_eq!(essence(back(Dialect::Responses, &once)), essence(once));
    }

    #[test]
    fn the_last_event_of_a_stream_is_the_whole_answer(mut response in any_response()) {
        for (choice, index) in response.choices.iter_mut().zip(0..) {
            choice.index = index;
        }
        let stream = drive::stream(Dialect::Responses, unfold(response.clone()), targets::reply());
        let said = check_responses_stream::check(&stream).unwrap();
        let json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(json(said.answer.as_bytes()), json(&drive::answer(Dialect::Responses, &response)));
    }

    #[test]
    fn totals_are_the_same_for_every_client(usage in plain_usage()) {
        let expected = [usage.total_input(), usage.total_output()];
        let response = with_usage(usage);
        for dialect in Dialect::BOTH {
            prop_assert_eq!(counts(back(dialect, &response).usage), expected, "{}", dialect);
            prop_assert_eq!(counts(streamed_back(dialect, &response).usage), expected, "{}", dialect);
        }
    }

    #[test]
    fn counts_that_make_no_sense_are_never_negative_and_never_overflow(usage in usage()) {
        let response = with_usage(usage);
        for dialect in Dialect::CLIENT {
            let body = encode_response(dialect, &response, &targets::reply());
            prop_assert!(!String::from_utf8_lossy(&body).contains(":-"));
            drive::stream(dialect, unfold(response.clone()), targets::reply());
        }
    }
}
