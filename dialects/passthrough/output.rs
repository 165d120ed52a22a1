//! The output of a Responses stream, for upstreams whose last event leaves it out (`providers.md` 3.3).

use crate::framing::sse::Frame;
use crate::json::edit::{self, Step};
use crate::json::{Document, Str, Value};

/// The items of an answer, as they were told one by one.
#[derive(Debug, Default)]
pub(super) struct Output {
    items: Vec<(u64, Str)>,
}

/// Where the output stands in the last event.
const PLACE: [Step<'static>; 2] = [Step::Key("response"), Step::Key("output")];

impl Output {
    /// Whether an event is the last one of an answer that leaves its output out.
    pub(super) fn is_missing(frame: &Frame, document: &mut Document) -> bool {
        let ends = ["response.completed", "response.incomplete"];
        // Some servers leave out the names of events.
        let may_end = frame.event.is_empty() || ends.contains(&&*frame.event);
        if !may_end || document.reparse(frame.data.clone()).is_err() {
            return false;
        }
        let kind = document.root().text_of("type");
        let response = document.root().field("response");
        let output = response.and_then(|response| response.field("output"));
        kind.is_some_and(|kind| ends.contains(&&*kind))
            && output.into_iter().flat_map(Value::items).next().is_none()
    }

    /// Takes an item that is done, out of the event that tells so.
    pub(super) fn keep(&mut self, event: Value<'_>) {
        let index = event.field("output_index").and_then(Value::as_u64);
        let next = u64::try_from(self.items.len()).unwrap_or(u64::MAX);
        let item = event.field("item").map(|item| item.raw().to_text());
        self.items
            .extend(item.map(|item| (index.unwrap_or(next), item)));
    }

    /// The last event with its output.
    pub(super) fn restored(&mut self, event: &Document) -> Option<Str> {
        self.items.sort_by_key(|(index, _)| *index);
        let items: Vec<&str> = self.items.iter().map(|(_, item)| &**item).collect();
        let event = edit::set(event, &PLACE, &format!("[{}]", items.join(",")))?;
        Str::try_from(event).ok()
    }
}
