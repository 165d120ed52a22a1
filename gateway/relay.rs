//! The body of a streamed answer: one stream from the upstream's socket to the client's, with no task or queue between.
//!
//! Dropping it ends the upstream call; the record is written by its own drop.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use modelgate_dialects::framing::sse::write_keep_alive;
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::passthrough::Outcome;
use modelgate_dialects::{Dialect, Str, encode_error_frame};
use modelgate_providers::CallError;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::attempt::Answer;
use crate::collect::Source;
use crate::conduit::Conduit;
use crate::google::Rewriter;
use crate::logs::Transcript;
use crate::record::Record;
use crate::search::Opening;
use crate::tried::Trying;

/// Chunks that are ready are joined up to this size, which saves the client's socket many small writes.
const GATHER: usize = 32 << 10;
/// After the answer is complete the upstream gets this long to end its body, so that the connection can be used again.
const LINGER: Duration = Duration::from_millis(200);

/// Between two times at which whoever watches is told how far the stream has come.
const PROGRESS: Duration = Duration::from_secs(1);

/// A stream whose first content has come.
pub(crate) struct Relay {
    pub(crate) upstream: modelgate_providers::Upstream,
    pub(crate) conduit: Conduit,
    /// Bytes for the client that came before the answer's head was sent.
    pub(crate) held: Vec<Bytes>,
    pub(crate) source: Source,
    /// The upstream's body is over.
    pub(crate) over: bool,
    /// Who sends it, to be told if it breaks off.
    pub(crate) trying: Option<Trying>,
    pub(crate) transcript: Transcript,
}

impl Relay {
    /// The upstream did not keep its word.
    fn broke(&mut self, error: &CallError) {
        self.transcript.broke(error);
        if let Some(trying) = &mut self.trying {
            trying.failed(error);
        }
    }
}

/// What a client reads.
pub(crate) struct Body {
    stage: Stage,
    dialect: Dialect,
    /// Brings what is sent into another form than events.
    rewriter: Option<Rewriter>,
    keep_alive: Option<Duration>,
    timer: Pin<Box<Sleep>>,
    /// When the client was last sent something, and when the upstream last sent something.
    sent: Instant,
    heard: Instant,
}

enum Stage {
    /// No upstream has begun to answer yet; the client is kept waiting with comments.
    Opening(Opening),
    /// Bytes flow.
    Flowing(Box<Flow>),
    Over,
}

struct Flow {
    relay: Relay,
    record: Record,
    /// When to stop waiting for the end of the upstream's body, once the answer is complete.
    linger: Option<Instant>,
    /// When it is told next how far the stream has come.
    tells: Option<Instant>,
}

impl Body {
    /// The body for an upstream that is still being looked for.
    pub(crate) fn opening(
        dialect: Dialect,
        opening: Opening,
        keep_alive: Option<Duration>,
        rewriter: Option<Rewriter>,
    ) -> Self {
        let mut body = Self::new(dialect, Stage::Opening(opening), keep_alive, rewriter);
        // The client has waited for one interval already.
        body.sent -= keep_alive.unwrap_or_default();
        body.arm();
        body
    }

    /// The body for a stream that has begun.
    pub(crate) fn flowing(
        dialect: Dialect,
        relay: Relay,
        record: Record,
        keep_alive: Option<Duration>,
        rewriter: Option<Rewriter>,
    ) -> Self {
        let stage = Stage::Flowing(Flow::new(relay, record));
        Self::new(dialect, stage, keep_alive, rewriter)
    }

    fn new(
        dialect: Dialect,
        stage: Stage,
        keep_alive: Option<Duration>,
        rewriter: Option<Rewriter>,
    ) -> Self {
        let now = Instant::now();
        let mut body = Self {
            stage,
            dialect,
            rewriter,
            keep_alive,
            timer: Box::pin(sleep_until(now)),
            sent: now,
            heard: now,
        };
        body.arm();
        body
    }

    /// Sets the timer to the next moment at which something must be done.
    fn arm(&mut self) {
        let keep_alive = self.keep_alive.map(|interval| self.sent + interval);
        let end = match &self.stage {
            Stage::Flowing(flow) => {
                Some(flow.linger.unwrap_or(self.heard + flow.relay.source.idle))
            }
            Stage::Opening(_) | Stage::Over => None,
        };
        // Years away when there is nothing to do.
        let never = self.heard + Duration::from_secs(86_400 * 365);
        self.timer.as_mut().reset(
            [keep_alive, end]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(never),
        );
    }

    fn poll_opening(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Stage::Opening(opening) = &mut self.stage else {
            return Poll::Ready(None);
        };
        let (mut record, opened) = ready!(opening.as_mut().poll(context));
        let (stage, bytes) = match opened {
            Ok((Answer::Stream(relay), _)) => (Stage::Flowing(Flow::new(*relay, record)), None),
            Ok((Answer::Whole(bytes), _)) => {
                record.answered(bytes.len());
                (Stage::Over, Some(bytes))
            }
            Err(failure) => (Stage::Over, Some(self.last_words(record, &failure.error))),
        };
        self.stage = stage;
        self.heard = Instant::now();
        Poll::Ready(bytes)
    }

    /// A failure after the head of the answer was sent, as the stream's last event.
    fn last_words(&self, mut record: Record, error: &Error) -> Bytes {
        record.failed(error);
        let mut out = Vec::new();
        encode_error_frame(self.dialect, error, &mut out);
        Bytes::from(out)
    }

    fn on_timer(&mut self) -> Option<Bytes> {
        let now = Instant::now();
        if let Stage::Flowing(flow) = &mut self.stage {
            if flow.linger.is_some_and(|linger| linger <= now) {
                return self.end();
            }
            if flow.linger.is_none() && now >= self.heard + flow.relay.source.idle {
                let error = CallError::timed_out(
                    flow.relay.source.provider.clone(),
                    "sent nothing",
                    flow.relay.source.idle,
                );
                flow.relay.broke(&error);
                let bytes = flow.relay.conduit.abort(*error.error);
                flow.record.used(flow.relay.conduit.usage().clone());
                let silence = Str::from_static("the upstream fell silent");
                flow.record.failed(&Error::new(ErrorKind::Timeout, silence));
                self.stage = Stage::Over;
                return Some(bytes);
            }
        }
        let due = self
            .keep_alive
            .is_some_and(|interval| now >= self.sent + interval);
        let bytes = if due {
            self.keep_alive_bytes()
        } else {
            Bytes::new()
        };
        if due {
            self.sent = now;
        }
        self.arm();
        Some(bytes)
    }

    fn keep_alive_bytes(&self) -> Bytes {
        match &self.stage {
            Stage::Flowing(flow) if flow.linger.is_none() => flow.relay.conduit.keep_alive(),
            Stage::Opening(_) => {
                let mut out = Vec::new();
                write_keep_alive(&mut out, self.dialect);
                Bytes::from(out)
            }
            Stage::Flowing(_) | Stage::Over => Bytes::new(),
        }
    }

    /// Nothing more comes; the record learns how it ended.
    fn end(&mut self) -> Option<Bytes> {
        if let Stage::Flowing(flow) = std::mem::replace(&mut self.stage, Stage::Over) {
            let Flow {
                mut relay,
                mut record,
                ..
            } = *flow;
            record.used(relay.conduit.usage().clone());
            match relay.conduit.outcome() {
                Outcome::Failed(error) => {
                    record.failed(error);
                    let provider = relay.source.provider.clone();
                    let error = CallError::answered(provider, (**error).clone());
                    relay.broke(&error);
                }
                Outcome::Complete | Outcome::Open => record.completed(),
            }
        }
        None
    }
}

impl Drop for Body {
    /// The client left in the middle: what the answer has cost until now is still recorded.
    fn drop(&mut self) {
        if let Stage::Flowing(flow) = &mut self.stage {
            flow.record.used(flow.relay.conduit.usage().clone());
        }
    }
}

impl Flow {
    fn new(relay: Relay, mut record: Record) -> Box<Self> {
        record.began();
        let complete = *relay.conduit.outcome() == Outcome::Complete;
        Box::new(Self {
            relay,
            record,
            linger: complete.then(|| Instant::now() + LINGER),
            tells: None,
        })
    }

    /// So many bytes were sent. Most of the time this is one look at a clock that was read anyway.
    fn sent(&mut self, bytes: usize, now: Instant) {
        self.record.sent(bytes);
        if now < *self.tells.get_or_insert(now + PROGRESS) {
            return;
        }
        self.tells = Some(now + PROGRESS);
        let conduit = &self.relay.conduit;
        let tokens = conduit.usage().total_output();
        self.record.progressed(conduit.count(), tokens);
    }

    /// Bytes that are ready for the client: several chunks of the upstream at once, if they are there.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut gathered = Gathered::default();
        self.relay
            .held
            .drain(..)
            .for_each(|held| gathered.push(held));
        while !self.relay.over && gathered.len() < GATHER {
            let bytes = match self.relay.upstream.body.as_mut().poll_next(context) {
                Poll::Pending if gathered.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(Some(Ok(chunk))) => self.relay.conduit.on_chunk(chunk),
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "the upstream's stream broke");
                    self.relay.over = true;
                    self.relay.conduit.finish(false)
                }
                Poll::Ready(None) => {
                    self.relay.over = true;
                    self.relay.conduit.finish(true)
                }
            };
            gathered.push(bytes);
            match self.relay.conduit.outcome() {
                Outcome::Failed(_) => self.relay.over = true,
                Outcome::Complete if self.linger.is_none() => {
                    self.linger = Some(Instant::now() + LINGER);
                }
                Outcome::Complete | Outcome::Open => {}
            }
        }
        if gathered.is_empty() && self.relay.over {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(gathered.into_bytes()))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let polled = match &mut this.stage {
                Stage::Over => return Poll::Ready(this.last_bytes().map(Ok)),
                Stage::Opening(_) => this.poll_opening(context),
                Stage::Flowing(flow) => match flow.poll(context) {
                    Poll::Ready(None) => Poll::Ready(this.end()),
                    polled => polled,
                },
            };
            let bytes = match polled {
                Poll::Ready(bytes) => {
                    this.heard = Instant::now();
                    bytes
                }
                Poll::Pending => {
                    this.arm_for_linger();
                    ready!(this.timer.as_mut().poll(context));
                    this.on_timer()
                }
            };
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                this.sent = Instant::now();
                let bytes = match &mut this.rewriter {
                    Some(rewriter) => rewriter.on_bytes(bytes),
                    None => bytes,
                };
                if let Stage::Flowing(flow) = &mut this.stage {
                    flow.sent(bytes.len(), this.sent);
                }
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }
}

impl Body {
    /// What ends the form of the stream, once.
    fn last_bytes(&mut self) -> Option<Bytes> {
        let bytes = self.rewriter.take()?.finish();
        (!bytes.is_empty()).then_some(bytes)
    }

    /// The timer need not move for every chunk: when it fires too early it is set again. Only an end that has come nearer
    /// must be told.
    fn arm_for_linger(&mut self) {
        let Stage::Flowing(flow) = &self.stage else {
            return;
        };
        if flow
            .linger
            .is_some_and(|linger| linger < self.timer.deadline())
        {
            self.arm();
        }
    }
}

/// Chunks on their way into one.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    rest: Vec<u8>,
}

impl Gathered {
    fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.first.is_empty() && self.rest.is_empty() {
            self.first = bytes;
            return;
        }
        if self.rest.is_empty() {
            self.rest.reserve(self.first.len() + bytes.len().max(4096));
            self.rest
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.rest.extend_from_slice(&bytes);
    }

    fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            Bytes::from(self.rest)
        }
    }
}

#[cfg(test)]
mod tests;
