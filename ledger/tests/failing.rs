//! Whatever happens to the file, recording goes on, and the loss is counted.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use modelgate_ledger::{By, Filter, Ledger, LedgerError, Range, Row, Settings, Status};

use crate::material::{BEGINNING, Bed, LONG, all, open, open_with, row, settings};

/// How long anybody may have to wait for recording so many rows.
const AT_ONCE: Duration = Duration::from_secs(2);

fn some(numbers: std::ops::Range<u64>) -> Vec<Row> {
    numbers
        .map(|number| row(BEGINNING + number, number))
        .collect()
}

/// Records rows, which takes no time whatever the disk does.
fn record(ledger: &Ledger, rows: Vec<Row>) {
    let began = Instant::now();
    for row in rows {
        ledger.record(row);
    }
    assert!(began.elapsed() < AT_ONCE, "recording waits for something");
}

/// Waits for the status to become so.
fn until(ledger: &Ledger, so: impl Fn(&Status) -> bool) -> Status {
    let began = Instant::now();
    loop {
        let status = ledger.status();
        if so(&status) {
            return status;
        }
        assert!(began.elapsed() < LONG, "{status:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn message(status: &Status) -> &str {
    status
        .last_error
        .as_ref()
        .map_or("", |error| &error.message)
}

/// Puts bytes in the place of others.
fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Files beside the ledger that a damaged one was put into.
fn put_aside(directory: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let aside = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.contains(".corrupt-") && !name.ends_with("-wal") && !name.ends_with("-shm")
    };
    files.filter(aside).collect()
}

#[test]
fn a_full_queue_loses_what_does_not_fit_and_counts_it() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open_with(Settings {
        queue: 10,
        // Not even the tables fit in: what is taken from the queue stays in hand.
        max_bytes: Some(4096),
        ..settings(directory.path())
    });
    record(&ledger, some(0..5_000));
    let status = ledger.status();
    assert_eq!(status.lost + status.queued, 5_000);
    assert!(status.lost >= 5_000 - 1_010, "{status:?}");
    assert!(!status.open);
    assert!(message(&status).contains("full"), "{status:?}");
    assert!(!ledger.flush(Duration::ZERO));
    assert!(!ledger.close(Duration::from_millis(200)));
    let status = until(&ledger, |status| status.queued == 0);
    assert_eq!((status.written, status.lost), (0, 5_000));
    record(&ledger, some(0..1));
    assert_eq!(ledger.status().lost, 5_001);
}

#[test]
fn a_full_disk_keeps_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let small = Settings {
        max_bytes: Some(512 << 10),
        ..settings(directory.path())
    };
    let ledger = open_with(small);
    record(&ledger, some(0..10_000));
    let status = until(&ledger, |status| message(status).contains("full"));
    assert!(status.written > 0 && status.queued > 0, "{status:?}");
    assert_eq!(status.written + status.queued + status.lost, 10_000);
    // It can still be read.
    let written = ledger.totals(&Range::default()).unwrap().requests;
    assert_eq!(written, status.written);
    assert!(!ledger.close(Duration::from_millis(200)));
    let status = until(&ledger, |status| status.queued == 0);
    assert_eq!(status.written + status.lost, 10_000);
    // With room again, nothing of what was written is missing, and recording goes on.
    let ledger = open(directory.path());
    record(&ledger, some(0..10_000));
    assert!(ledger.flush(LONG));
    assert_eq!(ledger.status().written, 10_000 - written);
    assert_eq!(all(&ledger).len(), 10_000);
    assert_eq!(ledger.totals(&Range::default()).unwrap().requests, 10_000);
}

#[test]
fn rows_wait_while_the_file_is_read_only() {
    // SQLite writes to no file whose format is newer than it knows; this holds for root, too.
    const WRITE_VERSION: u64 = 18;
    let bed = Bed::with(&some(0..3));
    assert!(bed.ledger.close(LONG));
    let path = bed.directory.path().join("ledger.db");
    assert!(!bed.ledger.status().open);
    overwrite(&path, WRITE_VERSION, &[3]);

    let ledger = open(bed.directory.path());
    record(&ledger, some(3..6));
    let status = until(&ledger, |status| status.last_error.is_some());
    assert!(message(&status).contains("readonly"), "{status:?}");
    assert_eq!((status.written, status.queued, status.lost), (0, 3, 0));

    overwrite(&path, WRITE_VERSION, &[2]);
    let status = until(&ledger, |status| status.queued == 0);
    assert_eq!((status.written, status.lost), (3, 0));
    assert_eq!(all(&ledger).len(), 6);
}

#[test]
fn a_file_that_is_no_database_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let garbage = "no database ".repeat(1_000);
    fs::write(&path, &garbage).unwrap();
    let ledger = open(directory.path());
    record(&ledger, some(0..3));
    assert!(ledger.flush(LONG));
    let status = ledger.status();
    assert_eq!((status.written, status.lost), (3, 0));
    let aside = status.set_aside.unwrap();
    assert_eq!(fs::read_to_string(&aside).unwrap(), garbage);
    assert_eq!(put_aside(directory.path()), [aside]);
    assert!(message(&ledger.status()).contains("not a database"));
    assert_eq!(all(&ledger).len(), 3);
}

#[test]
fn a_damaged_file_is_put_aside_and_nothing_in_hand_is_lost() {
    let bed = Bed::with(&some(0..2_000));
    assert!(bed.ledger.close(LONG));
    assert!(!bed.ledger.status().open);
    let path = bed.directory.path().join("ledger.db");
    let length = fs::metadata(&path).unwrap().len();
    assert!(length > 20 * 4096);
    overwrite(
        &path,
        4096,
        &vec![0xa5; usize::try_from(length - 4096).unwrap()],
    );

    let ledger = open(bed.directory.path());
    record(&ledger, some(5_000..5_003));
    assert!(ledger.flush(LONG));
    let status = ledger.status();
    assert_eq!((status.written, status.lost), (3, 0), "{status:?}");
    let aside = status.set_aside.unwrap();
    assert_eq!(fs::metadata(&aside).unwrap().len(), length);
    assert_eq!(all(&ledger).len(), 3);
}

#[test]
fn of_a_damaged_row_is_told_what_can_be_read() {
    let whole = row(BEGINNING, 1);
    let bed = Bed::with(std::slice::from_ref(&whole));
    let path = bed.directory.path().join("ledger.db");
    let file = rusqlite::Connection::open(path).unwrap();
    let rest = "SELECT rest FROM request";
    let rest: Vec<u8> = file.query_row(rest, [], |row| row.get(0)).unwrap();
    let read = |rest: &[u8]| {
        file.execute("UPDATE request SET rest = ?1", [rest])
            .unwrap();
        all(&bed.ledger).remove(0)
    };
    for length in 0..rest.len() {
        let found = read(&rest[..length]);
        assert_ne!(found, whole, "{length}");
        assert_eq!(found.id, whole.id);
        assert_eq!(found.served_model, whole.served_model);
    }
    // What a later version adds is in nobody's way.
    let longer = [&rest[..], &[0xff, 0x80]].concat();
    assert_eq!(read(&longer), whole);
    read(&[0xff; 300]);
}

#[test]
fn a_file_that_was_removed_is_begun_anew() {
    let bed = Bed::with(&some(0..3));
    assert_eq!(all(&bed.ledger).len(), 3);
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        fs::remove_file(bed.directory.path().join(file)).unwrap();
    }
    bed.record(&some(3..5));
    assert_eq!(all(&bed.ledger).len(), 2);
    assert!(message(&bed.ledger.status()).contains("removed"));
}

#[test]
fn another_programs_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let ledger = open(directory.path());
    record(&ledger, some(0..3));
    let status = until(&ledger, |status| status.last_error.is_some());
    assert!(message(&status).contains("another program"), "{status:?}");
    assert!(!status.open);
    assert!(matches!(
        ledger.totals(&Range::default()),
        Err(LedgerError::Foreign)
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(put_aside(directory.path()).is_empty());
}

#[test]
fn a_place_where_no_file_can_be_is_no_reason_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    fs::write(&file, "").unwrap();
    let ledger = open(&file);
    record(&ledger, some(0..3));
    let status = until(&ledger, |status| status.last_error.is_some());
    assert_eq!((status.open, status.written), (false, 0));
    let summary = ledger.summary(&Range::default(), By::Model, &jiff::tz::TimeZone::UTC);
    assert!(matches!(summary, Err(LedgerError::NotOpen)));
    assert!(ledger.requests(&Filter::default(), None, 1).is_err());
    // The place becomes usable.
    fs::remove_file(&file).unwrap();
    let status = until(&ledger, |status| status.open && status.queued == 0);
    assert_eq!((status.written, status.lost), (3, 0));
}
