//! Asking one candidate, until it begins to answer.

use bytes::Bytes;
use modelgate_dialects::ir::fold::unfold;
use modelgate_dialects::passthrough::Outcome;
use modelgate_dialects::{Dialect, Losses, encode_response};
use modelgate_providers::{
    Call, CallError, CallErrorKind, Candidate, Credential, Operation, Upstream, Why, call, mend,
};

use crate::collect::{self, Form, Source, form};
use crate::conduit::Conduit;
use crate::error::Failure;
use crate::logs::Transcript;
use crate::plan::{Plan, Prepared};
use crate::relay::Relay;

/// What a candidate gave.
pub(crate) enum Answer {
    /// The whole answer for the client.
    Whole(Bytes),
    /// A stream that has begun.
    Stream(Box<Relay>),
}

/// Why a candidate did not answer.
pub(crate) enum Refusal {
    /// The request cannot be said in the candidate's dialect.
    Unsayable(Failure),
    /// The call failed.
    Failed(CallError),
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

/// Asks a candidate.
pub(crate) async fn one(
    plan: &mut Plan,
    candidate: &Candidate,
    why: Why,
) -> Result<(Answer, Losses), Refusal> {
    let mut prepared = plan.prepare(candidate).map_err(Refusal::Unsayable)?;
    let config = &plan.snapshot.config;
    let source = Source {
        provider: candidate.credential.provider.clone(),
        tag: candidate.target.provider.clone(),
        dialect: candidate.dialect(plan.dialect),
        client: plan.dialect,
        idle: config.timeouts.idle,
        limit: config.limits.response_body,
    };
    // A stream that ends without a word is asked once more before the next candidate is.
    let mut tries = if plan.peek.stream {
        config.streaming.bootstrap_retries
    } else {
        0
    };
    loop {
        plan.record.attempt(candidate, why);
        let outcome = try_once(plan, candidate, &prepared, &source).await;
        plan.record.attempted(outcome.as_ref().err());
        if let Err(error) = &outcome {
            plan.transcript
                .failed(&request(plan, candidate, &prepared), error);
        }
        match outcome {
            Err(error) if tries > 0 && error.error.code.as_deref() == Some("upstream_empty") => {
                tries -= 1;
            }
            Err(error) if plan.forget_state(&error) => {
                tracing::info!(request_id = %plan.id, "asked again without its reasoning state");
                prepared = plan.prepare(candidate).map_err(Refusal::Unsayable)?;
            }
            Ok(answer) => return Ok((answer, prepared.losses)),
            Err(error) => return Err(error.into()),
        }
    }
}

async fn try_once(
    plan: &mut Plan,
    candidate: &Candidate,
    prepared: &Prepared,
    source: &Source,
) -> Result<Answer, CallError> {
    let request = request(plan, candidate, prepared);
    plan.transcript.calls(&request);
    let config = &plan.snapshot.config;
    let upstream = call::call(
        &plan.state.clients,
        &config.proxy,
        &config.timeouts,
        request,
    )
    .await?;
    let upstream = plan.transcript.hears(upstream);
    let within = |error: CallError| error.with_status(200);
    if plan.peek.stream {
        let begun = begin(upstream, plan.dialect, prepared, source.clone()).await;
        return Ok(Answer::Stream(Box::new(begun.map_err(within)?)));
    }
    let read = whole(
        upstream,
        plan.dialect,
        &candidate.credential,
        prepared,
        source,
    )
    .await;
    let (body, usage) = read.map_err(within)?;
    plan.record.used(usage);
    Ok(Answer::Whole(body))
}

/// What the candidate is asked.
fn request<'a>(plan: &'a Plan, candidate: &'a Candidate, prepared: &Prepared) -> Call<'a> {
    let dialect = candidate.dialect(plan.dialect);
    let same = dialect == plan.dialect;
    Call {
        credential: &candidate.credential,
        operation: Operation::Generate,
        dialect,
        id: plan.call_id(),
        model: &candidate.target.model,
        stream: plan.peek.stream,
        body: prepared.body.clone(),
        query: if same { plan.query.as_deref() } else { None },
        client_headers: same.then_some(&plan.headers),
        limit: plan.snapshot.config.limits.response_body,
    }
}

/// A whole answer in the client's dialect.
async fn whole(
    mut upstream: Upstream,
    dialect: Dialect,
    credential: &Credential,
    prepared: &Prepared,
    source: &Source,
) -> Result<(Bytes, modelgate_dialects::ir::Usage), CallError> {
    let body = source.read(&mut upstream, Bytes::new()).await?;
    let body = mend(credential, &prepared.body, body);
    if prepared.pass && form(source.dialect, &body) == Some(Form::Json) {
        return collect::forward(source, &body, prepared.rename.as_ref());
    }
    let response = source.response(&body, prepared.asked)?;
    let usage = response.usage.clone().unwrap_or_default();
    if let Some(keeper) = prepared.keeper.clone() {
        keeper.keep(&response, &prepared.reply);
    }
    Ok((encode_response(dialect, &response, &prepared.reply), usage))
}

/// Reads a stream until its first content, so that a failure before it can still be answered by another candidate.
async fn begin(
    mut upstream: Upstream,
    dialect: Dialect,
    prepared: &Prepared,
    source: Source,
) -> Result<Relay, CallError> {
    let mut head = Bytes::new();
    let form = loop {
        let Some(chunk) = source.next(&mut upstream).await? else {
            return Err(empty(&source));
        };
        head = if head.is_empty() {
            chunk
        } else {
            [head, chunk].concat().into()
        };
        if let Some(form) = form(source.dialect, &head) {
            break form;
        }
        if head.len() > source.limit {
            return Err(source.foreign());
        }
    };
    let translate = || {
        Conduit::translate(
            source.dialect,
            dialect,
            source.tag.clone(),
            prepared.reply.clone(),
            prepared.asked,
            source.limit,
            prepared.keeper.clone(),
        )
    };
    match form {
        Form::Foreign => Err(source.foreign()),
        Form::Json => {
            let body = source.read(&mut upstream, head).await?;
            let events = unfold(source.response(&body, prepared.asked)?);
            let mut conduit = translate();
            let held = vec![conduit.play(events)];
            Ok(Relay {
                upstream,
                conduit,
                held,
                source,
                over: true,
                trying: None,
                transcript: Transcript::default(),
            })
        }
        Form::Events => {
            let conduit = if prepared.pass {
                let mut pass = Conduit::pass(dialect, prepared.rename.clone(), source.limit);
                if prepared.hides_usage {
                    pass = pass.hiding_usage();
                }
                if prepared.mends {
                    pass = pass.mending();
                }
                pass
            } else {
                translate()
            };
            first_content(
                Relay {
                    upstream,
                    conduit,
                    held: Vec::new(),
                    source,
                    over: false,
                    trying: None,
                    transcript: Transcript::default(),
                },
                head,
            )
            .await
        }
    }
}

async fn first_content(mut relay: Relay, head: Bytes) -> Result<Relay, CallError> {
    let mut next = Some(head);
    loop {
        let bytes = match next {
            Some(chunk) => relay.conduit.on_chunk(chunk),
            None => {
                relay.over = true;
                relay.conduit.finish(true)
            }
        };
        if !bytes.is_empty() {
            relay.held.push(bytes);
        }
        match relay.conduit.outcome() {
            _ if relay.conduit.began() => return Ok(relay),
            Outcome::Failed(error) if !relay.over => {
                return Err(CallError::answered(
                    relay.source.provider.clone(),
                    (**error).clone(),
                ));
            }
            Outcome::Failed(_) | Outcome::Complete => return Err(empty(&relay.source)),
            Outcome::Open => {}
        }
        next = relay.source.next(&mut relay.upstream).await?;
    }
}

fn empty(source: &Source) -> CallError {
    CallError {
        kind: CallErrorKind::Broken,
        ..CallError::answered(source.provider.clone(), collect::nothing_came())
    }
}
