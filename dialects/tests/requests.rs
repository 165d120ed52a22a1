//! What must be true of every request (`dialects.md` section 5, 1 to 8, 10, 11).

use modelgate_dialects::json::{Document, Value};
use modelgate_dialects::{Dialect, encode_request};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::golden::{Fixture, fixtures};
use crate::support::arbitrary::plan::{Plan, plan};
use crate::support::valid_claude_request::count_marks;
use crate::support::{
    cases, drive, facts::facts, targets, valid_chat_request, valid_claude_request,
    valid_gemini_request, valid_kiro_request, valid_responses_request,
};

fn faults(dialect: Dialect, body: Value<'_>) -> Vec<String> {
    match dialect {
        Dialect::Chat | Dialect::Completions => valid_chat_request::faults(body),
        Dialect::Claude => valid_claude_request::faults(body),
        Dialect::Gemini => valid_gemini_request::faults(body),
        Dialect::Responses => valid_responses_request::faults(body),
        Dialect::Kiro => valid_kiro_request::faults(body),
    }
}

/// A body as a value, without what is absent in other words.
fn value(body: &[u8]) -> Json {
    let mut value: Json = serde_json::from_slice(body).unwrap();
    if let Json::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
        let items = fields.get_mut("input").and_then(Json::as_array_mut);
        items.into_iter().flatten().for_each(spelt_out);
    }
    value
}

/// An item of Responses with what may be left out: the type of a message, the annotations of an assistant's text.
fn spelt_out(item: &mut Json) {
    let Json::Object(fields) = item else { return };
    fields.retain(|_, value| !value.is_null());
    if fields.contains_key("role") {
        fields.entry("type").or_insert("message".into());
    }
    let parts = fields.get_mut("content").and_then(Json::as_array_mut);
    for part in parts.into_iter().flatten() {
        if part["type"] == "output_text" && part["annotations"].is_null() {
            part["annotations"] = Json::Array(Vec::new());
        }
    }
}

/// Fixtures whose same-dialect form is not the one they came in, each with the reason.
const RESPELT: &[(&str, &str)] = &[
    (
        "chat/assistant_audio_id",
        "a content that is absent is written as null",
    ),
    ("chat/call_ids_missing", "calls and results need ids"),
    (
        "chat/call_ids_with_dots_and_colons",
        "ids are made fit for every upstream alike",
    ),
    ("chat/custom_tool", "the name is not a legal one"),
    ("chat/duplicate_tool_results", "the later result counts"),
    (
        "chat/empty_arguments_become_an_object",
        "empty arguments are no JSON",
    ),
    ("chat/files_by_data", "a file needs a name"),
    (
        "chat/foreign_reasoning_state_is_not_sent",
        "state of another provider is not sent",
    ),
    (
        "chat/images_by_address_and_in_line",
        "media types are written in their canonical form",
    ),
    ("chat/null_is_absent", "null is absent"),
    ("chat/numbers_as_floats", "100.0 is 100"),
    (
        "chat/orphan_tool_result",
        "a result without its call is the user's text",
    ),
    (
        "chat/parallel_results_split_by_text",
        "results stand together",
    ),
    ("chat/stop_as_string", "one stop text is a list of one"),
    ("chat/tool_choice_without_tools", "refused by the vendor"),
    (
        "chat/tool_loop_with_wrapped_reasoning_state",
        "state of another provider is not sent",
    ),
    (
        "chat/tool_message_between_other_messages",
        "results follow their calls",
    ),
    ("chat/tool_names_made_fit", "the names are not legal ones"),
    (
        "claude/adjacent_user_messages",
        "the vendor combines them, and so do we",
    ),
    (
        "claude/count_tokens_body_without_a_limit",
        "a message needs a limit",
    ),
    ("claude/duplicate_tool_results", "the later result counts"),
    ("claude/effort_xhigh", "the profile has no such level"),
    ("claude/empty_text_blocks", "the vendor refuses empty texts"),
    ("claude/extras_of_tools", "`type: custom` is the default"),
    (
        "claude/forms_of_tool_results",
        "an object as content is its text, an empty text is none",
    ),
    (
        "claude/no_messages_is_refused_or_filled",
        "a conversation needs a turn",
    ),
    (
        "claude/orphan_tool_result",
        "a result without its call is the user's text",
    ),
    (
        "claude/results_in_two_user_messages",
        "results stand together",
    ),
    ("claude/text_before_a_tool_result", "results come first"),
    ("claude/tool_choice_without_tools", "refused by the vendor"),
    (
        "responses/assistant_text_as_input_text",
        "a text has the type of its speaker",
    ),
    ("responses/empty_arguments", "empty arguments are no JSON"),
    ("responses/image_url_as_an_object", "an address is a string"),
    ("responses/long_call_ids", "ids are made fit for the vendor"),
    (
        "responses/reasoning_of_claude_comes_back",
        "state of another provider is not sent",
    ),
    (
        "responses/reasoning_of_claude_is_nobody_elses",
        "state of another provider is not sent",
    ),
    (
        "responses/tool_output_as_an_object",
        "an object as output is its text",
    ),
    (
        "claude/wrapped_thinking_of_a_chat_upstream",
        "state of another provider is not sent",
    ),
    (
        "chat/call_state_in_ids",
        "the state is taken out of the ids",
    ),
    (
        "chat/call_state_of_another_provider",
        "the state is taken out of the ids",
    ),
    ("chat/names_of_mcp_tools", "the names are not legal ones"),
    (
        "claude/call_and_text_state_of_gemini",
        "state of another provider is not sent",
    ),
    (
        "claude/state_of_an_empty_text_of_gemini",
        "state of another provider is not sent",
    ),
    (
        "gemini/settings_that_want_nothing",
        "an empty list and a level that is none are as good as nothing",
    ),
    ("gemini/adjacent_contents_of_one_role", "speakers alternate"),
    (
        "gemini/audio_is_refused_where_nobody_listens",
        "media types are written in their canonical form",
    ),
    (
        "gemini/begins_and_ends_with_the_model",
        "the vendor wants a user first",
    ),
    ("gemini/count_tokens_body", "a request for an answer"),
    ("gemini/empty_parts", "the vendor refuses empty texts"),
    ("gemini/forms_of_results", "a result is an object"),
    (
        "gemini/function_role_of_old_clients",
        "the vendor has two roles now",
    ),
    (
        "gemini/ids_win_over_names",
        "a result has the id of its call",
    ),
    (
        "gemini/inline_images",
        "media types are written in their canonical form",
    ),
    (
        "gemini/orphan_result",
        "a result without its call is the user's text",
    ),
    (
        "gemini/results_by_name_in_another_order",
        "results stand in the order of their calls",
    ),
    (
        "gemini/snake_case_of_python",
        "names are written in camelCase",
    ),
    ("gemini/system_in_the_middle", "the vendor has no such role"),
    (
        "gemini/thinking_level_high",
        "words are written in capitals",
    ),
    (
        "gemini/tool_loop_with_ids",
        "results stand in the order of their calls",
    ),
    (
        "gemini/wrapped_state_of_a_claude_upstream",
        "state of another provider is not sent",
    ),
];

fn is_respelt(fixture: &Fixture) -> bool {
    let name = format!("{}/{}", fixture.dialect, fixture.name);
    RESPELT.iter().any(|(respelt, _)| *respelt == name)
}

/// An upstream of the client's own dialect that can do everything.
fn own(dialect: Dialect, model: &modelgate_dialects::Str) -> modelgate_dialects::Target {
    let mut target = targets::plain(dialect);
    target.model = model.clone();
    target.chat.cache_control = true;
    target.chat.image_in_tool = true;
    target.chat.replay_reasoning = true;
    target.chat.developer_role = true;
    target.model_profile.mid_system = true;
    target
}

#[test]
fn a_request_of_the_same_dialect_is_kept() {
    let mut changed = Vec::new();
    for fixture in fixtures("requests") {
        let Ok(request) =
            modelgate_dialects::decode_request(fixture.dialect, &drive::document(&fixture.bytes))
        else {
            continue;
        };
        let Ok(encoded) = encode_request(
            fixture.dialect,
            &request,
            &own(fixture.dialect, &request.model),
        ) else {
            continue;
        };
        if serde_json::from_slice::<Json>(&fixture.bytes).is_err() {
            continue; // numbers beyond the oracle's range
        }
        let (before, after) = (value(&fixture.bytes), value(&encoded.body.to_bytes()));
        if (before != after) != is_respelt(&fixture) {
            changed.push(format!(
                "{}/{}\n  {before}\n  {after}",
                fixture.dialect, fixture.name
            ));
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
fn every_fixture_becomes_a_valid_request_of_every_other_dialect() {
    let mut wrong = Vec::new();
    for fixture in fixtures("requests")
        .iter()
        .filter(|fixture| fixture.profile.is_empty())
    {
        let Ok(request) =
            modelgate_dialects::decode_request(fixture.dialect, &drive::document(&fixture.bytes))
        else {
            continue;
        };
        for to in drive::upstreams(fixture.dialect) {
            let Ok(encoded) = encode_request(to, &request, &targets::plain(to)) else {
                continue;
            };
            let faults = faults(to, drive::document(&encoded.body.to_bytes()).root());
            if !faults.is_empty() {
                let name = format!("{}/{}", fixture.dialect, fixture.name);
                wrong.push(format!("{name} to {to}: {faults:?}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// State of a provider in a request never reaches another, in any spelling.
#[test]
fn foreign_state_is_never_sent() {
    let body = br#"{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"?"},
        {"role":"assistant","content":[{"type":"thinking","thinking":"HIDDEN","signature":"STATE1"},
        {"type":"redacted_thinking","data":"STATE2"},{"type":"text","text":"So."}]},{"role":"user","content":"!"}]}"#;
    let request = drive::request(Dialect::Claude, body);
    let mut strange = targets::plain(Dialect::Claude);
    strange.provider = modelgate_dialects::Str::from_static("someone-else");
    for (to, target) in [
        (Dialect::Chat, targets::plain(Dialect::Chat)),
        (Dialect::Claude, strange),
        (Dialect::Gemini, targets::plain(Dialect::Gemini)),
    ] {
        let encoded = encode_request(to, &request, &target).unwrap();
        let body = String::from_utf8(encoded.body.to_bytes().to_vec()).unwrap();
        assert!(
            !body.contains("STATE") && !body.contains("HIDDEN"),
            "{body}"
        );
        assert!(body.contains("So."));
    }
}

fn round_trip(plan: &Plan, from: Dialect, to: Dialect) {
    let told = plan.told(from);
    let mut request = drive::request(from, &told);
    plan.url(&mut request);
    let there = encode_request(to, &request, &targets::plain(to)).unwrap();
    let document = drive::document(&there.body.to_bytes());
    let faults = faults(to, document.root());
    assert!(
        faults.is_empty(),
        "{faults:?}\n{}",
        String::from_utf8_lossy(&there.body.to_bytes())
    );
    let mut middle = drive::request(to, &there.body.to_bytes());
    plan.url(&mut middle);
    let back = encode_request(from, &middle, &targets::plain(from)).unwrap();
    let mut again = drive::request(from, &back.body.to_bytes());
    plan.url(&mut again);
    let (mut before, mut after) = (facts(&request), facts(&again));
    // Responses has no stop texts: they are named as lost.
    if to == Dialect::Responses {
        (before.stop, after.stop) = Default::default();
    }
    assert_eq!(
        before,
        after,
        "{}",
        String::from_utf8_lossy(&there.body.to_bytes())
    );
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn decoding_undoes_encoding(plan in plan(), dialect in prop::sample::select(Dialect::BOTH.to_vec())) {
        let told = plan.told(dialect);
        prop_assume!(count_marks(drive::document(&told).root()) <= 4);
        let request = drive::request(dialect, &told);
        let encoded = encode_request(dialect, &request, &own(dialect, &request.model)).unwrap();
        prop_assert!(encoded.losses.is_empty(), "{:?}", encoded.losses);
        let mut again = drive::request(dialect, &encoded.body.to_bytes());
        // Usage is asked for always; whether the client sees it is the encoder's business.
        again.include_usage = request.include_usage;
        // White space is not kept.
        again.size = request.size;
        prop_assert_eq!(again, request);
    }

    #[test]
    fn what_is_said_survives_a_foreign_dialect(plan in plan()) {
        for from in Dialect::BOTH {
            for to in drive::upstreams(from).filter(|to| Dialect::BOTH.contains(to)) {
                round_trip(&plan, from, to);
            }
        }
    }

    #[test]
    fn any_conversation_becomes_a_valid_request_of_kiro(plan in plan()) {
        for from in Dialect::BOTH {
            let told = plan.told(from);
            let sent = drive::translate(from, &told, Dialect::Kiro, &targets::plain(Dialect::Kiro)).unwrap();
            let faults = faults(Dialect::Kiro, drive::document(&sent.body.to_bytes()).root());
            prop_assert!(faults.is_empty(), "{:?}\n{}", faults, String::from_utf8_lossy(&sent.body.to_bytes()));
        }
    }

    #[test]
    fn every_telling_of_a_conversation_means_the_same(plan in plan()) {
        let told = |dialect| {
            let mut request = drive::request(dialect, &plan.told(dialect));
            plan.url(&mut request);
            facts(&request)
        };
        let chat = told(Dialect::Chat);
        prop_assert_eq!(&chat, &told(Dialect::Claude));
        prop_assert_eq!(&chat, &told(Dialect::Gemini));
        let mut responses = told(Dialect::Responses);
        responses.stop.clone_from(&chat.stop);
        prop_assert_eq!(&chat, &responses);
    }

    #[test]
    fn encoding_is_deterministic(plan in plan(), from in prop::sample::select(Dialect::BOTH.to_vec())) {
        let told = plan.told(from);
        for to in Dialect::UPSTREAM {
            let encode = || drive::translate(from, &told, to, &targets::plain(to)).unwrap();
            let (first, second) = (encode(), encode());
            prop_assert_eq!(first.body.to_bytes(), second.body.to_bytes());
            prop_assert_eq!(first.losses, second.losses);
        }
    }

    #[test]
    fn cache_marks_are_kept_within_the_limit_or_reported(plan in plan()) {
        for from in Dialect::BOTH {
            let told = plan.told(from);
            let asked = count_marks(drive::document(&told).root());
            let encoded = drive::translate(from, &told, Dialect::Claude, &targets::plain(Dialect::Claude)).unwrap();
            let document: Document = drive::document(&encoded.body.to_bytes());
            prop_assert_eq!(count_marks(document.root()), asked.min(4));
            let reported = encoded.losses.iter().filter(|loss| loss.path.contains("cache_control")).count();
            prop_assert_eq!(reported > 0, asked > 4, "{:?}", encoded.losses);
        }
    }
}
