//! What clients send.

use serde_json::json;

use super::{chat, document, messages};
use crate::ir::{
    CallKind, MediaKind, MediaSource, OutputFormat, Part, ReasoningMode, Role, SystemRole,
    ToolChoice, ToolKind,
};
use crate::opaque;
use crate::openai::chat::request::decode;
use crate::{Dialect, Str, ir::Opaque};

#[track_caller]
fn refused(body: serde_json::Value, expected: &str) {
    let error = decode(document(&body).root()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn wrong_shapes_name_their_place() {
    refused(json!([]), "body: expected a JSON object");
    refused(json!({"messages": []}), "model: is required");
    refused(json!({"model": "m"}), "messages: is required");
    refused(
        json!({"model": 5, "messages": []}),
        "model: expected a string",
    );
    refused(messages(json!({})), "messages: expected a list");
    refused(messages(json!(["x"])), "messages[0]: expected an object");
    refused(
        messages(json!([{"role": "robot", "content": "x"}])),
        "messages[0].role: expected `system`, `developer`, `user`, `assistant` or `tool`",
    );
    refused(
        messages(json!([{"role": "user", "content": 5}])),
        "messages[0].content: expected a string or a list of parts",
    );
    refused(
        messages(json!([{"role": "user", "content": [{"type": "text", "text": 5}]}])),
        "messages[0].content[0].text: expected a string",
    );
    refused(
        messages(json!([{"role": "user", "content": [{"type": "image_url"}]}])),
        "messages[0].content[0]: expected what a part of type `image_url` holds",
    );
    refused(
        messages(
            json!([{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]),
        ),
        "messages[0].content[0]: expected a part of type `text`",
    );
    refused(
        messages(json!([{"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]}])),
        "messages[0].tool_calls[0].function.name: expected a string",
    );
    refused(
        messages(json!([{"role": "tool", "content": "x"}])),
        "messages[0].tool_call_id: expected a string",
    );
    refused(
        json!({"model": "m", "messages": [], "temperature": "hot"}),
        "temperature: expected a number",
    );
    refused(
        json!({"model": "m", "messages": [], "max_tokens": -1}),
        "max_tokens: expected a whole number that is not negative",
    );
    refused(
        json!({"model": "m", "messages": [], "stop": ["a", 1]}),
        "stop[1]: expected a string",
    );
    refused(
        json!({"model": "m", "messages": [], "tools": [{"type": "function", "function": {"name": "f", "parameters": 3}}]}),
        "tools[0].function.parameters: expected a JSON schema",
    );
}

#[test]
fn null_is_absent_and_floats_are_counts() {
    let request = chat(
        &json!({"model": "m", "messages": [], "stream": null, "tools": null, "stop": null,
        "max_completion_tokens": 16.0, "n": 1.0, "user": null, "made_up": null}),
    );
    assert_eq!(request.limits.max_output, Some(16));
    assert_eq!(request.sampling.n, Some(1));
    assert!(!request.stream && request.tools.is_empty() && request.extensions.is_empty());
}

#[test]
fn trap_08_both_limits_are_read_and_the_newer_wins() {
    let request =
        chat(&json!({"model": "m", "messages": [], "max_tokens": 5, "max_completion_tokens": 9}));
    assert_eq!(request.limits.max_output, Some(9));
    assert!(!request.limits.legacy_spelling);
    assert!(
        request
            .extensions
            .get(Dialect::Chat, "max_tokens")
            .is_some()
    );
    let request = chat(&json!({"model": "m", "messages": [], "max_tokens": 5}));
    assert_eq!(request.limits.max_output, Some(5));
    assert!(request.limits.legacy_spelling);
}

#[test]
fn trap_09_stop_is_a_string_or_a_list() {
    for (stop, expected) in [(json!("a"), vec!["a"]), (json!(["a", "b"]), vec!["a", "b"])] {
        let request = chat(&json!({"model": "m", "messages": [], "stop": stop}));
        let stops: Vec<&str> = request.limits.stop.iter().map(|stop| &**stop).collect();
        assert_eq!(stops, expected);
    }
}

#[test]
fn leading_system_messages_are_the_system_prompt_and_later_ones_keep_their_place() {
    let request = chat(&messages(json!([
        {"role": "system", "content": "one", "name": "boss"},
        {"role": "developer", "content": [{"type": "text", "text": "two", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "three"}]},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "late"},
        {"role": "developer", "content": "later"},
    ])));
    let blocks: Vec<_> = request
        .system
        .iter()
        .map(|block| {
            (
                &*block.text,
                block.role,
                block.starts_message,
                block.bare,
                block.cache.is_some(),
            )
        })
        .collect();
    assert_eq!(
        blocks,
        [
            ("one", SystemRole::System, true, true, false),
            ("two", SystemRole::Developer, true, false, true),
            ("three", SystemRole::Developer, false, false, false),
        ]
    );
    assert_eq!(request.system[0].name.as_deref(), Some("boss"));
    let roles: Vec<Role> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::User, Role::System, Role::Developer]);
    assert_eq!(request.turn_path(1), "messages[3]");
}

#[test]
fn media_parts_are_told_apart() {
    let request = chat(&messages(json!([{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/JPG;base64,AAAA", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://x/a.png"}},
        {"type": "image_url", "image_url": "https://x/bare.png"},
        {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "mp3"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,CCCC"}},
        {"type": "video_url", "video_url": {"url": "https://x/a.mp4"}},
        {"type": "hologram", "hologram": 1},
    ]}])));
    let parts = &request.turns[0].parts;
    let sources: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Media(media) => Some((media.kind, media.source.clone())),
            _ => None,
        })
        .collect();
    let text = |text: &str| Str::from(text);
    let base64 = |mime, data| MediaSource::Base64 {
        mime: text(mime),
        data: text(data),
    };
    assert_eq!(
        sources,
        [
            (MediaKind::Image, base64("image/jpeg", "AAAA")),
            (MediaKind::Image, MediaSource::Url(text("https://x/a.png"))),
            (
                MediaKind::Image,
                MediaSource::Url(text("https://x/bare.png"))
            ),
            (MediaKind::Audio, base64("audio/mpeg", "BBBB")),
            (MediaKind::Document, MediaSource::FileId(text("file-1"))),
            (MediaKind::Document, base64("application/pdf", "CCCC")),
            (MediaKind::Video, MediaSource::Url(text("https://x/a.mp4"))),
        ]
    );
    assert!(matches!(&parts[7], Part::Unknown(unknown) if unknown.kind == "hologram"));
}

#[test]
fn calls_and_results_are_paired_even_without_ids() {
    let request = chat(&messages(json!([
        {"role": "assistant", "content": "", "tool_calls": [
            {"type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "", "function": {"name": "f", "arguments": {"a": 1}}},
            {"id": "c", "type": "custom", "custom": {"name": "g", "input": "free"}},
        ]},
        {"role": "tool", "content": "r0"},
        {"role": "tool", "tool_call_id": "c", "content": "rc"},
        {"role": "tool", "tool_call_id": null, "content": {"an": "object"}},
    ])));
    let calls: Vec<_> = request.turns[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some((&*call.id, call.kind, &*call.arguments.0)),
            _ => None,
        })
        .collect();
    assert_eq!(
        calls,
        [
            ("call_f_0", CallKind::Function, "{}"),
            ("call_f_1", CallKind::Function, r#"{"a":1}"#),
            ("c", CallKind::Custom, "free"),
        ]
    );
    let results: Vec<_> = request.turns[1..]
        .iter()
        .map(|turn| match &turn.parts[0] {
            Part::ToolResult(result) => &*result.call_id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(results, ["call_f_0", "c", "call_f_1"]);
}

#[test]
fn deprecated_functions_are_tools() {
    let request = chat(&json!({"model": "m",
    "functions": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
    "function_call": {"name": "f"},
    "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "42"},
    ]}));
    assert!(request.legacy_functions);
    assert_eq!(request.tool_choice, Some(ToolChoice::Named(Str::from("f"))));
    let (Part::ToolCall(call), Part::ToolResult(result)) =
        (&request.turns[1].parts[0], &request.turns[2].parts[0])
    else {
        panic!("{:?}", request.turns);
    };
    assert_eq!(call.id, result.call_id);
    // As soon as tools are spoken of, everything is tools.
    let request =
        chat(&json!({"model": "m", "functions": [{"name": "f"}], "tools": [], "messages": []}));
    assert!(!request.legacy_functions);
}

#[test]
fn tools_of_every_kind() {
    let request = chat(&json!({"model": "m", "messages": [], "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": true, "x": 1}, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "function", "name": "flat", "parameters": {}},
            {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
            {"type": "mcp", "server": "s"},
        ],
        "web_search_options": {"search_context_size": "low"}}));
    let kinds: Vec<_> = request
        .tools
        .iter()
        .map(|tool| match &tool.kind {
            ToolKind::Function { .. } => format!("function {}", tool.name),
            ToolKind::Custom { .. } => format!("custom {}", tool.name),
            ToolKind::Server { kind, .. } => format!("server {kind}"),
        })
        .collect();
    let expected = [
        "function f",
        "function flat",
        "custom c",
        "server mcp",
        "server web_search_options",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(request.tools[0].strict, Some(true));
    assert_eq!(
        request.tools[0].cache.as_ref().unwrap().ttl.as_deref(),
        Some("1h")
    );
}

#[test]
fn tool_choices() {
    let choice = |choice: serde_json::Value| {
        chat(&json!({"model": "m", "messages": [], "tool_choice": choice})).tool_choice
    };
    let named = |name: &'static str| Some(ToolChoice::Named(Str::from_static(name)));
    assert_eq!(choice(json!("auto")), Some(ToolChoice::Auto));
    assert_eq!(choice(json!("none")), Some(ToolChoice::None));
    assert_eq!(choice(json!("required")), Some(ToolChoice::Required));
    assert_eq!(
        choice(json!({"type": "function", "function": {"name": "f"}})),
        named("f")
    );
    assert_eq!(
        choice(json!({"type": "custom", "custom": {"name": "c"}})),
        named("c")
    );
    assert_eq!(
        choice(
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}})
        ),
        Some(ToolChoice::Allowed {
            required: true,
            names: vec![Str::from("f")]
        })
    );
    assert!(matches!(
        choice(json!({"type": "newer"})),
        Some(ToolChoice::Raw(..))
    ));
}

#[test]
fn thinking_comes_back_from_what_the_gateway_wrote() {
    let state = Opaque {
        data: Str::from("sig"),
        provider: Str::from("claude"),
    };
    let wrapped = opaque::wrap(&state).to_string();
    let request = chat(&messages(
        json!([{"role": "assistant", "content": "x", "reasoning_content": "shadow", "reasoning_details": [
            {"type": "reasoning.text", "text": "thought", "signature": wrapped, "index": 0},
            {"type": "reasoning.encrypted", "data": wrapped},
            {"type": "reasoning.text", "text": "other", "signature": "native"},
        ]}]),
    ));
    let turn = &request.turns[0];
    let (Part::Reasoning(first), Part::Reasoning(second)) = (&turn.parts[0], &turn.parts[1]) else {
        panic!("{:?}", turn.parts);
    };
    assert_eq!(
        (&*first.text, first.opaque.as_ref()),
        ("thought", Some(&state))
    );
    assert!(second.redacted && second.opaque == Some(state));
    assert!(matches!(&turn.parts[2], Part::Text(_)));
    assert!(
        turn.extensions
            .get(Dialect::Chat, "reasoning_details")
            .is_some()
    );
}

#[test]
fn plain_thinking_is_read_once() {
    for message in [
        json!({"role": "assistant", "content": "x", "reasoning_content": "t", "reasoning": "t"}),
        json!({"role": "assistant", "content": "x", "reasoning": "t"}),
    ] {
        let request = chat(&messages(json!([message])));
        let parts = &request.turns[0].parts;
        assert!(matches!(&parts[0], Part::Reasoning(reasoning) if reasoning.text == "t"));
        assert_eq!(parts.len(), 2);
    }
}

#[test]
fn reasoning_wishes() {
    let wish = |fields: serde_json::Value| {
        let mut body = json!({"model": "m", "messages": []});
        for (key, value) in fields.as_object().unwrap() {
            body[key] = value.clone();
        }
        let wish = chat(&body).reasoning;
        (
            wish.mode,
            wish.effort.map(|effort| effort.to_string()),
            wish.budget,
        )
    };
    let effort = |effort: &str| Some(effort.to_owned());
    assert_eq!(
        wish(json!({"reasoning_effort": "high"})),
        (None, effort("high"), None)
    );
    assert_eq!(
        wish(json!({"reasoning_effort": "none"})),
        (Some(ReasoningMode::Off), effort("none"), None)
    );
    assert_eq!(
        wish(json!({"reasoning": {"effort": "low"}})),
        (None, effort("low"), None)
    );
    assert_eq!(
        wish(json!({"reasoning": {"max_tokens": 2000, "enabled": true}})),
        (Some(ReasoningMode::On), None, Some(2000))
    );
    assert_eq!(
        wish(json!({"thinking": {"type": "enabled", "budget_tokens": 99}})),
        (Some(ReasoningMode::On), None, Some(99))
    );
    assert_eq!(
        wish(json!({"enable_thinking": false})),
        (Some(ReasoningMode::Off), None, None)
    );
}

#[test]
fn response_formats() {
    let format = |format: serde_json::Value| {
        chat(&json!({"model": "m", "messages": [], "response_format": format}))
            .output
            .format
    };
    assert_eq!(format(json!({"type": "text"})), Some(OutputFormat::Text));
    assert_eq!(
        format(json!({"type": "json_object"})),
        Some(OutputFormat::JsonObject)
    );
    let schema = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}});
    assert!(matches!(
        format(schema),
        Some(OutputFormat::JsonSchema { name: Some(name), strict: Some(true), .. }) if name == "n"
    ));
    assert!(matches!(
        format(json!({"type": "grammar"})),
        Some(OutputFormat::Raw(..))
    ));
}
