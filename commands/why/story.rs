//! `modelgate why REQUEST-ID`.

use std::fmt::Write as _;

use modelgate_management::RequestDetail;
use modelgate_management::requests::{Affinity, Attempt, Bound, LossNote, Times, Usage};

use crate::candidates::{self, PAST};
use crate::clock::{Clock, micros, millis};
use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::output::{FAINT, STRONG};
use crate::remote::Remote;

pub(super) fn run(context: &mut Context, remote: &Remote, id: &str) -> Result<(), CommandError> {
    let gateway = remote.open(context)?;
    let detail = gateway.wait(gateway.client.request(id))?;
    if context.output.is_json() {
        return context.output.json(&detail);
    }
    context.output.data(&story(&detail, &Clock::system()))
}

/// The whole story.
fn story(detail: &RequestDetail, clock: &Clock) -> String {
    let mut text = head(detail, clock);
    let mut part = |heading: &str, lines: String| {
        if !lines.is_empty() {
            let _ = write!(text, "\n{STRONG}{heading}{STRONG:#}\n{lines}\n");
        }
    };
    let more = detail.more_candidates;
    part(
        "candidates",
        candidates::lines(&detail.candidates, more, PAST, clock),
    );
    part("attempts", attempts(&detail.attempts));
    part("not carried", losses(&detail.losses));
    part("time", times(&detail.times));
    part("tokens", tokens(&detail.usage));
    text
}

fn head(detail: &RequestDetail, clock: &Clock) -> String {
    let mut text = format!(
        "{STRONG}request {}{STRONG:#} at {}\n",
        inert(&detail.id),
        clock.at(detail.time)
    );
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "  {FAINT}{label:<9}{FAINT:#} {value}");
    };
    line(
        "asked by",
        &inert(detail.client_key.as_deref().unwrap_or("somebody")),
    );
    let stream = if detail.stream { ", as a stream" } else { "" };
    let (model, dialect) = (inert(&detail.model), inert(&detail.dialect));
    line("for", &format!("{model}, in the dialect {dialect}{stream}"));
    let cut = match (detail.complete, detail.status) {
        (true, _) => "",
        (false, 499) => ", because the client left before there was an answer",
        (false, _) => ", but not to its end",
    };
    line("answered", &format!("with status {}{cut}", detail.status));
    if let Some(error) = &detail.error {
        line("error", &inert(error));
    }
    if let Some(served) = &detail.served {
        line(
            "by",
            &format!(
                "{}, as {}, in the dialect {}",
                inert(&served.credential),
                inert(&served.model),
                inert(&served.dialect)
            ),
        );
    }
    if let Some(affinity) = &detail.affinity {
        line("session", &session(affinity));
    }
    text
}

fn session(affinity: &Affinity) -> String {
    let what = match affinity.outcome {
        Bound::Bound => "stayed with",
        Bound::New => "new, now bound to",
        Bound::Moved => "moved to",
        Bound::Unknown => "bound to",
    };
    format!(
        "{what} {} (known by {})",
        inert(affinity.credential.as_deref().unwrap_or("nobody")),
        inert(&affinity.source)
    )
}

fn attempts(attempts: &[Attempt]) -> String {
    let rows = attempts.iter().enumerate().map(|(index, attempt)| {
        [
            format!("  {}", index + 1),
            inert(&attempt.credential).into_owned(),
            inert(&attempt.model).into_owned(),
            attempt
                .status
                .map_or("-".to_owned(), |status| status.to_string()),
            format!("after {}", millis(attempt.ms)),
            outcome(attempt),
        ]
    });
    columns(None, rows).trim_fmt()
}

/// What went wrong in an attempt; nothing where it answered.
fn outcome(attempt: &Attempt) -> String {
    let mut parts = Vec::new();
    if let Some(kind) = &attempt.kind {
        parts.push(inert(kind).into_owned());
    }
    if let Some(message) = &attempt.message {
        parts.push(inert(message).into_owned());
    }
    let mut text = parts.join(": ");
    if let Some(wait) = attempt.retry_after_ms {
        let _ = write!(text, " (asks to wait {})", millis(wait));
    }
    text
}

fn losses(losses: &[LossNote]) -> String {
    let rows = losses.iter().map(|loss| {
        [
            format!("  {}", inert(&loss.path)),
            format!("{}: {}", inert(&loss.action), inert(&loss.why)),
        ]
    });
    columns(None, rows).trim_fmt()
}

fn times(times: &Times) -> String {
    let known = |label: &'static str, time: Option<String>| Some([label.to_owned(), time?]);
    let rows = [
        known("  gateway", times.own_us.map(micros)),
        known("  waiting", times.queue_ms.map(millis)),
        known("  first byte", times.first_byte_ms.map(millis)),
        known("  stream", times.stream_ms.map(millis)),
        known("  total", Some(millis(times.total_ms))),
    ];
    columns(None, rows.into_iter().flatten()).trim_fmt()
}

fn tokens(usage: &Usage) -> String {
    let number = |tokens: Option<u64>| tokens.map_or("not told".to_owned(), |n| n.to_string());
    if *usage == Usage::default() {
        return String::new();
    }
    let cached = match usage.cached {
        Some(cached) => format!(" ({cached} from a cache)"),
        None => String::new(),
    };
    format!(
        "  in {}{cached}, out {}",
        number(usage.input),
        number(usage.output)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::tests::clock;

    const RECORDED: &str = r#"{
        "id": "019cb8a1d1f07c1e8a", "time": "2026-03-04T11:58:01.5Z", "client_key": "laptop", "dialect": "claude",
        "model": "sonnet(high)", "stream": true, "status": 200, "complete": false,
        "served": {"credential": "codex-ada.json", "provider": "codex", "dialect": "responses", "model": "gpt-5.1"},
        "affinity": {"source": "metadata.user_id", "outcome": "moved", "credential": "codex-ada.json"},
        "candidates": [
            {"credential": "claude-api-key[0]", "model": "claude-sonnet-4-5", "outcome": "skipped",
             "reason": "cooling", "next_try": "2026-03-04T12:10:00Z"},
            {"credential": "claude-api-key[1]", "model": "claude-sonnet-4-5", "outcome": "tried"},
            {"credential": "codex-ada.json", "model": "gpt-5.1", "outcome": "tried"},
            {"credential": "openrouter[0]", "model": "sonnet", "outcome": "reserve"}],
        "more_candidates": 3,
        "attempts": [
            {"credential": "claude-api-key[1]", "model": "claude-sonnet-4-5", "status": 429, "kind": "rate_limited",
             "message": "slow down\u001b[2J\nplease", "retry_after_ms": 30000, "ms": 212},
            {"credential": "codex-ada.json", "model": "gpt-5.1", "kind": "unreachable", "message": "no route", "ms": 5},
            {"credential": "codex-ada.json", "model": "gpt-5.1", "status": 200, "ms": 640}],
        "losses": [{"path": "system[0].cache_control", "action": "dropped", "why": "responses has no such mark"}],
        "times": {"total_ms": 14210, "own_us": 412, "queue_ms": 200, "first_byte_ms": 1071, "stream_ms": 13139},
        "usage": {"input": 1200, "cached": 300}
    }"#;

    fn told(text: &str) -> String {
        let detail: RequestDetail = serde_json::from_str(text).unwrap();
        anstream::adapter::strip_str(&story(&detail, &clock())).to_string()
    }

    #[test]
    fn the_story_of_a_request() {
        insta::assert_snapshot!("story", told(RECORDED));
    }

    #[test]
    fn a_client_that_left_early() {
        let text = r#"{"id": "1", "time": "2026-03-04T11:58:01Z", "dialect": "chat", "model": "m", "stream": false,
            "status": 499, "complete": false, "error": "gone", "times": {"total_ms": 3}}"#;
        insta::assert_snapshot!("left", told(text));
    }
}
