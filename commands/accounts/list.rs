//! `modelgate accounts`.

use jiff::Timestamp;
use modelgate_management::Account;
use modelgate_management::accounts::{QuotaWindow, State};

use crate::clock::Clock;
use crate::columns::columns;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Remote;

/// Longer reasons are cut; `--json` has them whole.
const REASON: usize = 80;

pub(super) fn run(context: &mut Context, remote: &Remote) -> Result<(), CommandError> {
    let gateway = remote.open(context)?;
    let accounts = gateway.wait(gateway.client.accounts())?;
    if context.output.is_json() {
        return context.output.json(&accounts);
    }
    if accounts.accounts.is_empty() {
        context.output.note("the gateway has no accounts");
        return Ok(());
    }
    context
        .output
        .data(&table(&accounts.accounts, &Clock::system()))?;
    if let Some(rate) = accounts.session_hit_rate {
        let percent = rate * 100.0;
        context.output.note(&format!(
            "{percent:.0}% of the requests in a conversation found their account"
        ));
    }
    Ok(())
}

fn table(accounts: &[Account], clock: &Clock) -> String {
    let headings = ["ACCOUNT", "PROVIDER", "STATE", "ANSWERED", "USED UP"];
    let rows = accounts.iter().flat_map(|account| {
        let models = account.models.iter().map(|model| {
            [
                format!("  {}", inert(&model.model)),
                String::new(),
                state(model.state, model.reason.as_deref(), model.next_try, clock),
                String::new(),
                String::new(),
            ]
        });
        let list = account.model_list.as_ref();
        let missing = list.and_then(|list| list.error.as_deref()).map(|error| {
            [
                "  (its list of models)".to_owned(),
                String::new(),
                format!("not fetched: {}", cut(error)),
                String::new(),
                String::new(),
            ]
        });
        let own = std::iter::once(row(account, clock));
        own.chain(missing).chain(models)
    });
    columns(Some(headings), rows).trim_fmt()
}

fn row(account: &Account, clock: &Clock) -> [String; 5] {
    [
        name(account),
        inert(&account.provider).into_owned(),
        state(
            account.state,
            account.reason.as_deref(),
            account.next_try,
            clock,
        ),
        answered(account),
        quota(&account.quota, clock),
    ]
}

/// The id, and what people call the account where that is not in it.
fn name(account: &Account) -> String {
    let called = account.email.as_ref().or(account.label.as_ref());
    match called.filter(|called| !account.id.contains(called.as_str())) {
        Some(called) => format!("{} ({})", inert(&account.id), inert(called)),
        None => inert(&account.id).into_owned(),
    }
}

/// `cooling until 14:32:05: too many requests`
fn state(state: State, reason: Option<&str>, next: Option<Timestamp>, clock: &Clock) -> String {
    let mut text = state.name().to_owned();
    if let Some(next) = next {
        text.push_str(&format!(" until {}", clock.at(next)));
    }
    if let Some(reason) = reason {
        text.push_str(&format!(": {}", cut(reason)));
    }
    text
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(REASON).collect();
    let end = if short.len() < text.len() { "…" } else { "" };
    format!("{}{end}", inert(&short))
}

/// `98% of 120`
fn answered(account: &Account) -> String {
    let (Some(succeeded), Some(failed)) = (account.succeeded, account.failed) else {
        return "-".to_owned();
    };
    let all = u128::from(succeeded) + u128::from(failed);
    match (u128::from(succeeded) * 100).checked_div(all) {
        Some(percent) => format!("{percent}% of {all}"),
        None => "-".to_owned(),
    }
}

/// `5h 42% until 16:00:00, weekly 80%`
fn quota(windows: &[QuotaWindow], clock: &Clock) -> String {
    if windows.is_empty() {
        return "-".to_owned();
    }
    let windows = windows.iter().map(|window| {
        let used = format!("{} {:.0}%", inert(&window.name), window.used_percent);
        match window.resets_at {
            Some(whole) => format!("{used} until {}", clock.at(whole)),
            None => used,
        }
    });
    windows.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use modelgate_management::Accounts;

    use super::*;
    use crate::clock::tests::clock;

    const RECORDED: &str = r#"{"accounts": [
        {"id": "claude-api-key[0]", "provider": "claude", "kind": "claude", "source": "config", "state": "ready",
         "priority": 1, "succeeded": 118, "failed": 2,
         "model_list": {"models": 9, "fetched": "2026-03-04T08:00:00Z", "error": "Overloaded"}},
        {"id": "codex-1.json", "provider": "codex", "kind": "codex", "source": "file", "email": "ada@example.com",
         "state": "cooling", "reason": "too many requests\u001b[31m", "next_try": "2026-03-04T12:32:05Z", "priority": 0,
         "succeeded": 0, "failed": 0,
         "quota": [{"name": "5h", "used_percent": 100, "resets_at": "2026-03-04T12:32:05Z"},
                   {"name": "weekly", "used_percent": 41.6, "resets_at": "2026-03-09T08:00:00Z"}]},
        {"id": "kiro-bob@example.com.json", "provider": "kiro", "kind": "kiro", "source": "file",
         "email": "bob@example.com", "state": "log_in_again", "reason": "the provider refused to renew the token",
         "priority": 0,
         "models": [{"model": "claude-opus", "state": "on_trial"},
                    {"model": "claude-sonnet", "state": "cooling", "reason": "model not found", "next_try": "2026-03-05T12:00:00Z"}]},
        {"id": "demo", "provider": "demo", "kind": "demo", "source": "built-in", "state": "disabled", "priority": 0}
    ]}"#;

    #[test]
    fn accounts_are_listed_with_what_is_the_matter() {
        let accounts: Accounts = serde_json::from_str(RECORDED).unwrap();
        insta::assert_snapshot!("table", table(&accounts.accounts, &clock()));
        insta::assert_json_snapshot!("json", accounts);
    }

    #[test]
    fn long_reasons_are_cut_between_characters() {
        let reason = "ü".repeat(REASON);
        let whole = state(State::Disabled, Some(&reason), None, &clock());
        assert!(whole.ends_with('ü'), "{whole}");
        let cut = state(State::Disabled, Some(&(reason + "ü")), None, &clock());
        assert_eq!(cut, whole + "…");
    }
}
