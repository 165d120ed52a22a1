//! One request for an answer, from its first byte to its record.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use modelgate_dialects::ir::Request;
use modelgate_dialects::json::Document;
use modelgate_dialects::passthrough::{Peek, peek, splice_model};
use modelgate_dialects::{
    DecodeError, Dialect, Losses, Names, Reply, Str, decode_request, encode_request,
};
use modelgate_providers::Candidate;
use tokio::time::timeout;
use warp::reply::Response;

use crate::access::Caller;
use crate::attempt::{self, Answer, Opening};
use crate::error::{self, Failure};
use crate::record::Record;
use crate::relay::Body;
use crate::request::{Incoming, RequestId};
use crate::state::{Snapshot, State};
use crate::suffix::Suffix;
use crate::{body, payload, reply};

/// A request that is understood as far as routing needs, and who could answer it.
pub(crate) struct Plan {
    pub(crate) state: Arc<State>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) id: RequestId,
    pub(crate) dialect: Dialect,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) peek: Peek,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) record: Record,
    /// What the model's name says about thinking.
    suffix: Option<Suffix>,
    bytes: Bytes,
    document: Document,
    /// The request as events and turns, once a translation asked for it.
    decoded: Option<Box<Request>>,
}

/// A request in a candidate's dialect, and what its answer will need.
pub(crate) struct Prepared {
    pub(crate) body: Bytes,
    pub(crate) reply: Reply,
    /// The bytes are the client's own.
    pub(crate) pass: bool,
    /// The client's name of the model, where the upstream has another one.
    pub(crate) rename: Option<Str>,
    pub(crate) losses: Losses,
}

/// Answers a request for an answer of a model.
///
/// The head of a stream is held until the upstream's first content, but at most one keep-alive interval: then the client
/// is told that its stream will come, and kept waiting inside of it.
pub(crate) async fn generate(state: Arc<State>, incoming: Incoming, dialect: Dialect) -> Response {
    let plan = match Plan::read(state, incoming, dialect).await {
        Ok(plan) => plan,
        Err(failure) => return error::answer(dialect, &failure),
    };
    let keep_alive = plan
        .snapshot
        .config
        .streaming
        .keepalive
        .filter(|_| plan.peek.stream);
    let mut opening: Opening = Box::pin(attempt::open(plan));
    let opened = match keep_alive {
        Some(interval) => timeout(interval, &mut opening).await.ok(),
        None => Some(opening.as_mut().await),
    };
    match opened {
        Some((record, Ok((answer, losses)))) => {
            let mut response = deliver(answer, record, dialect, keep_alive);
            reply::name_losses(&mut response, &losses);
            response
        }
        Some((record, Err(failure))) => refuse(record, dialect, &failure),
        None => reply::events(Body::opening(dialect, opening, keep_alive)),
    }
}

fn deliver(
    answer: Answer,
    mut record: Record,
    dialect: Dialect,
    keep_alive: Option<Duration>,
) -> Response {
    match answer {
        Answer::Whole(body) => {
            record.began();
            record.completed();
            reply::json(StatusCode::OK, body)
        }
        Answer::Stream(relay) => reply::events(Body::flowing(dialect, *relay, record, keep_alive)),
    }
}

/// Tells the client of a failure, and the record.
pub(crate) fn refuse(mut record: Record, dialect: Dialect, failure: &Failure) -> Response {
    record.failed(failure.error.status, &failure.error.message);
    error::answer(dialect, failure)
}

impl Plan {
    /// Admits the caller, reads the body, and looks up who could answer.
    pub(crate) async fn read(
        state: Arc<State>,
        incoming: Incoming,
        dialect: Dialect,
    ) -> Result<Box<Self>, Failure> {
        let snapshot = state.snapshot();
        let mut record = Record::new(incoming.id.clone(), incoming.started, dialect);
        let read = read(&snapshot, incoming, &mut record, &state).await;
        let read = read
            .inspect_err(|failure| record.failed(failure.error.status, &failure.error.message))?;
        // Large, and on its way through several futures.
        Ok(Box::new(Self {
            state,
            snapshot,
            id: read.id,
            dialect,
            query: read.query,
            headers: read.headers,
            peek: read.peek,
            candidates: read.candidates,
            record,
            suffix: read.suffix,
            bytes: read.bytes,
            document: read.document,
            decoded: None,
        }))
    }

    /// The request as its dialect is understood.
    pub(crate) fn decoded(&mut self) -> Result<&Request, Failure> {
        if self.decoded.is_none() {
            let decoded = decode_request(self.dialect, &self.document);
            self.unspoiled()?;
            let mut decoded = decoded?;
            if let Some(suffix) = &self.suffix {
                suffix.overrule(&mut decoded.reasoning);
            }
            self.decoded = Some(Box::new(decoded));
        }
        self.decoded.as_deref().ok_or_else(unread)
    }

    /// Fails when a string of the body was met that is none.
    pub(crate) fn unspoiled(&self) -> Result<(), Failure> {
        if self.document.is_spoiled() {
            return Err(self.malformed().unwrap_or_else(unread));
        }
        Ok(())
    }

    /// What is wrong with the body as JSON, for a body that somebody has refused.
    pub(crate) fn malformed(&self) -> Option<Failure> {
        malformed(&self.bytes)
    }

    /// The body that a same-dialect upstream gets: the client's own bytes, with the upstream's name of the model.
    pub(crate) fn forwarded(&self, candidate: &Candidate) -> Bytes {
        let upstream = &candidate.target.model;
        if *upstream == self.peek.model {
            return self.bytes.clone();
        }
        splice_model(&self.bytes, self.peek.model_span.clone(), upstream)
    }

    /// A body after the operator's rules.
    fn ruled(&self, body: Bytes, candidate: &Candidate) -> Bytes {
        let names = [&*candidate.target.model, &*self.peek.model];
        payload::apply(
            &self.snapshot.config.payload,
            candidate.dialect(),
            &names,
            body,
        )
    }

    /// Whether the candidate can be sent the client's own bytes.
    pub(crate) fn may_pass(&self, candidate: &Candidate) -> bool {
        let untouched = !self.peek.foreign_state && self.suffix.is_none();
        candidate.dialect() == self.dialect && untouched
    }

    /// The request for a candidate.
    pub(crate) fn prepare(&mut self, candidate: &Candidate) -> Result<Prepared, Failure> {
        let mut reply = Reply {
            model: self.peek.model.clone(),
            unique: self.id.unique(),
            created: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            include_usage: self.peek.include_usage,
            names: Names::default(),
            echo: None,
        };
        if self.may_pass(candidate) {
            let rename =
                (candidate.target.model != self.peek.model).then(|| self.peek.model.clone());
            let body = self.ruled(self.forwarded(candidate), candidate);
            return Ok(Prepared {
                body,
                reply,
                pass: true,
                rename,
                losses: Losses::default(),
            });
        }
        let encoded = encode_request(candidate.dialect(), self.decoded()?, &candidate.target);
        self.unspoiled()?;
        let encoded = encoded?;
        if self.snapshot.config.strict_translation {
            carried(&encoded.losses)?;
        }
        self.record.lost(&encoded.losses);
        reply.names = encoded.names;
        Ok(Prepared {
            body: self.ruled(encoded.body, candidate),
            reply,
            pass: false,
            rename: None,
            losses: encoded.losses,
        })
    }
}

struct Read {
    id: RequestId,
    query: Option<String>,
    headers: HeaderMap,
    peek: Peek,
    candidates: Vec<Candidate>,
    suffix: Option<Suffix>,
    bytes: Bytes,
    document: Document,
}

async fn read(
    snapshot: &Snapshot,
    incoming: Incoming,
    record: &mut Record,
    state: &State,
) -> Result<Read, Failure> {
    if state.is_draining() {
        return Err(Failure::draining());
    }
    let query = incoming.query.as_deref();
    let caller =
        snapshot
            .access
            .admit(&incoming.headers, query, incoming.peer, SystemTime::now())?;
    record.called_by(caller.name());
    let config = &snapshot.config;
    let bytes = body::read(
        &incoming.headers,
        incoming.body,
        config.limits.request_body,
        config.timeouts.body,
    )
    .await?;
    // Nearly every body is passed on as it is, so its strings are looked into only when somebody refuses it.
    let document = Document::outline(bytes.clone()).map_err(DecodeError::from)?;
    let first = |failure| malformed(&bytes).unwrap_or(failure);
    let peek = peek(&document).map_err(|error| first(error.into()))?;
    record.asked(&peek.model, peek.stream);
    let (candidates, suffix) = candidates(snapshot, &caller, &peek.model).map_err(first)?;
    Ok(Read {
        id: incoming.id,
        query: incoming.query.as_deref().and_then(without_key),
        headers: incoming.headers,
        peek,
        candidates,
        suffix,
        bytes,
        document,
    })
}

/// Fails when meaning was lost, for a configuration that wants that.
fn carried(losses: &Losses) -> Result<(), Failure> {
    let mut lost = losses.iter().filter(|loss| !loss.quiet);
    match lost.next() {
        None => Ok(()),
        Some(first) => Err(Failure::meaning_lost(first, lost.count())),
    }
}

/// What is wrong with a body as JSON.
fn malformed(bytes: &Bytes) -> Option<Failure> {
    let checked = Document::parse(bytes.clone());
    checked.err().map(|error| DecodeError::from(error).into())
}

fn unread() -> Failure {
    Failure::unreadable_body("the request was not read")
}

/// Who could answer, and what the model's name says about thinking. A name that is listed with its brackets is meant as
/// it stands.
fn candidates(
    snapshot: &Snapshot,
    caller: &Caller,
    model: &str,
) -> Result<(Vec<Candidate>, Option<Suffix>), Failure> {
    let split = Suffix::split(model);
    let bare = split.as_ref().map_or(model, |(name, _)| *name);
    if !caller.may_use(bare) && !caller.may_use(model) {
        return Err(Failure::model_not_allowed(model));
    }
    let candidates = snapshot.catalog.candidates(model);
    if !candidates.is_empty() {
        return Ok((candidates, None));
    }
    let candidates = snapshot.catalog.candidates(bare);
    if !candidates.is_empty() {
        return Ok((candidates, split.map(|(_, suffix)| suffix)));
    }
    let nearest = snapshot.catalog.nearest(bare);
    let allowed: Vec<&str> = nearest
        .into_iter()
        .filter(|name| caller.may_use(name))
        .collect();
    Err(Failure::unknown_model(model, &allowed))
}

/// The client's query for a same-dialect upstream; its key stays here.
fn without_key(query: &str) -> Option<String> {
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
