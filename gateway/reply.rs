//! Answers to clients, and the headers that every one of them has.

use bytes::Bytes;
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use modelgate_dialects::{Dialect, Losses};
use sync_wrapper::SyncStream;
use warp::reply::{Reply as _, Response};

use crate::google::Form;
use crate::request::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The name under which Anthropic's SDKs look for it.
const CLAUDE_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const ESTIMATED: HeaderName = HeaderName::from_static("x-modelgate-estimated");
const DROPPED: HeaderName = HeaderName::from_static("x-modelgate-dropped");
/// Longest value of the header that names losses; what is left out is still in the log.
const DROPPED_LIMIT: usize = 1024;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A stream of events.
pub(crate) fn events<S>(stream: S) -> Response
where
    S: Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static,
{
    let mut response = warp::reply::stream(SyncStream::new(stream)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A stream in a form of Google's.
pub(crate) fn stream<S>(form: Form, stream: S) -> Response
where
    S: Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + 'static,
{
    let mut response = events(stream);
    if form.list {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    response
}

/// Marks an answer with the request's name.
pub(crate) fn identify(response: &mut Response, id: &RequestId, dialect: Option<Dialect>) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        if dialect == Some(Dialect::Claude) {
            response
                .headers_mut()
                .insert(CLAUDE_REQUEST_ID, value.clone());
        }
        response.headers_mut().insert(REQUEST_ID, value);
    }
}

/// Marks a count that was not made by the model's own counter.
pub(crate) fn mark_estimated(response: &mut Response) {
    let mark = HeaderValue::from_static("true");
    response.headers_mut().insert(ESTIMATED, mark);
}

/// Names what could not be carried.
pub(crate) fn name_losses(response: &mut Response, losses: &Losses) {
    let mut text = String::new();
    for loss in losses.iter().filter(|loss| !loss.quiet) {
        let separator = if text.is_empty() { "" } else { ", " };
        if text.len() + separator.len() + loss.path.len() > DROPPED_LIMIT {
            break;
        }
        text.push_str(separator);
        // Field names come from the client and may hold anything.
        text.extend(loss.path.chars().map(|char| {
            if char.is_ascii_graphic() && char != ',' {
                char
            } else {
                '?'
            }
        }));
    }
    if let Ok(value) = HeaderValue::from_str(&text)
        && !text.is_empty()
    {
        response.headers_mut().insert(DROPPED, value);
    }
}
