//! Why an upstream call gave no answer, and whether another one may.

use std::time::{Duration, SystemTime};

use modelgate_config::model::ErrorAction;
use modelgate_dialects::Str;
use modelgate_dialects::ir::{Error, ErrorKind};

use crate::{RefreshError, quota};

/// The code of an account that is not let in with what its client is.
pub(crate) const NOT_FOR_CLIENT: &str = "account_not_for_client";

/// Why an upstream call gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("{provider} did not answer: {}", error.message)]
pub struct CallError {
    /// The provider that was called.
    pub provider: Str,
    /// What went wrong, for routing.
    pub kind: CallErrorKind,
    /// What went wrong, for the client.
    pub error: Box<Error>,
    /// The status of the upstream's answer; none where no answer came.
    pub status: Option<u16>,
    /// The provider says that all of the account is concerned: the window of its plan is used up.
    pub wide: bool,
    /// What the operator wants done.
    pub rule: Option<ErrorAction>,
}

/// What went wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallErrorKind {
    /// No connection.
    Unreachable,
    /// The key is not accepted.
    Unauthorized,
    /// The key is not accepted for this.
    Forbidden,
    /// The account is let in, but not with what this client is: others may use it, and this client another one.
    Unwelcome,
    /// Money is missing.
    Billing,
    /// The model is not there for this credential.
    NotFound,
    /// Too many requests or tokens.
    RateLimited,
    /// The provider has too much to do.
    Overloaded,
    /// The request itself is wrong: no other credential would like it better.
    Invalid,
    /// The answer was no answer.
    Broken,
    /// The provider took too long.
    TimedOut,
}

impl CallErrorKind {
    /// The name used in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Unwelcome => "unwelcome",
            Self::Billing => "billing",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Invalid => "invalid",
            Self::Broken => "broken",
            Self::TimedOut => "timed_out",
        }
    }

    /// The kind of a name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const ALL: [Self; 11] = [
        Self::Unreachable,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Unwelcome,
        Self::Billing,
        Self::NotFound,
        Self::RateLimited,
        Self::Overloaded,
        Self::Invalid,
        Self::Broken,
        Self::TimedOut,
    ];

    fn of(error: &Error) -> Self {
        match error.kind {
            ErrorKind::InvalidRequest | ErrorKind::TooLarge => Self::Invalid,
            ErrorKind::Authentication => Self::Unauthorized,
            ErrorKind::Permission if error.code.as_deref() == Some(NOT_FOR_CLIENT) => {
                Self::Unwelcome
            }
            ErrorKind::Permission => Self::Forbidden,
            ErrorKind::Billing => Self::Billing,
            ErrorKind::NotFound if is_of_request(error) => Self::Invalid,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::RateLimit => Self::RateLimited,
            ErrorKind::Timeout => Self::TimedOut,
            ErrorKind::Server | ErrorKind::Conflict => Self::Broken,
            ErrorKind::Overloaded => Self::Overloaded,
        }
    }
}

impl CallError {
    /// Whether another credential, or another try, may do better.
    #[must_use]
    pub fn may_rotate(&self) -> bool {
        use ErrorAction::{Continue, ContinueAndCooldown, Stop, StopAndCooldown};
        match self.rule {
            Some(Stop | StopAndCooldown) => false,
            Some(Continue | ContinueAndCooldown) => true,
            None => self.kind != CallErrorKind::Invalid,
        }
    }

    /// Whether the failure tells something of the credential or its provider.
    #[must_use]
    pub fn counts(&self) -> bool {
        use ErrorAction::{Continue, ContinueAndCooldown, Stop, StopAndCooldown};
        match self.rule {
            Some(Stop | Continue) => false,
            Some(StopAndCooldown | ContinueAndCooldown) => true,
            None => !matches!(self.kind, CallErrorKind::Invalid | CallErrorKind::Unwelcome),
        }
    }

    /// Whether the provider cannot read the reasoning state in the request: somebody else has made it. Only OpenAI has a code
    /// for that.
    #[must_use]
    pub fn is_about_state(&self) -> bool {
        let message = &self.error.message;
        let told = |words: &str| self.kind == CallErrorKind::Invalid && message.contains(words);
        self.error.code.as_deref() == Some("invalid_encrypted_content")
            || told("Invalid `signature` in `thinking` block")
            || told("Invalid `data` in `redacted_thinking` block")
            || told("Corrupted thought signature")
            || told("Thought signature is not valid")
    }

    /// Whether the failure is one of the credential as a whole, and not of one of its models.
    #[must_use]
    pub const fn bars_everything(&self) -> bool {
        use CallErrorKind::{Billing, Unauthorized, Unreachable};
        self.wide || matches!(self.kind, Unauthorized | Billing | Unreachable)
    }

    /// The same failure of an answer with this status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// A failure the upstream told us.
    #[must_use]
    pub fn answered(provider: Str, mut error: Error) -> Self {
        let now = SystemTime::now();
        let wait = |at: SystemTime| at.duration_since(now).unwrap_or_default();
        let day = quota::begins_anew(&error, now).map(wait);
        let told = error.retry_after.or(error.retry_at.map(wait));
        error.retry_after = day.or(told);
        Self {
            provider,
            kind: CallErrorKind::of(&error),
            wide: quota::is_used_up(error.code.as_deref()),
            error: Box::new(error),
            status: None,
            rule: None,
        }
    }

    /// An account has no token to be let in with.
    #[must_use]
    pub fn without_token(provider: Str, error: &RefreshError) -> Self {
        let kind = match error {
            RefreshError::LoginAgain { .. } | RefreshError::NoAccount { .. } => {
                ErrorKind::Authentication
            }
            _ => ErrorKind::Overloaded,
        };
        let mut failure = Error::new(kind, Str::from(error.to_string())).with_code("no_token");
        if let RefreshError::Waiting { wait, .. } = error {
            failure.retry_after = Some(*wait);
        }
        Self::answered(provider, failure)
    }

    /// An answer that was no answer; the client gets a 502.
    #[must_use]
    pub fn broken(provider: Str, message: impl Into<String>) -> Self {
        let mut error =
            Error::new(ErrorKind::Server, Str::from(message.into())).with_code("upstream_error");
        error.status = 502;
        Self {
            provider,
            kind: CallErrorKind::Broken,
            error: Box::new(error),
            status: None,
            wide: false,
            rule: None,
        }
    }

    /// No connection; the client gets a 502.
    #[must_use]
    pub fn unreachable(provider: Str, message: impl Into<String>) -> Self {
        let broken = Self::broken(provider, message);
        Self {
            kind: CallErrorKind::Unreachable,
            ..broken
        }
    }

    /// A time limit; the client gets a 504.
    #[must_use]
    pub fn timed_out(provider: Str, what: &str, limit: Duration) -> Self {
        let message = format!("{provider} {what} within {} s", limit.as_secs_f64());
        let error =
            Error::new(ErrorKind::Timeout, Str::from(message)).with_code("upstream_timeout");
        Self {
            provider,
            kind: CallErrorKind::TimedOut,
            error: Box::new(error),
            status: None,
            wide: false,
            rule: None,
        }
    }
}

/// Whether what is missing is something that the request names, an earlier answer, an item of one or a conversation, and
/// not the model: OpenAI says 404 of all.
fn is_of_request(error: &Error) -> bool {
    const BEGINNINGS: [&str; 4] = [
        "Item with id",
        "Previous response with id",
        "Response with id",
        "Conversation with id",
    ];
    error.code.as_deref() == Some("previous_response_not_found")
        || BEGINNINGS
            .iter()
            .any(|begin| error.message.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_that_nobody_can_read_is_known_by_what_is_said_of_it() {
        for (kind, message, expected) in [
            (
                ErrorKind::InvalidRequest,
                "messages.1.content.0: Invalid `signature` in `thinking` block",
                true,
            ),
            (
                ErrorKind::InvalidRequest,
                "messages.0.content.0: Invalid `data` in `redacted_thinking` block",
                true,
            ),
            (
                ErrorKind::InvalidRequest,
                "Corrupted thought signature.",
                true,
            ),
            (
                ErrorKind::InvalidRequest,
                "Unable to submit request because Thought signature is not valid.",
                true,
            ),
            (
                ErrorKind::InvalidRequest,
                "Function call is missing a thought_signature in functionCall parts.",
                false,
            ),
            (ErrorKind::Server, "Corrupted thought signature.", false),
        ] {
            let error = CallError::answered("p".into(), Error::new(kind, message));
            assert_eq!(error.is_about_state(), expected, "{message}");
        }
    }

    #[test]
    fn an_item_that_is_missing_says_nothing_of_the_model() {
        for (message, expected) in [
            ("Item with id 'rs_1' not found.", CallErrorKind::Invalid),
            (
                "Previous response with id 'resp_1' not found.",
                CallErrorKind::Invalid,
            ),
            (
                "Response with id 'resp_1' not found.",
                CallErrorKind::Invalid,
            ),
            (
                "Conversation with id 'conv_1' not found.",
                CallErrorKind::Invalid,
            ),
            ("The model `m` does not exist.", CallErrorKind::NotFound),
        ] {
            let error = Error::new(ErrorKind::NotFound, message);
            assert_eq!(
                CallError::answered("p".into(), error).kind,
                expected,
                "{message}"
            );
        }
    }
}
