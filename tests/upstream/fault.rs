//! A refusal, and the vendors' ways to write it.

use crate::dialect::Dialect;
use crate::script::Script;
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// OpenAI only: the offending field.
    pub(crate) param: Option<String>,
    /// OpenAI: the machine-readable reason. Gemini: the one in the details.
    pub(crate) code: Option<&'static str>,
}

impl Fault {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            param: None,
            code: None,
        }
    }

    /// A request-scoped refusal.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The error body in the vendor's shape.
    pub(crate) fn to_body(&self, dialect: Dialect) -> Value {
        let kind = kind(dialect, self.status);
        match dialect {
            Dialect::Chat | Dialect::Responses => json!({
                "error": {"message": self.message, "type": kind, "param": self.param, "code": self.code},
            }),
            Dialect::Claude => json!({
                "type": "error",
                "error": match self.code {
                    Some(code) => json!({"type": kind, "message": self.message, "details": {"error_code": code}}),
                    None => json!({"type": kind, "message": self.message}),
                },
                "request_id": "req_scripted",
            }),
            Dialect::Gemini => {
                let error = json!({"code": self.status, "message": self.message, "status": kind});
                let mut body = json!({"error": error});
                let details = self.details();
                if !details.is_empty() {
                    body["error"]["details"] = details.into();
                }
                body
            }
        }
    }

    /// What Google says beyond the status; it has no `retry-after`.
    fn details(&self) -> Vec<Value> {
        let reason = self.code.map(|reason| {
            json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"})
        });
        let limited = self.status == 429;
        let quota = json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]});
        let retry =
            json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"});
        let limits = [quota, retry].into_iter().filter(|_| limited);
        reason.into_iter().chain(limits).collect()
    }

    /// Google's answer to a stream that was to be a list: the error is in a list too.
    pub(crate) fn to_list(&self) -> Script {
        Script::json(self.status, &json!([self.to_body(Dialect::Gemini)]))
    }

    /// The whole answer, with the headers the vendor sends along.
    pub(crate) fn to_script(&self, dialect: Dialect) -> Script {
        let script = Script::json(self.status, &self.to_body(dialect));
        match (dialect, self.status) {
            (Dialect::Chat | Dialect::Responses, 429) => script
                .header("retry-after", "7")
                .header("x-ratelimit-limit-requests", "60")
                .header("x-ratelimit-remaining-requests", "0"),
            (Dialect::Claude, 429) => script
                .header("retry-after", "7")
                .header("anthropic-ratelimit-requests-limit", "60")
                .header("anthropic-ratelimit-requests-remaining", "0"),
            _ => script,
        }
    }

    /// The error as one frame of a stream that has already begun.
    pub(crate) fn to_frame(&self, dialect: Dialect) -> String {
        let body = self.to_body(dialect);
        match dialect {
            Dialect::Chat | Dialect::Gemini => format!("data: {body}\n\n"),
            // The one event that is not about a response.
            Dialect::Responses => {
                let code = self.code.unwrap_or("server_error");
                let event = json!({"type": "error", "sequence_number": 0, "code": code, "message": self.message, "param": self.param});
                format!("event: error\ndata: {event}\n\n")
            }
            Dialect::Claude => format!("event: error\ndata: {body}\n\n"),
        }
    }
}

/// The vendor's error type for a status.
fn kind(dialect: Dialect, status: u16) -> &'static str {
    match (dialect, status) {
        (Dialect::Chat | Dialect::Responses, 401) => "authentication_error",
        (Dialect::Chat | Dialect::Responses, 403) => "permission_error",
        (Dialect::Chat | Dialect::Responses, 429) => "rate_limit_error",
        (Dialect::Chat | Dialect::Responses, 500..) => "server_error",
        (Dialect::Claude, 401) => "authentication_error",
        (Dialect::Claude, 402) => "billing_error",
        (Dialect::Claude, 403) => "permission_error",
        (Dialect::Claude, 404) => "not_found_error",
        (Dialect::Claude, 409) => "conflict_error",
        (Dialect::Claude, 413) => "request_too_large",
        (Dialect::Claude, 429) => "rate_limit_error",
        (Dialect::Claude, 504) => "timeout_error",
        (Dialect::Claude, 503 | 529) => "overloaded_error",
        (Dialect::Claude, 500..) => "api_error",
        (Dialect::Gemini, status) => google_status(status),
        _ => "invalid_request_error",
    }
}

/// The names of Google's status codes.
fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
