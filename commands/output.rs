//! Where words go: data to stdout, everything else to stderr.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use crate::cli::Color;
use crate::error::CommandError;
use crate::inert::inert_json;

/// Headings and other words that should be found at a glance.
pub(crate) const STRONG: Style = Style::new().bold();
/// Words that explain other words.
pub(crate) const FAINT: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// What the global flags say about output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: Color,
}

type Stream = AutoStream<Box<dyn Write + Send>>;

/// The two streams of a command.
pub(crate) struct Output {
    settings: Settings,
    out: Stream,
    /// The same stdout, without anybody between who takes colours away.
    raw: Box<dyn Write + Send>,
    err: Stream,
    colored_out: bool,
    colored_err: bool,
}

impl Output {
    /// The streams of this process.
    pub(crate) fn new(settings: Settings) -> Self {
        let out = choice(settings.color, || AutoStream::choice(&io::stdout()));
        let err = choice(settings.color, || AutoStream::choice(&io::stderr()));
        Self {
            settings,
            out: AutoStream::new(Box::new(io::stdout()), out),
            raw: Box::new(io::stdout()),
            err: AutoStream::new(Box::new(io::stderr()), err),
            colored_out: out != ColorChoice::Never,
            colored_err: err != ColorChoice::Never,
        }
    }

    /// What the global flags said.
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    /// Whether data is to be printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.settings.json
    }

    /// Whether a person is told nothing but data, warnings and errors.
    pub(crate) fn is_quiet(&self) -> bool {
        self.settings.quiet || self.settings.json
    }

    /// Whether stdout takes colour.
    pub(crate) fn colored_out(&self) -> bool {
        self.colored_out
    }

    /// Whether stderr takes colour.
    pub(crate) fn colored_err(&self) -> bool {
        self.colored_err
    }

    /// Prints data; a line end is added where there is none.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), CommandError> {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        write!(self.out, "{text}{end}")
            .and_then(|()| self.out.flush())
            .map_err(CommandError::from_stdout)
    }

    /// Prints a piece of data that arrives bit by bit, as it is.
    pub(crate) fn piece(&mut self, text: &str) -> Result<(), CommandError> {
        self.raw
            .write_all(text.as_bytes())
            .and_then(|()| self.raw.flush())
            .map_err(CommandError::from_stdout)
    }

    /// Fails when nobody reads stdout any more, which a command that says little would notice late.
    pub(crate) fn is_read(&self) -> Result<(), CommandError> {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        let gone = poll(&mut watched, Some(&Timespec::default())).is_ok_and(|found| found > 0);
        match gone {
            true => Err(CommandError::from_stdout(io::ErrorKind::BrokenPipe.into())),
            false => Ok(()),
        }
    }

    /// Prints a piece of what is beside the data, in the colour of what explains.
    pub(crate) fn aside(&mut self, text: &str) {
        self.say(format_args!("{FAINT}{text}{FAINT:#}"));
    }

    /// Prints data as JSON, indented for the eyes of a person.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| CommandError::failed(error.into()))?;
        self.data(&inert_json(&text))
    }

    /// Prints one line of JSON.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string(value);
        let text = text.map_err(|error| CommandError::failed(error.into()))?;
        self.data(&inert_json(&text))
    }

    /// Prints something a person may like to know; `--quiet` and `--json` leave it out.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.is_quiet() {
            self.say(format_args!("{text}\n"));
        }
    }

    /// Prints something a person ought to know.
    pub(crate) fn warning(&mut self, text: &str) {
        self.say(format_args!("{WARNING}warning:{WARNING:#} {text}\n"));
    }

    /// Prints what to do next, below a warning or an error.
    pub(crate) fn hint(&mut self, text: &str) {
        self.say(format_args!("{HINT}hint:{HINT:#} {text}\n"));
    }

    /// Prints a question and stays in its line.
    pub(crate) fn question(&mut self, text: &str) {
        self.say(format_args!("{text}"));
    }

    /// Prints why a command failed; nothing where nothing is to be said.
    pub(crate) fn error(&mut self, error: &CommandError) {
        let Some(message) = error.message() else {
            return;
        };
        self.say(format_args!("{ERROR}error:{ERROR:#} {message}\n"));
        for detail in error.details() {
            self.say(format_args!("  {detail}\n"));
        }
        for hint in error.hints() {
            self.hint(hint);
        }
    }

    /// When stderr is gone, nobody is left to be told.
    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.err.write_fmt(text).and_then(|()| self.err.flush());
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn choice(wanted: Color, automatic: impl FnOnce() -> ColorChoice) -> ColorChoice {
    match wanted {
        Color::Auto => automatic(),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Streams that remember what was printed.

    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was printed to a stream.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

    impl Printed {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Output without colour, and what it printed to stdout and stderr.
    pub(crate) fn captured(json: bool) -> (Output, Printed, Printed) {
        let (out, err) = (Printed::default(), Printed::default());
        let stream = |printed: &Printed| {
            AutoStream::never(Box::new(printed.clone()) as Box<dyn Write + Send>)
        };
        let output = Output {
            settings: Settings {
                json,
                quiet: false,
                color: Color::Never,
            },
            out: stream(&out),
            raw: Box::new(out.clone()),
            err: stream(&err),
            colored_out: false,
            colored_err: false,
        };
        (output, out, err)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::captured;
    use super::*;

    #[test]
    fn data_and_words_go_their_own_ways() {
        let (mut output, out, err) = captured(false);
        output.data("one").unwrap();
        output.data("two\n").unwrap();
        output.note("a note");
        output.warning("careful");
        output.hint("do this");
        assert_eq!(out.text(), "one\ntwo\n");
        assert_eq!(err.text(), "a note\nwarning: careful\nhint: do this\n");
    }

    #[test]
    fn pieces_are_printed_as_they_are() {
        let (mut output, out, err) = captured(false);
        output.piece("a\u{1b}[31m").unwrap();
        output.piece("b\n").unwrap();
        output.aside("hm");
        assert_eq!(out.text(), "a\u{1b}[31mb\n");
        assert_eq!(err.text(), "hm");
    }

    #[test]
    fn notes_are_left_out_for_scripts_but_warnings_are_not() {
        let (mut output, _, err) = captured(true);
        output.note("a note");
        output.warning("careful");
        assert_eq!(err.text(), "warning: careful\n");
    }

    #[test]
    fn the_flag_decides_before_the_terminal() {
        assert_eq!(choice(Color::Never, || unreachable!()), ColorChoice::Never);
        assert_eq!(
            choice(Color::Always, || unreachable!()),
            ColorChoice::Always
        );
        assert_eq!(
            choice(Color::Auto, || ColorChoice::Never),
            ColorChoice::Never
        );
    }
}
