//! What was said until an answer, for clients that go on from it by its id (`previous_response_id`) at an upstream that
//! keeps nothing. In memory only, bounded in number, size and time; every caller sees its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use modelgate_config::model::ResponsesStore;
use modelgate_dialects::ir::{Response, Turn};
use modelgate_dialects::json::{Document, RawJson};
use modelgate_dialects::{Dialect, Reply, Str, decode_request, encode_response};
use tokio::time::Instant;

use crate::references;
use crate::state::State;

/// An item of an answer, and its id.
type Item = (Str, RawJson);

/// A conversation up to and with an answer.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) turns: Arc<[Turn]>,
    /// Those of the answer.
    pub(crate) items: Arc<[Item]>,
    /// Bytes that it keeps alive, about.
    pub(crate) size: usize,
}

/// What a request goes on from.
#[derive(Debug, Clone)]
pub(crate) enum Previous {
    /// An answer that is kept here.
    Known(Conversation),
    /// An answer that only the upstream may know, by its id.
    Unknown(Str),
}

/// Keeps a conversation once its answer is complete.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    pub(crate) state: Arc<State>,
    pub(crate) limits: ResponsesStore,
    pub(crate) caller: Arc<str>,
    pub(crate) id: String,
    /// The conversation without the answer.
    pub(crate) turns: Vec<Turn>,
    pub(crate) size: usize,
}

impl Keeper {
    /// The answer is complete.
    pub(crate) fn keep(mut self, response: &Response, reply: &Reply) {
        let answer = encode_response(Dialect::Responses, response, reply);
        // It is kept in turns and in items.
        self.size += 2 * answer.len();
        let Some((answer, items)) = said(answer, reply) else {
            return;
        };
        self.turns.extend(answer);
        let conversation = Conversation {
            turns: self.turns.into(),
            items: items.into(),
            size: self.size,
        };
        let conversations = &self.state.conversations;
        conversations.keep(&self.limits, &self.caller, &self.id, conversation);
    }
}

/// An answer as the client would send it back, whole and by its items: its names and kinds of tools are those of the client.
fn said(answer: Bytes, reply: &Reply) -> Option<(Vec<Turn>, Vec<Item>)> {
    let answer = Document::parse(answer).ok()?;
    let output = answer.root().field("output")?;
    let items = output.items();
    let items = items.filter_map(|item| Some((item.text_of("id")?, references::unnamed(item))));
    let items = items.collect();
    let output = output.raw();
    let request = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.field("model", &reply.model);
            writer.field("input", &output);
        });
    });
    let request = Document::parse(request.to_text().into_bytes()).ok()?;
    let request = decode_request(Dialect::Responses, &request).ok()?;
    Some((request.turns, items))
}

/// The conversations of all callers.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    kept: Mutex<Kept>,
}

/// Who may go on from an answer, and its id.
type Key = (Arc<str>, Arc<str>);

#[derive(Debug, Default)]
struct Kept {
    conversations: HashMap<Key, (Conversation, Instant)>,
    /// The oldest first; ids that were forgotten by name may still stand here.
    order: VecDeque<(Key, Instant)>,
    /// The answers that items belong to.
    items: HashMap<Key, Arc<str>>,
    size: usize,
}

impl Conversations {
    /// Keeps a conversation, and forgets the oldest ones beyond the limits.
    pub(crate) fn keep(
        &self,
        limits: &ResponsesStore,
        caller: &str,
        id: &str,
        conversation: Conversation,
    ) {
        if conversation.size > limits.max_size {
            return;
        }
        let now = Instant::now();
        let key: Key = (caller.into(), id.into());
        let mut kept = self.lock();
        kept.forget(&key);
        kept.size += conversation.size;
        for (item, _) in &*conversation.items {
            kept.items
                .insert((key.0.clone(), (&**item).into()), key.1.clone());
        }
        kept.order.push_back((key.clone(), now));
        kept.conversations.insert(key, (conversation, now));
        kept.shrink(limits, now);
    }

    /// The conversation that ended in an answer of this caller's.
    pub(crate) fn recall(
        &self,
        limits: &ResponsesStore,
        caller: &str,
        id: &str,
    ) -> Option<Conversation> {
        let now = Instant::now();
        let mut kept = self.lock();
        kept.shrink(limits, now);
        let found = kept.conversations.get(&(caller.into(), id.into()))?;
        Some(found.0.clone())
    }

    /// An item of an answer of this caller's.
    pub(crate) fn item(&self, limits: &ResponsesStore, caller: &str, id: &str) -> Option<RawJson> {
        let answer = self.lock().items.get(&(caller.into(), id.into()))?.clone();
        let conversation = self.recall(limits, caller, &answer)?;
        let mut items = conversation.items.iter();
        items
            .find(|(item, _)| **item == *id)
            .map(|(_, item)| item.clone())
    }

    /// Forgets one; false when there is none.
    pub(crate) fn forget(&self, caller: &str, id: &str) -> bool {
        self.lock().forget(&(caller.into(), id.into()))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, key: &Key) -> bool {
        let gone = self.conversations.remove(key);
        for (item, _) in gone.iter().flat_map(|(gone, _)| &*gone.items) {
            self.items.remove(&(key.0.clone(), (&**item).into()));
        }
        self.size -= gone
            .as_ref()
            .map_or(0, |(conversation, _)| conversation.size);
        gone.is_some()
    }

    fn shrink(&mut self, limits: &ResponsesStore, now: Instant) {
        if self.order.len() / 2 > limits.max_entries {
            let conversations = &self.conversations;
            self.order
                .retain(|(key, _)| conversations.contains_key(key));
        }
        let is_old = |born: &Instant, ttl: Duration| now.duration_since(*born) >= ttl;
        while let Some((key, born)) = self.order.front() {
            let over = self.conversations.len() > limits.max_entries || self.size > limits.max_size;
            let stands = self
                .conversations
                .get(key)
                .is_some_and(|(_, since)| since == born);
            if stands && !over && !is_old(born, limits.ttl) {
                break;
            }
            let key = key.clone();
            self.order.pop_front();
            if stands {
                self.forget(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use modelgate_dialects::ir::{Part, Role, Text};

    use super::*;

    const LIMITS: ResponsesStore = ResponsesStore {
        max_entries: 3,
        max_size: 100,
        ttl: Duration::from_secs(60),
    };

    fn conversation(text: &'static str, size: usize) -> Conversation {
        let part = Part::Text(Text::new(Str::from_static(text)));
        Conversation {
            turns: [Turn::new(Role::User, vec![part])].into(),
            items: [(Str::from(format!("msg_{text}")), RawJson::empty_object())].into(),
            size,
        }
    }

    fn kept(conversations: &Conversations, caller: &str) -> String {
        let known = |id: &&str| conversations.recall(&LIMITS, caller, id).is_some();
        ["a", "b", "c", "d"]
            .iter()
            .filter(|id| known(id))
            .copied()
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_goes_on_from_its_own_answers_only() {
        let store = Conversations::default();
        store.keep(&LIMITS, "one", "a", conversation("first", 10));
        store.keep(&LIMITS, "two", "a", conversation("other", 10));
        store.keep(&LIMITS, "one", "a", conversation("again", 10));
        let found = store.recall(&LIMITS, "one", "a").unwrap();
        assert_eq!(found.turns, conversation("again", 0).turns);
        assert_eq!(kept(&store, "three"), "");
        assert!(store.forget("one", "a") && !store.forget("one", "a"));
        assert_eq!(
            (kept(&store, "one"), kept(&store, "two")),
            (String::new(), "a".to_owned())
        );
        assert_eq!(store.lock().size, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_item_is_known_as_long_as_its_answer() {
        let store = Conversations::default();
        store.keep(&LIMITS, "one", "a", conversation("x", 10));
        let item = |caller, id| store.item(&LIMITS, caller, id).is_some();
        assert!(item("one", "msg_x"));
        assert!(!item("two", "msg_x") && !item("one", "msg_y"));
        tokio::time::advance(LIMITS.ttl).await;
        assert!(!item("one", "msg_x"));
        assert!(store.lock().items.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_are_forgotten_beyond_number_size_and_time() {
        let store = Conversations::default();
        for id in ["a", "b", "c", "d"] {
            store.keep(&LIMITS, "one", id, conversation("x", 10));
        }
        assert_eq!(kept(&store, "one"), "bcd");
        store.keep(&LIMITS, "one", "a", conversation("x", 75));
        assert_eq!(kept(&store, "one"), "acd");
        store.keep(&LIMITS, "one", "b", conversation("x", 101));
        assert_eq!(kept(&store, "one"), "acd");
        tokio::time::advance(Duration::from_secs(59)).await;
        store.keep(&LIMITS, "one", "c", conversation("x", 10));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(kept(&store, "one"), "c");
        let inner = store.lock();
        assert_eq!((inner.size, inner.order.len()), (10, 1));
    }
}
