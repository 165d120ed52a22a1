//! What an upstream's dialect makes of the request, told in the client's words.

use crate::error::EncodeError;
use crate::ir::Request;
use crate::losses::Losses;
use crate::target::{Encoded, Target};

/// Refuses: no upstream is asked in this dialect.
///
/// # Errors
/// Always.
pub fn encode(_: &Request, _: &Target) -> Result<Encoded, EncodeError> {
    Err(EncodeError::new(
        "model",
        "no upstream is asked for legacy completions; ask it in another dialect",
    ))
}

/// What other dialects' encoders call a field, and what its client does.
const FIELDS: &[(&str, &str)] = &[
    ("max_completion_tokens", "max_tokens"),
    ("stop_sequences", "stop"),
    ("top_logprobs", "logprobs"),
    ("metadata.user_id", "user"),
];

fn spell(path: &str) -> Option<String> {
    let found = FIELDS.iter().find(|(general, _)| *general == path);
    found.map(|(_, own)| (*own).to_owned())
}

/// A translation whose losses, or whose refusal, are told in the client's words; what only this dialect has is lost to
/// every other in the same way.
pub(crate) fn respelt(
    request: &Request,
    encoded: Result<Encoded, EncodeError>,
) -> Result<Encoded, EncodeError> {
    match encoded {
        Ok(mut encoded) => {
            encoded.losses.respell(spell);
            report(request, &mut encoded.losses);
            Ok(encoded)
        }
        Err(mut error) => {
            error.path = spell(&error.path).unwrap_or(error.path);
            Err(error)
        }
    }
}

/// Names what no other dialect can say. `echo` is not among it: [`Reply::echo`](crate::Reply::echo) does it.
fn report(request: &Request, losses: &mut Losses) {
    let Some(legacy) = &request.legacy else {
        return;
    };
    if legacy.suffix.is_some() {
        let why = "a chat model fills no gaps: it answers the prompt alone";
        losses.dropped("suffix", why);
    }
    if let Some(drawn) = legacy.best_of {
        let given = request.sampling.n.unwrap_or(1);
        if drawn > given {
            let why = format!("as many are drawn as are given, {given} and not {drawn}");
            losses.dropped("best_of", why);
        } else {
            losses.quietly_dropped("best_of", "every answer that is drawn is given");
        }
    }
    let lost = losses.iter().any(|loss| loss.path == "logprobs");
    if legacy.echo && request.sampling.logprobs == Some(true) && !lost {
        let why = "the answer has probabilities, the repeated prompt before it has none";
        losses.changed("logprobs", why);
    }
}
