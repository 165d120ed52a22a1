//! A login through a browser, on this machine or on another one.

use std::io::{self, BufRead as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use modelgate_config::{Config, Secret};
use modelgate_providers::oauth::{BrowserLogin, Callback, Listener, LoginError, NewAccount, Reach};
use modelgate_providers::{AccountKind, Clients};
use serde::Serialize;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::failed;
use crate::context::Context;
use crate::error::CommandError;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How long the provider may take.
const EXCHANGE: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize)]
struct Waiting<'w> {
    waiting: Where<'w>,
}

#[derive(Debug, Serialize)]
struct Where<'w> {
    provider: &'w str,
    url: &'w str,
    redirect_url: &'w str,
}

/// Logs in, or tells why not.
pub(super) fn log_in(
    context: &mut Context,
    config: &Config,
    kind: AccountKind,
    no_browser: bool,
) -> Result<NewAccount, CommandError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.into()))?;
    runtime.block_on(async {
        let login = BrowserLogin::begin(kind, &config.oauth).map_err(explained)?;
        let listener = match Listener::bind(&login).await {
            Ok(listener) => Some(listener),
            Err(error) if no_browser => {
                context.output.warning(&error.to_string());
                None
            }
            Err(error) => return Err(explained(error)),
        };
        invite(context, &login, listener.is_some(), no_browser)?;
        let code = wait(context, &login, listener.as_ref()).await?;
        let clients = Clients::default();
        let reach = Reach {
            clients: &clients,
            proxy: &config.proxy,
            connect: config.timeouts.connect,
        };
        match timeout(EXCHANGE, login.finish(&code, reach)).await {
            Ok(account) => account.map_err(explained),
            Err(_) => Err(failed(anyhow::anyhow!("{kind} did not answer in time"))),
        }
    })
}

/// Tells where to go, and opens the browser there.
fn invite(
    context: &mut Context,
    login: &BrowserLogin,
    listening: bool,
    no_browser: bool,
) -> Result<(), CommandError> {
    let (url, redirect) = (login.url().as_str(), login.redirect());
    if context.output.is_json() {
        context.output.json_line(&Waiting {
            waiting: Where {
                provider: login.kind().name(),
                url,
                redirect_url: redirect.as_str(),
            },
        })?;
    }
    let output = &mut context.output;
    output.note(&format!("Open this address to log in:\n\n  {url}\n"));
    if let (true, Some(port)) = (listening, redirect.port_or_known_default()) {
        output.note(&format!(
            "If the browser is on another machine, run `ssh -L {port}:127.0.0.1:{port} <this machine>` there first,"
        ));
        output.note("or paste the address that it ends on here.");
    } else {
        output.note("Then paste the address that the browser ends on here.");
    }
    if !no_browser && let Err(error) = open::that_detached(url) {
        output.note(&format!("no browser could be opened: {error}"));
    }
    Ok(())
}

/// Waits for the code, from the browser or from a person.
async fn wait(
    context: &mut Context,
    login: &BrowserLogin,
    listener: Option<&Listener>,
) -> Result<Secret, CommandError> {
    let spinner = spinner(context);
    let browser = async {
        match listener {
            Some(listener) => listener.code(login).await,
            None => std::future::pending().await,
        }
    };
    let person = pasted(login, listener.is_some(), |complaint| {
        spinner.suspend(|| context.output.warning(&complaint.to_string()));
    });
    let outcome = timeout(PATIENCE, async {
        tokio::select! {
            code = browser => code.map_err(explained),
            code = person => code.map_err(explained),
            interrupted = tokio::signal::ctrl_c() => {
                Err(interrupted.map_or_else(|error| failed(error.into()), |()| CommandError::interrupted()))
            }
        }
    });
    let outcome = outcome.await;
    spinner.finish_and_clear();
    outcome.unwrap_or_else(|_| Err(explained(LoginError::TimedOut)))
}

fn spinner(context: &Context) -> ProgressBar {
    if context.output.is_quiet() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} waiting for the browser {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// What a person pastes, line by line. What is no answer to this login is complained about, and waited past.
async fn pasted(
    login: &BrowserLogin,
    listening: bool,
    mut complain: impl FnMut(&LoginError),
) -> Result<Secret, LoginError> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if line.trim().is_empty() {
            continue;
        }
        let code = Callback::from_pasted(&line).and_then(|callback| login.code(&callback));
        match code {
            Err(error @ (LoginError::Unreadable | LoginError::WrongState)) => complain(&error),
            outcome => return outcome,
        }
    }
    if listening {
        return std::future::pending().await;
    }
    Err(LoginError::TimedOut)
}

/// The lines of stdin. The thread ends with the program: a read cannot be called off.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The error with what to do about it.
fn explained(error: LoginError) -> CommandError {
    let hint = match &error {
        LoginError::PortBusy { .. } | LoginError::NoListener { .. } | LoginError::Elsewhere => {
            "--no-browser lets you paste the address that the browser ends on"
        }
        LoginError::Unreadable | LoginError::WrongState | LoginError::TimedOut => {
            "run the command again, and use the address that it prints then"
        }
        LoginError::Denied { .. } | LoginError::Refused { .. } => {
            "run the command again; nothing was saved"
        }
        _ => return failed(error.into()),
    };
    failed(error.into()).hint(hint)
}
