//! The JSON of every dialect: what the clients ask, what the upstream answers.

use std::time::Duration;

use clap::ValueEnum;
use memchr::memmem;
use serde::Serialize;

pub(crate) mod answer;
pub(crate) mod ask;

/// The model answered at once.
pub(crate) const MODEL: &str = "bench-model";
/// The model whose stream rests for [`PAUSE`] after its first chunk.
pub(crate) const MODEL_PAUSED: &str = "bench-model-paused";
/// The model whose stream stops after one chunk and stays open.
pub(crate) const MODEL_HELD: &str = "bench-model-held";
/// The model that is reached in the Claude dialect.
pub(crate) const MODEL_CLAUDE: &str = "bench-claude";
/// The model that is reached in the Responses dialect.
pub(crate) const MODEL_RESPONSES: &str = "bench-responses";
/// The model that is reached in the Gemini dialect.
pub(crate) const MODEL_GEMINI: &str = "bench-gemini";
/// The model that ten keys of one provider serve.
pub(crate) const MODEL_TEN: &str = "bench-ten";
/// Long enough that a first chunk which waits for the second is seen to wait.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// Text chunks of a stream.
pub(crate) const CHUNKS: usize = 64;
/// The text that every chunk carries once, and a whole answer once.
pub(crate) const MARKER: &str = "lorem";

/// A client and upstream API shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dialect {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/completions`; no upstream is asked in it
    Completions,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Claude,
    /// `POST /v1beta/models/{model}:generateContent`
    Gemini,
}

impl Dialect {
    /// What clients speak.
    pub(crate) const CLIENTS: [Self; 5] = [
        Self::Chat,
        Self::Completions,
        Self::Responses,
        Self::Claude,
        Self::Gemini,
    ];
    /// What upstreams speak.
    pub(crate) const UPSTREAMS: [Self; 4] =
        [Self::Chat, Self::Responses, Self::Claude, Self::Gemini];

    /// Its name in tables and arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Claude => "claude",
            Self::Gemini => "gemini",
        }
    }

    /// The model that the gateway finds behind an upstream of this dialect.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Chat | Self::Completions => MODEL,
            Self::Responses => MODEL_RESPONSES,
            Self::Claude => MODEL_CLAUDE,
            Self::Gemini => MODEL_GEMINI,
        }
    }

    /// Where requests of this dialect go.
    pub(crate) fn path(self, model: &str, stream: bool) -> String {
        match (self, stream) {
            (Self::Chat, _) => "/v1/chat/completions".to_owned(),
            (Self::Completions, _) => "/v1/completions".to_owned(),
            (Self::Responses, _) => "/v1/responses".to_owned(),
            (Self::Claude, _) => "/v1/messages".to_owned(),
            (Self::Gemini, false) => format!("/v1beta/models/{model}:generateContent"),
            (Self::Gemini, true) => {
                format!("/v1beta/models/{model}:streamGenerateContent?alt=sse")
            }
        }
    }

    /// The dialect that is spoken at a path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/chat/completions" => Self::Chat,
            "/v1/completions" => Self::Completions,
            "/v1/responses" => Self::Responses,
            "/v1/messages" => Self::Claude,
            _ if path.starts_with("/v1beta/models/") => Self::Gemini,
            _ => return None,
        })
    }

    /// Whether a stream ends as a complete one does.
    pub(crate) fn is_complete(self, stream: &[u8]) -> bool {
        let stream = stream.trim_ascii_end();
        let last = memmem::rfind(stream, b"\n\n").map_or(0, |end| end + 2);
        let has = |needle: &str| memmem::find(&stream[last..], needle.as_bytes()).is_some();
        match self {
            Self::Chat | Self::Completions => stream[last..] == *b"data: [DONE]",
            Self::Responses => has("event: response.completed\n") && stream.ends_with(b"}"),
            Self::Claude => has("event: message_stop\n") && stream.ends_with(b"}"),
            Self::Gemini => has("\"finishReason\":\"STOP\"") && stream.ends_with(b"}"),
        }
    }

    /// How often a complete stream carries [`MARKER`]. A Responses stream repeats its text when the
    /// text, its part, its item and the answer end.
    pub(crate) fn markers(self) -> usize {
        match self {
            Self::Responses => CHUNKS * 5,
            _ => CHUNKS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_carry_every_marker_and_their_end() {
        for dialect in Dialect::CLIENTS {
            let frames = answer::stream(dialect);
            let body = frames.concat();
            assert_eq!(
                body.matches(MARKER).count(),
                dialect.markers(),
                "{dialect:?}"
            );
            assert!(dialect.is_complete(body.as_bytes()), "{dialect:?}");
            assert!(!dialect.is_complete(frames[..frames.len() - 1].concat().as_bytes()));
            assert!(frames[0].contains(MARKER));
        }
    }

    #[test]
    fn a_path_names_its_dialect() {
        for dialect in Dialect::CLIENTS {
            for stream in [false, true] {
                let path = dialect.path(dialect.model(), stream);
                assert_eq!(Dialect::at(&path), Some(dialect));
            }
        }
        assert_eq!(Dialect::at("/v1/models"), None);
    }
}
