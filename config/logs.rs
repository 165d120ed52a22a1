//! The settings of log files.

use crate::environment::Environment;
use crate::error::Report;
use crate::model::{Logs, RequestLogs};
use crate::paths;
use crate::server::count;
use crate::view::View;

/// Logs of failed requests that are kept, like the family's.
const ERROR_FILES: u32 = 10;
const MOST_ERROR_FILES: u32 = 100_000;
/// A tebibyte.
const MOST_MEGABYTES: u32 = 1 << 20;

/// What holds where the file says nothing.
pub(crate) fn default(environment: &Environment) -> Logs {
    Logs {
        to_file: false,
        directory: paths::logs_dir(environment),
        max_bytes: None,
        requests: RequestLogs::default(),
        error_files: Some(ERROR_FILES as usize),
    }
}

pub(crate) fn read(root: &View, environment: &Environment, report: &mut Report) -> Logs {
    let default = default(environment);
    let flag = |name: &str| root.get(name).bool().unwrap_or(false);
    let megabytes = count(&root.get("logs-max-total-size-mb"), MOST_MEGABYTES, report).unwrap_or(0);
    let directory = root.get("logs-dir");
    Logs {
        to_file: flag("logging-to-file"),
        directory: directory
            .filled()
            .map_or(default.directory, |path| environment.expand(path)),
        max_bytes: (megabytes > 0).then(|| u64::from(megabytes) << 20),
        requests: match (flag("commercial-mode"), flag("request-log")) {
            (true, _) => RequestLogs::Off,
            (false, true) => RequestLogs::All,
            (false, false) => RequestLogs::Failed,
        },
        error_files: error_files(&root.get("error-logs-max-files"), report),
    }
}

/// The family takes a negative number for the default.
fn error_files(view: &View, report: &mut Report) -> Option<usize> {
    let default = match view.integer() {
        Some(0..) => None,
        Some(_) | None => Some(ERROR_FILES),
    };
    let files = default.or_else(|| count(view, MOST_ERROR_FILES, report));
    files.filter(|files| *files > 0).map(|files| files as usize)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::file::parse;

    fn logs(text: &str) -> Logs {
        let environment = Environment::from_map([("HOME", "/h")]);
        let loaded = parse(text, Path::new("c.yaml"), &environment).unwrap();
        loaded.config.logs
    }

    #[test]
    fn without_a_word_only_failed_requests_leave_something() {
        let expected = Logs {
            to_file: false,
            directory: PathBuf::from("/h/.local/state/modelgate/logs"),
            max_bytes: None,
            requests: RequestLogs::Failed,
            error_files: Some(10),
        };
        assert_eq!(logs("debug: true"), expected);
    }

    #[test]
    fn numbers_mean_what_they_mean_in_the_family() {
        for (text, max_bytes, error_files) in [
            (
                "logs-max-total-size-mb: 3\nerror-logs-max-files: 4",
                Some(3 << 20),
                Some(4),
            ),
            (
                "logs-max-total-size-mb: 0\nerror-logs-max-files: 0",
                None,
                None,
            ),
            (
                "logs-max-total-size-mb: -3\nerror-logs-max-files: -1",
                None,
                Some(10),
            ),
        ] {
            let logs = logs(text);
            assert_eq!(
                (logs.max_bytes, logs.error_files),
                (max_bytes, error_files),
                "{text}"
            );
        }
    }

    #[test]
    fn a_commercial_gateway_logs_no_request() {
        for (text, expected) in [
            ("request-log: true", RequestLogs::All),
            ("request-log: true\ncommercial-mode: true", RequestLogs::Off),
            ("commercial-mode: true", RequestLogs::Off),
        ] {
            assert_eq!(logs(text).requests, expected, "{text}");
        }
        assert_eq!(
            logs("logs-dir: ~/l\nlogging_to_file: true").directory,
            PathBuf::from("/h/l")
        );
    }
}
