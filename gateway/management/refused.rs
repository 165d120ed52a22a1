//! Why something was not done, in the shape that the family's programs read.

use http::StatusCode;
use http::header::ETAG;
use modelgate_config::ConfigError;
use modelgate_config::edit::EditError;
use modelgate_management::{ConfigProblem, FlatAnswer};
use tokio::task::JoinError;
use warp::reply::Response;

use super::etag::Etag;
use crate::error;

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    answer: FlatAnswer,
    /// What the file is at now.
    etag: Option<Etag>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            answer: FlatAnswer::new(error),
            etag: None,
        }
    }

    /// The request makes no sense.
    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn body() -> Self {
        Self::bad("invalid body")
    }

    pub(super) fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    /// The file is not what the caller has read.
    pub(super) fn stale(etag: Etag) -> Self {
        let refused = Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed");
        Self {
            etag: Some(etag),
            ..refused.message(
                "the configuration was changed meanwhile; read it again, then change it again",
            )
        }
    }

    /// A text that is no YAML.
    pub(super) fn no_yaml(error: &ConfigError) -> Self {
        Self::of_problems(StatusCode::BAD_REQUEST, "invalid_yaml", error)
    }

    pub(super) fn message(mut self, message: impl Into<String>) -> Self {
        self.answer = self.answer.with_message(message);
        self
    }

    /// The reason.
    pub(super) fn error(&self) -> &str {
        &self.answer.error
    }

    fn of_problems(status: StatusCode, error: &str, config: &ConfigError) -> Self {
        let problems: Vec<ConfigProblem> = config.problems().iter().map(Into::into).collect();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let mut refused = Self::new(status, error).message(lines.join("\n"));
        refused.answer.problems = problems;
        refused
    }

    pub(crate) fn answer(&self) -> Response {
        let mut response = error::flat(self.status, &self.answer);
        if let Some(etag) = &self.etag {
            response.headers_mut().insert(ETAG, etag.header());
        }
        response
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        let failed = |kind: &str, error: &ConfigError| {
            let source = std::error::Error::source(error);
            let detail =
                source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, kind).message(detail)
        };
        match &error {
            ConfigError::Invalid { .. } => {
                Self::of_problems(StatusCode::UNPROCESSABLE_ENTITY, "invalid_config", &error)
            }
            ConfigError::Edit(edit) => match edit {
                EditError::Refused(_) | EditError::Unreadable => Self::new(
                    StatusCode::CONFLICT,
                    format!("failed to save config: {edit}"),
                ),
                _ => Self::bad(edit.to_string()),
            },
            ConfigError::NoFile => Self::not_found("not_found")
                .message("this gateway runs without a configuration file"),
            ConfigError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Self::not_found("not_found").message("the configuration file is gone")
            }
            ConfigError::Read { .. } => failed("read_failed", &error),
            ConfigError::Write { .. } => failed("failed to save config", &error),
            _ => failed("failed to save config", &error),
        }
    }
}

impl From<EditError> for Refused {
    fn from(error: EditError) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<JoinError> for Refused {
    fn from(_: JoinError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping")
    }
}
