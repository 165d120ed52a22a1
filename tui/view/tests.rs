use crossterm::event::KeyCode;
use modelgate_management::{LoginStatus, Outcome, Piece, inert};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::fixtures::{Seen, later, logging_in, press, type_in};
use crate::message::{self, Answer, Effect, Message};
use crate::text;
use crate::text::tests::HOSTILE;
use crate::theme::Theme;
use crate::trial::{End, Heard, Whole};
use crate::update::update;

/// The usual one, larger ones, and one that is narrower than anything is made for.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 36), (200, 60), (46, 16)];

fn drawn(app: &App) -> Buffer {
    let (width, height) = app.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| render(app, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen as text; no line is longer or shorter than the screen is wide.
fn shown(app: &App) -> String {
    let buffer = drawn(app);
    let mut screen = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            assert_eq!(inert(symbol), symbol, "at {x}, {y}");
            line.push_str(symbol);
            x += text::width(symbol).max(1) as u16;
        }
        assert_eq!(text::width(&line), usize::from(buffer.area.width), "{line}");
        screen.push_str(line.trim_end());
        screen.push('\n');
    }
    screen
}

/// One snapshot with all sizes.
fn check(name: &str, app: impl Fn((u16, u16)) -> App) {
    let screens = SIZES.map(|size| {
        let (width, height) = size;
        format!("{width}×{height}\n{}", shown(&app(size)))
    });
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!(name, screens.join("\n"));
    });
}

#[test]
fn every_view_in_every_state() {
    for view in View::ALL {
        for seen in Seen::ALL {
            let name = format!("{}_{}", view.name().to_lowercase(), seen.name());
            check(&name, |size| {
                let mut app = seen.app(size);
                app.view = view;
                app
            });
        }
    }
}

fn why(seen: Seen, size: (u16, u16)) -> App {
    let mut app = seen.app(size);
    app.view = View::Requests;
    type_in(&mut app, "/0199-4");
    press(&mut app, KeyCode::Enter);
    press(&mut app, KeyCode::Enter);
    seen.answer_why(&mut app);
    app
}

#[test]
fn the_why_of_a_request() {
    for seen in [Seen::Recorded, Seen::Hostile] {
        check(&format!("why_{}", seen.name()), |size| why(seen, size));
    }
}

#[test]
fn the_why_of_a_request_under_way() {
    check("why_open", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Requests;
        press(&mut app, KeyCode::Enter);
        app
    });
}

#[test]
fn the_help_is_the_table_of_keys() {
    check("help", |size| {
        let mut app = Seen::Recorded.app(size);
        press(&mut app, KeyCode::Char('?'));
        app
    });
}

#[test]
fn an_account_with_limits() {
    check("accounts_limits", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Accounts;
        press(&mut app, KeyCode::Down);
        app
    });
}

#[test]
fn everything_about_an_account() {
    for (name, seen, keys, downs) in [
        ("", Seen::Recorded, 1, 0),
        ("_end", Seen::Recorded, 1, 99),
        ("_resting", Seen::Recorded, 0, 0),
        ("_hostile", Seen::Hostile, 1, 0),
    ] {
        check(&format!("account{name}"), |size| {
            let mut app = seen.app(size);
            app.view = View::Accounts;
            for _ in 0..keys {
                press(&mut app, KeyCode::Down);
            }
            press(&mut app, KeyCode::Enter);
            for _ in 0..downs {
                press(&mut app, KeyCode::Down);
            }
            app
        });
    }
}

#[test]
fn a_new_key_is_shown_once() {
    check("keys_new", |size| {
        let mut app = Seen::Recorded.app(size);
        let new = modelgate_management::NewKey {
            name: Some("phone".to_owned()),
            models: vec!["gpt-*".to_owned(), "claude-*".to_owned()],
            expires: Some("2027-01-31".to_owned()),
        };
        let key = "mg-0123456789".into();
        let replaces = None;
        app.pages.push(Page::NewKey { new, key, replaces });
        app
    });
    check("keys_rotated", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Keys;
        press(&mut app, KeyCode::Down);
        press(&mut app, KeyCode::Char('r'));
        let effects = press(&mut app, KeyCode::Char('y'));
        let [Effect::Do(deed)] = &effects[..] else {
            panic!("{effects:?}")
        };
        let key = "mg-9876543210".into();
        let done = Message::Done(deed.clone(), Ok(message::Outcome::Key(key)));
        update(&mut app, done);
        app
    });
}

#[test]
fn a_login_shows_where_to_go() {
    for (name, seen, code) in [
        ("browser", Seen::Recorded, None),
        ("device", Seen::Recorded, Some("ABCD-EFGH")),
        ("browser_hostile", Seen::Hostile, None),
        ("device_hostile", Seen::Hostile, Some("ABCD-EFGH")),
    ] {
        check(&format!("login_{name}"), |size| {
            logging_in(seen, code, size)
        });
    }
}

#[test]
fn the_code_of_a_login_is_shown_alone() {
    check("login_code", |size| {
        let mut app = logging_in(Seen::Recorded, Some("ABCD-EFGH"), size);
        press(&mut app, KeyCode::Char('c'));
        app
    });
    // As small as it can be, and smaller.
    let mut app = logging_in(Seen::Recorded, Some("ABCD-EFGH"), (80, 24));
    let (columns, rows) = code_size(&app).unwrap();
    press(&mut app, KeyCode::Char('c'));
    for (less, seen) in [(0, true), (1, false)] {
        app.size = (columns as u16, rows as u16 - less);
        let dark = shown(&app).matches(['█', '▀', '▄']).count();
        assert_eq!(dark > 100, seen, "{dark}");
    }
}

#[test]
fn a_cookie_is_not_shown() {
    let mut app = Seen::Recorded.app((80, 24));
    app.view = View::Accounts;
    type_in(&mut app, "lcookie");
    press(&mut app, KeyCode::Enter);
    type_in(&mut app, "BXAuth=hush");
    let screen = shown(&app);
    assert!(
        screen.contains("•••••••••••▏") && !screen.contains("hush"),
        "{screen}"
    );
}

#[test]
fn whose_account_it_is_can_be_chosen() {
    check("login_choice", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Accounts;
        type_in(&mut app, "lk");
        press(&mut app, KeyCode::Down);
        app
    });
}

#[test]
fn a_login_that_failed_says_what_to_do() {
    check("login_failed", |size| {
        let mut app = logging_in(Seen::Recorded, None, size);
        let failed = LoginStatus::Failed("the login was refused: access_denied: no".to_owned());
        let answer = Answer::Login("s-1".into(), failed);
        update(&mut app, Message::Answer(answer));
        app
    });
}

/// A model that was asked, and what was heard of it.
fn tested(seen: Seen, size: (u16, u16), heard: impl IntoIterator<Item = Heard>) -> App {
    let mut app = seen.app(size);
    app.view = View::Models;
    type_in(&mut app, "tWhy is the sky blue?");
    press(&mut app, KeyCode::Enter);
    update(&mut app, Message::Time(later(6)));
    for heard in heard {
        update(&mut app, Message::Trial(1, heard));
    }
    app
}

#[test]
fn a_model_that_is_tested_is_heard() {
    let text = |text: &str| Heard::Piece(Piece::Text(text.to_owned()));
    let thought = || Heard::Piece(Piece::Thinking("They want physics.".to_owned()));
    check("trial_waiting", |size| tested(Seen::Recorded, size, []));
    check("trial_whole", |size| {
        let whole = Whole {
            outcome: Outcome {
                model: Some("claude-sonnet-4-5-20250929".to_owned()),
                finish_reason: Some("length".to_owned()),
                input: Some(14),
                output: Some(220),
            },
            request_id: Some("0199-9".to_owned()),
            dropped: Some("temperature".to_owned()),
            took_ms: 2_140,
        };
        let end = Heard::End(End::Whole(Box::new(whole)));
        let said = "Because of Rayleigh scattering:\n\n- short waves are scattered more, and blue light is short;\n";
        tested(Seen::Recorded, size, [thought(), text(said), end])
    });
    check("trial_hostile", |size| {
        let hostile = HOSTILE.map(text);
        tested(Seen::Hostile, size, hostile)
    });
    check("trial_failed", |size| {
        let failed = End::Failed {
            trouble: crate::fixtures::trouble("there is no client key to use"),
            request_id: None,
        };
        tested(Seen::Recorded, size, [Heard::End(failed)])
    });
}

#[test]
fn lines_are_asked_for_by_what_they_are_for() {
    for (view, name, keys) in [
        (View::Models, "ask", "tWhy?"),
        (View::Usage, "export", "e"),
        (View::Keys, "key", "nlaptop"),
        (View::Keys, "key_change", "je"),
    ] {
        check(&format!("typing_{name}"), |size| {
            let mut app = Seen::Recorded.app(size);
            app.view = view;
            type_in(&mut app, keys);
            if view == View::Keys {
                // There is one of this name.
                press(&mut app, KeyCode::Enter);
            }
            app
        });
    }
}

#[test]
fn what_can_be_done_by_its_words() {
    check("palette", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Accounts;
        type_in(&mut app, ":re");
        press(&mut app, KeyCode::Down);
        app
    });
}

#[test]
fn usage_over_time() {
    for (name, keys) in [("bars", "bbb"), ("line", "bbbc")] {
        check(&format!("usage_{name}"), |size| {
            let mut app = Seen::Recorded.app(size);
            app.view = View::Usage;
            type_in(&mut app, &keys.replace("bbb", "bbbb"));
            let hours = crate::fixtures::read(crate::fixtures::hours());
            update(&mut app, Message::Answer(Answer::Usage(hours)));
            app
        });
    }
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    for seen in [Seen::Recorded, Seen::Hostile] {
        check(&format!("question_{}", seen.name()), |size| {
            let mut app = seen.app(size);
            app.view = View::Accounts;
            press(&mut app, KeyCode::Down);
            press(&mut app, KeyCode::Char('x'));
            app
        });
    }
}

#[test]
fn a_line_that_is_typed_and_what_is_said_in_passing() {
    check("typing", |size| {
        let mut app = Seen::Recorded.app(size);
        app.view = View::Requests;
        type_in(&mut app, "/gpt 模型");
        app
    });
    check("toast", |size| {
        let mut app = Seen::Recorded.app(size);
        app.toast("enable: claude-api-key[0]\u{1b}[2J", true);
        app
    });
}

#[test]
fn without_colour_nothing_is_coloured_and_the_words_are_the_same() {
    for view in View::ALL {
        let mut app = Seen::Recorded.app((120, 36));
        app.view = view;
        let colored = shown(&app);
        app.theme = Theme::Plain;
        let buffer = drawn(&app);
        for cell in &buffer.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
        assert_eq!(shown(&app), colored);
    }
}

/// The colours of a screen, a letter for each place: capitals are bold, `#` is the other way round.
fn colors(app: &App) -> String {
    let buffer = drawn(app);
    let mut screen = String::new();
    for y in 0..buffer.area.height {
        let line = (0..buffer.area.width).map(|x| {
            let cell = &buffer[(x, y)];
            let letter = match (cell.fg, cell.bg) {
                (Color::Reset, Color::Reset) if cell.symbol() == " " => ' ',
                (Color::Reset, Color::Reset) => '.',
                (Color::Green, Color::Reset) => 'g',
                (Color::Magenta, Color::Reset) => 'm',
                (Color::Red, Color::Reset) => 'r',
                (Color::Blue, Color::Reset) => 'b',
                (Color::DarkGray, Color::Reset) => 'd',
                (Color::Black, Color::White) => 'p',
                other => panic!("{other:?} cannot be read on a light ground"),
            };
            if cell.modifier.contains(Modifier::REVERSED) {
                '#'
            } else if cell.modifier.contains(Modifier::BOLD) {
                if letter == '.' {
                    'S'
                } else {
                    letter.to_ascii_uppercase()
                }
            } else {
                letter
            }
        });
        let line: String = line.collect();
        screen.push_str(line.trim_end());
        screen.push('\n');
    }
    screen
}

#[test]
fn on_a_light_ground_every_colour_can_be_read() {
    let check = |name: &str, mut app: App| {
        app.theme = Theme::Light;
        let both = format!("{}\n{}", shown(&app), colors(&app));
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(format!("light_{name}"), both);
        });
    };
    let size = (120, 36);
    for view in View::ALL {
        let mut app = Seen::Recorded.app(size);
        app.view = view;
        app.toast("nothing here is good", true);
        check(&view.name().to_lowercase(), app);
    }
    check("why", why(Seen::Recorded, size));
    check("login", logging_in(Seen::Recorded, Some("ABCD-EFGH"), size));
    let mut lost = Seen::Lost.app(size);
    lost.pages.push(Page::Help { scroll: 0 });
    check("lost", lost);
}

#[test]
fn a_terminal_that_has_become_smaller_is_no_panic() {
    for view in View::ALL {
        let mut app = Seen::Recorded.app((120, 36));
        app.view = view;
        type_in(&mut app, ":");
        let mut terminal = Terminal::new(TestBackend::new(30, 8)).unwrap();
        terminal.draw(|frame| render(&app, frame)).unwrap();
        press(&mut app, KeyCode::Esc);
        press(&mut app, KeyCode::Char('x'));
        terminal.draw(|frame| render(&app, frame)).unwrap();
    }
}

#[test]
fn no_size_is_too_small() {
    for seen in Seen::ALL {
        for size in [
            (0, 0),
            (1, 1),
            (3, 2),
            (10, 3),
            (20, 5),
            (30, 400),
            (500, 4),
        ] {
            for view in View::ALL {
                let mut app = seen.app(size);
                app.view = view;
                shown(&app);
            }
            shown(&why(seen, size));
        }
    }
}

#[test]
fn the_readme_shows_the_overview() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let mark =
        "<!-- made by: INSTA_UPDATE=always cargo test -p modelgate-tui readme -->\n```text\n";
    let (before, rest) = readme.split_once(mark).unwrap();
    let (there, after) = rest.split_once("```").unwrap();
    let app = crate::fixtures::busy((118, 28));
    let screen = shown(&app);
    if there != screen && std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(path, format!("{before}{mark}{screen}```{after}")).unwrap();
        return;
    }
    assert_eq!(there, screen, "INSTA_UPDATE=always makes it anew");
}
