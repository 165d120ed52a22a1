//! A process that is killed loses less than a second, and nothing is counted twice.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use modelgate_ledger::{Range, Row};

use crate::material::{BEGINNING, LONG, all, open, row};

/// Milliseconds that may be missing.
const WINDOW: i64 = 1_000;

#[test]
fn what_a_killed_process_recorded_is_there_but_for_the_last_second() {
    for rows in [500, 4_000] {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Command::new(env!("CARGO_BIN_EXE_ledger-writer"))
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut killed = i64::MAX;
        let mut recorded: Vec<i64> = Vec::new();
        for line in lines {
            let line = line.unwrap();
            // The last line may be cut.
            let Some((number, time)) = line.split_once(' ') else {
                break;
            };
            assert_eq!(number.parse(), Ok(recorded.len()));
            recorded.push(time.parse().unwrap());
            if recorded.len() == rows {
                writer.kill().unwrap();
                killed = Timestamp::now().as_millisecond();
            }
        }
        writer.wait().unwrap();
        assert!(recorded.len() >= rows);

        let ledger = open(directory.path());
        assert!(ledger.flush(LONG));
        assert!(ledger.status().set_aside.is_none());
        let mut found = all(&ledger);
        found.reverse();
        let expected = (0..)
            .take(found.len())
            .map(|number| row(BEGINNING + number, number));
        assert!(
            found.iter().cloned().eq(expected),
            "a beginning without gaps"
        );
        if let Some(first_lost) = recorded.get(found.len()) {
            assert!(
                killed - first_lost < WINDOW,
                "lost {} ms",
                killed - first_lost
            );
        }
        let sums = ledger.totals(&Range::default()).unwrap();
        assert_eq!(sums.requests, found.len() as u64);
        assert_eq!(sums.input, 100 * found.len() as u64);

        // Whoever records everything again doubles nothing.
        let everything = (0..).take(recorded.len());
        let everything: Vec<Row> = everything.map(|n| row(BEGINNING + n, n)).collect();
        for row in &everything {
            ledger.record(row.clone());
        }
        assert!(ledger.flush(LONG));
        let lost = recorded.len().saturating_sub(found.len()) as u64;
        assert_eq!(ledger.status().written, lost);
        let all_there = found.len().max(recorded.len());
        assert_eq!(all(&ledger).len(), all_there);
        assert_eq!(
            ledger.totals(&Range::default()).unwrap().requests,
            all_there as u64
        );
    }
}
