//! Rows go in and come out.

use std::time::Duration;

use modelgate_ledger::record::ATTEMPTS;
use modelgate_ledger::{Attempt, Filter, Outcome, Range, RequestId, Row};
use proptest::prelude::*;

use crate::material::{BEGINNING, Bed, LONG, all, id, open, row, rows};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_recorded_is_found_again(rows in rows(60)) {
        let bed = Bed::with(&rows);
        let mut expected = rows.clone();
        expected.sort_by_key(|row| std::cmp::Reverse(row.id));
        prop_assert_eq!(all(&bed.ledger), expected);
        for row in &rows {
            let found = bed.ledger.request(&row.id.to_string()).unwrap();
            prop_assert_eq!(found.as_ref(), Some(row));
        }
        let status = bed.ledger.status();
        prop_assert!(status.open);
        prop_assert_eq!((status.written, status.queued, status.lost), (rows.len() as u64, 0, 0));
    }
}

#[test]
fn a_row_is_written_once_however_often_it_is_recorded() {
    let bed = Bed::new();
    let rows = [row(BEGINNING, 1), row(BEGINNING, 2)];
    bed.record(&rows);
    bed.record(&rows);
    bed.record(&[rows[0].clone(), rows[0].clone(), row(BEGINNING, 3)]);
    assert_eq!(all(&bed.ledger).len(), 3);
    assert_eq!(bed.ledger.totals(&Range::default()).unwrap().requests, 3);
    let status = bed.ledger.status();
    assert_eq!((status.written, status.lost), (3, 0));
}

#[test]
fn of_many_rows_at_once_those_that_are_there_are_left_out() {
    let bed = Bed::new();
    let rows: Vec<Row> = (0..200).map(|number| row(BEGINNING, number)).collect();
    let old: Vec<Row> = rows.iter().step_by(23).cloned().collect();
    bed.record(&old);
    bed.record(&rows);
    let mut expected = rows;
    expected.reverse();
    assert_eq!(all(&bed.ledger), expected);
    let totals = bed.ledger.totals(&Range::default()).unwrap();
    assert_eq!(totals.requests, 200);
    assert_eq!(bed.ledger.status().written, 200);
}

#[test]
fn rows_that_share_names_and_rows_that_do_not_keep_theirs() {
    let shared: Vec<std::sync::Arc<str>> = ["a", "b"].map(Into::into).into();
    let named = |number: u64| {
        let own = || Some(format!("n-{}", number % 7).into());
        let one = std::sync::Arc::clone(&shared[usize::from(number.is_multiple_of(3))]);
        Row {
            requested_model: if number.is_multiple_of(2) {
                own()
            } else {
                Some(one.clone())
            },
            served_model: Some(one),
            credential: own(),
            ..row(BEGINNING, number)
        }
    };
    let mut rows: Vec<Row> = (0..100).map(named).collect();
    let bed = Bed::with(&rows);
    rows.reverse();
    assert_eq!(all(&bed.ledger), rows);
}

#[test]
fn a_ledger_is_there_after_it_was_closed() {
    let bed = Bed::with(&[row(BEGINNING, 1)]);
    bed.ledger.record(row(BEGINNING, 2));
    assert!(bed.ledger.close(LONG));
    assert_eq!(all(&bed.ledger).len(), 2);
    let again = open(bed.directory.path());
    again.record(row(BEGINNING, 3));
    assert!(again.flush(LONG));
    assert_eq!(all(&again).len(), 3);
    assert_eq!(again.status().written, 1);
}

#[test]
fn a_row_is_written_soon_without_being_asked_for() {
    let bed = Bed::new();
    assert!(bed.ledger.flush(LONG));
    let began = std::time::Instant::now();
    bed.ledger.record(row(BEGINNING, 1));
    while bed.ledger.status().queued > 0 {
        assert!(began.elapsed() < LONG);
        std::thread::yield_now();
    }
    // The limit is a quarter of a second; a busy machine gets more.
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(all(&bed.ledger).len(), 1);
}

#[test]
fn absurd_numbers_are_cut() {
    let mut absurd = row(BEGINNING, 1);
    absurd.tokens.input = Some(u64::MAX);
    absurd.latency = Duration::MAX;
    absurd.bytes_in = u64::MAX;
    absurd.cost = modelgate_ledger::Cost::Exact(u64::MAX);
    absurd.requested_model = Some("m".repeat(10_000).into());
    let rows: Vec<Row> = (0..2_000)
        .map(|number| Row {
            id: id(BEGINNING, number),
            ..absurd.clone()
        })
        .collect();
    let bed = Bed::with(&rows);
    let totals = bed.ledger.totals(&Range::default()).unwrap();
    assert_eq!(totals.input, 2_000 * 10_000_000_000);
    assert_eq!(totals.cost, 2_000 * 10_000_000_000_000);
    assert_eq!(totals.bytes_in, 2_000 * 100_000_000_000);
    let found = &all(&bed.ledger)[0];
    assert_eq!(found.requested_model.as_ref().unwrap().len(), 256);
}

#[test]
fn of_many_attempts_the_first_and_the_last_are_kept() {
    let mut row = row(BEGINNING, 1);
    let attempt = |number: u16| Attempt {
        status: number,
        ..row.attempts[0].clone()
    };
    row.attempts = (0..100).map(attempt).collect();
    let bed = Bed::with(&[row]);
    let kept = &all(&bed.ledger)[0].attempts;
    assert_eq!(kept.len(), ATTEMPTS);
    assert_eq!((kept[0].status, kept[ATTEMPTS - 1].status), (0, 99));
}

#[test]
fn an_id_is_found_by_its_beginning() {
    let bed = Bed::with(&[row(BEGINNING, 1), row(BEGINNING, 2), row(BEGINNING + 9, 3)]);
    let find = |id: &str| bed.ledger.request(id).unwrap().map(|row| row.id);
    let second = id(BEGINNING, 2);
    assert_eq!(find(&second.to_string()), Some(second));
    assert_eq!(find(&second.to_string()[..12]), Some(second));
    assert_eq!(find(&second.to_string()[..8]), Some(id(BEGINNING + 9, 3)));
    assert_eq!(find("ffff"), None);
    assert_eq!(find("not an id"), None);
    assert_eq!(find(""), None);
}

#[test]
fn pages_follow_each_other_and_pass_the_filter() {
    let rows: Vec<Row> = (0..50)
        .map(|number| {
            let mut row = row(BEGINNING + number * 60_000, number);
            if number % 5 == 0 {
                row.served_model = Some("gpt-5".into());
                row.outcome = Outcome::Failed;
                row.error = Some("overloaded".into());
            }
            if number % 10 == 0 {
                row.key.as_mut().unwrap().id = "key-2".into();
                row.credential = Some("codex-1".into());
                row.provider = Some("codex".into());
            }
            row
        })
        .collect();
    let bed = Bed::with(&rows);
    let numbers = |filter: &Filter, limit: usize| {
        let mut numbers = Vec::new();
        let mut cursor: Option<RequestId> = None;
        loop {
            let page = bed.ledger.requests(filter, cursor, limit).unwrap();
            assert!(page.rows.len() <= limit);
            let number = |row: &Row| row.time().as_millisecond().unsigned_abs();
            numbers.extend(
                page.rows
                    .iter()
                    .map(|row| (number(row) - BEGINNING) / 60_000),
            );
            cursor = page.next;
            if cursor.is_none() {
                return numbers;
            }
        }
    };
    let newest_first = |step: u64| (0..50).rev().filter(move |number| number % step == 0);
    let filter = Filter::default();
    for limit in [1, 7, 50, 1_000] {
        assert!(
            numbers(&filter, limit).into_iter().eq(newest_first(1)),
            "{limit}"
        );
    }
    let name = |name: &str| Some(name.to_owned());
    let fifths = [
        Filter {
            model: name("gpt-5"),
            ..filter.clone()
        },
        Filter {
            error: name("overloaded"),
            ..filter.clone()
        },
        Filter {
            outcome: Some(Outcome::Failed),
            ..filter.clone()
        },
    ];
    for filter in fifths {
        assert!(
            numbers(&filter, 3).into_iter().eq(newest_first(5)),
            "{filter:?}"
        );
    }
    let tenths = [
        Filter {
            key: name("key-2"),
            ..filter.clone()
        },
        Filter {
            credential: name("codex-1"),
            ..filter.clone()
        },
        Filter {
            provider: name("codex"),
            model: name("sonnet"),
            ..filter.clone()
        },
    ];
    for filter in tenths {
        assert!(
            numbers(&filter, 3).into_iter().eq(newest_first(10)),
            "{filter:?}"
        );
    }
    let nobody = [
        Filter {
            key: name("laptop"),
            ..filter.clone()
        },
        Filter {
            model: name("no such"),
            ..filter.clone()
        },
        Filter {
            provider: name("claude"),
            model: name("gpt-5"),
            key: name("key-2"),
            ..filter.clone()
        },
    ];
    for filter in nobody {
        assert!(numbers(&filter, 3).is_empty(), "{filter:?}");
    }
    let some = Filter {
        range: Range {
            since: Some(rows[10].time()),
            until: Some(rows[13].time()),
        },
        ..filter
    };
    assert_eq!(numbers(&some, 2), [12, 11, 10]);
}
