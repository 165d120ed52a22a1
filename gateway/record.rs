//! What is remembered of a request: written exactly once, when it is over, also when the client walks away.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use modelgate_dialects::ir::{Error, Usage};
use modelgate_dialects::losses::Action;
use modelgate_dialects::{Dialect, Losses, Str};
use modelgate_management::Event;
use modelgate_management::events::{RequestFirstByte, RequestProgress, RequestStarted};
use modelgate_management::time::timestamp;
use modelgate_providers::health::Bar;
use modelgate_providers::{CallError, Candidate, Why};

use crate::access::Caller;
use crate::request::RequestId;
use crate::telemetry::Telemetry;

/// Attempts, credentials that were passed over, and losses, of which more than a number is kept.
const ATTEMPTS: usize = 16;
const PASSED_OVER: usize = 16;
const LOSSES: usize = 32;
/// Of names that the client chose, and of what somebody said of a failure, so many bytes are kept.
const NAME: usize = 256;
const MESSAGE: usize = 1_000;
/// Who was not let in.
const UNKNOWN: &str = "unknown";

/// The record of one request. It is written when it is dropped.
#[derive(Debug)]
pub(crate) struct Record {
    /// Nobody else has it before it is over.
    sheet: Option<Arc<Sheet>>,
    telemetry: Arc<Telemetry>,
}

/// What a record says.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) id: RequestId,
    pub(crate) time: SystemTime,
    started: Instant,
    pub(crate) dialect: Dialect,
    /// None where nobody was let in.
    pub(crate) caller: Option<Caller>,
    pub(crate) model: Str,
    pub(crate) stream: bool,
    /// How many there were; the first of them are kept.
    pub(crate) attempt_count: u32,
    pub(crate) attempts: Vec<Attempt>,
    /// Credentials of the model.
    pub(crate) members: usize,
    /// The model stands on a list, and is not just a name that a provider may know.
    pub(crate) listed: bool,
    pub(crate) passed_over: Vec<PassedOver>,
    pub(crate) affinity: Option<Affinity>,
    pub(crate) losses: Vec<Lost>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) total: Duration,
    pub(crate) status: u16,
    pub(crate) usage: Usage,
    pub(crate) failure: Option<Told>,
    /// The answer was given to its end; false means that the client left.
    pub(crate) complete: bool,
    /// What was asked for costs nothing.
    pub(crate) free: bool,
    /// Bytes of the request's body, and of the answer's.
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// The failure that the client was told of.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    pub(crate) message: Str,
}

/// One call of an upstream.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) candidate: Candidate,
    /// The dialect it was asked in.
    pub(crate) dialect: Dialect,
    pub(crate) why: Why,
    /// From the beginning of the request until the call.
    pub(crate) after: Duration,
    /// Until the first content or the failure.
    pub(crate) took: Option<Duration>,
    pub(crate) failure: Option<AttemptFailure>,
}

#[derive(Debug)]
pub(crate) struct AttemptFailure {
    /// Of the upstream's answer, if one came.
    pub(crate) status: Option<u16>,
    pub(crate) kind: &'static str,
    pub(crate) message: Str,
    pub(crate) retry_after: Option<Duration>,
}

impl Attempt {
    /// Its first content has come.
    pub(crate) fn is_answered(&self) -> bool {
        self.took.is_some() && self.failure.is_none()
    }
}

/// A credential that could not be asked.
#[derive(Debug)]
pub(crate) struct PassedOver {
    pub(crate) candidate: Candidate,
    pub(crate) bar: Option<Bar>,
}

/// What became of the conversation's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affinity {
    /// Where the name of the conversation was found.
    pub(crate) source: &'static str,
    pub(crate) outcome: Place,
}

/// What became of the place of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It stayed there.
    Kept,
    /// It had none.
    New,
    /// Who was there could not serve.
    Moved,
}

/// Something that the upstream's dialect has no place for.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) path: String,
    pub(crate) action: Action,
    pub(crate) why: std::borrow::Cow<'static, str>,
}

impl Record {
    pub(crate) fn new(
        id: RequestId,
        started: Instant,
        dialect: Dialect,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let sheet = Sheet {
            id,
            time: SystemTime::now(),
            started,
            dialect,
            caller: None,
            model: Str::new(),
            stream: false,
            attempt_count: 0,
            attempts: Vec::new(),
            members: 0,
            listed: false,
            passed_over: Vec::new(),
            affinity: None,
            losses: Vec::new(),
            first_byte: None,
            total: Duration::ZERO,
            status: 499,
            usage: Usage::default(),
            failure: None,
            complete: false,
            free: false,
            bytes_in: 0,
            bytes_out: 0,
        };
        telemetry.metrics.began();
        Self {
            sheet: Some(Arc::new(sheet)),
            telemetry,
        }
    }

    pub(crate) fn called_by(&mut self, caller: &Caller) {
        self.edit(|sheet| sheet.caller = Some(caller.clone()));
    }

    /// The request's body has come.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.edit(|sheet| sheet.bytes_in = bytes as u64);
    }

    /// What is asked for costs nothing, and is not accounted for.
    pub(crate) fn free(&mut self) {
        self.edit(|sheet| sheet.free = true);
    }

    pub(crate) fn asked(&mut self, model: &Str, stream: bool) {
        self.edit(|sheet| {
            sheet.model = model.excerpt(NAME);
            sheet.stream = stream;
        });
        self.tell(|sheet| {
            Event::RequestStarted(RequestStarted {
                id: sheet.id.as_str(),
                time: timestamp(sheet.time),
                client_key: sheet.caller.as_ref().map(Caller::name),
                client_name: sheet.client_name(),
                dialect: sheet.dialect.name(),
                model: &sheet.model,
                stream,
            })
        });
    }

    /// The model stands on a list.
    pub(crate) fn listed(&mut self, listed: bool) {
        self.edit(|sheet| sheet.listed = listed);
    }

    /// Who could serve the model, and who of them cannot now.
    pub(crate) fn considered(
        &mut self,
        members: usize,
        passed_over: impl Iterator<Item = PassedOver>,
    ) {
        self.edit(|sheet| {
            sheet.members = members;
            let room = PASSED_OVER.saturating_sub(sheet.passed_over.len());
            sheet.passed_over.extend(passed_over.take(room));
        });
    }

    pub(crate) fn settled(&mut self, affinity: Affinity) {
        self.edit(|sheet| sheet.affinity = Some(affinity));
    }

    pub(crate) fn attempt(&mut self, candidate: &Candidate, why: Why) {
        self.edit(|sheet| {
            sheet.attempt_count += 1;
            if sheet.attempts.len() == ATTEMPTS {
                // Who answered in the end says more than who failed somewhere in between.
                sheet.attempts.pop();
            }
            sheet.attempts.push(Attempt {
                candidate: candidate.clone(),
                dialect: candidate.dialect(sheet.dialect),
                why,
                after: sheet.started.elapsed(),
                took: None,
                failure: None,
            });
        });
    }

    /// The attempt has brought its first content, or failed.
    pub(crate) fn attempted(&mut self, failure: Option<&CallError>) {
        self.edit(|sheet| {
            let elapsed = sheet.started.elapsed();
            let Some(attempt) = sheet.attempts.last_mut() else {
                return;
            };
            attempt.took = Some(elapsed.saturating_sub(attempt.after));
            attempt.failure = failure.map(|error| AttemptFailure {
                status: error.status,
                kind: error.kind.name(),
                message: error.error.message.excerpt(MESSAGE),
                retry_after: error.error.retry_after,
            });
        });
    }

    pub(crate) fn lost(&mut self, losses: &Losses) {
        self.edit(|sheet| {
            for loss in losses.iter() {
                if loss.quiet {
                    tracing::debug!(request_id = %sheet.id, path = loss.path, why = %loss.why, "not carried");
                } else {
                    tracing::info!(request_id = %sheet.id, path = loss.path, why = %loss.why, "not carried");
                }
            }
            let kept = losses.iter().filter(|loss| !loss.quiet).take(LOSSES);
            let kept = kept.map(|loss| Lost {
                path: loss.path.chars().take(NAME).collect(),
                action: loss.action,
                why: loss.why.clone(),
            });
            // Those of the candidate that is asked now count.
            sheet.losses = kept.collect();
        });
    }

    /// The first byte of the answer is on its way.
    pub(crate) fn began(&mut self) {
        self.edit(|sheet| {
            sheet.status = 200;
            let elapsed = sheet.started.elapsed();
            sheet.first_byte.get_or_insert(elapsed);
        });
        self.tell(|sheet| {
            let served = sheet.served();
            Event::RequestFirstByte(RequestFirstByte {
                id: sheet.id.as_str(),
                credential: served.map(|served| served.candidate.credential.id.as_str()),
                provider: served.map(|served| &*served.candidate.credential.provider),
                upstream_dialect: served.map(|served| served.dialect.name()),
                upstream_model: served.map(|served| &*served.candidate.target.model),
                ms: sheet.first_byte.map_or(0, millis),
            })
        });
    }

    pub(crate) fn used(&mut self, usage: Usage) {
        self.edit(|sheet| {
            sheet.usage.merge(usage);
            // It is a part of the answer, and would keep all of it in memory.
            sheet.usage.own = None;
        });
    }

    /// Whether the upstream gave no counts, or not all of them.
    pub(crate) fn is_estimated(&self) -> bool {
        let sheet = self.sheet.as_deref();
        sheet.is_some_and(|sheet| sheet.usage.estimated)
    }

    /// Bytes of the answer go to the client.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.edit(|sheet| sheet.bytes_out += bytes as u64);
    }

    /// More of the answer was sent: so many events of the upstream, and tokens where it has told.
    pub(crate) fn progressed(&self, chunks: u64, tokens: Option<u64>) {
        self.tell(|sheet| {
            Event::RequestProgress(RequestProgress {
                id: sheet.id.as_str(),
                ms: millis(sheet.started.elapsed()),
                chunks,
                tokens,
                bytes: sheet.bytes_out,
            })
        });
    }

    /// The whole answer is there, of so many bytes.
    pub(crate) fn answered(&mut self, bytes: usize) {
        self.began();
        self.sent(bytes);
        self.completed();
    }

    /// The answer was given to its end.
    pub(crate) fn completed(&mut self) {
        self.edit(|sheet| sheet.complete = true);
    }

    /// The client was told of a failure.
    pub(crate) fn failed(&mut self, error: &Error) {
        self.edit(|sheet| {
            sheet.status = error.status;
            sheet.failure = Some(Told {
                kind: error.kind.name(),
                message: error.message.excerpt(MESSAGE),
            });
            sheet.complete = true;
        });
    }

    fn tell(&self, event: impl FnOnce(&Sheet) -> Event<&str>) {
        if let Some(sheet) = self.sheet.as_deref() {
            self.telemetry.feed.tell(|| event(sheet));
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Sheet)) {
        if let Some(sheet) = self.sheet.as_mut().and_then(Arc::get_mut) {
            change(sheet);
        }
    }
}

impl Sheet {
    /// The last attempt: the one that answered, if any did.
    pub(crate) fn served(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// What the operator calls the key of whoever called.
    pub(crate) fn client_name(&self) -> Option<&str> {
        match self.caller.as_ref()? {
            Caller::Key(key) => key.name.as_deref(),
            Caller::Loopback => None,
        }
    }

    /// Who called, as records say it.
    pub(crate) fn caller(&self) -> &str {
        self.caller.as_ref().map_or(UNKNOWN, Caller::name)
    }

    fn log(&self) {
        let served = self.served();
        tracing::info!(
            request_id = %self.id,
            caller = self.caller(),
            dialect = self.dialect.name(),
            model = %self.model,
            upstream = served.map(|served| served.dialect.name()),
            credential = served.map(|served| served.candidate.credential.id.as_str()),
            upstream_model = served.map(|served| &*served.candidate.target.model),
            stream = self.stream,
            attempts = self.attempt_count,
            status = self.status,
            complete = self.complete,
            error = self.failure.as_ref().map(|failure| &*failure.message),
            input_tokens = self.usage.total_input(),
            cached_tokens = self.usage.cache_read,
            output_tokens = self.usage.total_output(),
            tokens_estimated = self.usage.estimated,
            first_byte_ms = self.first_byte.map(millis),
            total_ms = millis(self.total),
            "request"
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(mut sheet) = self.sheet.take() {
            if let Some(sheet) = Arc::get_mut(&mut sheet) {
                sheet.total = sheet.started.elapsed();
            }
            sheet.log();
            self.telemetry.keep(sheet);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use modelgate_dialects::ir::ErrorKind;
    use modelgate_dialects::json::Document;

    use super::*;

    #[test]
    fn nothing_that_is_kept_holds_a_body() {
        let body = Bytes::from(br#"{"model":"m-1","error":"no","usage":{"total":1}}"#.to_vec());
        let document = Document::parse(body.clone()).unwrap();
        let text = |name| document.root().text_of(name).unwrap();
        let telemetry = Arc::new(Telemetry::default());
        let id = RequestId::new();
        let mut record = Record::new(
            id.clone(),
            Instant::now(),
            Dialect::Chat,
            Arc::clone(&telemetry),
        );
        record.asked(&text("model"), false);
        record.failed(&Error::new(ErrorKind::Server, text("error")));
        record.used(Usage {
            own: document
                .root()
                .field("usage")
                .map(|usage| (Dialect::Chat, usage.raw())),
            ..Usage::default()
        });
        drop((record, document));

        assert!(
            body.is_unique(),
            "a thousand records would hold a thousand bodies"
        );
        let kept = telemetry.recent.find(id.as_str()).unwrap();
        let told = kept.failure.as_ref().map(|told| &*told.message);
        assert_eq!((&*kept.model, told), ("m-1", Some("no")));
    }

    #[test]
    fn names_of_any_length_are_cut() {
        let telemetry = Arc::new(Telemetry::default());
        let id = RequestId::new();
        let mut record = Record::new(
            id.clone(),
            Instant::now(),
            Dialect::Chat,
            Arc::clone(&telemetry),
        );
        record.asked(&Str::from("\u{e9}".repeat(NAME)), false);
        drop(record);
        let kept = telemetry.recent.find(id.as_str()).unwrap();
        assert_eq!(kept.model.len(), NAME);
    }
}
