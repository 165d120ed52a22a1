//! Logins: chosen, begun, followed, ended by what is pasted, and called off.

use modelgate_management::{LoginBegun, LoginStatus, LoginWay, Secret, Takes};

use super::schedule;
use super::typing::Accepted;
use crate::app::{App, Input, Page, Purpose};
use crate::login::{Draft, Login, Stage};
use crate::message::{Deed, Effect, Fetch, Link, Trouble};
use crate::view;

/// Asks whose account is meant; `asks`: and then for more.
pub(super) fn choose(app: &mut App, asks: bool) {
    if matches!(app.link, Link::Live | Link::Polling) {
        app.login = Draft {
            asks,
            ..Draft::default()
        };
        app.input = Some(Input::empty(Purpose::Way(0)));
    } else {
        app.toast("there is no gateway that could log in", true);
    }
}

/// Whose account it is was chosen.
pub(super) fn chosen(app: &mut App, way: &'static LoginWay) -> Vec<Effect> {
    app.login.way = Some(way);
    if app.login.asks {
        app.input = Some(Input::empty(Purpose::Label));
        return Vec::new();
    }
    begin(app, way)
}

/// What it shall be called was typed.
pub(super) fn labelled(app: &mut App, label: &str) -> Vec<Effect> {
    app.login.wishes.label = filled(label);
    match app.login.way {
        Some(way) if way.projects => {
            app.input = Some(Input::empty(Purpose::Projects));
            Vec::new()
        }
        Some(way) => begin(app, way),
        None => Vec::new(),
    }
}

/// Which projects it is for was typed.
pub(super) fn for_projects(app: &mut App, projects: &str) -> Vec<Effect> {
    app.login.wishes.projects = filled(projects);
    app.login.way.map_or_else(Vec::new, |way| begin(app, way))
}

/// Asks for what the login takes, or sends the person to the page.
fn begin(app: &mut App, way: &'static LoginWay) -> Vec<Effect> {
    let purpose = match way.takes {
        Takes::Page => {
            let wishes = std::mem::take(&mut app.login.wishes);
            app.pages.push(Page::Login(Box::new(Login::new(way))));
            return vec![Effect::Do(Deed::BeginLogin { way, wishes })];
        }
        Takes::Cookie => Purpose::Cookie,
        Takes::KeyFile => Purpose::KeyFile,
    };
    app.input = Some(Input::empty(purpose));
    Vec::new()
}

/// The cookie was typed.
pub(super) fn by_cookie(app: &mut App, cookie: &str) -> Accepted {
    let (Some(way), false) = (app.login.way, cookie.is_empty()) else {
        return Err("there is no cookie".to_owned());
    };
    let (cookie, label) = (Secret::from(cookie), app.login.wishes.label.take());
    let deed = Deed::LoginByCookie { way, cookie, label };
    Ok(vec![Effect::Do(deed)])
}

/// The path of a key was typed.
pub(super) fn key_in(app: &mut App, file: &str) -> Accepted {
    if file.is_empty() {
        return Err("which file is it?".to_owned());
    }
    app.login.file = file.to_owned();
    app.input = Some(Input::empty(Purpose::Location));
    Ok(Vec::new())
}

/// Where the models of a service account are was typed.
pub(super) fn located(app: &mut App, location: &str) -> Vec<Effect> {
    let draft = std::mem::take(&mut app.login);
    vec![Effect::Do(Deed::ImportKey {
        file: draft.file,
        location: filled(location),
        label: draft.wishes.label,
    })]
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// There is an account.
pub(super) fn made(app: &mut App, account: Option<&str>) {
    app.toast(
        format!("logged in: {}", account.unwrap_or("a new account")),
        false,
    );
}

/// Shows the QR code of the login alone, where the terminal has room for it.
pub(super) fn show_code(app: &mut App) {
    let Some((columns, rows)) = view::code_size(app) else {
        app.toast("the address is too long for a QR code", true);
        return;
    };
    let (width, height) = app.size;
    if columns > usize::from(width) || rows > usize::from(height) {
        let needs = format!(
            "the code needs {columns} columns and {rows} rows; this terminal has {width} and {height}"
        );
        app.toast(needs, true);
    } else if let Some(Page::Login(login)) = app.pages.last_mut() {
        login.code_alone = true;
    }
}

pub(super) fn show_text(app: &mut App) {
    if let Some(Page::Login(login)) = app.pages.last_mut() {
        login.code_alone = false;
    }
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
            login.code_alone = false;
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
    let Some(Page::Login(login)) = app.pages.last_mut() else {
        return;
    };
    // What is pasted is seen.
    login.code_alone = false;
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
pub(super) fn end(app: &mut App, pasted: &str) -> Accepted {
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
