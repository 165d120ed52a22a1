//! `modelgate keys provider list`.

use std::path::Path;

use modelgate_config::document;
use serde::Serialize;
use serde_json::Value as Json;

use super::{Entry, entries};
use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::target::Target;

#[derive(Debug, Serialize)]
struct View {
    providers: Vec<EntryView>,
}

#[derive(Debug, Serialize)]
struct EntryView {
    id: String,
    name: Option<String>,
    keys: Vec<String>,
    #[serde(rename = "base-url")]
    base_url: Option<String>,
    models: usize,
    disabled: bool,
}

pub(super) fn run(context: &mut Context, target: &Target) -> Result<(), CommandError> {
    let read = target.read()?;
    let document = document::masked(read.text(), Path::new("config.yaml"))?;
    let providers: Vec<EntryView> = entries(&document).iter().map(view).collect();
    if context.output.is_json() {
        return context.output.json(&View { providers });
    }
    if providers.is_empty() {
        context
            .output
            .note("the configuration has no provider keys");
        return Ok(());
    }
    context.output.data(&table(&providers))
}

fn view(entry: &Entry<'_>) -> EntryView {
    let text = |field: &str| {
        entry
            .value
            .get(field)
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let list = |field: &str| {
        let list = entry.value.get(field).and_then(Json::as_array);
        list.into_iter().flatten()
    };
    let of_entries = list("api-key-entries").filter_map(|key| key["api-key"].as_str());
    let older = list("api-keys").filter_map(Json::as_str);
    let keys = text("api-key").into_iter();
    EntryView {
        id: entry.id().to_owned(),
        name: entry.name.map(str::to_owned),
        keys: keys
            .chain(of_entries.chain(older).map(str::to_owned))
            .collect(),
        base_url: text("base-url"),
        models: list("models").count(),
        disabled: entry
            .value
            .get("disabled")
            .and_then(Json::as_bool)
            .unwrap_or(false),
    }
}

fn table(entries: &[EntryView]) -> String {
    let rows = entries.iter().map(|entry| {
        let keys = match &entry.keys[..] {
            [] => "none".to_owned(),
            keys => keys.join(", "),
        };
        let models = match entry.models {
            0 => "its own".to_owned(),
            count => count.to_string(),
        };
        [
            inert(&entry.id).into_owned(),
            inert(&keys).into_owned(),
            inert(entry.base_url.as_deref().unwrap_or("-")).into_owned(),
            models,
            if entry.disabled { "disabled" } else { "in use" }.to_owned(),
        ]
    });
    columns(Some(["ENTRY", "KEYS", "ADDRESS", "MODELS", "STATE"]), rows).trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked() {
        let text = "\
claude-api-key: [{api-key: sk-ant-0123456789abcdef, disabled: true}]
openai-compatibility:
  - name: \"deep\\e[31m\"
    base-url: https://a.example/v1
    api-key-entries: [{api-key: sk-0123456789abcdef}, {api-key: short}]
    models: [{name: a}, {name: b}]
";
        let document = document::masked(text, Path::new("c.yaml")).unwrap();
        let views: Vec<EntryView> = entries(&document).iter().map(view).collect();
        let json = serde_json::to_value(&views).unwrap();
        let expected = serde_json::json!([
            {"id": "claude-api-key[0]", "name": null, "keys": ["sk-a…cdef"], "base-url": null, "models": 0,
             "disabled": true},
            {"id": "deep\u{1b}[31m", "name": "deep\u{1b}[31m", "keys": ["sk-0…cdef", "…"],
             "base-url": "https://a.example/v1", "models": 2, "disabled": false},
        ]);
        assert_eq!(json, expected);
        let table = table(&views);
        assert!(
            !table.contains('\u{1b}') && table.contains("its own"),
            "{table}"
        );
    }
}
