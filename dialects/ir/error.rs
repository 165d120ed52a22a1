//! A failure, whoever met it.

use std::time::{Duration, SystemTime};

use crate::json::{RawJson, Str};

/// A failure in the words of no vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// HTTP status; for failures inside a stream the status they would have had.
    pub status: u16,
    /// Whose fault it is.
    pub kind: ErrorKind,
    /// For a person.
    pub message: Str,
    /// For a program, in the sender's words.
    pub code: Option<Str>,
    /// The field at fault.
    pub param: Option<Str>,
    /// How long to wait before trying again.
    pub retry_after: Option<Duration>,
    /// When to try again, where the sender told the moment.
    pub retry_at: Option<SystemTime>,
    /// Details as the upstream wrote them.
    pub details: Option<RawJson>,
}

impl Error {
    /// A failure with a message; the status follows from the kind.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Str>) -> Self {
        Self {
            status: kind.status(),
            kind,
            message: message.into(),
            code: None,
            param: None,
            retry_after: None,
            retry_at: None,
            details: None,
        }
    }

    /// The failure of an upstream whose answer cannot be used.
    pub(crate) fn of_upstream(message: &'static str) -> Self {
        Self {
            status: 502,
            ..Self::new(ErrorKind::Server, Str::from_static(message))
        }
    }

    /// A piece of a stream that cannot be read.
    pub(crate) fn not_json() -> Self {
        Self::of_upstream("the upstream sent a piece of its stream that is not JSON")
    }

    /// A stream without its end.
    pub(crate) fn cut_short() -> Self {
        Self::of_upstream("the upstream's stream ended before the answer was complete")
    }

    /// A call that nobody can make.
    pub(crate) fn nameless_call() -> Self {
        Self::of_upstream("the upstream called a tool without naming it")
    }

    /// The same with a code for programs.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(Str::from_static(code));
        self
    }

    /// The same with the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<Str>) -> Self {
        self.param = Some(param.into());
        self
    }
}

/// Whose fault a failure is (`dialects.md` 2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is wrong.
    InvalidRequest,
    /// The key is missing or wrong.
    Authentication,
    /// Money is missing.
    Billing,
    /// The key may not do this.
    Permission,
    /// No such thing.
    NotFound,
    /// It collides with something.
    Conflict,
    /// The request is too large.
    TooLarge,
    /// Too many requests or tokens.
    RateLimit,
    /// The server took too long.
    Timeout,
    /// The server failed.
    Server,
    /// The server has too much to do.
    Overloaded,
}

impl ErrorKind {
    /// The status that says it in HTTP, where the dialect has no number of its own for it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Billing => 402,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::RateLimit => 429,
            Self::Server => 500,
            Self::Overloaded => 503,
            Self::Timeout => 504,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::Billing => "billing",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::RateLimit => "rate_limit",
            Self::Timeout => "timeout",
            Self::Server => "server",
            Self::Overloaded => "overloaded",
        }
    }

    /// What a status says.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            408 | 504 => Self::Timeout,
            503 | 529 => Self::Overloaded,
            500.. => Self::Server,
            _ => Self::InvalidRequest,
        }
    }
}
