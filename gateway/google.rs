//! Google's routes, whose paths say what other dialects say in the body (`dialects.md` 1.5).

use std::borrow::Cow;

use bytes::Bytes;
use modelgate_dialects::framing::json_array::ArrayWriter;
use modelgate_dialects::framing::sse::{Frame, Framer, write_data, write_keep_alive};
use modelgate_dialects::gemini::envelope;
use modelgate_dialects::{Dialect, Str};
use percent_encoding::percent_decode_str;

use crate::error::Failure;

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Generate,
    Stream,
    CountTokens,
    Embed,
    EmbedBatch,
    Predict,
}

/// What the path and the query of a request say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Google {
    pub(crate) method: Method,
    /// `None` where the body's envelope names it.
    pub(crate) model: Option<Str>,
    pub(crate) form: Form,
}

/// What stands around an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    /// A stream is one JSON list instead of events.
    pub(crate) list: bool,
    /// Answers are in the envelope of Code Assist.
    pub(crate) envelope: bool,
}

/// Characters that would lead a path elsewhere, escaped.
const ESCAPES: [&str; 5] = ["%2f", "%5c", "%23", "%3f", "%2e"];

impl Google {
    /// The request at a path behind `/v1beta/models/` or `/v1/models/`: `{model}:{method}`.
    pub(crate) fn at_model(tail: &str, query: Option<&str>) -> Result<Self, Failure> {
        let escaped = tail.contains('%');
        let decoded = match escaped {
            true => percent_decode_str(tail).decode_utf8_lossy(),
            false => Cow::Borrowed(tail),
        };
        let hides = || {
            let lower = tail.to_ascii_lowercase();
            ESCAPES.iter().any(|escape| lower.contains(escape))
        };
        let (model, method) = decoded
            .rsplit_once(':')
            .ok_or_else(|| Failure::unknown_route(tail))?;
        let model = bare(model);
        let climbs = model.split('/').any(|step| matches!(step, "" | "." | ".."));
        let is_odd = |char: char| char.is_control() || matches!(char, '\\' | '#' | '?');
        let odd = climbs || model.contains(is_odd) || (escaped && hides());
        if odd {
            return Err(Failure::odd_model_path(model));
        }
        Ok(Self {
            method: Method::named(method)?,
            model: Some(Str::from(model)),
            form: Form {
                list: !wants_events(query),
                envelope: false,
            },
        })
    }

    /// The request at `/v1internal:{method}`; `None` where it asks no model.
    pub(crate) fn internal(method: &str, query: Option<&str>) -> Option<Self> {
        let method = match Method::named(method).ok()? {
            Method::Embed | Method::EmbedBatch | Method::Predict => return None,
            asks @ (Method::Generate | Method::Stream | Method::CountTokens) => asks,
        };
        Some(Self {
            method,
            model: None,
            form: Form {
                list: !wants_events(query),
                envelope: true,
            },
        })
    }

    pub(crate) fn streams(&self) -> bool {
        self.method == Method::Stream
    }
}

/// A model's name without the collection that Google's clients put before it.
pub(crate) fn bare(model: &str) -> &str {
    let model = model.strip_prefix("models/").unwrap_or(model);
    model
        .strip_prefix("publishers/google/models/")
        .unwrap_or(model)
}

fn wants_events(query: Option<&str>) -> bool {
    let pairs = query.unwrap_or_default().split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| matches!(name, "alt" | "$alt" | "%24alt") && value == "sse")
}

impl Method {
    fn named(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "generateContent" => Self::Generate,
            "streamGenerateContent" => Self::Stream,
            "countTokens" => Self::CountTokens,
            "embedContent" => Self::Embed,
            "batchEmbedContents" => Self::EmbedBatch,
            "predict" => Self::Predict,
            other => return Err(Failure::unknown_method(other)),
        })
    }
}

impl Form {
    /// A whole answer in this form.
    pub(crate) fn whole(self, body: Bytes) -> Bytes {
        if self.envelope {
            envelope::wrap_response(&body)
        } else {
            body
        }
    }

    /// What brings a stream of events into this form; `None` when it has it already.
    pub(crate) fn rewriter(self, limit: usize) -> Option<Rewriter> {
        (self.list || self.envelope).then(|| Rewriter {
            form: self,
            framer: Framer::new(limit),
            frames: Vec::new(),
            list: ArrayWriter::new(),
        })
    }
}

/// Brings the events of a stream into another form.
pub(crate) struct Rewriter {
    form: Form,
    framer: Framer,
    frames: Vec<Frame>,
    list: ArrayWriter,
}

impl Rewriter {
    /// Takes whole events, or a keep-alive.
    pub(crate) fn on_bytes(&mut self, bytes: Bytes) -> Bytes {
        // What is forwarded was cut into events under the same limit before.
        let fed = self.framer.feed(bytes, &mut self.frames);
        let mut out = Vec::new();
        if self.frames.is_empty() && fed.is_ok() {
            self.keep_alive(&mut out);
        }
        for frame in self.frames.drain(..) {
            let data = if self.form.envelope {
                envelope::wrap_response(frame.data.as_bytes())
            } else {
                frame.data.into_bytes()
            };
            if self.form.list {
                self.list.item(&mut out, |out| out.extend_from_slice(&data));
            } else {
                write_data(&mut out, |out| out.extend_from_slice(&data));
            }
        }
        Bytes::from(out)
    }

    /// What ends the stream.
    pub(crate) fn finish(&mut self) -> Bytes {
        let mut out = Vec::new();
        if self.form.list {
            self.list.finish(&mut out);
        }
        Bytes::from(out)
    }

    fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.form.list {
            self.list.keep_alive(out);
        } else {
            write_keep_alive(out, Dialect::Gemini);
        }
    }
}

#[cfg(test)]
mod tests;
