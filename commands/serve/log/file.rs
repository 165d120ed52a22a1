//! The same lines for the gateway's log files, and for whoever follows them.

use std::time::SystemTime;

use modelgate_gateway::Logs;
use modelgate_management::time::timestamp;
use modelgate_management::{LogLevel, LogLine};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::said::Said;

/// Hands lines on.
#[derive(Debug)]
pub(super) struct ToFile(pub(super) Logs);

impl<S: Subscriber> Layer<S> for ToFile {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !self.0.takes_lines() {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let metadata = event.metadata();
        self.0.line(LogLine {
            time: timestamp(SystemTime::now()),
            request_id: said.request_id,
            level: level(*metadata.level()),
            target: metadata.target().to_owned(),
            text: said.message + &said.fields,
        });
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use modelgate_config::{Environment, parse};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// The lines that are written while `say` runs.
    fn written(say: impl FnOnce()) -> Vec<LogLine> {
        let home = tempfile::tempdir().unwrap();
        let text = format!("logging-to-file: true\nlogs-dir: {}", home.path().display());
        let path = home.path().join("c.yaml");
        let loaded = parse(&text, &path, &Environment::default()).unwrap();
        let logs = Logs::new(&loaded.config.logs);
        let subscriber = tracing_subscriber::registry().with(ToFile(logs.clone()));
        tracing::subscriber::with_default(subscriber, say);
        logs.flush();
        let text = std::fs::read_to_string(home.path().join("main.log")).unwrap();
        text.lines()
            .map(|line| LogLine::parse(line).unwrap())
            .collect()
    }

    #[test]
    fn an_event_is_one_line_with_its_request_and_its_fields() {
        let cause = std::io::Error::other("no room");
        let lines = written(|| {
            let id = "019cb8a1";
            tracing::warn!(request_id = %id, status = 429, who = "a b", "attempt failed");
            tracing::error!(error = &cause as &dyn Error, "two\nlines");
        });
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.level, line.request_id.as_deref(), &*line.text))
            .collect();
        assert_eq!(
            told,
            [
                (
                    LogLevel::Warn,
                    Some("019cb8a1"),
                    r#"attempt failed status=429 who="a b""#
                ),
                (LogLevel::Error, None, r"two\nlines error=no room"),
            ]
        );
        assert!(lines[0].target.ends_with("log::file::tests"));
    }
}
