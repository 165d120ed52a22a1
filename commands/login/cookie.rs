//! The cookie of a provider's web page.

use std::io::{self, IsTerminal as _};

use dialoguer::Password;
use dialoguer::theme::ColorfulTheme;
use modelgate_config::Secret;

use super::failed;
use crate::error::CommandError;
use crate::prompt::answered;

/// What a person pastes, which nobody sees, or a program says.
pub(super) fn pasted() -> Result<Secret, CommandError> {
    let mut text = String::new();
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        text = answered(|| {
            let theme = ColorfulTheme::default();
            let prompt = Password::with_theme(&theme).with_prompt("Cookie of the provider's page");
            let text = prompt.interact();
            text.map_err(|dialoguer::Error::IO(error)| error)
        })?;
    } else {
        let read = io::stdin().read_line(&mut text);
        read.map_err(|error| failed(error.into()))?;
    }
    Ok(Secret::from(text))
}
