//! Logging in to accounts, and what every exchange of tokens has in common.
//!
//! A [`BrowserLogin`] sends a person to the provider and takes what the browser comes back with, either at a [`Listener`]
//! on this machine or pasted by hand ([`Callback`]). It ends in a [`NewAccount`], which saves itself. The files named after
//! providers hold what is peculiar to them.

mod browser;
mod callback;
mod claude;
mod error;
mod listener;
mod new_account;
mod page;
mod pkce;
mod token;

use std::time::Duration;

use modelgate_config::OAuth;
use modelgate_config::model::Proxy;

pub use browser::BrowserLogin;
pub use callback::Callback;
pub use error::LoginError;
pub use listener::Listener;
pub use new_account::NewAccount;
pub use token::{Encoding, Grant, Refused, TokenEndpoint, granted, refused};

use crate::{AccountKind, Clients};

/// How a provider is reached.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'r> {
    /// The HTTP clients.
    pub clients: &'r Clients,
    /// The proxy, where an account has none of its own.
    pub proxy: &'r Proxy,
    /// The limit on connecting.
    pub connect: Duration,
}

/// What a provider says of the use of its accounts by other programs.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// What somebody should know before logging in; plain text of some lines.
    pub text: &'static str,
    /// The way that the provider means for other programs.
    pub instead: &'static str,
}

/// What to say before somebody logs in to an account; `None` where nothing is known against it.
#[must_use]
pub fn terms(kind: AccountKind) -> Option<Terms> {
    match kind {
        AccountKind::Claude => Some(claude::TERMS),
        AccountKind::Codex
        | AccountKind::Gemini
        | AccountKind::Antigravity
        | AccountKind::Kiro
        | AccountKind::Iflow
        | AccountKind::Qwen
        | AccountKind::Copilot
        | AccountKind::Kimi
        | AccountKind::Xai
        | AccountKind::Vertex => None,
    }
}

/// The kinds of accounts that can be logged in to.
pub fn kinds() -> impl Iterator<Item = AccountKind> {
    let oauth = OAuth::default();
    AccountKind::ALL
        .into_iter()
        .filter(move |kind| oauth.service(kind.name()).is_some())
}

/// Where the tokens of a kind of account are granted and renewed.
///
/// # Errors
/// When the kind has no such place, or the configuration lacks something of it.
pub fn endpoint(kind: AccountKind, oauth: &OAuth) -> Result<TokenEndpoint, LoginError> {
    let service = oauth
        .service(kind.name())
        .ok_or(LoginError::NotOffered { kind })?;
    match kind {
        AccountKind::Claude => claude::endpoint(service),
        AccountKind::Codex
        | AccountKind::Gemini
        | AccountKind::Antigravity
        | AccountKind::Kiro
        | AccountKind::Iflow
        | AccountKind::Qwen
        | AccountKind::Copilot
        | AccountKind::Kimi
        | AccountKind::Xai
        | AccountKind::Vertex => Err(LoginError::NotOffered { kind }),
    }
}
