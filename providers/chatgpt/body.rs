//! Requests as ChatGPT's backend takes them (`providers.md` 3.3).

use bytes::Bytes;
use modelgate_dialects::Losses;
use modelgate_dialects::json::{RawJson, ToJson, Value};

use crate::Operation;
use crate::fit::{Fate, asks_for_state, including_state, list, object, rewritten};

/// Longest name of a function.
const NAME_LIMIT: usize = 64;
const WHY: &str = "ChatGPT accounts do not take it";
/// Fields that are refused, and whose loss an answer may show.
const REFUSED: [&str; 9] = [
    "background",
    "context_management",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "previous_response_id",
    "temperature",
    "top_p",
    "truncation",
];
/// Fields that are refused, and that no answer depends on.
const REFUSED_QUIETLY: [&str; 6] = [
    "metadata",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "stream_options",
    "user",
];
/// The same of a part or a tool.
const CACHE_MARK: &str = "prompt_cache_breakpoint";
/// How the search is called, and how its older names begin.
const SEARCH: &str = "web_search";
const OLDER_SEARCH: &str = "web_search_preview";

/// Whether a request can be passed on: names of functions that are too long must be shortened, and restored in the answer.
pub(crate) fn takes(request: Value<'_>) -> bool {
    let tools = request.field("tools").into_iter().flat_map(Value::items);
    let mut names = tools.filter_map(|tool| tool.text_of("name"));
    names.all(|name| name.len() <= NAME_LIMIT)
}

/// A request as it is taken: one for an answer is always for a stream that is not stored. What is left out is in `losses`.
pub(crate) fn fit(operation: Operation, body: Bytes, losses: &mut Losses) -> Bytes {
    let answers = operation == Operation::Generate;
    let mut missing = vec![("instructions", json(""))];
    if answers {
        missing.extend([
            ("stream", json(&true)),
            ("store", json(&false)),
            ("include", including_state(None)),
        ]);
    }
    let rule = |request: Value<'_>, key: &str, value: Value<'_>| match key {
        // Compaction has no such fields.
        "stream" | "store" | "include" if !answers => Fate::Gone,
        // Without what it goes on from a conversation is another one: whoever is asked may refuse it.
        "previous_response_id" if !answers => Fate::Kept,
        "stream" if value.as_bool() != Some(true) => Fate::Is(json(&true)),
        "store" if value.as_bool() != Some(false) => {
            losses.quietly_changed(key, "ChatGPT accounts store nothing");
            Fate::Is(json(&false))
        }
        "include" if !asks_for_state(value) => Fate::Is(including_state(Some(value))),
        "instructions" if value.is_null() => Fate::Is(json("")),
        "input" => input(value, losses),
        "tools" => list(key, value, losses, tool),
        "tool_choice" => choice(value),
        "parallel_tool_calls" if !has_tools(request) => Fate::Gone,
        "service_tier" if value.as_str().as_deref() != Some("priority") => {
            losses.quietly_dropped(key, WHY);
            Fate::Gone
        }
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

fn has_tools(request: Value<'_>) -> bool {
    let tools = request.field("tools");
    tools.is_some_and(|tools| tools.items().next().is_some())
}

/// The conversation: always a list, in which the developer speaks for the system.
fn input(value: Value<'_>, losses: &mut Losses) -> Fate {
    if value.as_str().is_none() {
        return list("input", value, losses, item);
    }
    Fate::Is(RawJson::build(|writer| {
        writer.array(|writer| {
            writer.object(|writer| {
                writer.field("type", "message");
                writer.field("role", "user");
                writer.array_field("content", |writer| {
                    writer.object(|writer| {
                        writer.field("type", "input_text");
                        writer.field("text", &value.raw());
                    });
                });
            });
        });
    }))
}

/// Something said, or done, in the conversation.
fn item(path: &str, value: Value<'_>, losses: &mut Losses) -> Option<RawJson> {
    object(value, &[], |key, value| match key {
        "role" if value.as_str().as_deref() == Some("system") => {
            let why = "with ChatGPT accounts it is the developer who speaks for the system";
            losses.quietly_changed(format!("{path}.role"), why);
            Fate::Is(json("developer"))
        }
        "content" | "output" => list(&format!("{path}.{key}"), value, losses, part),
        _ => Fate::Kept,
    })
}

fn part(path: &str, value: Value<'_>, losses: &mut Losses) -> Option<RawJson> {
    object(value, &[], |key, _| unmarked(path, key, losses))
}

fn tool(path: &str, value: Value<'_>, losses: &mut Losses) -> Option<RawJson> {
    object(value, &[], |key, value| match key {
        "type" => search(value),
        _ => unmarked(path, key, losses),
    })
}

fn unmarked(path: &str, key: &str, losses: &mut Losses) -> Fate {
    if key != CACHE_MARK {
        return Fate::Kept;
    }
    losses.quietly_dropped(format!("{path}.{key}"), WHY);
    Fate::Gone
}

/// The search by its present name.
fn search(kind: Value<'_>) -> Fate {
    match kind.as_str() {
        Some(kind) if kind.starts_with(OLDER_SEARCH) => Fate::Is(json(SEARCH)),
        _ => Fate::Kept,
    }
}

/// The choice among the tools, which names them as the list does.
fn choice(value: Value<'_>) -> Fate {
    let named = |_: &str, value: Value<'_>, _: &mut Losses| {
        object(value, &[], |key, value| match key {
            "type" => search(value),
            _ => Fate::Kept,
        })
    };
    let chosen = object(value, &[], |key, value| match key {
        "type" => search(value),
        "tools" => list(key, value, &mut Losses::default(), named),
        _ => Fate::Kept,
    });
    chosen.map_or(Fate::Kept, Fate::Is)
}

#[cfg(test)]
mod tests;
