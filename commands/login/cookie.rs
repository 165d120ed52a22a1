//! A login with the cookie of a provider's web page.

use std::io::{self, IsTerminal as _};

use dialoguer::Password;
use dialoguer::theme::ColorfulTheme;
use modelgate_config::{Config, Secret};
use modelgate_providers::AccountKind;
use modelgate_providers::oauth::{self, NewAccount, Reach};

use super::failed;
use super::wait::explained;
use crate::error::CommandError;

/// Logs in, or tells why not.
pub(super) async fn log_in(
    config: &Config,
    reach: Reach<'_>,
    kind: AccountKind,
) -> Result<NewAccount, CommandError> {
    let pasted = pasted()?;
    let login = oauth::by_cookie(kind, &pasted, &config.oauth, reach);
    login.await.map_err(explained)
}

/// What a person pastes, which nobody sees, or a program says.
fn pasted() -> Result<Secret, CommandError> {
    let mut text = String::new();
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        text = Password::with_theme(&ColorfulTheme::default())
            .with_prompt("Cookie of the provider's page")
            .interact()
            .map_err(|error| failed(error.into()))?;
    } else {
        let read = io::stdin().read_line(&mut text);
        read.map_err(|error| failed(error.into()))?;
    }
    Ok(Secret::from(text))
}
