//! What the gateway answered.

use modelgate_management::{UsageSummary, UsageTotals};

use super::{client_keys, logins, over, schedule};
use crate::app::{App, Page};
use crate::message::{Answer, Deed, Effect, Fetch, Outcome, Trouble};

pub(super) fn answered(app: &mut App, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Requests(requests) => {
            answered_to(app, &Fetch::Requests);
            app.accounts.begin(requests.requests.iter().rev());
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
        Answer::Models(models) => {
            answered_to(app, &Fetch::Models);
            app.models.known.learn(models);
        }
        Answer::Keys(keys) => {
            answered_to(app, &Fetch::Keys);
            app.keys.known.learn(keys);
        }
        Answer::KeyUse(summary) => {
            answered_to(app, &Fetch::KeyUse);
            app.keys.used.learn(summary);
        }
        Answer::Usage(summary) => {
            app.asked
                .retain(|(asked, _)| !matches!(asked, Fetch::Usage { .. }));
            // What was asked before the person wanted something else is of no use.
            if summary.by == app.usage.by.name() {
                app.usage.known.learn(summary);
            }
        }
        Answer::Settings(settings) => {
            answered_to(app, &Fetch::Settings);
            app.settings.known.learn(settings);
        }
        Answer::Login(state, status) => {
            answered_to(app, &Fetch::Login(state.clone()));
            logins::troubled(app, &state, None);
            return logins::stands(app, &state, status);
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
        Fetch::Models => app.models.known.trouble = Some(trouble),
        Fetch::Keys => app.keys.known.trouble = Some(trouble),
        Fetch::KeyUse => app.keys.used.trouble = Some(trouble),
        Fetch::Usage { .. } => app.usage.known.trouble = Some(trouble),
        Fetch::Logs { .. } => app.logs.known.trouble = Some(trouble),
        Fetch::Settings => app.settings.known.trouble = Some(trouble),
        Fetch::Login(state) => logins::troubled(app, state, Some(trouble)),
        Fetch::Spent { .. } => app.spent.trouble = Some(trouble),
    }
    Vec::new()
}

pub(super) fn done(app: &mut App, deed: Deed, outcome: Result<Outcome, Trouble>) -> Vec<Effect> {
    match (deed, outcome) {
        (Deed::BeginLogin { way, .. }, Ok(Outcome::Login(begun))) => {
            logins::began(app, way, Ok(begun))
        }
        (Deed::BeginLogin { way, .. }, Err(trouble)) => logins::began(app, way, Err(trouble)),
        (Deed::EndLogin { state, .. }, Err(trouble)) => {
            logins::troubled(app, &state, Some(trouble));
            Vec::new()
        }
        // How it stands says what has become of it.
        (Deed::BeginLogin { .. } | Deed::EndLogin { .. } | Deed::CancelLogin(_), Ok(_)) => {
            Vec::new()
        }
        (_, Err(trouble)) => {
            app.toast(trouble.message, true);
            Vec::new()
        }
        (deed, Ok(outcome)) => {
            let look = changed(app, deed, outcome);
            look.and_then(|look| schedule::ask(app, look))
                .into_iter()
                .collect()
        }
    }
}

/// Tells what was changed, and what is to be looked at again.
fn changed(app: &mut App, deed: Deed, outcome: Outcome) -> Option<Fetch> {
    Some(match (deed, outcome) {
        (Deed::Account { id, action }, outcome) => {
            if let Outcome::Account(done) = outcome {
                match done.account {
                    Some(account) => app.accounts.change(account),
                    None => app.accounts.remove(&id),
                }
            }
            app.toast(format!("{action}: {id}"), false);
            Fetch::Accounts
        }
        (Deed::AddKey(new), outcome) => {
            if let Outcome::Key(key) = outcome {
                let replaces = None;
                app.pages.push(Page::NewKey { new, key, replaces });
            }
            Fetch::Keys
        }
        (Deed::RotateKey(old), outcome) => {
            if let Outcome::Key(key) = outcome {
                let (new, replaces) = (client_keys::as_new(&old), Some(old.id));
                app.pages.push(Page::NewKey { new, key, replaces });
            }
            Fetch::Keys
        }
        (Deed::ChangeKey { id, change }, _) => {
            let what = match change.disabled {
                Some(true) => "disabled",
                Some(false) => "enabled",
                None => "changed",
            };
            app.toast(format!("{what} {}", app.key_name(&id)), false);
            Fetch::Keys
        }
        (Deed::RevokeKey { id }, _) => {
            app.toast(format!("revoked {}", app.key_name(&id)), false);
            Fetch::Keys
        }
        (Deed::Set { path, .. }, _) => {
            app.toast(format!("changed {path}"), false);
            Fetch::Settings
        }
        (Deed::LoginByCookie { .. } | Deed::ImportKey { .. }, outcome) => {
            if let Outcome::LoggedIn(account) = outcome {
                logins::made(app, account.as_deref());
            }
            Fetch::Accounts
        }
        (Deed::BeginLogin { .. } | Deed::EndLogin { .. } | Deed::CancelLogin(_), _) => return None,
    })
}

fn answered_to(app: &mut App, fetch: &Fetch) {
    app.asked.retain(|(asked, _)| asked != fetch);
}

/// What was used in the day of today, and in the whole time.
pub(crate) fn spent(summary: &UsageSummary, today: &str) -> (UsageTotals, UsageTotals) {
    let mut groups = summary.groups.iter();
    let day = groups.find(|group| group.name.as_deref() == Some(today));
    let day = day.map_or_else(UsageTotals::default, |group| group.totals);
    (day, summary.total)
}
