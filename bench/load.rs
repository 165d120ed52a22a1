//! The load: closed loop for what a request costs, constant rate for how long it takes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use nix::sys::prctl::set_timerslack;

use crate::client::Connection;
use crate::process::Process;
use crate::workload::Exchange;

/// Connections of the closed loop: each sends its next request when it has its answer.
pub(crate) const CONNECTIONS: usize = 32;
/// Threads of the constant rate; each takes every sixteenth slot, so that a slow answer holds up
/// only slots that come much later, and those count their wait.
const PACERS: u32 = 16;
/// Requests of the constant rate per second.
pub(crate) const RATE: u32 = 100;

/// What one window of the closed loop cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu_micros: f64,
    pub(crate) per_second: f64,
}

/// Sends `exchange` on [`CONNECTIONS`] connections and measures `window` of it after a warm-up.
pub(crate) fn closed_loop(
    process: &Process,
    exchange: &Exchange,
    warm_up: Duration,
    window: Duration,
) -> Result<Cost> {
    exchange.probe(&mut Connection::open(process.address)?)?;
    let stop = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| repeat(process, exchange, &stop, &done)))
            .collect();
        let read = || (process.cpu(), done.load(Ordering::Relaxed), Instant::now());
        thread::sleep(warm_up);
        let (cpu_before, done_before, began) = read();
        thread::sleep(window);
        let (cpu_after, done_after, ended) = read();
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a worker panicked"))??;
        }
        let requests = (done_after - done_before) as f64;
        ensure!(requests > 0.0, "no request was answered");
        Ok(Cost {
            cpu_micros: (cpu_after? - cpu_before?).as_secs_f64() * 1e6 / requests,
            per_second: requests / (ended - began).as_secs_f64(),
        })
    })
}

fn repeat(
    process: &Process,
    exchange: &Exchange,
    stop: &AtomicBool,
    done: &AtomicU64,
) -> Result<()> {
    let mut connection = Connection::open(process.address)?;
    while !stop.load(Ordering::Relaxed) {
        let answer = connection.exchange(&exchange.request)?;
        exchange.check(&answer, connection.body())?;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// What became of the requests of [`through`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    pub(crate) lost: u64,
}

/// Sends `exchange` on [`CONNECTIONS`] connections for `duration`, in the middle of which something happens. A request without
/// a complete answer is lost, and its connection made anew.
pub(crate) fn through(
    process: &Process,
    exchange: &Exchange,
    duration: Duration,
    happens: impl FnOnce() -> Result<()>,
) -> Result<Tally> {
    exchange.probe(&mut Connection::open(process.address)?)?;
    let stop = AtomicBool::new(false);
    let [done, lost] = [AtomicU64::new(0), AtomicU64::new(0)];
    let ask = |connection: &mut Connection| {
        let answer = connection.exchange(&exchange.request)?;
        exchange.check(&answer, connection.body())
    };
    let keep_asking = || -> Result<()> {
        let mut connection = Connection::open(process.address)?;
        while !stop.load(Ordering::Relaxed) {
            if ask(&mut connection).is_ok() {
                done.fetch_add(1, Ordering::Relaxed);
            } else {
                lost.fetch_add(1, Ordering::Relaxed);
                connection = Connection::open(process.address)?;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(keep_asking)).collect();
        thread::sleep(duration / 2);
        let happened = happens();
        thread::sleep(duration / 2);
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a worker panicked"))??;
        }
        happened
    })?;
    Ok(Tally {
        answered: done.into_inner(),
        lost: lost.into_inner(),
    })
}

/// Latencies in milliseconds, from the moment each request was due.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    pub(crate) first_chunk: Vec<f64>,
    pub(crate) end: Vec<f64>,
}

/// Sends `exchange` `rate` times a second for `duration`, whether or not answers have come.
///
/// A latency counts from when the request was due, not from when it left, so a stalled server
/// cannot hide its stall by holding the load back.
pub(crate) fn constant_rate(
    process: &Process,
    exchange: &Exchange,
    rate: u32,
    duration: Duration,
) -> Result<Latencies> {
    exchange.probe(&mut Connection::open(process.address)?)?;
    let slots = (duration.as_secs_f64() * f64::from(rate)) as u32;
    // Late enough for every thread to have its connection warm.
    let start = Instant::now() + Duration::from_millis(300);
    thread::scope(|scope| {
        let pacers: Vec<_> = (0..PACERS.min(slots))
            .map(|first| {
                scope.spawn(move || keep_pace(process, exchange, start, rate, first, slots))
            })
            .collect();
        let mut all = Latencies::default();
        for pacer in pacers {
            let own = pacer.join().map_err(|_| anyhow!("a pacer panicked"))??;
            all.first_chunk.extend(own.first_chunk);
            all.end.extend(own.end);
        }
        Ok(all)
    })
}

fn keep_pace(
    process: &Process,
    exchange: &Exchange,
    start: Instant,
    rate: u32,
    first: u32,
    slots: u32,
) -> Result<Latencies> {
    // Wakes at the microsecond a slot is due instead of some fifty later.
    set_timerslack(1)?;
    let mut connection = Connection::open(process.address)?;
    connection.exchange(&exchange.request)?;
    let mut latencies = Latencies::default();
    for slot in (first..slots).step_by(PACERS as usize) {
        let due = start + Duration::from_secs(1) * slot / rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let answer = connection.exchange(&exchange.request)?;
        exchange.check(&answer, connection.body())?;
        let millis = |moment: Instant| (moment - due).as_secs_f64() * 1e3;
        latencies.first_chunk.push(millis(answer.first_chunk));
        latencies.end.push(millis(answer.end));
    }
    Ok(latencies)
}
