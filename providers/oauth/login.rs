//! A login from its beginning to its end, whoever waits for it: a person at a terminal, or the gateway for somebody afar.

use std::time::Duration;

use modelgate_config::{OAuth, Secret};
use url::Url;

use super::{BrowserLogin, DeviceLogin, LoginError, Method, Reach, Social, method};
use crate::AccountKind;

/// What somebody wants to log in to.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose account it is.
    pub kind: AccountKind,
    /// How; none: the usual way.
    pub method: Option<Method>,
    /// To whom an account of Kiro belongs, if not to AWS.
    pub social: Option<Social>,
    /// The [projects](super::projects) that it is wanted for. None: the one that the provider gives it.
    pub projects: Vec<String>,
}

/// A login that has begun.
#[derive(Debug)]
pub enum Login {
    /// Somebody's browser comes back.
    Browser(Box<BrowserLogin>),
    /// Somebody types a code.
    Device(Box<DeviceLogin>),
}

impl Wanted {
    /// An account of a kind, without further wishes.
    #[must_use]
    pub fn of(kind: AccountKind) -> Self {
        Self {
            kind,
            method: None,
            social: None,
            projects: Vec::new(),
        }
    }
}

impl Login {
    /// Begins a login.
    ///
    /// # Errors
    /// When there is no such login, the configuration lacks something that it needs, or the provider refuses.
    pub async fn begin(
        wanted: &Wanted,
        oauth: &OAuth,
        reach: Reach<'_>,
    ) -> Result<Self, LoginError> {
        let kind = wanted.kind;
        super::projects(kind, &wanted.projects)?;
        let browser = match (wanted.social, method(kind, wanted.method)?) {
            (Some(social), _) if kind == AccountKind::Kiro => {
                BrowserLogin::begin_social(social, oauth)?
            }
            (Some(_), _) | (None, Method::Cookie) => return Err(LoginError::NotOffered { kind }),
            (None, Method::Browser) => BrowserLogin::begin(kind, oauth)?,
            (None, Method::Device) => {
                let device = DeviceLogin::begin(kind, oauth, reach).await?;
                return Ok(Self::Device(Box::new(device)));
            }
            (None, Method::Import) => return Err(LoginError::ImportOnly { kind }),
        };
        let browser = browser.for_projects(&wanted.projects)?;
        Ok(Self::Browser(Box::new(browser)))
    }

    /// Whose account it is.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        match self {
            Self::Browser(login) => login.kind(),
            Self::Device(login) => login.kind(),
        }
    }

    /// The word that tells it from all others; nobody can guess it.
    #[must_use]
    pub fn state(&self) -> &Secret {
        match self {
            Self::Browser(login) => login.state(),
            Self::Device(login) => login.state(),
        }
    }

    /// Where the person is sent.
    #[must_use]
    pub fn url(&self) -> &Url {
        match self {
            Self::Browser(login) => login.url(),
            Self::Device(login) => login.url(),
        }
    }

    /// How long the person may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        match self {
            Self::Browser(login) => login.patience(),
            Self::Device(login) => login.patience(),
        }
    }
}

#[cfg(test)]
mod tests {
    use modelgate_config::model::Proxy;

    use super::*;
    use crate::Clients;

    async fn begun(wanted: &Wanted) -> Result<Login, LoginError> {
        let clients = Clients::default();
        let reach = Reach {
            clients: &clients,
            proxy: &Proxy::Direct,
            connect: Duration::from_secs(1),
        };
        Login::begin(wanted, &OAuth::default(), reach).await
    }

    #[tokio::test]
    async fn every_login_has_a_state_of_its_own_and_the_address_has_it() {
        for (kind, social, minutes) in [
            (AccountKind::Claude, None, 5),
            (AccountKind::Kiro, Some(Social::Google), 10),
        ] {
            let wanted = Wanted {
                social,
                ..Wanted::of(kind)
            };
            let (one, other) = (begun(&wanted).await.unwrap(), begun(&wanted).await.unwrap());
            assert_eq!((one.kind(), one.patience().as_secs()), (kind, minutes * 60));
            assert_ne!(one.state(), other.state());
            let state = ("state".into(), one.state().expose().into());
            assert!(one.url().query_pairs().any(|pair| pair == state), "{kind}");
        }
    }

    #[tokio::test]
    async fn what_there_is_not_is_not_begun() {
        let social = Wanted {
            social: Some(Social::Google),
            ..Wanted::of(AccountKind::Claude)
        };
        let error = begun(&social).await.unwrap_err();
        assert!(matches!(error, LoginError::NotOffered { .. }), "{error}");
        let error = begun(&Wanted::of(AccountKind::Vertex)).await.unwrap_err();
        assert!(matches!(error, LoginError::ImportOnly { .. }), "{error}");
        let projects = Wanted {
            projects: vec!["p-1".to_owned()],
            ..Wanted::of(AccountKind::Claude)
        };
        let error = begun(&projects).await.unwrap_err();
        assert!(matches!(error, LoginError::NoProjects { .. }), "{error}");
        let error = begun(&Wanted::of(AccountKind::Gemini)).await.unwrap_err();
        assert!(error.to_string().contains("MODELGATE_GEMINI_CLIENT_SECRET"));
    }
}
