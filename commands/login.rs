//! `modelgate login`.

mod browser;
mod cookie;
mod device;
mod done;
mod list;
mod wait;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use dialoguer::Select;
use dialoguer::theme::ColorfulTheme;
use modelgate_config::{Config, Overrides};
use modelgate_providers::oauth::{self, Login, Method, NewAccount, Reach, Social, Wanted};
use modelgate_providers::store::StoreError;
use modelgate_providers::{AccountKind, Accounts, Clients};
use tokio::runtime::Builder;

use crate::confirm::{confirm_by, line};
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::prompt::answered;

/// Log in to an account of a provider
///
/// Sends you to the provider in a browser, takes what it comes back with or waits until you have typed a code there, and
/// keeps the account in your `auth-dir`. A gateway that runs uses it at once. Where a browser on another machine has to come
/// back here, paste the address that it ends on.
///
/// Without a provider, asks which. With --json, prints two lines: {"waiting": {"provider", "url"}} with "redirect_url" or
/// "code", then {"account": {"provider", "id", "email", "label", "plan", "project_id", "models", "other_names", "file"},
/// "next"}; what is not known is absent. The models are those of the list that a gateway has fetched last, or the ones that
/// modelgate knows; other_names tells which further names are passed on, and next is the command to go on with. With --list and --json:
/// {"providers": [{"provider", "ready", "missing", "accounts", "ways": [{"method", "flag", "ready", "setting", "variable"}]}]}; a provider
/// is ready when one of its ways is, and setting and variable name what makes a way so that is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate login claude
  modelgate login claude --no-browser
  modelgate login codex --device
  modelgate login gemini --project my-project
  modelgate login qwen --label work
  modelgate login kiro --with github
  modelgate login kiro --import ~/.aws/sso/cache/kiro-auth-token.json
  modelgate login vertex --import service-account.json --location europe-west4
  modelgate login --list")]
pub(crate) struct Args {
    /// Whose account it is
    #[arg(value_name = "PROVIDER", value_parser = PossibleValuesParser::new(names()))]
    provider: Option<String>,
    /// List the providers, how their accounts are logged in to and what that lacks, and how many accounts there are
    #[arg(long, conflicts_with_all = ["provider", "label", "project", "import", "location", "with", "cookie", "device", "no_browser", "yes"])]
    list: bool,
    /// A name for the account, for people
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// A project of Google Cloud that requests are for, several times or with commas for several; `all` for every one
    /// (gemini, antigravity)
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "provider")]
    project: Vec<String>,
    /// Take over an account from the file of the provider's own program (kiro), or the key of a service account (vertex)
    #[arg(
        long,
        value_name = "FILE",
        requires = "provider",
        conflicts_with_all = ["no_browser", "project"]
    )]
    import: Option<PathBuf>,
    /// Where the models of an imported service account are asked: `global`, or a region (vertex)
    #[arg(long, value_name = "LOCATION", requires = "import")]
    location: Option<String>,
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
        let ways = [
            (self.device, Method::Device),
            (self.import.is_some(), Method::Import),
            (self.cookie, Method::Cookie),
        ];
        let named = ways.into_iter().find(|(named, _)| *named);
        named.map(|(_, method)| method)
    }
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
    oauth::ready(kind, args.wanted(), &config.oauth).map_err(wait::explained)?;
    if let Some(terms) = oauth::terms(kind) {
        context.output.warning(terms.text);
        context.output.hint(&format!("instead: {}", terms.instead));
        if !args.yes {
            confirm_by(context, "Log in all the same?", || answered(line))?;
        }
    }
    // Whatever is the matter with it is better known before the provider gives anything.
    let accounts = Accounts::open(&config.auth_dir).map_err(unusable)?;
    let new = match &args.import {
        Some(file) => {
            let location = args.location.as_deref();
            oauth::import(kind, file, location).map_err(wait::explained)?
        }
        None => log_in(context, &config, kind, args)?,
    };
    for left_out in new.left_out() {
        context.output.warning(&inert(left_out));
    }
    let account = new.save(&accounts, args.label.as_deref());
    let account = account.map_err(wait::explained)?;
    done::tell(context, &config, &new, &account)
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
    let cookie = args.cookie.then(cookie::pasted).transpose()?;
    let wanted = Wanted {
        kind,
        method: args.wanted(),
        social: social(kind, args)?,
        projects: args.project.clone(),
    };
    runtime.block_on(async {
        let account = async {
            if let Some(cookie) = &cookie {
                let login = oauth::by_cookie(kind, cookie, &config.oauth, reach);
                return login.await.map_err(wait::explained);
            }
            let login = Login::begin(&wanted, &config.oauth, reach).await;
            match login.map_err(wait::explained)? {
                Login::Browser(login) => {
                    browser::log_in(context, &login, reach, args.no_browser).await
                }
                Login::Device(login) => {
                    device::log_in(context, &login, reach, args.no_browser).await
                }
            }
        };
        tokio::select! {
            // First, so that it counts before there is something to read: while one begins to listen, a Ctrl-C is lost.
            biased;
            Ok(()) = tokio::signal::ctrl_c() => Err(CommandError::interrupted()),
            account = account => account,
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
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let error = anyhow::anyhow!("no provider is named");
        let hint = format!("name one of: {}", names().join(", "));
        return Err(CommandError::usage(error).hint(hint));
    }
    let chosen = answered(|| {
        let theme = ColorfulTheme::default();
        let select = Select::with_theme(&theme).with_prompt("Whose account is it?");
        let chosen = select.items(names()).default(0).interact_opt();
        chosen.map_err(|dialoguer::Error::IO(error)| error)
    })?;
    Ok(chosen.and_then(|at| oauth::kinds().nth(at)))
}

/// The directory of accounts cannot be read.
fn unusable(error: StoreError) -> CommandError {
    let hint = "`auth-dir` in the configuration says which directory it is";
    failed(anyhow::Error::new(error).context("the accounts cannot be read")).hint(hint)
}

fn failed(error: anyhow::Error) -> CommandError {
    CommandError::failed(error)
}
