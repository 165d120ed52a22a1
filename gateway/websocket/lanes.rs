//! The conversations of one connection: requests of a lane are answered one after the other, those of different lanes at
//! the same time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, SelectAll, Stream, StreamExt as _};
use modelgate_dialects::framing::sse::Frame;
use modelgate_dialects::json::{Document, RawJson};
use modelgate_dialects::{DecodeError, Str};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::answer::{self, Handshake, Said};
use super::memory::Memory;
use super::turn::{Refusal, Turn, said};
use crate::error::Failure;
use crate::state::State;

/// Lanes with a name that a connection may have, as at the vendor's.
const NAMED: usize = 32;
/// Answers that may be under way at once, as at the vendor's.
const ACTIVE: usize = 16;
/// Messages that are sent together when several are ready.
const TOGETHER: usize = 64;

/// What is said on a lane, by its number.
type OfLane = Pin<Box<dyn Stream<Item = (usize, Said)> + Send>>;

/// What is asked and answered on one connection.
pub(super) struct Lanes {
    handshake: Handshake,
    lanes: Vec<Lane>,
    answers: SelectAll<OfLane>,
    memory: Memory,
    /// Largest message, and bytes that may wait.
    limit: usize,
    waiting: usize,
}

/// One lane.
#[derive(Debug, Default)]
struct Lane {
    stream_id: Option<Str>,
    waiting: VecDeque<Turn>,
    /// What is being answered.
    active: Option<Active>,
}

/// A conversation whose answer is on its way.
#[derive(Debug)]
struct Active {
    /// None where the conversation began somewhere else, so that it could not be gone on from here.
    items: Option<Vec<RawJson>>,
    store: bool,
}

impl Lanes {
    pub(super) fn new(handshake: Handshake, limit: usize) -> Self {
        Self {
            handshake,
            lanes: Vec::new(),
            answers: SelectAll::new(),
            memory: Memory::new(limit),
            limit,
            waiting: 0,
        }
    }

    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.handshake.state)
    }

    /// Whether nothing is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.answers.is_empty()
    }

    /// Takes a message of the client's, and gives what is to be said to it at once.
    pub(super) fn on_message(&mut self, text: Bytes) -> Vec<Utf8Bytes> {
        let refused = Turn::read(text).and_then(|turn| match turn {
            Some(turn) => self.take(turn),
            None => Ok(()),
        });
        self.begin();
        let Err(Refusal { failure, stream_id }) = refused else {
            return Vec::new();
        };
        vec![answer::failure(&failure, stream_id.as_ref())]
    }

    fn take(&mut self, turn: Turn) -> Result<(), Refusal> {
        let known = self
            .lanes
            .iter()
            .position(|lane| lane.stream_id == turn.stream_id);
        let named = self
            .lanes
            .iter()
            .filter(|lane| lane.stream_id.is_some())
            .count();
        let failure = if self.waiting > 0 && self.waiting + turn.size > self.limit {
            Failure::too_many_waiting()
        } else if known.is_none() && turn.stream_id.is_some() && named == NAMED {
            Failure::too_many_lanes(NAMED)
        } else {
            let index = known.unwrap_or_else(|| {
                self.lanes.push(Lane {
                    stream_id: turn.stream_id.clone(),
                    ..Lane::default()
                });
                self.lanes.len() - 1
            });
            self.waiting += turn.size;
            self.lanes[index].waiting.push_back(turn);
            return Ok(());
        };
        Err(Refusal {
            failure,
            stream_id: turn.stream_id,
        })
    }

    /// Begins whatever need not wait any more.
    fn begin(&mut self) {
        for index in 0..self.lanes.len() {
            if self.answers.len() >= ACTIVE {
                return;
            }
            let lane = &mut self.lanes[index];
            if lane.active.is_some() {
                continue;
            }
            let Some(turn) = lane.waiting.pop_front() else {
                continue;
            };
            self.waiting -= turn.size;
            let before = turn.previous.as_ref().and_then(|id| self.memory.recall(id));
            let is_known = before.is_some() || turn.previous.is_none();
            let items = is_known.then(|| {
                let before = before.unwrap_or_default();
                [before, &turn.items()].concat()
            });
            lane.active = Some(Active {
                items,
                store: turn.store,
            });
            let answer = if turn.generate {
                self.handshake
                    .ask(turn.body(before), self.limit)
                    .left_stream()
            } else {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let created = now.map_or(0, |since| since.as_secs());
                let frames = answer::prepared(turn.model, created).into_iter();
                stream::iter(frames.map(Said::Event).chain([Said::Over])).right_stream()
            };
            self.answers
                .push(Box::pin(answer.map(move |said| (index, said))));
        }
    }

    /// The next messages for the client; for ever pending while nothing is being answered.
    pub(super) async fn next(&mut self) -> Vec<Utf8Bytes> {
        if self.answers.is_empty() {
            return std::future::pending().await;
        }
        let mut texts = Vec::new();
        let mut next = self.answers.next().await;
        while let Some((index, said)) = next {
            texts.extend(self.on_said(index, &said));
            if texts.len() >= TOGETHER {
                break;
            }
            next = self.answers.next().now_or_never().flatten();
        }
        texts
    }

    fn on_said(&mut self, index: usize, said: &Said) -> Option<Utf8Bytes> {
        let stream_id = self.lanes[index].stream_id.clone();
        match said {
            Said::Event(frame) => self.on_event(index, frame, stream_id.as_ref()),
            Said::Refused(refused) => Some(answer::refusal(refused, stream_id.as_ref())),
            Said::Over => {
                self.lanes[index].active = None;
                self.begin();
                None
            }
        }
    }

    fn on_event(
        &mut self,
        index: usize,
        frame: &Frame,
        stream_id: Option<&Str>,
    ) -> Option<Utf8Bytes> {
        // Everything of the dialect is an object; what is not, like the end mark of other dialects, means nothing here.
        if !frame.data.starts_with('{') {
            return None;
        }
        let named = !frame.event.is_empty();
        let kind = if named {
            frame.event.clone()
        } else {
            kind(&frame.data)
        };
        match &*kind {
            "error" => return Some(answer::broken(&frame.data, stream_id)),
            "response.output_item.done" => self.on_item(index, &frame.data),
            "response.completed" | "response.incomplete" => self.on_end(index, &frame.data),
            _ => {}
        }
        Some(answer::event(&frame.data, stream_id))
    }

    /// An item of the answer is whole.
    fn on_item(&mut self, index: usize, data: &Str) {
        let active = self.lanes[index].active.as_mut();
        let items = active.and_then(|active| Some((active.items.as_mut()?, active.store)));
        let Some((items, store)) = items else {
            return;
        };
        let Ok(document) = Document::outline(data.as_bytes().clone()) else {
            return;
        };
        let item = document.root().field("item");
        items.extend(item.and_then(|item| said(item, store)));
    }

    /// The answer is whole.
    fn on_end(&mut self, index: usize, data: &Str) {
        let lane = &mut self.lanes[index];
        let items = lane.active.as_mut().and_then(|active| active.items.take());
        let Some(items) = items else {
            return;
        };
        let Ok(document) = Document::outline(data.as_bytes().clone()) else {
            return;
        };
        let id = document
            .root()
            .field("response")
            .and_then(|response| response.text_of("id"));
        if let Some(id) = id {
            self.memory.keep(lane.stream_id.clone(), id, items);
        }
    }
}

/// The kind of an event whose frame has no name.
fn kind(data: &Str) -> Str {
    let document = Document::outline(data.as_bytes().clone()).map_err(DecodeError::from);
    document
        .ok()
        .and_then(|document| document.root().text_of("type"))
        .unwrap_or_default()
}
