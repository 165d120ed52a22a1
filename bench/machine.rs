//! The machine of a run: what it is, and which core does which work.

use std::fs;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use serde::Serialize;

/// What the numbers were measured on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// Runnable tasks over the minute before the run; above a half the numbers are noisy.
    pub(crate) load_average: f64,
}

impl Machine {
    /// Reads what `/proc` tells; what it does not tell is called unknown.
    pub(crate) fn read() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpu: cpu_model(&cpuinfo).unwrap_or("unknown CPU").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
            load_average: load
                .split(' ')
                .next()
                .and_then(|first| first.parse().ok())
                .unwrap_or(0.0),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cpu, cores, kernel, ..
        } = self;
        write!(f, "{cpu}, {cores} cores, Linux {kernel}")
    }
}

/// Which core does which work: what is measured has one for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) measured: usize,
    pub(crate) load: usize,
    pub(crate) upstream: usize,
}

impl Cores {
    /// Deals out the cores this process may use; with two, load and upstream share the second.
    pub(crate) fn plan() -> Result<Self> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("reading the CPU affinity")?;
        let cores: Vec<usize> = (0..CpuSet::count())
            .filter(|core| allowed.is_set(*core).unwrap_or(false))
            .collect();
        let measured = *cores.first().context("no core may be used")?;
        let load = cores.get(1).copied().unwrap_or(measured);
        Ok(Self {
            measured,
            load,
            upstream: cores.get(2).copied().unwrap_or(load),
        })
    }

    /// Whether the measured process has a core that nothing else of this run uses.
    pub(crate) fn are_apart(self) -> bool {
        self.measured != self.load && self.measured != self.upstream
    }
}

/// Moves the calling thread, and what it will spawn, to one core.
pub(crate) fn pin_to(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core)
        .with_context(|| format!("core {core} is out of range"))?;
    sched_setaffinity(Pid::from_raw(0), &set).with_context(|| format!("pinning to core {core}"))
}

/// Lifts the limit of open files to what the system allows, and returns it; children inherit it.
pub(crate) fn raise_open_files() -> Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("reading the open-file limit")?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("raising the open-file limit")?;
    Ok(hard)
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(':'))
        .map(|(_, model)| model.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_model_is_the_first_one_named() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC\n\nmodel name\t: other\n";
        assert_eq!(cpu_model(cpuinfo), Some("AMD EPYC"));
        assert_eq!(cpu_model("processor: 0\n"), None);
    }
}
