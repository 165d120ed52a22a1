//! The console: what the dashboard costs beside a gateway at work, and how long the commands take that ask one.
//!
//! The gateway is the load here. It shares a core with its clients; what is measured has the other one.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::contender::{Contender, Home, Stage};
use crate::load::constant_rate;
use crate::machine::pin_to;
use crate::process::Process;
use crate::report::{Judge, Row, Series, Unit};
use crate::terminal::Terminal;
use crate::wire::{Dialect, MODEL};
use crate::workload::{Exchange, Goal};

/// The name under which it is chosen.
pub(crate) const NAME: &str = "console";

/// What happens because of one request: it begins, it is answered, it ends.
const EVENTS: u32 = 3;
/// Requests for 1,000 events in a second, and for 100.
const MANY: u32 = 1_000_u32.div_ceil(EVENTS);
const SOME: u32 = 100_u32.div_ceil(EVENTS);
/// Everything that a dashboard keeps has found its place after so many requests: it keeps 2,000 of them.
const FULL: Duration = Duration::from_secs(8);
/// A dashboard that has just been started still asks for this and that.
const SETTLED: Duration = Duration::from_secs(3);
/// The load may end so much later than it should.
const LATE: Duration = Duration::from_millis(500);
/// The views that are drawn under load, by their keys.
const VIEWS: [(&str, &str); 2] = [("1", "overview"), ("2", "requests")];

/// How long, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Windows of idleness and of load.
    pub(crate) window: Duration,
    pub(crate) starts: usize,
    /// How long memory is watched at 100 events in a second.
    pub(crate) memory: Duration,
}

/// Everything about the console, a row for each number.
pub(crate) fn console(stage: &Stage, patience: Patience) -> Vec<Row> {
    let home = match stage.start_at_home(Contender::Gateway, stage.cores.load, "") {
        Ok(home) => home,
        Err(error) => return vec![Row::failed(NAME, Unit::Millis, &error)],
    };
    let failed = |name: &str, unit, error| Row::failed(name, unit, &error);
    let mut rows = Vec::new();
    let first = first_frame(stage, &home, patience);
    rows.push(first.unwrap_or_else(|error| failed("dashboard: first frame", Unit::Millis, error)));
    for words in [["models", "--json"], ["usage", "--json"]] {
        let took = command_time(stage, &home, words, patience);
        rows.push(took.unwrap_or_else(|error| failed(words[0], Unit::Millis, error)));
    }
    // What was measured before something failed still counts.
    if let Err(error) = dashboard(stage, &home, patience, &mut rows) {
        rows.push(failed("dashboard: under load", Unit::Percent, error));
    }
    rows
}

fn value(name: impl Into<String>, unit: Unit, goal: (f64, f64), values: &[f64]) -> Row {
    let mut series = Series::default();
    for value in values {
        series.push(Contender::Gateway, *value);
    }
    let goal = Some(Goal::new(goal.0, goal.1));
    Row::new(name, unit, Judge::Value, goal, &series)
}

fn open(stage: &Stage, home: &Home) -> Result<Terminal> {
    let mut command = home.command();
    command.arg("dashboard");
    Terminal::open(command, stage.cores.measured, stage.cores.load)
}

fn first_frame(stage: &Stage, home: &Home, patience: Patience) -> Result<Row> {
    let mut millis = Vec::new();
    for _ in 0..patience.starts {
        let took = open(stage, home)?.shows("Overview")?;
        millis.push(took.as_secs_f64() * 1e3);
    }
    let name = "dashboard: exec to first frame";
    Ok(value(name, Unit::Millis, (100.0, 50.0), &millis))
}

/// One dashboard, idle and under load, and what it keeps.
fn dashboard(stage: &Stage, home: &Home, patience: Patience, rows: &mut Vec<Row>) -> Result<()> {
    let mut terminal = open(stage, home)?;
    terminal.shows("live")?;
    terminal.watch(SETTLED, MISSED)?;
    let idle = share(&mut terminal, patience.window)?;
    rows.push(value("dashboard: idle", Unit::Percent, (1.0, 0.5), &[idle]));
    for (key, view) in VIEWS {
        terminal.press(key)?;
        let window = patience.window.max(FULL);
        let busy = under_load(&mut terminal, &home.process, MANY, window)?;
        let name = format!("dashboard: {view} at 1,000 events/s");
        rows.push(value(name, Unit::Percent, (10.0, 5.0), &[busy]));
    }
    let before = terminal.rss_mb()?;
    under_load(&mut terminal, &home.process, SOME, patience.memory)?;
    let after = terminal.rss_mb()?;
    let minutes = patience.memory.as_secs_f64() / 60.0;
    rows.push(value(
        "dashboard: memory",
        Unit::Megabytes,
        (40.0, 25.0),
        &[after],
    ));
    rows.push(value(
        format!("dashboard: growth in {minutes:.1} min at 100 events/s"),
        Unit::Megabytes,
        (2.0, 0.5),
        &[(after - before).max(0.0)],
    ));
    Ok(())
}

/// What a dashboard says that was too slow.
const MISSED: &str = "events missed";

/// The share of its core, in percent, that it needs for a window in which it must not miss anything.
fn share(terminal: &mut Terminal, window: Duration) -> Result<f64> {
    let (before, began) = (terminal.cpu()?, Instant::now());
    let missed = terminal.watch(window, MISSED)?;
    let (cpu, took) = (terminal.cpu()? - before, began.elapsed());
    ensure!(!missed, "the dashboard has missed events");
    Ok(cpu.as_secs_f64() * 100.0 / took.as_secs_f64())
}

/// The same, while the gateway has so many requests in a second.
fn under_load(
    terminal: &mut Terminal,
    gateway: &Process,
    rate: u32,
    window: Duration,
) -> Result<f64> {
    let exchange = Exchange::whole(Dialect::Chat, MODEL);
    // The load begins a little before, and ends a little after.
    let around = window + Duration::from_secs(1);
    thread::scope(|scope| {
        let load = scope.spawn(|| {
            let began = Instant::now();
            constant_rate(gateway, &exchange, rate, around)?;
            ensure!(
                began.elapsed() < around.mul_f64(1.1) + LATE,
                "the gateway did not keep up with {rate} requests a second"
            );
            anyhow::Ok(())
        });
        terminal.watch(Duration::from_millis(500), MISSED)?;
        let share = share(terminal, window);
        while !load.is_finished() {
            terminal.watch(Duration::from_millis(50), MISSED)?;
        }
        let load = load.join().map_err(|_| anyhow!("the load panicked"))?;
        load.context("asking the gateway")?;
        share
    })
}

/// From the start of a command to its end; the gateway's answer, which is none of its own time, is in it.
fn command_time(stage: &Stage, home: &Home, words: [&str; 2], patience: Patience) -> Result<Row> {
    let mut millis = Vec::new();
    for _ in 0..patience.starts {
        let mut command = home.command();
        command.args(words);
        millis.push(run(command, stage)?.as_secs_f64() * 1e3);
    }
    let name = format!("modelgate {}", words[0]);
    Ok(value(name, Unit::Millis, (30.0, 15.0), &millis))
}

fn run(mut command: Command, stage: &Stage) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    pin_to(stage.cores.measured)?;
    let began = Instant::now();
    let status = command.status();
    let took = began.elapsed();
    pin_to(stage.cores.load)?;
    let status = status.context("starting the command")?;
    ensure!(status.success(), "it ended with {status}");
    Ok(took)
}
