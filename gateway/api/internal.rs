//! The methods of Code Assist beside those that ask a model (`/v1internal:loadCodeAssist` and the like): asked of Google in
//! the name of an account that is here, for programs on this machine.

use futures_util::TryStreamExt as _;
use http::Method;
use http::header::CONTENT_TYPE;
use modelgate_dialects::Dialect;
use modelgate_providers::{Beside, CallError, Credential, Forwarded, beside};
use sync_wrapper::SyncStream;
use warp::reply::{Reply as _, Response};

use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::state::{Snapshot, State};
use crate::{body, intake};

/// Passes a request on. `tail` is what stands behind `/v1internal` in its path: `:method`, or `/` and the name of something.
pub(crate) async fn pass(state: &State, incoming: Box<Incoming>, tail: &str) -> Response {
    let answered = match Asked::read(tail) {
        Some(asked) => Box::pin(passed(state, incoming, asked)).await,
        None => Err(Failure::unknown_route(&incoming.path)),
    };
    answered.unwrap_or_else(|failure| error::answer(Dialect::Gemini, &failure))
}

/// The steps of a path.
struct Asked(Vec<String>);

impl Asked {
    /// Each step is a plain word, so that the path leads where it seems to.
    fn read(tail: &str) -> Option<Self> {
        let path = format!("v1internal{tail}");
        let steps = path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let plain = |step: &String| {
            let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
            step.bytes().all(sign) && step.ends_with(|last: char| last.is_ascii_alphanumeric())
        };
        steps.iter().all(plain).then_some(Self(steps))
    }
}

async fn passed(
    state: &State,
    incoming: Box<Incoming>,
    Asked(path): Asked,
) -> Result<Response, Failure> {
    if state.is_draining() {
        return Err(Failure::draining());
    }
    let snapshot = state.snapshot();
    intake::admit_here(&snapshot, &incoming)?;
    if !matches!(incoming.method, Method::GET | Method::POST) {
        return Err(Failure::wrong_method(&incoming.path, "GET, POST"));
    }
    let account = account(&snapshot).ok_or_else(Failure::no_code_assist)?;
    let config = &snapshot.config;
    let asked = Beside {
        method: incoming.method,
        path,
        query: incoming.query.as_deref().and_then(intake::without_key),
        body: body::read(
            &incoming.headers,
            incoming.body,
            config.limits.request_body,
            config.timeouts.body,
        )
        .await?,
    };
    let (clients, proxy, timeouts) = (&state.clients, &config.proxy, &config.timeouts);
    let answer = beside(clients, proxy, timeouts, account, &asked).await;
    answer.map(shown).map_err(|error| {
        tracing::warn!(request_id = %incoming.id, credential = %account.id, %error, "Code Assist refused");
        Failure::from(error)
    })
}

/// The first account that is well; the first of all where none is.
fn account(snapshot: &Snapshot) -> Option<&Credential> {
    let all = snapshot.catalog.credentials().iter();
    let mut all = all.filter(|one| one.is_of_gemini_cli());
    let first = all.clone().next();
    let well = all.find(|one| one.health.report().all.is_none());
    well.or(first).map(|one| &**one)
}

fn shown(answer: Forwarded) -> Response {
    let body = answer
        .body
        .map_err(|error: CallError| error.error.message.to_string());
    let mut response = warp::reply::stream(SyncStream::new(body)).into_response();
    *response.status_mut() = answer.status;
    if let Some(kind) = answer.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_asked() {
        let steps = |tail: &str| Asked::read(tail).map(|Asked(steps)| steps.join("/"));
        for (tail, expected) in [
            (":loadCodeAssist", Some("v1internal:loadCodeAssist")),
            ("/operations/op-1.x", Some("v1internal/operations/op-1.x")),
            ("/..", None),
            ("/a/../b", None),
            ("//a", None),
            ("/a%2fb", None),
            (":a?b", None),
            (":", None),
        ] {
            assert_eq!(steps(tail).as_deref(), expected, "{tail}");
        }
    }
}
