//! Every key of the help does what the help says, where it says so.

use super::*;
use crate::app::{Input, Purpose};
use crate::fixtures::logging_in;
use crate::keymap::{Command, Scope, TABLE};
use crate::trial::{End, Heard};

/// The dashboard where the keys of a scope count, in the midst of what they move.
fn at(scope: Scope) -> App {
    let mut app = Seen::Recorded.app((120, 12));
    let shown = |mut app: App, view| {
        app.view = view;
        press(&mut app, KeyCode::Down);
        app
    };
    match scope {
        Scope::Everywhere | Scope::Accounts => shown(app, View::Accounts),
        Scope::List => {
            app.view = View::Requests;
            for _ in 0..3 {
                press(&mut app, KeyCode::Down);
            }
            app
        }
        Scope::Requests => {
            app.view = View::Requests;
            type_in(&mut app, "/gpt");
            press(&mut app, KeyCode::Enter);
            app
        }
        Scope::Models => {
            app.view = View::Models;
            type_in(&mut app, "/claude");
            press(&mut app, KeyCode::Enter);
            app
        }
        Scope::Logs => {
            app.view = View::Logs;
            type_in(&mut app, "/attempt");
            press(&mut app, KeyCode::Enter);
            app
        }
        Scope::Keys => shown(app, View::Keys),
        Scope::Usage => shown(app, View::Usage),
        Scope::Settings => {
            app.view = View::Settings;
            app
        }
        Scope::Login => logging_in(Seen::Recorded, None, (120, 60)),
        Scope::Code => {
            let mut app = logging_in(Seen::Recorded, None, (120, 60));
            press(&mut app, KeyCode::Char('c'));
            app
        }
        Scope::Trial => {
            app.view = View::Models;
            type_in(&mut app, "twhy");
            press(&mut app, KeyCode::Enter);
            let failed = End::Failed {
                trouble: trouble("no"),
                request_id: Some("0199-4".to_owned()),
            };
            update(&mut app, Message::Trial(1, Heard::End(failed)));
            app
        }
        Scope::Page => {
            press(&mut app, KeyCode::Char('?'));
            for _ in 0..20 {
                press(&mut app, KeyCode::Down);
            }
            app
        }
        Scope::Typing => {
            app.view = View::Accounts;
            type_in(&mut app, ":re");
            press(&mut app, KeyCode::Down);
            app
        }
        Scope::Question => {
            app.view = View::Accounts;
            press(&mut app, KeyCode::Down);
            press(&mut app, KeyCode::Char('x'));
            app
        }
    }
}

/// Where somebody is: among choices, on a page, or in a list; and where its end is.
fn place(app: &App) -> (usize, usize) {
    let mut purpose = app.input.as_ref().map(|input| input.purpose);
    if let Some(chosen) = purpose.as_mut().and_then(Purpose::chosen) {
        return (*chosen, crate::view::choices(app).len() - 1);
    }
    if let Some(Page::Help { scroll }) = app.pages.last() {
        let length = crate::view::page_length(app).unwrap();
        return (*scroll, length - crate::view::page_rows(app));
    }
    let ids = app.ids();
    (app.place_in(&ids).unwrap(), ids.len() - 1)
}

fn purpose(app: &App) -> Option<Purpose> {
    app.input.as_ref().map(|input| input.purpose)
}

fn deed(effects: &[Effect]) -> Option<&Deed> {
    effects.iter().find_map(|effect| match effect {
        Effect::Do(deed) => Some(deed),
        _ => None,
    })
}

fn acts(effects: &[Effect], wanted: AccountAction) -> bool {
    matches!(deed(effects), Some(Deed::Account { action, id }) if *action == wanted && id == "claude-ada@example.com")
}

/// Whether a command did what the help says.
fn is_done(command: Command, before: &App, app: &App, effects: &[Effect]) -> bool {
    let typed = |app: &App| app.input.as_ref().map_or(0, |input| input.text.len());
    match command {
        Command::Show(view) => app.view == view,
        Command::NextView => app.view == before.view.beside(1),
        Command::LastView => app.view == before.view.beside(-1),
        Command::Help => matches!(app.pages[..], [Page::Help { .. }]),
        Command::Palette => purpose(app) == Some(Purpose::Palette(0)),
        Command::Suspend => effects == [Effect::Suspend],
        Command::Quit => effects == [Effect::Quit],
        Command::Up => place(app).0 + 1 == place(before).0,
        Command::Down => place(app).0 == place(before).0 + 1,
        Command::PageUp => place(app).0 < place(before).0,
        Command::PageDown => place(app).0 > place(before).0,
        Command::First => place(app).0 == 0,
        Command::Last => place(app).0 == place(app).1,
        Command::Open if app.view == View::Accounts => {
            matches!(&app.pages[..], [Page::Account { id, .. }] if id == "claude-ada@example.com")
        }
        Command::Open => {
            let asked = matches!(effects, [Effect::Fetch(Fetch::Request(_))]);
            asked && matches!(app.pages.last(), Some(Page::Why(_)))
        }
        Command::Filter => match app.view {
            View::Logs => purpose(app) == Some(Purpose::Search),
            View::Models => purpose(app) == Some(Purpose::FilterModels),
            _ => purpose(app) == Some(Purpose::Filter),
        },
        Command::ClearFilter => {
            app.ids().len() > before.ids().len()
                || app.view == View::Logs && app.logs.search.is_empty()
        }
        Command::Pause => before.request_list.held.is_none() && app.request_list.held.is_some(),
        Command::Sort => app.request_list.sort == before.request_list.sort.next(),
        Command::Enable => acts(effects, AccountAction::Enable),
        Command::Disable => acts(effects, AccountAction::Disable),
        Command::ClearCooldown => acts(effects, AccountAction::ClearCooldown),
        Command::Refresh => acts(effects, AccountAction::Refresh),
        Command::ChangeKey => {
            let named = app.input.as_ref().map(|input| &*input.text);
            purpose(app) == Some(Purpose::NameKey) && named == Some("ci")
        }
        Command::DisableKey => matches!(
            deed(effects),
            Some(Deed::ChangeKey { change, .. }) if change.disabled == Some(true)
        ),
        Command::Remove | Command::Revoke | Command::Rotate => {
            effects.is_empty() && app.question.is_some()
        }
        Command::LogIn => purpose(app) == Some(Purpose::Way(0)) && !app.login.asks,
        Command::LogInWith => purpose(app) == Some(Purpose::Way(0)) && app.login.asks,
        Command::ShowCode | Command::ShowText => {
            let alone = matches!(app.pages.last(), Some(Page::Login(login)) if login.code_alone);
            effects.is_empty() && alone == (command == Command::ShowCode)
        }
        Command::Browse => matches!(effects, [Effect::Browse(_)]),
        Command::Paste => purpose(app) == Some(Purpose::Callback),
        Command::Try => purpose(app) == Some(Purpose::Ask),
        Command::NewKey => purpose(app) == Some(Purpose::NameKey),
        Command::By => app.usage.by != before.usage.by,
        Command::Span => app.usage.span != before.usage.span,
        Command::Measure => app.usage.measure != before.usage.measure,
        Command::Line => app.usage.line != before.usage.line,
        Command::Export => purpose(app) == Some(Purpose::Export),
        Command::Level => app.logs.level != before.logs.level,
        Command::Change => matches!(deed(effects), Some(Deed::Set { .. })),
        Command::Close if before.input.is_some() => app.input.is_none(),
        Command::Close => {
            let called_off = matches!(before.pages.last(), Some(Page::Login(_)));
            let cancelled = matches!(deed(effects), Some(Deed::CancelLogin(_)));
            app.pages.is_empty() && called_off == cancelled
        }
        Command::Erase => typed(app) + 1 == typed(before),
        Command::EraseAll => typed(before) > 0 && typed(app) == 0,
        // The choice was made, whatever it leads to.
        Command::Accept => !matches!(purpose(app), Some(Purpose::Palette(_))),
        Command::Yes => {
            let removed = matches!(
                deed(effects),
                Some(Deed::Account {
                    action: AccountAction::Remove,
                    ..
                })
            );
            removed && app.question.is_none()
        }
        Command::No => effects.is_empty() && app.question.is_none(),
    }
}

#[test]
fn every_key_of_the_help_does_what_it_says() {
    for row in TABLE {
        for key in row.keys {
            let (before, mut app) = (at(row.scope), at(row.scope));
            let effects = update(&mut app, Message::Key(key.event()));
            assert!(
                is_done(row.command, &before, &app, &effects),
                "{:?}: {} ({}) led to {effects:?}",
                row.scope,
                key.name(),
                row.help
            );
        }
    }
}

#[test]
fn no_line_is_longer_than_what_it_is_for() {
    for purpose in [Purpose::Filter, Purpose::NameKey, Purpose::Callback] {
        let mut app = Seen::Recorded.app(SIZE);
        app.input = Some(Input::empty(purpose));
        update(&mut app, Message::Pasted("é".repeat(20_000)));
        let typed = app.input.unwrap().text.chars().count();
        assert_eq!(typed, purpose.longest());
    }
}
