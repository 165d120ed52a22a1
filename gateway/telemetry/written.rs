//! Events as JSON. Those that every request makes are written here and not by serde, which looks at each byte of each key and
//! each text: most of what it costs to tell of a request. The bytes are the same.

use std::io::Write as _;

use modelgate_management::events::{RequestFirstByte, RequestProgress, RequestStarted};
use modelgate_management::{Event, RequestSummary, Timestamp};
use serde::Serialize;

/// Appends the object of an event.
pub(super) fn write<Text>(out: &mut Vec<u8>, event: &Event<Text>)
where
    Text: AsRef<str> + Serialize,
{
    match event {
        Event::RequestStarted(it) => Object::of(out, event.name(), |object| started(object, it)),
        Event::RequestFirstByte(it) => Object::of(out, event.name(), |object| first(object, it)),
        Event::RequestProgress(it) => Object::of(out, event.name(), |object| progress(object, it)),
        Event::RequestEnded(it) => Object::of(out, event.name(), |object| ended(object, it)),
        rare => value(out, rare),
    }
}

/// The name of a field as it stands before its value: nothing in it is written otherwise.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

// Each takes its event apart, so that a field that is new is not forgotten.

fn started<Text: AsRef<str>>(object: &mut Object<'_>, event: &RequestStarted<Text>) {
    let RequestStarted {
        id,
        time,
        client_key,
        client_name,
        dialect,
        model,
        stream,
    } = event;
    object.text(key!("id"), id);
    object.time(key!("time"), *time);
    object.text_if(key!("client_key"), client_key.as_ref());
    object.text_if(key!("client_name"), client_name.as_ref());
    object.text(key!("dialect"), dialect);
    object.text(key!("model"), model);
    object.value(key!("stream"), stream);
}

fn first<Text: AsRef<str>>(object: &mut Object<'_>, event: &RequestFirstByte<Text>) {
    let RequestFirstByte {
        id,
        credential,
        provider,
        upstream_dialect,
        upstream_model,
        ms,
    } = event;
    object.text(key!("id"), id);
    object.text_if(key!("credential"), credential.as_ref());
    object.text_if(key!("provider"), provider.as_ref());
    object.text_if(key!("upstream_dialect"), upstream_dialect.as_ref());
    object.text_if(key!("upstream_model"), upstream_model.as_ref());
    object.value(key!("ms"), ms);
}

fn progress<Text: AsRef<str>>(object: &mut Object<'_>, event: &RequestProgress<Text>) {
    let RequestProgress {
        id,
        ms,
        chunks,
        tokens,
        bytes,
    } = event;
    object.text(key!("id"), id);
    object.value(key!("ms"), ms);
    object.value(key!("chunks"), chunks);
    object.value_if(key!("tokens"), tokens.as_ref());
    object.value(key!("bytes"), bytes);
}

fn ended<Text: AsRef<str>>(object: &mut Object<'_>, event: &RequestSummary<Text>) {
    let RequestSummary {
        id,
        time,
        client_key,
        client_name,
        dialect,
        model,
        stream,
        status,
        complete,
        credential,
        provider,
        upstream_dialect,
        upstream_model,
        attempts,
        first_byte_ms,
        total_ms,
        usage,
        cost,
        error,
    } = event;
    object.text(key!("id"), id);
    object.time(key!("time"), *time);
    object.text_if(key!("client_key"), client_key.as_ref());
    object.text_if(key!("client_name"), client_name.as_ref());
    object.text(key!("dialect"), dialect);
    object.text(key!("model"), model);
    object.value(key!("stream"), stream);
    object.value(key!("status"), status);
    object.value(key!("complete"), complete);
    object.text_if(key!("credential"), credential.as_ref());
    object.text_if(key!("provider"), provider.as_ref());
    object.text_if(key!("upstream_dialect"), upstream_dialect.as_ref());
    object.text_if(key!("upstream_model"), upstream_model.as_ref());
    object.value(key!("attempts"), attempts);
    object.value_if(key!("first_byte_ms"), first_byte_ms.as_ref());
    object.value(key!("total_ms"), total_ms);
    object.value(key!("usage"), usage);
    object.value_if(key!("cost"), cost.as_ref());
    object.text_if(key!("error"), error.as_ref());
}

/// The object of an event, behind its type.
struct Object<'b>(&'b mut Vec<u8>);

impl<'b> Object<'b> {
    fn of(out: &'b mut Vec<u8>, name: &str, fill: impl FnOnce(&mut Self)) {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
        let mut object = Self(out);
        fill(&mut object);
        object.0.push(b'}');
    }

    fn text(&mut self, key: &'static str, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.0.reserve(key.len() + text.len() + 2);
        self.0.extend_from_slice(key.as_bytes());
        if is_plain(text) {
            self.0.push(b'"');
            self.0.extend_from_slice(text.as_bytes());
            self.0.push(b'"');
        } else {
            value(self.0, text);
        }
    }

    fn text_if(&mut self, key: &'static str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    fn time(&mut self, key: &'static str, time: Timestamp) {
        self.0.extend_from_slice(key.as_bytes());
        // A vector takes all.
        let _ = write!(self.0, "\"{time}\"");
    }

    fn value(&mut self, key: &'static str, it: &impl Serialize) {
        self.0.extend_from_slice(key.as_bytes());
        value(self.0, it);
    }

    fn value_if(&mut self, key: &'static str, it: Option<&impl Serialize>) {
        if let Some(it) = it {
            self.value(key, it);
        }
    }
}

/// Appends what serde makes of a value.
fn value(out: &mut Vec<u8>, it: &(impl Serialize + ?Sized)) {
    // Fails for keys that are no text, and there are none.
    let _ = serde_json::to_writer(out, it);
}

/// Whether a text is written as it is. Looks at all of it, whatever it finds, which is many bytes at a time.
fn is_plain(text: &str) -> bool {
    let escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    !text.bytes().fold(false, |any, byte| any | escaped(byte))
}

#[cfg(test)]
mod tests;
