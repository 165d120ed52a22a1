//! Requests in Responses as xAI takes them (`providers.md` 14).

use bytes::Bytes;
use modelgate_dialects::json::{RawJson, ToJson, Value};
use modelgate_dialects::target::Thinking;
use modelgate_dialects::{Losses, Target};

use crate::Operation;
use crate::fit::{Fate, asks_for_state, including_state, object, rewritten};

const WHY: &str = "xAI refuses it";
/// Fields that are refused, and whose loss an answer may show.
const REFUSED: [&str; 5] = [
    "background",
    "context_management",
    "previous_response_id",
    "stop",
    "truncation",
];
/// Fields that are refused, and that no answer depends on.
const REFUSED_QUIETLY: [&str; 7] = [
    "metadata",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "stream_options",
    "user",
];
/// Tools that are OpenAI's own, of which others can be told as functions.
const TOLD_AS_FUNCTIONS: [&str; 2] = ["custom", "namespace"];
/// Tools that run at OpenAI only.
const ELSEWHERE: [&str; 2] = ["image_generation", "tool_search"];
const SEARCH: &str = "web_search";
const OLDER_SEARCH: &str = "web_search_preview";

/// Whether a request can be passed on: OpenAI's own tools must be told as functions, and their calls turned back.
pub(crate) fn takes(request: Value<'_>) -> bool {
    let mut tools = tools(request);
    !tools.any(|tool| is_one_of(tool, &TOLD_AS_FUNCTIONS))
}

/// A request as it is taken: its answer is not stored, and brings its reasoning along. What is left out is in `losses`.
pub(crate) fn fit_responses(
    operation: Operation,
    target: &Target,
    body: Bytes,
    losses: &mut Losses,
) -> Bytes {
    let answers = operation == Operation::Generate;
    let thinks = target.model_profile.thinking != Thinking::None;
    let mut missing = Vec::new();
    if answers {
        missing.push(("store", json(&false)));
        if thinks {
            missing.push(("include", including_state(None)));
        }
    }
    let rule = |request: Value<'_>, key: &str, value: Value<'_>| match key {
        // Without what it goes on from a conversation is another one: whoever is asked may refuse it.
        "previous_response_id" if !answers => Fate::Kept,
        "store" if answers && value.as_bool() != Some(false) => {
            losses.quietly_changed(key, "with accounts of xAI nothing is stored");
            Fate::Is(json(&false))
        }
        "include" if answers && thinks && !asks_for_state(value) => {
            Fate::Is(including_state(Some(value)))
        }
        "reasoning" if !thinks => without_effort(value, losses),
        "tools" => own_tools(value, losses),
        "tool_choice" if no_tool_is_left(request) || is_elsewhere(value) => {
            losses.dropped(key, "the tool it names is not there");
            Fate::Gone
        }
        "tool_choice" => object(value, &[], search).map_or(Fate::Kept, Fate::Is),
        "parallel_tool_calls" if no_tool_is_left(request) => Fate::Gone,
        key if REFUSED.contains(&key) => {
            if !value.is_null() {
                losses.dropped(key, WHY);
            }
            Fate::Gone
        }
        key if REFUSED_QUIETLY.contains(&key) => {
            losses.quietly_dropped(key, WHY);
            Fate::Gone
        }
        _ => Fate::Kept,
    };
    rewritten(body, &missing, rule)
}

fn json<T: ToJson + ?Sized>(value: &T) -> RawJson {
    RawJson::build(|writer| writer.value(value))
}

fn tools(request: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    request.field("tools").into_iter().flat_map(Value::items)
}

fn is_one_of(tool: Value<'_>, kinds: &[&str]) -> bool {
    tool.text_of("type")
        .is_some_and(|kind| kinds.contains(&&*kind))
}

fn is_elsewhere(tool: Value<'_>) -> bool {
    is_one_of(tool, &ELSEWHERE)
}

fn no_tool_is_left(request: Value<'_>) -> bool {
    tools(request).next().is_some() && tools(request).all(is_elsewhere)
}

/// How to think, for a model that has no levels.
fn without_effort(value: Value<'_>, losses: &mut Losses) -> Fate {
    let rest = object(value, &[], |key, _| match key {
        "effort" => {
            losses.dropped("reasoning.effort", "the model has no levels of thinking");
            Fate::Gone
        }
        _ => Fate::Kept,
    });
    rest.map_or(Fate::Kept, Fate::Is)
}

/// The tools that run here or at xAI, which calls its search by its present name.
fn own_tools(value: Value<'_>, losses: &mut Losses) -> Fate {
    let mut changed = false;
    let mut own = Vec::new();
    for (index, tool) in value.items().enumerate() {
        if is_elsewhere(tool) {
            losses.dropped(format!("tools[{index}]"), "xAI has no such tool");
            changed = true;
            continue;
        }
        let told = object(tool, &[], search);
        changed |= told.is_some();
        own.push(told.unwrap_or_else(|| tool.raw()));
    }
    match own.is_empty() {
        _ if !changed => Fate::Kept,
        true => Fate::Gone,
        false => Fate::Is(RawJson::build(|writer| {
            writer.array(|writer| own.iter().for_each(|tool| writer.value(tool)));
        })),
    }
}

fn search(key: &str, value: Value<'_>) -> Fate {
    match value.as_str() {
        Some(kind) if key == "type" && kind.starts_with(OLDER_SEARCH) => Fate::Is(json(SEARCH)),
        _ => Fate::Kept,
    }
}

#[cfg(test)]
mod tests {
    use modelgate_dialects::json::Document;

    use super::*;
    use crate::{Credential, models};

    fn target(model: &str) -> Target {
        let healths = crate::Healths::default();
        let mut forge = crate::forge::Forge::new(&healths);
        let credential: Credential = crate::demo::credential(&mut forge);
        Target {
            model_profile: models::profile(model),
            ..crate::xai::target(&credential, model)
        }
    }

    #[track_caller]
    fn check(operation: Operation, model: &str, body: &'static str, expected: &str, lost: &[&str]) {
        let mut losses = Losses::default();
        let body = Bytes::from_static(body.as_bytes());
        let fitted = fit_responses(operation, &target(model), body, &mut losses);
        assert_eq!(std::str::from_utf8(&fitted).unwrap(), expected);
        let loud = losses.iter().filter(|loss| !loss.quiet);
        let loud: Vec<&str> = loud.map(|loss| &*loss.path).collect();
        assert_eq!(loud, lost, "{expected}");
    }

    #[test]
    fn an_answer_is_not_stored_and_brings_its_reasoning() {
        use Operation::Generate;
        check(
            Generate,
            "grok-4.6",
            r#"{"model":"grok-4.6","input":"x","temperature":1.0,"max_output_tokens":9}"#,
            r#"{"model":"grok-4.6","input":"x","temperature":1.0,"max_output_tokens":9,"store":false,"include":["reasoning.encrypted_content"]}"#,
            &[],
        );
        check(
            Generate,
            "grok-4.6",
            r#"{"store":true,"include":["a"],"user":"u","metadata":{},"stream_options":{},"safety_identifier":"s","prompt_cache_retention":"24h"}"#,
            r#"{"store":false,"include":["a","reasoning.encrypted_content"]}"#,
            &[],
        );
        let fit = r#"{"store":false,"include":["reasoning.encrypted_content"],"n" : 1}"#;
        check(Generate, "grok-4.6", fit, fit, &[]);
    }

    #[test]
    fn what_is_refused_is_left_out_and_named() {
        check(
            Operation::Generate,
            "grok-4.6",
            r#"{"stop":["x"],"previous_response_id":null,"truncation":"auto","background":true,"store":false,"include":["reasoning.encrypted_content"]}"#,
            r#"{"store":false,"include":["reasoning.encrypted_content"]}"#,
            &["stop", "truncation", "background"],
        );
        check(
            Operation::Compact,
            "grok-4.6",
            r#"{"previous_response_id":"resp_1","stop":"x"}"#,
            r#"{"previous_response_id":"resp_1"}"#,
            &["stop"],
        );
    }

    #[test]
    fn levels_are_for_models_that_have_them() {
        let body = r#"{"reasoning":{"effort":"low","summary":"auto"},"store":false,"include":["reasoning.encrypted_content"]}"#;
        check(Operation::Generate, "grok-4.6", body, body, &[]);
        check(
            Operation::Generate,
            "grok-4.20-0309-reasoning",
            r#"{"reasoning":{"effort":"low","summary":"auto"},"store":false}"#,
            r#"{"reasoning":{"summary":"auto"},"store":false}"#,
            &["reasoning.effort"],
        );
    }

    #[test]
    fn tools_of_openais_are_left_out_with_what_chooses_them() {
        check(
            Operation::Compact,
            "grok-4.6",
            r#"{"tools":[{"type":"image_generation"},{"type":"web_search_preview"},{"type":"x_search"},{"type":"function","name":"f"}],"tool_choice":{"type":"image_generation"}}"#,
            r#"{"tools":[{"type":"web_search"},{"type":"x_search"},{"type":"function","name":"f"}]}"#,
            &["tools[0]", "tool_choice"],
        );
        check(
            Operation::Compact,
            "grok-4.6",
            r#"{"tools":[{"type":"tool_search"}],"tool_choice":"auto","parallel_tool_calls":true}"#,
            "{}",
            &["tools[0]", "tool_choice"],
        );
        let none = r#"{"tool_choice":"none"}"#;
        check(Operation::Compact, "grok-4.6", none, none, &[]);
        let own = r#"{"tools":[{"type":"x_search"}],"tool_choice":{"type":"x_search"},"parallel_tool_calls":true}"#;
        check(Operation::Compact, "grok-4.6", own, own, &[]);
    }

    #[test]
    fn openais_own_tools_are_told_as_functions() {
        let takes = |body: &'static str| {
            let document = Document::parse(Bytes::from_static(body.as_bytes())).unwrap();
            takes(document.root())
        };
        assert!(takes("{}"));
        assert!(takes(
            r#"{"tools":[{"type":"function","name":"f"},{"type":"web_search"}]}"#
        ));
        assert!(!takes(
            r#"{"tools":[{"type":"x_search"},{"type":"custom","name":"f"}]}"#
        ));
        assert!(!takes(
            r#"{"tools":[{"type":"namespace","name":"f","tools":[]}]}"#
        ));
        assert!(!target("grok-4.6").chat.openai_tools);
    }
}
