//! What Amp's clients ask of a model: at one of our own paths, or on Amp's own server.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::Document;
use modelgate_dialects::passthrough::peek;
use modelgate_dialects::{Dialect, Str, decode_error};
use modelgate_providers::CallError;
use url::Url;
use warp::reply::Response;

use super::choice::{Choice, Known, Menu, choose};
use super::passage::{self, Letter};
use super::unpacked::{Body, Unpacked};
use super::{ByAmp, Entered};
use crate::access::Caller;
use crate::betas;
use crate::body;
use crate::error::Failure;
use crate::exchange::refuse;
use crate::google::Google;
use crate::record::Record;
use crate::request::Incoming;
use crate::routes;
use crate::state::{Snapshot, State};

const BETA: HeaderName = HeaderName::from_static("anthropic-beta");
/// A feature that Amp asks its own server for, and that providers charge for or do not know.
const LONG_CONTEXT: &str = "context-1m-2025-08-07";

/// What is asked of a model.
struct Asked {
    model: Str,
    stream: bool,
}

/// Somebody who was let in.
struct Guest<'s> {
    state: &'s State,
    snapshot: &'s Snapshot,
    caller: Caller,
    dialect: Dialect,
}

/// Leads a request to one of our own paths, unless Amp's own server is the one to answer it.
pub(super) async fn enter(
    state: &State,
    mut incoming: Box<Incoming>,
    path: String,
    lists: Dialect,
) -> Entered {
    let theirs = std::mem::replace(&mut incoming.path, path);
    let instead = None;
    incoming.amp = Some(ByAmp { lists, instead });
    let snapshot = state.snapshot();
    let (headers, query) = (&incoming.headers, incoming.query.as_deref());
    let now = SystemTime::now();
    let caller = snapshot.access.admit(headers, query, incoming.peer, now);
    // Whoever is not let in is told why where every other client is.
    let (Ok(caller), &Method::POST, false) = (caller, &incoming.method, state.is_draining()) else {
        return Entered::Ours(incoming);
    };
    let guest = Guest {
        state,
        snapshot: &snapshot,
        caller,
        dialect: routes::dialect(&incoming.path).unwrap_or(Dialect::Chat),
    };
    let body = match guest.body(&mut incoming).await {
        Ok(body) => body,
        Err(failure) => {
            let record = guest.record(&incoming);
            return Entered::Answered(refuse(record, guest.dialect, &failure));
        }
    };
    let asked = asked(&incoming, &body);
    let choice = asked.as_ref().map(|asked| {
        let ampcode = &snapshot.config.ampcode;
        (asked, choose(ampcode, &asked.model, &guest))
    });
    match choice {
        None | Some((_, Choice::Here)) => {}
        Some((asked, Choice::Instead(model))) => {
            tracing::info!(request_id = %incoming.id, asked = %asked.model, %model, "another model stands in");
            let instead = Some(model);
            incoming.amp = Some(ByAmp { lists, instead });
        }
        Some((asked, Choice::There(upstream))) => {
            incoming.path = theirs;
            let leaving = guest.leaves(incoming, asked, upstream, body);
            return Entered::Answered(leaving.await);
        }
    }
    let body = match guest.dialect {
        Dialect::Claude => lifted(body, &mut incoming.headers),
        _ => body,
    };
    incoming.headers = Arc::new(local(&incoming.headers));
    incoming.body = Box::pin(stream::iter([Ok(body)]));
    Entered::Ours(incoming)
}

impl Guest<'_> {
    /// Reads the body of the request.
    async fn body(&self, incoming: &mut Incoming) -> Result<Bytes, Failure> {
        let (limits, timeouts) = (&self.snapshot.config.limits, &self.snapshot.config.timeouts);
        let pieces = std::mem::replace(&mut incoming.body, Box::pin(stream::empty()));
        let (limit, patience) = (limits.request_body, timeouts.body);
        body::read(&incoming.headers, pieces, limit, patience).await
    }

    fn record(&self, incoming: &Incoming) -> Record {
        let telemetry = Arc::clone(&self.state.telemetry);
        let (id, started) = (incoming.id.clone(), incoming.started);
        let mut record = Record::new(id, started, self.dialect, telemetry);
        record.called_by(&self.caller);
        record
    }

    /// Has Amp's own server answer, which charges its owner for that.
    async fn leaves(
        &self,
        incoming: Box<Incoming>,
        asked: &Asked,
        upstream: &Url,
        body: Bytes,
    ) -> Response {
        tracing::info!(request_id = %incoming.id, model = %asked.model, "nobody here has the model: Amp's own server is asked, and charges for it");
        let mut record = self.record(&incoming);
        record.received(body.len());
        record.asked(&asked.model, asked.stream);
        incoming.transcript.received(&body);
        let letter = Letter {
            method: incoming.method,
            path: incoming.path,
            query: incoming.query,
            headers: incoming.headers,
            body,
        };
        let (state, snapshot) = (self.state, self.snapshot);
        let key = passage::key_of(state, snapshot, upstream, &self.caller).await;
        let answer = passage::go(state, snapshot, upstream, letter, key.as_ref()).await;
        passed(answer, record, self.dialect)
    }
}

impl Menu for Guest<'_> {
    fn knows(&self, model: &str) -> Known {
        let catalog = &self.snapshot.catalog;
        if catalog.is_listed(model) {
            Known::Listed
        } else if catalog.route(model).is_some() {
            Known::Perhaps
        } else {
            Known::Not
        }
    }

    fn allows(&self, model: &str) -> bool {
        self.caller.may_use(model)
    }
}

/// What a request asks for, where that can be read.
fn asked(incoming: &Incoming, body: &Bytes) -> Option<Asked> {
    if let Some(tail) = incoming.path.strip_prefix("/v1beta/models/") {
        let google = Google::at_model(tail, incoming.query.as_deref()).ok()?;
        let stream = google.streams();
        let model = google.model?;
        return Some(Asked { model, stream });
    }
    let peek = peek(&Document::outline(body.clone()).ok()?).ok()?;
    Some(Asked {
        model: peek.model,
        stream: peek.stream,
    })
}

/// A body whose features under trial are named where those of the headers are.
fn lifted(body: Bytes, headers: &mut Arc<HeaderMap>) -> Bytes {
    let document = Document::outline(body.clone());
    let rest = document
        .ok()
        .and_then(|document| betas::lift(&document, headers));
    rest.unwrap_or(body)
}

/// The headers of a request whose body was read, for a provider of ours.
fn local(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    let betas: Vec<&str> = headers
        .get_all(&BETA)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|beta| !beta.is_empty() && *beta != LONG_CONTEXT)
        .collect();
    let betas = HeaderValue::from_str(&betas.join(","));
    headers.remove(&BETA);
    if let Some(betas) = betas.ok().filter(|betas| !betas.is_empty()) {
        headers.insert(BETA, betas);
    }
    headers
}

/// What Amp's own server has answered, for the client and for the record.
fn passed(answer: Result<Unpacked, CallError>, mut record: Record, dialect: Dialect) -> Response {
    let mut unpacked = match answer {
        Ok(unpacked) => unpacked,
        Err(error) => {
            record.failed(&error.error);
            return passage::lost(&error);
        }
    };
    let body = if unpacked.status.is_success() {
        // Whoever knows the length does not look for the end, of which the record is told.
        unpacked.headers.remove(CONTENT_LENGTH);
        recorded(unpacked.body, record)
    } else {
        record.failed(&decode_error(
            dialect,
            unpacked.status.as_u16(),
            &Bytes::new(),
        ));
        unpacked.body
    };
    passage::answer(Unpacked { body, ..unpacked })
}

/// The same bytes; the record learns how they end.
fn recorded(body: Body, mut record: Record) -> Body {
    record.began();
    Box::pin(stream::unfold(Some((body, record)), |flow| async move {
        let (mut body, mut record) = flow?;
        match body.next().await {
            Some(Ok(piece)) => {
                record.sent(piece.len());
                Some((Ok(piece), Some((body, record))))
            }
            Some(Err(error)) => {
                let message = Str::from(error.to_string());
                record.failed(&Error::new(ErrorKind::Server, message));
                Some((Err(error), None))
            }
            None => {
                record.completed();
                None
            }
        }
    }))
}
