//! A login through a browser: an authorization code, and proof that it is ours (RFC 6749 section 4.1, RFC 7636).

use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::{Callback, LoginError, NewAccount, Reach, claude, endpoint, iflow, pkce};
use super::{TokenEndpoint, granted};
use crate::AccountKind;

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
            AccountKind::Iflow => iflow::authorize(service, &ask)?,
            AccountKind::Codex
            | AccountKind::Gemini
            | AccountKind::Antigravity
            | AccountKind::Kiro
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
        })
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
        if self.kind == AccountKind::Iflow {
            let account = iflow::finish(&self.service, &client, code, &self.redirect).await;
            return account.map_err(refused);
        }
        let fields = claude::exchange(
            code.expose(),
            self.state.expose(),
            self.redirect.as_str(),
            self.verifier.expose(),
        );
        let body = self
            .endpoint
            .ask(&client, self.kind, &fields)
            .await
            .map_err(refused)?;
        let grant = granted(body.clone(), std::time::SystemTime::now()).map_err(refused)?;
        let answer = Document::parse(body).unwrap_or_default();
        Ok(claude::identify(&self.service, &client, grant, &answer).await)
    }
}
