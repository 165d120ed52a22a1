//! What the server does with one request, down to the writes and the pauses between them.

use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;

/// One answer: a head and the steps of its body. Build it from one of the constructors and add steps.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) before_head: Vec<Step>,
    pub(crate) steps: Vec<Step>,
}

/// One thing the server does while it sends a body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Write these bytes by themselves.
    Chunk(Bytes),
    /// Write the same bytes again and again.
    Repeat {
        /// The bytes of one write.
        bytes: Bytes,
        /// How many writes are left.
        times: usize,
    },
    /// Do nothing for a while.
    Wait(Duration),
    /// Close the connection without ending the body.
    Abort,
    /// Keep the connection open and never write again.
    Hang,
}

impl Script {
    /// An answer without body yet.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            before_head: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// A JSON answer with its length.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    /// A complete body of any type, with its length.
    #[must_use]
    pub fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::new(status)
            .header("content-type", content_type)
            .header("content-length", &body.len().to_string())
            .chunk(body)
    }

    /// A stream of server-sent events; each frame is one write. The frames are sent as given.
    #[must_use]
    pub fn sse<F: Into<Bytes>>(frames: impl IntoIterator<Item = F>) -> Self {
        let script = Self::new(200)
            .header("content-type", "text/event-stream; charset=utf-8")
            .header("cache-control", "no-cache");
        frames.into_iter().fold(script, Self::chunk)
    }

    /// Never even sends a head.
    #[must_use]
    pub fn silent() -> Self {
        let mut script = Self::new(200);
        script.before_head.push(Step::Hang);
        script
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before the head is sent.
    #[must_use]
    pub fn wait_before_head(mut self, wait: Duration) -> Self {
        self.before_head.push(Step::Wait(wait));
        self
    }

    /// Adds one write.
    #[must_use]
    pub fn chunk(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(bytes.into()))
    }

    /// Adds a pause.
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        self.step(Step::Wait(wait))
    }

    /// Closes the connection here, without ending the body.
    #[must_use]
    pub fn abort(self) -> Self {
        self.step(Step::Abort)
    }

    /// Keeps the connection open here and never writes again.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Writes the last bytes again and again.
    #[must_use]
    pub(crate) fn flood(mut self) -> Self {
        if let Some(Step::Chunk(bytes)) = self.steps.pop() {
            self.steps.push(Step::Repeat { bytes, times: 64 });
        }
        self
    }

    /// Adds any step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What is written, as text.
    pub(crate) fn text(&self) -> String {
        let chunks = self.steps.iter().filter_map(|step| match step {
            Step::Chunk(bytes) => Some(String::from_utf8_lossy(bytes)),
            _ => None,
        });
        chunks.collect()
    }
}
