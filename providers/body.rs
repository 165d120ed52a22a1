//! An answer's bytes as they come.

use std::borrow::Cow;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::HeaderMap;
use modelgate_config::Secret;
use modelgate_dialects::Str;

use crate::{CallError, client};

/// What is shorter may be part of any word.
const SHORTEST_SECRET: usize = 6;

/// Bytes of an upstream's answer; dropping the stream ends the call.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, CallError>> + Send>>;

pub(crate) fn of_response(response: reqwest::Response, provider: Str) -> ByteStream {
    Box::pin(
        response
            .bytes_stream()
            .map(move |chunk| chunk.map_err(|error| client::describe(&provider, error))),
    )
}

/// The first `limit` bytes of a stream; what was read so far when it breaks.
pub(crate) async fn read_some(mut stream: ByteStream, limit: usize) -> Bytes {
    let mut all = Vec::new();
    while let Some(Ok(chunk)) = stream.next().await {
        let room = limit - all.len();
        all.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if all.len() == limit {
            break;
        }
    }
    Bytes::from(all)
}

/// A body without the secrets among the headers that it answers: each is masked wherever it stands.
pub(crate) fn without_secrets(body: Bytes, sent: &HeaderMap) -> Bytes {
    let secrets = sent.values().filter(|value| value.is_sensitive());
    let secrets = secrets.filter_map(|value| {
        let text = value.to_str().ok()?;
        Some(text.strip_prefix("Bearer ").unwrap_or(text))
    });
    let mut clean: Option<String> = None;
    for secret in secrets.filter(|secret| secret.len() >= SHORTEST_SECRET) {
        let text = match &clean {
            Some(text) => Cow::from(&**text),
            None => String::from_utf8_lossy(&body),
        };
        if text.contains(secret) {
            clean = Some(text.replace(secret, &Secret::from(secret).mask()));
        }
    }
    clean.map_or(body, Bytes::from)
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::credential::secret;

    #[track_caller]
    fn check(header: (HeaderName, &str), body: &'static [u8], expected: &str) {
        let (name, value) = secret(header.0, header.1).unwrap();
        let plain = (name.clone(), HeaderValue::from_static("wrong"));
        let sent =
            HeaderMap::from_iter([(HeaderName::from_static("accept"), plain.1), (name, value)]);
        let told = without_secrets(Bytes::from_static(body), &sent);
        assert_eq!(String::from_utf8_lossy(&told), expected);
    }

    #[test]
    fn what_let_us_in_is_not_told() {
        let key = || HeaderName::from_static("x-api-key");
        let long = "sk-ant-0123456789abcdef";
        check(
            (key(), long),
            b"wrong: sk-ant-0123456789abcdef!",
            "wrong: sk-a\u{2026}cdef!",
        );
        check(
            (key(), "sk-good"),
            b"wrong sk-good sk-good",
            "wrong \u{2026} \u{2026}",
        );
        check(
            (AUTHORIZATION, "Bearer sk-good"),
            b"wrong sk-good",
            "wrong \u{2026}",
        );
        check((key(), "sk-good"), b"\xff sk-good", "\u{fffd} \u{2026}");
        check((key(), "wrong"), b"wrong", "wrong");
        check((key(), "sk-other"), b"wrong sk-good", "wrong sk-good");
    }
}
