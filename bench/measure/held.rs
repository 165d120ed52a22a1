//! Many streams open at once: what each costs in memory, and how soon the upstream is rid of them.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Effort;
use crate::client::Connection;
use crate::contender::{Contender, Stage};
use crate::process::{Process, get};
use crate::report::{Judge, Row, Series, Unit};
use crate::wire::MARKER;
use crate::workload::{Exchange, Goal, Workload};

/// When the streams that are still open upstream are counted.
const GRACE: Duration = Duration::from_millis(500);
/// How long the upstream is watched until its last stream has gone.
const WATCH: Duration = Duration::from_secs(10);
/// Memory has to be measured more than once, though not as often as time.
const MAX_ROUNDS: usize = 3;

/// What holding streams showed.
struct Held {
    kilobytes_each: f64,
    megabytes: f64,
    /// Milliseconds from the last client's leaving to the upstream's last stream.
    gone_after: f64,
    left: f64,
}

/// Holds `count` streams of `workload` through a fresh process of every contender, in rounds.
pub(crate) fn held(stage: &Stage, workload: &Workload, count: usize, effort: Effort) -> Vec<Row> {
    let name = workload.name.as_str();
    let row = |what: &str, unit, goal, series: &Series| {
        Row::new(format!("{name} {what}"), unit, Judge::Value, goal, series)
    };
    match in_rounds(stage, workload, count, effort) {
        Ok([each, total, gone, left]) => vec![
            row("a stream", Unit::Kilobytes, workload.goal, &each),
            row("memory in all", Unit::Megabytes, None, &total),
            row(
                "gone after",
                Unit::Millis,
                Some(Goal::new(500.0, 100.0)),
                &gone,
            ),
            row(
                "left after 0.5 s",
                Unit::Streams,
                Some(Goal::new(0.0, 0.0)),
                &left,
            ),
        ],
        Err(error) => vec![Row::failed(name, Unit::Kilobytes, &error)],
    }
}

fn in_rounds(
    stage: &Stage,
    workload: &Workload,
    count: usize,
    effort: Effort,
) -> Result<[Series; 4]> {
    let mut series: [Series; 4] = Default::default();
    for _ in 0..effort.rounds.min(MAX_ROUNDS) {
        for contender in stage.contenders() {
            let exchange = stage.exchange(contender, workload);
            let held = hold(stage, contender, exchange, count)
                .with_context(|| format!("{contender:?}"))?;
            let values = [
                held.kilobytes_each,
                held.megabytes,
                held.gone_after,
                held.left,
            ];
            for (series, value) in series.iter_mut().zip(values) {
                series.push(contender, value);
            }
        }
    }
    Ok(series)
}

fn hold(stage: &Stage, contender: Contender, exchange: &Exchange, count: usize) -> Result<Held> {
    // A gateway has two sockets a stream.
    let needed = count as u64 * 2 + 100;
    ensure!(
        stage.open_files >= needed,
        "{needed} open files are needed and {} allowed",
        stage.open_files
    );
    let process = stage.start(contender)?;
    // The first streams pay for what is made once; they are not held against the others.
    drop(open(&process, exchange, 8)?);
    wait_until_none(&stage.upstream)?;
    thread::sleep(Duration::from_millis(300));
    let before = process.rss_kb()?;
    let clients = open(&process, exchange, count)?;
    let now_open = open_upstream(&mut Connection::open(stage.upstream.address)?)?;
    ensure!(
        now_open == count,
        "{now_open} of {count} streams are open upstream"
    );
    thread::sleep(Duration::from_millis(300));
    let under = process.rss_kb()?;
    drop(clients);
    let (gone_after, left) = wait_until_none(&stage.upstream)?;
    Ok(Held {
        kilobytes_each: (under - before) / count as f64,
        megabytes: under / 1024.0,
        gone_after: gone_after.as_secs_f64() * 1e3,
        left: left as f64,
    })
}

/// Opens streams one after the other, each up to its first text.
fn open(process: &Process, exchange: &Exchange, count: usize) -> Result<Vec<Connection>> {
    (0..count)
        .map(|index| {
            let mut connection = Connection::open(process.address)?;
            connection
                .begin(&exchange.request, MARKER.as_bytes())
                .with_context(|| format!("stream {}", index + 1))?;
            Ok(connection)
        })
        .collect()
}

/// Watches the upstream until no stream is open; how long that took, and how many were left when
/// the grace had passed.
fn wait_until_none(upstream: &Process) -> Result<(Duration, usize)> {
    let began = Instant::now();
    let mut connection = Connection::open(upstream.address)?;
    let mut left = None;
    loop {
        let open = open_upstream(&mut connection)?;
        let elapsed = began.elapsed();
        if elapsed >= GRACE {
            left.get_or_insert(open);
        }
        if open == 0 {
            return Ok((elapsed, left.unwrap_or(0)));
        }
        ensure!(elapsed < WATCH, "{open} streams never left the upstream");
        thread::sleep(Duration::from_millis(1));
    }
}

fn open_upstream(connection: &mut Connection) -> Result<usize> {
    connection.exchange(&get("/stats"))?;
    let text = std::str::from_utf8(connection.body())?;
    text.trim().parse().context("the upstream's count")
}
