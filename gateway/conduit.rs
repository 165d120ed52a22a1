//! From an upstream's bytes to a client's bytes, without I/O: passed through, or translated.

use std::fmt;

use bytes::Bytes;
use modelgate_dialects::framing::Framer;
use modelgate_dialects::framing::sse::{Frame, write_event, write_keep_alive};
use modelgate_dialects::ir::fold::fold;
use modelgate_dialects::ir::{Error, ErrorKind, Event, Usage};
use modelgate_dialects::passthrough::{Observer, Outcome};
use modelgate_dialects::{Asked, Dialect, EventDecoder, EventEncoder, Reply, Str};

use crate::conversations::Keeper;

/// One stream on its way from upstream to client.
#[derive(Debug)]
pub(crate) enum Conduit {
    /// Same dialect: the bytes are forwarded.
    Pass(Box<Pass>),
    /// Another dialect: events are decoded and encoded.
    Translate(Box<Translation>),
}

#[derive(Debug)]
pub(crate) struct Pass {
    dialect: Dialect,
    observer: Observer,
}

#[derive(Debug)]
pub(crate) struct Translation {
    framer: Framer,
    decoder: EventDecoder,
    encoder: EventEncoder,
    frames: Vec<Frame>,
    events: Vec<Event>,
    usage: Usage,
    /// Frames that have come.
    count: u64,
    began: bool,
    outcome: Outcome,
    hearer: Option<Hearer>,
}

/// Remembers an answer for whoever keeps it.
#[derive(Debug)]
struct Hearer {
    keeper: Keeper,
    reply: Reply,
    heard: Vec<Event>,
}

impl Conduit {
    /// The bytes as they are; `rename` replaces the upstream's name of the model. `limit`: largest event.
    pub(crate) fn pass(dialect: Dialect, rename: Option<Str>, limit: usize) -> Self {
        let observer = Observer::new(dialect, rename, limit);
        Self::Pass(Box::new(Pass { dialect, observer }))
    }

    /// The same, without the event of usage that the client has not asked for.
    pub(crate) fn hiding_usage(self) -> Self {
        match self {
            Self::Pass(pass) => Self::Pass(Box::new(Pass {
                dialect: pass.dialect,
                observer: pass.observer.hiding_usage(),
            })),
            Self::Translate(_) => self,
        }
    }

    /// The same, with streams [mended](Observer::mending).
    pub(crate) fn mending(self) -> Self {
        match self {
            Self::Pass(pass) => Self::Pass(Box::new(Pass {
                dialect: pass.dialect,
                observer: pass.observer.mending(),
            })),
            Self::Translate(_) => self,
        }
    }

    /// From one dialect to another. `provider` is the tag of the upstream's reasoning state, `asked` what its decoder must
    /// know of the request.
    pub(crate) fn translate(
        from: Dialect,
        to: Dialect,
        provider: Str,
        reply: Reply,
        asked: Asked,
        limit: usize,
        keeper: Option<Keeper>,
    ) -> Self {
        Self::Translate(Box::new(Translation {
            framer: Framer::new(from, limit),
            decoder: EventDecoder::new(from, provider).asked(asked),
            hearer: keeper.map(|keeper| Hearer {
                keeper,
                reply: reply.clone(),
                heard: Vec::new(),
            }),
            encoder: EventEncoder::new(to, reply),
            frames: Vec::new(),
            events: Vec::new(),
            usage: Usage::default(),
            count: 0,
            began: false,
            outcome: Outcome::Open,
        }))
    }

    /// Takes bytes of the upstream and gives bytes for the client.
    pub(crate) fn on_chunk(&mut self, chunk: Bytes) -> Bytes {
        match self {
            Self::Pass(pass) => {
                let taken = pass.observer.on_chunk(chunk);
                taken.unwrap_or_else(|error| self.abort(unframed(error)))
            }
            Self::Translate(translation) => translation.on_chunk(chunk),
        }
    }

    /// The upstream's body is over; `clean` is false when the connection broke.
    pub(crate) fn finish(&mut self, clean: bool) -> Bytes {
        match self {
            Self::Pass(pass) => pass.observer.finish(clean),
            Self::Translate(translation) => translation.finish(clean),
        }
    }

    /// Ends the stream with a failure of ours.
    pub(crate) fn abort(&mut self, error: Error) -> Bytes {
        match self {
            Self::Pass(pass) => pass.observer.abort(error),
            Self::Translate(translation) => translation.play([Event::Error(error)]),
        }
    }

    /// Takes a whole answer in the place of a stream.
    pub(crate) fn play(&mut self, events: Vec<Event>) -> Bytes {
        match self {
            Self::Pass(_) => Bytes::new(),
            Self::Translate(translation) => translation.play(events),
        }
    }

    /// Whether content was seen: until then an upstream can still be exchanged for another.
    pub(crate) fn began(&self) -> bool {
        match self {
            Self::Pass(pass) => pass.observer.began(),
            Self::Translate(translation) => translation.began,
        }
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        match self {
            Self::Pass(pass) => pass.observer.outcome(),
            Self::Translate(translation) => &translation.outcome,
        }
    }

    pub(crate) fn usage(&self) -> &Usage {
        match self {
            Self::Pass(pass) => pass.observer.usage(),
            Self::Translate(translation) => &translation.usage,
        }
    }

    /// How many events of the upstream have come.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Pass(pass) => pass.observer.count(),
            Self::Translate(translation) => translation.count,
        }
    }

    /// What keeps a silent line open.
    pub(crate) fn keep_alive(&self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Pass(pass) if pass.dialect == Dialect::Claude && pass.observer.began() => {
                write_event(&mut out, "ping", |out| {
                    out.extend_from_slice(b"{\"type\":\"ping\"}");
                });
            }
            Self::Pass(pass) => write_keep_alive(&mut out, pass.dialect),
            Self::Translate(translation) => translation.encoder.keep_alive(&mut out),
        }
        Bytes::from(out)
    }
}

/// The failure of a stream that cannot be cut into frames.
fn unframed(error: impl fmt::Display) -> Error {
    let mut error = Error::new(ErrorKind::Server, Str::from(error.to_string()));
    error.status = 502;
    error.with_code("upstream_error")
}

impl Translation {
    fn on_chunk(&mut self, chunk: Bytes) -> Bytes {
        if self.outcome != Outcome::Open {
            return Bytes::new();
        }
        let fed = self.framer.feed(chunk, &mut self.frames);
        self.read_frames();
        if let Err(error) = fed {
            self.events.push(Event::Error(unframed(error)));
        }
        self.drain_events()
    }

    fn finish(&mut self, clean: bool) -> Bytes {
        if self.outcome != Outcome::Open {
            return Bytes::new();
        }
        let whole = self.framer.finish(&mut self.frames);
        self.read_frames();
        self.decoder.finish(clean && whole, &mut self.events);
        self.drain_events()
    }

    fn read_frames(&mut self) {
        self.count += self.frames.len() as u64;
        for frame in self.frames.drain(..) {
            self.decoder.on_frame(&frame, &mut self.events);
        }
    }

    fn drain_events(&mut self) -> Bytes {
        let mut events = std::mem::take(&mut self.events);
        let out = self.play(events.drain(..));
        self.events = events;
        out
    }

    fn play(&mut self, events: impl IntoIterator<Item = Event>) -> Bytes {
        let mut out = Vec::new();
        for event in events {
            self.note(&event);
            if let Some(hearer) = &mut self.hearer {
                hearer.heard.push(event.clone());
            }
            self.encoder.on(event, &mut out);
        }
        if self.outcome == Outcome::Complete
            && let Some(hearer) = self.hearer.take()
            && let Ok(response) = fold(Dialect::Responses, hearer.heard)
        {
            hearer.keeper.keep(&response, &hearer.reply);
        }
        Bytes::from(out)
    }

    fn note(&mut self, event: &Event) {
        if self.outcome != Outcome::Open {
            return;
        }
        match event {
            Event::Start { usage, .. } => self
                .usage
                .merge(usage.as_deref().cloned().unwrap_or_default()),
            Event::Ping => {}
            Event::Usage(usage) => self.usage.merge(usage.clone()),
            Event::End => self.outcome = Outcome::Complete,
            Event::Error(error) => self.outcome = Outcome::Failed(Box::new(error.clone())),
            _ => self.began = true,
        }
    }
}

#[cfg(test)]
mod tests;
