//! The log and the logs of requests, as they are asked for.

use std::fs;

use modelgate_management::{LogFiles, LogLevel, LogLine, LogLines, LogsCleared};
use tempfile::TempDir;

use super::*;
use crate::logs::{Transcript, bundle};
use crate::request::{Incoming, RequestId};

const FAILED: &str = "error-v1-messages-2026-03-04T050607-0a1.log";
const LATER: &str = "error-v1-messages-2026-03-04T050608-0a2.log";
const WHOLE: &str = "v1-messages-2026-03-04T050607-0b1.log";

/// A gateway that logs below a directory of its own.
fn scene(text: &str) -> (TempDir, Arc<State>) {
    let home = tempfile::tempdir().unwrap();
    let logs = home.path().join("logs");
    let state = state(&format!("logs-dir: {}\n{text}", logs.display()));
    (home, state)
}

fn put(home: &TempDir, names: &[&str]) {
    let directory = home.path().join("logs");
    fs::create_dir_all(&directory).unwrap();
    for name in names {
        fs::write(directory.join(name), format!("in {name}")).unwrap();
    }
}

fn say(state: &State, level: LogLevel, text: &str) {
    state.logs.line(LogLine {
        time: "2026-03-04T05:06:07Z".parse().unwrap(),
        request_id: None,
        level,
        target: "t".to_owned(),
        text: text.to_owned(),
    });
    state.logs.flush();
}

/// What asking is answered: the status, and the reason where there is one.
async fn told(state: &Arc<State>, ask: &str) -> (u16, String) {
    let (status, _, body) = asked(state, ask, Some(TOKEN)).await;
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let error = body["error"].as_str().unwrap_or_default();
    (status, error.to_owned())
}

#[tokio::test]
async fn lines_are_read_chosen_and_deleted() {
    let (_home, state) = scene("logging-to-file: true");
    let none: LogLines = view(&state, "GET logs?after=7").await;
    assert_eq!((none.lines.len(), none.latest_timestamp), (0, 7));
    assert_eq!(
        told(&state, "DELETE logs").await,
        (404, "log directory not found".to_owned())
    );
    say(&state, LogLevel::Info, "one");
    say(&state, LogLevel::Warn, "two [x]");
    say(&state, LogLevel::Info, "three");
    let last: LogLines = view(&state, "GET logs?limit=2").await;
    let texts: Vec<_> = last
        .lines
        .iter()
        .map(|line| LogLine::parse(line).unwrap().text)
        .collect();
    assert_eq!(texts, ["two [x]", "three"]);
    for (query, count) in [
        ("level=warn", 1),
        ("grep=two%20%5Bx%5D", 1),
        ("request=0a", 0),
        ("after=1", 3),
        ("after=99999999999", 0),
        ("after=never", 3),
        ("limit=2&after=1", 2),
    ] {
        let lines: LogLines = view(&state, &format!("GET logs?{query}")).await;
        assert_eq!(lines.lines.len(), count, "{query}");
    }
    let cursor = last.next_cursor.unwrap();
    say(&state, LogLevel::Info, "four");
    let rest: LogLines = view(&state, &format!("GET logs?cursor={cursor}")).await;
    assert_eq!(
        (rest.lines.len(), rest.line_count, rest.cursor_reset),
        (1, 1, false)
    );
    let cleared: LogsCleared = view(&state, "DELETE logs").await;
    assert_eq!((cleared.success, cleared.removed), (true, 0));
    assert_eq!(cleared.message, "Logs cleared successfully");
    let reset: LogLines = view(&state, &format!("GET logs?cursor={cursor}")).await;
    assert!(reset.cursor_reset && reset.lines.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_says_so_in_the_familys_words() {
    let (_home, state) = scene("logging-to-file: true");
    for (ask, status, error) in [
        (
            "GET logs?limit=many",
            400,
            "invalid limit: must be a positive integer",
        ),
        (
            "GET logs?limit=0",
            400,
            "invalid limit: must be greater than zero",
        ),
        (
            "GET logs?limit=-3",
            400,
            "invalid limit: must be greater than zero",
        ),
        ("GET logs?level=loud", 400, "invalid level"),
        ("GET request-log-by-id", 400, "missing request ID"),
        ("GET request-log-by-id/..%2Fa", 400, "invalid request ID"),
        ("GET request-log-by-id/a%5Cb", 400, "invalid request ID"),
        (
            "GET request-log-by-id/0c",
            404,
            "log file not found for the given request ID",
        ),
        (
            "GET request-error-logs/..%2Fmain.log",
            400,
            "invalid log file name",
        ),
        (
            "GET request-error-logs/a%5Cb.log",
            400,
            "invalid log file name",
        ),
        ("GET request-error-logs/main.log", 404, "log file not found"),
        ("GET request-error-logs/..", 404, "log file not found"),
        (
            &format!("GET request-error-logs/{FAILED}"),
            404,
            "log file not found",
        ),
        (
            &format!("GET request-error-logs/{WHOLE}"),
            404,
            "log file not found",
        ),
    ] {
        assert_eq!(told(&state, ask).await, (status, error.to_owned()), "{ask}");
    }
    for (ask, status) in [
        ("POST logs", 405),
        ("PUT request-error-logs", 405),
        ("DELETE request-log-by-id/0a1", 405),
        ("GET logs/main.log", 404),
        ("GET request-error-logs/a/b", 404),
    ] {
        assert_eq!(asked(&state, ask, Some(TOKEN)).await.0, status, "{ask}");
    }
    let (_home, off) = scene("");
    for ask in ["GET logs", "DELETE logs"] {
        let expected = (400, "logging to file disabled".to_owned());
        assert_eq!(told(&off, ask).await, expected, "{ask}");
    }
}

#[tokio::test]
async fn logs_of_requests_are_listed_and_sent_whatever_is_logged_now() {
    for text in ["", "request-log: true", "logging-to-file: true"] {
        let (home, state) = scene(text);
        let none: LogFiles = view(&state, "GET request-error-logs").await;
        assert_eq!(none.files, []);
        put(
            &home,
            &[LATER, FAILED, WHOLE, "main.log", "error-notes.log"],
        );
        let listed: LogFiles = view(&state, "GET request-error-logs").await;
        let names: Vec<&str> = listed.files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, [LATER, FAILED]);
        assert_eq!(listed.files[0].size, 3 + LATER.len() as u64);
        for (ask, name) in [
            (format!("request-error-logs/{FAILED}"), FAILED),
            ("request-log-by-id/0a1".to_owned(), FAILED),
            ("request-log-by-id?id=0b1".to_owned(), WHOLE),
        ] {
            let (status, headers, body) = asked(&state, &format!("GET {ask}"), Some(TOKEN)).await;
            assert_eq!(
                (status, body),
                (200, format!("in {name}").into_bytes()),
                "{ask}"
            );
            let attachment = format!("attachment; filename=\"{name}\"");
            assert_eq!(headers["content-disposition"], attachment);
        }
    }
}

#[tokio::test]
async fn a_log_in_a_file_of_many_is_sent_by_its_id() {
    let (home, state) = scene("");
    let name = |id: &str| format!("v1-messages-2026-03-04T050607-{id}.log");
    let write = |file: &str, ids: &[&str]| {
        let mut bytes = Vec::new();
        for id in ids {
            bundle::push(&mut bytes, &name(id), &format!("asked {id}\n"));
        }
        fs::write(home.path().join("logs").join(file), bytes).unwrap();
    };
    put(&home, &[FAILED]);
    write("requests.log", &["0c5", "0c6"]);
    write("requests-2026-03-04T05-06-07.001.log", &["0c1", "0c2"]);
    write("requests-2026-03-04T05-06-07.002.log", &["0c3"]);
    for id in ["0c1", "0c2", "0c3", "0c5", "0c6"] {
        let ask = format!("GET request-log-by-id/{id}");
        let (status, headers, body) = asked(&state, &ask, Some(TOKEN)).await;
        assert_eq!((status, body), (200, format!("asked {id}\n").into_bytes()));
        let attachment = format!("attachment; filename=\"{}\"", name(id));
        assert_eq!(headers["content-disposition"], attachment);
    }
    let missing = told(&state, "GET request-log-by-id/0c4").await;
    let expected = "log file not found for the given request ID".to_owned();
    assert_eq!(missing, (404, expected));
    let listed: LogFiles = view(&state, "GET request-error-logs").await;
    assert_eq!(listed.files.len(), 1);
}

#[tokio::test]
async fn a_log_is_there_for_whoever_asks_at_once() {
    let (_home, state) = scene("request-log: true");
    let incoming = Incoming {
        id: RequestId::new(),
        started: std::time::Instant::now(),
        method: Method::POST,
        path: "/v1/messages".to_owned(),
        query: None,
        headers: Arc::default(),
        peer: None,
        upgrade: None,
        amp: None,
        body: Box::pin(futures_util::stream::empty()),
        transcript: Transcript::default(),
    };
    drop(state.logs.transcript(&incoming));
    let ask = format!("GET request-log-by-id/{}", incoming.id);
    let (status, _, body) = asked(&state, &ask, Some(TOKEN)).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(text.contains(incoming.id.as_str()), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_not_followed() {
    let (home, state) = scene("");
    put(&home, &[]);
    let secret = home.path().join("secret");
    fs::write(&secret, "hush").unwrap();
    std::os::unix::fs::symlink(&secret, home.path().join("logs").join(FAILED)).unwrap();
    let listed: LogFiles = view(&state, "GET request-error-logs").await;
    assert_eq!(listed.files, []);
    for ask in [
        format!("request-error-logs/{FAILED}"),
        "request-log-by-id/0a1".to_owned(),
    ] {
        assert_eq!(told(&state, &format!("GET {ask}")).await.0, 404, "{ask}");
    }
}
