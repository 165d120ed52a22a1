//! Candidates as people read them, in the account of a request and in a decision.

use modelgate_management::requests::{Considered, Outcome};

use crate::clock::Clock;
use crate::columns::columns;
use crate::inert::inert;

/// The words for what came of a candidate, or would come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    tried: &'static str,
    reserve: &'static str,
}

/// Of a request that is over.
pub(crate) const PAST: Words = Words {
    tried: "tried",
    reserve: "not needed",
};
/// Of one that nobody has sent.
pub(crate) const FUTURE: Words = Words {
    tried: "asked first",
    reserve: "in reserve",
};

/// A numbered line for each, and one that counts those that are not listed.
pub(crate) fn lines(candidates: &[Considered], more: usize, words: Words, clock: &Clock) -> String {
    let rows = candidates.iter().enumerate().map(|(index, candidate)| {
        [
            format!("  {}", index + 1),
            inert(&candidate.credential).into_owned(),
            inert(&candidate.model).into_owned(),
            outcome(candidate, words, clock),
        ]
    });
    let mut text = columns(None, rows).trim_fmt();
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}

fn outcome(candidate: &Considered, words: Words, clock: &Clock) -> String {
    let mut text = match candidate.outcome {
        Outcome::Tried => words.tried,
        Outcome::Skipped => "skipped",
        Outcome::Reserve => words.reserve,
        Outcome::Unknown => "unknown",
    }
    .to_owned();
    if let Some(reason) = &candidate.reason {
        text.push_str(": ");
        text.push_str(&inert(reason));
    }
    if let Some(next) = candidate.next_try {
        text.push_str(&format!(", next try {}", clock.at(next)));
    }
    text
}
