use bytes::Bytes;
use serde_json::{Value as Json, json};

use crate::error::EncodeError;
use crate::ir::Request;
use crate::json::{Document, Str};
use crate::target::Thinking;
use crate::target::{
    Asked, ChatProfile, Encoded, GeminiProfile, KiroProfile, ModelProfile, Target,
};
use crate::{Dialect, codec, tokens};

mod thinking;

const PNG: &str = "iVBORw0KGgo=";

fn target() -> Target {
    Target {
        model: Str::from_static("claude-sonnet-4.5"),
        provider: Str::from_static("kiro"),
        model_profile: ModelProfile::default(),
        chat: ChatProfile::default(),
        gemini: GeminiProfile::default(),
        kiro: KiroProfile::default(),
    }
}

fn request(dialect: Dialect, json: &Json) -> Request {
    let document = Document::parse(Bytes::from(json.to_string())).unwrap();
    codec::decode_request(dialect, &document).unwrap()
}

fn encode(dialect: Dialect, json: &Json) -> Result<Encoded, EncodeError> {
    codec::encode_request(Dialect::Kiro, &request(dialect, json), &target())
}

fn body(encoded: &Encoded) -> Json {
    serde_json::from_slice(&encoded.body.to_bytes()).unwrap()
}

/// The messages of a Chat request, oldest first: what stands in each.
fn messages(sent: &Json) -> Vec<Json> {
    let body = body(&encode(Dialect::Chat, sent).unwrap());
    let state = &body["conversationState"];
    let history = state["history"].as_array().cloned().unwrap_or_default();
    let all = history
        .into_iter()
        .chain([state["currentMessage"].clone()])
        .map(|message| {
            message
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .clone()
        });
    all.collect()
}

/// The same: who speaks and what.
fn contents(sent: &Json) -> Vec<String> {
    let contents = messages(sent).into_iter();
    let contents = contents.map(|message| message["content"].as_str().unwrap().to_owned());
    contents.collect()
}

fn chat(messages: &Json) -> Json {
    json!({"model": "m", "messages": messages})
}

/// What was not carried, beside what is known not to matter.
fn lost(encoded: &Encoded) -> Vec<String> {
    let losses = encoded.losses.iter().filter(|loss| !loss.quiet);
    losses.map(ToString::to_string).collect()
}

#[track_caller]
fn refused(dialect: Dialect, json: &Json, path: &str) {
    let error = encode(dialect, json).unwrap_err();
    assert_eq!(error.path, path, "{error}");
}

fn user(text: &str) -> Json {
    json!({"role": "user", "content": text})
}

fn assistant(text: &str) -> Json {
    json!({"role": "assistant", "content": text})
}

#[test]
fn who_asks_is_said_by_the_target() {
    let sent = request(Dialect::Chat, &chat(&json!([user("Hi")])));
    let mut target = target();
    target.kiro.origin = Str::from_static("CLI");
    target.kiro.conversation = Some(Str::from_static("0000"));
    target.kiro.profile_arn = Some(Str::from_static("arn:aws:x"));
    let encoded = codec::encode_request(Dialect::Kiro, &sent, &target).unwrap();
    let expected = json!({
        "conversationState": {
            "chatTriggerType": "MANUAL",
            "conversationId": "0000",
            "currentMessage": {"userInputMessage":
                {"content": "Hi", "modelId": "claude-sonnet-4.5", "origin": "CLI"}},
        },
        "profileArn": "arn:aws:x",
    });
    assert_eq!(body(&encoded), expected);
    // A Builder ID has no profile.
    let encoded = codec::encode_request(Dialect::Kiro, &sent, &self::target()).unwrap();
    assert_eq!(body(&encoded).get("profileArn"), None);
}

#[test]
fn a_conversation_without_an_id_gets_one_by_what_is_said() {
    let id = |text: &str| {
        let encoded = encode(Dialect::Chat, &chat(&json!([user(text)]))).unwrap();
        body(&encoded)["conversationState"]["conversationId"].clone()
    };
    let one = id("one");
    assert_eq!(one, id("one"));
    assert_ne!(one, id("two"));
    let id = uuid(one.as_str().unwrap());
    assert_eq!(id, [8, 4, 4, 4, 12]);
}

/// The lengths of the parts of a UUID.
fn uuid(id: &str) -> Vec<usize> {
    let hexadecimal = |char: char| char.is_ascii_hexdigit() || char == '-';
    assert!(id.chars().all(hexadecimal), "{id}");
    id.split('-').map(str::len).collect()
}

#[test]
fn adjacent_messages_of_one_speaker_are_one() {
    let sent = chat(&json!([
        user("a"),
        user("b"),
        assistant("c"),
        assistant("d"),
        user("e"),
        user("f")
    ]));
    assert_eq!(contents(&sent), ["a\n\nb", "c\n\nd", "e\n\nf"]);
}

#[test]
fn the_current_message_is_the_users() {
    let sent = chat(&json!([user("a"), assistant("b")]));
    assert_eq!(contents(&sent), ["a", "b", "(continue)"]);
    let losses = lost(&encode(Dialect::Chat, &sent).unwrap());
    assert!(losses[0].starts_with("messages[1] changed"), "{losses:?}");
}

#[test]
fn the_first_message_is_the_users() {
    let sent = chat(&json!([assistant("a"), user("b")]));
    assert_eq!(contents(&sent), [".", "a", "b"]);
}

#[test]
fn the_system_prompt_stands_before_the_first_words() {
    let system = json!({"role": "system", "content": "Be brief."});
    let sent = chat(&json!([system, user("a"), assistant("b"), user("c")]));
    assert_eq!(contents(&sent), ["Be brief.\n\na", "b", "c"]);
    // Kiro's own clients do the same: it is noted, and no loss.
    let encoded = encode(Dialect::Chat, &sent).unwrap();
    assert_eq!(lost(&encoded), [""; 0]);
    let noted: Vec<String> = encoded.losses.iter().map(ToString::to_string).collect();
    assert!(noted[0].starts_with("messages[0] changed"), "{noted:?}");
    let later = chat(&json!([user("a"), assistant("b"), system, user("c")]));
    let reminder = "<system-reminder>\nBe brief.\n</system-reminder>\n\nc";
    assert_eq!(contents(&later), ["a", "b", reminder]);
    let alone = chat(&json!([system, assistant("a"), user("b")]));
    assert_eq!(contents(&alone), ["Be brief.", "a", "b"]);
}

fn calls(ids: &[&str]) -> Json {
    let calls: Vec<Json> = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}))
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn result(id: &str, text: &str) -> Json {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

#[test]
fn content_is_never_empty() {
    let picture = json!({"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}}]});
    let sent = chat(&json!([
        picture,
        calls(&["1"]),
        result("1", ""),
        assistant("  "),
        user("b")
    ]));
    assert_eq!(contents(&sent), [".", ".", "b"]);
    let sent = messages(&sent);
    let results = &sent[2]["userInputMessageContext"]["toolResults"];
    assert_eq!(results[0]["content"], json!([{"text": "(no output)"}]));
    assert!(!contents(&chat(&json!([]))).iter().any(String::is_empty));
}

#[test]
fn results_stand_in_the_message_behind_their_calls() {
    let sent = chat(&json!([
        user("a"),
        calls(&["1", "2"]),
        user("b"),
        result("2", "two"),
        result("1", "one"),
        assistant("c"),
        user("d")
    ]));
    let sent = messages(&sent);
    let uses = json!([
        {"toolUseId": "1", "name": "f", "input": {"a": 1}},
        {"toolUseId": "2", "name": "f", "input": {"a": 1}},
    ]);
    assert_eq!(sent[1]["toolUses"], uses);
    let results = json!([
        {"toolUseId": "2", "status": "success", "content": [{"text": "two"}]},
        {"toolUseId": "1", "status": "success", "content": [{"text": "one"}]},
    ]);
    assert_eq!(sent[2]["userInputMessageContext"]["toolResults"], results);
    assert_eq!(sent[2]["content"], "b");
    assert_eq!(sent[4].get("userInputMessageContext"), None);
}

#[test]
fn no_id_of_a_call_is_there_twice() {
    let sent = chat(&json!([
        user("a"),
        calls(&["1", "1"]),
        result("1", "first"),
        result("1", "second"),
        calls(&["1"]),
        result("1", "third"),
        result("1", "fourth"),
    ]));
    let encoded = encode(Dialect::Chat, &sent).unwrap();
    assert_eq!(lost(&encoded).len(), 1, "{:?}", lost(&encoded));
    let sent = messages(&sent);
    let ids = |list: &Json| {
        let list = list.as_array().unwrap().iter();
        list.map(|item| item["toolUseId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let results = |at: usize| sent[at]["userInputMessageContext"]["toolResults"].clone();
    assert_eq!(ids(&sent[1]["toolUses"]), ["1", "1_2"]);
    assert_eq!(ids(&results(2)), ["1", "1_2"]);
    assert_eq!(ids(&sent[3]["toolUses"]), ["1_3"]);
    assert_eq!(ids(&results(4)), ["1_3"]);
    assert_eq!(results(4)[0]["content"][0]["text"], "fourth");
}

#[test]
fn a_call_without_its_result_is_refused() {
    let sent = chat(&json!([user("a"), calls(&["1"]), user("b")]));
    refused(Dialect::Chat, &sent, "messages[1].tool_calls[0]");
}

#[test]
fn a_result_without_its_call_is_the_users_words() {
    let sent = chat(&json!([user("a"), result("1", "one")]));
    assert_eq!(contents(&sent), ["a\n\n[result of the call 1]\none"]);
}

#[test]
fn failed_tools_and_pictures_in_results_are_told() {
    let image = |media: &str| json!({"type": "image", "source": {"type": "base64", "media_type": media, "data": PNG}});
    let sent = json!({"model": "m", "max_tokens": 9, "messages": [
        user("a"),
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "1", "name": "f", "input": {}},
            {"type": "tool_use", "id": "2", "name": "f", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "is_error": true, "content": "broke"},
            {"type": "tool_result", "tool_use_id": "2", "content":
                [{"type": "text", "text": "see"}, image("image/webp"), image("image/jpg")]},
            image("image/gif")]},
    ]});
    let encoded = encode(Dialect::Claude, &sent).unwrap();
    let current = &body(&encoded)["conversationState"]["currentMessage"]["userInputMessage"];
    let results = json!([
        {"toolUseId": "1", "status": "error", "content": [{"text": "broke"}]},
        {"toolUseId": "2", "status": "success", "content": [
            {"text": "see"}, {"text": "[image 1 of this message]"}, {"text": "[image 2 of this message]"}]},
    ]);
    assert_eq!(current["userInputMessageContext"]["toolResults"], results);
    let images = current["images"].as_array().unwrap().iter();
    let formats: Vec<&Json> = images.map(|image| &image["format"]).collect();
    assert_eq!(formats, ["webp", "jpeg", "gif"]);
    assert_eq!(lost(&encoded), [""; 0]);
}

#[test]
fn what_kiro_cannot_see_is_refused() {
    let sent = |part: Json| chat(&json!([{"role": "user", "content": [part]}]));
    let image = |url: &str| sent(json!({"type": "image_url", "image_url": {"url": url}}));
    let path = "messages[0].content[0]";
    refused(Dialect::Chat, &image("https://example.com/a.png"), path);
    refused(Dialect::Chat, &image("data:image/bmp;base64,AAAA"), path);
    let sound = json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
    refused(Dialect::Chat, &sent(sound), path);
    let pdf = "data:application/pdf;base64,JVBERi0=";
    let pdf = json!({"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}});
    refused(Dialect::Chat, &sent(pdf), path);
    let id = json!({"type": "file", "file": {"file_id": "file_1"}});
    refused(Dialect::Chat, &sent(id), path);
    let text = json!({"type": "file", "file": {"file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"}});
    assert_eq!(contents(&sent(text)), ["hi"]);
}

#[test]
fn tools_are_declared_in_the_current_message_only() {
    let mut sent = chat(&json!([user("a"), calls(&["1"]), result("1", "one")]));
    sent["tools"] = json!([
        {"type": "function", "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}}},
        {"type": "function", "function": {"name": "g.h"}},
    ]);
    let sent = messages(&sent);
    assert_eq!(sent[0].get("userInputMessageContext"), None);
    let tools = &sent[2]["userInputMessageContext"]["tools"];
    let first = json!({"toolSpecification":
        {"name": "f", "description": "does f", "inputSchema": {"json": {"type": "object"}}}});
    assert_eq!(tools[0], first);
    let second = &tools[1]["toolSpecification"];
    assert_eq!(second["description"], "g.h");
    assert!(second["name"].as_str().unwrap().starts_with("g_h_"));
    assert_eq!(
        second["inputSchema"]["json"],
        json!({"type": "object", "properties": {}})
    );
}

#[test]
fn a_description_is_cut_between_two_characters() {
    let described = |text: &str| {
        let mut sent = chat(&json!([user("a")]));
        sent["tools"] =
            json!([{"type": "function", "function": {"name": "f", "description": text}}]);
        let encoded = encode(Dialect::Chat, &sent).unwrap();
        let current = &body(&encoded)["conversationState"]["currentMessage"]["userInputMessage"];
        let tool = &current["userInputMessageContext"]["tools"][0]["toolSpecification"];
        (
            tool["description"].as_str().unwrap().to_owned(),
            lost(&encoded),
        )
    };
    let fits = "x".repeat(10_240);
    assert_eq!(described(&fits), (fits.clone(), Vec::new()));
    // Each character takes three bytes, and 10240 is no multiple of it.
    let (cut, losses) = described(&"漢".repeat(4000));
    assert_eq!(cut, "漢".repeat(3413));
    assert!(losses[0].starts_with("tools[0].function.description clamped"));
    assert_eq!(losses.len(), 1);
}

#[test]
fn the_choice_among_tools_is_named_as_lost() {
    let chosen = |choice: Json, history: &[Json]| {
        let mut messages = vec![user("a")];
        messages.extend_from_slice(history);
        let mut sent = chat(&json!(messages));
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        sent["tools"] = json!([tool("f"), tool("g")]);
        sent["tool_choice"] = choice;
        let encoded = encode(Dialect::Chat, &sent).unwrap();
        let current = &body(&encoded)["conversationState"]["currentMessage"]["userInputMessage"];
        let tools = current["userInputMessageContext"]["tools"].as_array();
        let tools = tools.into_iter().flatten();
        let names: Vec<String> = tools
            .map(|tool| {
                tool["toolSpecification"]["name"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let lost: Vec<String> = lost(&encoded)
            .iter()
            .map(|loss| loss.split(':').next().unwrap().to_owned())
            .collect();
        (names.join(" "), lost.join(" "))
    };
    let pair = |names: &str, lost: &str| (names.to_owned(), lost.to_owned());
    let dropped = pair("f g", "tool_choice dropped");
    assert_eq!(chosen(json!("auto"), &[]), pair("f g", ""));
    assert_eq!(chosen(json!("required"), &[]), dropped);
    let named = json!({"type": "function", "function": {"name": "f"}});
    assert_eq!(chosen(named.clone(), &[]), dropped);
    assert_eq!(chosen(json!("none"), &[]), pair("", "tool_choice changed"));
    // What the conversation tells of must stay declared.
    let history = [calls(&["1"]), result("1", "one")];
    assert_eq!(chosen(json!("none"), &history), dropped);
    let allowed =
        json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [named]}});
    assert_eq!(chosen(allowed, &[]), pair("f", "tool_choice changed"));
}

#[test]
fn what_kiro_has_no_place_for_is_named() {
    let mut sent = chat(&json!([user("a")]));
    let fields = json!({"temperature": 1.5, "max_tokens": 100, "top_p": 0.5, "seed": 7, "stop": ["x"],
        "frequency_penalty": 0.1, "logit_bias": {"1": 2}, "logprobs": true, "response_format": {"type": "json_object"},
        "verbosity": "low", "service_tier": "flex", "metadata": {"a": "b"}, "user": "someone", "brand_new": 1});
    for (key, value) in fields.as_object().unwrap() {
        sent[key] = value.clone();
    }
    let encoded = encode(Dialect::Chat, &sent).unwrap();
    let mut paths: Vec<&str> = encoded
        .losses
        .iter()
        .filter(|loss| !loss.quiet)
        .map(|loss| loss.path.as_str())
        .collect();
    paths.sort_unstable();
    let expected = [
        "brand_new",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "metadata",
        "response_format",
        "seed",
        "service_tier",
        "stop",
        "temperature",
        "top_p",
        "verbosity",
    ];
    assert_eq!(paths, expected);
    let body = body(&encoded);
    let config = json!({"maxTokens": 100, "temperature": 1});
    assert_eq!(body["inferenceConfig"], config);
    assert_eq!(
        contents(&sent),
        ["Answer with one JSON object and nothing else.\n\na"]
    );
    sent["n"] = json!(2);
    refused(Dialect::Chat, &sent, "n");
}

#[test]
fn an_upstream_without_settings_gets_none() {
    let mut sent = chat(&json!([user("a")]));
    sent["temperature"] = json!(0.5);
    sent["max_tokens"] = json!(100);
    let mut target = target();
    target.kiro.inference_config = false;
    let request = request(Dialect::Chat, &sent);
    let encoded = codec::encode_request(Dialect::Kiro, &request, &target).unwrap();
    assert_eq!(body(&encoded).get("inferenceConfig"), None);
    let paths: Vec<&str> = encoded.losses.iter().map(|loss| &*loss.path).collect();
    assert_eq!(paths, ["max_tokens", "temperature"]);
}

#[test]
fn the_reader_of_the_answer_learns_what_was_asked() {
    let mut sent = chat(&json!([user("How much is it?")]));
    let input = Some(tokens::estimate_request(&request(Dialect::Chat, &sent)));
    let asked = |sent: &Json| encode(Dialect::Chat, sent).unwrap().asked;
    let expected = Asked {
        input,
        thinking: false,
    };
    assert_eq!(asked(&sent), expected);
    sent["reasoning_effort"] = json!("low");
    assert!(asked(&sent).thinking);
}

#[test]
fn kiro_counts_no_tokens() {
    let sent = request(Dialect::Chat, &chat(&json!([user("a")])));
    assert!(codec::encode_count_request(Dialect::Kiro, &sent, &target()).is_err());
}
