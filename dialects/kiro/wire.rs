//! The vendor's words: events, token counts, why an answer ended, failures.

use crate::claude;
use crate::ir::{ErrorKind, StopReason, Usage};
use crate::json::{Str, Value};

/// The frames of an answer (`providers.md` 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, sometimes whole calls or the reason to stop.
    Answer,
    /// A piece of a call.
    Call,
    /// Thinking that is told apart from text.
    Thinking,
    /// Why the answer ended.
    Stop,
    /// Token counts.
    Counts,
    /// The conversation is in a state in which nothing can be answered.
    Invalid,
}

impl Kind {
    /// The kind by `:event-type`; none for what does not concern an answer: credits, licences, questions to ask next.
    pub(crate) fn of(event: &str) -> Option<Self> {
        Some(match event {
            "assistantResponseEvent" => Self::Answer,
            "toolUseEvent" => Self::Call,
            "reasoningContentEvent" => Self::Thinking,
            "messageStopEvent" => Self::Stop,
            "supplementaryWebLinksEvent" | "metadataEvent" | "messageMetadataEvent" => Self::Counts,
            "invalidStateEvent" => Self::Invalid,
            _ => return None,
        })
    }
}

/// What `stopReason` says. The models are Anthropic's and so are the words, in capitals at times; `CONTENT_FILTERED` and
/// `GUARDRAIL_INTERVENED` are AWS's own.
pub(crate) fn stop_reason(word: &str) -> StopReason {
    match &*word.to_ascii_lowercase() {
        "content_filtered" | "guardrail_intervened" => StopReason::Filter,
        lower => match claude::wire::stop_reason(lower) {
            StopReason::Other(_) => StopReason::Other(Str::from(word)),
            reason => reason,
        },
    }
}

/// Reads token counts, flat or under a name of their own.
pub(crate) fn usage(value: Value<'_>) -> Usage {
    let counts = ["tokenUsage", "usage"]
        .into_iter()
        .find_map(|key| value.field(key))
        .unwrap_or(value);
    let count = |key| counts.field(key).and_then(Value::as_u64);
    Usage {
        input: count("uncachedInputTokens").or_else(|| count("inputTokens")),
        cache_read: count("cacheReadInputTokens"),
        cache_write: count("cacheWriteInputTokens"),
        output: count("outputTokens"),
        ..Usage::default()
    }
}

/// The bare name of a shape: AWS writes `com.amazon.aws.codewhisperer#ThrottlingException` in bodies, and
/// `ThrottlingException:http://internal.amazon.com/…` in the header `x-amzn-errortype`.
pub(crate) fn shape(name: &str) -> &str {
    let name = name.rsplit('#').next().unwrap_or(name);
    name.split(':').next().unwrap_or(name).trim()
}

/// What the name of an exception says.
pub(crate) fn error_kind(shape: &str) -> Option<ErrorKind> {
    Some(match shape {
        "ValidationException" | "SerializationException" => ErrorKind::InvalidRequest,
        "ThrottlingException" | "TooManyRequestsException" => ErrorKind::RateLimit,
        "ServiceQuotaExceededException" => ErrorKind::Billing,
        "AccessDeniedException" => ErrorKind::Permission,
        "ExpiredTokenException"
        | "InvalidTokenException"
        | "UnrecognizedClientException"
        | "UnauthorizedException" => ErrorKind::Authentication,
        "ResourceNotFoundException" => ErrorKind::NotFound,
        "ConflictException" => ErrorKind::Conflict,
        "RequestEntityTooLargeException" => ErrorKind::TooLarge,
        "RequestTimeoutException" => ErrorKind::Timeout,
        "ServiceUnavailableException" => ErrorKind::Overloaded,
        "InternalServerException" | "InternalFailure" => ErrorKind::Server,
        _ => return None,
    })
}

/// What a `reason` beside a message says more than the exception, with the word that clients know it by.
pub(crate) fn error_reason(reason: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match reason {
        "CONTENT_LENGTH_EXCEEDS_THRESHOLD" => {
            (ErrorKind::InvalidRequest, "context_length_exceeded")
        }
        "MONTHLY_REQUEST_COUNT" => (ErrorKind::Billing, "insufficient_quota"),
        "SUSPENDED" | "TEMPORARILY_SUSPENDED" => (ErrorKind::Permission, "account_suspended"),
        "INVALID_MODEL_ID" => (ErrorKind::NotFound, "model_not_found"),
        _ => return None,
    })
}
