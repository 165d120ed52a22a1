//! Searching for an answer: one candidate after the other, in rounds, and the fallbacks of the model.

use std::pin::Pin;
use std::sync::Arc;

use modelgate_dialects::{Losses, Str};
use modelgate_providers::{CallError, CallErrorKind, Candidate, Moment, Pauses};
use tokio::time::sleep;

use crate::attempt::{self, Answer, Refusal};
use crate::error::Failure;
use crate::plan::Plan;
use crate::record::Record;
use crate::resting;
use crate::tried::{Next, Tried};

/// How the search for an answer ended, with the losses of the candidate that answered.
pub(crate) type Opened = (Record, Result<(Answer, Losses), Failure>);
/// The search for an answer.
pub(crate) type Opening = Pin<Box<dyn Future<Output = Opened> + Send>>;

/// Searches for an answer; what the request brought is given back when it is found.
pub(crate) async fn open(mut plan: Box<Plan>) -> Opened {
    let opened = run(&mut plan).await;
    (plan.record, opened)
}

/// Asks for the model, and for its fallbacks one after the other while nobody serves it.
async fn run(plan: &mut Plan) -> Result<(Answer, Losses), Failure> {
    let mut first = None;
    loop {
        let ended = match search(plan).await {
            Ok(answer) => return Ok(answer),
            Err(ended) => ended,
        };
        // The client asked for the first model: it is told what is the matter with that.
        let failure = first.get_or_insert(ended.failure);
        if !ended.may_rotate || !plan.fall_back() {
            return Err(std::mem::replace(failure, Failure::draining()));
        }
    }
}

/// Why nobody answered.
struct Ended {
    /// The failure to show: the most telling one.
    failure: Failure,
    /// Others may do better.
    may_rotate: bool,
    /// The same ones may do better after a pause.
    pauses: Option<Pauses>,
    /// When the first that is barred can be asked again.
    retry_at: Option<Moment>,
}

/// Tries the candidates as it is their turn, in as many rounds as the configuration, or a candidate for itself, allows.
async fn search(plan: &mut Plan) -> Result<(Answer, Losses), Ended> {
    plan.look_around();
    let snapshot = Arc::clone(&plan.snapshot);
    let mut patience = snapshot.config.max_retry_interval;
    let mut paused = 0;
    let mut tried = Tried::default();
    loop {
        let ended = match round(plan, &mut tried).await {
            Ok(answer) => return Ok(answer),
            Err(ended) => ended,
        };
        if !ended.may_rotate || !tried.next_round(plan) {
            return Err(ended);
        }
        let wait = match ended.pauses {
            Some(pauses) => {
                paused += 1;
                pauses.after(paused - 1)
            }
            None => {
                let now = Moment::now();
                let wait = ended.retry_at.map(|at| at.since(now));
                match wait.filter(|wait| *wait <= patience && !wait.is_zero()) {
                    Some(wait) => {
                        patience -= wait;
                        wait
                    }
                    None => return Err(ended),
                }
            }
        };
        tracing::debug!(request_id = %plan.id, ?wait, "nobody answered; trying again");
        sleep(wait).await;
    }
}

async fn round(plan: &mut Plan, tried: &mut Tried) -> Result<(Answer, Losses), Ended> {
    let mut shown: Option<(u8, Failure)> = None;
    let mut pauses = None;
    let retry_at = loop {
        let (candidate, mut trying) = match tried.next(plan, &|_| true) {
            Next::Candidate(candidate, trying) => (candidate, trying),
            Next::Nobody(retry_at) => break retry_at,
        };
        let (weight, failure) = match attempt::one(plan, &candidate, trying.why).await {
            Ok((mut answer, losses)) => {
                trying.succeeded();
                plan.settle(&trying);
                if let Answer::Stream(relay) = &mut answer {
                    relay.trying = Some(trying);
                    relay.transcript = plan.transcript.clone();
                }
                return Ok((answer, losses));
            }
            Err(Refusal::Unsayable(failure)) => (0, failure),
            Err(Refusal::Failed(error)) => {
                log(plan, &candidate, &error);
                trying.failed(&error);
                if !error.may_rotate() {
                    // Passed through, the inside of strings was not looked into: here is the time.
                    let failure = plan.malformed().unwrap_or_else(|| error.into());
                    return Err(Ended {
                        failure,
                        may_rotate: false,
                        pauses: None,
                        retry_at: None,
                    });
                }
                let own = passes(error.kind).then(|| candidate.credential.kind.pauses());
                pauses = pauses.max(own);
                (weight(error.kind), explained(&candidate, error))
            }
        };
        if shown.as_ref().is_none_or(|(other, _)| weight >= *other) {
            shown = Some((weight, failure));
        }
    };
    let failure = shown.map(|(_, failure)| failure);
    Err(Ended {
        failure: failure.unwrap_or_else(|| resting::failure(plan, retry_at)),
        may_rotate: true,
        pauses,
        retry_at,
    })
}

fn log(plan: &Plan, candidate: &Candidate, error: &CallError) {
    tracing::warn!(
        request_id = %plan.id,
        credential = %candidate.credential.id,
        model = %candidate.target.model,
        kind = error.kind.name(),
        status = error.error.status,
        retry_after = ?error.error.retry_after,
        error = %error.error.message,
        "attempt failed"
    );
}

/// The failure for the client. A client that reads of a wrong key thinks of its own.
fn explained(candidate: &Candidate, mut error: CallError) -> Failure {
    use CallErrorKind::{Billing, Forbidden, Unauthorized, Unwelcome};
    if matches!(error.kind, Unauthorized | Forbidden | Unwelcome | Billing) {
        let id = &candidate.credential.id;
        let said = &error.error.message;
        let message = format!("the provider refused modelgate's own credential {id}: {said}");
        error.error.message = Str::from(message);
    }
    error.into()
}

/// Failures that are worth another round: those that go away by themselves within seconds.
fn passes(kind: CallErrorKind) -> bool {
    use CallErrorKind::{Broken, Overloaded, TimedOut, Unreachable};
    matches!(kind, Unreachable | Overloaded | Broken | TimedOut)
}

/// Of several failures the client is shown the one that says most: a limit it can wait for rather than a key that is
/// wrong, and anything rather than a missing model.
fn weight(kind: CallErrorKind) -> u8 {
    match kind {
        CallErrorKind::NotFound => 1,
        CallErrorKind::Unauthorized
        | CallErrorKind::Forbidden
        | CallErrorKind::Unwelcome
        | CallErrorKind::Billing => 2,
        CallErrorKind::Unreachable | CallErrorKind::Broken | CallErrorKind::TimedOut => 3,
        CallErrorKind::Overloaded | CallErrorKind::RateLimited | CallErrorKind::Invalid => 4,
    }
}
