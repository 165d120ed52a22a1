//! From a request that nobody has looked at to one that can be routed.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use modelgate_dialects::gemini::envelope;
use modelgate_dialects::json::Document;
use modelgate_dialects::passthrough::{Peek, peek, peek_beside_url};
use modelgate_dialects::{DecodeError, Dialect, Str};
use modelgate_providers::Route;

use crate::access::{self, Caller};
use crate::betas;
use crate::body;
use crate::conversations::Previous;
use crate::error::Failure;
use crate::exchange::Ask;
use crate::google::{self, Google};
use crate::logs::Transcript;
use crate::record::Record;
use crate::references;
use crate::request::{Incoming, RequestId};
use crate::session::Session;
use crate::state::{Snapshot, State};
use crate::suffix::Suffix;

/// A request as it was read.
pub(crate) struct Read {
    pub(crate) id: RequestId,
    /// How the client itself calls what it asks, where it does.
    pub(crate) prompt: Option<Str>,
    pub(crate) query: Option<String>,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) transcript: Transcript,
    pub(crate) peek: Peek,
    /// The model whose route it is: that of the client, or what stands in for it.
    pub(crate) model: Str,
    pub(crate) route: Arc<Route>,
    pub(crate) session: Option<Session>,
    pub(crate) suffix: Option<Suffix>,
    pub(crate) caller: Caller,
    pub(crate) previous: Option<Previous>,
    pub(crate) bytes: Bytes,
    pub(crate) document: Document,
}

/// Admits the caller, reads the body, and looks up who could answer.
pub(crate) async fn read(
    snapshot: &Snapshot,
    incoming: Box<Incoming>,
    ask: &Ask,
    record: &mut Record,
    state: &State,
) -> Result<Read, Failure> {
    if state.is_draining() {
        return Err(Failure::draining());
    }
    let caller = match ask {
        Ask::Google(google) if google.form.envelope => admit_here(snapshot, &incoming)?,
        Ask::Google(_) | Ask::Body(_) => admit(snapshot, &incoming)?,
    };
    record.called_by(&caller);
    let config = &snapshot.config;
    let mut bytes = body::read(
        &incoming.headers,
        incoming.body,
        config.limits.request_body,
        config.timeouts.body,
    )
    .await?;
    record.received(bytes.len());
    incoming.transcript.received(&bytes);
    // Nearly every body is passed on as it is, so its strings are looked into only when somebody refuses it.
    let mut document = Document::outline(bytes.clone()).map_err(DecodeError::from)?;
    let mut headers = incoming.headers;
    if ask.dialect() == Dialect::Claude
        && let Some(rest) = betas::lift(&document, &mut headers)
    {
        document = Document::outline(rest.clone()).map_err(DecodeError::from)?;
        bytes = rest;
    }
    if ask.dialect() == Dialect::Responses
        && let Some(limits) = &config.responses_store
        && let Some(whole) = references::resolve(&document, |id| {
            state.conversations.item(limits, caller.name(), id)
        })
    {
        document = Document::outline(whole.clone()).map_err(DecodeError::from)?;
        bytes = whole;
    }
    let first = |failure| malformed(&bytes).unwrap_or(failure);
    let seen = match ask {
        Ask::Body(_) => peek(&document).map(|peek| (peek, None)),
        Ask::Google(google) => open(google, &document),
    };
    let (peek, opened) = seen.map_err(|error| first(error.into()))?;
    record.asked(&peek.model, peek.stream);
    let (inner, prompt) = match opened {
        Some(Opened { request, prompt }) => (Some(request), prompt),
        None => (None, None),
    };
    let instead = incoming.amp.and_then(|amp| amp.instead);
    let model = instead.unwrap_or_else(|| peek.model.clone());
    record.listed(snapshot.catalog.is_listed(&model));
    let (route, suffix) = route(snapshot, &caller, &model).map_err(first)?;
    // Who has no choice needs no memory of it.
    let sticky = config.routing.session_affinity.is_some() && route.len() > 1;
    let session = sticky
        .then(|| Session::find(&headers, &document, caller.name(), &peek.model))
        .flatten();
    Ok(Read {
        id: incoming.id,
        prompt,
        query: incoming.query.as_deref().and_then(without_key),
        headers,
        transcript: incoming.transcript,
        peek,
        model,
        route,
        session,
        suffix,
        previous: previous(ask, &document, snapshot, state, &caller),
        caller,
        document: match &inner {
            Some(inner) => Document::outline(inner.clone()).map_err(DecodeError::from)?,
            None => document,
        },
        bytes: inner.unwrap_or(bytes),
    })
}

/// What is wrong with a body as JSON.
pub(crate) fn malformed(bytes: &Bytes) -> Option<Failure> {
    let checked = Document::parse(bytes.clone());
    checked.err().map(|error| DecodeError::from(error).into())
}

pub(crate) fn unread() -> Failure {
    Failure::unreadable_body("the request was not read")
}

/// Who calls.
fn admit(snapshot: &Snapshot, incoming: &Incoming) -> Result<Caller, Failure> {
    let query = incoming.query.as_deref();
    let (headers, peer) = (&incoming.headers, incoming.peer);
    let access = &snapshot.access;
    access.admit(headers, query, peer, SystemTime::now())
}

/// Who calls at `/v1internal`. Gemini's command line has no place for a key of ours beside the account it sends: where the
/// operator allows it, being on this machine is enough.
pub(crate) fn admit_here(snapshot: &Snapshot, incoming: &Incoming) -> Result<Caller, Failure> {
    let here = access::loopback(&incoming.headers, incoming.peer);
    let here = here.ok_or_else(Failure::not_from_here)?;
    let open = snapshot.config.gemini_cli_endpoint;
    admit(snapshot, incoming).or_else(|failure| if open { here } else { Err(failure) })
}

/// What a Responses client goes on from.
fn previous(
    ask: &Ask,
    document: &Document,
    snapshot: &Snapshot,
    state: &State,
    caller: &Caller,
) -> Option<Previous> {
    if ask.dialect() != Dialect::Responses {
        return None;
    }
    let id = document.root().text_of("previous_response_id")?;
    let limits = snapshot.config.responses_store.as_ref();
    let known = limits.and_then(|limits| state.conversations.recall(limits, caller.name(), &id));
    Some(known.map_or(Previous::Unknown(id), Previous::Known))
}

/// What was in an envelope.
struct Opened {
    request: Bytes,
    /// How the client calls it.
    prompt: Option<Str>,
}

/// What routing needs of a request of Google's, and what was in its envelope.
fn open(google: &Google, document: &Document) -> Result<(Peek, Option<Opened>), DecodeError> {
    let Some(model) = &google.model else {
        let (envelope, request) = envelope::open(document.root())?;
        let model = Str::from(google::bare(&envelope.model));
        let peek = peek_beside_url(document, model, google.streams())?;
        if peek.model.is_blank() {
            return Err(DecodeError::shape(
                "model",
                "missing; name a model, see GET /v1beta/models",
            ));
        }
        let opened = Opened {
            request: request.raw().to_text().into_bytes(),
            prompt: envelope.prompt_id(),
        };
        return Ok((peek, Some(opened)));
    };
    peek_beside_url(document, model.clone(), google.streams()).map(|peek| (peek, None))
}

/// Who could answer, and what the model's name says about thinking. A name that is listed with its brackets is meant as
/// it stands.
fn route(
    snapshot: &Snapshot,
    caller: &Caller,
    model: &str,
) -> Result<(Arc<Route>, Option<Suffix>), Failure> {
    let split = Suffix::split(model);
    let bare = split.as_ref().map_or(model, |(name, _)| *name);
    if !caller.may_use(bare) && !caller.may_use(model) {
        return Err(Failure::model_not_allowed(model));
    }
    if let Some(route) = snapshot.catalog.route(model) {
        return Ok((route, None));
    }
    if let Some(route) = snapshot.catalog.route(bare) {
        return Ok((route, split.map(|(_, suffix)| suffix)));
    }
    let nearest = snapshot.catalog.nearest(bare);
    let allowed: Vec<&str> = nearest
        .into_iter()
        .filter(|name| caller.may_use(name))
        .collect();
    Err(Failure::unknown_model(model, &allowed))
}

/// The client's query for a same-dialect upstream; its key stays here.
pub(crate) fn without_key(query: &str) -> Option<String> {
    let is_key = |pair: &&str| matches!(pair.split('=').next(), Some("key" | "auth_token"));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !is_key(pair) && !pair.is_empty())
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::without_key;

    #[test]
    fn the_clients_key_is_not_passed_on() {
        assert_eq!(without_key("beta=true"), Some("beta=true".to_owned()));
        assert_eq!(
            without_key("beta=true&key=mg-1&x"),
            Some("beta=true&x".to_owned())
        );
        assert_eq!(without_key("key=mg-1"), None);
        assert_eq!(without_key(""), None);
    }
}
