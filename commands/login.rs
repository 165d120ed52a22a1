//! `modelgate login`.

mod browser;
mod cookie;
mod device;
mod list;
mod wait;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use dialoguer::Select;
use dialoguer::theme::ColorfulTheme;
use modelgate_config::{Config, Overrides};
use modelgate_providers::oauth::{self, Method, NewAccount, Reach, Social};
use modelgate_providers::{Account, AccountKind, Accounts, Clients};
use serde::Serialize;
use tokio::runtime::Builder;

use crate::confirm::confirm;
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;

/// Log in to an account of a provider
///
/// Sends you to the provider in a browser, takes what it comes back with or waits until you have typed a code there, and
/// keeps the account in your `auth-dir`. A gateway that runs uses it at once. Where a browser on another machine has to come
/// back here, paste the address that it ends on.
///
/// Without a provider, asks which. With --json, prints two lines: {"waiting": {"provider", "url"}} with "redirect_url" or
/// "code", then {"account": {"provider", "id", "email", "label", "plan", "project_id", "file"}}; what is not known is absent. With --list and --json:
/// {"providers": [{"provider", "ready", "missing", "accounts"}]}.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate login claude
  modelgate login claude --no-browser
  modelgate login codex --device
  modelgate login gemini --project my-project
  modelgate login qwen --label work
  modelgate login kiro --with github
  modelgate login kiro --import ~/.aws/sso/cache/kiro-auth-token.json
  modelgate login --list")]
pub(crate) struct Args {
    /// Whose account it is
    #[arg(value_name = "PROVIDER", value_parser = PossibleValuesParser::new(names()))]
    provider: Option<String>,
    /// List the providers, what their logins lack, and how many accounts there are
    #[arg(long, conflicts_with_all = ["provider", "label", "project", "import", "with", "cookie", "device", "no_browser", "yes"])]
    list: bool,
    /// A name for the account, for people
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// A project of Google Cloud that requests are for, several times or with commas for several; `all` for every one
    /// (gemini, antigravity)
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "provider")]
    project: Vec<String>,
    /// Take over an account from the file of the provider's own program (kiro)
    #[arg(
        long,
        value_name = "FILE",
        requires = "provider",
        conflicts_with_all = ["no_browser", "project"]
    )]
    import: Option<PathBuf>,
    /// Log in to an account of Kiro that belongs to Google or GitHub
    #[arg(long, value_name = "IDENTITY", requires = "provider", conflicts_with_all = ["import", "cookie"])]
    #[arg(value_parser = PossibleValuesParser::new(Social::ALL.map(Social::name)))]
    with: Option<String>,
    /// Log in with the cookie of the provider's web page, read from stdin (iflow)
    #[arg(long, requires = "provider", conflicts_with_all = ["import", "no_browser"])]
    cookie: bool,
    /// Log in with a code that is typed at the provider, where a browser that comes back is usual (codex)
    #[arg(long, requires = "provider", conflicts_with_all = ["import", "with", "cookie", "project"])]
    device: bool,
    /// Open no browser; print the address only
    #[arg(long)]
    no_browser: bool,
    /// Do not ask whether the provider's terms are known
    #[arg(long, short)]
    yes: bool,
}

impl Args {
    /// How somebody wants to log in, if not the usual way.
    fn wanted(&self) -> Option<Method> {
        self.device.then_some(Method::Device)
    }
}

#[derive(Debug, Serialize)]
struct Done<'d> {
    account: View<'d>,
}

#[derive(Debug, Serialize)]
struct View<'d> {
    provider: &'d str,
    id: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'d str>,
    file: String,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let config = context.load()?.resolve(&Overrides::default())?.config;
    if args.list {
        return list::run(context, &config);
    }
    let kind = match &args.provider {
        Some(name) => AccountKind::from_name(name),
        None => choose()?,
    };
    let kind =
        kind.ok_or_else(|| CommandError::usage(anyhow::anyhow!("no provider was chosen")))?;
    oauth::projects(kind, &args.project).map_err(wait::explained)?;
    if args.import.is_none() && !args.cookie {
        oauth::ready(kind, args.wanted(), &config.oauth).map_err(wait::explained)?;
    }
    if let Some(terms) = oauth::terms(kind) {
        context.output.warning(terms.text);
        context.output.hint(&format!("instead: {}", terms.instead));
        if !args.yes {
            confirm(context, "Log in all the same?")?;
        }
    }
    let new = match &args.import {
        Some(file) => oauth::import(kind, file).map_err(wait::explained)?,
        None => log_in(context, &config, kind, args)?,
    };
    for left_out in new.left_out() {
        context.output.warning(&inert(left_out));
    }
    let accounts = Accounts::open(&config.auth_dir).map_err(|error| failed(error.into()))?;
    let account = new
        .save(&accounts, args.label.as_deref())
        .map_err(|error| failed(error.into()))?;
    tell(context, &config, &new, &account)
}

fn log_in(
    context: &mut Context,
    config: &Config,
    kind: AccountKind,
    args: &Args,
) -> Result<NewAccount, CommandError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.into()))?;
    let clients = Clients::default();
    let reach = Reach {
        clients: &clients,
        proxy: &config.proxy,
        connect: config.timeouts.connect,
    };
    runtime.block_on(async {
        if args.cookie {
            return cookie::log_in(config, reach, kind).await;
        }
        let social = social(kind, args)?;
        let method = oauth::method(kind, args.wanted()).map_err(wait::explained)?;
        match method {
            _ if social.is_some() => {
                browser::log_in(context, config, reach, kind, social, args).await
            }
            Method::Browser => browser::log_in(context, config, reach, kind, None, args).await,
            Method::Device => device::log_in(context, config, reach, kind, args.no_browser).await,
        }
    })
}

/// Whose account of Kiro it is, if it is not one of AWS.
fn social(kind: AccountKind, args: &Args) -> Result<Option<Social>, CommandError> {
    let Some(name) = &args.with else {
        return Ok(None);
    };
    if kind != AccountKind::Kiro {
        let error = anyhow::anyhow!("`--with` is for accounts of {} only", AccountKind::Kiro);
        return Err(CommandError::usage(error));
    }
    let mut all = Social::ALL.into_iter();
    Ok(all.find(|social| social.name() == name))
}

/// The names of the providers that can be logged in to.
fn names() -> Vec<&'static str> {
    oauth::kinds().map(AccountKind::name).collect()
}

/// Asks a person which provider it shall be.
fn choose() -> Result<Option<AccountKind>, CommandError> {
    let names = names();
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let error = anyhow::anyhow!("no provider is named");
        let hint = format!("name one of: {}", names.join(", "));
        return Err(CommandError::usage(error).hint(hint));
    }
    let chosen = Select::with_theme(&ColorfulTheme::default())
        .with_prompt("Whose account is it?")
        .items(&names)
        .default(0)
        .interact_opt()
        .map_err(|error| failed(error.into()))?;
    Ok(chosen.and_then(|at| AccountKind::from_name(names[at])))
}

fn tell(
    context: &mut Context,
    config: &Config,
    new: &NewAccount,
    account: &Account,
) -> Result<(), CommandError> {
    let file = config.auth_dir.join(&*account.file);
    let settings = &account.settings;
    if context.output.is_json() {
        return context.output.json_line(&Done {
            account: View {
                provider: account.kind.name(),
                id: account.id(),
                email: settings.email.as_deref(),
                label: settings.label.as_deref(),
                plan: new.plan(),
                project_id: settings.project_id.as_deref(),
                file: file.to_string_lossy().into_owned(),
            },
        });
    }
    let who = settings.email.as_deref().or(settings.label.as_deref());
    let who = who.unwrap_or_else(|| account.id());
    let plan = new.plan().map(|plan| format!(" ({})", inert(plan)));
    context.output.data(&format!(
        "logged in to {} as {}{}",
        account.kind,
        inert(who),
        plan.unwrap_or_default()
    ))?;
    if let Some(projects) = &settings.project_id {
        let note = format!("for the projects: {}", inert(projects));
        context.output.note(&note);
    }
    context.output.note(&format!("kept in {}", shown(&file)));
    let flag = context.config_flag();
    context.output.note(&format!(
        "next: `modelgate serve{flag}`, or `modelgate accounts` where a gateway runs already"
    ));
    Ok(())
}

fn failed(error: anyhow::Error) -> CommandError {
    CommandError::failed(error)
}
