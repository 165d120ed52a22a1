//! From the IR to an answer for a client.

use std::collections::{HashMap, HashSet};

use super::item::Item;
use super::{refuses, write_failure};
use crate::Dialect;
use crate::ir::{Error, ErrorKind, Extensions, Response, Usage};
use crate::json::{RawJson, Str, Writer};
use crate::openai::extensions;
use crate::openai::responses::request::unsaid;
use crate::openai::responses::wire::{self, Ending, usage};
use crate::target::Reply;

/// Writes an answer. Responses has one choice.
pub fn encode(response: &Response, reply: &Reply, out: &mut Vec<u8>) {
    let choice = response.choices.first();
    let parts = choice.map_or(&[][..], |choice| &choice.parts);
    let refused = parts.iter().any(refuses);
    let stop = choice.and_then(|choice| choice.stop.as_ref());
    let ending = Ending::of(stop, refused);
    let tokens = choice.and_then(|choice| choice.logprobs.as_ref());
    let cut = ending != Ending::Completed;
    let items = Item::all(parts, tokens, reply, cut);
    let own = response.dialect == Dialect::Responses;
    let failure = failure(ending);
    let answer = Answer {
        reply,
        extensions: &response.extensions,
        status: ending.status(),
        ending,
        failure: failure.as_ref(),
        items: Items::Whole(&items),
        usage: response.usage.as_ref().filter(|usage| !usage.is_empty()),
        service_tier: response.service_tier.as_ref().filter(|_| own),
    };
    answer.write(&mut Writer::new(out));
}

/// The failure that an ending is.
pub(in crate::openai::responses) fn failure(ending: Ending) -> Option<Error> {
    match ending {
        Ending::Failed(message) => Some(Error::new(ErrorKind::Server, Str::from_static(message))),
        Ending::Completed | Ending::Incomplete(_) => None,
    }
}

/// A whole answer, or what is known of one that is streamed.
pub(in crate::openai::responses) struct Answer<'a> {
    pub(in crate::openai::responses) reply: &'a Reply,
    /// What the upstream says beside the answer, where it is of the same dialect.
    pub(in crate::openai::responses) extensions: &'a Extensions,
    pub(in crate::openai::responses) status: &'a str,
    pub(in crate::openai::responses) ending: Ending,
    pub(in crate::openai::responses) failure: Option<&'a Error>,
    pub(in crate::openai::responses) items: Items<'a>,
    pub(in crate::openai::responses) usage: Option<&'a Usage>,
    pub(in crate::openai::responses) service_tier: Option<&'a Str>,
}

/// The items of an answer.
pub(in crate::openai::responses) enum Items<'a> {
    /// All of them; the last one bears the mark of how the answer ended.
    Whole(&'a [Item]),
    /// As they were written, each with its status.
    Streamed(&'a [(Item, &'static str)]),
}

impl Answer<'_> {
    /// Writes the answer, on one line.
    pub(in crate::openai::responses) fn write(&self, writer: &mut Writer<'_>) {
        writer.object(|writer| {
            writer.field("id", &["resp_", &self.reply.unique].concat());
            writer.field("object", "response");
            writer.field("created_at", &self.reply.created);
            writer.field("status", self.status);
            match self.failure {
                Some(error) => write_failure(writer, error),
                None => writer.null_field("error"),
            }
            match self.ending {
                Ending::Incomplete(reason) => {
                    writer.object_field("incomplete_details", |writer| {
                        writer.field("reason", reason);
                    });
                }
                Ending::Completed | Ending::Failed(_) => writer.null_field("incomplete_details"),
            }
            writer.field("model", &self.reply.model);
            writer.array_field("output", |writer| self.write_items(writer));
            match self.usage {
                Some(counts) => usage::write(writer, counts),
                None => writer.null_field("usage"),
            }
            writer.field_opt("service_tier", self.service_tier);
            self.write_settings(writer);
        });
    }

    fn write_items(&self, writer: &mut Writer<'_>) {
        match self.items {
            Items::Whole(items) => {
                for (index, item) in items.iter().enumerate() {
                    let status = match index + 1 == items.len() {
                        true => self.ending.last_item(),
                        false => "completed",
                    };
                    item.write(writer, status);
                }
            }
            Items::Streamed(items) => items
                .iter()
                .for_each(|(item, status)| item.write(writer, status)),
        }
    }

    /// The settings of the request: as a Responses upstream repeats them, else as the client wrote them.
    fn write_settings(&self, writer: &mut Writer<'_>) {
        let echo = self.reply.names.echo().unwrap_or_else(|| unsaid());
        let own = extensions::outer(Dialect::Responses, self.extensions, &[]);
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            return writer.entries(echo);
        }
        // Each of them is written once: of a field that is there twice the last counts, as everywhere.
        let last: HashMap<&str, &RawJson> = own.iter().copied().collect();
        let mut written = HashSet::new();
        for (key, _) in own {
            if let Some(value) = last.get(key).filter(|_| written.insert(key)) {
                writer.foreign_key(key);
                wire::write_line(writer, value);
            }
        }
        for (key, value) in echo.document().root().entries() {
            if !last.contains_key(&*key) {
                writer.foreign_field(&key, &value.raw());
            }
        }
    }
}
