mod client_keys;
mod deeds;
mod table;

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use modelgate_management::{AccountAction, Event};
use serde_json::json;

use super::*;
use crate::app::View;
use crate::fixtures::{Seen, later, new, press, read, request, trouble, type_in};
use crate::message::{Answer, Deed, Outcome};

const SIZE: (u16, u16) = (120, 36);

fn event(value: serde_json::Value) -> Message {
    Message::Events(vec![read::<Event>(value)])
}

fn fetches(effects: &[Effect]) -> Vec<&Fetch> {
    let fetches = effects.iter().filter_map(|effect| match effect {
        Effect::Fetch(fetch) => Some(fetch),
        _ => None,
    });
    fetches.collect()
}

#[test]
fn a_gateway_that_is_found_is_asked_for_everything_once() {
    let mut app = new(SIZE);
    assert!(
        update(&mut app, Message::Time(later(1))).is_empty(),
        "nobody to ask"
    );
    let effects = update(&mut app, Message::Link(Link::Live));
    let asked = fetches(&effects);
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.contains(&&Fetch::Requests) && asked.contains(&&Fetch::Accounts));
    assert!(update(&mut app, Message::Link(Link::Live)).is_empty());
    let effects = update(&mut app, Message::Time(later(30)));
    assert!(effects.is_empty(), "nothing is answered yet: {effects:?}");
}

#[test]
fn what_is_spent_is_asked_for_in_the_persons_month() {
    let mut app = new(SIZE);
    let effects = update(&mut app, Message::Link(Link::Live));
    let since = fetches(&effects).into_iter().find_map(|fetch| match fetch {
        Fetch::Spent { since, .. } => Some(since.as_str()),
        _ => None,
    });
    assert_eq!(since, Some("2026-03-01"));
}

#[test]
fn where_nothing_is_told_requests_are_asked_for_again_and_again() {
    let mut app = new(SIZE);
    update(&mut app, Message::Link(Link::Polling));
    for second in 1..=6 {
        update(
            &mut app,
            Message::Answer(Answer::Requests(read(json!({"requests": []})))),
        );
        let effects = update(&mut app, Message::Time(later(second)));
        let polled = fetches(&effects).contains(&&Fetch::Requests);
        assert_eq!(polled, second % 2 == 0, "after {second} s");
    }
}

#[test]
fn a_request_is_counted_once_however_often_it_is_told() {
    let mut app = Seen::Recorded.app(SIZE);
    let before = app.traffic.sum(|second| second.ended);
    let ended = json!({"type": "request_ended", "id": "a1", "time": "2026-03-04T12:00:01Z", "dialect": "claude",
        "model": "m", "stream": true, "status": 200, "complete": true, "attempts": 1, "total_ms": 900,
        "usage": {"output": 12}});
    update(&mut app, event(ended.clone()));
    update(&mut app, event(ended.clone()));
    let list = read(json!({"requests": [ended]}));
    update(&mut app, Message::Answer(Answer::Requests(list)));
    assert_eq!(app.traffic.sum(|second| second.ended), before + 1);
    assert_eq!(app.requests.open().count(), 1);
}

#[test]
fn missed_events_are_counted_and_made_up_for() {
    let mut app = Seen::Recorded.app(SIZE);
    app.asked.clear();
    let effects = update(&mut app, event(json!({"type": "dropped", "count": 7})));
    assert_eq!(fetches(&effects), [&Fetch::Requests]);
    update(&mut app, Message::Lost(3));
    assert_eq!(app.lost, 10);
    update(&mut app, Message::Time(later(400)));
    assert_eq!(app.requests.open().count(), 0, "their ends were missed");
}

#[test]
fn a_gateway_that_was_lost_leaves_nothing_under_way() {
    let mut app = Seen::Recorded.app(SIZE);
    update(&mut app, Message::Link(Link::Lost(trouble("gone"))));
    assert_eq!(
        app.requests.open().count(),
        2,
        "what was known is still shown"
    );
    update(&mut app, Message::Link(Link::Live));
    assert_eq!(app.requests.open().count(), 0);
    assert!(
        !app.requests
            .list("", crate::requests::Sort::Time)
            .is_empty()
    );
}

#[test]
fn events_of_a_later_version_change_nothing() {
    let mut app = Seen::Recorded.app(SIZE);
    let effects = update(&mut app, event(json!({"type": "weather", "of": ["rain"]})));
    assert!(effects.is_empty());
}

#[test]
fn accounts_follow_what_is_told_of_them() {
    let mut app = Seen::Recorded.app(SIZE);
    let gone = json!({"type": "account_removed", "id": "demo[0]"});
    update(&mut app, event(gone));
    let changed = json!({"type": "account_changed", "id": "claude-api-key[0]", "provider": "claude", "kind": "claude",
        "source": "config", "state": "ready", "priority": 0});
    update(&mut app, event(changed));
    let accounts = app.accounts.all();
    assert_eq!(accounts.len(), 4);
    assert_eq!(accounts[0].state.name(), "ready");
}

#[test]
fn views_are_switched_by_number_and_tab() {
    let mut app = new(SIZE);
    press(&mut app, KeyCode::Char('2'));
    assert_eq!(app.view, View::Requests);
    press(&mut app, KeyCode::BackTab);
    assert_eq!(app.view, View::Overview);
    for _ in View::ALL {
        press(&mut app, KeyCode::Tab);
    }
    assert_eq!(app.view, View::Overview);
}

#[test]
fn the_why_of_a_request_is_opened_filled_and_closed() {
    let mut app = Seen::Recorded.app(SIZE);
    press(&mut app, KeyCode::Char('2'));
    type_in(&mut app, "/sonnet cut");
    press(&mut app, KeyCode::Enter);
    assert_eq!(app.listed_requests().len(), 1);
    let effects = press(&mut app, KeyCode::Enter);
    assert_eq!(fetches(&effects), [&Fetch::Request("0199-4".to_owned())]);
    let detail = Answer::Request(Box::new(read(request())));
    update(&mut app, Message::Answer(detail));
    let Some(Page::Why(why)) = app.pages.last() else {
        panic!("no page");
    };
    assert!(why.detail.value.is_some());
    press(&mut app, KeyCode::Esc);
    assert!(app.pages.is_empty());
    press(&mut app, KeyCode::Esc);
    assert_eq!(app.request_list.filter, "");
}

#[test]
fn the_why_of_a_request_under_way_is_asked_for_when_it_is_over() {
    let mut app = Seen::Recorded.app(SIZE);
    press(&mut app, KeyCode::Char('2'));
    press(&mut app, KeyCode::Enter);
    let id = "a2".to_owned();
    let unknown = trouble("no request `a2` is known");
    update(
        &mut app,
        Message::Failed(Fetch::Request(id.clone()), unknown),
    );
    let ended = json!({"type": "request_ended", "id": "a2", "time": "2026-03-04T12:00:01Z", "dialect": "claude",
        "model": "m", "stream": true, "status": 200, "complete": true, "attempts": 1, "total_ms": 900});
    update(&mut app, event(ended));
    let effects = update(&mut app, Message::Time(later(4)));
    assert!(fetches(&effects).contains(&&Fetch::Request(id)));
}

#[test]
fn a_held_list_stays_as_it_is_and_goes_on_from_there() {
    let mut app = Seen::Recorded.app(SIZE);
    press(&mut app, KeyCode::Char('2'));
    let before = app.listed_requests().len();
    press(&mut app, KeyCode::Char('p'));
    let started = json!({"type": "request_started", "id": "b1", "time": "2026-03-04T12:00:01Z", "dialect": "chat",
        "model": "m", "stream": true});
    update(&mut app, event(started));
    assert_eq!(app.listed_requests().len(), before);
    press(&mut app, KeyCode::Char('p'));
    assert_eq!(app.listed_requests().len(), before + 1);
}

#[test]
fn what_is_done_with_an_account_is_done_to_the_chosen_one() {
    for (key, action) in [
        ('e', AccountAction::Enable),
        ('d', AccountAction::Disable),
        ('c', AccountAction::ClearCooldown),
        ('r', AccountAction::Refresh),
    ] {
        let mut app = Seen::Recorded.app(SIZE);
        app.view = View::Accounts;
        press(&mut app, KeyCode::Down);
        let id = "claude-ada@example.com".to_owned();
        let effects = press(&mut app, KeyCode::Char(key));
        assert_eq!(effects, [Effect::Do(Deed::Account { id, action })]);
    }
}

#[test]
fn the_page_of_an_account_says_all_and_acts_on_that_account() {
    let mut app = Seen::Recorded.app((80, 12));
    app.view = View::Accounts;
    app.models.known = crate::app::Known::default();
    press(&mut app, KeyCode::Down);
    let effects = press(&mut app, KeyCode::Enter);
    assert!(fetches(&effects).contains(&&Fetch::Models), "{effects:?}");
    let scroll = |app: &App| match app.pages.last() {
        Some(Page::Account { id, scroll }) if id == "claude-ada@example.com" => *scroll,
        other => panic!("{other:?}"),
    };
    press(&mut app, KeyCode::End);
    let end = crate::view::page_length(&app).unwrap() - crate::view::page_rows(&app);
    assert!(end > 0, "it has more lines than the terminal");
    assert_eq!(scroll(&app), end);
    press(&mut app, KeyCode::Enter);
    assert_eq!(app.pages.len(), 1, "it is open");
    // Another one is chosen below, as when the list has changed.
    app.accounts.cursor.choose(Some("demo[0]"));
    let id = "claude-ada@example.com".to_owned();
    let action = AccountAction::ClearCooldown;
    let effects = press(&mut app, KeyCode::Char('c'));
    assert_eq!(effects, [Effect::Do(Deed::Account { id, action })]);
    press(&mut app, KeyCode::Char('x'));
    assert!(app.question.take().unwrap().text.contains("claude-ada"));
    press(&mut app, KeyCode::Esc);
    assert!(app.pages.is_empty());
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Accounts;
    let removes = |id: &str| Deed::Account {
        id: id.to_owned(),
        action: AccountAction::Remove,
    };
    // The gateway says that a key of the configuration is removed there.
    let effects = press(&mut app, KeyCode::Char('x'));
    assert_eq!(effects, [Effect::Do(removes("claude-api-key[0]"))]);
    press(&mut app, KeyCode::Down);
    for answer in [KeyCode::Char('n'), KeyCode::Esc] {
        assert!(press(&mut app, KeyCode::Char('x')).is_empty());
        assert!(app.question.is_some());
        assert!(press(&mut app, KeyCode::Enter).is_empty(), "no answer");
        assert!(press(&mut app, answer).is_empty());
        assert_eq!(app.question, None);
    }
    press(&mut app, KeyCode::Char('x'));
    let effects = press(&mut app, KeyCode::Char('y'));
    let id = "claude-ada@example.com";
    let deed = removes(id);
    assert_eq!(effects, [Effect::Do(deed.clone())]);
    let done = read(json!({"id": id, "action": "remove"}));
    update(
        &mut app,
        Message::Done(deed.clone(), Ok(Outcome::Account(Box::new(done)))),
    );
    assert_eq!(app.accounts.all().len(), 4);
    update(
        &mut app,
        Message::Done(deed, Err(trouble("no such account"))),
    );
    assert!(
        app.toasts
            .iter()
            .any(|toast| toast.bad && toast.text == "no such account")
    );
}

#[test]
fn other_sums_are_asked_for_at_once_and_older_answers_are_not_shown() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Usage;
    app.asked.clear();
    let asked = |effects: &[Effect]| {
        let fetches = fetches(effects).into_iter();
        let usage = fetches.filter_map(|fetch| match fetch {
            Fetch::Usage { by, since, .. } => Some((*by, since.clone())),
            _ => None,
        });
        usage.collect::<Vec<_>>()
    };
    let effects = press(&mut app, KeyCode::Char('b'));
    assert_eq!(asked(&effects), [("key", Some("7d".to_owned()))]);
    let hours = read(crate::fixtures::hours());
    update(&mut app, Message::Answer(Answer::Usage(hours)));
    assert!(app.usage.groups().is_empty());
    app.asked.clear();
    let effects = press(&mut app, KeyCode::Char('t'));
    assert_eq!(asked(&effects), [("key", Some("30d".to_owned()))]);
}

#[test]
fn everything_can_be_done_by_its_words() {
    let mut app = Seen::Recorded.app(SIZE);
    type_in(&mut app, ":logs");
    press(&mut app, KeyCode::Enter);
    assert_eq!((app.view, &app.input), (View::Logs, &None));
    app.view = View::Accounts;
    type_in(&mut app, ":weather");
    let effects = press(&mut app, KeyCode::Enter);
    assert!(effects.is_empty(), "no line has this word: {effects:?}");
    type_in(&mut app, ":clear cool");
    press(&mut app, KeyCode::Down);
    let effects = press(&mut app, KeyCode::Enter);
    assert!(matches!(
        &effects[..],
        [Effect::Do(Deed::Account {
            action: AccountAction::ClearCooldown,
            ..
        })]
    ));
    type_in(&mut app, ":");
    press(&mut app, KeyCode::Down);
    press(&mut app, KeyCode::Down);
    let effects = press(&mut app, KeyCode::Enter);
    assert!(matches!(
        &effects[..],
        [Effect::Do(Deed::Account {
            action: AccountAction::Enable,
            ..
        })]
    ));
    type_in(&mut app, ":q");
    assert!(press(&mut app, KeyCode::Esc).is_empty());
    assert_eq!(app.input, None);
}

#[test]
fn settings_are_turned_or_typed() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Settings;
    let set = |path, value| [Effect::Do(Deed::Set { path, value })];
    let effects = press(&mut app, KeyCode::Enter);
    assert_eq!(effects, set("routing.strategy", json!("fill-first")));
    press(&mut app, KeyCode::Down);
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    type_in(&mut app, "5");
    assert_eq!(
        press(&mut app, KeyCode::Enter),
        set("request-retry", json!(5))
    );
    press(&mut app, KeyCode::Enter);
    type_in(&mut app, "many");
    assert!(press(&mut app, KeyCode::Enter).is_empty());
    assert!(app.input.as_ref().unwrap().complaint.is_some());
    press(&mut app, KeyCode::Esc);
    app.settings.known.value = None;
    assert!(
        press(&mut app, KeyCode::Enter).is_empty(),
        "what is not known is not turned"
    );
}

#[test]
fn the_log_is_read_on_while_it_is_shown() {
    let mut app = new(SIZE);
    update(&mut app, Message::Link(Link::Live));
    let effects = press(&mut app, KeyCode::Char('7'));
    assert_eq!(fetches(&effects), [&Fetch::Logs { after: None }]);
    let lines = json!({"lines": ["a"], "line-count": 1, "latest-timestamp": 0, "next-cursor": "c"});
    update(&mut app, Message::Answer(Answer::Logs(read(lines))));
    let effects = update(&mut app, Message::Time(later(1)));
    let after = Some("c".to_owned());
    assert!(fetches(&effects).contains(&&Fetch::Logs { after }));
    press(&mut app, KeyCode::Char('1'));
    let effects = update(&mut app, Message::Time(later(3)));
    assert!(
        !fetches(&effects)
            .iter()
            .any(|fetch| matches!(fetch, Fetch::Logs { .. }))
    );
}

#[test]
fn a_line_of_the_log_leads_to_its_request() {
    let mut app = Seen::Recorded.app(SIZE);
    app.view = View::Logs;
    assert!(
        press(&mut app, KeyCode::Enter).is_empty(),
        "it is about none"
    );
    type_in(&mut app, "/attempt");
    press(&mut app, KeyCode::Enter);
    let effects = press(&mut app, KeyCode::Enter);
    assert_eq!(
        fetches(&effects),
        [&Fetch::Request("0199c8a1d1f07c1e8a3f".to_owned())]
    );
}

#[test]
fn the_mouse_switches_chooses_opens_and_scrolls() {
    let mut app = Seen::Recorded.app(SIZE);
    let mouse = |app: &mut App, kind, column, row| {
        let event = MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        };
        update(app, Message::Mouse(event))
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    mouse(&mut app, click, 15, 0);
    assert_eq!(app.view, View::Requests);
    // Below the tabs, the line about the list, and the headings.
    mouse(&mut app, click, 5, 5);
    assert_eq!(app.chosen().as_deref(), Some("0199-5"));
    let effects = mouse(&mut app, click, 5, 5);
    assert_eq!(fetches(&effects), [&Fetch::Request("0199-5".to_owned())]);
    mouse(&mut app, click, 5, 5);
    assert_eq!(app.pages.len(), 1, "what lies under a page is not clicked");
    mouse(&mut app, click, 2, 0);
    assert!(app.pages.is_empty() && app.view == View::Overview);
    app.view = View::Requests;
    app.request_list.cursor = crate::list::Cursor::default();
    mouse(&mut app, MouseEventKind::ScrollDown, 5, 5);
    assert_eq!(app.chosen().as_deref(), Some("0199-4"));
    assert!(mouse(&mut app, click, 5, 30).is_empty(), "nothing is there");
}

#[test]
fn what_is_typed_is_text_and_no_command() {
    let mut app = Seen::Recorded.app(SIZE);
    press(&mut app, KeyCode::Char('2'));
    type_in(&mut app, "/q1?");
    assert_eq!(app.request_list.filter, "q1?");
    press(&mut app, KeyCode::Backspace);
    update(&mut app, Message::Pasted("\u{1b}[2Jx\n".to_owned()));
    assert_eq!(app.request_list.filter, "q1[2Jx");
    assert!(press(&mut app, KeyCode::Esc).is_empty());
    assert_eq!((app.input, app.request_list.filter.as_str()), (None, ""));
}

#[test]
fn pages_are_scrolled_within_their_bounds() {
    let mut app = new((80, 24));
    press(&mut app, KeyCode::Char('?'));
    for (key, expected) in [
        (KeyCode::Up, 0),
        (KeyCode::Down, 1),
        (KeyCode::Home, 0),
        (KeyCode::PageDown, crate::view::page_rows(&app) - 1),
    ] {
        press(&mut app, key);
        assert!(
            matches!(app.pages[..], [Page::Help { scroll }] if scroll == expected.min(
            crate::view::page_length(&app).unwrap().saturating_sub(crate::view::page_rows(&app)))),
            "{key:?}"
        );
    }
    press(&mut app, KeyCode::Char('q'));
    assert!(
        app.pages.is_empty(),
        "q closes a page before it ends the program"
    );
    assert_eq!(press(&mut app, KeyCode::Char('q')), [Effect::Quit]);
}

#[test]
fn toasts_go_by_themselves() {
    let mut app = new(SIZE);
    for number in 0..9 {
        app.toast(number.to_string(), false);
    }
    assert_eq!(app.toasts.len(), 3);
    update(&mut app, Message::Time(later(7)));
    assert!(app.toasts.is_empty());
}
