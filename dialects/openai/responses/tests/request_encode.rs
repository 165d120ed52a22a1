//! From the IR to the body for an upstream.

use serde_json::{Value as Json, json};

use super::{body, items, of, responses, target};
use crate::Dialect;
use crate::target::Thinking;

fn chat(fields: Json) -> crate::ir::Request {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .append(&mut fields.as_object().unwrap().clone());
    of(Dialect::Chat, &body)
}

fn claude(fields: Json) -> crate::ir::Request {
    let mut body =
        json!({"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .append(&mut fields.as_object().unwrap().clone());
    of(Dialect::Claude, &body)
}

#[test]
fn nobody_elses_answers_are_stored() {
    assert_eq!(body(&chat(json!({})), &target()).0["store"], false);
    assert_eq!(
        body(&chat(json!({"store": true})), &target()).0["store"],
        true
    );
    let own = responses(&json!({"model": "m", "input": "x"}));
    assert_eq!(body(&own, &target()).0.get("store"), None);
}

#[test]
fn functions_of_others_are_not_strict_unless_they_say_so() {
    let tool = |strict: Json| {
        let mut function = json!({"name": "f"});
        if !strict.is_null() {
            function["strict"] = strict;
        }
        let request = chat(json!({"tools": [{"type": "function", "function": function}]}));
        body(&request, &target()).0["tools"][0]["strict"].clone()
    };
    assert_eq!(tool(Json::Null), false);
    assert_eq!(tool(json!(true)), true);
    let own = responses(
        &json!({"model": "m", "input": "x", "tools": [{"type": "function", "name": "f"}]}),
    );
    assert_eq!(
        body(&own, &target()).0["tools"][0],
        json!({"type": "function", "name": "f"})
    );
}

#[test]
fn thinking_is_asked_for_with_a_summary_and_its_state() {
    #[track_caller]
    fn check(request: &crate::ir::Request, thinking: Thinking, reasoning: Json, state: bool) {
        let mut target = target();
        target.model_profile.thinking = thinking;
        let (body, _) = body(request, &target);
        assert_eq!(
            body.get("reasoning").cloned().unwrap_or_default(),
            reasoning
        );
        let include = json!(["reasoning.encrypted_content"]);
        assert_eq!(body.get("include") == Some(&include), state, "{body}");
    }
    let both = Thinking::Both {
        min: 1024,
        max: 32_000,
    };
    let levels = Thinking::Levels {
        xhigh: true,
        max: false,
    };
    check(&chat(json!({})), both, Json::Null, false);
    check(
        &chat(json!({"reasoning_effort": "low"})),
        both,
        json!({"effort": "low", "summary": "auto"}),
        true,
    );
    check(
        &chat(json!({"reasoning_effort": "none"})),
        both,
        json!({"effort": "none"}),
        false,
    );
    check(
        &chat(json!({"reasoning_effort": "max"})),
        levels,
        json!({"effort": "xhigh", "summary": "auto"}),
        true,
    );
    check(
        &chat(json!({"reasoning_effort": "low"})),
        Thinking::None,
        Json::Null,
        false,
    );
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 2000}});
    check(
        &claude(budget),
        both,
        json!({"effort": "medium", "summary": "auto"}),
        true,
    );
    let hidden = json!({"thinking": {"type": "adaptive", "display": "omitted"}});
    check(&claude(hidden), both, json!({"effort": "high"}), true);
    check(
        &claude(json!({"thinking": {"type": "disabled"}})),
        both,
        json!({"effort": "none"}),
        false,
    );
}

#[test]
fn small_limits_are_raised_for_others_and_named() {
    let (written, losses) = body(&chat(json!({"max_tokens": 5})), &target());
    assert_eq!(written["max_output_tokens"], 16);
    assert_eq!(losses, ["max_tokens clamped"]);
    let own = responses(&json!({"model": "m", "input": "x", "max_output_tokens": 5}));
    assert_eq!(body(&own, &target()).0["max_output_tokens"], 5);
}

#[test]
fn limits_that_are_not_taken_are_named_in_the_clients_words() {
    let mut target = target();
    target.model_profile.output_limit = false;
    for (request, path) in [
        (chat(json!({"max_tokens": 5})), "max_tokens"),
        (claude(json!({})), "max_tokens"),
        (
            responses(&json!({"model": "m", "input": "x", "max_output_tokens": 5})),
            "max_output_tokens",
        ),
    ] {
        let (written, losses) = body(&request, &target);
        assert_eq!(written.get("max_output_tokens"), None);
        assert_eq!(losses, [format!("{path} dropped")]);
    }
}

#[test]
fn what_cannot_be_said_is_refused_or_named() {
    let refused = |request| {
        crate::encode_request(Dialect::Responses, &request, &target())
            .unwrap_err()
            .path
    };
    assert_eq!(refused(chat(json!({"n": 2}))), "n");
    assert_eq!(
        refused(chat(json!({"modalities": ["text", "audio"]}))),
        "modalities"
    );
    let unanswered = json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "1", "type": "function",
        "function": {"name": "f", "arguments": "{}"}}]}]});
    assert_eq!(refused(chat(unanswered)), "messages[0].tool_calls[0]");
    let file = json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]});
    assert_eq!(refused(chat(file)), "messages[0].content[0]");
    let settings = json!({"stop": ["X"], "seed": 1, "top_k": 3, "frequency_penalty": 0, "new": 1});
    let (_, losses) = body(&chat(settings), &target());
    assert_eq!(
        losses,
        [
            "top_k dropped",
            "(frequency_penalty dropped)",
            "seed dropped",
            "stop dropped",
            "new dropped"
        ]
    );
}

#[test]
fn results_are_paired_once_each() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let result =
        |id: &str, text: &str| json!({"role": "tool", "tool_call_id": id, "content": text});
    let request = chat(json!({"messages": [
        {"role": "assistant", "tool_calls": [call("a"), call("b.c")]}, result("b.c", "1"), result("a", "old"),
        result("a", "new"), result("nobody", "lost"),
        {"role": "assistant", "tool_calls": [call("a")]}, result("a", "again")]}));
    let (written, losses) = body(&request, &target());
    let told: Vec<String> = written["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let id = item["call_id"].as_str().unwrap_or("-");
            format!(
                "{} {id} {}",
                item["type"].as_str().unwrap(),
                item["output"].as_str().unwrap_or("")
            )
        })
        .collect();
    let dotted = crate::ids::sanitise(&"b.c".into(), 64);
    assert_eq!(
        told,
        [
            "function_call a ".to_owned(),
            format!("function_call {dotted} "),
            format!("function_call_output {dotted} 1"),
            "function_call_output a new".to_owned(),
            "message - ".to_owned(),
            "function_call a_2 ".to_owned(),
            "function_call_output a_2 again".to_owned(),
        ]
    );
    assert_eq!(
        losses,
        ["messages[2].content dropped", "messages[4].content changed"]
    );
}

#[test]
fn thinking_goes_only_to_its_maker_and_never_under_our_id() {
    let thought = |id: &str, state: &str| json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": state});
    let call = json!({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "1", "output": ""});
    let wrapped = "modelgate~1.b3BlbmFp.U1RBVEU"; // openai, STATE
    let request = responses(&items(json!([
        thought("rs_1", "gAAA"),
        thought("rs_modelgate_u_0", wrapped),
        thought("rs_modelgate_u_1", "modelgate~1.Y2xhdWRl.U1RBVEU"),
        call,
        output
    ])));
    let (written, losses) = body(&request, &target());
    assert_eq!(
        written["input"].as_array().unwrap()[..2],
        [
            thought("rs_1", "gAAA"),
            json!({"type": "reasoning", "summary": [], "encrypted_content": "STATE"})
        ]
    );
    assert_eq!(written["input"][2]["type"], "function_call");
    assert_eq!(losses, ["(input[2] dropped)"]);
}

#[test]
fn state_of_openai_comes_back_through_a_claude_client() {
    let thinking =
        json!({"type": "thinking", "thinking": "hm", "signature": "modelgate~1.b3BlbmFp.U1RBVEU"});
    let request = |last: Json| {
        claude(json!({"messages": [{"role": "user", "content": "?"},
        {"role": "assistant", "content": last}, {"role": "user", "content": "!"}]}))
    };
    let text = json!({"type": "text", "text": "So"});
    let (written, _) = body(&request(json!([thinking, text])), &target());
    assert_eq!(
        written["input"][1],
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "STATE"})
    );
    // Without the item it led to, an item of thinking is refused.
    let (written, losses) = body(&request(json!([text, thinking])), &target());
    assert_eq!(written["input"].as_array().unwrap().len(), 3);
    assert_eq!(losses, ["(messages[1].content[1] dropped)"]);
}

#[test]
fn the_body_of_a_count_holds_the_prompt_and_nothing_else() {
    let request = chat(
        json!({"max_tokens": 5, "temperature": 1, "user": "u", "reasoning_effort": "low", "stream": true}),
    );
    let encoded = crate::encode_count_request(Dialect::Responses, &request, &target()).unwrap();
    let body: Json = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    let keys: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["model", "input", "reasoning"]);
}

#[test]
fn servers_of_others_are_told_functions_in_place_of_openais_own_tools() {
    let grammar = json!({"type": "grammar", "syntax": "lark", "definition": "start: x"});
    let spawn = json!({"type": "function", "name": "spawn", "parameters": {"type": "object"}, "strict": false});
    let request = responses(&json!({
        "model": "m",
        "tools": [
            {"type": "custom", "name": "apply_patch", "description": "Patches.", "format": grammar},
            {"type": "namespace", "name": "agents", "description": "All of them.", "tools": [spawn]},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "custom", "name": "apply_patch"},
        "input": [
            {"role": "user", "content": "go"},
            {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c-1", "name": "apply_patch", "input": "*** Begin"},
            {"type": "custom_tool_call_output", "call_id": "c-1", "output": "done"},
            {"type": "function_call", "call_id": "c-2", "namespace": "agents", "name": "spawn", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c-2", "output": "spawned"},
        ],
    }));
    let mut target = target();
    target.chat.openai_tools = false;
    let encoded = super::encoded(&request, Dialect::Responses, &target);
    let body: Json = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    let described = "Patches.\n\nThe input must follow this format: {\"type\":\"grammar\",\"syntax\":\"lark\",\"definition\":\"start: x\"}";
    let schema = json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]});
    let inner = json!({"type": "function", "name": "agents__spawn", "parameters": {"type": "object"}, "strict": false});
    assert_eq!(
        body["tools"],
        json!([
            {"type": "function", "name": "apply_patch", "description": described, "parameters": schema, "strict": false},
            inner,
            {"type": "web_search"},
        ])
    );
    assert_eq!(
        body["tool_choice"],
        json!({"type": "function", "name": "apply_patch"})
    );
    assert_eq!(
        body["input"].as_array().unwrap()[1..],
        [
            json!({"type": "function_call", "call_id": "c-1", "name": "apply_patch", "arguments": "{\"input\":\"*** Begin\"}"}),
            json!({"type": "function_call_output", "call_id": "c-1", "output": "done"}),
            json!({"type": "function_call", "call_id": "c-2", "name": "agents__spawn", "arguments": "{}"}),
            json!({"type": "function_call_output", "call_id": "c-2", "output": "spawned"}),
        ]
    );
    assert!(encoded.names.is_custom("apply_patch"));
    let losses: Vec<&str> = encoded.losses.iter().map(|loss| &*loss.path).collect();
    assert_eq!(losses, ["tools[0].format", "tools[1].description"]);
}

#[test]
fn grammars_are_flat_here_and_nested_in_chat() {
    let flat = json!({"type": "grammar", "syntax": "lark", "definition": "start: /x/"});
    let nested =
        json!({"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /x/"}});
    let request =
        chat(json!({"tools": [{"type": "custom", "custom": {"name": "p", "format": nested}}]}));
    assert_eq!(body(&request, &target()).0["tools"][0]["format"], flat);
    let request = responses(
        &json!({"model": "m", "input": "x", "tools": [{"type": "custom", "name": "p", "format": flat}]}),
    );
    let encoded = super::encoded(&request, Dialect::Chat, &target());
    let body: Json = serde_json::from_slice(&encoded.body.to_bytes()).unwrap();
    assert_eq!(body["tools"][0]["custom"]["format"], nested);
}
