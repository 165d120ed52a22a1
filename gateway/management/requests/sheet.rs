//! A request as the memory of the gateway has it.

use modelgate_dialects::losses::Action;
use modelgate_management::RequestDetail;
use modelgate_management::requests::{
    Affinity, Attempt, Bound, Considered, LossNote, Outcome, Served, Times,
};
use modelgate_management::time::{Timestamp, timestamp};
use modelgate_providers::{Candidate, Moment};

use super::super::views::{at, reason};
use super::millis;
use crate::record::{self, Sheet};
use crate::telemetry::{Telemetry, usage};

/// Everything that is remembered of a request.
pub(super) fn detail(telemetry: &Telemetry, sheet: &Sheet) -> RequestDetail {
    let listed = considered(sheet);
    RequestDetail {
        id: sheet.id.to_string(),
        time: timestamp(sheet.time),
        client_key: Some(sheet.caller().to_owned()),
        client_name: sheet.client_name().map(str::to_owned),
        dialect: sheet.dialect.name().to_owned(),
        model: sheet.model.to_string(),
        stream: sheet.stream,
        status: sheet.status,
        complete: sheet.complete,
        error: sheet.failure.as_ref().map(|told| told.message.to_string()),
        served: sheet.served().filter(|_| sheet.status == 200).map(served),
        affinity: sheet.affinity.as_ref().map(|affinity| Affinity {
            source: affinity.source.to_owned(),
            outcome: match affinity.outcome {
                record::Place::Kept => Bound::Bound,
                record::Place::New => Bound::New,
                record::Place::Moved => Bound::Moved,
            },
            credential: sheet
                .served()
                .map(|attempt| attempt.candidate.credential.id.to_string()),
        }),
        more_candidates: sheet.members.saturating_sub(listed.len()),
        candidates: listed,
        attempts: sheet.attempts.iter().map(attempt).collect(),
        losses: sheet.losses.iter().map(loss).collect(),
        times: times(sheet),
        usage: usage(sheet),
        cost: telemetry.bill(sheet),
    }
}

/// Who was asked, each once, and who was passed over.
fn considered(sheet: &Sheet) -> Vec<Considered> {
    let now = Moment::now();
    let tried = sheet.attempts.iter().map(|attempt| {
        let reason = attempt.why.in_words().to_owned();
        candidate(&attempt.candidate, Outcome::Tried, Some(reason), None)
    });
    let passed_over = sheet.passed_over.iter().map(|passed| {
        let bar = passed.bar.as_ref();
        let next_try = bar.and_then(|bar| at(bar.until, now));
        candidate(
            &passed.candidate,
            Outcome::Skipped,
            bar.map(reason),
            next_try,
        )
    });
    let mut all: Vec<Considered> = Vec::new();
    for one in tried.chain(passed_over) {
        let same =
            |known: &Considered| known.credential == one.credential && known.model == one.model;
        if !all.iter().any(same) {
            all.push(one);
        }
    }
    all
}

fn candidate(
    candidate: &Candidate,
    outcome: Outcome,
    reason: Option<String>,
    next_try: Option<Timestamp>,
) -> Considered {
    Considered {
        credential: candidate.credential.id.to_string(),
        model: candidate.target.model.to_string(),
        outcome,
        reason,
        next_try,
    }
}

fn served(attempt: &record::Attempt) -> Served {
    let credential = &attempt.candidate.credential;
    Served {
        credential: credential.id.to_string(),
        provider: credential.provider.to_string(),
        dialect: attempt.dialect.name().to_owned(),
        model: attempt.candidate.target.model.to_string(),
    }
}

fn attempt(attempt: &record::Attempt) -> Attempt {
    let failure = attempt.failure.as_ref();
    let answered = attempt.took.is_some() && failure.is_none();
    Attempt {
        credential: attempt.candidate.credential.id.to_string(),
        model: attempt.candidate.target.model.to_string(),
        status: failure.map_or(answered.then_some(200), |failure| failure.status),
        kind: failure.map(|failure| failure.kind.to_owned()),
        message: failure.map(|failure| failure.message.to_string()),
        retry_after_ms: failure.and_then(|failure| failure.retry_after).map(millis),
        ms: attempt.took.map_or(0, millis),
    }
}

fn loss(lost: &record::Lost) -> LossNote {
    LossNote {
        path: lost.path.clone(),
        action: match lost.action {
            Action::Dropped => "dropped",
            Action::Changed => "changed",
            Action::Clamped => "clamped",
        }
        .to_owned(),
        why: lost.why.to_string(),
    }
}

fn times(sheet: &Sheet) -> Times {
    let first = sheet.attempts.first();
    let last = sheet.served();
    let called = |attempt: &record::Attempt| attempt.after;
    // From the first call to the one that answered there were others, and waits.
    let queue = first
        .zip(last)
        .map(|(first, last)| called(last).saturating_sub(called(first)));
    Times {
        total_ms: millis(sheet.total),
        own_us: first.map(|first| u64::try_from(first.after.as_micros()).unwrap_or(u64::MAX)),
        queue_ms: queue.map(millis),
        first_byte_ms: sheet.first_byte.map(millis),
        stream_ms: sheet
            .first_byte
            .map(|first| millis(sheet.total.saturating_sub(first))),
    }
}
