//! Logins: chosen, begun, followed, ended by what is pasted, and called off.

use modelgate_management::{LoginBegun, LoginStatus, LoginWay, Secret};

use super::schedule;
use crate::app::{App, Input, Page, Purpose};
use crate::login::{Login, Stage};
use crate::message::{Deed, Effect, Fetch, Link, Trouble};

/// Asks whose account is meant.
pub(super) fn choose(app: &mut App) {
    if matches!(app.link, Link::Live | Link::Polling) {
        app.input = Some(Input::empty(Purpose::Way(0)));
    } else {
        app.toast("there is no gateway that could log in", true);
    }
}

pub(super) fn begin(app: &mut App, way: &'static LoginWay) -> Vec<Effect> {
    app.pages.push(Page::Login(Box::new(Login::new(way))));
    vec![Effect::Do(Deed::BeginLogin(way))]
}

/// The gateway has begun a login, or could not.
pub(super) fn began(
    app: &mut App,
    way: &'static LoginWay,
    begun: Result<LoginBegun, Trouble>,
) -> Vec<Effect> {
    let now = app.now;
    let waits = |login: &&mut Login| login.way == way && matches!(login.stage, Stage::Beginning);
    match (logins(app).find(waits), begun) {
        (Some(login), Ok(begun)) => login.stage = Stage::Away { begun, since: now },
        (Some(login), Err(trouble)) => login.stage = Stage::Failed(trouble),
        // The person did not wait for it.
        (None, Ok(begun)) => return vec![Effect::Do(Deed::CancelLogin(begun.state))],
        (None, Err(_)) => {}
    }
    Vec::new()
}

/// How a login stands now.
pub(super) fn stands(app: &mut App, state: &Secret, status: LoginStatus) -> Vec<Effect> {
    let Some(login) = logins(app).find(|login| login.is(state)) else {
        return Vec::new();
    };
    match status {
        LoginStatus::Waiting => return Vec::new(),
        LoginStatus::Failed(message) => {
            let hint = Some("go back and press l to begin again".to_owned());
            login.stage = Stage::Failed(Trouble { message, hint });
            return Vec::new();
        }
        LoginStatus::Done(account) => {
            let account = account.unwrap_or_else(|| login.way.words.to_owned());
            app.toast(format!("logged in: {account}"), false);
        }
    }
    app.pages
        .retain(|page| !matches!(page, Page::Login(login) if login.is(state)));
    // A line that was to end it is of no use any more.
    app.input
        .take_if(|input| input.purpose == Purpose::Callback);
    schedule::ask(app, Fetch::Accounts).into_iter().collect()
}

/// What was asked about a login, or pasted to end it, did not help.
pub(super) fn troubled(app: &mut App, state: &Secret, trouble: Option<Trouble>) {
    if let Some(login) = logins(app).find(|login| login.is(state)) {
        login.trouble = trouble;
    }
}

/// Lets the end of the login be pasted.
pub(super) fn paste(app: &mut App) {
    let Some(Page::Login(login)) = app.pages.last() else {
        return;
    };
    match login.begun().map(|begun| &begun.code) {
        Some(None) => app.input = Some(Input::empty(Purpose::Callback)),
        Some(Some(_)) => app.toast("this login ends by itself, once the code is typed", false),
        None => {}
    }
}

pub(super) fn browse(app: &App) -> Vec<Effect> {
    let url = match app.pages.last() {
        Some(Page::Login(login)) => login.begun().map(|begun| begun.url.clone()),
        _ => None,
    };
    // Whatever the gateway says, this machine is asked to open web pages only.
    let url = url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    url.map(Effect::Browse).into_iter().collect()
}

/// Ends the login with what was pasted.
pub(super) fn end(app: &mut App, pasted: &str) -> Result<Vec<Effect>, String> {
    let state = match app.pages.last() {
        Some(Page::Login(login)) => login.begun().map(|begun| begun.state.clone()),
        _ => None,
    };
    let Some(state) = state else {
        return Ok(Vec::new());
    };
    let word = !pasted.contains(char::is_whitespace);
    if pasted.is_empty() || !(word && (pasted.contains('#') || pasted.contains('='))) {
        return Err("it begins with http, or looks like code#state".to_owned());
    }
    troubled(app, &state, None);
    let pasted = Secret::from(pasted);
    Ok(vec![Effect::Do(Deed::EndLogin { state, pasted })])
}

/// The page of a login was closed.
pub(super) fn left(app: &mut App, login: &Login) -> Vec<Effect> {
    let Some(begun) = login.begun() else {
        return Vec::new();
    };
    app.toast(
        format!("the login to {} was called off", login.way.words),
        false,
    );
    vec![Effect::Do(Deed::CancelLogin(begun.state.clone()))]
}

fn logins(app: &mut App) -> impl Iterator<Item = &mut Login> {
    app.pages.iter_mut().filter_map(|page| match page {
        Page::Login(login) => Some(&mut **login),
        _ => None,
    })
}
