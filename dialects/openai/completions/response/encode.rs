//! From the IR to an answer for a client.

use crate::ir::{Choice, Response};
use crate::json::Writer;
use crate::openai::chat::wire::usage;
use crate::openai::completions::wire;
use crate::target::Reply;

/// Writes an answer.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let silent = Choice::default();
    let choices = match response.choices.as_slice() {
        // Clients take the first choice without looking.
        [] => std::slice::from_ref(&silent),
        choices => choices,
    };
    Writer::new(out).object(|writer| {
        writer.field("id", &format!("cmpl-{}", reply.unique));
        writer.field("object", "text_completion");
        writer.field("created", &reply.created);
        writer.field("model", &reply.model);
        writer.array_field("choices", |writer| {
            for choice in choices {
                writer.object(|writer| write_choice(writer, choice, reply));
            }
        });
        if let Some(counts) = response.usage.as_ref().filter(|usage| !usage.is_empty()) {
            usage::write(writer, counts);
        }
        wire::write_fingerprint(writer, &response.extensions);
    });
}

fn write_choice(writer: &mut Writer<'_>, choice: &Choice, reply: &Reply) {
    let echo = reply.echo.as_deref().unwrap_or_default();
    let mut text = echo.to_owned();
    for said in choice.parts.iter().filter_map(wire::visible) {
        text.push_str(said);
    }
    let mut offset = echo.chars().count();
    writer.field("text", &text);
    writer.field("index", &choice.index);
    wire::write_logprobs(writer, choice.logprobs.as_ref(), &mut offset);
    writer.field("finish_reason", wire::finish_reason(choice.stop.as_ref()));
}
