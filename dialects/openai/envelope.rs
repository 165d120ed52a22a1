//! What stands around the choices of Chat and of legacy completions, in an answer and in every chunk of a stream.

use crate::framing::sse;
use crate::ir::{Choice, Response, Usage};
use crate::json::Writer;
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
}

impl Chunks {
    pub(crate) fn new(form: Form, reply: &Reply) -> Self {
        let mut head = Vec::with_capacity(160);
        Writer::new(&mut head).object(|writer| write_head(writer, form, reply));
        head.pop();
        Self {
            head,
            usage: reply.include_usage,
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
    pub(crate) fn end(&self, counts: &Usage, out: &mut Vec<u8>) {
        if self.usage && !counts.is_empty() {
            let from = out.len();
            sse::write_data(out, |out| {
                out.extend_from_slice(&self.head);
                out.extend_from_slice(b",\"choices\":[]");
                usage::write(&mut Writer::new(out), counts);
                out.push(b'}');
            });
            one_line_frame(out, from);
        }
        sse::write_data(out, |out| out.extend_from_slice(b"[DONE]"));
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
