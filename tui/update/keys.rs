//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use modelgate_management::AccountAction;

use super::{client_keys, logins, schedule, typing};
use crate::app::{App, Input, Page, Purpose, Question, View, Why};
use crate::keymap::{self, Command};
use crate::list::moved;
use crate::logs;
use crate::message::{Deed, Effect, Fetch};
use crate::settings::SETTINGS;
use crate::usage::{self, By, Measure, Span};
use crate::view;

pub(super) fn pressed(app: &mut App, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if let Some(command) = keymap::command(app.scopes(), event) {
        return perform(app, command);
    }
    if let KeyCode::Char(char) = event.code
        && !event
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        typing::typed(app, char);
    }
    Vec::new()
}

/// Does what a person wants.
pub(super) fn perform(app: &mut App, command: Command) -> Vec<Effect> {
    if let Some(effects) = on_page(app, command) {
        return effects;
    }
    match command {
        Command::Show(view) => return show(app, view),
        Command::NextView => return show(app, app.view.beside(1)),
        Command::LastView => return show(app, app.view.beside(-1)),
        Command::Help => app.pages.push(Page::Help { scroll: 0 }),
        Command::Palette => app.input = Some(Input::empty(Purpose::Palette(0))),
        Command::Suspend => return vec![Effect::Suspend],
        Command::Quit => return vec![Effect::Quit],
        Command::Open => return open(app),
        Command::Filter => {
            let (purpose, text) = match app.view {
                View::Logs => (Purpose::Search, app.logs.search.clone()),
                View::Models => (Purpose::FilterModels, app.models.filter.clone()),
                _ => (Purpose::Filter, app.request_list.filter.clone()),
            };
            app.input = Some(Input::new(purpose, text));
        }
        Command::ClearFilter => typing::clear_filter(app),
        Command::Pause => {
            let list = &mut app.request_list;
            list.held = match list.held.take() {
                Some(_) => None,
                None => Some(app.requests.clone()),
            };
        }
        Command::Sort => app.request_list.sort = app.request_list.sort.next(),
        Command::Enable => return act(app, AccountAction::Enable),
        Command::Disable => return act(app, AccountAction::Disable),
        Command::ClearCooldown => return act(app, AccountAction::ClearCooldown),
        Command::Refresh => return act(app, AccountAction::Refresh),
        Command::Remove => return remove(app),
        Command::LogIn => logins::choose(app, false),
        Command::LogInWith => logins::choose(app, true),
        Command::ShowCode => logins::show_code(app),
        Command::ShowText => logins::show_text(app),
        Command::Browse => return logins::browse(app),
        Command::Paste => logins::paste(app),
        Command::Try => {
            if app.chosen().is_some() {
                app.input = Some(Input::empty(Purpose::Ask));
            }
        }
        Command::NewKey => client_keys::make(app),
        Command::ChangeKey => client_keys::change(app),
        Command::DisableKey => return client_keys::disable(app),
        Command::Rotate => client_keys::rotate(app),
        Command::Revoke => client_keys::revoke(app),
        Command::By => {
            app.usage.by = usage::next(&By::ALL, app.usage.by);
            app.usage.known.value = None;
            return other_usage(app);
        }
        Command::Span => {
            app.usage.span = usage::next(&Span::ALL, app.usage.span);
            return other_usage(app);
        }
        Command::Measure => app.usage.measure = usage::next(&Measure::ALL, app.usage.measure),
        Command::Line => app.usage.line = !app.usage.line,
        Command::Export => export(app),
        Command::Change => return change(app),
        Command::Level => app.logs.level = logs::next_level(app.logs.level),
        Command::Accept => return typing::accept(app),
        Command::Close => return close(app),
        Command::Erase => {
            if let Some(input) = &mut app.input {
                input.text.pop();
                typing::retyped(app);
            }
        }
        Command::EraseAll => {
            if let Some(input) = &mut app.input {
                input.text.clear();
                typing::retyped(app);
            }
        }
        Command::Yes => {
            let question = app.question.take();
            return question
                .map(|question| Effect::Do(question.deed))
                .into_iter()
                .collect();
        }
        Command::No => app.question = None,
        Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::First
        | Command::Last => walk(app, command),
    }
    Vec::new()
}

/// Movements on a page that lies over the view.
fn on_page(app: &mut App, command: Command) -> Option<Vec<Effect>> {
    app.pages.last()?;
    let length = view::page_length(app)?;
    let rows = view::page_rows(app);
    let scroll = match app.pages.last_mut()? {
        Page::Help { scroll } => scroll,
        Page::Why(why) => &mut why.scroll,
        Page::Login(login) => &mut login.scroll,
        Page::Trial(trial) => &mut trial.scroll,
        Page::Account { scroll, .. } => scroll,
        Page::NewKey { .. } => return None,
    };
    // A page is moved, not a place on it.
    let furthest = length.saturating_sub(rows);
    *scroll = moved(command, *scroll, furthest + 1, rows)?;
    Some(Vec::new())
}

fn show(app: &mut App, view: View) -> Vec<Effect> {
    app.view = view;
    schedule::due(app)
}

fn open(app: &mut App) -> Vec<Effect> {
    if let Some(Page::Trial(trial)) = app.pages.last() {
        let id = trial.request_id().map(str::to_owned);
        return id.map_or_else(Vec::new, |id| why(app, id));
    }
    if app.view == View::Accounts {
        return account(app);
    }
    let id = match app.view {
        View::Logs => app
            .logs
            .chosen()
            .and_then(|line| line.parts.as_ref()?.request_id.clone()),
        View::Requests => app.chosen(),
        _ => None,
    };
    match id {
        Some(id) => why(app, id),
        None => Vec::new(),
    }
}

/// Opens everything about the chosen account.
fn account(app: &mut App) -> Vec<Effect> {
    if let (true, Some(id)) = (app.pages.is_empty(), app.chosen()) {
        app.pages.push(Page::Account { id, scroll: 0 });
    }
    schedule::due(app)
}

/// The account whose page is open, or that is chosen.
fn meant(app: &App) -> Option<String> {
    match app.pages.last() {
        Some(Page::Account { id, .. }) => Some(id.clone()),
        _ => app.chosen(),
    }
}

/// Does something with an account.
fn act(app: &mut App, action: AccountAction) -> Vec<Effect> {
    let id = meant(app);
    let deed = id.map(|id| Effect::Do(Deed::Account { id, action }));
    deed.into_iter().collect()
}

/// Asks whether an account shall be forgotten.
fn remove(app: &mut App) -> Vec<Effect> {
    let Some(id) = meant(app) else {
        return Vec::new();
    };
    let mut all = app.accounts.all().iter();
    // Of another one there is nothing to delete, and the gateway says where it is from.
    if !all.any(|account| account.id == id && account.file.is_some()) {
        return act(app, AccountAction::Remove);
    }
    app.question = Some(Question {
        text: format!("Remove the account {id} and delete its file? This cannot be undone."),
        deed: Deed::Account {
            id,
            action: AccountAction::Remove,
        },
    });
    Vec::new()
}

/// Sums that are not known yet are wanted at once.
fn other_usage(app: &mut App) -> Vec<Effect> {
    app.usage.known.asked = None;
    app.usage.cursor.choose(None);
    schedule::due(app)
}

/// Turns the chosen setting, or lets another value be typed.
fn change(app: &mut App) -> Vec<Effect> {
    let chosen = app.place_in(&app.ids()).unwrap_or(0);
    let setting = &SETTINGS[chosen];
    if app.settings.value(setting).is_none() {
        return Vec::new();
    }
    match setting.turned(app.settings.value(setting)) {
        Some(value) => vec![Effect::Do(Deed::Set {
            path: setting.path,
            value,
        })],
        None => {
            app.input = Some(Input::empty(Purpose::Setting(chosen)));
            Vec::new()
        }
    }
}

/// Asks for the name of a file for the sums that are shown.
fn export(app: &mut App) {
    if app.usage.known.value.is_some() {
        let name = format!("usage-by-{}.csv", app.usage.by.name());
        app.input = Some(Input::new(Purpose::Export, name));
    }
}

/// Opens what became of a request.
pub(super) fn why(app: &mut App, id: String) -> Vec<Effect> {
    app.pages.push(Page::Why(Box::new(Why {
        id: id.clone(),
        detail: crate::app::Known::default(),
        scroll: 0,
    })));
    schedule::ask(app, Fetch::Request(id)).into_iter().collect()
}

/// Leaves the line that is typed, or the uppermost page.
fn close(app: &mut App) -> Vec<Effect> {
    if let Some(input) = app.input.take() {
        typing::left(app, input.purpose);
        return Vec::new();
    }
    let page = app.pages.pop();
    page.map_or_else(Vec::new, |page| closed(app, page))
}

/// What a page leaves to be done that is not looked at any more.
pub(super) fn closed(app: &mut App, page: Page) -> Vec<Effect> {
    match page {
        Page::Login(login) => logins::left(app, &login),
        Page::Trial(_) => vec![Effect::Hush],
        Page::Help { .. } | Page::Why(_) | Page::NewKey { .. } | Page::Account { .. } => Vec::new(),
    }
}

fn walk(app: &mut App, command: Command) {
    if let Some(mut purpose) = app.input.as_ref().map(|input| input.purpose) {
        if let Some(chosen) = purpose.chosen() {
            let length = view::choices(app).len();
            *chosen = moved(command, *chosen, length, length).unwrap_or(*chosen);
        }
        if let Some(input) = &mut app.input {
            input.purpose = purpose;
        }
        return;
    }
    let (ids, page) = (app.ids(), view::list_rows(app));
    if let Some(cursor) = app.cursor() {
        cursor.go(command, &ids, page);
    }
}
