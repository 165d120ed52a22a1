//! Token probabilities: lists side by side, where Chat has one list of tokens with their rivals inside.

use super::{field, text_of};
use crate::json::{Kind, RawJson, Value, Writer};

/// The field of a candidate.
pub(crate) const FIELD: &str = "logprobsResult";

/// The probabilities of a candidate in Chat's form, which every dialect's encoder reads.
pub(crate) fn read(candidate: Value<'_>) -> Option<RawJson> {
    let result = field(candidate, FIELD)?;
    let chosen = field(result, "chosenCandidates").filter(|list| list.items().next().is_some())?;
    let rivals = field(result, "topCandidates");
    let mut rivals = rivals.into_iter().flat_map(Value::items);
    Some(RawJson::build(|writer| {
        writer.object(|writer| {
            writer.array_field("content", |writer| {
                for token in chosen.items() {
                    let rivals = rivals.next().and_then(|step| step.field("candidates"));
                    writer.object(|writer| {
                        read_token(writer, token);
                        writer.array_field("top_logprobs", |writer| {
                            for rival in rivals.into_iter().flat_map(Value::items) {
                                writer.object(|writer| read_token(writer, rival));
                            }
                        });
                    });
                }
            });
            writer.null_field("refusal");
        });
    }))
}

/// Google tells no bytes: they are the token's, unless it stands for bytes that are no text.
fn read_token(writer: &mut Writer<'_>, token: Value<'_>) {
    let text = text_of(token, "token").unwrap_or_default();
    writer.field("token", &text);
    writer.key("logprob");
    write_number(writer, field(token, "logProbability"));
    if text.contains(char::REPLACEMENT_CHARACTER) {
        writer.null_field("bytes");
    } else {
        writer.array_field("bytes", |writer| {
            text.bytes().for_each(|byte| writer.value(&u32::from(byte)));
        });
    }
}

/// Whether probabilities in Chat's form are those of any token.
pub(crate) fn is_some(raw: &RawJson) -> bool {
    tokens(raw.document().root()).next().is_some()
}

fn tokens(root: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let lists = ["content", "refusal"].into_iter();
    let tokens = lists
        .filter_map(move |key| root.field(key))
        .flat_map(Value::items);
    tokens.filter(|token| token.is_object())
}

/// Writes probabilities in Chat's form as the field of a candidate.
pub(crate) fn write(writer: &mut Writer<'_>, raw: &RawJson) {
    let document = raw.document();
    let tokens = || tokens(document.root());
    if tokens().next().is_none() {
        return;
    }
    writer.object_field(FIELD, |writer| {
        writer.array_field("topCandidates", |writer| {
            for token in tokens() {
                let rivals = token.field("top_logprobs");
                writer.object(|writer| {
                    writer.array_field("candidates", |writer| {
                        for rival in rivals.into_iter().flat_map(Value::items) {
                            write_token(writer, rival);
                        }
                    });
                });
            }
        });
        writer.array_field("chosenCandidates", |writer| {
            tokens().for_each(|token| write_token(writer, token));
        });
    });
}

fn write_token(writer: &mut Writer<'_>, token: Value<'_>) {
    writer.object(|writer| {
        writer.field("token", &token.text_of("token").unwrap_or_default());
        writer.key("logProbability");
        write_number(writer, token.field("logprob"));
    });
}

/// A number as it was written; one that is absent is zero, as protocol buffers leave that out.
fn write_number(writer: &mut Writer<'_>, number: Option<Value<'_>>) {
    match number.filter(|number| number.kind() == Kind::Number) {
        Some(number) => writer.value(&number.raw()),
        None => writer.value(&0_u32),
    }
}
