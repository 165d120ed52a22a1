//! What keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::schedule;
use crate::app::{App, Input, Page, Purpose, View, Why};
use crate::keymap::{self, Command};
use crate::list::moved;
use crate::message::{Effect, Fetch};
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
        Command::Suspend => return vec![Effect::Suspend],
        Command::Quit => return vec![Effect::Quit],
        Command::Open => return open(app),
        Command::Filter => {
            app.input = Some(Input {
                purpose: Purpose::Filter,
                text: app.request_list.filter.clone(),
            });
        }
        Command::ClearFilter => app.request_list.filter.clear(),
        Command::Pause => {
            let list = &mut app.request_list;
            list.held = match list.held.take() {
                Some(_) => None,
                None => Some(app.requests.clone()),
            };
        }
        Command::Sort => app.request_list.sort = app.request_list.sort.next(),
        Command::Accept => app.input = None,
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
        Command::Yes | Command::No => {}
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
    let rows = app.listed_requests();
    let ids = rows.iter().map(|row| row.summary.id.as_str());
    let chosen = app.request_list.cursor.index(ids);
    let Some(id) = rows.get(chosen).map(|row| row.summary.id.clone()) else {
        return Vec::new();
    };
    why(app, id)
}

/// Opens what became of a request.
pub(super) fn why(app: &mut App, id: String) -> Vec<Effect> {
    app.pages.push(Page::Why(Why {
        id: id.clone(),
        detail: crate::app::Known::default(),
        scroll: 0,
    }));
    schedule::ask(app, Fetch::Request(id)).into_iter().collect()
}

fn close(app: &mut App) {
    match app.input.take() {
        Some(Input {
            purpose: Purpose::Filter,
            ..
        }) => app.request_list.filter.clear(),
        None => drop(app.pages.pop()),
    }
}

/// What a line that is being typed changes at once.
fn retyped(app: &mut App) {
    if let Some(input) = &app.input {
        match input.purpose {
            Purpose::Filter => app.request_list.filter.clone_from(&input.text),
        }
    }
}

fn walk(app: &mut App, command: Command) {
    let page = view::list_rows(app);
    if app.view == View::Requests {
        let rows = app.listed_requests();
        let ids: Vec<&str> = rows.iter().map(|row| row.summary.id.as_str()).collect();
        let mut cursor = app.request_list.cursor.clone();
        cursor.go(command, &ids, page);
        app.request_list.cursor = cursor;
    }
}
