use serde_json::{Value as Json, json};

use super::document;
use crate::ir::{Part, Request, Role};
use crate::json::Str;
use crate::target::{ChatProfile, GeminiProfile, KiroProfile, ModelProfile, Target};
use crate::{Dialect, EncodeError, Encoded, decode_request, encode_request};

fn with(fields: &Json) -> Json {
    let mut body = json!({"model": "m", "prompt": "Once"});
    let object = body.as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    body
}

#[track_caller]
fn read(fields: &Json) -> Request {
    decode_request(Dialect::Completions, &document(&with(fields))).unwrap()
}

fn refused(fields: &Json) -> String {
    let read = decode_request(Dialect::Completions, &document(&with(fields)));
    read.map_or_else(|error| error.to_string(), |request| format!("{request:?}"))
}

fn sent(fields: &Json, to: Dialect) -> Result<Encoded, EncodeError> {
    let target = Target {
        model: Str::from_static("upstream-model"),
        provider: Str::from_static("someone"),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    };
    encode_request(to, &read(fields), &target)
}

/// The losses as `path` or `(path)` for quiet ones, for an upstream that speaks Chat.
#[track_caller]
fn losses(fields: &Json) -> Vec<String> {
    let encoded = sent(fields, Dialect::Chat).unwrap();
    let line = |loss: &crate::Loss| match loss.quiet {
        true => format!("({})", loss.path),
        false => loss.path.clone(),
    };
    encoded.losses.iter().map(line).collect()
}

#[test]
fn a_prompt_is_the_one_message_of_a_user() {
    for prompt in [json!("Once"), json!(["Once"])] {
        let request = read(&json!({ "prompt": prompt }));
        assert_eq!(request.turns.len(), 1);
        let turn = &request.turns[0];
        assert_eq!((turn.role, turn.bare), (Role::User, true));
        assert!(matches!(&turn.parts[..], [Part::Text(text)] if text.text == "Once"));
        assert!(request.tools.is_empty());
        assert_eq!(request.part_path(0, 0), "prompt");
    }
}

#[test]
fn what_no_chat_model_can_be_asked_is_refused_with_advice() {
    for (fields, expected) in [
        (
            json!({"prompt": null}),
            "prompt: is required: a chat model needs words to answer",
        ),
        (
            json!({"prompt": ""}),
            "prompt: is required: a chat model needs words to answer",
        ),
        (json!({"model": null}), "model: is required"),
        (json!({"prompt": []}), "prompt: expected a string"),
        (json!({"prompt": [null]}), "prompt: expected a string"),
        (
            json!({"prompt": {"text": "x"}}),
            "prompt: expected a string",
        ),
        (
            json!({"prompt": ["a", "b", "c"]}),
            "prompt: send each of the 3 prompts in a request of its own",
        ),
        (
            json!({"prompt": [1, 2]}),
            "prompt: token numbers mean something to one model only; send the text itself",
        ),
        (
            json!({"prompt": [[1, 2]]}),
            "prompt: token numbers mean something to one model only; send the text itself",
        ),
        (
            json!({"max_tokens": 0}),
            "max_tokens: must be at least 1: a chat model answers a prompt and cannot rate it",
        ),
        (
            json!({"max_tokens": -1}),
            "max_tokens: expected a whole number that is not negative",
        ),
        (
            json!({"logprobs": true}),
            "logprobs: expected a whole number that is not negative",
        ),
        (json!({"echo": "yes"}), "echo: expected true or false"),
        (json!({"suffix": 1}), "suffix: expected a string"),
        (json!({"stop": [1]}), "stop[0]: expected a string"),
        (
            json!({"stream_options": {"include_usage": 1}}),
            "stream_options.include_usage: expected true or false",
        ),
    ] {
        assert_eq!(refused(&fields), expected, "{fields}");
    }
}

#[test]
fn settings_are_read() {
    let request = read(
        &json!({"max_tokens": 9.0, "stop": "x", "logprobs": 2, "n": 3, "seed": 5, "stream": true,
        "stream_options": {"include_usage": true, "include_obfuscation": false}, "user": "u", "temperature": 0.5,
        "top_p": 0.25, "presence_penalty": 1, "frequency_penalty": -1, "logit_bias": {"1": 2}, "min_p": 0.1}),
    );
    assert_eq!(request.limits.max_output, Some(9));
    assert_eq!(request.limits.stop, ["x"]);
    let sampling = &request.sampling;
    assert_eq!(
        (sampling.logprobs, sampling.top_logprobs),
        (Some(true), Some(2))
    );
    assert_eq!((sampling.n, sampling.temperature), (Some(3), Some(0.5)));
    assert_eq!(request.include_usage, Some(true));
    assert_eq!(request.identity.user.as_deref(), Some("u"));
    let kept: Vec<&str> = request
        .extensions
        .of(Dialect::Completions)
        .map(|extension| &*extension.key)
        .collect();
    assert_eq!(kept, ["stream_options.include_obfuscation", "min_p"]);
}

#[test]
fn what_cannot_be_carried_is_named_in_the_clients_words() {
    for (fields, expected) in [
        (json!({}), vec![]),
        (json!({"echo": true}), vec![]),
        (json!({"echo": true, "logprobs": 1}), vec!["logprobs"]),
        (json!({"suffix": "end"}), vec!["suffix"]),
        (json!({"suffix": ""}), vec![]),
        (json!({"best_of": 3}), vec!["best_of"]),
        (json!({"best_of": 3, "n": 2}), vec!["best_of"]),
        (json!({"best_of": 3, "n": 3}), vec!["(best_of)"]),
        (json!({"stop": ["1", "2", "3", "4", "5"]}), vec!["stop"]),
        (json!({"min_p": 0.1}), vec!["min_p"]),
    ] {
        assert_eq!(losses(&fields), expected, "{fields}");
    }
}

#[test]
fn a_loss_to_claude_is_named_in_the_clients_words_too() {
    let fields = json!({"logprobs": 2, "seed": 1, "stop": [" "]});
    let encoded = sent(&fields, Dialect::Claude).unwrap();
    let mut paths: Vec<&str> = encoded.losses.iter().map(|loss| &*loss.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths, ["logprobs", "seed", "stop"]);
}

#[test]
fn no_upstream_is_asked_in_this_dialect() {
    let error = sent(&json!({}), Dialect::Completions).unwrap_err();
    assert_eq!(error.path, "model");
    for dialect in Dialect::UPSTREAM {
        assert!(sent(&json!({}), dialect).is_ok(), "{dialect}");
    }
}

#[test]
fn the_prompt_is_repeated_only_where_it_is_wanted() {
    assert_eq!(
        read(&json!({"echo": true})).echoed().as_deref(),
        Some("Once")
    );
    assert_eq!(read(&json!({"echo": false})).echoed(), None);
    assert_eq!(read(&json!({})).echoed(), None);
}
