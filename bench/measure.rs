//! The measurements: rounds in which every contender is under load at the same time, or has its turn, so that what the machine
//! does meanwhile falls on all of them.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::contender::{Contender, Stage};
use crate::load::{RATE, closed_loop, constant_rate};
use crate::process::Process;
use crate::report::{Judge, Row, Series, Unit};
use crate::statistics::percentile;
use crate::workload::{Exchange, Goal, Workload};

pub(crate) mod beside;
pub(crate) mod console;
pub(crate) mod held;
pub(crate) mod killed;
pub(crate) mod pairs;
pub(crate) mod peak;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) window: Duration,
    pub(crate) starts: usize,
}

impl Effort {
    fn warm_up(self) -> Duration {
        self.window.mul_f64(0.2).max(Duration::from_millis(100))
    }
}

/// CPU time per request of everyone under load at the same time.
///
/// A contender that gives a wrong answer makes a failed row, never a number.
pub(crate) fn cpu(
    stage: &Stage,
    running: &[(Contender, Process)],
    workload: &Workload,
    effort: Effort,
) -> Row {
    let (name, goal) = (workload.name.as_str(), workload.goal);
    let exchange = |contender| stage.exchange(contender, workload);
    match cpu_at_once(running, exchange, effort) {
        Ok(micros) => Row::new(name, Unit::Micros, Judge::Ratio, goal, &micros),
        Err(error) => Row::failed(name, Unit::Micros, &error),
    }
}

/// CPU time per request, round by round. The processes share a core and have their load at the same time: a machine may be
/// half as fast from one second to the next, and so it is equally slow for all of them.
fn cpu_at_once<'a>(
    running: &[(Contender, Process)],
    exchange: impl Fn(Contender) -> &'a Exchange,
    effort: Effort,
) -> Result<Series> {
    let mut micros = Series::default();
    for _ in 0..effort.rounds {
        let costs = thread::scope(|scope| {
            let loads = running.iter().map(|(contender, process)| {
                let exchange = exchange(*contender);
                let load = || closed_loop(process, exchange, effort.warm_up(), effort.window);
                (*contender, scope.spawn(load))
            });
            let loads: Vec<_> = loads.collect();
            let costs = loads.into_iter().map(|(contender, load)| {
                let cost = load.join().map_err(|_| anyhow!("a load panicked"))?;
                anyhow::Ok((contender, cost.with_context(|| format!("{contender:?}"))?))
            });
            costs.collect::<Result<Vec<_>>>()
        })?;
        for (contender, cost) in costs {
            micros.push(contender, cost.cpu_micros);
        }
    }
    Ok(micros)
}

/// Requests per second of everyone, each alone under load.
pub(crate) fn throughput(
    stage: &Stage,
    running: &[(Contender, Process)],
    workload: &Workload,
    effort: Effort,
) -> Row {
    let name = workload.name.as_str();
    let mut per_second = Series::default();
    let measured = in_rounds(running, effort.rounds, |contender, process| {
        let exchange = stage.exchange(contender, workload);
        let cost = closed_loop(process, exchange, effort.warm_up(), effort.window)?;
        per_second.push(contender, cost.per_second);
        Ok(())
    });
    match measured {
        Ok(()) => Row::new(name, Unit::PerSecond, Judge::Ratio, None, &per_second),
        Err(error) => Row::failed(name, Unit::PerSecond, &error),
    }
}

/// What a contender adds to the upstream's own latency at a constant rate: median and 99th percentile.
pub(crate) fn latency(
    stage: &Stage,
    running: &[(Contender, Process)],
    workload: &Workload,
    effort: Effort,
) -> Vec<Row> {
    match added(stage, running, workload, effort) {
        Ok([median, tail]) => {
            let row = |percentile: &str, goal, series| {
                let name = format!("{} {percentile}", workload.name);
                Row::new(name, Unit::AddedMillis, Judge::Excess, goal, series)
            };
            vec![row("p50", workload.goal, &median), row("p99", None, &tail)]
        }
        Err(error) => vec![Row::failed(&workload.name, Unit::AddedMillis, &error)],
    }
}

fn added(
    stage: &Stage,
    running: &[(Contender, Process)],
    workload: &Workload,
    effort: Effort,
) -> Result<[Series; 2]> {
    // Twice the window, so that a 99th percentile has a few samples beyond it.
    let duration = effort.window * 2;
    // What matters of a stream is when it begins; a whole answer begins and ends at once.
    let ask = |process: &Process, exchange| {
        let mut samples = constant_rate(process, exchange, RATE, duration)?.first_chunk;
        let mut at = |share| percentile(&mut samples, share).unwrap_or(f64::NAN);
        anyhow::Ok([at(0.5), at(0.99)])
    };
    let mut series = [Series::default(), Series::default()];
    for round in 0..effort.rounds {
        let direct = ask(&stage.upstream, &workload.plain)?;
        in_one_round(running, round, |contender, process| {
            let via = ask(process, stage.exchange(contender, workload))?;
            for index in 0..2 {
                series[index].push(contender, via[index] - direct[index]);
            }
            Ok(())
        })?;
    }
    Ok(series)
}

/// Time from execution to the first answer, and resident memory once it is idle.
pub(crate) fn start_up(stage: &Stage, effort: Effort) -> [Row; 2] {
    let mut millis = Series::default();
    let mut memory = Series::default();
    let measured = (0..effort.starts).try_for_each(|_| {
        stage.contenders().into_iter().try_for_each(|contender| {
            let process = stage.start(contender)?;
            millis.push(contender, process.start_up.as_secs_f64() * 1e3);
            thread::sleep(Duration::from_millis(500));
            memory.push(contender, process.rss_kb()? / 1024.0);
            anyhow::Ok(())
        })
    });
    let (start, idle) = ("exec to first 200", "idle memory");
    match measured {
        Ok(()) => {
            let goal = |reach, aim| Some(Goal::new(reach, aim));
            [
                Row::new(start, Unit::Millis, Judge::Value, goal(60.0, 30.0), &millis),
                Row::new(
                    idle,
                    Unit::Megabytes,
                    Judge::Value,
                    goal(15.0, 10.0),
                    &memory,
                ),
            ]
        }
        Err(error) => [
            Row::failed(start, Unit::Millis, &error),
            Row::failed(idle, Unit::Megabytes, &error),
        ],
    }
}

fn in_rounds(
    running: &[(Contender, Process)],
    rounds: usize,
    mut measure: impl FnMut(Contender, &Process) -> Result<()>,
) -> Result<()> {
    (0..rounds).try_for_each(|round| in_one_round(running, round, &mut measure))
}

/// Gives everyone a turn; every other round runs backwards, so that nobody is always the first.
fn in_one_round(
    running: &[(Contender, Process)],
    round: usize,
    mut measure: impl FnMut(Contender, &Process) -> Result<()>,
) -> Result<()> {
    let mut turn = |(contender, process): &(Contender, Process)| {
        measure(*contender, process).map_err(|error| error.context(format!("{contender:?}")))
    };
    if round.is_multiple_of(2) {
        running.iter().try_for_each(&mut turn)
    } else {
        running.iter().rev().try_for_each(&mut turn)
    }
}
