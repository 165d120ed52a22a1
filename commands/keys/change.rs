//! `modelgate keys add`, `revoke` and `rotate`.

use modelgate_config::Secret;
use modelgate_config::keys::{self, NewKey};
use modelgate_config::model::ClientKey;
use serde::Serialize;

use crate::complete;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::target::Target;

/// Make a new client key and show it, this once
///
/// With --json: {"id", "key", "name", "models", "expires"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate keys add --name ann
  modelgate keys add --name ci --models 'claude-*,gpt-5*' --expires 2027-01-31")]
pub(super) struct AddArgs {
    /// Whose key it is
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The models it may use, with * for anything; without it, all
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    models: Vec<String>,
    /// From when it is refused: 2027-01-31 or 2027-01-31T18:00:00Z
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

/// End a client key: who presents it is refused from now on
///
/// With --json: {"id"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate keys revoke ann
  modelgate keys revoke ba7816bf8f01 --yes")]
pub(super) struct RevokeArgs {
    /// Its name, or its id as `modelgate keys` shows it
    #[arg(value_name = "KEY", add = complete::keys())]
    who: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Replace a client key by a new one that may do the same, and show it, this once
///
/// Who presents the old one is refused from now on. With --json: {"id", "key", "replaces"}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate keys rotate ann
  MODELGATE_KEY=$(modelgate keys rotate ann --quiet)")]
pub(super) struct RotateArgs {
    /// Its name, or its id as `modelgate keys` shows it
    #[arg(value_name = "KEY", add = complete::keys())]
    who: String,
}

#[derive(Debug, Serialize)]
struct Added<'a> {
    id: String,
    key: &'a str,
    name: Option<String>,
    models: Vec<String>,
    expires: Option<String>,
}

#[derive(Debug, Serialize)]
struct Revoked {
    id: String,
}

#[derive(Debug, Serialize)]
struct Rotated<'a> {
    id: String,
    key: &'a str,
    replaces: String,
}

pub(super) fn add(
    context: &mut Context,
    target: &Target,
    args: AddArgs,
) -> Result<(), CommandError> {
    let AddArgs {
        name,
        models,
        expires,
    } = args;
    let models = models.iter().map(|model| model.trim().to_owned());
    let new = NewKey {
        name,
        models: models.filter(|model| !model.is_empty()).collect(),
        expires,
    };
    let key = target.change(context, |text| Ok(keys::add(text, &new)?))?;
    if context.output.is_json() {
        return context.output.json(&Added {
            id: id(&key),
            key: key.expose(),
            name: new.name,
            models: new.models,
            expires: new.expires,
        });
    }
    show(context, target, "a new client key", &key)
}

pub(super) fn revoke(
    context: &mut Context,
    target: &Target,
    args: &RevokeArgs,
) -> Result<(), CommandError> {
    let who = &args.who;
    // Nobody is asked about a key that is not there.
    let (_, id) = keys::revoke(target.read()?.text(), who)?;
    if !args.yes {
        confirm(
            context,
            &format!("Revoke the client key {} ({id})?", inert(who)),
        )?;
    }
    let id = target.change(context, |text| Ok(keys::revoke(text, &id)?))?;
    if context.output.is_json() {
        return context.output.json(&Revoked { id });
    }
    context
        .output
        .note(&format!("revoked {id} at {}", target.name()));
    Ok(())
}

pub(super) fn rotate(
    context: &mut Context,
    target: &Target,
    args: &RotateArgs,
) -> Result<(), CommandError> {
    let (key, replaces) = target.change(context, |text| {
        let (text, key, replaced) = keys::rotate(text, &args.who)?;
        Ok((text, (key, replaced)))
    })?;
    if context.output.is_json() {
        return context.output.json(&Rotated {
            id: id(&key),
            key: key.expose(),
            replaces,
        });
    }
    show(
        context,
        target,
        &format!("the client key in place of {replaces}"),
        &key,
    )
}

fn id(key: &Secret) -> String {
    ClientKey::new(key.expose()).id
}

fn show(
    context: &mut Context,
    target: &Target,
    what: &str,
    key: &Secret,
) -> Result<(), CommandError> {
    let note = format!(
        "{what} at {}, shown only this once; its id is {}:",
        target.name(),
        id(key)
    );
    context.output.note(&note);
    context.output.data(key.expose())
}
