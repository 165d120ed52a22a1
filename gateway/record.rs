//! What is remembered of a request: written exactly once, when it is over, also when the client walks away.

use std::time::{Duration, Instant};

use modelgate_dialects::ir::Usage;
use modelgate_dialects::{Dialect, Losses, Str};
use modelgate_providers::Candidate;

use crate::request::RequestId;

/// The record of one request. It is written when it is dropped.
#[derive(Debug)]
pub(crate) struct Record {
    id: RequestId,
    started: Instant,
    dialect: Dialect,
    caller: String,
    model: Str,
    stream: bool,
    attempts: u32,
    candidate: Option<Candidate>,
    /// The dialect the last candidate was asked in.
    upstream: Option<Dialect>,
    first_byte: Option<Duration>,
    status: u16,
    usage: Usage,
    failure: Option<Str>,
    /// The answer was given to its end; false means that the client left.
    complete: bool,
}

impl Record {
    pub(crate) fn new(id: RequestId, started: Instant, dialect: Dialect) -> Self {
        Self {
            id,
            started,
            dialect,
            caller: "unknown".to_owned(),
            model: Str::new(),
            stream: false,
            attempts: 0,
            candidate: None,
            upstream: None,
            first_byte: None,
            status: 499,
            usage: Usage::default(),
            failure: None,
            complete: false,
        }
    }

    pub(crate) fn called_by(&mut self, caller: &str) {
        caller.clone_into(&mut self.caller);
    }

    pub(crate) fn asked(&mut self, model: &Str, stream: bool) {
        self.model = model.clone();
        self.stream = stream;
    }

    pub(crate) fn attempt(&mut self, candidate: &Candidate) {
        self.attempts += 1;
        self.upstream = Some(candidate.dialect(self.dialect));
        self.candidate = Some(candidate.clone());
    }

    pub(crate) fn lost(&self, losses: &Losses) {
        for loss in losses.iter() {
            if loss.quiet {
                tracing::debug!(request_id = %self.id, path = loss.path, why = %loss.why, "not carried");
            } else {
                tracing::info!(request_id = %self.id, path = loss.path, why = %loss.why, "not carried");
            }
        }
    }

    /// The first byte of the answer is on its way.
    pub(crate) fn began(&mut self) {
        self.status = 200;
        self.first_byte
            .get_or_insert_with(|| self.started.elapsed());
    }

    pub(crate) fn used(&mut self, usage: Usage) {
        self.usage.merge(usage);
    }

    /// The answer was given to its end.
    pub(crate) fn completed(&mut self) {
        self.complete = true;
    }

    /// The client was told of a failure.
    pub(crate) fn failed(&mut self, status: u16, message: &Str) {
        self.status = status;
        self.failure = Some(message.clone());
        self.complete = true;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let candidate = self.candidate.as_ref();
        tracing::info!(
            request_id = %self.id,
            caller = self.caller,
            dialect = self.dialect.name(),
            model = %self.model,
            upstream = self.upstream.map(Dialect::name),
            credential = candidate.map(|candidate| candidate.credential.id.as_str()),
            upstream_model = candidate.map(|candidate| &*candidate.target.model),
            stream = self.stream,
            attempts = self.attempts,
            status = self.status,
            complete = self.complete,
            error = self.failure.as_deref(),
            input_tokens = self.usage.total_input(),
            cached_tokens = self.usage.cache_read,
            output_tokens = self.usage.total_output(),
            first_byte_ms = self.first_byte.map(millis),
            total_ms = millis(self.started.elapsed()),
            "request"
        );
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
