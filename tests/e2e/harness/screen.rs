//! A terminal with somebody in front of it: a pseudo-terminal, what is seen on it, and the keys that are pressed.

use super::process::Home;
use super::{PATIENCE, eventually};
use expectrl::session::OsSession;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::num::NonZeroU16;
use std::process::Command;

/// Columns and rows.
const SIZE: (u16, u16) = (120, 36);

/// What the person sees.
pub(crate) struct Screen {
    session: OsSession,
    parser: vt100::Parser,
    /// Everything that was ever sent to the terminal.
    pub(crate) sent: Vec<u8>,
}

impl Screen {
    /// A program in the terminal, with the environment of a home.
    pub(crate) fn open(home: &Home, program: &str, words: &[&str]) -> Self {
        Self::open_with(home, program, words, &[])
    }

    /// The same with more variables, or others.
    pub(crate) fn open_with(
        home: &Home,
        program: &str,
        words: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERM", "xterm-256color")
            .env("HOME", home.path("home"))
            .env("XDG_CONFIG_HOME", home.path("config"))
            .env("XDG_DATA_HOME", home.path("data"))
            .env("XDG_STATE_HOME", home.path("state"))
            .envs(environment.iter().copied())
            .current_dir(home.path("work"));
        let mut session = OsSession::spawn(command).unwrap();
        let (columns, rows) = SIZE;
        let process = session.get_process_mut();
        process.set_window_size(columns, rows).unwrap();
        let size = |size| NonZeroU16::new(size).unwrap();
        Self {
            session,
            parser: vt100::Parser::new(size(rows), size(columns), 0),
            sent: Vec::new(),
        }
    }

    /// Presses keys, one after the other.
    pub(crate) fn press(&mut self, keys: &str) {
        self.session.write_all(keys.as_bytes()).unwrap();
        self.session.flush().unwrap();
    }

    /// What is seen now.
    pub(crate) fn contents(&mut self) -> String {
        self.look();
        self.parser.screen().contents()
    }

    /// Waits until this is seen.
    ///
    /// # Panics
    ///
    /// When it is not seen in time.
    pub(crate) async fn shows(&mut self, text: &str) {
        self.becomes(text, |screen| screen.contents().contains(text))
            .await;
    }

    /// The colours that are seen now, beside those that the terminal has anyway.
    pub(crate) fn colours(&mut self) -> BTreeSet<String> {
        self.look();
        let (columns, rows) = SIZE;
        let screen = self.parser.screen();
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let cells = places.filter_map(|(row, column)| screen.cell(row, column));
        let colours = cells.flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]);
        colours
            .filter(|colour| *colour != vt100::Color::Default)
            .map(|colour| format!("{colour:?}"))
            .collect()
    }

    /// Waits until this is not seen any more.
    ///
    /// # Panics
    ///
    /// When it stays.
    pub(crate) async fn hides(&mut self, text: &str) {
        self.becomes(text, |screen| !screen.contents().contains(text))
            .await;
    }

    /// Waits until the terminal is that of a shell again.
    ///
    /// # Panics
    ///
    /// When something of what was changed stays.
    pub(crate) async fn is_given_back(&mut self) {
        self.becomes("a terminal like before", |screen| {
            let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && !mouse
        })
        .await;
    }

    async fn becomes(&mut self, what: &str, seen: impl Fn(&vt100::Screen) -> bool) {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            self.look();
            if seen(self.parser.screen()) {
                return;
            }
            let contents = self.parser.screen().contents();
            assert!(
                std::time::Instant::now() < end,
                "never seen: {what}\n{contents}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Waits until the program has ended.
    pub(crate) async fn ends(&mut self) {
        eventually("the program ends", async || {
            self.look();
            !self.session.get_process().is_alive().unwrap()
        })
        .await;
        self.look();
    }

    /// Takes in what was sent since.
    fn look(&mut self) {
        let mut piece = [0; 8_192];
        // Nothing to read is an error here, and so is the end.
        while let Ok(read @ 1..) = self.session.try_read(&mut piece) {
            self.sent.extend_from_slice(&piece[..read]);
            self.parser.process(&piece[..read]);
        }
    }
}
