//! What is recorded of a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cost::Cost;

/// Attempts that are kept of a request; of more, the first ones and the last.
pub const ATTEMPTS: usize = 16;

/// The largest count of tokens. Larger ones are absurd, whoever reports them, and are cut to this.
pub const MOST_TOKENS: u64 = 10_000_000_000;

/// One request of a client, whatever became of it. Names are stored once, however many rows bear them; of a name longer
/// than 256 bytes the beginning is kept. Times are kept in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Who this is. A row whose id is in the ledger already is not written again.
    pub id: RequestId,
    /// The client key that called, if access is by keys.
    pub key: Option<ClientKey>,
    /// The credential that was asked last.
    pub credential: Option<Arc<str>>,
    /// Whose credential it is.
    pub provider: Option<Arc<str>>,
    /// The model as the client named it.
    pub requested_model: Option<Arc<str>>,
    /// The model that the upstream was asked for.
    pub served_model: Option<Arc<str>>,
    /// The API that the client speaks.
    pub client_dialect: Option<Arc<str>>,
    /// The API that the upstream speaks.
    pub upstream_dialect: Option<Arc<str>>,
    /// Whether the answer was to come in pieces.
    pub stream: bool,
    /// What the client was answered; 0 where it is not known.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// The kind of the failure that the client was told of.
    pub error: Option<Arc<str>>,
    /// What was used.
    pub tokens: Tokens,
    /// From the beginning of the request until its end.
    pub latency: Duration,
    /// From the beginning of the request until the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// Spent waiting for upstreams.
    pub upstream: Option<Duration>,
    /// What it cost (see [`crate::Prices::cost`]).
    pub cost: Cost,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// Things that the upstream's dialect had no place for.
    pub losses: u32,
    /// Calls of upstreams, in their order; at most [`ATTEMPTS`] are kept.
    pub attempts: Vec<Attempt>,
    /// What only rows have that came from another gateway.
    pub imported: Option<Origin>,
}

/// The name of a request: a UUID whose first 48 bits are its time in milliseconds (version 7), so that ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(crate) [u8; 16]);

/// A client key as people know it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// Stays the same while the key does.
    pub id: Arc<str>,
    /// What its owner calls it; the newest name holds for all rows of the key.
    pub name: Option<Arc<str>>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The answer was given to its end.
    Completed,
    /// The client was answered with an error.
    Failed,
    /// The client left before the end.
    Aborted,
    /// The answer broke off after its beginning.
    Partial,
}

/// Token counts. They do not overlap: the whole input is `input`, cache reads, cache writes and `tool_use` together, the
/// whole output `output` and `reasoning`. What was not reported is absent, which is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Input that was neither read from nor written to a cache.
    pub input: Option<u64>,
    /// Input read from a cache.
    pub cache_read: Option<u64>,
    /// Input written to a cache, all lifetimes together.
    pub cache_write: Option<u64>,
    /// Of `cache_write`: kept five minutes.
    pub cache_write_5m: Option<u64>,
    /// Of `cache_write`: kept an hour.
    pub cache_write_1h: Option<u64>,
    /// Output without thinking, or with it where `reasoning` is unknown.
    pub output: Option<u64>,
    /// Thinking.
    pub reasoning: Option<u64>,
    /// Input that the provider's own tools brought in.
    pub tool_use: Option<u64>,
    /// The counts are a guess of ours, not the upstream's word.
    pub estimated: bool,
}

/// One call of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Who was asked.
    pub credential: Arc<str>,
    /// Whose credential it is.
    pub provider: Arc<str>,
    /// The upstream's status; 0 where there was none.
    pub status: u16,
    /// The kind of its failure.
    pub error: Option<Arc<str>>,
    /// From the beginning of the request until the call.
    pub after: Duration,
    /// Until the first content or the failure.
    pub took: Option<Duration>,
}

/// Where an imported row comes from, and its numbers as they were spelt there, so that it is known again
/// (`management-api.md` 2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Nanoseconds beyond the milliseconds of the id.
    pub nanos: u32,
    /// The other gateway's name of the credential.
    pub auth_index: Option<Arc<str>>,
    /// Its token counts, which may overlap.
    pub counts: Counts,
}

/// The five token counts of the family. Whether `input` contains `cached` and `output` contains `reasoning` depends on
/// the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Counts {
    /// Input.
    pub input: u64,
    /// Output.
    pub output: u64,
    /// Thinking.
    pub reasoning: u64,
    /// Input from a cache.
    pub cached: u64,
    /// All together.
    pub total: u64,
}

impl Row {
    /// When the request began.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        let nanos = self.imported.as_ref().map_or(0, |origin| origin.nanos);
        let time = self.id.time();
        time.checked_add(Duration::from_nanos(nanos.into()))
            .unwrap_or(time)
    }

    /// The model that usage counts for: the one that was served, or else the one that was asked for.
    #[must_use]
    pub fn model(&self) -> Option<&Arc<str>> {
        self.served_model.as_ref().or(self.requested_model.as_ref())
    }

    /// All tokens together.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        match &self.imported {
            Some(origin) => origin.counts.total,
            None => Counts::of(&self.tokens).total,
        }
    }
}

impl RequestId {
    /// An id from its 32 hexadecimal digits; hyphens may stand between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 36 {
            return None;
        }
        let (mut number, mut digits) = (0_u128, 0);
        for char in text.chars().filter(|char| *char != '-') {
            number = number << 4 | u128::from(char.to_digit(16)?);
            digits += 1;
        }
        (digits == 32).then(|| Self(number.to_be_bytes()))
    }

    /// The id of sixteen bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// When the request began, in milliseconds.
    #[must_use]
    pub fn time(self) -> Timestamp {
        Timestamp::from_millisecond(self.millis()).unwrap_or(Timestamp::MAX)
    }

    /// The smallest id of a row of a millisecond that came from another gateway: those are of version 8.
    pub(crate) fn first_imported(millis: i64) -> Self {
        let Self(mut bytes) = Self::first_of(millis);
        bytes[6] = 0x80;
        Self(bytes)
    }

    /// The id after this one.
    pub(crate) fn next(self) -> Self {
        Self(u128::from_be_bytes(self.0).saturating_add(1).to_be_bytes())
    }

    /// Milliseconds since 1970.
    pub(crate) fn millis(self) -> i64 {
        let [a, b, c, d, e, f, ..] = self.0;
        i64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }

    /// The smallest id of a millisecond.
    pub(crate) fn first_of(millis: i64) -> Self {
        let millis = millis.clamp(0, (1 << 48) - 1);
        let number = u128::from(millis.unsigned_abs()) << 80;
        Self(number.to_be_bytes())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ClientKey {
    /// What to call it.
    #[must_use]
    pub fn label(&self) -> &Arc<str> {
        let name = self.name.as_ref().filter(|name| !name.is_empty());
        name.unwrap_or(&self.id)
    }
}

impl Outcome {
    /// Every outcome; the place is its number on the disk.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Failed, Self::Aborted, Self::Partial];

    /// The name in exports and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Partial => "partial",
        }
    }

    /// Whether the client did not get what it asked for, through no doing of its own.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Partial)
    }
}

impl Tokens {
    /// Input written to a cache, also where only its parts are known.
    #[must_use]
    pub fn cache_written(&self) -> Option<u64> {
        self.cache_write
            .max(sum([self.cache_write_5m, self.cache_write_1h]))
    }

    /// The whole input.
    #[must_use]
    pub fn total_input(&self) -> Option<u64> {
        let written = self.cache_written();
        sum([self.input, self.cache_read, written, self.tool_use])
    }

    /// The whole output.
    #[must_use]
    pub fn total_output(&self) -> Option<u64> {
        sum([self.output, self.reasoning])
    }

    /// Everything that is known together.
    #[must_use]
    pub fn total(&self) -> u64 {
        sum([self.total_input(), self.total_output()]).unwrap_or(0)
    }

    /// Whether no count is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total_input().is_none() && self.total_output().is_none()
    }
}

impl Counts {
    /// The counts of a row that is ours, in the meaning of OpenAI's APIs: the input contains what was cached, the output
    /// the thinking.
    pub(crate) fn of(tokens: &Tokens) -> Self {
        let count = |count: Option<u64>| count.unwrap_or(0).min(MOST_TOKENS);
        Self {
            input: count(tokens.total_input()),
            output: count(tokens.total_output()),
            reasoning: count(tokens.reasoning),
            cached: count(tokens.cache_read),
            total: count(Some(tokens.total())),
        }
    }

    /// Counts that do not overlap. A part that is not larger than its whole is taken to be in it.
    pub(crate) fn tokens(self) -> Tokens {
        let rest = |whole: u64, part: u64| whole.checked_sub(part).unwrap_or(whole);
        Tokens {
            input: Some(rest(self.input, self.cached)),
            cache_read: Some(self.cached),
            output: Some(rest(self.output, self.reasoning)),
            reasoning: Some(self.reasoning),
            // What contains what is a guess.
            estimated: true,
            ..Tokens::default()
        }
    }
}

/// The sum of the counts that are known.
fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    let known = counts.into_iter().flatten();
    known.fold(None, |sum: Option<u64>, count| {
        Some(sum.unwrap_or(0).saturating_add(count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_digits_and_tells_the_time() {
        let text = "019ac1a0f3e47c3b9d2e5f60718293a4";
        let id = RequestId::parse(text).unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(
            RequestId::parse("019ac1a0-f3e4-7c3b-9d2e-5f60718293a4"),
            Some(id)
        );
        assert_eq!(id.time().as_millisecond(), 0x019a_c1a0_f3e4);
        assert_eq!(id.millis(), 0x019a_c1a0_f3e4);
        let first = RequestId::first_of(id.millis());
        assert!(first < id && id < RequestId::first_of(id.millis() + 1));
        let largest = RequestId([0xff; 16]);
        assert_eq!(largest.time(), Timestamp::MAX);
        for wrong in [
            "",
            "019ac1a0",
            "019ac1a0f3e47c3b9d2e5f60718293ag",
            "é",
            "+19ac1a0f3e47c3b9d2e5f60718293a",
        ] {
            assert_eq!(RequestId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(RequestId::parse(&"0".repeat(1 << 20)), None);
    }

    #[test]
    fn the_parts_of_what_was_cached_may_stand_for_the_whole() {
        let parts = Tokens {
            cache_write_5m: Some(3),
            cache_write_1h: Some(4),
            ..Tokens::default()
        };
        assert_eq!(parts.cache_written(), Some(7));
        let whole = Tokens {
            cache_write: Some(9),
            ..parts
        };
        assert_eq!(whole.total_input(), Some(9));
        assert_eq!(Tokens::default().total_input(), None);
        assert!(Tokens::default().is_empty());
    }

    #[test]
    fn counts_that_overlap_are_taken_apart() {
        let openai = Counts {
            input: 100,
            output: 50,
            reasoning: 20,
            cached: 60,
            total: 150,
        };
        let tokens = openai.tokens();
        assert_eq!((tokens.input, tokens.cache_read), (Some(40), Some(60)));
        assert_eq!((tokens.output, tokens.reasoning), (Some(30), Some(20)));
        assert_eq!(Counts::of(&tokens), openai);
        let claude = Counts {
            input: 10,
            cached: 90,
            ..Counts::default()
        };
        assert_eq!(claude.tokens().total_input(), Some(100));
    }
}
