//! Lines that are typed: character by character, and what they were for.

use super::keys::perform;
use super::{client_keys, logins};
use crate::app::{App, Input, Page, Purpose, View};
use crate::keymap;
use crate::login;
use crate::message::{Deed, Effect};
use crate::settings::SETTINGS;
use crate::trial::Trial;

/// Takes a character into the line.
pub(super) fn typed(app: &mut App, char: char) {
    if let Some(input) = &mut app.input
        && !char.is_control()
        && input.text.chars().count() < input.purpose.longest()
    {
        input.text.push(char);
        retyped(app);
    }
}

/// Takes in what was pasted. While somebody logs in it can only be what the browser ended on.
pub(super) fn pasted(app: &mut App, text: &str) -> Vec<Effect> {
    if app.input.is_none() && app.question.is_none() {
        logins::paste(app);
    }
    for char in text.chars() {
        typed(app, char);
    }
    Vec::new()
}

/// What a line was typed for.
pub(super) fn accept(app: &mut App) -> Vec<Effect> {
    let Some(input) = app.input.take() else {
        return Vec::new();
    };
    let accepted = match input.purpose {
        Purpose::Filter | Purpose::Search | Purpose::FilterModels => Ok(Vec::new()),
        Purpose::NameKey => client_keys::named(app, input.text.trim()),
        Purpose::KeyModels => {
            client_keys::limited(app, &input.text);
            Ok(Vec::new())
        }
        Purpose::KeyExpires => client_keys::ended(app, input.text.trim()),
        Purpose::Label => Ok(logins::labelled(app, input.text.trim())),
        Purpose::Projects => Ok(logins::for_projects(app, input.text.trim())),
        Purpose::Cookie => logins::by_cookie(app, input.text.trim()),
        Purpose::KeyFile => logins::key_in(app, input.text.trim()),
        Purpose::Location => Ok(logins::located(app, input.text.trim())),
        Purpose::Callback => logins::end(app, input.text.trim()),
        Purpose::Ask => ask(app, input.text.trim()),
        Purpose::Export => export(app, input.text.trim()),
        Purpose::Palette(chosen) => {
            let rows = keymap::told_by(app.scopes(), &input.text);
            let row = rows.get(chosen);
            Ok(row.map_or_else(Vec::new, |row| perform(app, row.command)))
        }
        Purpose::Way(chosen) => {
            let way = login::ways(&input.text).get(chosen).copied();
            way.map(|way| logins::chosen(app, way))
                .ok_or_else(|| "there is no such provider".to_owned())
        }
        Purpose::Setting(place) => {
            let setting = &SETTINGS[place];
            setting.typed(&input.text).map(|value| {
                let path = setting.path;
                vec![Effect::Do(Deed::Set { path, value })]
            })
        }
    };
    accepted.unwrap_or_else(|complaint| {
        // What was typed can be mended.
        app.input = Some(Input {
            complaint: Some(complaint),
            ..input
        });
        Vec::new()
    })
}

/// What is to be done, or why the line cannot be taken as it is.
pub(super) type Accepted = Result<Vec<Effect>, String>;

fn ask(app: &mut App, text: &str) -> Accepted {
    let Some(model) = app.chosen().filter(|_| app.view == View::Models) else {
        return Err("no model is chosen".to_owned());
    };
    if text.is_empty() {
        return Err("there is no question".to_owned());
    }
    app.trials += 1;
    let number = app.trials;
    let text = text.to_owned();
    let trial = Trial::new(number, model.clone(), text.clone(), app.now);
    app.pages.push(Page::Trial(Box::new(trial)));
    Ok(vec![Effect::Ask {
        number,
        model,
        text,
    }])
}

fn export(app: &App, name: &str) -> Accepted {
    let sums = app.usage.known.value.clone();
    let sums = sums.ok_or_else(|| "nothing is known yet".to_owned())?;
    if name.is_empty() {
        return Err("the file needs a name".to_owned());
    }
    Ok(vec![Effect::Save {
        name: name.to_owned(),
        sums: Box::new(sums),
    }])
}

/// Nobody wants to type the line any more.
pub(super) fn left(app: &mut App, purpose: Purpose) {
    match purpose {
        Purpose::Filter | Purpose::Search | Purpose::FilterModels => clear_filter(app),
        Purpose::NameKey
        | Purpose::KeyModels
        | Purpose::KeyExpires
        | Purpose::Label
        | Purpose::Projects
        | Purpose::Cookie
        | Purpose::KeyFile
        | Purpose::Location
        | Purpose::Callback
        | Purpose::Ask
        | Purpose::Export
        | Purpose::Setting(_)
        | Purpose::Palette(_)
        | Purpose::Way(_) => {}
    }
}

pub(super) fn clear_filter(app: &mut App) {
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
pub(super) fn retyped(app: &mut App) {
    let Some(input) = &mut app.input else {
        return;
    };
    input.complaint = None;
    if let Some(chosen) = input.purpose.chosen() {
        *chosen = 0;
    }
    match input.purpose {
        Purpose::Filter => app.request_list.filter.clone_from(&input.text),
        Purpose::Search => app.logs.search.clone_from(&input.text),
        Purpose::FilterModels => app.models.filter.clone_from(&input.text),
        _ => {}
    }
}
