//! Answers as clients read them: status, error shape, text, calls, ending.

mod fold;

use super::Speaks;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use serde_json::Value;

/// A whole answer, or as much of it as came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The connection broke before the body was complete.
    pub(crate) broken: bool,
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) event: String,
    pub(crate) data: String,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    /// With everything a success needs.
    Complete,
    /// With the dialect's error, and nothing that looks like a success.
    Failed(Value),
    /// Otherwise.
    Wrong(String),
}

/// An error as the client's SDK sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Answer {
    /// Sends a request and reads what comes.
    ///
    /// # Panics
    ///
    /// When no head comes.
    pub(crate) async fn read(request: reqwest::RequestBuilder) -> Self {
        let mut response = request.send().await.expect("an answer comes");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = BytesMut::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break false,
                Err(error) => {
                    assert!(!error.is_timeout(), "the answer never ended: {body:?}");
                    break true;
                }
            }
        };
        Self {
            status,
            headers,
            body: body.freeze(),
            broken,
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn is_stream(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.starts_with("text/event-stream")
    }

    /// The events of a stream; comments are left out.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        let text = self.text().replace("\r\n", "\n");
        text.split("\n\n").filter_map(Frame::parse).collect()
    }

    /// The comments of a stream.
    pub(crate) fn comments(&self) -> usize {
        self.text()
            .lines()
            .filter(|line| line.starts_with(':'))
            .count()
    }

    /// How the stream ended.
    pub(crate) fn ending(&self, dialect: Speaks) -> Ending {
        let frames = self.frames();
        let wrong = |why: &str| Ending::Wrong(format!("{why}: {}", self.text()));
        if self.broken {
            return wrong("the connection broke");
        }
        let errors: Vec<usize> = (0..frames.len())
            .filter(|index| frames[*index].is_error(dialect))
            .collect();
        let success = frames.iter().any(|frame| frame.is_success(dialect));
        match *errors {
            [at] if success => wrong(&format!("an error at event {at} beside a success")),
            [at] if at + 1 == frames.len() => Ending::Failed(frames[at].json()),
            [] if frames.last().is_some_and(|last| last.is_terminal(dialect)) && success => {
                let terminals = frames.iter().filter(|frame| frame.is_terminal(dialect));
                match terminals.count() {
                    1 => Ending::Complete,
                    count => wrong(&format!("{count} ends")),
                }
            }
            [] => wrong("no end"),
            _ => wrong("words after an error"),
        }
    }

    /// The error in this answer, or in the last event of this stream. Its shape is checked.
    ///
    /// # Panics
    ///
    /// When there is none, or it has another shape than the dialect's.
    pub(crate) fn refusal(&self, dialect: Speaks) -> Refusal {
        let body = if self.is_stream() {
            match self.ending(dialect) {
                Ending::Failed(error) => error,
                other => panic!("no error: {other:?}"),
            }
        } else {
            assert_eq!(self.header("content-type"), Some("application/json"));
            assert!(self.status >= 400, "{} {:?}", self.status, self.body);
            self.json()
        };
        if dialect == Speaks::Claude {
            assert_eq!(body["type"], "error", "Claude's SDKs look for it: {body}");
        }
        let error = &body["error"];
        let word = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        let refusal = Refusal {
            status: self.status,
            kind: word("type"),
            code: word("code"),
            message: word("message"),
        };
        assert!(
            !refusal.kind.is_empty() && !refusal.message.is_empty(),
            "{body}"
        );
        refusal
    }

    /// The same, as the status, type and code that it must have.
    ///
    /// # Panics
    ///
    /// When they are others.
    #[track_caller]
    pub(crate) fn expect_refusal(
        &self,
        dialect: Speaks,
        status: u16,
        kind: &str,
        code: &str,
    ) -> Refusal {
        let refusal = self.refusal(dialect);
        let seen = (refusal.status, &*refusal.kind, &*refusal.code);
        assert_eq!(seen, (status, kind, code), "{dialect:?} {refusal:?}");
        refusal
    }

    /// Checks that this is a stream that ended with an error.
    #[track_caller]
    pub(crate) fn expect_failed_stream(&self, dialect: Speaks) {
        assert_eq!(self.status, 200, "{:?}", self.body);
        let ending = self.ending(dialect);
        assert!(
            matches!(ending, Ending::Failed(_)),
            "{dialect:?} {ending:?}"
        );
    }

    /// Checks that this is a complete answer with this text.
    #[track_caller]
    pub(crate) fn expect_text(&self, dialect: Speaks, expected: &str) {
        assert_eq!(self.status, 200, "{:?}", self.body);
        if self.is_stream() {
            assert_eq!(self.ending(dialect), Ending::Complete);
        }
        assert_eq!(self.folded(dialect).text, expected);
    }
}

impl Frame {
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| -> Vec<&str> {
            let values = text.lines().filter_map(|line| line.strip_prefix(name));
            values
                .map(|value| value.strip_prefix(' ').unwrap_or(value))
                .collect()
        };
        let data = field("data:");
        (!data.is_empty()).then(|| Self {
            event: field("event:").concat(),
            data: data.join("\n"),
        })
    }

    /// The data as JSON; null when it is none, as `[DONE]`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }

    fn is_error(&self, dialect: Speaks) -> bool {
        match dialect {
            Speaks::Chat => self.json()["error"].is_object(),
            Speaks::Claude => self.event == "error",
        }
    }

    /// The very last event of a success.
    fn is_terminal(&self, dialect: Speaks) -> bool {
        match dialect {
            Speaks::Chat => self.data == "[DONE]",
            Speaks::Claude => self.event == "message_stop",
        }
    }

    /// Whether a client takes the answer for complete when it sees this.
    fn is_success(&self, dialect: Speaks) -> bool {
        match dialect {
            Speaks::Chat => {
                self.data == "[DONE]" || self.json()["choices"][0]["finish_reason"].is_string()
            }
            Speaks::Claude => {
                self.event == "message_stop" || self.json()["delta"]["stop_reason"].is_string()
            }
        }
    }
}
