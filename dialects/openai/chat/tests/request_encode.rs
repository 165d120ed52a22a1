//! Same dialect on both sides: what is decoded is encoded again.

use serde_json::{Value as Json, json};

use super::{body, chat, generous, messages, target};
use crate::target::ChatProfile;

/// The body comes out as it went in, but for the model; `changes` are documented normal forms.
#[track_caller]
fn survives(mut source: Json, changes: Json) {
    let (encoded, losses) = body(&chat(&source), &generous());
    source["model"] = json!("upstream-model");
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            source.as_object_mut().unwrap().remove(key);
        } else {
            source[key] = value.clone();
        }
    }
    assert_eq!(encoded, source);
    assert_eq!(losses, [""; 0]);
}

#[test]
fn settings_survive() {
    survives(
        json!({"model": "m", "messages": [{"role": "user", "content": "x"}],
            "max_completion_tokens": 7, "stop": ["a", "b"], "n": 2, "temperature": 1.5, "top_p": 0.5, "top_k": 3,
            "frequency_penalty": -1, "presence_penalty": 0.25, "logit_bias": {"5": -100}, "seed": 1, "logprobs": true,
            "top_logprobs": 2, "response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "schema": {"a": 1.0}, "strict": false}},
            "modalities": ["text", "audio"], "audio": {"format": "wav", "voice": "v"}, "prediction": {"type": "content", "content": "p"},
            "verbosity": "low", "reasoning_effort": "xhigh", "prompt_cache_key": "k", "prompt_cache_options": {"mode": "explicit"},
            "prompt_cache_retention": "24h", "user": "u", "safety_identifier": "s", "metadata": {"a": "b"}, "store": false,
            "service_tier": "flex", "moderation": {"x": 1}, "web_search_options": {"search_context_size": "low"},
            "stream": true, "stream_options": {"include_usage": true, "include_obfuscation": false},
            "min_p": 0.1, "provider": {"order": ["a"]}}),
        json!({}),
    );
    for format in [
        json!({"type": "text"}),
        json!({"type": "json_object"}),
        json!({"type": "grammar", "g": 1}),
    ] {
        survives(
            json!({"model": "m", "messages": [], "response_format": format}),
            json!({}),
        );
    }
    for reasoning in [
        json!({"reasoning": {"effort": "high", "exclude": true}}),
        json!({"thinking": {"type": "disabled"}}),
        json!({"enable_thinking": true, "thinking_budget": 99}),
    ] {
        let mut source = messages(json!([]));
        source
            .as_object_mut()
            .unwrap()
            .extend(reasoning.as_object().unwrap().clone());
        survives(source, json!({}));
    }
    survives(
        json!({"model": "m", "messages": [], "max_tokens": 5, "stop": "a"}),
        json!({"stop": ["a"]}),
    );
}

#[test]
fn messages_survive() {
    survives(
        messages(json!([
            {"role": "system", "content": "bare", "name": "n", "x": 1},
            {"role": "developer", "content": [{"type": "text", "text": "part", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high", "format": "x"}, "y": 2},
                {"type": "image_url", "image_url": {"url": "https://x/a.png"}},
                {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,CCCC", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_data": "data:image/png;base64,DDDD", "filename": "a.png"}},
                {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
                {"type": "hologram", "z": [1, 2]},
            ]},
            {"role": "user", "content": "adjacent", "cache_control": {"type": "ephemeral"}},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}, "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "b", "type": "custom", "custom": {"name": "g", "input": "free"}},
            ], "reasoning_content": "why"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "https://x/r.png"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "y", "name": "f", "q": 1},
            {"role": "assistant", "content": null, "refusal": "no"},
            {"role": "assistant", "content": [{"type": "text", "text": "t"}, {"type": "refusal", "refusal": "no"}], "name": "bob"},
            {"role": "assistant", "content": null, "audio": {"id": "audio_1"}},
            {"role": "system", "content": "late"},
            {"role": "developer", "content": [{"type": "text", "text": "later"}]},
            {"role": "user", "content": "x"},
        ])),
        json!({}),
    );
}

#[test]
fn tools_survive() {
    survives(
        json!({"model": "m", "messages": [], "parallel_tool_calls": false,
            "tools": [
                {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "b": 1, "a": 2}, "strict": false, "x": 1}, "cache_control": {"type": "ephemeral"}},
                {"type": "function", "function": {"name": "bare"}},
                {"type": "custom", "custom": {"name": "c", "description": "d", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "d"}}}},
                {"type": "newer", "q": 1},
            ],
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "c"}}]}}}),
        json!({}),
    );
    for choice in [
        json!("auto"),
        json!("none"),
        json!("required"),
        json!({"type": "function", "function": {"name": "f"}}),
        json!({"type": "newer"}),
    ] {
        survives(
            json!({"model": "m", "messages": [], "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": choice}),
            json!({}),
        );
    }
}

#[test]
fn deprecated_functions_survive() {
    survives(
        json!({"model": "m", "function_call": {"name": "f"}, "functions": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "42"},
        ]}),
        json!({}),
    );
}

#[test]
fn the_profile_decides_about_habits() {
    let source = json!({"model": "m", "max_tokens": 5, "stream": true, "reasoning_effort": "high",
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "x", "reasoning_content": "thought"},
    ]});
    let mut target = target();
    target.chat = ChatProfile {
        stream_options: false,
        max_completion_tokens: true,
        text_parts: false,
        reasoning_effort_with_tools: false,
        ..ChatProfile::default()
    };
    let (encoded, losses) = body(&chat(&source), &target);
    assert_eq!(
        encoded,
        json!({"model": "upstream-model", "max_completion_tokens": 5, "stream": true,
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "messages": [{"role": "system", "content": "a\n\nb"}, {"role": "assistant", "content": "x"}]})
    );
    assert_eq!(
        losses,
        [
            "(messages[0].role dropped)",
            "(messages[1].reasoning_content dropped)",
            "reasoning_effort dropped",
        ]
    );
}

#[test]
fn usage_is_always_asked_for() {
    let source = json!({"model": "m", "messages": [], "stream": true});
    let (encoded, _) = body(&chat(&source), &target());
    assert_eq!(encoded["stream_options"], json!({"include_usage": true}));
    let (encoded, _) = body(&chat(&messages(json!([]))), &target());
    assert_eq!(encoded.get("stream_options"), None);
}

#[test]
fn long_names_and_ids_meet_again() {
    let long = "n".repeat(80);
    let source = json!({"model": "m", "tools": [{"type": "function", "function": {"name": long}}],
    "tool_choice": {"type": "function", "function": {"name": long}},
    "messages": [
        {"role": "assistant", "content": null, "tool_calls": [{"id": "a.b:c", "type": "function", "function": {"name": long, "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "a.b:c", "content": "r"},
    ]});
    let encoded = super::encode(&chat(&source), &target()).unwrap();
    let json: Json = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    let name = json["tools"][0]["function"]["name"].as_str().unwrap();
    assert_eq!(name.len(), 64);
    assert_eq!(json["tool_choice"]["function"]["name"], name);
    let call = &json["messages"][0]["tool_calls"][0];
    assert_eq!(call["function"]["name"], name);
    assert_eq!(call["function"]["arguments"], "{}");
    assert_eq!(call["id"], json["messages"][1]["tool_call_id"]);
    assert_eq!(encoded.names.client(&name.into()), *long);
}

#[test]
fn both_limits_are_sent_as_they_came() {
    survives(
        json!({"model": "m", "messages": [], "max_tokens": 5, "max_completion_tokens": 9}),
        json!({}),
    );
}
