//! Panics in a real terminal: the test starts itself again inside one.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use expectrl::session::OsSession;

use super::*;
use crate::fixtures::new;

/// Set inside the terminal.
const INSIDE: &str = "MODELGATE_TEST_INSIDE";
const WORDS: &str = "something is wrong here";
/// No step takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal in which the test of that name runs, and then `stty` says how the terminal is.
struct Outer {
    session: OsSession,
    parser: vt100::Parser,
}

impl Outer {
    fn of(test: &str) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", "\"$0\" --exact \"$1\" --nocapture; stty -a"])
            .arg(std::env::current_exe().unwrap())
            .arg(format!("terminal::tests::{test}"))
            .env(INSIDE, "1")
            .env("RUST_BACKTRACE", "0")
            .env("TERM", "xterm-256color");
        let mut session = OsSession::spawn(command).unwrap();
        let process = session.get_process_mut();
        process.set_window_size(120, 36).unwrap();
        let size = |size| std::num::NonZeroU16::new(size).unwrap();
        Self {
            session,
            parser: vt100::Parser::new(size(36), size(120), 0),
        }
    }

    fn becomes(&mut self, what: &str, seen: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut piece = [0; 8_192];
        loop {
            while let Ok(read @ 1..) = self.session.try_read(&mut piece) {
                self.parser.process(&piece[..read]);
            }
            let screen = self.parser.screen();
            if seen(screen) {
                return;
            }
            let contents = screen.contents();
            assert!(Instant::now() < end, "never seen: {what}\n{contents}");
            std::thread::yield_now();
        }
    }

    fn is_given_back(&mut self) {
        self.becomes("a terminal like before", |screen| {
            let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
            let shown = screen.contents();
            // Without the minus that stands before what is off.
            let on = |word: &str| shown.split_whitespace().any(|other| other == word);
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && !mouse
                && ["icanon", "opost"].into_iter().all(on)
        });
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_read() {
    if std::env::var_os(INSIDE).is_some() {
        let mut screen = Screen::open().unwrap();
        screen.draw(&new((120, 36))).unwrap();
        panic!("{WORDS}");
    }
    let mut outer = Outer::of("a_panic_gives_the_terminal_back_and_is_read");
    outer.becomes("the words", |screen| screen.contents().contains(WORDS));
    outer.is_given_back();
}

#[test]
fn a_panic_elsewhere_does_not_end_the_dashboard() {
    if std::env::var_os(INSIDE).is_some() {
        let mut screen = Screen::open().unwrap();
        assert!(!screen.was_left());
        let panics = std::thread::spawn(|| panic!("{WORDS}"));
        assert!(panics.join().is_err() && screen.was_left() && !screen.was_left());
        screen.resume().unwrap();
        screen.draw(&new((120, 36))).unwrap();
        let _ = io::stdin().read(&mut [0]);
        return;
    }
    let mut outer = Outer::of("a_panic_elsewhere_does_not_end_the_dashboard");
    outer.becomes("the dashboard", |screen| {
        screen.alternate_screen() && screen.contents().contains("1 Overview")
    });
    outer.session.write_all(b"x").unwrap();
    outer.becomes("the words", |screen| screen.contents().contains(WORDS));
    outer.is_given_back();
}
