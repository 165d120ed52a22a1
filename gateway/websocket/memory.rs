//! What a connection remembers: the last answer of each lane, with the conversation before it. It is what makes
//! `previous_response_id` work together with `store: false`, and at upstreams that keep nothing.

use modelgate_dialects::Str;
use modelgate_dialects::json::RawJson;

/// The conversations that can be gone on from.
#[derive(Debug)]
pub(super) struct Memory {
    /// The oldest first.
    answers: Vec<Kept>,
    /// Bytes that may be kept.
    limit: usize,
}

#[derive(Debug)]
struct Kept {
    stream_id: Option<Str>,
    id: Str,
    items: Vec<RawJson>,
    size: usize,
}

impl Memory {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            answers: Vec::new(),
            limit,
        }
    }

    /// The items of the conversation that ended in an answer, on whatever lane it was.
    pub(super) fn recall(&self, id: &str) -> Option<&[RawJson]> {
        let kept = self.answers.iter().find(|kept| *kept.id == *id)?;
        Some(&kept.items)
    }

    /// Keeps a conversation in the place of its lane's last one, and forgets the oldest ones beyond the limit.
    pub(super) fn keep(&mut self, stream_id: Option<Str>, id: Str, items: Vec<RawJson>) {
        self.answers.retain(|kept| kept.stream_id != stream_id);
        let size = items.iter().map(|item| item.as_str().len()).sum();
        self.answers.push(Kept {
            stream_id,
            id,
            items,
            size,
        });
        let mut total: usize = self.answers.iter().map(|kept| kept.size).sum();
        while total > self.limit {
            total -= self.answers.remove(0).size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<RawJson> {
        vec![RawJson::build(|writer| writer.value(text))]
    }

    #[test]
    fn the_last_answer_of_every_lane_is_known() {
        let mut memory = Memory::new(100);
        memory.keep(None, "one".into(), items("a"));
        memory.keep(Some("x".into()), "two".into(), items("b"));
        assert_eq!(memory.recall("one"), Some(&*items("a")));
        memory.keep(None, "three".into(), items("c"));
        assert_eq!(memory.recall("one"), None);
        assert_eq!(memory.recall("two"), Some(&*items("b")));
        assert_eq!(memory.recall("three"), Some(&*items("c")));
    }

    #[test]
    fn beyond_its_size_the_oldest_are_forgotten() {
        let mut memory = Memory::new(10);
        memory.keep(Some("x".into()), "one".into(), items("123"));
        memory.keep(Some("y".into()), "two".into(), items("123"));
        memory.keep(Some("z".into()), "three".into(), items("1"));
        assert_eq!(memory.recall("one"), None);
        assert!(memory.recall("two").is_some() && memory.recall("three").is_some());
        memory.keep(None, "four".into(), items("123456789"));
        assert_eq!(memory.recall("three"), None);
        assert_eq!(memory.recall("four"), None);
    }
}
