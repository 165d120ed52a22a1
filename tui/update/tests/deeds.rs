//! What takes more than a key: logins, questions to models, files.

use modelgate_management::{LoginStatus, Piece};

use super::*;
use crate::fixtures::{logging_in, login};
use crate::trial::{End, Heard};

fn state() -> Fetch {
    Fetch::Login("s-1".into())
}

fn stands(app: &mut App, status: LoginStatus) -> Vec<Effect> {
    update(app, Message::Answer(Answer::Login("s-1".into(), status)))
}

fn trouble_of(app: &App) -> Option<&str> {
    match app.pages.last() {
        Some(Page::Login(login)) => login.trouble.as_ref().map(|trouble| &*trouble.message),
        _ => None,
    }
}

#[test]
fn a_login_is_followed_to_its_account() {
    let mut app = logging_in(Seen::Recorded, Some("AB-CD"), SIZE);
    app.asked.clear();
    for second in 46..49 {
        let effects = update(&mut app, Message::Time(later(second)));
        assert!(fetches(&effects).contains(&&state()), "after {second} s");
        assert!(stands(&mut app, LoginStatus::Waiting).is_empty());
    }
    app.asked.clear();
    let account = Some("claude-bob@example.com".to_owned());
    let effects = stands(&mut app, LoginStatus::Done(account));
    assert_eq!(fetches(&effects), [&Fetch::Accounts]);
    assert!(app.pages.is_empty());
    let toast = app.toasts.last().unwrap();
    assert_eq!(toast.text, "logged in: claude-bob@example.com");
    let effects = update(&mut app, Message::Time(later(60)));
    assert!(!fetches(&effects).contains(&&state()), "it is over");
}

#[test]
fn what_is_pasted_ends_the_login_or_is_complained_about() {
    let mut app = logging_in(Seen::Recorded, None, SIZE);
    press(&mut app, KeyCode::Enter);
    type_in(&mut app, "hello");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    assert!(app.input.as_ref().unwrap().complaint.is_some());
    press(&mut app, KeyCode::Esc);
    // A paste needs no key before it, and may be long.
    let long = format!(
        "http://localhost:54545/callback?code={}&state=s-1",
        "c".repeat(900)
    );
    update(&mut app, Message::Pasted(format!("{long}\n")));
    let effects = press(&mut app, KeyCode::Enter);
    let deed = Deed::EndLogin {
        state: "s-1".into(),
        pasted: (&*long).into(),
    };
    assert_eq!(effects, [Effect::Do(deed.clone())]);
    assert!(!format!("{effects:?}").contains("ccc"));
    update(
        &mut app,
        Message::Done(deed.clone(), Err(trouble("state is required"))),
    );
    assert_eq!(trouble_of(&app), Some("state is required"));
    update(&mut app, Message::Done(deed, Ok(Outcome::Done)));
    stands(&mut app, LoginStatus::Waiting);
    assert_eq!(trouble_of(&app), None);
    // The line is of no use when the browser has come back by itself.
    press(&mut app, KeyCode::Enter);
    stands(&mut app, LoginStatus::Done(None));
    assert_eq!((app.pages.len(), &app.input), (0, &None));
}

#[test]
fn a_login_that_fails_says_why_and_one_that_is_left_is_called_off() {
    let mut app = logging_in(Seen::Recorded, None, SIZE);
    update(&mut app, Message::Failed(state(), trouble("gone")));
    assert_eq!(trouble_of(&app), Some("gone"), "it is asked again");
    stands(&mut app, LoginStatus::Failed("denied".to_owned()));
    assert!(
        press(&mut app, KeyCode::Esc).is_empty(),
        "there is nothing to call off"
    );

    let cancel = [Effect::Do(Deed::CancelLogin("s-1".into()))];
    let mut app = logging_in(Seen::Recorded, None, SIZE);
    assert_eq!(press(&mut app, KeyCode::Esc), cancel);
    assert!(app.pages.is_empty());

    let mut app = logging_in(Seen::Recorded, None, SIZE);
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 2,
        row: 0,
        modifiers: KeyModifiers::NONE,
    };
    assert_eq!(update(&mut app, Message::Mouse(click))[..1], cancel);

    // Nobody waited until it had begun.
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Accounts;
    type_in(&mut app, "lclaude");
    let effects = press(&mut app, KeyCode::Enter);
    let [Effect::Do(deed)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(press(&mut app, KeyCode::Esc).is_empty());
    let begun = Message::Done(deed.clone(), Ok(Outcome::Login(login(None))));
    assert_eq!(update(&mut app, begun), cancel);
}

#[test]
fn a_login_that_cannot_begin_says_what_is_missing() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Accounts;
    type_in(&mut app, "lmyspace");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    assert!(app.input.take().unwrap().complaint.is_some());
    type_in(&mut app, "lgemini");
    let effects = press(&mut app, KeyCode::Enter);
    let [Effect::Do(deed)] = &effects[..] else {
        panic!("{effects:?}")
    };
    update(
        &mut app,
        Message::Done(deed.clone(), Err(trouble("set a variable"))),
    );
    assert!(matches!(app.pages.last(), Some(Page::Login(login))
        if matches!(&login.stage, crate::login::Stage::Failed(trouble) if trouble.message == "set a variable")));
    let mut app = Seen::Lost.app(SIZE);
    app.view = View::Accounts;
    press(&mut app, KeyCode::Char('l'));
    assert!(app.input.is_none() && app.toasts.last().unwrap().bad);
}

#[test]
fn who_asks_for_it_is_asked_for_a_name_and_projects() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Accounts;
    let begun = |effects: &[Effect]| match effects {
        [Effect::Do(Deed::BeginLogin { way, wishes })] => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (way.name, text(&wishes.label), text(&wishes.projects))
        }
        other => panic!("{other:?}"),
    };
    type_in(&mut app, "Lgemini");
    press(&mut app, KeyCode::Enter);
    type_in(&mut app, " at work ");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    type_in(&mut app, "one, two");
    let effects = press(&mut app, KeyCode::Enter);
    let (label, projects) = ("at work".to_owned(), "one, two".to_owned());
    assert_eq!(begun(&effects), ("gemini", label, projects));
    press(&mut app, KeyCode::Esc);
    // Others have no projects, and nothing is left of what was wished before.
    type_in(&mut app, "Lclaude");
    press(&mut app, KeyCode::Enter);
    let effects = press(&mut app, KeyCode::Enter);
    assert_eq!(begun(&effects), ("claude", String::new(), String::new()));
}

#[test]
fn a_cookie_or_a_key_file_is_a_login_too() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Accounts;
    type_in(&mut app, "lcookie");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    press(&mut app, KeyCode::Enter);
    assert!(app.input.as_ref().unwrap().complaint.is_some());
    update(&mut app, Message::Pasted("BXAuth=hush; x=1\n".to_owned()));
    let effects = press(&mut app, KeyCode::Enter);
    let [
        Effect::Do(
            deed @ Deed::LoginByCookie {
                cookie,
                label: None,
                ..
            },
        ),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(cookie.expose(), "BXAuth=hush; x=1");
    assert!(!format!("{effects:?}").contains("hush"));
    let refused = Err(trouble("duplicate BXAuth found"));
    update(&mut app, Message::Done(deed.clone(), refused));
    assert!(app.toasts.last().unwrap().bad);

    type_in(&mut app, "Lvertex");
    for typed in ["", "robot", "~/key.json"] {
        type_in(&mut app, typed);
        assert!(press(&mut app, KeyCode::Enter).is_empty());
    }
    type_in(&mut app, "europe-west4");
    let effects = press(&mut app, KeyCode::Enter);
    let some = |text: &str| Some(text.to_owned());
    let deed = Deed::ImportKey {
        file: "~/key.json".to_owned(),
        location: some("europe-west4"),
        label: some("robot"),
    };
    assert_eq!(effects, [Effect::Do(deed.clone())]);
    app.asked.clear();
    let made = Ok(Outcome::LoggedIn(some("robot@p.example")));
    let effects = update(&mut app, Message::Done(deed, made));
    assert_eq!(fetches(&effects), [&Fetch::Accounts]);
    assert_eq!(
        app.toasts.last().unwrap().text,
        "logged in: robot@p.example"
    );
}

#[test]
fn a_code_that_has_no_room_is_not_shown_alone_and_the_way_back_is_no_end() {
    let alone =
        |app: &App| matches!(app.pages.last(), Some(Page::Login(login)) if login.code_alone);
    let mut app = logging_in(Seen::Recorded, None, (80, 24));
    press(&mut app, KeyCode::Char('c'));
    assert!(!alone(&app));
    let toast = &app.toasts.last().unwrap().text;
    assert!(toast.ends_with("this terminal has 80 and 24"), "{toast}");
    let mut app = logging_in(Seen::Recorded, Some("AB-CD"), (80, 24));
    press(&mut app, KeyCode::Char('c'));
    assert!(alone(&app));
    assert!(press(&mut app, KeyCode::Esc).is_empty(), "it goes on");
    assert!(!alone(&app) && app.pages.len() == 1);
    press(&mut app, KeyCode::Char('c'));
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 2,
        row: 0,
        modifiers: KeyModifiers::NONE,
    };
    assert!(
        update(&mut app, Message::Mouse(click)).is_empty(),
        "there are no tabs"
    );
    update(&mut app, Message::Pasted("x".to_owned()));
    assert!(!alone(&app));
    press(&mut app, KeyCode::Char('c'));
    stands(&mut app, LoginStatus::Failed("denied".to_owned()));
    assert!(!alone(&app), "what went wrong is read");
}

#[test]
fn only_addresses_of_the_web_are_opened() {
    for (url, opened) in [
        ("https://login.example/x", true),
        ("http://127.0.0.1:1/x", true),
        ("file:///etc/passwd", false),
        ("-a Calculator", false),
    ] {
        let mut app = logging_in(Seen::Recorded, None, SIZE);
        if let Some(Page::Login(login)) = app.pages.last_mut()
            && let crate::login::Stage::Away { begun, .. } = &mut login.stage
        {
            url.clone_into(&mut begun.url);
        }
        let effects = press(&mut app, KeyCode::Char('o'));
        let expected = opened.then(|| Effect::Browse(url.to_owned()));
        assert_eq!(effects, Vec::from_iter(expected));
    }
}

#[test]
fn a_model_is_asked_what_is_typed_and_heard_until_nobody_listens() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Models;
    press(&mut app, KeyCode::Enter);
    assert!(
        press(&mut app, KeyCode::Enter).is_empty(),
        "there is no question"
    );
    type_in(&mut app, "Why?");
    let effects = press(&mut app, KeyCode::Enter);
    let ask = Effect::Ask {
        number: 1,
        model: "claude-sonnet-4-5".to_owned(),
        text: "Why?".to_owned(),
    };
    assert_eq!(effects, [ask]);
    let text = |text: &str| Heard::Piece(Piece::Text(text.to_owned()));
    update(&mut app, Message::Trial(1, text("Be")));
    update(&mut app, Message::Trial(7, text("of another")));
    update(&mut app, Message::Trial(1, text("cause")));
    let Some(Page::Trial(trial)) = app.pages.last() else {
        panic!("no page")
    };
    assert_eq!((&*trial.answer, trial.request_id()), ("Because", None));
    assert!(
        press(&mut app, KeyCode::Enter).is_empty(),
        "nothing is known of it"
    );
    let failed = End::Failed {
        trouble: trouble("overloaded"),
        request_id: Some("r-1".to_owned()),
    };
    update(&mut app, Message::Trial(1, Heard::End(failed)));
    let effects = press(&mut app, KeyCode::Enter);
    assert_eq!(fetches(&effects), [&Fetch::Request("r-1".to_owned())]);
    press(&mut app, KeyCode::Esc);
    assert_eq!(press(&mut app, KeyCode::Esc), [Effect::Hush]);
    update(&mut app, Message::Trial(1, text("late")));
    assert!(app.pages.is_empty());
}

#[test]
fn sums_are_written_as_they_are_shown() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Usage;
    press(&mut app, KeyCode::Char('e'));
    for _ in ".csv".chars() {
        press(&mut app, KeyCode::Backspace);
    }
    type_in(&mut app, ".json");
    let effects = press(&mut app, KeyCode::Enter);
    let sums = Box::new(app.usage.known.value.clone().unwrap());
    let name = "usage-by-model.json".to_owned();
    assert_eq!(effects, [Effect::Save { name, sums }]);
    update(&mut app, Message::Told(Ok("written to /a".to_owned())));
    assert_eq!(app.toasts.last().unwrap().text, "written to /a");
    update(&mut app, Message::Told(Err(trouble("it is there already"))));
    assert!(app.toasts.last().unwrap().bad);
    app.usage.known.value = None;
    press(&mut app, KeyCode::Char('e'));
    assert_eq!(app.input, None, "there is nothing to write");
}
