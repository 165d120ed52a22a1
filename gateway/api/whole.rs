//! One call whose answer is one JSON document.

use bytes::Bytes;
use modelgate_dialects::Dialect;
use modelgate_dialects::json::Document;
use modelgate_providers::{Call, CallError, Candidate, Operation, call};

use crate::collect::Source;
use crate::plan::Plan;

/// Calls an operation with a body in `dialect`, and reads the answer to its end.
pub(crate) async fn ask(
    plan: &Plan,
    candidate: &Candidate,
    operation: Operation,
    dialect: Dialect,
    body: Bytes,
) -> Result<(Bytes, Document), CallError> {
    let same = dialect == plan.dialect;
    let request = Call {
        credential: &candidate.credential,
        operation,
        dialect,
        model: &candidate.target.model,
        stream: false,
        body,
        query: plan.query.as_deref().filter(|_| same),
        client_headers: same.then_some(&plan.headers),
    };
    let config = &plan.snapshot.config;
    let source = Source {
        provider: candidate.credential.provider.clone(),
        tag: candidate.target.provider.clone(),
        dialect,
        idle: config.timeouts.idle,
        limit: config.limits.response_body,
    };
    let clients = &plan.state.clients;
    let mut upstream = call::call(clients, &config.proxy, &config.timeouts, request).await?;
    let body = source.read(&mut upstream, Bytes::new()).await?;
    let document = source.json(&body)?;
    Ok((body, document))
}
