//! Operations that are passed on as they are, to providers that have them: shorter conversations, pictures.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use modelgate_dialects::Losses;
use modelgate_dialects::passthrough::usage_of_body;
use modelgate_providers::{Member, Operation, fit};
use warp::reply::Response;

use super::whole;
use crate::error::{self, Failure};
use crate::exchange::{Ask, refuse};
use crate::plan::Plan;
use crate::reply;
use crate::request::Incoming;
use crate::state::State;
use crate::tried::{Next, Tried};

/// Answers a request for an operation with the answer of the first provider that has it in the client's dialect.
pub(crate) async fn pass(
    state: Arc<State>,
    incoming: Box<Incoming>,
    ask: Ask,
    operation: Operation,
) -> Response {
    let dialect = ask.dialect();
    let mut plan = match Plan::read(state, incoming, ask).await {
        Ok(plan) => plan,
        Err(failure) => return error::answer(dialect, &failure),
    };
    match Box::pin(passed(&mut plan, operation)).await {
        Ok((body, losses)) => {
            plan.record.answered(body.len());
            let mut response = reply::json(StatusCode::OK, body);
            reply::name_losses(&mut response, &losses);
            response
        }
        Err(failure) => refuse(plan.record, dialect, &failure),
    }
}

async fn passed(plan: &mut Plan, operation: Operation) -> Result<(Bytes, Losses), Failure> {
    let mut last = None;
    let dialect = plan.dialect;
    let fits = |candidate: Member<'_>| {
        candidate.speaks(dialect) && candidate.credential.offers(operation, dialect)
    };
    let mut tried = Tried::default();
    while let Next::Candidate(candidate, mut trying) = tried.next(plan, &fits) {
        let body = plan.forwarded(&candidate);
        let mut losses = Losses::default();
        let body = fit(&candidate, operation, dialect, dialect, body, &mut losses);
        plan.record.lost(&losses);
        match whole::ask(plan, &candidate, trying.why, operation, dialect, body).await {
            Ok((body, document)) => {
                plan.record
                    .used(usage_of_body(dialect, &document).unwrap_or_default());
                return Ok((body, losses));
            }
            Err(error) if !error.may_rotate() => {
                return Err(plan.malformed().unwrap_or_else(|| error.into()));
            }
            Err(error) => {
                tracing::warn!(request_id = %plan.id, %error, "attempt failed");
                trying.failed_beside(&error);
                last = Some(error);
            }
        }
    }
    Err(last.map_or_else(
        || Failure::no_such_operation(&plan.peek.model),
        Failure::from,
    ))
}
