//! Sums are those of the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use modelgate_ledger::{By, Cost, Ledger, Range, Row, Totals};
use proptest::prelude::*;

use crate::material::{BEGINNING, Bed, id, row, rows};

type Sums = BTreeMap<(Option<Arc<str>>, Option<Arc<str>>), BTreeMap<&'static str, u64>>;

const HOUR: i64 = 3_600_000;

/// Every number of some sums under its name.
fn numbers(totals: &Totals) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("requests", totals.requests),
        ("failed", totals.failed),
        ("aborted", totals.aborted),
        ("uncounted", totals.uncounted),
        ("unpriced", totals.unpriced),
        ("estimated", totals.estimated),
        ("input", totals.input),
        ("cache_read", totals.cache_read),
        ("cache_write", totals.cache_write),
        ("output", totals.output),
        ("reasoning", totals.reasoning),
        ("tool_use", totals.tool_use),
        ("tokens", totals.tokens),
        ("cost", totals.cost),
        ("latency", totals.latency),
        ("first_byte", totals.first_byte),
        ("first_bytes", totals.first_bytes),
        ("bytes_in", totals.bytes_in),
        ("bytes_out", totals.bytes_out),
    ])
}

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(-5))
}

/// What the ledger says.
fn summary(ledger: &Ledger, range: &Range, by: By) -> (Sums, Range) {
    let summary = ledger.summary(range, by, &zone()).unwrap();
    let mut total = Sums::new();
    let mut sums = Sums::new();
    for group in summary.groups {
        let sum = sums.entry((group.name, group.of)).or_default();
        assert!(sum.is_empty(), "a group comes once");
        *sum = numbers(&group.totals);
        add(total.entry((None, None)).or_default(), &group.totals);
    }
    let total = total.remove(&(None, None)).unwrap_or_default();
    if !total.is_empty() {
        assert_eq!(total, numbers(&summary.total));
    }
    (sums, summary.range)
}

fn add(sums: &mut BTreeMap<&'static str, u64>, totals: &Totals) {
    for (name, number) in numbers(totals) {
        *sums.entry(name).or_default() += number;
    }
}

/// The same counted from the rows.
fn recount(rows: &[Row], range: &Range, by: By) -> Sums {
    let mut sums = Sums::new();
    for row in rows {
        let time = row.time();
        let before = range.since.is_some_and(|since| time < since);
        let after = range.until.is_some_and(|until| time >= until);
        if before || after {
            continue;
        }
        let hour = time.as_millisecond().div_euclid(HOUR) * HOUR;
        let hour = Timestamp::from_millisecond(hour).unwrap();
        let text = |text: String| (Some(text.into()), None);
        let group = match by {
            By::Model => (row.model().cloned(), None),
            By::Key => match row.key.clone() {
                Some(key) => (Some(key.id), key.name),
                None => (None, None),
            },
            By::Provider => (row.provider.clone(), None),
            By::Credential => (row.credential.clone(), row.provider.clone()),
            By::Hour => text(hour.to_string()),
            By::Day => text(time.to_zoned(zone()).date().to_string()),
        };
        add(sums.entry(group).or_default(), &Totals::of(row));
    }
    sums
}

fn ranges() -> impl Strategy<Value = Range> {
    let beginning = i64::try_from(BEGINNING).unwrap();
    let time = move || {
        let time = (-HOUR..8 * 24 * HOUR).prop_map(move |offset| beginning + offset);
        prop::option::of(time.prop_map(|millis| Timestamp::from_millisecond(millis).unwrap()))
    };
    (time(), time()).prop_map(|(since, until)| Range { since, until })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sums_equal_a_recount_of_the_rows(
        rows in rows(80),
        ranges in prop::collection::vec(ranges(), 4),
        cut in 0..80_usize,
    ) {
        let bed = Bed::new();
        let (first, second) = rows.split_at(cut.min(rows.len()));
        bed.record(first);
        bed.record(second);
        for range in ranges {
            for by in By::ALL {
                let (sums, counted) = summary(&bed.ledger, &range, by);
                prop_assert!(counted.since <= range.since && counted.until >= range.until);
                prop_assert_eq!(&sums, &recount(&rows, &counted, by), "{:?}", by);
            }
        }
    }

    #[test]
    fn costs_add_up(rows in rows(80)) {
        let bed = Bed::with(&rows);
        let of = |cost: fn(Cost) -> bool| rows.iter().filter(|row| cost(row.cost)).count() as u64;
        let expected: u64 = rows.iter().filter_map(|row| row.cost.nanodollars()).sum();
        for by in By::ALL {
            let summary = bed.ledger.summary(&Range::default(), by, &zone()).unwrap();
            let parts: u64 = summary.groups.iter().map(|group| group.totals.cost).sum();
            prop_assert_eq!((parts, summary.total.cost), (expected, expected));
            prop_assert_eq!(summary.total.unpriced, of(|cost| cost == Cost::Unpriced));
            let estimated = of(|cost| matches!(cost, Cost::Estimated(_)));
            prop_assert_eq!(summary.total.estimated, estimated);
        }
    }
}

#[test]
fn the_dearest_come_first_and_times_in_their_order() {
    let model = |number: u64, model: &str, cost: u64| Row {
        served_model: Some(model.into()),
        cost: Cost::Exact(cost),
        ..row(BEGINNING + number * 86_400_000, number)
    };
    let rows = [
        model(1, "cheap", 1),
        model(0, "dear", 9),
        model(2, "cheap", 2),
        model(3, "free", 0),
    ];
    let bed = Bed::with(&rows);
    let names = |by| {
        let summary = bed.ledger.summary(&Range::default(), by, &TimeZone::UTC);
        let groups = summary.unwrap().groups.into_iter();
        groups
            .map(|group| group.name.unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(By::Model), ["dear", "cheap", "free"]);
    let days = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"];
    assert_eq!(names(By::Day), days);
    assert_eq!(names(By::Hour)[0], "2026-11-20T00:00:00Z");
}

#[test]
fn a_renamed_key_has_its_newest_name() {
    let mut renamed = row(BEGINNING, 2);
    renamed.key.as_mut().unwrap().name = Some("desktop".into());
    let bed = Bed::with(&[row(BEGINNING, 1), renamed]);
    let summary = bed
        .ledger
        .summary(&Range::default(), By::Key, &TimeZone::UTC);
    let groups = summary.unwrap().groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].name.as_deref(), Some("key-1"));
    assert_eq!(groups[0].of.as_deref(), Some("desktop"));
    assert_eq!(groups[0].totals.requests, 2);
}

#[test]
fn an_empty_ledger_has_empty_answers() {
    let bed = Bed::new();
    assert!(bed.ledger.flush(std::time::Duration::from_secs(20)));
    assert_eq!(
        bed.ledger.totals(&Range::default()).unwrap(),
        Totals::default()
    );
    assert!(
        bed.ledger
            .request(&id(BEGINNING, 1).to_string())
            .unwrap()
            .is_none()
    );
}
