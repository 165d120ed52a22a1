//! How much to think: Kiro has no setting for it, and is told so in its prompt (`providers.md` 9.5).

use super::encode::Scope;
use crate::ir::{ReasoningMode, Setting};
use crate::target::Thinking;

/// The shortest thinking that is asked for.
const SHORTEST: u64 = 1024;

/// What tells the model to think with at most so many tokens.
pub(super) fn tags(length: u64) -> String {
    format!(
        "<thinking_mode>interleaved</thinking_mode><max_thinking_length>{length}</max_thinking_length>"
    )
}

/// The length that is asked for, if the model is to think at all.
pub(super) fn plan(scope: &mut Scope<'_>) -> Option<u64> {
    let request = scope.request;
    let wish = &request.reasoning;
    let path = request.setting_path(Setting::Thinking);
    scope.foreign(&wish.extensions, || path.to_owned());
    let off = match wish.mode {
        Some(ReasoningMode::Off) => true,
        None => wish.effort.as_deref() == Some("none") || wish.budget == Some(0),
        Some(_) => false,
    };
    let wanted = wish.mode.is_some() || wish.budget.is_some() || wish.effort.is_some();
    if off || !wanted {
        return None;
    }
    let (min, max) = match scope.target.model_profile.thinking {
        Thinking::None => {
            drop_all(scope, "this model does not think");
            return None;
        }
        Thinking::Budget { min, max } | Thinking::Both { min, max } => {
            (u64::from(min).max(SHORTEST), u64::from(max))
        }
        Thinking::Levels { .. } => (SHORTEST, length_of_effort("high")),
    };
    if wish.display.as_deref() == Some("omitted") {
        let path = request.setting_path(Setting::Display);
        let why = "Kiro shows what it thinks";
        scope.losses.dropped(path, why);
    }
    if let Some(ReasoningMode::Other(word)) = &wish.mode {
        let why = format!("Kiro has no thinking of type `{word}`");
        scope.losses.dropped(format!("{path}.type"), why);
    }
    let length = wanted_length(scope).min(max).max(min);
    if let Some(budget) = wish.budget.filter(|budget| *budget != length) {
        let why = format!("the model thinks with {length} tokens at most, not {budget}");
        scope.losses.clamped("thinking.budget_tokens", why);
    }
    within_limit(scope, length)
}

/// The length of a wish; a level that Kiro does not have is the next one it has.
fn wanted_length(scope: &mut Scope<'_>) -> u64 {
    let wish = &scope.request.reasoning;
    match (wish.budget, wish.effort.as_deref()) {
        (Some(budget), _) => budget,
        (None, None) => length_of_effort("high"),
        (None, Some(effort)) => {
            let level = match effort {
                "minimal" | "low" => "low",
                "medium" => "medium",
                _ => "high",
            };
            if level != effort {
                let path = scope.request.setting_path(Setting::Effort);
                let why = format!("the nearest of Kiro's three lengths is that of `{level}`");
                scope.losses.clamped(path, why);
            }
            length_of_effort(level)
        }
    }
}

fn length_of_effort(level: &str) -> u64 {
    match level {
        "low" => 4_000,
        "medium" => 16_000,
        _ => 32_000,
    }
}

/// Thinking is part of the answer and must leave room for the rest of it. A number the client gave is taken as far as it goes;
/// a level leaves half of the room for the answer.
fn within_limit(scope: &mut Scope<'_>, length: u64) -> Option<u64> {
    let limit = scope.request.limits.max_output;
    let Some(limit) = limit.filter(|limit| *limit <= length && scope.target.kiro.inference_config)
    else {
        return Some(length);
    };
    let room = match scope.request.reasoning.budget {
        Some(_) => limit.saturating_sub(1),
        None => (limit / 2).max(SHORTEST.min(limit.saturating_sub(1))),
    };
    if room < SHORTEST {
        drop_all(scope, "the output limit leaves too few tokens to think");
        return None;
    }
    let path = scope.request.setting_path(Setting::Thinking);
    let why = format!("thinking must end below the output limit: {room} tokens");
    scope.losses.clamped(path, why);
    Some(room)
}

fn drop_all(scope: &mut Scope<'_>, why: &'static str) {
    let wish = &scope.request.reasoning;
    if wish.effort.is_some() {
        let path = scope.request.setting_path(Setting::Effort);
        scope.losses.dropped(path, why);
    }
    if wish.budget.is_some() || wish.mode.is_some() {
        let path = scope.request.setting_path(Setting::Thinking);
        scope.losses.dropped(path, why);
    }
}
