//! One request for an answer, from its first byte to its record.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use modelgate_dialects::Dialect;
use tokio::time::timeout;
use warp::reply::Response;

use crate::attempt::Answer;
use crate::error::{self, Failure};
use crate::google::{Form, Google};
use crate::plan::Plan;
use crate::record::Record;
use crate::relay::Body;
use crate::reply;
use crate::request::Incoming;
use crate::search::{self, Opening};
use crate::state::State;

/// Answers a request for an answer of a model.
///
/// The head of a stream is held until the upstream's first content, but at most one keep-alive interval: then the client
/// is told that its stream will come, and kept waiting inside of it.
pub(crate) async fn generate(state: Arc<State>, incoming: Box<Incoming>, ask: Ask) -> Response {
    let dialect = ask.dialect();
    let form = ask.form();
    let plan = match Plan::read(state, incoming, ask).await {
        Ok(plan) => plan,
        Err(failure) => return answer_failure(dialect, form, &failure),
    };
    let rewriter = form.rewriter(plan.snapshot.config.limits.response_body);
    let keep_alive = plan
        .snapshot
        .config
        .streaming
        .keepalive
        .filter(|_| plan.peek.stream);
    let mut opening: Opening = Box::pin(search::open(plan));
    let opened = match keep_alive {
        Some(interval) => timeout(interval, &mut opening).await.ok(),
        None => Some(opening.as_mut().await),
    };
    match opened {
        Some((record, Ok((answer, losses)))) => {
            let mut response = match answer {
                Answer::Whole(body) => whole(form.whole(body), record),
                Answer::Stream(relay) => reply::stream(
                    form,
                    Body::flowing(dialect, *relay, record, keep_alive, rewriter),
                ),
            };
            reply::name_losses(&mut response, &losses);
            response
        }
        Some((mut record, Err(failure))) => {
            record.failed(&failure.error);
            answer_failure(dialect, form, &failure)
        }
        None => reply::stream(form, Body::opening(dialect, opening, keep_alive, rewriter)),
    }
}

fn whole(body: Bytes, mut record: Record) -> Response {
    let estimated = record.is_estimated();
    record.answered(body.len());
    let mut response = reply::json(StatusCode::OK, body);
    if estimated {
        reply::mark_estimated(&mut response);
    }
    response
}

fn answer_failure(dialect: Dialect, form: Form, failure: &Failure) -> Response {
    if form.list {
        error::listed(dialect, failure)
    } else {
        error::answer(dialect, failure)
    }
}

/// Tells the client of a failure, and the record.
pub(crate) fn refuse(mut record: Record, dialect: Dialect, failure: &Failure) -> Response {
    record.failed(&failure.error);
    error::answer(dialect, failure)
}

/// How a request is asked: in a dialect whose body says everything, or on one of Google's routes.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Body(Dialect),
    Google(Google),
}

impl Ask {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Body(dialect) => *dialect,
            Self::Google(_) => Dialect::Gemini,
        }
    }

    /// The form of the answer; only streams have another one than events.
    fn form(&self) -> Form {
        match self {
            Self::Body(_) => Form::default(),
            Self::Google(google) => Form {
                list: google.form.list && google.streams(),
                ..google.form
            },
        }
    }
}
