//! The block about what is written down of requests.

use std::time::Duration;

use crate::environment::Environment;
use crate::error::Report;
use crate::model::Ledger;
use crate::paths;
use crate::server::count;
use crate::view::View;

/// Single requests are kept for a quarter of a year, sums for two years.
const ROW_DAYS: u32 = 90;
const SUM_DAYS: u32 = 730;
/// The family's time for its queue, and the longest.
const QUEUE: Duration = Duration::from_secs(60);
const LONGEST_QUEUE: u32 = 3_600;
/// A century.
const MOST_DAYS: u32 = 36_500;
/// A tebibyte.
const MOST_MEGABYTES: u32 = 1 << 20;

/// What holds where the file says nothing.
pub(crate) fn default(environment: &Environment) -> Ledger {
    Ledger {
        enabled: true,
        path: paths::data_dir(environment).join("ledger.db"),
        row_days: Some(ROW_DAYS),
        sum_days: Some(SUM_DAYS),
        max_bytes: None,
        queue: QUEUE,
        prices: None,
    }
}

pub(crate) fn read(root: &View, environment: &Environment, report: &mut Report) -> Ledger {
    let block = root.get("ledger");
    let default = default(environment);
    let mut number = |name: &str, most: u32, default: u32| {
        let number = count(&block.get(name), most, report).unwrap_or(default);
        (number > 0).then_some(number)
    };
    let row_days = number("keep-days", MOST_DAYS, ROW_DAYS);
    let sum_days = number("keep-sums-days", MOST_DAYS, SUM_DAYS);
    let megabytes = number("max-file-size-mb", MOST_MEGABYTES, 0);
    let shorter = match (row_days, sum_days) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(rows), Some(sums)) => sums < rows,
    };
    if shorter {
        let view = block.get("keep-sums-days");
        report.warning(
            view.at,
            &view.key,
            "sums are kept at least as long as the requests they are of",
            "write no fewer days than under `keep-days`, or 0: for ever",
        );
    }
    let path = |name: &str| {
        let view = block.get(name);
        view.filled().map(|path| environment.expand(path))
    };
    let queue = root.get("redis-usage-queue-retention-seconds");
    let queue = count(&queue, LONGEST_QUEUE, report).map(u64::from);
    let enabled = root.get("usage-statistics-enabled").bool();
    Ledger {
        enabled: enabled.unwrap_or(default.enabled),
        path: path("path").unwrap_or(default.path),
        row_days,
        sum_days,
        max_bytes: megabytes.map(|megabytes| u64::from(megabytes) << 20),
        queue: queue.map_or(default.queue, Duration::from_secs),
        prices: path("prices"),
    }
}
