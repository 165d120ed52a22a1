//! `modelgate keys provider …`.

mod add;
mod list;

use std::path::Path;

use clap::Subcommand;
use modelgate_config::document::{self, Document};
use modelgate_config::edit;
use serde::Serialize;
use serde_json::Value as Json;

use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::target::Target;

/// Show the keys that are presented to providers, add one, or remove one
///
/// Without a command, lists the entries of the configuration, keys masked. Accounts of `modelgate login` and keys of the
/// environment are not among them; `modelgate accounts` lists everything. With --json: {"providers": [{"id", "name",
/// "keys", "base-url", "models", "disabled"}]}.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_help_heading = "Commands",
    after_help = "Examples:\n  modelgate keys provider add claude < key.txt\n  modelgate keys provider add openai --name deepseek --base-url https://api.deepseek.com/v1 < key.txt\n  modelgate keys provider remove 'claude-api-key[1]'"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the provider keys of the configuration
    ///
    /// With --json the same as `modelgate keys provider`.
    #[command(after_help = "Examples:
  modelgate keys provider list
  modelgate keys provider list --json")]
    List,
    Add(add::Args),
    Remove(RemoveArgs),
}

/// Remove an entry with its keys from the configuration
///
/// With --json: {"id"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate keys provider remove 'claude-api-key[1]'
  modelgate keys provider remove deepseek --yes")]
struct RemoveArgs {
    /// The entry, as `modelgate keys provider` names it
    #[arg(value_name = "ID")]
    id: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Serialize)]
struct Removed {
    id: String,
}

/// The lists of the file that hold keys of providers.
const LISTS: [&str; 7] = [
    "claude-api-key",
    "gemini-api-key",
    "vertex-api-key",
    "codex-api-key",
    "xai-api-key",
    "interactions-api-key",
    SERVERS,
];
/// The one whose entries have names.
const SERVERS: &str = "openai-compatibility";

/// An entry of one of the lists.
struct Entry<'d> {
    /// Its path in the file.
    path: String,
    /// What it is called, where it has a name.
    name: Option<&'d str>,
    value: &'d Document,
}

impl Entry<'_> {
    fn id(&self) -> &str {
        self.name.unwrap_or(&self.path)
    }
}

pub(super) fn run(context: &mut Context, target: &Target, args: Args) -> Result<(), CommandError> {
    match args.command {
        None | Some(Command::List) => list::run(context, target),
        Some(Command::Add(args)) => add::run(context, target, &args),
        Some(Command::Remove(args)) => remove(context, target, &args),
    }
}

fn remove(context: &mut Context, target: &Target, args: &RemoveArgs) -> Result<(), CommandError> {
    let id = &args.id;
    let meant = found(target.read()?.text(), id)?;
    if !args.yes {
        let question = format!("Remove {} from {}?", inert(id), target.name());
        confirm(context, &question)?;
    }
    target.change(context, |text| {
        // A place in a list may have become that of another entry meanwhile.
        if found(text, id)?.1 != meant.1 {
            let error = anyhow::anyhow!("`{}` is not any more what it was", inert(id));
            return Err(CommandError::failed(error).hint("modelgate keys provider lists them"));
        }
        Ok((without(text, &meant.0)?, ()))
    })?;
    if context.output.is_json() {
        return context.output.json(&Removed { id: id.clone() });
    }
    context
        .output
        .note(&format!("removed {} from {}", inert(id), target.name()));
    Ok(())
}

/// The text without an entry, and without its list where nothing is left of it.
fn without(text: &str, path: &str) -> Result<String, CommandError> {
    let document = document::clear(text, Path::new("config.yaml"))?;
    let list = path.split('[').next().unwrap_or(path);
    let last = document
        .get(list)
        .and_then(Json::as_array)
        .is_some_and(|list| list.len() == 1);
    Ok(edit::remove(text, if last { list } else { path })?)
}

/// The path of an entry and what it says.
fn found(text: &str, id: &str) -> Result<(String, Document), CommandError> {
    let document = document::clear(text, Path::new("config.yaml"))?;
    let entries = entries(&document);
    let entry = entries
        .iter()
        .find(|entry| entry.id() == id || entry.path == id);
    match entry {
        Some(entry) => Ok((entry.path.clone(), entry.value.clone())),
        None => {
            let error = anyhow::anyhow!("there is no provider entry `{}`", inert(id));
            Err(CommandError::failed(error).hint("modelgate keys provider lists them"))
        }
    }
}

/// Every entry, in the order of the lists.
fn entries(document: &Document) -> Vec<Entry<'_>> {
    let lists = LISTS.iter().flat_map(|list| {
        let items = document
            .get(*list)
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        items.enumerate().filter_map(move |(index, item)| {
            let value = item.as_object()?;
            let name = value
                .get("name")
                .and_then(Json::as_str)
                .filter(|_| *list == SERVERS);
            Some(Entry {
                path: format!("{list}[{index}]"),
                name,
                value,
            })
        })
    });
    lists.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
claude-api-key:
  - api-key: sk-1   # ours
  - api-key: sk-2
openai-compatibility:
  - name: deep/er
    base-url: https://a.example/v1
";

    #[test]
    fn entries_are_found_by_place_or_name_and_leave_no_empty_list() {
        let (path, value) = found(FILE, "claude-api-key[1]").unwrap();
        assert_eq!(
            (&*path, &value["api-key"]),
            ("claude-api-key[1]", &Json::from("sk-2"))
        );
        assert_eq!(
            without(FILE, &path).unwrap(),
            FILE.replace("  - api-key: sk-2\n", "")
        );
        let (path, _) = found(FILE, "deep/er").unwrap();
        assert_eq!(path, "openai-compatibility[0]");
        let left = without(FILE, &path).unwrap();
        assert!(!left.contains("openai-compatibility"), "{left}");
        for nobody in ["", "claude-api-key[2]", "deep", "api-keys[0]"] {
            assert!(found(FILE, nobody).is_err(), "{nobody}");
        }
    }
}
