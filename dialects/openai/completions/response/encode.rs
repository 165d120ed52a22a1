//! From the IR to an answer for a client.

use crate::ir::{Choice, Response};
use crate::json::Writer;
use crate::openai::completions::wire;
use crate::openai::envelope::{Form, write_answer};
use crate::target::Reply;

/// Writes an answer.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let form = Form {
        id: "cmpl",
        object: "text_completion",
    };
    Writer::new(out).object(|writer| {
        write_answer(writer, form, response, reply, write_choice);
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
