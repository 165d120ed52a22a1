//! What a client is told when nobody may be asked: every credential of its model is barred.

use modelgate_dialects::Str;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_providers::health::Bar;
use modelgate_providers::{CallErrorKind, Moment};

use crate::error::Failure;
use crate::plan::Plan;

/// Credentials that are looked at, and named.
const LOOKED_AT: usize = 32;
const NAMED: usize = 3;

/// The failure, by the bar that says most.
pub(crate) fn failure(plan: &Plan, retry_at: Option<Moment>) -> Failure {
    let now = Moment::now();
    let bars = bars(plan);
    let Some((_, worst)) = bars.iter().max_by_key(|(_, bar)| weight(bar.kind)) else {
        return Failure::unknown_model(&plan.peek.model, &[]);
    };
    let named: Vec<String> = bars
        .iter()
        .take(NAMED)
        .map(|(id, bar)| format!("{id}: {} ({})", bar.message, bar.kind.name()))
        .collect();
    let when = match retry_at {
        Some(at) => format!("the first is asked again in {} s", seconds(at, now)),
        None => "none is asked again by itself".to_owned(),
    };
    let others = bars.len().saturating_sub(NAMED);
    let others = if others > 0 {
        format!("; and {others} more")
    } else {
        String::new()
    };
    let message = format!(
        "every credential for `{}` is resting; {when}. {}{others}. See `modelgate accounts`",
        plan.peek.model,
        named.join("; "),
    );
    let (kind, code) = match worst.kind {
        CallErrorKind::RateLimited => (ErrorKind::RateLimit, "model_cooldown"),
        CallErrorKind::NotFound => (ErrorKind::NotFound, "model_not_found"),
        _ => (ErrorKind::Overloaded, "auth_unavailable"),
    };
    let mut error = Error::new(kind, Str::from(message)).with_code(code);
    error.retry_after = retry_at.map(|at| at.since(now));
    error.into()
}

/// The bars of the route's members, with the names of the credentials.
fn bars(plan: &Plan) -> Vec<(String, Bar)> {
    let members = plan.route.members().take(LOOKED_AT);
    let bars = members.filter_map(|member| {
        let bar = member.credential.health.bar(&member.target.model)?;
        Some((member.credential.id.to_string(), bar))
    });
    bars.collect()
}

/// A limit says more than a missing model, and that more than a key that is wrong.
fn weight(kind: CallErrorKind) -> u8 {
    match kind {
        CallErrorKind::RateLimited => 2,
        CallErrorKind::NotFound => 0,
        _ => 1,
    }
}

/// Rounded up: a client that comes too early is refused again.
fn seconds(at: Moment, now: Moment) -> u64 {
    let wait = at.since(now);
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
