use crossterm::event::KeyCode;
use modelgate_management::inert;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::*;
use crate::fixtures::{Seen, press, type_in};
use crate::text;
use crate::theme::Theme;

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
fn a_new_key_is_shown_once() {
    check("keys_new", |size| {
        let mut app = Seen::Recorded.app(size);
        app.pages.push(Page::NewKey {
            name: "phone".to_owned(),
            key: "mg-0123456789".into(),
        });
        app
    });
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
            crate::update::update(
                &mut app,
                crate::message::Message::Answer(crate::message::Answer::Usage(hours)),
            );
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
