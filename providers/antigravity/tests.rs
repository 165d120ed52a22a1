use serde_json::{Value as Json, json};

use super::*;

#[track_caller]
fn check(model: &str, body: &Json, expected: &Json) {
    let fitted = fit(
        &Bytes::from(body.to_string()),
        model,
        &mut Losses::default(),
    );
    let mut fitted: Json = serde_json::from_slice(&fitted).unwrap();
    fitted.as_object_mut().unwrap().remove(SESSION);
    assert_eq!(fitted, *expected, "{model} {body}");
}

#[test]
fn a_conversation_has_one_negative_number() {
    let number = |body: &Json| -> Option<i64> {
        let body = Bytes::from(body.to_string());
        let fitted = fit(&body, "gemini-3-flash", &mut Losses::default());
        let fitted: Json = serde_json::from_slice(&fitted).unwrap();
        Some(fitted[SESSION].as_str()?.parse().unwrap())
    };
    let user = |parts: Json| json!({"role": "user", "parts": parts});
    let hello = user(json!([{"text": "Hel"}, {"text": "lo"}]));
    let answer = json!({"role": "model", "parts": [{"text": "What?"}]});
    let first = number(&json!({"contents": [hello]}));
    assert!(first.is_some_and(|number| number < 0), "{first:?}");
    let later =
        json!({"systemInstruction": {}, "contents": [hello, answer, user(json!([{"text": "!"}]))]});
    assert_eq!(number(&later), first);
    assert_eq!(number(&json!({"contents": [answer, hello]})), first);
    let nobody_said = json!({"contents": [{"parts": [{"text": "Hello"}]}]});
    assert_eq!(number(&nobody_said), first);
    assert_ne!(
        number(&json!({"contents": [user(json!([{"text": "Bye"}]))]})),
        first
    );
    let picture =
        |data: &str| number(&json!({"contents": [user(json!([{"inlineData": {"data": data}}]))]}));
    assert_ne!(picture("a"), picture("b"));
    assert_eq!(number(&json!({"contents": []})), None);
    // A client that knows its conversation knows it best.
    for name in ["sessionId", "session_id"] {
        let body = json!({"contents": [hello], name: "own"});
        let fitted = fit(&Bytes::from(body.to_string()), "m", &mut Losses::default());
        assert_eq!(serde_json::from_slice::<Json>(&fitted).unwrap(), body);
    }
}

#[test]
fn an_envelope_says_what_is_wanted() {
    for (model, request, wanted, id) in [
        (
            "gemini-3-pro-high",
            json!({"tools": [{"functionDeclarations": []}]}),
            "agent",
            "agent-",
        ),
        (
            "gemini-3-pro-high",
            json!({"contents": [{"parts": [{"text": "googleSearch"}]}]}),
            "agent",
            "agent-",
        ),
        (
            "gemini-3-flash",
            json!({"tools": [{"google_search": {}}]}),
            "web_search",
            "agent-",
        ),
        (
            "gemini-3-flash",
            json!({"tools": [{"googleSearch": {}}]}),
            "web_search",
            "agent-",
        ),
        ("gemini-3-pro-image", json!({}), "image_gen", "image_gen/"),
    ] {
        let rest = beside(model, &Bytes::from(request.to_string()), None);
        let rest: Vec<(&str, Json)> = rest
            .iter()
            .map(|(name, value)| (&**name, serde_json::from_str(value.as_str()).unwrap()))
            .collect();
        assert_eq!(rest[1], ("requestType", json!(wanted)), "{request}");
        let number = rest[0].1.as_str().unwrap();
        assert_eq!(rest[0].0, "requestId");
        assert!(number.starts_with(id), "{number}");
        assert_eq!(number.ends_with("/12"), wanted == "image_gen", "{number}");
        assert_eq!(rest.len(), 2, "no program is named");
    }
}

#[test]
fn names_go_there_and_back() {
    for (public, upstream) in NAMES {
        assert_eq!(upstream_name(public), upstream);
        assert_eq!(public_name(upstream), Some(public));
    }
    assert_eq!(upstream_name("gemini-9"), "gemini-9");
    assert_eq!(public_name("chat_20706"), None);
    assert_eq!(public_name("gemini-2.5-pro"), None);
}

#[test]
fn the_limit_of_the_answer_is_for_claude_alone() {
    let body = json!({"contents": [], "safety_settings": [], "generation_config": {"max_output_tokens": 99_999, "topK": 1}});
    let without = json!({"contents": [], "generation_config": {"topK": 1}});
    check("gemini-3-pro-high", &body, &without);
    let capped =
        json!({"contents": [], "generation_config": {"max_output_tokens": 64_000, "topK": 1}});
    check("claude-sonnet-4-5", &body, &capped);
}

#[test]
fn claude_thinks_enough_and_leaves_room_or_not_at_all() {
    for (budget, limit, kept) in [
        (1023, 8000, false),
        (1024, 8000, true),
        (8000, 8000, false),
        (7999, 8000, true),
        (-1, 8000, false),
    ] {
        let thinking = json!({"thinkingBudget": budget, "includeThoughts": true});
        let body =
            json!({"generationConfig": {"maxOutputTokens": limit, "thinkingConfig": thinking}});
        let mut expected = body.clone();
        if !kept {
            let config = expected["generationConfig"].as_object_mut().unwrap();
            config.remove("thinkingConfig");
        }
        check("claude-sonnet-4-5-thinking", &body, &expected);
    }
}

/// The schema that a Claude model gets for one.
fn schema(field: &str, schema: &Json) -> Json {
    let body = json!({"tools": [{"functionDeclarations": [{"name": "f", field: schema}]}]});
    let body = Bytes::from(body.to_string());
    let fitted = fit(&body, "claude-sonnet-4-5", &mut Losses::default());
    let fitted: Json = serde_json::from_slice(&fitted).unwrap();
    assert_eq!(
        fitted["toolConfig"],
        json!({"functionCallingConfig": {"mode": "VALIDATED"}})
    );
    let function = &fitted["tools"][0]["functionDeclarations"][0];
    assert!(function.get("parametersJsonSchema").is_none());
    function["parameters"].clone()
}

#[test]
fn schemas_lose_what_is_refused_and_names_of_properties_stay() {
    let wild = json!({
        "$schema": "x", "type": "object", "additionalProperties": false, "required": ["minItems"],
        "$defs": {"n": {"type": "integer", "exclusiveMinimum": 0}},
        "properties": {
            "minItems": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "minLength": 1}},
            "anyOf": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "n": {"$ref": "#/$defs/n"},
        },
    });
    let cleaned = schema("parametersJsonSchema", &wild).to_string();
    for word in [
        "$schema",
        "$ref",
        "$defs",
        "additionalProperties",
        "exclusiveMinimum",
        "minLength",
        "maxItems",
    ] {
        assert!(!cleaned.contains(&format!("{word:?}:")), "{word} {cleaned}");
    }
    let cleaned: Json = serde_json::from_str(&cleaned).unwrap();
    let properties = cleaned["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["minItems", "anyOf", "n"]);
    assert_eq!(properties["anyOf"].get("anyOf"), None);
    let is =
        |schema: &Json, kind: &str| schema["type"].as_str().unwrap().eq_ignore_ascii_case(kind);
    assert!(is(&properties["anyOf"], "string") && is(&properties["n"], "integer"));
    assert!(is(&properties["minItems"]["items"], "string"), "{cleaned}");
    assert_eq!(cleaned["required"], json!(["minItems"]));
}

#[test]
fn something_is_always_required() {
    let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    assert_eq!(schema("parameters", &optional)["required"], json!(["a"]));
    for nothing in [json!({"type": "object", "properties": {}}), json!({})] {
        let schema = schema("parameters", &nothing);
        assert_eq!(schema["required"], json!(["_"]));
        assert!(schema["properties"]["_"].is_object(), "{schema}");
    }
}

#[test]
fn arguments_in_the_history_are_nobodys_schema() {
    let call =
        json!({"functionCall": {"name": "f", "args": {"$ref": 1, "minItems": 2, "anyOf": []}}});
    let body = json!({"contents": [{"role": "model", "parts": [call]}]});
    check("claude-sonnet-4-5", &body, &body);
    let tools =
        json!([{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"$ref": "#/x"}}]}]);
    let body = json!({"contents": [], "tools": tools});
    check("gemini-3-pro-high", &body, &body);
}

#[test]
fn what_a_request_loses_is_named() {
    let budget = |budget| json!({"thinkingBudget": budget});
    for (model, config, expected) in [
        (
            "gemini-3-flash",
            json!({"maxOutputTokens": 5}),
            vec!["generationConfig.maxOutputTokens"],
        ),
        ("gemini-3-flash", json!({"topK": 5}), vec![]),
        ("claude-sonnet-4-6", json!({"maxOutputTokens": 5}), vec![]),
        (
            "claude-sonnet-4-6",
            json!({"maxOutputTokens": 2000, "thinking_config": budget(2000)}),
            vec!["generationConfig.thinkingConfig"],
        ),
        (
            "claude-sonnet-4-6",
            json!({"thinkingConfig": budget(2000)}),
            vec![],
        ),
        (
            "claude-sonnet-4-6",
            json!({"maxOutputTokens": 99_999}),
            vec!["generationConfig.maxOutputTokens"],
        ),
    ] {
        let body = json!({"generation_config": config});
        assert_eq!(lost(model, &body, false), expected, "{model} {body}");
    }
    let body = json!({"safety_settings": []});
    assert_eq!(lost("gemini-3-flash", &body, false), ["safetySettings"]);
}

/// The paths of what is lost, with or without a word to the client.
fn lost(model: &str, body: &Json, quiet: bool) -> Vec<String> {
    let mut losses = Losses::default();
    fit(&Bytes::from(body.to_string()), model, &mut losses);
    let lost = losses.iter().filter(|loss| loss.quiet == quiet);
    lost.map(|loss| loss.path.clone()).collect()
}

#[test]
fn what_a_schema_loses_is_named() {
    let schema = json!({
        "type": "OBJECT", "default": {}, "properties": {
            "a": {"type": "ARRAY", "minItems": "1", "items": {"type": "STRING", "maxLength": "3"}},
            "b": {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]},
        },
    });
    let function = json!({"name": "f", "parameters": schema, "response": {"type": "STRING"}});
    let thought = json!({"role": "model", "parts": [{"text": "hm", "thought": true}]});
    let body = json!({"contents": [thought], "tools": [{"functionDeclarations": [function]}]});
    let model = "claude-sonnet-4-6";
    let at = |path: &str| format!("tools[0].functionDeclarations[0].{path}");
    let named = [
        "parameters.properties.a.minItems",
        "parameters.properties.a.items.maxLength",
        "parameters.properties.b.anyOf",
        "parameters.required",
    ];
    assert_eq!(lost(model, &body, false), named.map(at));
    let mut quiet = lost(model, &body, true);
    quiet.sort_unstable();
    let expected = [
        "contents[0].parts".to_owned(),
        at("parameters.default"),
        at("response"),
    ];
    assert_eq!(quiet, expected);
    let none: [&str; 0] = [];
    assert_eq!(lost("gemini-3-flash", &body, false), none);
    // Nobody misses what is put where nothing was.
    let bare = json!({"tools": [{"functionDeclarations": [{"name": "f"}]}]});
    assert_eq!(lost(model, &bare, false), none);
    assert_eq!(lost(model, &bare, true), [at("parameters.properties")]);
}

#[test]
fn claude_gets_no_thought_that_nobody_has_signed() {
    let signed = json!({"text": "hm", "thought": true, "thoughtSignature": "c2ln"});
    let unsigned = json!({"text": "hm", "thought": true});
    let said = json!({"text": "hi"});
    let body = json!({"contents": [
        {"role": "model", "parts": [unsigned, signed, said]}, {"role": "model", "parts": [unsigned]},
        {"role": "user", "parts": [said]},
    ]});
    let expected = json!({"contents": [
        {"role": "model", "parts": [signed, said]}, {"role": "user", "parts": [said]},
    ]});
    check("claude-sonnet-4-6", &body, &expected);
    check("gemini-3-flash", &body, &body);
}

#[test]
fn only_a_limit_that_is_over_soon_is_waited_for() {
    use modelgate_dialects::ir::{Error, ErrorKind};

    use crate::credential::Urls;
    use crate::forge::{Forge, Healths};

    let healths = Healths::default();
    let mut forge = Forge::new(&healths);
    let url = url::Url::parse("https://one/").unwrap();
    let mut of = |kind| forge.built_in("c", kind, Urls::Models(url.clone()));
    let (own, other) = (of(ProviderKind::Antigravity), of(ProviderKind::CodeAssist));
    let error = |code: &'static str, wait| {
        let mut error = Error::new(ErrorKind::RateLimit, "no").with_code(code);
        error.retry_after = wait;
        CallError::answered("p".into(), error)
    };
    let millis = |millis| Some(Duration::from_millis(millis));
    let limit = |wait| error("RATE_LIMIT_EXCEEDED", wait);
    assert_eq!(pause(&own, &limit(millis(2999))), millis(2999));
    assert_eq!(pause(&own, &limit(millis(3000))), None);
    assert_eq!(pause(&own, &limit(None)), None);
    assert_eq!(pause(&other, &limit(millis(10))), None);
    assert_eq!(pause(&own, &error("QUOTA_EXHAUSTED", millis(10))), None);
}
