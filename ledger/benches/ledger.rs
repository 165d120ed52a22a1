//! What recording and asking costs, with as many rows as one likes.
//!
//! `LEDGER_ROWS=10000000 cargo bench -p modelgate-ledger`; 100,000 rows without it. The rows are spread over 90 days, 50 keys,
//! 20 models and 20 credentials of 5 providers, all equally likely: sums compact them as little as can be.

#![expect(clippy::print_stderr, reason = "a benchmark is read at the terminal")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod material;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use material::{BEGINNING, DAYS, Rows};
use modelgate_ledger::transfer::Details;
use modelgate_ledger::{By, Filter, Ledger, Range, Settings};

const PATIENCE: Duration = Duration::from_secs(60);

/// Rows that may wait, well below what the queue takes.
const WAITING: u64 = 8_000;

static PLACE: OnceLock<Place> = OnceLock::new();

/// A ledger with its rows.
struct Place {
    directory: PathBuf,
    ledger: Ledger,
    rows: u64,
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let place = PLACE.get_or_init(|| build(directory.path()));
    divan::main();
    assert!(place.ledger.close(PATIENCE));
}

fn place() -> &'static Place {
    PLACE.get().unwrap()
}

fn settings(directory: &Path) -> Settings {
    Settings {
        row_days: None,
        sum_days: None,
        ..Settings::new(directory.join("ledger.db"))
    }
}

/// Records rows as fast as they are written, none of which is lost.
fn record(ledger: &Ledger, rows: impl Iterator<Item = modelgate_ledger::Row>) {
    for row in rows {
        while ledger.status().queued > WAITING {
            thread::sleep(Duration::from_micros(200));
        }
        ledger.record(row);
    }
    assert!(ledger.flush(PATIENCE));
    assert_eq!(ledger.status().lost, 0);
}

fn build(directory: &Path) -> Place {
    let rows = env::var("LEDGER_ROWS").map_or(100_000, |rows| rows.parse().unwrap());
    let ledger = Ledger::open(settings(directory)).unwrap();
    let began = Instant::now();
    record(&ledger, Rows::over_time(rows));
    let took = began.elapsed();
    // Closing moves the log into the file.
    assert!(ledger.close(PATIENCE));
    let bytes = fs::metadata(directory.join("ledger.db")).unwrap().len();
    eprintln!(
        "{rows} rows in {:.1} s: {:.0} a second, {:.1} bytes a row with sums",
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64(),
        bytes as f64 / rows as f64,
    );
    let ledger = Ledger::open(settings(directory)).unwrap();
    assert!(ledger.flush(PATIENCE));
    Place {
        directory: directory.to_owned(),
        ledger,
        rows,
    }
}

/// Rows of now, as fast as they are written.
#[divan::bench(args = [20_000], sample_count = 5, sample_size = 1)]
fn written(bencher: Bencher<'_, '_>, count: u64) {
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| {
            let directory = tempfile::tempdir().unwrap();
            let ledger = Ledger::open(settings(directory.path())).unwrap();
            assert!(ledger.flush(PATIENCE));
            (directory, ledger, Rows::at_once(count).collect::<Vec<_>>())
        })
        .bench_local_values(|(directory, ledger, rows)| {
            record(&ledger, rows.into_iter());
            (ledger, directory)
        });
}

/// What it costs whoever records, also when the row finds no place.
#[divan::bench(sample_count = 100, sample_size = 100)]
fn recorded(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(settings(directory.path())).unwrap();
    let row = Rows::over_time(1).next().unwrap();
    bencher
        .with_inputs(|| row.clone())
        .bench_local_values(|row| ledger.record(row));
    assert!(ledger.close(PATIENCE));
}

#[divan::bench(args = By::ALL, sample_count = 20, sample_size = 1)]
fn summary_of_all(bencher: Bencher<'_, '_>, by: By) {
    let ledger = &place().ledger;
    bencher.bench_local(|| ledger.summary(&Range::default(), black_box(by), &TimeZone::UTC));
}

/// Not on the edge of a day.
fn month() -> Range {
    let beginning = Timestamp::from_millisecond(BEGINNING).unwrap();
    let at = |hours: i64| Some(beginning + SignedDuration::from_hours(hours));
    Range {
        since: at((DAYS / 2) * 24 + 11),
        until: at((DAYS / 2 + 30) * 24 + 13),
    }
}

#[divan::bench(args = By::ALL, sample_count = 20, sample_size = 1)]
fn summary_of_a_month(bencher: Bencher<'_, '_>, by: By) {
    let ledger = &place().ledger;
    let range = month();
    bencher.bench_local(|| ledger.summary(black_box(&range), by, &TimeZone::UTC));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn usage_document(bencher: Bencher<'_, '_>) {
    let ledger = &place().ledger;
    bencher.bench_local(|| {
        let details = Details::Newest(1_000);
        let zone = TimeZone::UTC;
        ledger.write_usage(&Range::default(), details, &zone, &mut io::sink())
    });
}

#[divan::bench(sample_count = 100)]
fn newest_page(bencher: Bencher<'_, '_>) {
    let ledger = &place().ledger;
    bencher.bench_local(|| ledger.requests(&Filter::default(), None, 100));
}

/// Nobody passes the filter: all rows that are looked at are in vain.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn empty_page(bencher: Bencher<'_, '_>) {
    let ledger = &place().ledger;
    let filter = Filter {
        key: Some("key-1".to_owned()),
        provider: Some("provider-1".to_owned()),
        credential: Some("credential-2".to_owned()),
        ..Filter::default()
    };
    bencher.bench_local(|| ledger.requests(&filter, None, 100));
}

#[divan::bench(sample_count = 100)]
fn one_request(bencher: Bencher<'_, '_>) {
    let ledger = &place().ledger;
    let middle = Rows::over_time(place().rows).nth(usize::try_from(place().rows / 2).unwrap());
    let id = middle.unwrap().id.to_string();
    assert!(ledger.request(&id).unwrap().is_some());
    bencher.bench_local(|| ledger.request(black_box(&id)));
}

/// Until the first row is written and the first question answered.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn start(bencher: Bencher<'_, '_>) {
    let place = place();
    bencher.bench_local(|| {
        let ledger = Ledger::open(settings(&place.directory)).unwrap();
        assert!(ledger.flush(PATIENCE));
        ledger.requests(&Filter::default(), None, 1)
    });
}
