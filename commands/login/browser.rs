//! A login through a browser, on this machine or on another one.

use std::io::{self, BufRead as _};

use modelgate_config::Secret;
use modelgate_providers::oauth::{BrowserLogin, Callback, Listener, LoginError, NewAccount, Reach};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::wait::{explained, interrupted, spinner};
use crate::browser::open;
use crate::context::Context;
use crate::error::CommandError;

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
pub(super) async fn log_in(
    context: &mut Context,
    login: &BrowserLogin,
    reach: Reach<'_>,
    no_browser: bool,
) -> Result<NewAccount, CommandError> {
    let listener = match Listener::bind(login) {
        _ if !login.comes_back() => None,
        Ok(listener) => Some(listener),
        Err(error) if no_browser => {
            context.output.warning(&error.to_string());
            None
        }
        Err(error) => return Err(explained(error)),
    };
    invite(context, login, listener.is_some(), no_browser)?;
    let code = wait(context, login, listener.as_ref()).await?;
    login.finish(&code, reach).await.map_err(explained)
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
    if !no_browser {
        open(context, url);
    }
    Ok(())
}

/// Waits for the code, from the browser or from a person.
async fn wait(
    context: &mut Context,
    login: &BrowserLogin,
    listener: Option<&Listener>,
) -> Result<Secret, CommandError> {
    let spinner = spinner(context, "waiting for the browser");
    let browser = async {
        match listener {
            Some(listener) => listener.code(login).await,
            None => std::future::pending().await,
        }
    };
    let person = pasted(login, listener.is_some(), |complaint| {
        spinner.suspend(|| context.output.warning(&complaint.to_string()));
    });
    let outcome = timeout(login.patience(), async {
        tokio::select! {
            code = browser => code.map_err(explained),
            code = person => code.map_err(explained),
            interrupted = interrupted() => Err(interrupted),
        }
    });
    let outcome = outcome.await;
    spinner.finish_and_clear();
    outcome.unwrap_or_else(|_| Err(explained(LoginError::TimedOut)))
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
