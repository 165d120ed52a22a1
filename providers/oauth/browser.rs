//! A login through a browser: an authorization code, and proof that it is ours (RFC 6749 section 4.1, RFC 7636).

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Response;
use modelgate_config::{OAuth, OAuthService, OAuthSetting, Secret};
use modelgate_dialects::json::Document;
use url::Url;

use super::{Callback, LoginError, NewAccount, Page, Reach, claude, codex, endpoint, google};
use super::{EXCHANGE, Refused, Social, TokenEndpoint, granted, in_time};
use super::{iflow, kiro, pkce};
use crate::AccountKind;

/// How long a person may take, and one who has to find an address that no browser opens (`providers.md` 1.1).
const PATIENCE: Duration = Duration::from_secs(5 * 60);
const LONG_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A login that has begun: a person is sent to [`BrowserLogin::url`], and what the browser comes back with ends it.
pub struct BrowserLogin {
    flow: Flow,
    service: OAuthService,
    url: Url,
    redirect: Url,
    state: Secret,
    verifier: Secret,
    /// The projects that somebody wants an account for.
    projects: Vec<String>,
}

/// Whose login it is, and what only that one needs.
#[derive(Debug)]
enum Flow {
    Claude(TokenEndpoint),
    Codex(TokenEndpoint),
    /// An account of Gemini's command line or of Antigravity.
    Google(AccountKind, TokenEndpoint),
    Iflow,
    Kiro(Social),
}

/// What the address that a person is sent to must say.
pub(super) struct Ask<'a> {
    pub(super) redirect: &'a str,
    pub(super) challenge: &'a str,
    pub(super) state: &'a str,
}

impl fmt::Debug for BrowserLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds the state.
        f.debug_struct("BrowserLogin")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

impl BrowserLogin {
    /// Begins a login to an account of a kind.
    ///
    /// # Errors
    /// When the kind has no such login, or the configuration lacks something that it needs.
    pub(super) fn begin(kind: AccountKind, oauth: &OAuth) -> Result<Self, LoginError> {
        let service = super::service(kind, oauth)?;
        let flow = match kind {
            AccountKind::Claude => Flow::Claude(endpoint(kind, oauth)?),
            AccountKind::Codex => Flow::Codex(endpoint(kind, oauth)?),
            AccountKind::Gemini | AccountKind::Antigravity => {
                Flow::Google(kind, endpoint(kind, oauth)?)
            }
            AccountKind::Iflow => Flow::Iflow,
            AccountKind::Kiro
            | AccountKind::Qwen
            | AccountKind::Copilot
            | AccountKind::Kimi
            | AccountKind::Xai
            | AccountKind::Vertex => return Err(LoginError::NotOffered { kind }),
        };
        Self::with(flow, service)
    }

    /// Begins a login to an account of Kiro that belongs to somebody else.
    ///
    /// # Errors
    /// When the configuration lacks something that it needs.
    pub(super) fn begin_social(social: Social, oauth: &OAuth) -> Result<Self, LoginError> {
        let kind = AccountKind::Kiro;
        let service = oauth.service(kiro::SERVICE);
        let service = service.ok_or(LoginError::NotOffered { kind })?;
        Self::with(Flow::Kiro(social), service)
    }

    fn with(flow: Flow, service: &OAuthService) -> Result<Self, LoginError> {
        let redirect = service.url(OAuthSetting::RedirectUrl)?;
        let (state, verifier) = (pkce::random::<32>()?, pkce::random::<96>()?);
        let ask = Ask {
            redirect: redirect.as_str(),
            challenge: &pkce::challenge(&verifier),
            state: state.expose(),
        };
        let url = match &flow {
            Flow::Claude(_) => claude::authorize(service, &ask)?,
            Flow::Codex(_) => codex::authorize(service, &ask)?,
            Flow::Google(..) => google::authorize(service, &ask)?,
            Flow::Iflow => iflow::authorize(service, &ask)?,
            Flow::Kiro(social) => social.authorize(service, &ask)?,
        };
        Ok(Self {
            flow,
            service: service.clone(),
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
    pub(super) fn for_projects(mut self, names: &[String]) -> Result<Self, LoginError> {
        super::projects(self.kind(), names)?;
        self.projects = names.to_vec();
        Ok(self)
    }

    /// How long the person may take until the browser is back.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if self.comes_back() {
            PATIENCE
        } else {
            LONG_PATIENCE
        }
    }

    /// How long a provider may take for the account.
    fn longest(&self) -> Duration {
        match self.flow {
            Flow::Google(..) => google::LONGEST,
            Flow::Claude(_) | Flow::Codex(_) | Flow::Iflow | Flow::Kiro(_) => EXCHANGE,
        }
    }

    /// Whose login it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        match self.flow {
            Flow::Claude(_) => AccountKind::Claude,
            Flow::Codex(_) => AccountKind::Codex,
            Flow::Google(kind, _) => kind,
            Flow::Iflow => AccountKind::Iflow,
            Flow::Kiro(_) => AccountKind::Kiro,
        }
    }

    /// Whether the browser can come back to a program; if not, the person pastes the address that it ends on.
    #[must_use]
    pub fn comes_back(&self) -> bool {
        matches!(self.redirect.scheme(), "http" | "https")
    }

    /// Where the person is sent.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The word that the browser comes back with, and nobody can guess.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
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

    /// What a browser is shown that has come back.
    pub(super) fn shown(&self, page: Page<'_>) -> Response<Bytes> {
        page.at_the_end(self.kind(), &self.service)
    }

    /// Turns a code into an account. A code counts once.
    ///
    /// # Errors
    /// When the provider gives no tokens for it, or takes too long.
    pub async fn finish(&self, code: &Secret, reach: Reach<'_>) -> Result<NewAccount, LoginError> {
        in_time(self.kind(), self.longest(), self.exchange(code, reach)).await
    }

    async fn exchange(&self, code: &Secret, reach: Reach<'_>) -> Result<NewAccount, LoginError> {
        let client = reach.client(self.kind())?;
        let (service, redirect) = (&self.service, &self.redirect);
        let refused = |refused| LoginError::refused(self.kind(), refused);
        match &self.flow {
            Flow::Claude(endpoint) => {
                let account = self.finish_claude(endpoint, &client, code).await;
                account.map_err(refused)
            }
            Flow::Codex(endpoint) => {
                let verifier = self.verifier.expose();
                let fields = codex::exchange(code.expose(), redirect.as_str(), verifier);
                let body = endpoint.ask(&client, AccountKind::Codex, &fields).await;
                let grant = body.and_then(|body| granted(body, SystemTime::now()));
                Ok(codex::identify(grant.map_err(refused)?))
            }
            Flow::Google(kind, endpoint) => {
                let fields =
                    google::exchange(code.expose(), redirect.as_str(), self.verifier.expose());
                let body = endpoint.ask(&client, *kind, &fields).await;
                let grant = body.and_then(|body| granted(body, SystemTime::now()));
                let grant = grant.map_err(refused)?;
                google::identify(*kind, service, &client, grant, &self.projects).await
            }
            Flow::Iflow => {
                let account = iflow::finish(service, &client, code, redirect).await;
                account.map_err(refused)
            }
            Flow::Kiro(social) => {
                let finish = social.finish(service, &client, code, redirect, &self.verifier);
                finish.await.map_err(refused)
            }
        }
    }

    async fn finish_claude(
        &self,
        endpoint: &TokenEndpoint,
        client: &reqwest::Client,
        code: &Secret,
    ) -> Result<NewAccount, Refused> {
        let fields = claude::exchange(
            code.expose(),
            self.state.expose(),
            self.redirect.as_str(),
            self.verifier.expose(),
        );
        let body = endpoint.ask(client, AccountKind::Claude, &fields).await?;
        let grant = granted(body.clone(), SystemTime::now())?;
        let answer = Document::parse(body).unwrap_or_default();
        Ok(claude::identify(&self.service, client, grant, &answer).await)
    }
}
