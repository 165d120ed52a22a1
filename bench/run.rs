//! One run: set the stage, measure group by group, print.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal: the report goes to stdout, progress to stderr"
)]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::arguments::Run;

use crate::contender::{Contender, Program, Stage, gateway_at};
use crate::gateway_build;
use crate::load::{CONNECTIONS, RATE};
use crate::machine::{Cores, Machine};
use crate::measure::beside::{Service, beside};
use crate::measure::console::{self, Patience, console};
use crate::measure::held::held;
use crate::measure::killed::{self, killed};
use crate::measure::pairs::{Kind, Pairs};
use crate::measure::{self, Effort};
use crate::process::Process;
use crate::report::grid::Grid;
use crate::report::table::{self, Style};
use crate::report::{Group, Report, Row, Verdict};
use crate::workload::{self, Workload};

/// The name under which start-up and idle memory are chosen.
const START: &str = "start";

/// Measures what the arguments ask for and prints the report.
pub(crate) fn run(arguments: &Run) -> Result<ExitCode> {
    if arguments.list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan::of(arguments)?;
    let gateway = gateway(arguments)?;
    let other = arguments.against.as_deref().map(gateway_at).transpose()?;
    let machine = Machine::read();
    let cores = Cores::plan()?;
    warn_of_noise(&machine, cores);
    let stage = Stage::set(gateway, other, cores)?;
    let report = Report {
        machine,
        method: method(plan.effort, arguments.self_test),
        groups: plan.measure(&stage)?,
        grids: plan.measure_pairs(&stage)?,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else if arguments.markdown {
        print!("{}", table::render(&report, Style::Markdown));
    } else {
        print!("{}", table::render(&report, Style::Terminal));
    }
    let missed = arguments.strict && report.has(Verdict::Missed);
    Ok(if missed || report.has(Verdict::Failed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What is going to be measured.
struct Plan {
    effort: Effort,
    start: bool,
    cpu: Vec<Workload>,
    latency: Vec<Workload>,
    held: Vec<(Workload, usize)>,
    services: Vec<Service>,
    killed: bool,
    pairs: Option<Pairs>,
    console: Option<Patience>,
}

impl Plan {
    fn of(arguments: &Run) -> Result<Self> {
        let names: Vec<String> = match arguments.pairs {
            true => Kind::ALL.map(|kind| kind.name().to_owned()).into(),
            false => all_workloads()
                .map(|workload| workload.name)
                .chain(Service::ALL.map(|service| service.name().to_owned()))
                .collect(),
        };
        let named = |name: &str| {
            let part_of = |part: &String| !names.contains(part) && name.contains(part.as_str());
            arguments
                .workload
                .iter()
                .any(|part| part == name || part_of(part))
        };
        let wanted = |workload: &Workload| {
            if arguments.pairs || arguments.console {
                false
            } else if arguments.workload.is_empty() {
                arguments.all || !workload.extra
            } else {
                named(&workload.name)
            }
        };
        ensure!(
            arguments.seconds.is_finite() && arguments.seconds > 0.0,
            "--seconds must be more than zero"
        );
        ensure!(
            arguments.minutes.is_finite() && arguments.minutes > 0.0,
            "--minutes must be more than zero"
        );
        let every = arguments.workload.is_empty();
        let extra = |name: &str| {
            let all = every && arguments.all;
            !arguments.pairs && (all || named(name))
        };
        let services = Service::ALL.into_iter();
        let kinds = Kind::ALL.into_iter();
        let kinds = kinds.filter(|kind| every || named(kind.name())).collect();
        let pairs = || Pairs::of(kinds, &arguments.client, &arguments.upstream);
        let plan = Self {
            effort: effort(arguments),
            start: !(arguments.pairs || arguments.console) && (every || named(START)),
            cpu: workload::cpu().into_iter().filter(&wanted).collect(),
            latency: workload::latency().into_iter().filter(&wanted).collect(),
            held: workload::held()
                .into_iter()
                .filter(|(workload, _)| wanted(workload))
                .collect(),
            services: services.filter(|one| extra(one.name())).collect(),
            killed: extra(killed::NAME),
            pairs: arguments.pairs.then(pairs).transpose()?,
            console: arguments.console.then(|| patience(arguments)),
        };
        let nothing = plan.cpu.is_empty()
            && plan.latency.is_empty()
            && plan.held.is_empty()
            && plan.services.is_empty();
        ensure!(
            plan.start || plan.killed || plan.pairs.is_some() || plan.console.is_some() || !nothing,
            "no workload has such a name; --list shows them"
        );
        Ok(plan)
    }

    fn measure(&self, stage: &Stage) -> Result<Vec<Group>> {
        let mut groups = Vec::new();
        if !self.cpu.is_empty() || !self.latency.is_empty() {
            let running = start_all(stage)?;
            groups.extend(self.measure_cpu(stage, &running));
            groups.extend(self.measure_latency(stage, &running));
        }
        groups.extend(self.measure_held(stage));
        if stage.has_gateway() {
            groups.extend(self.measure_services(stage));
            groups.extend(self.measure_killed(stage));
        }
        if self.start {
            eprintln!("measuring start-up …");
            groups.push(Group {
                title: "Start-up and idle memory",
                rows: measure::start_up(stage, self.effort).into(),
            });
        }
        if let Some(patience) = self.console {
            eprintln!("measuring {} …", console::NAME);
            groups.push(Group {
                title: "The console, beside a gateway at work",
                rows: console(stage, patience),
            });
        }
        groups.retain(|group| !group.rows.is_empty());
        Ok(groups)
    }

    fn measure_pairs(&self, stage: &Stage) -> Result<Vec<Grid>> {
        let Some(pairs) = &self.pairs else {
            return Ok(Vec::new());
        };
        let running = start_all(stage)?;
        let tell = |name: &str| eprintln!("measuring {name} …");
        Ok(pairs.measure(stage, &running, self.effort, tell))
    }

    fn measure_cpu(&self, stage: &Stage, running: &[(Contender, Process)]) -> [Group; 2] {
        let measure = |measure: fn(&Stage, &[_], &Workload, Effort) -> Row| {
            let row = |workload: &Workload| {
                eprintln!("measuring {} …", workload.name);
                measure(stage, running, workload, self.effort)
            };
            self.cpu.iter().map(row).collect()
        };
        [
            Group {
                title: "CPU time per request, user and system, all under load at the same time",
                rows: measure(measure::cpu),
            },
            Group {
                title: "Requests per second, closed loop, each alone",
                rows: measure(measure::throughput),
            },
        ]
    }

    fn measure_latency(&self, stage: &Stage, running: &[(Contender, Process)]) -> Option<Group> {
        let rows = self.latency.iter().flat_map(|workload| {
            eprintln!("measuring {} …", workload.name);
            measure::latency(stage, running, workload, self.effort)
        });
        Some(Group {
            title: "Latency added to the upstream's own, constant rate",
            rows: rows.collect(),
        })
    }

    fn measure_held(&self, stage: &Stage) -> Option<Group> {
        let rows = self.held.iter().flat_map(|(workload, count)| {
            eprintln!("measuring {} …", workload.name);
            held(stage, workload, *count, self.effort)
        });
        Some(Group {
            title: "Streams held open",
            rows: rows.collect(),
        })
    }
}

impl Plan {
    fn measure_services(&self, stage: &Stage) -> Option<Group> {
        let rows = self.services.iter().map(|service| {
            eprintln!("measuring {} …", service.name());
            beside(stage, *service, self.effort)
        });
        Some(Group {
            title: "CPU time per request, beside the same gateway without it as the yardstick",
            rows: rows.collect(),
        })
    }

    fn measure_killed(&self, stage: &Stage) -> Option<Group> {
        self.killed.then(|| {
            eprintln!("measuring {} …", killed::NAME);
            Group {
                title: "Requests lost when an upstream dies",
                rows: vec![killed(stage, self.effort)],
            }
        })
    }
}

fn effort(arguments: &Run) -> Effort {
    if arguments.quick {
        return Effort {
            rounds: 3,
            window: Duration::from_millis(500),
            starts: 5,
        };
    }
    Effort {
        rounds: usize::from(arguments.rounds),
        window: Duration::from_secs_f64(arguments.seconds),
        starts: 11,
    }
}

fn patience(arguments: &Run) -> Patience {
    let Effort { window, starts, .. } = effort(arguments);
    Patience {
        // Long enough that what comes every few seconds counts.
        window: (window * 15).max(Duration::from_secs(5)),
        starts,
        memory: Duration::from_secs_f64(arguments.minutes * 60.0),
    }
}

fn gateway(arguments: &Run) -> Result<Program> {
    if arguments.self_test {
        return Ok(Program::Yardstick);
    }
    let built = match &arguments.gateway {
        Some(path) => return gateway_at(path),
        None => gateway_build::gateway()?,
    };
    gateway_at(&built)
}

fn start_all(stage: &Stage) -> Result<Vec<(Contender, Process)>> {
    let start = |contender| {
        let process = stage.start(contender);
        Ok((
            contender,
            process.with_context(|| format!("{contender:?}"))?,
        ))
    };
    stage.contenders().into_iter().map(start).collect()
}

fn method(effort: Effort, self_test: bool) -> String {
    let Effort { rounds, window, .. } = effort;
    let gateway = if self_test {
        " Self-test: the gateway is a second yardstick."
    } else {
        ""
    };
    format!(
        "{rounds} rounds of {window:?}; {CONNECTIONS} connections in the closed loop, \
         {RATE} requests/s at the constant rate; medians, the measured processes on one core.{gateway}"
    )
}

fn warn_of_noise(machine: &Machine, cores: Cores) {
    if machine.load_average > 0.5 {
        eprintln!(
            "the machine is busy (load {:.2}): expect wider spreads",
            machine.load_average
        );
    }
    if !cores.are_apart() {
        eprintln!("only one core may be used: the load runs on the measured core");
    }
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: the yardstick is slow, so ratios flatter the gateway");
    }
}

fn list() {
    for workload in all_workloads() {
        let note = if workload.extra { " (with --all)" } else { "" };
        println!("{}{note}", workload.name);
    }
    for service in Service::ALL {
        println!("{} (with --all)", service.name());
    }
    println!("{} (with --all)", killed::NAME);
    println!("{START}");
    println!("{} (with --console)", console::NAME);
    for kind in Kind::ALL {
        println!("{} (with --pairs)", kind.name());
    }
}

fn all_workloads() -> impl Iterator<Item = Workload> {
    let held = workload::held().into_iter().map(|(workload, _)| workload);
    workload::cpu()
        .into_iter()
        .chain(workload::latency())
        .chain(held)
}
