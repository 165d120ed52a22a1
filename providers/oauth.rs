//! Logging in to accounts, and what every exchange of tokens has in common.
//!
//! A [`Login`] is one that has begun, and a [`Method`] is how it goes. A [`BrowserLogin`] sends a person to the provider and takes what the browser comes back with, either at a [`Listener`]
//! on this machine or pasted by hand ([`Callback`]). A [`DeviceLogin`] shows a code to type at the provider, and asks until
//! that is done. [`import`] and [`by_cookie`] take what somebody has already. All end in a [`NewAccount`], which saves itself. The files named after
//! providers hold what is peculiar to them.

mod browser;
mod callback;
mod claude;
mod codex;
mod copilot;
mod device;
mod error;
mod google;
mod iflow;
mod kimi;
mod kiro;
mod listener;
mod login;
mod new_account;
mod page;
mod pkce;
mod qwen;
mod token;
mod vertex;
mod xai;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use modelgate_config::model::Proxy;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use tokio::time::timeout;

pub use browser::BrowserLogin;
pub use callback::Callback;
pub use device::DeviceLogin;
pub use error::LoginError;
pub use kiro::Social;
pub use listener::Listener;
pub use login::{Login, Wanted};
pub use new_account::NewAccount;
pub use page::Page;
pub use token::{Encoding, Grant, Refused, TokenEndpoint, granted, refused};
pub use vertex::KeyFileError;

use crate::{Account, AccountKind, Clients};

/// How long a provider may take for one answer.
const EXCHANGE: Duration = Duration::from_secs(30);

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

impl Reach<'_> {
    /// The client for a login.
    fn client(&self, kind: AccountKind) -> Result<reqwest::Client, LoginError> {
        let client = self.clients.get(self.proxy, self.connect);
        client.map_err(|error| LoginError::refused(kind, Refused::Failed(token::told(error, kind))))
    }

    /// The client for what concerns an account, which may have a proxy of its own.
    fn client_of(&self, account: &Account) -> Result<reqwest::Client, Refused> {
        let proxy = match &account.settings.proxy {
            Proxy::Inherit => self.proxy,
            own => own,
        };
        let client = self.clients.get(proxy, self.connect);
        client.map_err(|error| Refused::Failed(token::told(error, account.kind)))
    }
}

/// How a login goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// In a browser that comes back: [`BrowserLogin`].
    Browser,
    /// With a code that is typed at the provider: [`DeviceLogin`].
    Device,
    /// With a file that the provider has given: [`import`].
    Import,
    /// With the cookie of the provider's web page: [`by_cookie`].
    Cookie,
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
        AccountKind::Codex => Some(codex::TERMS),
        AccountKind::Gemini => Some(google::GEMINI_TERMS),
        AccountKind::Antigravity => Some(google::ANTIGRAVITY_TERMS),
        AccountKind::Copilot => Some(copilot::TERMS),
        AccountKind::Kiro => Some(kiro::TERMS),
        AccountKind::Iflow
        | AccountKind::Qwen
        | AccountKind::Kimi
        | AccountKind::Xai
        | AccountKind::Vertex => None,
    }
}

/// How accounts of a kind can be logged in to, the usual way first; none: there is no login.
#[must_use]
pub fn methods(kind: AccountKind) -> &'static [Method] {
    match kind {
        AccountKind::Antigravity | AccountKind::Claude | AccountKind::Gemini => &[Method::Browser],
        AccountKind::Iflow => &[Method::Browser, Method::Cookie],
        AccountKind::Codex => &[Method::Browser, Method::Device],
        AccountKind::Copilot | AccountKind::Kimi | AccountKind::Qwen | AccountKind::Xai => {
            &[Method::Device]
        }
        // In a browser those that belong to somebody else ([`Social`]).
        AccountKind::Kiro => &[Method::Device, Method::Browser, Method::Import],
        AccountKind::Vertex => &[Method::Import],
    }
}

/// How an account of a kind is logged in to: the usual way, or by the `wanted` one.
///
/// # Errors
/// When there is no such way.
pub fn method(kind: AccountKind, wanted: Option<Method>) -> Result<Method, LoginError> {
    let methods = methods(kind);
    let usual = *methods.first().ok_or(LoginError::NotOffered { kind })?;
    match wanted {
        None => Ok(usual),
        Some(wanted) if methods.contains(&wanted) => Ok(wanted),
        Some(Method::Device) => Err(LoginError::NotByDevice { kind }),
        Some(Method::Browser) => Err(LoginError::NotByBrowser { kind }),
        Some(Method::Import) => Err(LoginError::NoImport { kind }),
        Some(Method::Cookie) => Err(LoginError::NotByCookie { kind }),
    }
}

/// What is wrong with projects that somebody names for a login; `all` stands for every one.
///
/// # Errors
/// When accounts of the kind have no projects, or a name can be none.
pub fn projects(kind: AccountKind, names: &[String]) -> Result<(), LoginError> {
    let has = matches!(kind, AccountKind::Gemini | AccountKind::Antigravity);
    if !has && !names.is_empty() {
        return Err(LoginError::NoProjects { kind });
    }
    match names.iter().find(|name| !google::is_project(name)) {
        Some(name) => Err(LoginError::OddProject { name: name.clone() }),
        None => Ok(()),
    }
}

/// The kinds of accounts that can be logged in to.
pub fn kinds() -> impl Iterator<Item = AccountKind> {
    let kinds = AccountKind::ALL.into_iter();
    kinds.filter(|kind| !methods(*kind).is_empty())
}

/// Takes over an account from a file: one that the provider's own program has logged in to, or one that the provider gave
/// the key of, which is used at `location`. This blocks.
///
/// # Errors
/// When accounts of the kind are not taken over, or the file holds none.
pub fn import(
    kind: AccountKind,
    path: &Path,
    location: Option<&str>,
) -> Result<NewAccount, LoginError> {
    match kind {
        AccountKind::Kiro if location.is_some() => Err(LoginError::NoLocations { kind }),
        AccountKind::Kiro => kiro::import(path),
        AccountKind::Vertex => {
            let unusable = |reason: String| LoginError::Unimportable {
                path: path.to_owned(),
                reason,
            };
            let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            service_account(text.into(), location).map_err(|error| unusable(error.to_string()))
        }
        AccountKind::Claude
        | AccountKind::Codex
        | AccountKind::Gemini
        | AccountKind::Antigravity
        | AccountKind::Iflow
        | AccountKind::Qwen
        | AccountKind::Copilot
        | AccountKind::Kimi
        | AccountKind::Xai => Err(LoginError::NoImport { kind }),
    }
}

/// The service account of Google Cloud whose key is this text; without a `location`, at the usual one.
///
/// # Errors
/// When it is no such key.
pub fn service_account(text: Bytes, location: Option<&str>) -> Result<NewAccount, KeyFileError> {
    vertex::account(text, location.unwrap_or(crate::vertex::LOCATION))
}

/// Logs in with the cookie of a provider's web page, as somebody has pasted it.
///
/// # Errors
/// When accounts of the kind are not logged in to so, the text holds no such cookie, or the provider refuses it.
pub async fn by_cookie(
    kind: AccountKind,
    pasted: &Secret,
    oauth: &OAuth,
    reach: Reach<'_>,
) -> Result<NewAccount, LoginError> {
    match kind {
        AccountKind::Iflow => {
            let client = reach.client(kind)?;
            let login = iflow::by_cookie(service(kind, oauth)?, &client, pasted);
            in_time(kind, EXCHANGE, login).await
        }
        AccountKind::Claude
        | AccountKind::Codex
        | AccountKind::Gemini
        | AccountKind::Antigravity
        | AccountKind::Kiro
        | AccountKind::Qwen
        | AccountKind::Copilot
        | AccountKind::Kimi
        | AccountKind::Xai
        | AccountKind::Vertex => Err(LoginError::NotByCookie { kind }),
    }
}

/// What keeps somebody from logging in to an account of a kind, the usual way or by the `wanted` one.
///
/// # Errors
/// What the configuration lacks, or that there is no such way.
pub fn ready(kind: AccountKind, wanted: Option<Method>, oauth: &OAuth) -> Result<(), LoginError> {
    match method(kind, wanted)? {
        Method::Browser if kind == AccountKind::Kiro => {
            BrowserLogin::begin_social(Social::Google, oauth).map(drop)
        }
        Method::Browser => BrowserLogin::begin(kind, oauth).map(drop),
        Method::Device => device::ready(kind, oauth),
        Method::Import | Method::Cookie => Ok(()),
    }
}

/// What a browser is shown that has come back from a login to an account of a kind.
#[must_use]
pub fn shown(kind: AccountKind, oauth: &OAuth, page: Page<'_>) -> Response<Bytes> {
    match oauth.service(kind.name()) {
        Some(service) => page.at_the_end(kind, service),
        None => page.response(),
    }
}

/// Where the tokens of a kind of account are granted and renewed.
///
/// # Errors
/// When the kind has no such place, or the configuration lacks something of it.
pub fn endpoint(kind: AccountKind, oauth: &OAuth) -> Result<TokenEndpoint, LoginError> {
    let service = service(kind, oauth)?;
    let encoding = match kind {
        AccountKind::Gemini | AccountKind::Antigravity => return Ok(google::endpoint(service)?),
        AccountKind::Claude => Encoding::Json,
        _ => Encoding::Form,
    };
    Ok(TokenEndpoint {
        url: service.url(OAuthSetting::TokenUrl)?,
        encoding,
        client_id: service.text(OAuthSetting::ClientId)?.into(),
        client_secret: service.secret(OAuthSetting::ClientSecret).ok().cloned(),
        scope: None,
    })
}

/// Asks the provider of an account once for new tokens.
///
/// # Errors
/// What the provider, the way there or the configuration has against it.
pub async fn renew(account: &Account, oauth: &OAuth, reach: Reach<'_>) -> Result<Grant, Refused> {
    let unset = |error: LoginError| Refused::Failed(error.to_string());
    let kind = account.kind;
    let service = || service(kind, oauth).map_err(unset);
    match kind {
        AccountKind::Antigravity | AccountKind::Gemini => {
            google::renew(account, service()?, reach).await
        }
        AccountKind::Claude => {
            let endpoint = endpoint(kind, oauth).map_err(unset)?;
            let http = reach.client_of(account)?;
            claude::renew(account, service()?, &endpoint, &http).await
        }
        AccountKind::Copilot => {
            copilot::mint(account, service()?, &reach.client_of(account)?).await
        }
        AccountKind::Iflow => iflow::renew(account, service()?, &reach.client_of(account)?).await,
        AccountKind::Kimi => kimi::renew(account, service()?, &reach.client_of(account)?).await,
        AccountKind::Kiro => kiro::renew(account, oauth, &reach.client_of(account)?).await,
        AccountKind::Xai => xai::renew(account, service()?, &reach.client_of(account)?).await,
        AccountKind::Vertex => vertex::mint(account, &reach.client_of(account)?).await,
        _ => {
            let Reach {
                clients,
                proxy,
                connect,
            } = reach;
            let endpoint = match kind {
                AccountKind::Codex => codex::renewal(oauth),
                _ => endpoint(kind, oauth),
            };
            let endpoint = endpoint.map_err(unset)?;
            endpoint.refresh(clients, proxy, connect, account).await
        }
    }
}

/// What comes of something that a provider may take so long for.
async fn in_time<T>(
    kind: AccountKind,
    longest: Duration,
    work: impl Future<Output = Result<T, LoginError>>,
) -> Result<T, LoginError> {
    let outcome = timeout(longest, work).await;
    outcome.unwrap_or(Err(LoginError::TooSlow { kind }))
}

fn service(kind: AccountKind, oauth: &OAuth) -> Result<&OAuthService, LoginError> {
    let service = oauth.service(kind.name());
    service.ok_or(LoginError::NotOffered { kind })
}
