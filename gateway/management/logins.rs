//! Logins over HTTP: begun, asked after, called off, and ended by what somebody pastes (`management-api.md` 4.4, 4.6, 4.7).

use std::sync::Arc;

use http::{Method, StatusCode};
use modelgate_config::Secret;
use modelgate_management::time::timestamp;
use modelgate_providers::AccountKind;
use modelgate_providers::oauth::{self, Callback, LoginError, Social, Wanted};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use warp::reply::Response;

use super::gate::Manager;
use super::refused::Refused;
use super::settings::Ask;
use crate::pending::{self, Begun, Miss, Status, Trouble, Wish, begun_at, named};
use crate::reply;
use crate::state::State;

/// The longest state that anybody could have been given.
const LONGEST_STATE: usize = 128;

/// The methods of a resource; `None`: it is none of these.
pub(super) fn allow(segments: &[&str]) -> Option<&'static str> {
    match *segments {
        ["get-auth-status"] => Some("GET"),
        ["oauth-callback"] => Some("POST"),
        ["oauth-session"] => Some("DELETE"),
        [name] => match begun_at(name)? {
            AccountKind::Iflow => Some("GET, POST"),
            _ => Some("GET"),
        },
        _ => None,
    }
}

/// Answers what is asked of one of the resources. The method must be one of [`allow`].
pub(super) async fn answer(
    state: &Arc<State>,
    manager: &Manager,
    method: &Method,
    name: &str,
    ask: &Ask,
) -> Result<Response, Refused> {
    match (name, begun_at(name)) {
        ("get-auth-status", _) => status(state, ask),
        ("oauth-callback", _) => pasted(state, ask),
        (_, Some(kind)) if method == Method::POST => by_cookie(state, manager, kind, ask).await,
        (_, Some(kind)) => begin(state, manager, kind, ask).await,
        (_, None) => cancel(state, manager, ask),
    }
}

/// `GET /{provider}-auth-url`.
async fn begin(
    state: &Arc<State>,
    manager: &Manager,
    kind: AccountKind,
    ask: &Ask,
) -> Result<Response, Refused> {
    let social = social(kind, ask)?;
    let projects = ask.parameter("project_id").unwrap_or_default();
    let projects = projects.split(',').map(|name| name.trim().to_owned());
    let wanted = Wanted {
        kind,
        method: None,
        social,
        projects: projects.filter(|name| !name.is_empty()).collect(),
    };
    let wish = Wish {
        by: manager.clone(),
        label: ask.parameter("label"),
    };
    let forward = ask.parameter("is_webui");
    let forward = matches!(forward.as_deref(), Some("1" | "true" | "yes" | "on"));
    let begun = pending::begin(state, &wanted, wish, forward).await?;
    Ok(ok(&told(kind, &begun)))
}

fn told(kind: AccountKind, begun: &Begun) -> Json {
    let (url, state) = (begun.url.as_str(), begun.state.expose());
    let mut body = json!({ "status": "ok", "url": url, "state": state });
    if kind == AccountKind::Kiro {
        body["method"] = match begun.code {
            Some(_) => json!("device_code"),
            None => json!("social"),
        };
    }
    if let Some((code, life)) = &begun.code {
        body["flow"] = json!("device");
        body["user_code"] = json!(code);
        body["expires_in"] = json!(life.as_secs());
    }
    if let Some(terms) = oauth::terms(kind) {
        body["warning"] = json!(format!("{} Instead: {}.", terms.text, terms.instead));
    }
    if let Some(reason) = &begun.astray {
        body["message"] = json!(format!(
            "{reason}; send the address that the browser ends on to oauth-callback, as `redirect_url`"
        ));
    }
    body
}

/// To whom an account of Kiro belongs.
fn social(kind: AccountKind, ask: &Ask) -> Result<Option<Social>, Refused> {
    let method = ask.parameter("method").unwrap_or_default().to_lowercase();
    if kind != AccountKind::Kiro || matches!(&*method, "" | "aws" | "builder-id") {
        return Ok(None);
    }
    let social = Social::ALL.into_iter().find(|one| one.name() == method);
    let unknown = || Refused::bad("invalid method").message("there are aws, google and github");
    social.map(Some).ok_or_else(unknown)
}

/// `GET /get-auth-status`.
fn status(state: &State, ask: &Ask) -> Result<Response, Refused> {
    let Some(word) = ask.parameter("state") else {
        return Ok(ok(&json!({ "status": "ok" })));
    };
    let word = well_formed(&word).ok_or_else(|| Refused::bad("invalid state"))?;
    let error = |error: &str| json!({ "status": "error", "error": error });
    Ok(ok(&match state.pending.status(&word) {
        None => error("unknown or expired state"),
        Some((_, Status::Failed(reason))) => error(&reason),
        Some((_, Status::Done { account })) => json!({ "status": "ok", "account": account }),
        // Those who log in to Kiro hear only here where to go.
        Some((AccountKind::Kiro, Status::Away { url })) => {
            json!({ "status": "auth_url", "url": url })
        }
        Some((AccountKind::Kiro, Status::Typing { url, code })) => {
            json!({ "status": "device_code", "verification_url": url, "user_code": code })
        }
        Some(_) => json!({ "status": "wait" }),
    }))
}

/// `DELETE /oauth-session`.
fn cancel(state: &State, manager: &Manager, ask: &Ask) -> Result<Response, Refused> {
    let word = ask.parameter("state").unwrap_or_default();
    let word = well_formed(&word).ok_or_else(|| Refused::bad("invalid state"))?;
    let cancelled = state.pending.cancel(&word);
    if cancelled {
        let Manager { key, address } = manager;
        tracing::info!(by = key, %address, "a login was called off through the management API");
    }
    Ok(ok(&json!({ "status": "ok", "cancelled": cancelled })))
}

/// The body of `oauth-callback`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pasted {
    provider: String,
    redirect_url: String,
    code: String,
    state: String,
    error: String,
}

/// `POST /oauth-callback`.
fn pasted(state: &Arc<State>, ask: &Ask) -> Result<Response, Refused> {
    let refused = |status, error: &str| {
        let body = json!({ "status": "error", "error": error });
        Ok(reply::json(status, body.to_string()))
    };
    let bad = |error| refused(StatusCode::BAD_REQUEST, error);
    let Ok(pasted) = ask.json::<Pasted>() else {
        return bad("invalid body");
    };
    let provider = pasted.provider.trim();
    let kind = named(provider);
    if kind.is_none() && !provider.is_empty() {
        return bad("unsupported provider");
    }
    let Ok(callback) = pasted.callback() else {
        return bad("invalid redirect_url");
    };
    match callback.state() {
        None => return bad("state is required"),
        Some(word) if well_formed(word.expose()).is_none() => return bad("invalid state"),
        Some(_) if !callback.says_something() => return bad("code or error is required"),
        Some(_) => {}
    }
    match pending::back(state, kind, &callback) {
        Ok(_) => Ok(ok(&json!({ "status": "ok" }))),
        Err(Miss::Elsewhere) => bad("provider does not match state"),
        Err(Miss::Empty) => bad("code or error is required"),
        Err(Miss::Unknown) => refused(StatusCode::NOT_FOUND, "unknown or expired state"),
        Err(Miss::NotAway) => refused(StatusCode::CONFLICT, "oauth flow is not pending"),
        Err(Miss::Failed(reason)) => refused(StatusCode::CONFLICT, &reason),
    }
}

impl Pasted {
    /// What is said by itself, and the rest of what the address says.
    fn callback(&self) -> Result<Callback, LoginError> {
        let mut own = url::form_urlencoded::Serializer::new(String::new());
        own.append_pair("code", &self.code)
            .append_pair("state", &self.state)
            .append_pair("error", &self.error);
        let own = Callback::from_query(&own.finish());
        if self.redirect_url.trim().is_empty() {
            return Ok(own);
        }
        Ok(own.or(Callback::from_pasted(&self.redirect_url)?))
    }
}

/// The body of `POST /iflow-auth-url`.
#[derive(Deserialize)]
struct Cookie {
    #[serde(default)]
    cookie: String,
}

/// `POST /iflow-auth-url`: a login with the cookie of the provider's page.
async fn by_cookie(
    state: &Arc<State>,
    manager: &Manager,
    kind: AccountKind,
    ask: &Ask,
) -> Result<Response, Refused> {
    let cookie = Secret::from(ask.json::<Cookie>()?.cookie);
    let config = Arc::clone(&state.snapshot().config);
    let reach = pending::reach(state, &config);
    let account = oauth::by_cookie(kind, &cookie, &config.oauth, reach).await;
    let kept = match account {
        Ok(account) => pending::keep(state, account, ask.parameter("label")).await,
        Err(error) => Err(error.into()),
    };
    let account = match kept {
        Err(Trouble::Login(LoginError::SameCookie { account })) => {
            let file = format!("{account}.json");
            let error = "duplicate BXAuth found";
            let body = json!({ "status": "error", "error": error, "existing_file": file });
            return Ok(reply::json(StatusCode::CONFLICT, body.to_string()));
        }
        kept => kept?,
    };
    let Manager { key, address } = manager;
    tracing::info!(by = key, %address, provider = %kind, account = account.id(), "logged in with a cookie through the management API");
    let path = config.auth_dir.join(&*account.file);
    let expired = account.tokens.expires.map(timestamp);
    Ok(ok(&json!({
        "status": "ok", "saved_path": path, "email": account.settings.email, "expired": expired, "type": kind.name(),
    })))
}

/// A state as somebody may have been given it.
fn well_formed(word: &str) -> Option<Secret> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let good = (1..=LONGEST_STATE).contains(&word.len())
        && word.bytes().all(plain)
        && !word.contains("..");
    good.then(|| Secret::from(word))
}

fn ok(body: &Json) -> Response {
    reply::json(StatusCode::OK, body.to_string())
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        let status = match &trouble {
            Trouble::NoDirectory | Trouble::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::Login(error) => match error {
                LoginError::NotOffered { .. } | LoginError::NotByCookie { .. } => {
                    StatusCode::NOT_IMPLEMENTED
                }
                LoginError::NoProjects { .. }
                | LoginError::OddProject { .. }
                | LoginError::NoCookie { .. } => StatusCode::BAD_REQUEST,
                LoginError::Refused { .. } | LoginError::TooSlow { .. } => StatusCode::BAD_GATEWAY,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
        };
        Self::new(status, "failed to log in").message(trouble.to_string())
    }
}
