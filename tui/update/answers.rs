//! What the gateway answered.

use modelgate_management::UsageSummary;

use super::{over, schedule};
use crate::app::{App, Page};
use crate::message::{Answer, Deed, Effect, Fetch, Outcome, Trouble};

pub(super) fn answered(app: &mut App, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Requests(requests) => {
            answered_to(app, &Fetch::Requests);
            // The oldest first, as if they had been told.
            for summary in requests.requests.into_iter().rev() {
                let took = i64::try_from(summary.total_ms / 1_000).unwrap_or(i64::MAX);
                let at = summary.time.as_second().saturating_add(took);
                let news = app.requests.get(&summary.id).is_none();
                let began = summary.time.as_second();
                let at = at.min(app.second());
                if news && app.second() - began < crate::traffic::SPAN {
                    app.traffic.started(began.min(app.second()));
                }
                over(app, summary, at);
            }
        }
        Answer::Request(detail) => {
            answered_to(app, &Fetch::Request(detail.id.clone()));
            for page in &mut app.pages {
                if let Page::Why(why) = page
                    && why.id == detail.id
                {
                    why.detail.learn((*detail).clone());
                }
            }
        }
        Answer::Accounts(accounts) => {
            answered_to(app, &Fetch::Accounts);
            app.accounts.look(accounts.accounts);
        }
        Answer::Logs(lines) => {
            app.asked
                .retain(|(asked, _)| !matches!(asked, Fetch::Logs { .. }));
            app.logs.read(lines);
        }
        Answer::Spent(summary) => {
            app.asked
                .retain(|(asked, _)| !matches!(asked, Fetch::Spent { .. }));
            app.spent.learn(summary);
        }
    }
    Vec::new()
}

pub(super) fn failed(app: &mut App, fetch: &Fetch, trouble: Trouble) -> Vec<Effect> {
    answered_to(app, fetch);
    match fetch {
        // Whoever does not answer this does not answer anything, and the line at the top says so.
        Fetch::Requests => {}
        Fetch::Request(id) => {
            for page in &mut app.pages {
                if let Page::Why(why) = page
                    && why.id == *id
                {
                    why.detail.trouble = Some(trouble.clone());
                }
            }
        }
        Fetch::Accounts => app.accounts.known.trouble = Some(trouble),
        Fetch::Logs { .. } => app.logs.known.trouble = Some(trouble),
        Fetch::Spent { .. } => app.spent.trouble = Some(trouble),
    }
    Vec::new()
}

pub(super) fn done(app: &mut App, deed: Deed, outcome: Result<Outcome, Trouble>) -> Vec<Effect> {
    match (deed, outcome) {
        (Deed::Account { id, action }, Ok(Outcome::Account(done))) => {
            match done.account {
                Some(account) => app.accounts.change(account),
                None => app.accounts.remove(&id),
            }
            app.toast(format!("{action}: {id}"), false);
            schedule::ask(app, Fetch::Accounts).into_iter().collect()
        }
        (Deed::Account { .. }, Err(trouble)) => {
            app.toast(trouble.message, true);
            Vec::new()
        }
    }
}

fn answered_to(app: &mut App, fetch: &Fetch) {
    app.asked.retain(|(asked, _)| asked != fetch);
}

/// What was spent in the day of today and in the month, in billionths of a dollar.
pub(crate) fn spent(summary: &UsageSummary, today: &str) -> (u64, u64) {
    let day = summary.groups.iter();
    let day = day.filter(|group| group.name.as_deref() == Some(today));
    (
        day.map(|group| group.totals.cost_nanodollars).sum(),
        summary.total.cost_nanodollars,
    )
}
