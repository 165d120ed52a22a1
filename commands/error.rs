//! Why a command failed, for the person who typed it: what, why, what to type next, and the exit code.

use std::io;

use modelgate_config::ConfigError;
use modelgate_config::edit::EditError;
use modelgate_config::keys::KeyError;
use modelgate_management::{AskError, ClientError};

use crate::inert::inert;

/// The exit code for wrong usage or configuration.
pub(crate) const USAGE: u8 = 2;
const FAILED: u8 = 1;
const INTERRUPTED: u8 = 130;

/// A command that did not do what was asked.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    error: anyhow::Error,
    details: Vec<String>,
    hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The command failed.
    Failed,
    /// The arguments or the configuration are wrong.
    Usage,
    /// Somebody else changed the same thing meanwhile.
    Stale,
    /// Everything was said; this is the exit code.
    Exited(u8),
    /// The person asked to stop at once.
    Interrupted,
    /// Whoever read stdout has enough; that is no error.
    Closed,
}

impl CommandError {
    /// The command failed.
    pub(crate) fn failed(error: anyhow::Error) -> Self {
        Self::new(Kind::Failed, error)
    }

    /// The arguments or the configuration are wrong.
    pub(crate) fn usage(error: anyhow::Error) -> Self {
        Self::new(Kind::Usage, error)
    }

    /// The configuration is wrong, and the command has printed how as its data.
    pub(crate) fn reported() -> Self {
        Self::exited(USAGE)
    }

    /// Everything was said already, and this is the exit code.
    pub(crate) fn exited(code: u8) -> Self {
        Self::new(Kind::Exited(code), anyhow::anyhow!("exited with {code}"))
    }

    /// Asked to stop before everything had ended.
    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, anyhow::anyhow!("interrupted"))
    }

    /// Somebody else was quicker to change the same thing.
    pub(crate) fn stale(error: anyhow::Error) -> Self {
        Self::new(Kind::Stale, error)
    }

    /// Whether somebody else was quicker.
    pub(crate) fn is_stale(&self) -> bool {
        self.kind == Kind::Stale
    }

    /// Data could not be written.
    pub(crate) fn from_stdout(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => Kind::Closed,
            _ => Kind::Failed,
        };
        Self::new(
            kind,
            anyhow::Error::new(error).context("cannot write to stdout"),
        )
    }

    /// The same error with a next step.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error with a line for every single problem.
    #[must_use]
    pub(crate) fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    fn new(kind: Kind, error: anyhow::Error) -> Self {
        Self {
            kind,
            error,
            details: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed | Kind::Stale => FAILED,
            Kind::Usage => USAGE,
            Kind::Exited(code) => code,
            Kind::Interrupted => INTERRUPTED,
            Kind::Closed => 0,
        }
    }

    /// What failed and why, in one line; nothing for what is no error or has been said.
    pub(crate) fn message(&self) -> Option<String> {
        match self.kind {
            Kind::Failed | Kind::Usage | Kind::Stale => {
                Some(inert(&format!("{:#}", self.error)).into_owned())
            }
            Kind::Exited(_) | Kind::Interrupted | Kind::Closed => None,
        }
    }

    /// One line for every single problem.
    pub(crate) fn details(&self) -> &[String] {
        &self.details
    }

    /// What to do next.
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        let problems = error.problems();
        if !problems.is_empty() {
            let details = problems
                .iter()
                .map(|problem| inert(&problem.to_string()).into_owned())
                .collect();
            return Self {
                details,
                ..Self::usage(anyhow::anyhow!(mistakes(problems.len())))
            };
        }
        match error {
            ConfigError::Read { .. } | ConfigError::Invalid { .. } => Self::usage(error.into()),
            _ => Self::failed(error.into()),
        }
    }
}

impl From<EditError> for CommandError {
    fn from(error: EditError) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Config(error) => error.into(),
            KeyError::Unknown(_) | KeyError::Ambiguous { .. } => {
                Self::failed(error.into()).hint("modelgate keys lists them")
            }
            KeyError::Invalid(_) => Self::usage(error.into()),
            _ => Self::failed(error.into()),
        }
    }
}

fn mistakes(count: usize) -> String {
    match count {
        1 => "the configuration has a mistake".to_owned(),
        count => format!("the configuration has {count} mistakes"),
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        let hint = error.hint();
        let problems = error.problems();
        if !problems.is_empty() {
            let details = problems
                .iter()
                .map(|problem| inert(&problem.to_string()).into_owned());
            return Self {
                details: details.collect(),
                ..Self::usage(anyhow::anyhow!(mistakes(problems.len())))
            };
        }
        let kind = match error {
            ClientError::BadUrl { .. }
            | ClientError::BadKey(_)
            | ClientError::Refused { status: 400, .. } => Kind::Usage,
            ClientError::Refused { status: 412, .. } => Kind::Stale,
            _ => Kind::Failed,
        };
        let error = Self::new(kind, error.into());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<AskError> for CommandError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Client(error) => error.into(),
            AskError::Refused { .. } | AskError::Cut { .. } => Self::failed(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modelgate_config::{Environment, load, parse};

    use super::*;
    use crate::output::testing::captured;

    #[track_caller]
    fn check(error: &CommandError, code: u8, expected: &str) {
        let (mut output, out, err) = captured(false);
        output.error(error);
        assert_eq!(error.exit_code(), code);
        assert_eq!(err.text(), expected);
        assert_eq!(out.text(), "");
    }

    #[test]
    fn causes_follow_and_the_next_step_is_last() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = anyhow::Error::new(cause).context("cannot read a\u{1b}[2Jb");
        let error = CommandError::failed(error).hint("modelgate config init");
        check(
            &error,
            1,
            "error: cannot read a\\u{1b}[2Jb: no such file\nhint: modelgate config init\n",
        );
    }

    #[test]
    fn every_mistake_of_a_file_is_listed() {
        let text = "port: many\nhost: [1]\n";
        let error = parse(text, Path::new("c.yaml"), &Environment::default()).unwrap_err();
        let error = CommandError::from(error);
        assert_eq!(error.exit_code(), 2);
        assert_eq!(error.details().len(), 2);
        assert!(error.details()[0].starts_with("c.yaml:1:7: "), "{error:?}");
        assert_eq!(error.message().unwrap(), "the configuration has 2 mistakes");
    }

    #[test]
    fn an_unreadable_file_is_wrong_configuration() {
        let error = load(Path::new("/nonexistent/c.yaml"), &Environment::default()).unwrap_err();
        assert_eq!(CommandError::from(error).exit_code(), 2);
    }

    #[test]
    fn what_is_no_error_is_not_mentioned() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        check(&CommandError::from_stdout(closed), 0, "");
        check(&CommandError::interrupted(), 130, "");
        check(&CommandError::reported(), 2, "");
        check(&CommandError::exited(7), 7, "");
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(CommandError::from_stdout(full).exit_code(), 1);
    }
}
