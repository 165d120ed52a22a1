//! The client as a process: instead of this one, or beside a gateway.

use std::env::split_paths;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus};

use modelgate_config::Environment;
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::Args;
use crate::clients::Client;
use crate::context::shown;
use crate::error::CommandError;
use crate::inert::inert;

/// Becomes the client; what is given back is why not.
pub(super) fn replace(mut command: Command, client: Client, args: &Args) -> CommandError {
    let error = command.exec();
    not_started(client, &args.client, error)
}

/// Runs the client to its end and tells its exit code. Signals that end programs are the client's to answer.
pub(super) async fn wait(
    command: Command,
    client: Client,
    args: &Args,
) -> Result<u8, CommandError> {
    let failed = |error: io::Error| CommandError::failed(error.into());
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut quit = signal(SignalKind::quit()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let child = tokio::process::Command::from(command).spawn();
    let mut child = child.map_err(|error| not_started(client, &args.client, error))?;
    let pid = child.id();
    // Ctrl-C goes to everybody at the terminal, so the client has it already.
    let typed = io::stdin().is_terminal();
    loop {
        let passed = tokio::select! {
            status = child.wait() => return Ok(code(status.map_err(failed)?)),
            Some(()) = interrupt.recv() => (!typed).then_some(Signal::INT),
            Some(()) = quit.recv() => (!typed).then_some(Signal::QUIT),
            Some(()) = terminate.recv() => Some(Signal::TERM),
            Some(()) = hangup.recv() => Some(Signal::HUP),
        };
        if let Some(signal) = passed {
            send(pid, signal);
        }
    }
}

/// Sends a signal to a process that has not been waited for.
pub(super) fn send(pid: Option<u32>, signal: Signal) {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, signal);
    }
}

/// As shells tell it.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Whether the client is there at all, before anything is started for it.
pub(super) fn find(
    environment: &Environment,
    client: Client,
    program: &str,
) -> Result<(), CommandError> {
    let there = program.contains('/')
        || split_paths(environment.get("PATH").unwrap_or_default())
            .any(|directory| directory.join(program).is_file());
    if there {
        return Ok(());
    }
    Err(not_started(client, program, io::ErrorKind::NotFound.into()))
}

fn not_started(client: Client, program: &str, error: io::Error) -> CommandError {
    if error.kind() != io::ErrorKind::NotFound {
        let error = anyhow::Error::new(error);
        return CommandError::failed(error.context(format!("cannot start {}", inert(program))));
    }
    let error = CommandError::failed(anyhow::anyhow!(
        "{} is not installed, or not in a directory of PATH",
        shown(Path::new(program))
    ));
    match client.installation() {
        Some(line) => error.hint(format!("install it: {line}")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_as_shells_tell_them() {
        for (raw, expected) in [(0, 0), (3 << 8, 3), (255 << 8, 255), (15, 143), (2, 130)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected, "{raw}");
        }
    }

    #[test]
    fn a_client_that_is_not_there_is_told_with_its_installation() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let environment = Environment::from_map([("PATH", path)]);
        let error = find(&environment, Client::Codex, "codex").unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert_eq!(error.hints(), ["install it: npm install -g @openai/codex"]);
        std::fs::write(home.path().join("codex"), "").unwrap();
        assert!(find(&environment, Client::Codex, "codex").is_ok());
        assert!(find(&environment, Client::Other, "none").is_err());
    }
}
