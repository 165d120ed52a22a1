//! `openai-compatibility`: servers that speak OpenAI Chat Completions, and maybe Responses.

use std::collections::HashMap;

use super::{entry, word};
use crate::error::Report;
use crate::model::{CompatibleKey, CompatibleProvider, MaxTokensField, Proxy, Quirks};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::view::View;
use crate::{routing, server};

pub(crate) fn read(list: &View, report: &mut Report) -> Vec<CompatibleProvider> {
    let mut names: HashMap<String, usize> = HashMap::new();
    list.items()
        .iter()
        .filter_map(|item| provider(item, &mut names, report))
        .collect()
}

fn provider(
    item: &View,
    names: &mut HashMap<String, usize>,
    report: &mut Report,
) -> Option<CompatibleProvider> {
    let name = item.get("name");
    match name.filled() {
        None => report.problem(
            item.at,
            &name.key,
            "this entry has no `name`",
            "add `name:` and a word of your choice",
        ),
        Some(text) => {
            if let Some(line) = names.insert(text.to_lowercase(), name.at.line) {
                let message = format!("there is already a provider `{text}` on line {line}");
                report.problem(
                    name.at,
                    &name.key,
                    message,
                    "choose another name, or list the keys under one entry",
                );
            }
        }
    }
    let entry = entry::read(item, None, report);
    let keys = keys(item, report);
    let responses = item.get("responses").bool().unwrap_or(false);
    let quirks = quirks(&item.get("quirks"), report);
    if item.get("disabled").bool().unwrap_or(false) {
        return None;
    }
    let accepts = vec![Pattern::new("*")];
    Some(CompatibleProvider {
        name: name.filled()?.to_owned(),
        entry: entry?,
        keys,
        responses,
        quirks,
        accepts,
    })
}

/// `api-key-entries` and the older `api-keys`; a provider without any gets one call without a key.
fn keys(item: &View, report: &mut Report) -> Vec<CompatibleKey> {
    let mut keys = Vec::new();
    for entry in item.get("api-key-entries").items() {
        let proxy = server::proxy(&entry.get("proxy-url"), report);
        keys.push(CompatibleKey {
            api_key: entry.get("api-key").filled().map(Secret::from),
            proxy,
            weight: routing::weight(&entry.get("weight"), report),
        });
    }
    for key in item.get("api-keys").texts() {
        keys.push(CompatibleKey {
            api_key: Some(Secret::from(key)),
            proxy: Proxy::Inherit,
            weight: 1,
        });
    }
    if keys.is_empty() {
        keys.push(CompatibleKey {
            api_key: None,
            proxy: Proxy::Inherit,
            weight: 1,
        });
    }
    keys
}

fn quirks(block: &View, report: &mut Report) -> Quirks {
    let default = Quirks::default();
    let flag = |name: &str, default: bool| block.get(name).bool().unwrap_or(default);
    Quirks {
        stream_options: flag("stream-options", default.stream_options),
        max_tokens: max_tokens(&block.get("max-tokens"), report),
        developer_role: flag("developer-role", default.developer_role),
        image_in_tool: flag("image-in-tool", default.image_in_tool),
        cache_control: flag("cache-control", default.cache_control),
        replay_reasoning: flag("replay-reasoning", default.replay_reasoning),
        reasoning_effort: flag("reasoning-effort", default.reasoning_effort),
    }
}

fn max_tokens(view: &View, report: &mut Report) -> MaxTokensField {
    match word(view).as_str() {
        "" | "auto" => MaxTokensField::Auto,
        "max-tokens" => MaxTokensField::MaxTokens,
        "max-completion-tokens" => MaxTokensField::MaxCompletionTokens,
        _ => {
            let hint = "write `auto`, `max-tokens` or `max-completion-tokens`";
            report.problem(
                view.at,
                &view.key,
                "unknown field for the output limit",
                hint,
            );
            MaxTokensField::Auto
        }
    }
}
