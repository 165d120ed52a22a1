//! One call whose answer is one JSON document.

use bytes::Bytes;
use modelgate_dialects::json::Document;
use modelgate_dialects::{Body, Dialect};
use modelgate_providers::call::call as call_upstream;
use modelgate_providers::{Call, CallError, Candidate, Operation, Why};

use crate::collect::Source;
use crate::plan::Plan;

/// Calls an operation with a body in `dialect`, and reads the answer to its end.
pub(crate) async fn ask(
    plan: &mut Plan,
    candidate: &Candidate,
    why: Why,
    operation: Operation,
    dialect: Dialect,
    body: Body,
) -> Result<(Bytes, Document), CallError> {
    plan.record.attempt(candidate, why);
    let asked = call(
        plan,
        request(plan, candidate, operation, dialect, &body),
        candidate,
    )
    .await;
    plan.record.attempted(asked.as_ref().err());
    if let Err(error) = &asked {
        let request = request(plan, candidate, operation, dialect, &body);
        plan.transcript.failed(&request, error);
    }
    asked
}

fn request<'a>(
    plan: &'a Plan,
    candidate: &'a Candidate,
    operation: Operation,
    dialect: Dialect,
    body: &Body,
) -> Call<'a> {
    let same = dialect == plan.dialect;
    Call {
        credential: &candidate.credential,
        operation,
        dialect,
        id: plan.call_id(),
        model: &candidate.target.model,
        stream: false,
        body: body.clone(),
        query: plan.query.as_deref().filter(|_| same),
        client_headers: same.then_some(&plan.headers),
        limit: plan.snapshot.config.limits.response_body,
    }
}

async fn call(
    plan: &Plan,
    request: Call<'_>,
    candidate: &Candidate,
) -> Result<(Bytes, Document), CallError> {
    plan.transcript.calls(&request);
    let config = &plan.snapshot.config;
    let source = Source {
        provider: candidate.credential.provider.clone(),
        tag: candidate.target.provider.clone(),
        dialect: request.dialect,
        client: plan.dialect,
        idle: config.timeouts.idle,
        limit: config.limits.response_body,
    };
    let clients = &plan.state.clients;
    let upstream = call_upstream(clients, &config.proxy, &config.timeouts, request).await?;
    let mut upstream = plan.transcript.hears(upstream);
    let within = |error: CallError| error.with_status(200);
    let body = source.read(&mut upstream, Bytes::new()).await;
    let body = body.map_err(within)?;
    let document = source.json(&body).map_err(within)?;
    Ok((body, document))
}
