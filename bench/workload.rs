//! What is sent, what must come back, and what it may cost.

use anyhow::{Result, ensure};
use memchr::memmem;
use serde::Serialize;

use crate::client::{Answer, Connection};
use crate::wire::{Dialect, MARKER, MODEL, MODEL_CLAUDE, MODEL_HELD, MODEL_PAUSED, ask};

/// The client key of every request.
pub(crate) const CLIENT_KEY: &str = "bench-key-0123456789abcdef0123456789abcdef";

/// A number to stay under, and one to be proud of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Goal {
    pub(crate) reach: f64,
    pub(crate) aim: f64,
}

impl Goal {
    pub(crate) const fn new(reach: f64, aim: f64) -> Self {
        Self { reach, aim }
    }
}

/// One request and the shape of its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Vec<u8>,
    expected: Expected,
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    Whole,
    Stream(Dialect),
}

/// A kind of traffic, measured against the yardstick.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) name: String,
    /// What the gateway is asked.
    pub(crate) gateway: Exchange,
    /// What the yardstick and the upstream itself are asked: they cannot translate, so for a
    /// translated workload this is the same question in the upstream's dialect.
    pub(crate) plain: Exchange,
    /// What the measurement may be, in its own unit.
    pub(crate) goal: Option<Goal>,
    /// Measured only when asked for.
    pub(crate) extra: bool,
}

impl Workload {
    /// A workload of the standard set.
    pub(crate) fn new(
        name: impl Into<String>,
        gateway: Exchange,
        plain: Exchange,
        goal: Option<Goal>,
    ) -> Self {
        Self {
            name: name.into(),
            gateway,
            plain,
            goal,
            extra: false,
        }
    }

    fn extra(self) -> Self {
        Self {
            extra: true,
            ..self
        }
    }
}

/// The workloads whose CPU time per request is measured; goals are multiples of the yardstick.
pub(crate) fn cpu() -> Vec<Workload> {
    use Dialect::{Chat, Claude};
    let (small, stream, long) = (
        Exchange::whole(Chat, MODEL),
        Exchange::stream(Chat, MODEL),
        Exchange::long(Chat, MODEL),
    );
    let translated_small = Exchange::whole(Claude, MODEL);
    let translated_stream = Exchange::stream(Claude, MODEL);
    let translated_long = Exchange::long(Claude, MODEL);
    let claude_small = Exchange::whole(Claude, MODEL_CLAUDE);
    let claude_stream = Exchange::stream(Claude, MODEL_CLAUDE);
    let goal = |reach, aim| Some(Goal::new(reach, aim));
    vec![
        Workload::new("small", small.clone(), small.clone(), goal(1.6, 1.3)),
        Workload::new("stream", stream.clone(), stream.clone(), goal(1.3, 1.0)),
        Workload::new("small-translated", translated_small, small, goal(2.0, 1.5)),
        Workload::new(
            "stream-translated",
            translated_stream,
            stream,
            goal(1.8, 1.4),
        ),
        Workload::new("long", long.clone(), long.clone(), goal(1.8, 1.3)),
        Workload::new("long-translated", translated_long, long, goal(2.5, 1.8)),
        Workload::new(
            "small-claude",
            claude_small.clone(),
            claude_small,
            goal(1.6, 1.3),
        )
        .extra(),
        Workload::new(
            "stream-claude",
            claude_stream.clone(),
            claude_stream,
            goal(1.3, 1.0),
        )
        .extra(),
    ]
}

/// The workloads whose added latency is measured; goals are milliseconds over the yardstick, at
/// the median.
pub(crate) fn latency() -> Vec<Workload> {
    let small = Exchange::whole(Dialect::Chat, MODEL);
    let paused = Exchange::stream(Dialect::Chat, MODEL_PAUSED);
    let translated_small = Exchange::whole(Dialect::Claude, MODEL);
    let translated_paused = Exchange::stream(Dialect::Claude, MODEL_PAUSED);
    let goal = Some(Goal::new(0.2, 0.1));
    vec![
        Workload::new("answer", small.clone(), small.clone(), goal),
        Workload::new("first-chunk", paused.clone(), paused.clone(), goal),
        Workload::new("answer-translated", translated_small, small, None).extra(),
        Workload::new("first-chunk-translated", translated_paused, paused, None).extra(),
    ]
}

/// The workloads whose streams are held open; goals are KB of memory a stream.
pub(crate) fn held() -> Vec<(Workload, usize)> {
    let held = Exchange::stream(Dialect::Chat, MODEL_HELD);
    let translated = Exchange::stream(Dialect::Claude, MODEL_HELD);
    let goal = Some(Goal::new(52.0, 32.0));
    let same = |name: &str| Workload::new(name, held.clone(), held.clone(), goal);
    vec![
        (same("held-1000"), 1000),
        (same("held-5000"), 5000),
        (
            Workload::new("held-1000-translated", translated, held.clone(), goal).extra(),
            1000,
        ),
    ]
}

impl Exchange {
    /// A short question and its whole answer.
    pub(crate) fn whole(dialect: Dialect, model: &str) -> Self {
        let body = ask::question(dialect, model, false);
        Self::answered_whole(dialect, model, &body)
    }

    /// A short question and its streamed answer.
    pub(crate) fn stream(dialect: Dialect, model: &str) -> Self {
        let body = ask::question(dialect, model, true);
        Self {
            request: post(dialect, &dialect.path(model, true), &body),
            expected: Expected::Stream(dialect),
        }
    }

    fn long(dialect: Dialect, model: &str) -> Self {
        Self::long_with_tools(dialect, model, 0)
    }

    /// A conversation of 200 messages and 1 MB, and so many tools.
    pub(crate) fn long_with_tools(dialect: Dialect, model: &str, tools: usize) -> Self {
        let body = ask::conversation(dialect, model, 200, 1 << 20, tools);
        Self::answered_whole(dialect, model, &body)
    }

    /// A question about a picture of so many bytes, where the dialect takes pictures.
    pub(crate) fn picture(dialect: Dialect, model: &str, bytes: usize) -> Option<Self> {
        let body = ask::picture(dialect, model, bytes)?;
        Some(Self::answered_whole(dialect, model, &body))
    }

    fn answered_whole(dialect: Dialect, model: &str, body: &str) -> Self {
        Self {
            request: post(dialect, &dialect.path(model, false), body),
            expected: Expected::Whole,
        }
    }

    /// Whether this is a complete answer; cheap enough for every one of them.
    pub(crate) fn check(&self, answer: &Answer, body: &[u8]) -> Result<()> {
        let complete = match self.expected {
            Expected::Whole => body.trim_ascii_end().ends_with(b"}"),
            Expected::Stream(dialect) => dialect.is_complete(body),
        };
        ensure!(
            answer.status == 200 && complete,
            "status {} and {}",
            answer.status,
            excerpt(body)
        );
        Ok(())
    }

    /// Asks once and looks at everything: status, end, and that no text was lost or doubled.
    pub(crate) fn probe(&self, connection: &mut Connection) -> Result<()> {
        let answer = connection.exchange(&self.request)?;
        let body = connection.body();
        self.check(&answer, body)?;
        let expected = match self.expected {
            Expected::Whole => 1,
            Expected::Stream(dialect) => dialect.markers(),
        };
        let found = memmem::find_iter(body, MARKER).count();
        ensure!(
            found == expected,
            "{found} pieces of text instead of {expected} in {}",
            excerpt(body)
        );
        Ok(())
    }
}

fn post(dialect: Dialect, path: &str, body: &str) -> Vec<u8> {
    let version = match dialect {
        Dialect::Claude => "anthropic-version: 2023-06-01\r\n",
        _ => "",
    };
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: modelgate-bench\r\naccept: */*\r\n\
         authorization: Bearer {CLIENT_KEY}\r\n{version}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let tail: String = match text.char_indices().rev().nth(299) {
        Some((start, _)) => format!("…{}", &text[start..]),
        None => text.into_owned(),
    };
    format!("{} bytes: {tail:?}", body.len())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn answer(status: u16) -> Answer {
        let now = Instant::now();
        Answer {
            status,
            first_chunk: now,
            end: now,
        }
    }

    #[test]
    fn an_error_or_a_cut_stream_is_never_taken_for_an_answer() {
        let whole = Exchange::whole(Dialect::Chat, MODEL);
        assert!(whole.check(&answer(200), b"{\"a\":1}\n").is_ok());
        assert!(whole.check(&answer(429), b"{\"a\":1}").is_err());
        assert!(whole.check(&answer(200), b"{\"a\":").is_err());
        let stream = Exchange::stream(Dialect::Claude, MODEL);
        let end = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        assert!(stream.check(&answer(200), end).is_ok());
        assert!(stream.check(&answer(200), b"data: [DONE]\n\n").is_err());
    }
}
