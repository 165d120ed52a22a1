//! A login through a browser, on this machine or on another one.

use std::io::{self, BufRead as _};

use modelgate_config::Secret;
use modelgate_providers::oauth::{BrowserLogin, Callback, Listener, LoginError, NewAccount, Reach};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::failed;
use super::wait::{explained, spinner};
use crate::browser::{is_elsewhere, open};
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
    let elsewhere = is_elsewhere(&context.environment);
    let output = &mut context.output;
    output.note(&format!("Open this address to log in:\n\n  {url}\n"));
    if let (true, Some(port)) = (listening, redirect.port_or_known_default()) {
        let whether = match elsewhere {
            true => "The browser is on another machine:",
            false => "If the browser is on another machine,",
        };
        output.note(&format!(
            "{whether} run `ssh -L {port}:127.0.0.1:{port} <this machine>` there first,"
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
            code = person => code,
        }
    });
    let outcome = outcome.await;
    outcome.unwrap_or_else(|_| Err(explained(LoginError::TimedOut)))
}

/// What a person pastes, line by line. What is no answer to this login is complained about, and waited past.
async fn pasted(
    login: &BrowserLogin,
    listening: bool,
    mut complain: impl FnMut(&LoginError),
) -> Result<Secret, CommandError> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if line.trim().is_empty() {
            continue;
        }
        let code = Callback::from_pasted(&line).and_then(|callback| login.code(&callback));
        match code {
            Err(error @ (LoginError::Unreadable | LoginError::WrongState)) => complain(&error),
            outcome => return outcome.map_err(explained),
        }
    }
    if listening {
        return std::future::pending().await;
    }
    let error = anyhow::anyhow!("nobody can paste the address: the standard input has ended");
    Err(failed(error).hint("run the command in a terminal; nothing was saved"))
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::path::Path;
    use std::time::Duration;

    use modelgate_config::model::Proxy;
    use modelgate_config::{Environment, parse};
    use modelgate_providers::oauth::{Login, Wanted};
    use modelgate_providers::{AccountKind, Clients};
    use tokio::time::Instant;

    use super::*;
    use crate::output::testing::captured;

    #[tokio::test(start_paused = true)]
    async fn a_login_that_nobody_ends_is_expired_after_five_minutes() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let redirect = format!("http://{address}/callback");
        let environment = Environment::from_map([("MODELGATE_CLAUDE_REDIRECT_URL", redirect)]);
        let config = parse("", Path::new("c.yaml"), &environment).unwrap().config;
        let clients = Clients::default();
        let reach = Reach {
            clients: &clients,
            proxy: &Proxy::Direct,
            connect: Duration::from_secs(1),
        };
        let wanted = Wanted::of(AccountKind::Claude);
        let login = Login::begin(&wanted, &config.oauth, reach).await;
        let Ok(Login::Browser(login)) = login else {
            panic!("{login:?}");
        };
        let (output, _, _) = captured(true);
        let mut context = Context::new(environment, None, output);
        let begun = Instant::now();
        let error = log_in(&mut context, &login, reach, true).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), 5 * 60);
        let message = error.message().unwrap();
        assert_eq!(message, "nobody came back from the browser in time");
        let hint = "run the command again, and use the address that it prints then";
        assert_eq!(error.hints(), [hint]);
        assert!(TcpListener::bind(address).is_ok(), "nobody is at the port");
    }
}
