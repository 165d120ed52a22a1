//! Embeddings: OpenAI's `POST /v1/embeddings`, and Gemini's `:embedContent` and `:batchEmbedContents`, through one small
//! model.
//!
//! There is no stream and no conversation here, so that the model shares nothing with [`ir`](crate::ir) but token counts.
//! Where both sides have the same shape the bytes are forwarded, with another name of the model at most
//! ([`rename_model`]). Sources:
//! <https://platform.openai.com/docs/api-reference/embeddings>, <https://ai.google.dev/api/embeddings>.

mod gemini;
mod openai;
mod rename;
mod vector;

use bytes::Bytes;

pub use rename::rename_model;
pub use vector::Vector;

use crate::Dialect;
use crate::error::{DecodeError, EncodeError};
use crate::ir::Usage;
use crate::json::{Document, RawJson, Str, Writer};
use crate::losses::Losses;
use crate::tokens;

/// How a request for embeddings is written, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// OpenAI's `POST /v1/embeddings`.
    OpenAi,
    /// Gemini's `:embedContent`: one text.
    GeminiOne,
    /// Gemini's `:batchEmbedContents`: a list of such requests.
    GeminiBatch,
}

impl Shape {
    /// The shape in which an upstream of Gemini is asked: one text alone, several as a batch.
    #[must_use]
    pub fn of_gemini(request: &EmbedRequest) -> Self {
        match request.inputs.len() {
            1 => Self::GeminiOne,
            _ => Self::GeminiBatch,
        }
    }

    /// The dialect whose errors and model names go with it.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::OpenAi => Dialect::Chat,
            Self::GeminiOne | Self::GeminiBatch => Dialect::Gemini,
        }
    }

    /// The most texts that its upstreams take at once; none: as many as OpenAI lets its clients send.
    const fn most(self) -> Option<usize> {
        match self {
            Self::OpenAi => None,
            Self::GeminiOne => Some(1),
            Self::GeminiBatch => Some(100),
        }
    }

    /// The last word of its URL: behind a slash for OpenAI, behind the model and a colon for Gemini.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::OpenAi => "embeddings",
            Self::GeminiOne => "embedContent",
            Self::GeminiBatch => "batchEmbedContents",
        }
    }
}

/// A field without a typed place: its key and its value.
pub type Field = (Str, RawJson);

/// A request for the vectors of some texts.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedRequest {
    /// How it was written: decides the spelling of paths in losses.
    pub shape: Shape,
    /// The model as the client named it; empty for Gemini, whose URL names it.
    pub model: Str,
    /// The texts, at least one, in their order.
    pub inputs: Vec<Input>,
    /// The one text was a bare string, not a list.
    pub bare: bool,
    /// The client wants each vector as base64 of little-endian 32-bit floats. OpenAI's Python SDK does so by default.
    pub base64: bool,
    /// Who asks.
    pub user: Option<Str>,
    /// Unknown fields.
    pub rest: Vec<Field>,
}

impl EmbedRequest {
    /// A local estimate of its tokens, for upstreams that do not count.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        let inputs = self.inputs.iter();
        inputs.map(|input| tokens::estimate_text(&input.text)).sum()
    }

    /// The request in pieces of no more texts than an upstream takes at once, in their order.
    #[must_use]
    pub fn pieces(&self, shape: Shape) -> Vec<Self> {
        let most = shape.most().unwrap_or(usize::MAX);
        let piece = |inputs: &[Input]| Self {
            shape: self.shape,
            model: self.model.clone(),
            inputs: inputs.to_vec(),
            bare: self.bare,
            base64: self.base64,
            user: self.user.clone(),
            rest: self.rest.clone(),
        };
        self.inputs.chunks(most).map(piece).collect()
    }
}

/// One text, and what is wanted of its vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// The text.
    pub text: Str,
    /// It was several parts, which are one text now.
    pub joined: bool,
    /// What the vector is for, in Gemini's words: `RETRIEVAL_QUERY`, …
    pub task: Option<Str>,
    /// Title of the document that the text is of.
    pub title: Option<Str>,
    /// Length of the vector.
    pub dimensions: Option<u64>,
    /// Unknown fields.
    pub rest: Vec<Field>,
}

/// A request in the upstream's shape.
#[derive(Debug, Clone)]
pub struct EmbedEncoded {
    /// The JSON body.
    pub body: Bytes,
    /// What could not be carried.
    pub losses: Losses,
}

/// The vectors of a request's texts, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedAnswer {
    /// One for each text.
    pub vectors: Vec<Vector>,
    /// Token counts, where the upstream gave any; there is no output.
    pub usage: Option<Usage>,
}

impl EmbedAnswer {
    /// Goes on with the answer to the next piece of the request. What one of them does not count is not counted at all.
    pub fn append(&mut self, next: Self) {
        self.vectors.extend(next.vectors);
        self.usage = match (self.usage.take(), next.usage) {
            (Some(usage), Some(next)) => Some(Usage {
                input: usage.input.zip(next.input).map(|(one, other)| one + other),
                ..usage
            }),
            _ => None,
        };
    }

    /// Puts an estimate where the upstream counted nothing (Gemini's own API) and the client's shape has a place for a
    /// count that its SDKs read without looking; true when it did.
    pub fn estimate_usage(&mut self, request: &EmbedRequest) -> bool {
        let missing = request.shape == Shape::OpenAi && self.usage.is_none();
        if missing {
            self.usage = Some(Usage {
                input: Some(request.estimate()),
                ..Usage::default()
            });
        }
        missing
    }
}

/// Reads a client's request. Gemini's body need not name the model: its caller sets [`EmbedRequest::model`] by the URL
/// afterwards.
///
/// # Errors
/// What is wrong with it, or cannot be embedded by an upstream of another kind, for a 400.
pub fn decode_request(shape: Shape, body: &Document) -> Result<EmbedRequest, DecodeError> {
    match shape {
        Shape::OpenAi => openai::decode_request(body.root()),
        Shape::GeminiOne => gemini::decode_one(body.root()),
        Shape::GeminiBatch => gemini::decode_batch(body.root()),
    }
}

/// Writes a request for an upstream; `model` is the upstream's name of the model.
///
/// # Errors
/// What the shape cannot say without a wrong answer, for a 400.
pub fn encode_request(
    shape: Shape,
    request: &EmbedRequest,
    model: &str,
) -> Result<EmbedEncoded, EncodeError> {
    let mut losses = Losses::default();
    let mut out = Vec::with_capacity(1024);
    let mut writer = Writer::new(&mut out);
    match shape {
        Shape::OpenAi => openai::encode_request(request, model, &mut writer, &mut losses)?,
        Shape::GeminiOne => gemini::encode_one(request, model, &mut writer, &mut losses)?,
        Shape::GeminiBatch => gemini::encode_batch(request, model, &mut writer, &mut losses),
    }
    Ok(EmbedEncoded {
        body: out.into(),
        losses,
    })
}

/// Reads an upstream's answer to `request`.
///
/// # Errors
/// What is wrong with it, for a 502: a number that is none, or another count of vectors than of texts.
pub fn decode_answer(
    shape: Shape,
    body: &Document,
    request: &EmbedRequest,
) -> Result<EmbedAnswer, DecodeError> {
    let answer = match shape {
        Shape::OpenAi => openai::decode_answer(body.root()),
        Shape::GeminiOne | Shape::GeminiBatch => gemini::decode_answer(body.root()),
    }?;
    let (given, wanted) = (answer.vectors.len(), request.inputs.len());
    if given != wanted {
        let reason = format!("{given} vectors for {wanted} texts");
        return Err(DecodeError::shape("body", reason));
    }
    Ok(answer)
}

/// Writes an answer for the client that sent `request`, in the shape of that request; `model` is the client's name of the
/// model.
#[must_use]
pub fn encode_answer(answer: &EmbedAnswer, request: &EmbedRequest, model: &str) -> Bytes {
    let mut out = Vec::with_capacity(4096);
    let mut writer = Writer::new(&mut out);
    match request.shape {
        Shape::OpenAi => openai::encode_answer(answer, request.base64, model, &mut writer),
        Shape::GeminiOne => gemini::encode_answer_of_one(answer, &mut writer),
        Shape::GeminiBatch => gemini::encode_answer_of_batch(answer, &mut writer),
    }
    out.into()
}

#[cfg(test)]
mod tests;
