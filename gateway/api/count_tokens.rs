//! Counting the tokens of a request: by the upstream's own counter where it has one, else a local estimate.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use modelgate_dialects::{Losses, decode_count, encode_count, encode_count_request, tokens};
use modelgate_providers::{CallError, Candidate, Member, Operation, Why, fit};
use warp::reply::Response;

use super::whole;
use crate::error::{self, Failure};
use crate::exchange::{Ask, refuse};
use crate::plan::Plan;
use crate::reply;
use crate::request::Incoming;
use crate::state::State;
use crate::tried::{Next, Tried};

/// Answers a request for a count.
pub(crate) async fn count(state: Arc<State>, incoming: Box<Incoming>, ask: Ask) -> Response {
    let dialect = ask.dialect();
    let mut plan = match Plan::read(state, incoming, ask).await {
        Ok(plan) => plan,
        Err(failure) => return error::answer(dialect, &failure),
    };
    plan.record.free();
    match Box::pin(counted(&mut plan)).await {
        Ok(counted) => {
            plan.record.answered(counted.body.len());
            let mut response = reply::json(StatusCode::OK, counted.body);
            if counted.estimated {
                reply::mark_estimated(&mut response);
            }
            response
        }
        Err(failure) => refuse(plan.record, dialect, &failure),
    }
}

/// An answer, and whether it is a guess of ours.
struct Counted {
    body: Bytes,
    estimated: bool,
}

async fn counted(plan: &mut Plan) -> Result<Counted, Failure> {
    let client = plan.dialect;
    let fits = |candidate: Member<'_>| {
        let upstream = candidate.dialect(client);
        candidate
            .credential
            .offers(Operation::CountTokens, upstream)
    };
    let mut tried = Tried::default();
    while let Next::Candidate(candidate, mut trying) = tried.next(plan, &fits) {
        match call_counter(plan, &candidate, trying.why).await? {
            Ok((body, roughly)) => return Ok(answer(plan, body, roughly)),
            Err(error) if !error.may_rotate() => return Err(error.into()),
            Err(error) => {
                tracing::warn!(request_id = %plan.id, %error, "the upstream did not count; trying on");
                trying.failed_beside(&error);
            }
        }
    }
    let count = tokens::estimate_request(&plan.decoded()?);
    plan.unspoiled()?;
    Ok(answer(plan, encode_count(plan.dialect, count), true))
}

fn answer(plan: &Plan, body: Bytes, estimated: bool) -> Counted {
    let form = plan.google.as_ref().map(|google| google.form);
    let body = form.unwrap_or_default().whole(body);
    Counted { body, estimated }
}

/// An answer, and whether the upstream only guesses. The outer failure is the request's own, the inner one the upstream's.
async fn call_counter(
    plan: &mut Plan,
    candidate: &Candidate,
    why: Why,
) -> Result<Result<(Bytes, bool), CallError>, Failure> {
    let (client, upstream) = (plan.dialect, candidate.dialect(plan.dialect));
    let body = if plan.may_pass(candidate) {
        let (operation, body) = (Operation::CountTokens, plan.forwarded(candidate));
        fit(
            candidate,
            operation,
            client,
            upstream,
            body,
            &mut Losses::default(),
        )
    } else {
        let encoded = encode_count_request(upstream, &plan.decoded()?, &candidate.target);
        plan.unspoiled()?;
        encoded?.body
    };
    let roughly = candidate.counts_roughly(&body);
    let answered = whole::ask(plan, candidate, why, Operation::CountTokens, upstream, body).await;
    Ok(answered.and_then(|(body, document)| {
        if client == upstream {
            return Ok((body, roughly));
        }
        let provider = &candidate.credential.provider;
        let uncounted = || CallError::broken(provider.clone(), "sent a count without a number");
        let count = decode_count(upstream, &document).ok_or_else(uncounted)?;
        Ok((encode_count(client, count), roughly))
    }))
}
