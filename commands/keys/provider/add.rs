//! `modelgate keys provider add`.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

use clap::ValueEnum;
use modelgate_config::{Secret, document, edit};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::SERVERS;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::target::Target;

/// Add a provider key to the configuration
///
/// The key is read from the standard input, one line, so that it is in no list of processes and no history of a shell. With
/// --json: {"id"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate keys provider add claude < key.txt
  pass show deepseek | modelgate keys provider add openai --name deepseek --base-url https://api.deepseek.com/v1
  modelgate keys provider add openai --name local --base-url http://127.0.0.1:11434/v1 --no-key")]
pub(super) struct Args {
    /// Whose key it is
    #[arg(value_name = "PROVIDER")]
    provider: Provider,
    /// A name of your choice; openai only, where another key of a known name joins that entry
    #[arg(long, value_name = "NAME", required_if_eq("provider", "openai"))]
    name: Option<String>,
    /// Where the provider is, if not at its usual place
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    base_url: Option<String>,
    /// Models are also reached as PREFIX/model
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Higher is tried first
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    priority: Option<i32>,
    /// A model that it serves, as the provider names it, and after = as clients do; may be repeated
    #[arg(long = "model", value_name = "NAME[=ALIAS]")]
    models: Vec<String>,
    /// The server needs no key; openai only
    #[arg(long)]
    no_key: bool,
}

/// The kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// Anthropic's API
    Claude,
    /// The Gemini API
    Gemini,
    /// Vertex AI
    Vertex,
    /// OpenAI's Responses API
    Codex,
    /// A server that speaks OpenAI Chat Completions
    Openai,
}

impl Provider {
    const fn list(self) -> &'static str {
        match self {
            Self::Claude => "claude-api-key",
            Self::Gemini => "gemini-api-key",
            Self::Vertex => "vertex-api-key",
            Self::Codex => "codex-api-key",
            Self::Openai => SERVERS,
        }
    }
}

#[derive(Debug, Serialize)]
struct Added {
    id: String,
}

pub(super) fn run(context: &mut Context, target: &Target, args: &Args) -> Result<(), CommandError> {
    if args.provider != Provider::Openai && (args.name.is_some() || args.no_key) {
        let error = anyhow::anyhow!("--name and --no-key are for `openai`");
        return Err(CommandError::usage(error));
    }
    let key = if args.no_key {
        None
    } else {
        Some(read_key(context)?)
    };
    let id = target.change(context, |text| added(text, args, key.as_ref()))?;
    if context.output.is_json() {
        return context.output.json(&Added { id });
    }
    context
        .output
        .note(&format!("added {} to {}", inert(&id), target.name()));
    Ok(())
}

/// The text with the entry, and what it is called.
fn added(text: &str, args: &Args, key: Option<&Secret>) -> Result<(String, String), CommandError> {
    let document = document::clear(text, Path::new("config.yaml"))?;
    let list = args.provider.list();
    let known = document
        .get(list)
        .and_then(Json::as_array)
        .map_or(&[][..], Vec::as_slice);
    if let Some(name) = &args.name {
        let same = known
            .iter()
            .position(|entry| entry["name"].as_str() == Some(name));
        if let Some(index) = same {
            let text = joined(text, index, args, key)?;
            return Ok((text, name.clone()));
        }
        if args.base_url.is_none() {
            let error = anyhow::anyhow!("there is no server `{}` yet", inert(name));
            return Err(CommandError::usage(error).hint("say where it is, with --base-url"));
        }
    }
    let id = args
        .name
        .clone()
        .unwrap_or_else(|| format!("{list}[{}]", known.len()));
    Ok((edit::push(text, list, &entry(args, key))?, id))
}

/// Another key of a server that has an entry.
fn joined(
    text: &str,
    index: usize,
    args: &Args,
    key: Option<&Secret>,
) -> Result<String, CommandError> {
    let more = args.base_url.is_some()
        || args.prefix.is_some()
        || args.priority.is_some()
        || !args.models.is_empty();
    let (Some(key), false) = (key, more) else {
        let error = anyhow::anyhow!(
            "this server has an entry already; only another key can be added to it"
        );
        return Err(CommandError::usage(error).hint("modelgate config edit changes the rest"));
    };
    let path = format!("{SERVERS}[{index}].api-key-entries");
    Ok(edit::push(
        text,
        &path,
        &json!({ "api-key": key.expose() }),
    )?)
}

fn entry(args: &Args, key: Option<&Secret>) -> Json {
    let mut entry = Map::new();
    let mut add = |field: &str, value: Json| {
        if !value.is_null() {
            entry.insert(field.to_owned(), value);
        }
    };
    let key = key.map(Secret::expose);
    match args.provider {
        Provider::Openai => {
            add("name", json!(args.name));
            add("base-url", json!(args.base_url));
            add(
                "api-key-entries",
                key.map_or(Json::Null, |key| json!([{ "api-key": key }])),
            );
        }
        Provider::Claude | Provider::Gemini | Provider::Vertex | Provider::Codex => {
            add("api-key", json!(key));
            add("base-url", json!(args.base_url));
        }
    }
    add("prefix", json!(args.prefix));
    add("priority", json!(args.priority));
    let models: Vec<Json> = args
        .models
        .iter()
        .map(|model| match model.split_once('=') {
            Some((name, alias)) => json!({ "name": name.trim(), "alias": alias.trim() }),
            None => json!({ "name": model.trim() }),
        })
        .collect();
    add(
        "models",
        if models.is_empty() {
            Json::Null
        } else {
            models.into()
        },
    );
    entry.into()
}

/// One line of the standard input.
fn read_key(context: &mut Context) -> Result<Secret, CommandError> {
    if io::stdin().is_terminal() {
        context.output.question("The provider's key: ");
    }
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| CommandError::failed(error.into()))?;
    let key = line.trim();
    if key.is_empty() {
        let error = anyhow::anyhow!("there is no key on the standard input");
        return Err(CommandError::usage(error).hint("modelgate keys provider add claude < key.txt"));
    }
    Ok(Secret::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(provider: Provider, name: Option<&str>, url: Option<&str>) -> Args {
        Args {
            provider,
            name: name.map(str::to_owned),
            base_url: url.map(str::to_owned),
            prefix: None,
            priority: None,
            models: Vec::new(),
            no_key: false,
        }
    }

    #[test]
    fn keys_become_entries_of_their_list() {
        let key = Secret::from("sk-new");
        let mut claude = args(Provider::Claude, None, None);
        claude.priority = Some(-1);
        claude.models = vec![
            "claude-sonnet-4-5=sonnet".to_owned(),
            "claude-opus-4-5".to_owned(),
        ];
        let (text, id) = added("# mine\nport: 1\n", &claude, Some(&key)).unwrap();
        assert_eq!(id, "claude-api-key[0]");
        let document = document::clear(&text, Path::new("")).unwrap();
        let expected = json!([{"api-key": "sk-new", "priority": -1,
            "models": [{"name": "claude-sonnet-4-5", "alias": "sonnet"}, {"name": "claude-opus-4-5"}]}]);
        assert_eq!(document["claude-api-key"], expected);
        assert!(text.starts_with("# mine\n"));
    }

    #[test]
    fn a_server_is_added_once_and_joined_by_further_keys() {
        let key = Secret::from("sk-new");
        let new = args(Provider::Openai, Some("deep"), Some("https://a.example/v1"));
        let (text, id) = added("", &new, Some(&key)).unwrap();
        assert_eq!(id, "deep");
        let more = args(Provider::Openai, Some("deep"), None);
        let (text, _) = added(&text, &more, Some(&Secret::from("sk-more"))).unwrap();
        let document = document::clear(&text, Path::new("")).unwrap();
        let expected = json!([{"name": "deep", "base-url": "https://a.example/v1",
            "api-key-entries": [{"api-key": "sk-new"}, {"api-key": "sk-more"}]}]);
        assert_eq!(document[SERVERS], expected);
        assert_eq!(added(&text, &new, Some(&key)).unwrap_err().exit_code(), 2);
        let unknown = args(Provider::Openai, Some("other"), None);
        assert_eq!(
            added(&text, &unknown, Some(&key)).unwrap_err().exit_code(),
            2
        );
    }
}
