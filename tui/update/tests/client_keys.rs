//! Client keys: made, changed, disabled, rotated, revoked.

use crossterm::event::KeyEvent;
use modelgate_management::{KeyChange, NewKey};

use super::*;

#[test]
fn a_new_key_is_named_made_and_shown_once() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Keys;
    press(&mut app, KeyCode::Char('n'));
    type_in(&mut app, " phone ");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    type_in(&mut app, "gpt-*, claude-*,");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    type_in(&mut app, "soon");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    let complaint = |app: &App| app.input.as_ref().unwrap().complaint.is_some();
    assert!(complaint(&app), "it is told, and can be mended");
    update(
        &mut app,
        Message::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)),
    );
    assert!(!complaint(&app));
    type_in(&mut app, "2027-01-31");
    let effects = press(&mut app, KeyCode::Enter);
    let deed = Deed::AddKey(NewKey {
        name: Some("phone".to_owned()),
        models: vec!["gpt-*".to_owned(), "claude-*".to_owned()],
        expires: Some("2027-01-31".to_owned()),
    });
    assert_eq!(effects, [Effect::Do(deed.clone())]);
    let key = "mg-new-secret".into();
    let effects = update(&mut app, Message::Done(deed, Ok(Outcome::Key(key))));
    assert_eq!(fetches(&effects), [&Fetch::Keys]);
    assert!(matches!(app.pages.last(), Some(Page::NewKey { .. })));
    assert!(!format!("{app:?}").contains("mg-new-secret"));
    press(&mut app, KeyCode::Esc);
    assert!(app.pages.is_empty());
    press(&mut app, KeyCode::Char('n'));
    type_in(&mut app, "laptop");
    press(&mut app, KeyCode::Enter);
    assert!(complaint(&app), "the name is taken");
    assert!(press(&mut app, KeyCode::Esc).is_empty(), "none is made");
    press(&mut app, KeyCode::Char('n'));
    let keys = [KeyCode::Enter; 3].map(|key| press(&mut app, key)).concat();
    assert_eq!(keys, [Effect::Do(Deed::AddKey(NewKey::default()))]);
}

#[test]
fn what_a_key_may_do_is_changed_as_it_was_said() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Keys;
    press(&mut app, KeyCode::Down);
    let typed = |app: &App| app.input.as_ref().unwrap().text.clone();
    let id = "a26ac8553a04".to_owned();
    // All of it as it is.
    press(&mut app, KeyCode::Enter);
    assert_eq!(typed(&app), "ci");
    press(&mut app, KeyCode::Enter);
    assert_eq!(typed(&app), "gpt-*, claude-*");
    press(&mut app, KeyCode::Enter);
    assert_eq!(typed(&app), "2026-03-06T12:00:00Z");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    assert_eq!(app.toasts.last().unwrap().text, "nothing was changed");
    // One thing otherwise, one taken away.
    let erase = || KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL);
    press(&mut app, KeyCode::Char('e'));
    press(&mut app, KeyCode::Enter);
    update(&mut app, Message::Key(erase()));
    type_in(&mut app, "grok-*");
    press(&mut app, KeyCode::Enter);
    update(&mut app, Message::Key(erase()));
    let effects = press(&mut app, KeyCode::Enter);
    let change = KeyChange {
        models: Some(vec!["grok-*".to_owned()]),
        expires: Some(String::new()),
        ..KeyChange::default()
    };
    let deed = Deed::ChangeKey { id, change };
    assert_eq!(effects, [Effect::Do(deed.clone())]);
    let effects = update(&mut app, Message::Done(deed, Ok(Outcome::Done)));
    assert_eq!(fetches(&effects), [&Fetch::Keys]);
    assert_eq!(app.toasts.last().unwrap().text, "changed ci");
    press(&mut app, KeyCode::Char('e'));
    update(&mut app, Message::Key(erase()));
    type_in(&mut app, "laptop");
    press(&mut app, KeyCode::Enter);
    assert!(
        app.input.as_ref().unwrap().complaint.is_some(),
        "it is another's"
    );
    // What was begun and left is no change of the next that is made.
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Char('n'));
    let keys = [KeyCode::Enter; 3].map(|key| press(&mut app, key)).concat();
    assert_eq!(keys, [Effect::Do(Deed::AddKey(NewKey::default()))]);
}

#[test]
fn a_disabled_key_is_enabled_by_the_same_key() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Keys;
    for (id, disabled) in [("a7c8d4193582", true), ("00ffc8553a04", false)] {
        app.keys.cursor.choose(Some(id));
        let change = KeyChange {
            disabled: Some(disabled),
            ..KeyChange::default()
        };
        let id = id.to_owned();
        let effects = press(&mut app, KeyCode::Char('d'));
        assert_eq!(effects, [Effect::Do(Deed::ChangeKey { id, change })]);
    }
}

#[test]
fn a_rotated_key_is_asked_about_and_shown_once() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Keys;
    press(&mut app, KeyCode::Char('r'));
    assert!(app.question.as_ref().unwrap().text.contains("laptop"));
    let effects = press(&mut app, KeyCode::Char('y'));
    let [Effect::Do(deed @ Deed::RotateKey(key))] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(key.id, "a7c8d4193582");
    let secret = "mg-other-secret".into();
    update(
        &mut app,
        Message::Done(deed.clone(), Ok(Outcome::Key(secret))),
    );
    assert!(
        matches!(app.pages.last(), Some(Page::NewKey { replaces: Some(id), .. }) if id == "a7c8d4193582")
    );
    assert!(!format!("{app:?}").contains("mg-other-secret"));
}

#[test]
fn a_key_is_revoked_by_its_id_and_asked_about_by_its_name() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Keys;
    press(&mut app, KeyCode::Char('x'));
    assert!(app.question.as_ref().unwrap().text.contains("laptop"));
    let id = "a7c8d4193582".to_owned();
    assert_eq!(
        press(&mut app, KeyCode::Char('y')),
        [Effect::Do(Deed::RevokeKey { id })]
    );
}
