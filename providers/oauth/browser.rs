//! A login through a browser: an authorization code, and proof that it is ours (RFC 6749 section 4.1, RFC 7636).

use std::time::Duration;

use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::{Callback, LoginError, NewAccount, Reach, claude, endpoint, google, pkce};
use super::{TokenEndpoint, granted};
use crate::AccountKind;

/// How long a provider may take for the tokens.
const EXCHANGE: Duration = Duration::from_secs(30);

/// A login that has begun: a person is sent to [`BrowserLogin::url`], and what the browser comes back with ends it.
#[derive(Debug)]
pub struct BrowserLogin {
    kind: AccountKind,
    service: OAuthService,
    endpoint: TokenEndpoint,
    url: Url,
    redirect: Url,
    state: Secret,
    verifier: Secret,
    /// The projects that somebody wants an account for.
    projects: Vec<String>,
}

/// What the address that a person is sent to must say.
pub(super) struct Ask<'a> {
    pub(super) redirect: &'a str,
    pub(super) challenge: &'a str,
    pub(super) state: &'a str,
}

impl BrowserLogin {
    /// Begins a login to an account of a kind.
    ///
    /// # Errors
    /// When the kind has no such login, or the configuration lacks something that it needs.
    pub fn begin(kind: AccountKind, oauth: &OAuth) -> Result<Self, LoginError> {
        let endpoint = endpoint(kind, oauth)?;
        let service = super::service(kind, oauth)?;
        let redirect = service.url(OAuthSetting::RedirectUrl)?;
        let (state, verifier) = (pkce::random::<32>()?, pkce::random::<96>()?);
        let ask = Ask {
            redirect: redirect.as_str(),
            challenge: &pkce::challenge(&verifier),
            state: state.expose(),
        };
        let url = match kind {
            AccountKind::Claude => claude::authorize(service, &ask)?,
            AccountKind::Gemini | AccountKind::Antigravity => google::authorize(service, &ask)?,
            AccountKind::Codex
            | AccountKind::Kiro
            | AccountKind::Iflow
            | AccountKind::Qwen
            | AccountKind::Copilot
            | AccountKind::Kimi
            | AccountKind::Xai
            | AccountKind::Vertex => return Err(LoginError::NotOffered { kind }),
        };
        Ok(Self {
            kind,
            service: service.clone(),
            endpoint,
            url,
            redirect,
            state,
            verifier,
            projects: Vec::new(),
        })
    }

    /// The same login for [projects](super::projects) of the account. None: the one that the provider gives it.
    ///
    /// # Errors
    /// When accounts of the kind have no projects, or a name can be none.
    pub fn for_projects(mut self, names: &[String]) -> Result<Self, LoginError> {
        super::projects(self.kind, names)?;
        self.projects = names.to_vec();
        Ok(self)
    }

    /// How long [`BrowserLogin::finish`] may take.
    #[must_use]
    pub fn longest(&self) -> Duration {
        match self.kind {
            AccountKind::Gemini | AccountKind::Antigravity => google::LONGEST,
            _ => EXCHANGE,
        }
    }

    /// Whose login it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// Where the person is sent.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where the browser comes back to.
    #[must_use]
    pub fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// The code that a browser came back with.
    ///
    /// # Errors
    /// When it belongs to another login, or the provider or the person refused.
    pub fn code(&self, callback: &Callback) -> Result<Secret, LoginError> {
        // Compared in constant time.
        if callback.state.as_ref() != Some(&self.state) {
            return Err(LoginError::WrongState);
        }
        if let Some(reason) = &callback.error {
            let reason = reason.clone();
            return Err(LoginError::Denied { reason });
        }
        callback.code.clone().ok_or(LoginError::Unreadable)
    }

    /// Turns a code into an account. A code counts once.
    ///
    /// # Errors
    /// When the provider gives no tokens for it.
    pub async fn finish(&self, code: &Secret, reach: Reach<'_>) -> Result<NewAccount, LoginError> {
        let refused = |refused| LoginError::refused(self.kind, refused);
        let client = reach.client(self.kind)?;
        let (code, redirect) = (code.expose(), self.redirect.as_str());
        let (state, verifier) = (self.state.expose(), self.verifier.expose());
        let fields = match self.kind {
            AccountKind::Gemini | AccountKind::Antigravity => {
                google::exchange(code, redirect, verifier)
            }
            _ => claude::exchange(code, state, redirect, verifier),
        };
        let body = self
            .endpoint
            .ask(&client, self.kind, &fields)
            .await
            .map_err(refused)?;
        let grant = granted(body.clone(), std::time::SystemTime::now()).map_err(refused)?;
        match self.kind {
            AccountKind::Gemini | AccountKind::Antigravity => {
                google::identify(self.kind, &self.service, &client, grant, &self.projects).await
            }
            _ => {
                let answer = Document::parse(body).unwrap_or_default();
                Ok(claude::identify(&self.service, &client, grant, &answer).await)
            }
        }
    }
}
