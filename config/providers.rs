//! Provider entries: `claude-api-key` and `openai-compatibility`.

mod entry;
pub(crate) mod environment;

use std::collections::HashMap;

use crate::error::Report;
use crate::model::{
    ClaudeAuth, ClaudeKey, CompatibleKey, CompatibleProvider, MaxTokensField, Proxy, Quirks,
};
use crate::pattern::Pattern;
use crate::secret::Secret;
use crate::server;
use crate::view::View;

/// Anthropic's own address.
pub(crate) const CLAUDE_URL: &str = "https://api.anthropic.com";

pub(crate) fn claude(list: &View, report: &mut Report) -> Vec<ClaudeKey> {
    list.items()
        .iter()
        .filter_map(|item| claude_key(item, report))
        .collect()
}

/// `None` after a problem, and for an entry that is switched off.
fn claude_key(item: &View, report: &mut Report) -> Option<ClaudeKey> {
    let api_key = item.get("api-key");
    if api_key.filled().is_none() {
        report.problem(
            item.at,
            &api_key.key,
            "this entry has no `api-key`",
            "add `api-key: sk-ant-…`, or remove the entry",
        );
    }
    let entry = entry::read(item, Some(CLAUDE_URL), report);
    let proxy = server::proxy(&item.get("proxy-url"), report);
    let auth = claude_auth(&item.get("auth-scheme"), report);
    if item.get("disabled").bool().unwrap_or(false) {
        return None;
    }
    Some(ClaudeKey {
        entry: entry?,
        api_key: Secret::from(api_key.filled()?),
        proxy,
        auth,
    })
}

fn claude_auth(view: &View, report: &mut Report) -> ClaudeAuth {
    match word(view).as_str() {
        "" | "auto" => ClaudeAuth::Auto,
        "api-key" | "x-api-key" => ClaudeAuth::ApiKey,
        "bearer" => ClaudeAuth::Bearer,
        _ => {
            report.problem(
                view.at,
                &view.key,
                "unknown auth scheme",
                "write `auto`, `api-key` or `bearer`",
            );
            ClaudeAuth::Auto
        }
    }
}

pub(crate) fn compatible(list: &View, report: &mut Report) -> Vec<CompatibleProvider> {
    let mut names: HashMap<String, usize> = HashMap::new();
    list.items()
        .iter()
        .filter_map(|item| compatible_provider(item, &mut names, report))
        .collect()
}

fn compatible_provider(
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
    let keys = compatible_keys(item, report);
    let quirks = quirks(&item.get("quirks"), report);
    if item.get("disabled").bool().unwrap_or(false) {
        return None;
    }
    let accepts = vec![Pattern::new("*")];
    Some(CompatibleProvider {
        name: name.filled()?.to_owned(),
        entry: entry?,
        keys,
        quirks,
        accepts,
    })
}

/// `api-key-entries` and the older `api-keys`; a provider without any gets one call without a key.
fn compatible_keys(item: &View, report: &mut Report) -> Vec<CompatibleKey> {
    let mut keys = Vec::new();
    for entry in item.get("api-key-entries").items() {
        let proxy = server::proxy(&entry.get("proxy-url"), report);
        keys.push(CompatibleKey {
            api_key: entry.get("api-key").filled().map(Secret::from),
            proxy,
        });
    }
    for key in item.get("api-keys").texts() {
        keys.push(CompatibleKey {
            api_key: Some(Secret::from(key)),
            proxy: Proxy::Inherit,
        });
    }
    if keys.is_empty() {
        keys.push(CompatibleKey {
            api_key: None,
            proxy: Proxy::Inherit,
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

/// A word of a closed set, in kebab-case.
fn word(view: &View) -> String {
    view.text()
        .unwrap_or_default()
        .to_lowercase()
        .replace('_', "-")
}
