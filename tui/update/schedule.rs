//! What is asked when.

use jiff::SignedDuration;

use crate::app::{App, Page, View};
use crate::message::{Effect, Fetch, Link};

/// Between two looks at the accounts, whose counts are not told as they change.
const ACCOUNTS: SignedDuration = SignedDuration::from_secs(10);
/// Between two looks at what was spent, while requests end.
const SPENT: SignedDuration = SignedDuration::from_secs(3);
/// The same, while nothing happens: a day may have ended.
const SPENT_QUIET: SignedDuration = SignedDuration::from_secs(60);
/// Between two looks at the requests, where they are not told.
const POLL: SignedDuration = SignedDuration::from_secs(2);
/// Between two looks at what a view shows and nobody tells.
const VIEW: SignedDuration = SignedDuration::from_secs(5);
/// Between two looks at the names of client keys.
const NAMES: SignedDuration = SignedDuration::from_secs(60);
/// Between two looks at the log, while it is shown.
const LOGS: SignedDuration = SignedDuration::from_millis(900);
/// Between two tries to read a request that is not over.
const WHY: SignedDuration = SignedDuration::from_secs(2);
/// Between two looks at a login that waits.
const LOGIN: SignedDuration = SignedDuration::from_secs(1);
/// After that an answer is not waited for any more.
const PATIENCE: SignedDuration = SignedDuration::from_secs(70);

/// What is due now.
pub(super) fn due(app: &mut App) -> Vec<Effect> {
    if !matches!(app.link, Link::Live | Link::Polling) {
        return Vec::new();
    }
    let now = app.now;
    let mut due = Vec::new();
    let polled = app.polled.map(|polled| now.duration_since(polled));
    if app.link == Link::Polling && polled.is_none_or(|since| since >= POLL) {
        due.push(Fetch::Requests);
    }
    if app.accounts.known.is_older(ACCOUNTS, now) {
        due.push(Fetch::Accounts);
    }
    let every = if app.ended_since_spent {
        SPENT
    } else {
        SPENT_QUIET
    };
    if app.spent.is_older(every, now) {
        due.push(spent(app));
    }
    due.extend(of_view(app));
    for page in &app.pages {
        if let Page::Why(why) = page
            && why.detail.value.is_none()
            && why.detail.is_older(WHY, now)
        {
            due.push(Fetch::Request(why.id.clone()));
        }
        if let Page::Login(login) = page
            && let Some(begun) = login.begun()
            && login.is_older(LOGIN, now)
        {
            due.push(Fetch::Login(begun.state.clone()));
        }
    }
    due.into_iter()
        .filter_map(|fetch| ask(app, fetch))
        .collect()
}

/// What the view needs, beside what is always known.
fn of_view(app: &App) -> Vec<Fetch> {
    let now = app.now;
    let mut due = Vec::new();
    match app.view {
        View::Overview => {}
        // The page of an account says what it serves.
        View::Accounts => {
            let open = matches!(app.pages.last(), Some(Page::Account { .. }));
            if open && app.models.known.is_older(VIEW, now) {
                due.push(Fetch::Models);
            }
        }
        // The names of keys are shown with requests.
        View::Requests => {
            if app.keys.known.is_older(NAMES, now) {
                due.push(Fetch::Keys);
            }
        }
        View::Models => {
            if app.models.known.is_older(VIEW, now) {
                due.push(Fetch::Models);
            }
        }
        View::Keys => {
            if app.keys.known.is_older(VIEW, now) {
                due.push(Fetch::Keys);
            }
            if app.keys.used.is_older(VIEW, now) {
                due.push(Fetch::KeyUse);
            }
        }
        View::Usage => {
            if app.usage.known.is_older(VIEW, now) {
                due.push(usage(app));
            }
        }
        View::Logs => {
            if app.logs.known.is_older(LOGS, now) {
                due.push(Fetch::Logs {
                    after: app.logs.known.value.clone().flatten(),
                });
            }
        }
        View::Settings => {
            if app.settings.known.is_older(VIEW, now) {
                due.push(Fetch::Settings);
            }
        }
    }
    due
}

/// The sums that are shown.
fn usage(app: &App) -> Fetch {
    Fetch::Usage {
        by: app.usage.by.name(),
        since: app.usage.span.since(app.now, &app.zone),
        zone: app.zone.iana_name().map(str::to_owned),
    }
}

/// What is asked when a gateway is found.
pub(super) fn everything(app: &mut App) -> Vec<Effect> {
    let fetches = [Fetch::Requests, Fetch::Accounts, spent(app)];
    let mut effects: Vec<Effect> = fetches
        .into_iter()
        .filter_map(|fetch| ask(app, fetch))
        .collect();
    effects.extend(due(app));
    effects
}

/// Asks, unless the same was asked and is not answered yet.
pub(super) fn ask(app: &mut App, fetch: Fetch) -> Option<Effect> {
    let now = app.now;
    app.asked
        .retain(|(_, asked)| now.duration_since(*asked) < PATIENCE);
    if app.asked.iter().any(|(asked, _)| *asked == fetch) {
        return None;
    }
    app.asked.push((fetch.clone(), now));
    match &fetch {
        Fetch::Requests => app.polled = Some(now),
        Fetch::Accounts => app.accounts.known.asked = Some(now),
        Fetch::Models => app.models.known.asked = Some(now),
        Fetch::Keys => app.keys.known.asked = Some(now),
        Fetch::KeyUse => app.keys.used.asked = Some(now),
        Fetch::Usage { .. } => app.usage.known.asked = Some(now),
        Fetch::Logs { .. } => app.logs.known.asked = Some(now),
        Fetch::Settings => app.settings.known.asked = Some(now),
        Fetch::Spent { .. } => {
            app.spent.asked = Some(now);
            app.ended_since_spent = false;
        }
        Fetch::Login(state) => {
            for page in &mut app.pages {
                if let Page::Login(login) = page
                    && login.is(state)
                {
                    login.asked = Some(now);
                }
            }
        }
        Fetch::Request(id) => {
            for page in &mut app.pages {
                if let Page::Why(why) = page
                    && why.id == *id
                {
                    why.detail.asked = Some(now);
                }
            }
        }
    }
    Some(Effect::Fetch(fetch))
}

/// What was spent since the first of this month, where the person is.
fn spent(app: &App) -> Fetch {
    let today = app.now.to_zoned(app.zone.clone()).date();
    Fetch::Spent {
        since: today.first_of_month().to_string(),
        zone: app.zone.iana_name().map(str::to_owned),
    }
}
