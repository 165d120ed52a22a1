//! What can be wrong with a configuration, written for a person at a terminal.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::tree::Position;
use crate::values::Complaint;
use crate::view::View;

/// More problems than this are counted, not listed.
const LISTED: usize = 100;

/// One mistake or one warning, with the place it was found at. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named by the caller.
    pub path: PathBuf,
    /// Counted from 1; 0 when the cause is not in the file but in the environment or on the command line.
    pub line: usize,
    /// Counted from 1, in characters; 0 like `line`.
    pub column: usize,
    /// The dotted path of the key (`tls.cert`, `api-keys[2].expires`), or the name of a variable or flag.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file could not be written; the old one is untouched.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file has mistakes: all of them, in the order of the file.
    #[error("{}", lines(problems))]
    Invalid {
        /// What must be repaired.
        problems: Vec<Problem>,
        /// What is probably not meant.
        warnings: Vec<Problem>,
    },
    /// The edit was refused; the file is untouched.
    #[error(transparent)]
    Edit(#[from] crate::edit::EditError),
    /// The directory of the file cannot be watched.
    #[error("cannot watch {}", path.display())]
    Watch {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: notify::Error,
    },
    /// The configuration was not read from a file.
    #[error("this configuration has no file")]
    NoFile,
}

/// Collects everything that is to be said about one file.
pub(crate) struct Report {
    path: PathBuf,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    mistyped: Vec<String>,
    unlisted: usize,
}

impl ConfigError {
    /// The mistakes found in the file; empty for every other kind of error.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } => problems,
            _ => &[],
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.key, self.message)?;
        } else {
            let (path, line, column) = (self.path.display(), self.line, self.column);
            write!(f, "{path}:{line}:{column}: {}", self.message)?;
        }
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl Report {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            problems: Vec::new(),
            warnings: Vec::new(),
            mistyped: Vec::new(),
            unlisted: 0,
        }
    }

    /// A mistake that makes the file unusable. An empty hint is no hint. What has the wrong type is not
    /// also reported as missing.
    pub(crate) fn problem(
        &mut self,
        at: Position,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let above = |known: &String| {
            let rest = key.strip_prefix(known.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.mistyped.iter().any(above) {
            return;
        }
        let problem = self.entry(at, key, message.into(), hint.into());
        push(&mut self.problems, problem, &mut self.unlisted);
    }

    /// A value of the wrong type.
    pub(crate) fn mistyped(&mut self, at: Position, key: &str, message: String, hint: String) {
        self.problem(at, key, message, hint);
        if self.problems.len() < LISTED {
            self.mistyped.push(key.to_owned());
        }
    }

    /// The value, or `None` after its complaint was noted at `view`.
    pub(crate) fn accept<T>(&mut self, view: &View, result: Result<T, Complaint>) -> Option<T> {
        let complaint = match result {
            Ok(value) => return Some(value),
            Err(complaint) => complaint,
        };
        self.problem(view.at, &view.key, complaint.message, complaint.hint);
        None
    }

    /// Something that is probably not meant, but harms nobody.
    pub(crate) fn warning(
        &mut self,
        at: Position,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = self.entry(at, key, message.into(), hint.into());
        push(&mut self.warnings, problem, &mut 0);
    }

    /// No further warning would be listed.
    pub(crate) fn has_enough_warnings(&self) -> bool {
        self.warnings.len() >= LISTED
    }

    pub(crate) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The warnings, or every problem in the order of the file.
    pub(crate) fn finish(mut self) -> Result<Vec<Problem>, ConfigError> {
        self.warnings
            .sort_by_key(|warning| (warning.line, warning.column));
        if self.problems.is_empty() {
            return Ok(self.warnings);
        }
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        if let (1.., Some(last)) = (self.unlisted, self.problems.last_mut()) {
            last.message.push_str(&format!(
                " — and {} more problems after this one",
                self.unlisted
            ));
        }
        Err(ConfigError::Invalid {
            problems: self.problems,
            warnings: self.warnings,
        })
    }

    fn entry(&self, at: Position, key: &str, message: String, hint: String) -> Problem {
        let hint = (!hint.is_empty()).then_some(hint);
        Problem {
            path: self.path.clone(),
            line: at.line,
            column: at.column,
            key: key.to_owned(),
            message,
            hint,
        }
    }
}

fn push(list: &mut Vec<Problem>, problem: Problem, unlisted: &mut usize) {
    if list.len() < LISTED {
        list.push(problem);
    } else {
        *unlisted += 1;
    }
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
