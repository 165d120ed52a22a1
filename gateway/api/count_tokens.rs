//! `POST /v1/messages/count_tokens`: the upstream's own counter where it has one, else a local estimate.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use modelgate_dialects::{Dialect, encode_count_request, tokens};
use modelgate_providers::{Call, CallError, Candidate, Operation, call};
use warp::reply::Response;

use crate::collect::Source;
use crate::error::{self, Failure};
use crate::exchange::{Plan, refuse};
use crate::reply;
use crate::request::Incoming;
use crate::state::State;

/// Marks a count that was not made by the model's own counter.
const ESTIMATED: &str = "x-modelgate-estimated";

/// Answers a request for a count.
pub(crate) async fn count(state: Arc<State>, incoming: Incoming) -> Response {
    let mut plan = match Plan::read(state, incoming, Dialect::Claude).await {
        Ok(plan) => plan,
        Err(failure) => return error::answer(Dialect::Claude, &failure),
    };
    match Box::pin(counted(&mut plan)).await {
        Ok(response) => {
            plan.record.began();
            plan.record.completed();
            response
        }
        Err(failure) => refuse(plan.record, Dialect::Claude, &failure),
    }
}

async fn counted(plan: &mut Plan) -> Result<Response, Failure> {
    for candidate in plan.candidates.clone() {
        if !candidate.credential.offers(Operation::CountTokens) {
            continue;
        }
        plan.record.attempt(&candidate);
        match ask(plan, &candidate).await? {
            Ok(body) => return Ok(reply::json(StatusCode::OK, body)),
            Err(error) if !error.kind.may_rotate() => return Err(error.into()),
            Err(error) => {
                tracing::warn!(request_id = %plan.id, %error, "the upstream did not count; trying on");
            }
        }
    }
    let count = tokens::estimate_request(plan.decoded()?);
    plan.unspoiled()?;
    let mut response = reply::json(StatusCode::OK, format!(r#"{{"input_tokens":{count}}}"#));
    response
        .headers_mut()
        .insert(ESTIMATED, HeaderValue::from_static("true"));
    Ok(response)
}

/// The outer failure is the request's own, the inner one the upstream's.
async fn ask(plan: &mut Plan, candidate: &Candidate) -> Result<Result<Bytes, CallError>, Failure> {
    let body = if plan.may_pass(candidate) {
        plan.forwarded(candidate)
    } else {
        encode_count_request(candidate.dialect(), plan.decoded()?, &candidate.target)?.body
    };
    let request = Call {
        credential: &candidate.credential,
        operation: Operation::CountTokens,
        body,
        query: plan.query.as_deref(),
        client_headers: Some(&plan.headers),
    };
    let config = &plan.snapshot.config;
    let source = Source {
        provider: candidate.credential.provider.clone(),
        tag: candidate.target.provider.clone(),
        dialect: candidate.dialect(),
        idle: config.timeouts.idle,
        limit: config.limits.response_body,
    };
    let called = call::call(
        &plan.state.clients,
        &config.proxy,
        &config.timeouts,
        request,
    )
    .await;
    let answered = async {
        let body = source.read(&mut called?, Bytes::new()).await?;
        source.json(&body)?;
        Ok(body)
    };
    Ok(answered.await)
}
