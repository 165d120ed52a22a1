//! What stands around the choices of Chat and of legacy completions, in an answer and in every chunk of a stream.

use crate::framing::sse;
use crate::ir::{Choice, Error, Response, Usage};
use crate::json::Writer;
use crate::openai::chat::response::encode_error;
use crate::openai::chat::wire::usage;
use crate::target::Reply;

/// What a dialect calls an answer, or a piece of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// What its `id` begins with.
    pub(crate) id: &'static str,
    /// Its `object`.
    pub(crate) object: &'static str,
}

/// Writes the fields that come before the choices.
fn write_head(writer: &mut Writer<'_>, form: Form, reply: &Reply) {
    writer.field("id", &format!("{}-{}", form.id, reply.unique));
    writer.field("object", form.object);
    writer.field("created", &reply.created);
    writer.field("model", &reply.model);
}

/// Writes an answer up to its usage. It has a choice in any case: clients take the first without looking.
pub(crate) fn write_answer(
    writer: &mut Writer<'_>,
    form: Form,
    response: &Response,
    reply: &Reply,
    write_choice: impl Fn(&mut Writer<'_>, &Choice, &Reply),
) {
    let silent = Choice::default();
    let choices = match response.choices.as_slice() {
        [] => std::slice::from_ref(&silent),
        choices => choices,
    };
    write_head(writer, form, reply);
    writer.array_field("choices", |writer| {
        for choice in choices {
            writer.object(|writer| write_choice(writer, choice, reply));
        }
    });
    if let Some(counts) = response.usage.as_ref().filter(|usage| !usage.is_empty()) {
        usage::write(writer, counts);
    }
}

/// Writes the chunks of a stream around their choices.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// The beginning of every chunk, up to `"choices":`.
    head: Vec<u8>,
    /// The client asked for usage, for which every chunk has a place then.
    usage: bool,
    /// The counts so far.
    counts: Usage,
    /// Nothing more is written.
    done: bool,
}

impl Chunks {
    pub(crate) fn new(form: Form, reply: &Reply) -> Self {
        let mut head = Vec::with_capacity(160);
        Writer::new(&mut head).object(|writer| write_head(writer, form, reply));
        head.pop();
        Self {
            head,
            usage: reply.include_usage,
            counts: Usage::default(),
            done: false,
        }
    }

    /// Whether the stream is over.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes counts for the end of the stream.
    pub(crate) fn count(&mut self, usage: Usage) {
        self.counts.merge(usage);
    }

    /// Appends a comment, which every reader of the format skips.
    pub(crate) fn keep_alive(&self, out: &mut Vec<u8>) {
        if !self.done {
            sse::write_comment(out, "ping");
        }
    }

    /// Adds what the upstream says once, which is on every chunk.
    pub(crate) fn say(&mut self, fields: impl FnOnce(&mut Writer<'_>)) {
        fields(&mut Writer::new(&mut self.head));
        on_one_line(&mut self.head);
    }

    /// A chunk with one choice.
    pub(crate) fn choice(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        sse::write_data(out, |out| {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b",\"choices\":[");
            Writer::new(out).object(fill);
            out.extend_from_slice(if self.usage {
                b"],\"usage\":null}"
            } else {
                b"]}"
            });
        });
    }

    /// The end of the stream: the usage where it was asked for, then `[DONE]`.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        if self.usage && !self.counts.is_empty() {
            let from = out.len();
            sse::write_data(out, |out| {
                out.extend_from_slice(&self.head);
                out.extend_from_slice(b",\"choices\":[]");
                usage::write(&mut Writer::new(out), &self.counts);
                out.push(b'}');
            });
            one_line_frame(out, from);
        }
        sse::write_data(out, |out| out.extend_from_slice(b"[DONE]"));
        self.done = true;
    }

    /// A failure is the last frame, and no success follows it (trap 23).
    pub(crate) fn fail(&mut self, error: &Error, out: &mut Vec<u8>) {
        sse::write_data(out, |out| encode_error(error, out));
        self.done = true;
    }
}

/// Brings a frame that holds raw JSON on one line; its own line ends stay.
pub(crate) fn one_line_frame(out: &mut [u8], from: usize) {
    let end = out.len().saturating_sub(2).max(from);
    on_one_line(&mut out[from..end]);
}

/// Raw JSON may hold line ends between its tokens, which would end a `data:` line; inside strings they are escaped.
fn on_one_line(out: &mut [u8]) {
    let mut from = 0;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &out[from..]) {
        out[from + found] = b' ';
        from += found + 1;
    }
}
