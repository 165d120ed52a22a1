//! Vectors of texts, in OpenAI's words and in Google's: `/v1/embeddings`, `:embedContent`, `:batchEmbedContents`.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use modelgate_dialects::embeddings::{self, EmbedAnswer, EmbedRequest, Shape};
use modelgate_dialects::ir::Usage;
use modelgate_dialects::passthrough::usage_of_body;
use modelgate_dialects::{DecodeError, Dialect, EncodeError, Losses, Str};
use modelgate_providers::{CallError, Candidate, Credential, Member, Operation, Why};
use warp::reply::Response;

use super::whole;
use crate::error::{self, Failure};
use crate::exchange::{Ask, refuse};
use crate::google::Method;
use crate::plan::Plan;
use crate::reply;
use crate::request::Incoming;
use crate::state::State;
use crate::tried::{Next, Tried};

/// Answers a request for vectors.
pub(crate) async fn embed(state: Arc<State>, incoming: Box<Incoming>, ask: Ask) -> Response {
    let dialect = ask.dialect();
    let shape = shape(&ask);
    let mut plan = match Plan::read(state, incoming, ask).await {
        Ok(plan) => plan,
        Err(failure) => return error::answer(dialect, &failure),
    };
    match Box::pin(embedded(&mut plan, shape)).await {
        Ok((answer, losses)) => {
            plan.record.answered(answer.body.len());
            let mut response = reply::json(StatusCode::OK, answer.body);
            reply::name_losses(&mut response, &losses);
            if answer.estimated {
                reply::mark_estimated(&mut response);
            }
            response
        }
        Err(failure) => refuse(plan.record, dialect, &failure),
    }
}

fn shape(ask: &Ask) -> Shape {
    match ask {
        Ask::Body(_) => Shape::OpenAi,
        Ask::Google(google) if google.method == Method::EmbedBatch => Shape::GeminiBatch,
        Ask::Google(_) => Shape::GeminiOne,
    }
}

/// What a candidate is asked for.
struct Asked {
    shape: Shape,
    losses: Losses,
    bodies: Bodies,
}

/// How it is asked.
enum Bodies {
    /// In the client's own words.
    Same(Bytes),
    /// In the upstream's, in as many pieces as it takes: each with its body.
    Translated(EmbedRequest, Vec<(EmbedRequest, Bytes)>),
}

/// What the client gets.
struct Answer {
    body: Bytes,
    /// As the upstream counted.
    usage: Usage,
    /// The body has an estimate in its place.
    estimated: bool,
}

async fn embedded(plan: &mut Plan, shape: Shape) -> Result<(Answer, Losses), Failure> {
    let mut last = None;
    let dialect_of = |credential: &Credential| match credential.kind.dialect() {
        Dialect::Gemini => Dialect::Gemini,
        _ => Dialect::Chat,
    };
    let fits = |candidate: Member<'_>| {
        let dialect = dialect_of(candidate.credential);
        candidate.credential.offers(Operation::Embed, dialect)
    };
    let mut tried = Tried::default();
    while let Next::Candidate(candidate, mut trying) = tried.next(plan, &fits) {
        let dialect = dialect_of(&candidate.credential);
        let asked = prepare(plan, shape, dialect, &candidate)?;
        match call(plan, &asked, &candidate, trying.why).await {
            Ok(answer) => {
                trying.succeeded();
                plan.record.used(answer.usage.clone());
                plan.record.lost(&asked.losses);
                return Ok((answer, asked.losses));
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

fn prepare(
    plan: &Plan,
    shape: Shape,
    dialect: Dialect,
    candidate: &Candidate,
) -> Result<Asked, Failure> {
    let (document, model) = (plan.document(), &candidate.target.model);
    if shape.dialect() == dialect {
        let body = embeddings::rename_model(shape, plan.bytes(), document, model);
        return Ok(Asked {
            shape,
            losses: Losses::default(),
            bodies: Bodies::Same(body),
        });
    }
    let mut request = embeddings::decode_request(shape, document)?;
    if plan.google.is_some() {
        request.model = plan.peek.model.clone();
    }
    let to = match dialect {
        Dialect::Gemini => Shape::of_gemini(&request),
        _ => Shape::OpenAi,
    };
    let pieces = request.pieces(to).into_iter().map(|piece| {
        let encoded = embeddings::encode_request(to, &piece, model)?;
        Ok((piece, encoded))
    });
    let pieces: Result<Vec<_>, EncodeError> = pieces.collect();
    plan.unspoiled()?;
    let mut losses = Losses::default();
    let pieces = pieces?.into_iter().map(|(piece, encoded)| {
        losses.append(encoded.losses);
        (piece, encoded.body)
    });
    let bodies = Bodies::Translated(request, pieces.collect());
    Ok(Asked {
        shape: to,
        losses,
        bodies,
    })
}

async fn call(
    plan: &mut Plan,
    asked: &Asked,
    candidate: &Candidate,
    why: Why,
) -> Result<Answer, CallError> {
    let operation = match asked.shape {
        Shape::GeminiBatch => Operation::EmbedBatch,
        Shape::OpenAi | Shape::GeminiOne => Operation::Embed,
    };
    let dialect = asked.shape.dialect();
    let (request, pieces) = match &asked.bodies {
        Bodies::Translated(request, pieces) => (request, pieces),
        Bodies::Same(body) => {
            let body = body.clone().into();
            let asked = whole::ask(plan, candidate, why, operation, dialect, body);
            let (body, document) = asked.await?;
            return Ok(Answer {
                body,
                usage: usage_of_body(dialect, &document).unwrap_or_default(),
                estimated: false,
            });
        }
    };
    let mut whole: Option<EmbedAnswer> = None;
    for (piece, body) in pieces {
        let body = body.clone().into();
        let (_, document) = whole::ask(plan, candidate, why, operation, dialect, body).await?;
        let answer = embeddings::decode_answer(asked.shape, &document, piece);
        let answer = answer.map_err(|error| unreadable(candidate, &error))?;
        match &mut whole {
            Some(whole) => whole.append(answer),
            None => whole = Some(answer),
        }
    }
    let nothing = DecodeError::shape("body", "there are no texts");
    let mut answer = whole.ok_or_else(|| unreadable(candidate, &nothing))?;
    let usage = answer.usage.clone().unwrap_or_default();
    let model: &Str = &plan.peek.model;
    let estimated = answer.estimate_usage(request);
    Ok(Answer {
        body: embeddings::encode_answer(&answer, request, model),
        usage,
        estimated,
    })
}

fn unreadable(candidate: &Candidate, error: &DecodeError) -> CallError {
    let provider = &candidate.credential.provider;
    let what = format!("{provider} sent vectors that cannot be read: {error}");
    CallError::broken(provider.clone(), what)
}
