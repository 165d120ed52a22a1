//! What the model says, before any vendor's spelling.

/// One complete answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) blocks: Vec<Block>,
    pub(crate) finish: Finish,
    pub(crate) usage: Usage,
}

/// A piece of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    Thinking(String),
    Redacted,
    Text(String),
    Refusal(String),
    Call(Call),
}

/// A tool call; the arguments are text because a model may leave them unfinished.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Ordinal within the answer.
    pub(crate) place: usize,
    /// The vendors' ids are made from it. Calls of one conversation have different ones where a scenario has several turns.
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// Why the answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    End,
    Length,
    Stop(String),
    Calls,
    Refusal,
    Filter,
}

/// Token counts, disjoint: cached tokens are not in `input`, reasoning is in `output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) input: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl Usage {
    /// What every scenario reports unless it is about usage.
    pub(crate) const PLAIN: Self = Self {
        input: 13,
        cache_read: 0,
        cache_write: 0,
        output: 7,
        reasoning: 0,
    };
    /// With reasoning.
    pub(crate) const REASONED: Self = Self {
        input: 13,
        cache_read: 0,
        cache_write: 0,
        output: 20,
        reasoning: 12,
    };
}

impl Answer {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            blocks: vec![Block::Text(text.into())],
            finish: Finish::End,
            usage: Usage::PLAIN,
        }
    }

    pub(crate) fn calls(calls: Vec<(&str, &str)>) -> Self {
        let blocks = calls
            .into_iter()
            .enumerate()
            .map(|(number, (name, arguments))| {
                Block::Call(Call {
                    place: number,
                    number,
                    name: name.to_owned(),
                    arguments: arguments.to_owned(),
                })
            })
            .collect();
        Self {
            blocks,
            finish: Finish::Calls,
            usage: Usage::PLAIN,
        }
    }

    pub(crate) fn finish(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    pub(crate) fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Numbers the calls behind these many earlier ones.
    pub(crate) fn behind(mut self, earlier: usize) -> Self {
        for block in &mut self.blocks {
            if let Block::Call(call) = block {
                call.number += earlier;
            }
        }
        self
    }

    /// Puts a block in front.
    pub(crate) fn after(mut self, block: Block) -> Self {
        self.blocks.insert(0, block);
        self
    }
}

/// Cuts a text into stream pieces: after each space, and long words every few characters.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    const LONGEST: usize = 12;
    // A huge text is one event on purpose: the reader must not have a line limit.
    if text.len() > 1_000_000 {
        return vec![text.to_owned()];
    }
    let mut pieces = Vec::new();
    for word in text.split_inclusive(' ') {
        let characters: Vec<char> = word.chars().collect();
        pieces.extend(characters.chunks(LONGEST).map(String::from_iter));
    }
    pieces
}

/// Cuts arguments into pieces that respect no JSON boundary.
pub(crate) fn fragments(arguments: &str) -> Vec<String> {
    let characters: Vec<char> = arguments.chars().collect();
    characters.chunks(7).map(String::from_iter).collect()
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_join_to_the_text() {
        for text in [
            "",
            "one",
            "one two  three",
            "漢字かな交じり文をとても長くつづけて書く",
            "a\u{2028}b 👩‍👩‍👧‍👦",
        ] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert!(pieces("one two").len() > 1);
    }
}
