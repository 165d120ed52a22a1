//! How the management API says no.

use std::fmt;

use modelgate_config::Problem;
use serde::{Deserialize, Serialize};

/// `{"error":{"message","type","code"}}`, the shape of every endpoint that is ours alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// What went wrong.
    pub error: ErrorBody,
}

/// What went wrong, for a person and for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// For a person; says what to do where that is known.
    pub message: String,
    /// The class: `invalid_request_error`, `not_found_error`, `api_error`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The single case, for programs: `unknown_account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `{"error":"text","message":"text"}`, the shape in which programs of this family read that they were not let in, or that
/// the configuration was not changed (`management-api.md` 1.3 and 1.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlatAnswer {
    /// The reason in the family's own words: `missing management key`.
    pub error: String,
    /// What is wrong, or what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Every mistake of a configuration that was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ConfigProblem>,
}

/// One mistake of a configuration, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigProblem {
    /// Counted from 1; 0 when the cause is not in the file.
    #[serde(default)]
    pub line: usize,
    /// Counted from 1, in characters; 0 like `line`.
    #[serde(default)]
    pub column: usize,
    /// The dotted path of the key.
    #[serde(default)]
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl FlatAnswer {
    /// A reason alone.
    #[must_use]
    pub fn new(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            ..Self::default()
        }
    }

    /// The same, and what is wrong or what to do.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }
}

impl From<&Problem> for ConfigProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            line: problem.line,
            column: problem.column,
            key: problem.key.clone(),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.key, self.message)?,
            line => write!(f, "line {line}, column {}: {}", self.column, self.message)?,
        }
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

/// Either shape, as a client may meet it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Nested(ErrorAnswer),
    Flat(FlatAnswer),
}

/// What a refusal says.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) code: Option<String>,
    pub(crate) problems: Vec<ConfigProblem>,
}

/// The words of a refusal in either shape; `None` when the body is in neither.
pub(crate) fn read(body: &[u8]) -> Option<Refused> {
    Some(match serde_json::from_slice(body).ok()? {
        Either::Nested(ErrorAnswer { error }) => Refused {
            message: error.message,
            code: error.code,
            problems: Vec::new(),
        },
        Either::Flat(answer) => Refused {
            message: match answer.message {
                Some(more) => format!("{}: {more}", answer.error),
                None => answer.error,
            },
            code: None,
            problems: answer.problems,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        for (body, expected) in [
            (
                r#"{"error":{"message":"m","type":"not_found_error","code":"c"}}"#,
                Some("m"),
            ),
            (r#"{"error":{"message":"m","more":[1]}}"#, Some("m")),
            (
                r#"{"error":"invalid management key"}"#,
                Some("invalid management key"),
            ),
            (r#"{"error":"a","message":"b"}"#, Some("a: b")),
            (r#"{"error":7}"#, None),
            ("<html>", None),
        ] {
            let message = read(body.as_bytes()).map(|refused| refused.message);
            assert_eq!(message.as_deref(), expected, "{body}");
        }
    }
}
