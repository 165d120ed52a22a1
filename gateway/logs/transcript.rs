//! What is kept of a request on its way, for its log. Where no log is wanted it is nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method};
use http_body_util::{BodyDataStream, BodyExt as _};
use hyper::body::Body as _;
use modelgate_providers::{Call, CallError, Upstream};
use sync_wrapper::SyncStream;
use warp::reply::{Reply as _, Response};

use super::Logs;
use super::report::{Answer, Called, Excerpt, Failed, Pages, Report};
use crate::request::{Incoming, RequestId};

/// Bytes that are kept of one body, and of all bodies of a request.
const BODY: usize = 1 << 20;
const ALL: usize = 8 << 20;
/// Bytes that are kept of a request once an upstream has begun to answer, where only failures are logged: a stream may go on
/// for long.
const REST: usize = 4 << 10;
/// Calls that are kept.
const CALLS: usize = 16;
/// Of what somebody said of a failure, so many characters are kept.
const MESSAGE: usize = 8_000;

/// What is kept of a request. Its log is written when the last clone is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript(Option<Arc<Draft>>);

#[derive(Debug)]
struct Draft {
    logs: Logs,
    /// Kept whatever becomes of the request.
    whole: bool,
    id: RequestId,
    time: SystemTime,
    method: Method,
    path: String,
    query: Option<String>,
    headers: Arc<HeaderMap>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    pages: Pages,
    /// Bytes that may still be kept.
    room: usize,
    /// An upstream's answer was an error.
    failed: bool,
}

impl Transcript {
    /// The transcript of a request, if it is one that may have a log: one that sends something to a provider.
    pub(super) fn begin(logs: &Logs, incoming: &Incoming, whole: bool) -> Self {
        if !is_eligible(incoming) {
            return Self::default();
        }
        Self(Some(Arc::new(Draft {
            logs: logs.clone(),
            whole,
            id: incoming.id.clone(),
            time: SystemTime::now(),
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            headers: Arc::clone(&incoming.headers),
            kept: Mutex::new(Kept {
                pages: Pages::default(),
                room: ALL,
                failed: false,
            }),
        })))
    }

    /// The client's body has come.
    pub(crate) fn received(&self, body: &Bytes) {
        if let Some(draft) = &self.0 {
            let mut kept = draft.kept();
            let Kept { pages, room, .. } = &mut *kept;
            *room -= pages.body.view(body, BODY);
        }
    }

    /// An upstream is called.
    pub(crate) fn calls(&self, call: &Call<'_>) {
        if let Some(draft) = self.whole() {
            draft.kept().call(call);
        }
    }

    /// The call brought no answer.
    pub(crate) fn failed(&self, call: &Call<'_>, error: &CallError) {
        let Some(draft) = &self.0 else {
            return;
        };
        let mut kept = draft.kept();
        if !draft.whole {
            kept.call(call);
        }
        kept.fail(error);
    }

    /// The upstream whose answer had begun did not end it well.
    pub(crate) fn broke(&self, error: &CallError) {
        if let Some(draft) = &self.0 {
            let mut kept = draft.kept();
            let answered = kept.pages.calls.last();
            if answered.is_none_or(|call| call.failure.is_some()) && kept.pages.calls.len() < CALLS
            {
                kept.pages.calls.push(Called {
                    provider: error.provider.to_string(),
                    ..Called::default()
                });
            }
            kept.fail(error);
        }
    }

    /// An upstream has begun to answer: what it sends is kept too.
    pub(crate) fn hears(&self, upstream: Upstream) -> Upstream {
        let Some(draft) = self.whole() else {
            return upstream;
        };
        let draft = Arc::clone(draft);
        let body = upstream.body.inspect(move |piece| {
            if let Ok(piece) = piece {
                draft.kept().hear(piece);
            }
        });
        Upstream {
            body: Box::pin(body),
            ..upstream
        }
    }

    /// The answer is on its way to the client. A stream is kept while it is sent.
    pub(crate) async fn answers(&self, response: Response) -> Response {
        let Some(draft) = &self.0 else {
            return response;
        };
        let is_kept = draft.kept().settle(draft.whole);
        draft.kept().pages.answer = Some(Answer {
            status: response.status().as_u16(),
            headers: if is_kept {
                response.headers().clone()
            } else {
                HeaderMap::new()
            },
            body: Excerpt::default(),
        });
        if !is_kept {
            return response;
        }
        let (parts, body) = response.into_parts();
        if body.size_hint().exact().is_some() {
            // It is there as a whole, and must keep its length.
            let bytes = body
                .collect()
                .await
                .map(http_body_util::Collected::to_bytes);
            let bytes = bytes.unwrap_or_default();
            draft.kept().answer(&bytes);
            return Response::from_parts(parts, bytes.into());
        }
        let draft = Arc::clone(draft);
        let body = BodyDataStream::new(body).inspect(move |piece| {
            if let Ok(piece) = piece {
                draft.kept().answer(piece);
            }
        });
        let body = warp::reply::stream(SyncStream::new(body)).into_response();
        Response::from_parts(parts, body.into_body())
    }

    /// The draft of a request that is kept whatever becomes of it.
    fn whole(&self) -> Option<&Arc<Draft>> {
        self.0.as_ref().filter(|draft| draft.whole)
    }
}

impl Draft {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !self.whole && !kept.failed {
            return;
        }
        self.logs.report(Report {
            id: self.id.clone(),
            time: self.time,
            method: self.method.to_string(),
            path: std::mem::take(&mut self.path),
            query: self.query.take(),
            headers: Arc::clone(&self.headers),
            failed_only: !self.whole,
            pages: std::mem::take(&mut kept.pages),
        });
    }
}

impl Kept {
    fn call(&mut self, call: &Call<'_>) {
        let Self { pages, room, .. } = self;
        if pages.calls.len() == CALLS {
            // Who answered in the end says more than who failed somewhere in between.
            pages.calls.pop();
        }
        let (url, headers, body) = call.shown();
        let mut called = Called {
            credential: call.credential.id.to_string(),
            provider: call.credential.provider.to_string(),
            url,
            headers,
            ..Called::default()
        };
        hold(&mut called.body, &body, room);
        pages.calls.push(called);
    }

    fn fail(&mut self, error: &CallError) {
        self.failed = true;
        if let Some(call) = self.pages.calls.last_mut() {
            call.failure = Some(Failed {
                status: error.status,
                kind: error.kind.name(),
                message: error.error.message.chars().take(MESSAGE).collect(),
            });
        }
    }

    fn hear(&mut self, piece: &Bytes) {
        if let Some(call) = self.pages.calls.last_mut() {
            push(&mut call.heard, piece, &mut self.room);
        }
    }

    fn answer(&mut self, piece: &Bytes) {
        if let Some(answer) = &mut self.pages.answer {
            push(&mut answer.body, piece, &mut self.room);
        }
    }

    /// Gives back what is not needed, which is nearly all where nothing has failed until now, and tells whether there will be a
    /// log.
    fn settle(&mut self, whole: bool) -> bool {
        let is_kept = whole || self.failed;
        if !is_kept {
            self.pages.body.shrink(REST);
        } else if self.pages.body.is_cut() {
            self.pages.body.shrink(BODY);
        }
        is_kept
    }
}

fn hold(excerpt: &mut Excerpt, body: &Bytes, room: &mut usize) {
    *room -= excerpt.hold(body, BODY.min(*room));
}

fn push(excerpt: &mut Excerpt, piece: &Bytes, room: &mut usize) {
    let most = BODY.saturating_sub(excerpt.size()).min(*room);
    *room -= excerpt.push(piece, most);
}

/// Whether a request may have a log (`management-api.md` 3.4).
fn is_eligible(incoming: &Incoming) -> bool {
    let path = &*incoming.path;
    let reads = matches!(
        incoming.method,
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let ours = path.starts_with("/v0/management") || path.starts_with("/management");
    let api = path.starts_with("/api") && !path.starts_with("/api/provider");
    !reads && !ours && !api
}

#[cfg(test)]
mod tests;
