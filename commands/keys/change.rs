//! `modelgate keys add`, `set`, `revoke` and `rotate`.

use modelgate_config::Secret;
use modelgate_config::keys::{self, KeyChange, NewKey};
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

/// Change what a client key may do, or its name; the key itself stays
///
/// What is not named stays as it is. With --json: {"id"}.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("change").required(true).multiple(true),
    after_help = "Examples:
  modelgate keys set ann --models 'claude-*,gpt-5*' --expires 2027-01-31
  modelgate keys set ann --models '*' --expires never
  modelgate keys set ci --disable"
)]
pub(super) struct SetArgs {
    /// Its name, or its id as `modelgate keys` shows it
    #[arg(value_name = "KEY", add = complete::keys())]
    who: String,
    /// Another name; '' takes it away
    #[arg(long, value_name = "NAME", group = "change")]
    name: Option<String>,
    /// The models it may use, with * for anything
    #[arg(
        long,
        value_name = "PATTERN,…",
        value_delimiter = ',',
        group = "change"
    )]
    models: Option<Vec<String>>,
    /// From when it is refused: 2027-01-31 or 2027-01-31T18:00:00Z, or `never`
    #[arg(long, value_name = "WHEN", group = "change")]
    expires: Option<String>,
    /// Refuse who presents it, until it is enabled
    #[arg(long, group = "change", conflicts_with = "enable")]
    disable: bool,
    /// Let in who presents it again
    #[arg(long, group = "change")]
    enable: bool,
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

/// A key that was changed or ended.
#[derive(Debug, Serialize)]
struct Named {
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
    let new = NewKey {
        name,
        models: patterns(&models),
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

pub(super) fn set(
    context: &mut Context,
    target: &Target,
    args: SetArgs,
) -> Result<(), CommandError> {
    let change = KeyChange {
        name: args.name,
        models: args.models.map(|models| match patterns(&models) {
            all if all == ["*"] => Vec::new(),
            some => some,
        }),
        expires: args.expires.map(|when| match &*when {
            "never" => String::new(),
            _ => when,
        }),
        disabled: (args.disable || args.enable).then_some(args.disable),
    };
    let who = &args.who;
    let id = target.change(context, |text| Ok(keys::change(text, who, &change)?))?;
    if context.output.is_json() {
        return context.output.json(&Named { id });
    }
    context
        .output
        .note(&format!("changed {id} at {}", target.name()));
    Ok(())
}

/// Patterns as they are typed, without those that are empty.
fn patterns(typed: &[String]) -> Vec<String> {
    let typed = typed.iter().map(|model| model.trim().to_owned());
    typed.filter(|model| !model.is_empty()).collect()
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
        return context.output.json(&Named { id });
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
