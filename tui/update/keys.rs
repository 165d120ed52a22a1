//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use modelgate_management::AccountAction;

use super::schedule;
use crate::app::{App, Input, Page, Purpose, Question, View, Why};
use crate::keymap::{self, Command};
use crate::list::moved;
use crate::logs;
use crate::message::{Deed, Effect, Fetch};
use crate::settings::SETTINGS;
use crate::usage::{self, By, Measure, Span};
use crate::view;

/// Characters that a typed line may have.
const LONGEST: usize = 200;

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
        typed(app, char);
    }
    Vec::new()
}

pub(super) fn pasted(app: &mut App, text: &str) -> Vec<Effect> {
    for char in text.chars() {
        typed(app, char);
    }
    Vec::new()
}

fn typed(app: &mut App, char: char) {
    if let Some(input) = &mut app.input
        && !char.is_control()
        && input.text.chars().count() < LONGEST
    {
        input.text.push(char);
        retyped(app);
    }
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
            app.input = Some(Input { purpose, text });
        }
        Command::ClearFilter => clear_filter(app),
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
        Command::Remove => remove(app),
        Command::NewKey => app.input = Some(Input::empty(Purpose::NameKey)),
        Command::Revoke => revoke(app),
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
        Command::Change => return change(app),
        Command::Level => app.logs.level = logs::next_level(app.logs.level),
        Command::Accept => return accept(app),
        Command::Close => close(app),
        Command::Erase => {
            if let Some(input) = &mut app.input {
                input.text.pop();
                retyped(app);
            }
        }
        Command::EraseAll => {
            if let Some(input) = &mut app.input {
                input.text.clear();
                retyped(app);
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

/// Does something with the chosen account.
fn act(app: &mut App, action: AccountAction) -> Vec<Effect> {
    let id = app.chosen();
    let deed = id.map(|id| Effect::Do(Deed::Account { id, action }));
    deed.into_iter().collect()
}

/// Asks whether the chosen account shall be forgotten.
fn remove(app: &mut App) {
    if let Some(id) = app.chosen() {
        app.question = Some(Question {
            text: format!("Remove the account {id} and delete its file? This cannot be undone."),
            deed: Deed::Account {
                id,
                action: AccountAction::Remove,
            },
        });
    }
}

/// Asks whether the chosen client key shall be ended.
fn revoke(app: &mut App) {
    if let Some(id) = app.chosen() {
        let name = app.key_name(&id);
        app.question = Some(Question {
            text: format!(
                "Revoke the client key {name}? Who presents it is refused from now on. This cannot be undone."
            ),
            deed: Deed::RevokeKey { id },
        });
    }
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

/// What a line was typed for.
fn accept(app: &mut App) -> Vec<Effect> {
    let Some(input) = app.input.take() else {
        return Vec::new();
    };
    match input.purpose {
        Purpose::Filter | Purpose::Search | Purpose::FilterModels => Vec::new(),
        Purpose::NameKey => {
            let name = input.text.trim().to_owned();
            vec![Effect::Do(Deed::AddKey { name })]
        }
        Purpose::Palette(chosen) => {
            let rows = keymap::told_by(app.scopes(), &input.text);
            let row = rows.get(chosen);
            row.map_or_else(Vec::new, |row| perform(app, row.command))
        }
        Purpose::Setting(place) => {
            let setting = &SETTINGS[place];
            match setting.typed(&input.text) {
                Ok(value) => vec![Effect::Do(Deed::Set {
                    path: setting.path,
                    value,
                })],
                Err(why) => {
                    app.toast(why, true);
                    Vec::new()
                }
            }
        }
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

fn close(app: &mut App) {
    match app.input.take().map(|input| input.purpose) {
        Some(Purpose::Filter | Purpose::Search | Purpose::FilterModels) => clear_filter(app),
        Some(Purpose::NameKey | Purpose::Setting(_) | Purpose::Palette(_)) => {}
        None => drop(app.pages.pop()),
    }
}

fn clear_filter(app: &mut App) {
    match app.view {
        View::Logs => {
            app.logs.search.clear();
            app.logs.cursor.choose(None);
        }
        View::Models => app.models.filter.clear(),
        _ => app.request_list.filter.clear(),
    }
}

/// What a line that is being typed changes at once.
fn retyped(app: &mut App) {
    if let Some(input) = &mut app.input {
        match &mut input.purpose {
            Purpose::Filter => app.request_list.filter.clone_from(&input.text),
            Purpose::Search => app.logs.search.clone_from(&input.text),
            Purpose::FilterModels => app.models.filter.clone_from(&input.text),
            Purpose::Palette(chosen) => *chosen = 0,
            Purpose::NameKey | Purpose::Setting(_) => {}
        }
    }
}

fn walk(app: &mut App, command: Command) {
    let scopes = app.scopes_below();
    if let Some(input) = &mut app.input {
        if let Purpose::Palette(chosen) = &mut input.purpose {
            let length = keymap::told_by(scopes, &input.text).len();
            *chosen = moved(command, *chosen, length, length).unwrap_or(*chosen);
        }
        return;
    }
    let (ids, page) = (app.ids(), view::list_rows(app));
    if let Some(cursor) = app.cursor() {
        cursor.go(command, &ids, page);
    }
}
