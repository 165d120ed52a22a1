//! A model that is asked something, to see whether it answers.

use jiff::Timestamp;
use modelgate_management::Piece;

use crate::message::Trouble;

/// Bytes of an answer, and of what is thought before it, that are kept.
const KEPT: usize = 32 << 10;

/// A question, and what has come of it.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    /// Which one: what is heard of another is none of its business.
    pub(crate) number: u64,
    pub(crate) model: String,
    pub(crate) question: String,
    pub(crate) began: Timestamp,
    pub(crate) thinking: String,
    pub(crate) answer: String,
    /// There was more than is kept.
    pub(crate) cut: bool,
    pub(crate) end: Option<End>,
    pub(crate) scroll: usize,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Whole(Box<Whole>),
    Failed {
        trouble: Trouble,
        /// Where a request reached the gateway.
        request_id: Option<String>,
    },
}

/// What is known of a whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) outcome: modelgate_management::Outcome,
    pub(crate) request_id: Option<String>,
    pub(crate) dropped: Option<String>,
    pub(crate) took_ms: u64,
}

/// What is heard of a question.
#[derive(Debug)]
pub(crate) enum Heard {
    Piece(Piece),
    End(End),
}

impl Trial {
    pub(crate) fn new(number: u64, model: String, question: String, began: Timestamp) -> Self {
        Self {
            number,
            model,
            question,
            began,
            thinking: String::new(),
            answer: String::new(),
            cut: false,
            end: None,
            scroll: 0,
        }
    }

    pub(crate) fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Piece(Piece::Text(text)) => self.cut |= !append(&mut self.answer, &text),
            Heard::Piece(Piece::Thinking(text)) => self.cut |= !append(&mut self.thinking, &text),
            Heard::End(end) => self.end = Some(end),
        }
    }

    /// The request that it was, once that is known.
    pub(crate) fn request_id(&self) -> Option<&str> {
        match self.end.as_ref()? {
            End::Whole(whole) => whole.request_id.as_deref(),
            End::Failed { request_id, .. } => request_id.as_deref(),
        }
    }
}

/// Adds what there is room for; tells whether that was all.
fn append(kept: &mut String, text: &str) -> bool {
    let mut end = KEPT.saturating_sub(kept.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    kept.push_str(&text[..end]);
    end == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_end_is_kept_in_part() {
        let mut trial = Trial::new(1, "m".to_owned(), "q".to_owned(), Timestamp::UNIX_EPOCH);
        for _ in 0..KEPT {
            trial.hear(Heard::Piece(Piece::Text("日本".to_owned())));
            trial.hear(Heard::Piece(Piece::Thinking("hm".to_owned())));
        }
        assert!(trial.cut && trial.answer.len() <= KEPT && trial.thinking.len() <= KEPT);
        assert!(trial.answer.len() > KEPT - 3);
        assert_eq!(trial.request_id(), None);
    }
}
