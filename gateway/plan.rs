//! What is known of a request, and what it becomes for a candidate.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderMap;
use modelgate_dialects::ir::Request;
use modelgate_dialects::json::{Document, Value};
use modelgate_dialects::passthrough::{Peek, UsageWish, splice_model, splice_usage, usage_wish};
use modelgate_dialects::{
    Asked, Body, Dialect, Losses, Names, Reply, Str, Target, decode_request, encode_request,
};
use modelgate_providers::{
    Bound, CallError, Candidate, Moment, Operation, Route, Standing, fit, with_cache_key,
};

use crate::access::Caller;
use crate::conversations::{Keeper, Previous};
use crate::error::Failure;
use crate::exchange::Ask;
use crate::google::Google;
use crate::intake::{self, malformed, unread};
use crate::logs::Transcript;
use crate::payload;
use crate::record::{self, PassedOver, Record};
use crate::request::{Incoming, RequestId};
use crate::session::{self, Session};
use crate::state::{Snapshot, State};
use crate::suffix::Suffix;
use crate::tried::Trying;

/// Members of a route that are looked at for the record.
const LOOKED_AT: usize = 32;

/// A request that is understood as far as routing needs, and who could answer it.
pub(crate) struct Plan {
    pub(crate) state: Arc<State>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) id: RequestId,
    /// How the client itself calls what it asks, where it does.
    prompt: Option<Str>,
    pub(crate) dialect: Dialect,
    /// What the path says beside the body, for Google's clients.
    pub(crate) google: Option<Google>,
    pub(crate) query: Option<String>,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) peek: Peek,
    /// Who could serve the model, or the fallback that is asked now.
    pub(crate) route: Arc<Route>,
    /// Where the session is.
    pub(crate) bound: Option<Bound>,
    pub(crate) record: Record,
    pub(crate) transcript: Transcript,
    /// The conversation that the request belongs to.
    session: Option<Session>,
    /// Models to ask when nobody serves this one, the last one first.
    fallbacks: Vec<Str>,
    /// What the model's name says about thinking.
    suffix: Option<Suffix>,
    caller: Caller,
    /// The answer that a Responses client goes on from.
    previous: Option<Previous>,
    bytes: Bytes,
    document: Document,
    /// Reasoning state is left out: an upstream could not read it.
    stateless: bool,
}

/// A request in a candidate's dialect, and what its answer will need.
pub(crate) struct Prepared {
    pub(crate) body: Body,
    pub(crate) reply: Reply,
    /// What the decoder of the answer must know of the request.
    pub(crate) asked: Asked,
    /// The bytes are the client's own.
    pub(crate) pass: bool,
    /// The client's name of the model, where the upstream has another one.
    pub(crate) rename: Option<Str>,
    /// The upstream is asked for usage, and the client has not asked.
    pub(crate) hides_usage: bool,
    /// The upstream's stream is mended on its way.
    pub(crate) mends: bool,
    pub(crate) losses: Losses,
    /// Keeps the conversation once the answer is complete.
    pub(crate) keeper: Option<Keeper>,
}

impl Plan {
    /// Admits the caller, reads the body, and looks up who could answer.
    pub(crate) async fn read(
        state: Arc<State>,
        incoming: Box<Incoming>,
        ask: Ask,
    ) -> Result<Box<Self>, Failure> {
        let snapshot = state.snapshot();
        let dialect = ask.dialect();
        let telemetry = Arc::clone(&state.telemetry);
        let mut record = Record::new(incoming.id.clone(), incoming.started, dialect, telemetry);
        let read = intake::read(&snapshot, incoming, &ask, &mut record, &state).await;
        let read = read.inspect_err(|failure| record.failed(&failure.error))?;
        let settled = read.session.as_ref().filter(|session| !session.is_new);
        let bound = settled.and_then(|session| {
            let ttl = snapshot.config.routing.session_affinity?;
            state.affinity.of(session, ttl, Moment::now())
        });
        let fallbacks = fallbacks(&snapshot, &read.model);
        // Large, and on its way through several futures.
        Ok(Box::new(Self {
            state,
            snapshot,
            id: read.id,
            prompt: read.prompt,
            dialect,
            google: match ask {
                Ask::Body(_) => None,
                Ask::Google(google) => Some(google),
            },
            query: read.query,
            headers: read.headers,
            peek: read.peek,
            route: read.route,
            bound,
            record,
            transcript: read.transcript,
            session: read.session,
            fallbacks,
            suffix: read.suffix,
            caller: read.caller,
            previous: read.previous,
            bytes: read.bytes,
            document: read.document,
            stateless: false,
        }))
    }

    /// What tells the request from all others: the client's own word where it has one.
    pub(crate) fn call_id(&self) -> &str {
        self.prompt.as_deref().unwrap_or_else(|| self.id.as_str())
    }

    /// Goes over to the next fallback of the model; false when there is none.
    pub(crate) fn fall_back(&mut self) -> bool {
        while let Some(model) = self.fallbacks.pop() {
            let may = self.caller.may_use(&model);
            if let Some(route) = self.snapshot.catalog.route(&model).filter(|_| may) {
                tracing::info!(request_id = %self.id, asked = %self.peek.model, %model, "falling back");
                self.route = route;
                self.bound = None;
                return true;
            }
        }
        false
    }

    /// The session is at whoever has answered.
    pub(crate) fn settle(&mut self, trying: &Trying) {
        let routing = &self.snapshot.config.routing;
        let (Some(session), Some(ttl)) = (&self.session, routing.session_affinity) else {
            return;
        };
        let affinity = &self.state.affinity;
        affinity.bind(session, trying.bound, ttl, Moment::now());
        self.record.settled(record::Affinity {
            source: session.source,
            outcome: match self.bound {
                None => record::Place::New,
                Some(bound) if bound.key == trying.bound.key => record::Place::Kept,
                Some(_) => record::Place::Moved,
            },
        });
    }

    /// Notes who could serve the model, and why some of them cannot now.
    pub(crate) fn look_around(&mut self) {
        let (route, now) = (&self.route, Moment::now());
        let members = 0..route.len().min(LOOKED_AT);
        let passed_over = members.filter_map(|index| match route.standing(index, now) {
            Standing::Free | Standing::Due => None,
            Standing::OnTrial | Standing::Barred { .. } => {
                let candidate = route.member(index).to_candidate();
                let bar = candidate.credential.health.bar(&candidate.target.model);
                Some(PassedOver { candidate, bar })
            }
        });
        self.record.considered(route.len(), passed_over);
    }

    /// The body as it came.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The same, with the places of its values.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// The request as its dialect is understood. Nobody keeps it: where another candidate is asked it is read again, which is
    /// less than to hold it while an answer streams.
    pub(crate) fn decoded(&self) -> Result<Request, Failure> {
        let decoded = decode_request(self.dialect, &self.document);
        self.unspoiled()?;
        let mut decoded = decoded?;
        if self.google.is_some() {
            decoded.model = self.peek.model.clone();
            decoded.stream = self.peek.stream;
        }
        if let Some(suffix) = &self.suffix {
            suffix.overrule(&mut decoded.reasoning);
        }
        if let Some(Previous::Known(conversation)) = &self.previous {
            let new = std::mem::take(&mut decoded.turns);
            decoded.turns = conversation.turns.iter().cloned().chain(new).collect();
            decoded.size += conversation.size;
            decoded.state.previous_response = None;
        }
        Ok(decoded)
    }

    /// Fails when a string of the body was met that is none.
    pub(crate) fn unspoiled(&self) -> Result<(), Failure> {
        if self.document.is_spoiled() {
            return Err(self.malformed().unwrap_or_else(unread));
        }
        Ok(())
    }

    /// What is wrong with the body as JSON, for a body that somebody has refused.
    pub(crate) fn malformed(&self) -> Option<Failure> {
        malformed(&self.bytes)
    }

    /// The body that a same-dialect upstream gets: the client's own bytes, with the upstream's name of the model.
    pub(crate) fn forwarded(&self, candidate: &Candidate) -> Body {
        let upstream = &candidate.target.model;
        if *upstream == self.peek.model {
            return self.bytes.clone().into();
        }
        splice_model(&self.bytes, self.peek.model_span.clone(), upstream)
    }

    /// How a stream that passes through is made to tell what it used, where its client has not asked and the upstream knows
    /// how.
    fn usage_wish(&self, candidate: &Candidate) -> Option<UsageWish> {
        let chat = matches!(self.dialect, Dialect::Chat | Dialect::Completions);
        let untold = chat && self.peek.stream && !self.peek.include_usage;
        let wished = untold && candidate.target.chat.stream_options;
        wished.then(|| usage_wish(&self.document)).flatten()
    }

    /// The same body, asking for usage.
    fn forwarded_asking(&self, candidate: &Candidate, wish: &UsageWish) -> Body {
        let upstream = &candidate.target.model;
        let model =
            (*upstream != self.peek.model).then(|| (self.peek.model_span.clone(), &**upstream));
        splice_usage(&self.bytes, wish, model)
    }

    /// A body after the operator's rules.
    fn ruled(&self, body: Body, candidate: &Candidate) -> Body {
        let names = [&*candidate.target.model, &*self.peek.model];
        payload::apply(
            &self.snapshot.config.payload,
            candidate.dialect(self.dialect),
            &names,
            body,
        )
    }

    /// Whether the candidate can be sent the client's own bytes.
    pub(crate) fn may_pass(&self, candidate: &Candidate) -> bool {
        let known = matches!(self.previous, Some(Previous::Known(_)));
        let state = self.peek.foreign_state || self.stateless;
        let untouched = !state && self.suffix.is_none() && !known;
        candidate.dialect(self.dialect) == self.dialect
            && untouched
            && !self.must_remember(candidate)
            && candidate.takes(&self.document)
    }

    /// Whether the client may go on from the answer of a candidate who keeps none: then it is kept here.
    fn must_remember(&self, candidate: &Candidate) -> bool {
        let stored = || self.document.root().field("store").and_then(Value::as_bool);
        self.dialect == Dialect::Responses
            && !candidate.keeps_answers(self.dialect)
            && (self.previous.is_some()
                || (self.snapshot.config.responses_store.is_some() && stored() != Some(false)))
    }

    /// Leaves reasoning state out from now on, where an upstream says that it cannot read it (`providers.md` 3.3); false
    /// when that was done before, or would take more with it: a compaction is the conversation itself.
    pub(crate) fn forget_state(&mut self, error: &CallError) -> bool {
        let input = self.document.root().field("input");
        let mut items = input.into_iter().flat_map(|input| input.items());
        let may = error.is_about_state()
            && !self.stateless
            && !items.any(|item| item.text_of("type").as_deref() == Some("compaction"));
        self.stateless |= may;
        may
    }

    /// The request for a candidate.
    pub(crate) fn prepare(&mut self, candidate: &Candidate) -> Result<Prepared, Failure> {
        let mut reply = Reply {
            model: self.peek.model.clone(),
            unique: self.id.unique(),
            created: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            include_usage: self.peek.include_usage,
            names: Names::default(),
            echo: None,
        };
        if self.may_pass(candidate) {
            let rename =
                (candidate.target.model != self.peek.model).then(|| self.peek.model.clone());
            let wish = self.usage_wish(candidate);
            let body = match &wish {
                Some(wish) => self.forwarded_asking(candidate, wish),
                None => self.forwarded(candidate),
            };
            let mut losses = Losses::default();
            let body = self.ruled(body, candidate);
            let body = fit(
                candidate,
                Operation::Generate,
                self.dialect,
                self.dialect,
                body,
                &mut losses,
            );
            if self.snapshot.config.strict_translation {
                carried(&losses)?;
            }
            self.record.lost(&losses);
            return Ok(Prepared {
                body,
                reply,
                asked: Asked::default(),
                pass: true,
                rename,
                hides_usage: wish.is_some(),
                mends: self.dialect == Dialect::Responses
                    && candidate.credential.kind.streams_loosely(),
                losses,
                keeper: None,
            });
        }
        let dialect = candidate.dialect(self.dialect);
        if let Some(Previous::Unknown(id)) = &self.previous
            && !candidate.keeps_answers(self.dialect)
        {
            return Err(Failure::unknown_response(id));
        }
        let request = self.decoded()?;
        let encoded = if self.stateless {
            // State belongs to a provider, and this is nobody's name.
            let nobody = Str::from_static("");
            let target = (*candidate.target).clone();
            let target = Target {
                provider: nobody,
                ..target
            };
            encode_request(dialect, &request, &target)
        } else {
            encode_request(dialect, &request, &candidate.target)
        };
        self.unspoiled()?;
        let mut encoded = encoded?;
        if self.stateless {
            let why = "the upstream cannot read this state";
            let what = match self.dialect {
                Dialect::Claude => "signature",
                Dialect::Gemini => "thoughtSignature",
                _ => "encrypted_content",
            };
            encoded.losses.dropped(what, why);
        }
        let body = self.keyed(encoded.body, candidate);
        let body = self.ruled(body, candidate);
        let body = fit(
            candidate,
            Operation::Generate,
            self.dialect,
            dialect,
            body,
            &mut encoded.losses,
        );
        if self.snapshot.config.strict_translation {
            carried(&encoded.losses)?;
        }
        self.record.lost(&encoded.losses);
        reply.names = encoded.names;
        reply.echo = request.echoed();
        Ok(Prepared {
            body,
            reply,
            asked: encoded.asked,
            pass: false,
            rename: None,
            hides_usage: false,
            mends: false,
            losses: encoded.losses,
            keeper: self.keeper(request),
        })
    }

    /// A translated body that says to which conversation it belongs, where that helps the provider: clients of other dialects
    /// have other ways to say it.
    fn keyed(&self, body: Body, candidate: &Candidate) -> Body {
        if !candidate.credential.kind.caches_by_key() {
            return body;
        }
        let key = session::cache_key(&self.headers, &self.document, self.caller.name());
        match key {
            Some(key) => with_cache_key(&body, &key),
            None => body,
        }
    }

    /// What keeps the conversation for a Responses client that may go on from its answer.
    fn keeper(&self, request: Request) -> Option<Keeper> {
        let limits = self.snapshot.config.responses_store.clone()?;
        if self.dialect != Dialect::Responses || request.state.store == Some(false) {
            return None;
        }
        let before = match &self.previous {
            Some(Previous::Known(conversation)) => conversation.size,
            _ => 0,
        };
        Some(Keeper {
            state: Arc::clone(&self.state),
            limits,
            caller: self.caller.name().into(),
            id: format!("resp_{}", self.id),
            turns: request.turns,
            size: before + self.bytes.len(),
        })
    }
}

/// Fails when meaning was lost, for a configuration that wants that.
fn carried(losses: &Losses) -> Result<(), Failure> {
    let mut lost = losses.iter().filter(|loss| !loss.quiet);
    match lost.next() {
        None => Ok(()),
        Some(first) => Err(Failure::meaning_lost(first, lost.count())),
    }
}

/// The models that are asked when nobody serves this one, the last one first: those of the configuration, then the model's
/// previews where those count as the same.
fn fallbacks(snapshot: &Snapshot, model: &Str) -> Vec<Str> {
    let config = &snapshot.config;
    let configured = config
        .routing
        .fallbacks
        .iter()
        .find(|(name, _)| *name == **model);
    let named = configured.into_iter().flat_map(|(_, others)| others);
    let mut fallbacks: Vec<Str> = named.map(|name| Str::from(name.as_str())).collect();
    if config.quota_exceeded.switch_preview_model {
        let preview = format!("{model}-preview");
        let previews = snapshot.catalog.models().iter().map(|listing| &listing.id);
        fallbacks.extend(previews.filter(|id| id.starts_with(&preview)).cloned());
    }
    fallbacks.reverse();
    fallbacks
}
