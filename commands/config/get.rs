//! `modelgate config get`, `set` and `unset`.

use std::path::Path;

use modelgate_config::{document, edit};
use serde::Serialize;
use serde_json::Value as Json;

use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Remote;
use crate::target::Target;

/// Print one setting of the configuration file
///
/// Exits with 1 if the file does not have it; `modelgate config show` tells the defaults too. Secrets are masked. With
/// --json, the value as JSON.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  modelgate config get routing.strategy\n  modelgate config get 'claude-api-key[0].models' --json"
)]
pub(crate) struct GetArgs {
    /// The setting: routing.strategy, claude-api-key[0].priority; a dot inside a name as \.
    #[arg(value_name = "PATH")]
    path: String,
    /// Show secrets in clear
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Change one setting of the configuration file, which is put to use at once
///
/// The rest of the file and its comments stay as they are; what would make the file unusable is refused. With --json:
/// {"path"}.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  modelgate config set debug true\n  modelgate config set routing.strategy fill-first\n  modelgate config set 'claude-api-key[0].models' '[{\"name\": \"claude-sonnet-4-5\", \"alias\": \"sonnet\"}]'"
)]
pub(crate) struct SetArgs {
    /// The setting: routing.strategy, claude-api-key[0].priority; a dot inside a name as \.
    #[arg(value_name = "PATH")]
    path: String,
    /// Its value: text, or JSON for lists and objects
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    remote: Remote,
}

/// Take one setting out of the configuration file, so that its default counts
///
/// With --json: {"path"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate config unset routing.strategy
  modelgate config unset 'claude-api-key[0].priority'")]
pub(crate) struct UnsetArgs {
    /// The setting: routing.strategy, claude-api-key[0].priority; a dot inside a name as \.
    #[arg(value_name = "PATH")]
    path: String,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Serialize)]
struct Changed<'a> {
    path: &'a str,
}

pub(super) fn get(context: &mut Context, args: &GetArgs) -> Result<(), CommandError> {
    let read = args.remote.target(context)?.read()?;
    let value = value(read.text(), &args.path, args.show_secrets)?;
    if context.output.is_json() {
        return context.output.json(&value);
    }
    let text = match &value {
        Json::String(text) => inert(text).into_owned(),
        Json::Array(_) | Json::Object(_) => return context.output.json(&value),
        other => other.to_string(),
    };
    context.output.data(&format!("{text}\n"))
}

pub(super) fn set(context: &mut Context, args: &SetArgs) -> Result<(), CommandError> {
    let (path, value) = (&args.path, parsed(&args.value));
    check(path)?;
    let target = args.remote.target(context)?;
    target.change(context, |text| Ok((edit::merge(text, path, &value)?, ())))?;
    told(context, &target, path, "set")
}

pub(super) fn unset(context: &mut Context, args: &UnsetArgs) -> Result<(), CommandError> {
    let path = &args.path;
    let target = args.remote.target(context)?;
    target.change(context, |text| {
        value(text, path, true)?;
        Ok((edit::remove(text, path)?, ()))
    })?;
    told(context, &target, path, "removed")
}

fn value(text: &str, path: &str, clear: bool) -> Result<Json, CommandError> {
    let read = if clear {
        document::clear
    } else {
        document::masked
    };
    let document = read(text, Path::new("config.yaml"))?;
    if let Some(value) = document::find(&document, path) {
        return Ok(value.clone());
    }
    check(path)?;
    let error = anyhow::anyhow!("the file does not set `{}`", inert(path));
    Err(CommandError::failed(error).hint("modelgate config show tells the defaults too"))
}

fn check(path: &str) -> Result<(), CommandError> {
    if document::is_known(path) {
        return Ok(());
    }
    let error = anyhow::anyhow!("there is no setting `{}`", inert(path));
    Err(CommandError::usage(error).hint("modelgate config show lists the settings"))
}

/// Lists, objects, numbers and truth values are JSON; anything else is text.
fn parsed(value: &str) -> Json {
    serde_json::from_str(value).unwrap_or_else(|_| Json::from(value))
}

fn told(
    context: &mut Context,
    target: &Target,
    path: &str,
    done: &str,
) -> Result<(), CommandError> {
    if context.output.is_json() {
        return context.output.json(&Changed { path });
    }
    context
        .output
        .note(&format!("{done} {} at {}", inert(path), target.name()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_masked_and_unknown_ones_are_wrong_usage() {
        let text = "debug: yes\nclaude-api-key: [{api-key: sk-ant-0123456789abcdef}]\n";
        let path = "claude-api-key[0].api-key";
        assert_eq!(value(text, "debug", false).unwrap(), true);
        assert_eq!(value(text, path, false).unwrap(), "sk-a…cdef");
        assert_eq!(value(text, path, true).unwrap(), "sk-ant-0123456789abcdef");
        assert_eq!(value(text, "port", false).unwrap_err().exit_code(), 1);
        assert_eq!(value(text, "prot", false).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn values_are_json_or_text() {
        for (text, expected) in [
            ("true", Json::from(true)),
            ("3", Json::from(3)),
            ("fill-first", Json::from("fill-first")),
            ("", Json::from("")),
            ("[\"a\"]", serde_json::json!(["a"])),
            ("[a", Json::from("[a")),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }
}
