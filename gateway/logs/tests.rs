use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Instant, SystemTime};

use modelgate_config::{Environment, parse};
use modelgate_management::LogLevel;
use modelgate_management::time::timestamp;

use super::*;

fn config(directory: &Path, text: &str) -> Config {
    let text = format!("logs-dir: {}\n{text}", directory.display());
    let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
    loaded.config
}

fn say(logs: &Logs, text: &str) {
    logs.line(LogLine {
        time: timestamp(SystemTime::now()),
        request_id: None,
        level: LogLevel::Info,
        target: "t".to_owned(),
        text: text.to_owned(),
    });
}

/// The texts of all lines that were written.
fn written(directory: &Path) -> Vec<String> {
    let text =
        fs::read_to_string(directory.join(names::Series::Lines.current())).unwrap_or_default();
    text.lines()
        .map(|line| LogLine::parse(line).unwrap().text)
        .collect()
}

#[test]
fn lines_are_written_while_that_is_wanted() {
    let home = tempfile::tempdir().unwrap();
    let (on, off) = ("logging-to-file: true", "logging-to-file: false");
    let logs = Logs::new(&config(home.path(), off).logs);
    say(&logs, "one");
    logs.follow(&config(home.path(), on), &[]);
    say(&logs, "two");
    logs.follow(&config(home.path(), off), &[]);
    say(&logs, "three");
    logs.flush();
    assert_eq!(
        written(home.path()),
        ["two"],
        "what was told in time is written"
    );
    let elsewhere = home.path().join("elsewhere");
    logs.follow(&config(&elsewhere, on), &[]);
    say(&logs, "four");
    logs.flush();
    assert_eq!(written(&elsewhere), ["four"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let main = elsewhere.join(names::Series::Lines.current());
    assert_eq!((mode(&elsewhere), mode(&main)), (0o700, 0o600));
}

#[test]
fn a_new_limit_counts_at_once() {
    let home = tempfile::tempdir().unwrap();
    let rotated = home.path().join("main-2026-03-04T05-06-07.001.log");
    fs::write(&rotated, "x".repeat(2 << 20)).unwrap();
    let text = "logging-to-file: true\nlogs-max-total-size-mb: ";
    let logs = Logs::new(&config(home.path(), &format!("{text}9")).logs);
    say(&logs, "one");
    logs.flush();
    assert!(rotated.exists());
    logs.follow(&config(home.path(), &format!("{text}1")), &[]);
    logs.flush();
    assert!(!rotated.exists());
    let line = "y".repeat(10_000);
    for _ in 0..300 {
        say(&logs, &line);
        logs.flush();
    }
    let total: u64 = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(total <= 1 << 20 && total > 1 << 19, "{total}");
}

#[test]
fn secrets_do_not_reach_the_file() {
    let home = tempfile::tempdir().unwrap();
    let text = "logging-to-file: true\nproxy-url: http://me:proxy-word@h:1\nclaude-api-key: [{api-key: key-of-a-provider}]";
    let config = config(home.path(), text);
    let logs = Logs::new(&config.logs);
    logs.follow(&config, &[]);
    say(
        &logs,
        "wrong key key-of-a-provider, proxy-word, sk-0123456789abcdefghij",
    );
    logs.flush();
    assert_eq!(written(home.path()), ["wrong key key-…ider, …, sk-0…ghij"]);
}

#[test]
fn what_finds_no_place_is_counted_and_said() {
    let home = tempfile::tempdir().unwrap();
    let logs = Logs::new(&config(home.path(), "logging-to-file: true").logs);
    // As if so much were waiting.
    logs.0.board.line_bytes.store(LINE_BYTES, Relaxed);
    let start = Instant::now();
    for _ in 0..3 {
        say(&logs, "no place");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "nobody waits");
    logs.0.board.line_bytes.store(0, Relaxed);
    say(&logs, "place");
    logs.flush();
    let lines = written(home.path());
    assert!(lines[0].contains("missing=3"), "{lines:?}");
    assert_eq!(lines[1..], ["place"]);
}

#[test]
fn a_directory_that_cannot_be_written_costs_lines_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let blocked = home.path().join("logs");
    fs::write(&blocked, "no directory").unwrap();
    let logs = Logs::new(&config(&blocked, "logging-to-file: true").logs);
    for _ in 0..2 {
        say(&logs, "lost");
        logs.flush();
    }
    fs::remove_file(&blocked).unwrap();
    say(&logs, "written");
    logs.flush();
    let lines = written(&blocked);
    assert!(lines[0].contains("missing=2"), "{lines:?}");
    assert_eq!(lines[1..], ["written"]);
}

#[test]
fn a_line_of_any_length_is_cut() {
    let home = tempfile::tempdir().unwrap();
    let logs = Logs::new(&config(home.path(), "logging-to-file: true").logs);
    say(&logs, &"\u{e9}".repeat(LONGEST));
    logs.flush();
    let line = &written(home.path())[0];
    assert!(
        line.len() < LONGEST + 8 && line.ends_with("\u{e9}…"),
        "{}",
        line.len()
    );
}

#[test]
fn clearing_leaves_the_logs_of_requests() {
    let home = tempfile::tempdir().unwrap();
    let request = "v1-messages-2026-03-04T050607-0a.log";
    for name in [request, "main-2026-03-04T05-06-07.001.log"] {
        fs::write(home.path().join(name), "x").unwrap();
    }
    let logs = Logs::new(&config(home.path(), "logging-to-file: true").logs);
    say(&logs, "one");
    logs.flush();
    assert_eq!(logs.clear().unwrap(), 1);
    assert!(home.path().join(request).exists());
    assert_eq!(written(home.path()), Vec::<String>::new());
    say(&logs, "two");
    logs.flush();
    assert_eq!(written(home.path()), ["two"]);
}

#[test]
fn the_thread_ends_with_the_last_handle() {
    let home = tempfile::tempdir().unwrap();
    let logs = Logs::new(&config(home.path(), "logging-to-file: true").logs);
    say(&logs, "one");
    let board = Arc::downgrade(&logs.0.board);
    drop(logs);
    let start = Instant::now();
    while board.strong_count() > 0 {
        assert!(start.elapsed() < Duration::from_secs(5));
        thread::yield_now();
    }
    assert_eq!(written(home.path()), ["one"]);
}

#[test]
fn a_full_file_is_kept_while_there_is_room() {
    let home = tempfile::tempdir().unwrap();
    let text = "logging-to-file: true\nlogs-max-total-size-mb: 2";
    let logs = Logs::new(&config(home.path(), text).logs);
    for _ in 0..140 {
        say(&logs, &"y".repeat(12_000));
        logs.flush();
    }
    let mut sizes: Vec<(String, u64)> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, entry.metadata().unwrap().len())
        })
        .collect();
    sizes.sort();
    assert_eq!(sizes.len(), 2, "{sizes:?}");
    assert!(sizes[0].1 > 1_000_000 && sizes[0].1 <= 1 << 20, "{sizes:?}");
}
