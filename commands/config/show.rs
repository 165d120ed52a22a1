//! `modelgate config show`.

mod view;

use modelgate_config::Overrides;
use serde_json::Value;

use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;

/// Show the settings that count: the file, the environment and the defaults together
///
/// Secrets are masked, client keys are shown by their id. With --json the same as one object, with the names of
/// the configuration file; times are in seconds, sizes in bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config show
  modelgate config show --json | jq .routing")]
pub(crate) struct Args {}

pub(crate) fn run(context: &mut Context, _args: &Args) -> Result<(), CommandError> {
    let loaded = context.load()?.resolve(&Overrides::default())?;
    let settings = view::settings(&loaded.config);
    if context.output.is_json() {
        return context.output.json(&settings);
    }
    let mut lines = Vec::new();
    flatten("", &settings, &mut lines);
    let width = lines.iter().map(|(key, _)| key.chars().count()).max();
    let width = width.unwrap_or(0);
    let text: String = lines
        .iter()
        .map(|(key, value)| format!("{key:width$}  {value}\n"))
        .collect();
    context.output.data(&text)
}

/// One line for every value, named by its path as in messages: `claude-api-key[0].base-url`.
fn flatten(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        // A value that goes into a request stays whole.
        Value::Object(map) if path.starts_with("payload.") && path.ends_with(".params") => {
            for (key, value) in map {
                push(&format!("{path}.{key}"), &value.to_string(), lines);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(&format!("{path}{dot}{key}"), value, lines);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, lines);
            }
        }
        Value::Array(items) if items.is_empty() => push(path, "-", lines),
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            push(path, &words.join(", "), lines);
        }
        other => push(path, &with_unit(path, other), lines),
    }
}

fn push(path: &str, value: &str, lines: &mut Vec<(String, String)>) {
    lines.push((inert(path).into_owned(), inert(value).into_owned()));
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Times and sizes as one may write them in the file.
fn with_unit(path: &str, value: &Value) -> String {
    let word = word(value);
    if path.starts_with("timeouts.") || path == "responses-store.ttl" {
        return format!("{word}s");
    }
    let mebibytes = value.as_u64().map(|size| (size >> 20, size % (1 << 20)));
    match mebibytes {
        Some((count @ 1.., 0)) if path.starts_with("limits.") && path.ends_with("-body") => {
            format!("{count}MB")
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    const FILE: &str = "\
api-keys:
  - mg-secret-secret-secret-secret
  - key: another-secret-another-secret
    name: \"colleague\\e[31m\"
    models: [\"claude-*\"]
    expires: 2027-01-31
proxy-url: http://user:proxy-password@127.0.0.1:3128
claude-api-key:
  - api-key: sk-ant-secret-secret-secret
    headers: {X-Team: header-secret-value-here}
gemini-api-key: [{api-key: AIza-secret-secret-secret, proxy-url: 'http://user:proxy-password@h'}]
vertex-api-key: [{api-key: AQ.secret-secret-secret, project: my-project, location: europe-west4}]
codex-api-key: [{api-key: sk-secret-secret-secret, headers: {X-Team: header-secret-value-here}}]
payload:
  default: [{models: [{name: gemini-*, protocol: gemini}], params: {generationConfig.topK: 40}}]
  override-raw: [{models: [{name: \"*\"}], params: {a.b: '{\"c\": [1, {}]}'}}]
  filter: [{models: [{name: gpt-*}], params: [user, stop.0]}]
openai-compatibility:
  - name: deepseek
    base-url: https://api.example.com/v1
    api-key-entries: [{api-key: sk-secret-secret-secret, proxy-url: direct}]
    models: [{name: deepseek-chat, alias: chat, responses: true}]
";

    fn show(json: bool) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.yaml");
        fs::write(&path, FILE).unwrap();
        let environment = Environment::from_map([("HOME", "/home/me")]);
        let (output, out, _) = captured(json);
        let mut context = Context::new(environment, Some(path), output);
        run(&mut context, &Args {}).unwrap();
        out.text()
    }

    #[test]
    fn settings_for_a_person() {
        insta::assert_snapshot!(show(false));
    }

    #[test]
    fn settings_for_a_script() {
        insta::assert_snapshot!(show(true));
    }

    #[test]
    fn no_secret_is_shown() {
        for text in [show(false), show(true)] {
            for secret in [
                "secret-secret",
                "another-secret-another",
                "proxy-password",
                "header-secret",
            ] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
}
