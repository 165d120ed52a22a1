//! What all logins have in common while they wait.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use modelgate_providers::oauth::LoginError;

use super::failed;
use crate::context::Context;
use crate::error::CommandError;

/// Shows that something is waited for, until it is dropped.
pub(super) fn spinner(context: &Context, what: &'static str) -> ProgressBar {
    if context.output.is_quiet() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message(what);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// The error with what to do about it.
pub(super) fn explained(error: LoginError) -> CommandError {
    let hint = match &error {
        LoginError::PortBusy { .. } | LoginError::NoListener { .. } | LoginError::Elsewhere => {
            "--no-browser lets you paste the address that the browser ends on"
        }
        LoginError::Unreadable | LoginError::WrongState | LoginError::TimedOut => {
            "run the command again, and use the address that it prints then"
        }
        LoginError::NoCookie { .. } => {
            "copy the header `Cookie` of a request of the page, as the tools of your browser show it"
        }
        LoginError::Unserved { .. } => {
            "run the command again with --project and a project of yours; nothing was saved"
        }
        LoginError::ImportOnly { .. } => {
            return CommandError::usage(error.into())
                .hint("download its key from Google Cloud, and name the file with --import");
        }
        LoginError::NoProjects { .. }
        | LoginError::OddProject { .. }
        | LoginError::NoLocations { .. }
        | LoginError::NotByDevice { .. }
        | LoginError::NotByBrowser { .. }
        | LoginError::NotByCookie { .. }
        | LoginError::NoImport { .. } => {
            return CommandError::usage(error.into()).hint("see `modelgate login --help`");
        }
        LoginError::Expired => {
            "run the command again, and type the code that it shows then; nothing was saved"
        }
        LoginError::Unsaved(_) => {
            "see to the directory of accounts (`auth-dir`), then run the command again: what the provider gave is lost"
        }
        LoginError::Denied { .. } | LoginError::Refused { .. } | LoginError::TooSlow { .. } => {
            "run the command again; nothing was saved"
        }
        _ => return failed(error.into()),
    };
    failed(error.into()).hint(hint)
}
