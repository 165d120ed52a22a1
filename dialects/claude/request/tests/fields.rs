//! The fields beside the prompt.

use super::*;

#[test]
fn trap_08_both_spellings_of_the_output_limit_are_read() {
    for (fields, expected) in [
        (json!({"max_tokens": 10}), 10),
        (json!({"max_completion_tokens": 20}), 20),
        (json!({"max_completion_tokens": 20, "max_tokens": 10}), 20),
        (json!({"max_tokens": 30.0}), 30),
        (json!({"max_tokens": null}), 8192),
        (json!({}), 8192),
    ] {
        assert_eq!(from_chat(&with(fields)).body["max_tokens"], expected);
    }
    let target = target_with(|profile| profile.max_output = Some(32_000));
    let written = write(Dialect::Chat, &with(json!({})), &target);
    assert_eq!(written.body["max_tokens"], 32_000);
}

#[test]
fn trap_09_stop_is_a_list_of_words() {
    for (stop, expected, lost) in [
        (json!("END"), json!(["END"]), &[][..]),
        (json!(["a", "\n", "b"]), json!(["a", "b"]), &["stop"]),
        (json!(["\n\n"]), Value::Null, &["stop"]),
    ] {
        let written = from_chat(&with(json!({ "stop": stop })));
        assert_eq!(written.body["stop_sequences"], expected);
        assert_eq!(written.lost(), lost);
    }
}

#[test]
fn trap_11_sampling_follows_the_models_abilities() {
    let all = json!({"temperature": 1.7, "top_p": 0.9, "top_k": 5});
    let written = from_chat(&with(all.clone()));
    assert_eq!(written.body["temperature"], 1);
    assert_eq!(written.body["top_p"], 0.9);
    assert_eq!(written.body["top_k"], 5);
    assert_eq!(written.lost(), ["temperature"]);

    let target = target_with(|profile| profile.sampling_pair = false);
    let low = with(json!({"temperature": 0.7, "top_p": 0.9}));
    let written = write(Dialect::Chat, &low, &target);
    assert_eq!(written.body["temperature"], 0.7);
    assert_eq!(written.body["top_p"], Value::Null);
    assert_eq!(written.lost(), ["top_p"]);

    // Of the pair, what is the default anyway need not be said.
    let usual = with(json!({"temperature": 1, "top_p": 0.95}));
    let written = write(Dialect::Chat, &usual, &target);
    assert_eq!(written.body["temperature"], Value::Null);
    assert_eq!(written.body["top_p"], 0.95);
    assert!(written.lost().is_empty());

    let target = target_with(|profile| profile.sampling = false);
    let written = write(Dialect::Claude, &with(all), &target);
    assert_eq!(written.body["temperature"], Value::Null);
    assert_eq!(written.body["top_k"], Value::Null);
    assert_eq!(written.lost(), ["temperature", "top_p", "top_k"]);

    let mut thinking = with(json!({"temperature": 0.2, "top_p": 0.9, "top_k": 5}));
    thinking["reasoning_effort"] = json!("low");
    let written = from_chat(&thinking);
    assert_eq!(written.body["temperature"], Value::Null);
    assert_eq!(written.body["top_p"], Value::Null);
    assert_eq!(written.lost(), ["temperature", "top_p", "top_k"]);
}

#[test]
fn json_answers_become_formats_or_an_instruction() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let strict = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}});
    let written = from_chat(&with(json!({ "response_format": strict })));
    let mut closed = schema.clone();
    closed["additionalProperties"] = json!(false);
    assert_eq!(
        written.body["output_config"]["format"],
        json!({"type": "json_schema", "schema": closed})
    );
    assert!(written.lost().is_empty());
    let mut own = with(json!({}));
    own["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
    let written = write(Dialect::Claude, &own, &target_with(|_| {}));
    assert_eq!(written.body["output_config"], own["output_config"]);
    let written = from_chat(&with(json!({"response_format": {"type": "json_object"}})));
    assert_eq!(written.body["output_config"], Value::Null);
    assert!(written.body["system"].as_str().unwrap().contains("JSON"));
    assert_eq!(written.lost(), ["response_format"]);
    let target = target_with(|profile| profile.json_schema = false);
    let written = write(
        Dialect::Chat,
        &with(json!({ "response_format": strict })),
        &target,
    );
    assert_eq!(written.body["output_config"], Value::Null);
    assert!(
        written.body["system"]
            .as_str()
            .unwrap()
            .contains(&schema.to_string())
    );
    assert_eq!(written.lost(), ["response_format"]);
    let written = from_chat(&with(json!({"response_format": {"type": "text"}})));
    assert_eq!(written.body["output_config"], Value::Null);
}

#[test]
fn wrong_answers_are_refused() {
    for (fields, path) in [
        (json!({"n": 2}), "n"),
        (
            json!({"modalities": ["text", "audio"], "audio": {"format": "wav", "voice": "x"}}),
            "modalities",
        ),
    ] {
        refused(Dialect::Chat, &with(fields), path);
    }
}

#[test]
fn fields_without_a_place_are_named() {
    let written = from_chat(&with(json!({
        "frequency_penalty": 0.5, "presence_penalty": 0, "logit_bias": {"1": 2}, "seed": 1, "n": 1,
        "logprobs": false, "verbosity": "low", "prompt_cache_key": "k", "store": false,
        "metadata": {"a": "b"}, "user": "u", "safety_identifier": "s", "brand_new": {"x": 1},
        "service_tier": "flex",
    })));
    assert_eq!(
        written.lost(),
        [
            "frequency_penalty",
            "logit_bias",
            "seed",
            "verbosity",
            "brand_new",
            "service_tier",
            "safety_identifier",
            "metadata",
        ]
    );
    assert_eq!(
        written.quiet(),
        [
            "n",
            "presence_penalty",
            "logprobs",
            "prompt_cache_key",
            "store"
        ]
    );
    assert_eq!(written.body["metadata"], json!({"user_id": "u"}));
    let keys: Vec<_> = written.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["model", "max_tokens", "messages", "metadata"]);
}

#[test]
fn tiers_and_users_map() {
    for (tier, speed) in [
        ("priority", json!("fast")),
        ("fast", json!("fast")),
        ("auto", Value::Null),
    ] {
        let written = from_chat(&with(json!({ "service_tier": tier })));
        assert_eq!(written.body["speed"], speed);
        assert_eq!(written.body["service_tier"], Value::Null);
        assert!(written.lost().is_empty());
    }
    let written = from_chat(&with(json!({"safety_identifier": "s"})));
    assert_eq!(written.body["metadata"], json!({"user_id": "s"}));
    assert!(written.lost().is_empty());
}

#[test]
fn counting_sends_the_prompt_alone() {
    let body = with(json!({
        "system": "s", "tools": [{"name": "t", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"}, "thinking": {"type": "adaptive"}, "cache_control": {"type": "ephemeral"},
        "output_config": {"effort": "low"}, "metadata": {"user_id": "u"}, "context_management": {"edits": []},
    }));
    let request = read(Dialect::Claude, &body);
    let encoded = crate::encode_count_request(Dialect::Claude, &request, &target()).unwrap();
    let found: Value = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    let keys: Vec<_> = found.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "model",
            "system",
            "tools",
            "tool_choice",
            "messages",
            "thinking"
        ]
    );
    assert!(crate::encode_count_request(Dialect::Chat, &request, &target()).is_err());
}
