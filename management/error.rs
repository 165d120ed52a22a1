//! How the management API says no.

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

/// `{"error":"text","message":"text"}`, the shape in which programs of this family read that they were not let in
/// (`management-api.md` 1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateAnswer {
    /// The reason in the family's own words: `missing management key`.
    pub error: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Either shape, as a client may meet it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Nested(ErrorAnswer),
    Flat(GateAnswer),
}

/// The words of a refusal in either shape; `None` when the body is in neither.
pub(crate) fn read(body: &[u8]) -> Option<ErrorBody> {
    Some(match serde_json::from_slice(body).ok()? {
        Either::Nested(answer) => answer.error,
        Either::Flat(answer) => ErrorBody {
            message: match answer.message {
                Some(more) => format!("{}: {more}", answer.error),
                None => answer.error,
            },
            kind: String::new(),
            code: None,
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
            let message = read(body.as_bytes()).map(|error| error.message);
            assert_eq!(message.as_deref(), expected, "{body}");
        }
    }
}
