//! `modelgate route`.

use std::fmt::Write as _;

use modelgate_management::RouteDecision;

use crate::candidates::{self, FUTURE};
use crate::clock::Clock;
use crate::complete;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::output::{FAINT, STRONG};
use crate::remote::Remote;

/// Tell which account would answer for a model now, and why
///
/// Nothing is sent, and no account's turn is taken. With --json: {"model", "strategy", "session", "chosen", "why",
/// "candidates": [{"credential", "model", "outcome", "reason", "next_try"}], "retry_at"}; what is not known is absent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate route claude-sonnet-5
  modelgate route gpt-5 --session 0199f0d2")]
pub(crate) struct Args {
    /// The model, as a client would name it
    #[arg(value_name = "MODEL", add = complete::models())]
    model: String,
    /// The session, as a client would name it
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let gateway = args.remote.open(context)?;
    let asked = gateway.client.route(&args.model, args.session.as_deref());
    let decision = gateway.wait(asked)?;
    if context.output.is_json() {
        return context.output.json(&decision);
    }
    context.output.data(&account(&decision, &Clock::system()))
}

fn account(decision: &RouteDecision, clock: &Clock) -> String {
    let chosen = decision.chosen.as_deref().unwrap_or("nobody");
    let mut text = format!(
        "{STRONG}{}{STRONG:#} would be answered by {STRONG}{}{STRONG:#}\n",
        inert(&decision.model),
        inert(chosen)
    );
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "  {FAINT}{label:<9}{FAINT:#} {value}");
    };
    line("because", &inert(&decision.why));
    line("strategy", &inert(&decision.strategy));
    if let Some(session) = &decision.session {
        line("session", &inert(session));
    }
    if let Some(retry) = decision.retry_at {
        line("next try", &clock.at(retry));
    }
    if !decision.candidates.is_empty() {
        let lines = candidates::lines(&decision.candidates, 0, FUTURE, clock);
        let _ = write!(text, "\n{STRONG}candidates{STRONG:#}\n{lines}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::tests::clock;

    fn told(text: &str) -> String {
        let decision: RouteDecision = serde_json::from_str(text).unwrap();
        anstream::adapter::strip_str(&account(&decision, &clock())).to_string()
    }

    #[test]
    fn the_one_that_would_be_asked() {
        let text = r#"{"model": "son\u001bnet", "strategy": "round-robin", "session": "s1", "chosen": "claude-api-key[1]",
            "why": "its turn has come", "candidates": [
                {"credential": "claude-api-key[1]", "model": "claude-sonnet-4-5", "outcome": "tried"},
                {"credential": "claude-api-key[0]", "model": "claude-sonnet-4-5", "outcome": "reserve"},
                {"credential": "codex-ada.json", "model": "gpt-5.1", "outcome": "skipped", "reason": "disabled"}]}"#;
        insta::assert_snapshot!("chosen", told(text));
    }

    #[test]
    fn nobody_and_when_to_try_again() {
        let text = r#"{"model": "m", "strategy": "fill-first", "why": "every account is cooling",
            "retry_at": "2026-03-04T12:00:30Z", "candidates": [
                {"credential": "a", "model": "m", "outcome": "skipped", "reason": "too many requests",
                 "next_try": "2026-03-04T12:00:30Z"}]}"#;
        insta::assert_snapshot!("nobody", told(text));
    }
}
