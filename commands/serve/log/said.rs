//! What an event says, in words.

use std::error::Error;
use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

use crate::inert::inert;

/// What an event says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    /// The other fields, each with a space before it.
    pub(super) fields: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "request_id" => self.request_id = Some(format!("{value:?}")),
            name => {
                // A string has room for everything.
                let _ = write!(self.fields, " {name}={value:?}");
            }
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "request_id" => self.request_id = Some(value.to_owned()),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        self.record_debug(field, &format_args!("{text}"));
    }
}

/// Fields of an event as a terminal may have them: much of what is logged was said by clients and providers.
#[derive(Debug)]
pub(super) struct Inert;

impl<'w> FormatFields<'w> for Inert {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut said = Said::default();
        fields.record(&mut said);
        if let Some(id) = &said.request_id {
            write!(said.message, " request_id={id}")?;
        }
        writer.write_str(&inert(&(said.message + &said.fields)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_is_logged_acts_on_a_terminal() {
        let lines = Lines::default();
        let written = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || written.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(Inert);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let (id, model, error) = ("r\u{1b}[2J", "m\u{9b}5m\nx\u{202e}", "e\u{1b}]8;;\u{7}");
            tracing::warn!(%model, request_id = %id, status = 429, who = model, "failed: {error}");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text,
            " WARN failed: e\\u{1b}]8;;\\u{7} request_id=r\\u{1b}[2J model=m\\u{9b}5m\\nx\\u{202e} status=429 \
             who=\"m\\u{9b}5m\\nx\\u{202e}\"\n"
        );
    }
}
