//! One measured process: started on its core, watched through the kernel, ended with its handle.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::client::Connection;
use crate::machine::pin_to;

/// How long a program may take to answer its first request.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How often a starting program is asked whether it is there.
const START_POLL: Duration = Duration::from_micros(500);

/// A running program and the address it listens on. Dropping it ends the program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From just before the program was executed to its first answer with status 200.
    pub(crate) start_up: Duration,
    clock: ClockId,
}

/// Where a program runs and where its words go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement<'a> {
    /// The core of the program and all its threads.
    pub(crate) core: usize,
    /// The core the calling thread goes back to.
    pub(crate) home: usize,
    /// The file for its standard error.
    pub(crate) errors: &'a Path,
}

impl Process {
    /// Runs `command`, which will listen on `address`, and waits until it answers `GET /healthz`.
    pub(crate) fn start(
        mut command: Command,
        address: SocketAddr,
        placement: Placement<'_>,
    ) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(placement.errors)?);
        // A child has the affinity of the thread that started it, from its first instruction on.
        pin_to(placement.core)?;
        let began = Instant::now();
        let spawned = command.spawn();
        pin_to(placement.home)?;
        let name = PathBuf::from(command.get_program());
        let child = spawned.with_context(|| format!("starting {}", name.display()))?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let mut process = Self {
            child,
            address,
            start_up: Duration::ZERO,
            clock: clock_getcpuclockid(pid).context("finding the CPU clock")?,
        };
        process.start_up = process.wait_until_ready(began).with_context(|| {
            let errors = fs::read_to_string(placement.errors).unwrap_or_default();
            format!("{} did not start: {}", name.display(), errors.trim())
        })?;
        Ok(process)
    }

    fn wait_until_ready(&mut self, began: Instant) -> Result<Duration> {
        let request = get("/healthz");
        loop {
            let answer = Connection::open(self.address)
                .and_then(|mut connection| connection.exchange(&request));
            match answer {
                Ok(answer) if answer.status == 200 => return Ok(answer.end - began),
                Ok(answer) => bail!("GET /healthz answered {}", answer.status),
                Err(_) => thread::sleep(START_POLL),
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            ensure!(began.elapsed() < START_LIMIT, "no answer in time");
        }
    }

    /// User and system time of the whole process, its ended threads included.
    ///
    /// This is the process's CPU clock: nanoseconds, where `/proc/<pid>/stat` counts ticks of 10 ms,
    /// and up to date, where `schedstat` lags behind a running thread and forgets ended ones.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let time = clock_gettime(self.clock).context("reading the CPU clock")?;
        Ok(Duration::from(time))
    }

    /// Resident memory in KB.
    pub(crate) fn rss_kb(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// Makes the most resident memory start again from what is resident now.
    pub(crate) fn forget_peak(&self) -> Result<()> {
        let path = format!("/proc/{}/clear_refs", self.child.id());
        fs::write(&path, "5").with_context(|| format!("writing {path}"))
    }

    /// The most resident memory since [`Self::forget_peak`], in KB.
    pub(crate) fn peak_kb(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        status_kb(&status, key).with_context(|| format!("{path} has no {key}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request for `path` without a body.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// An address on the loopback that nothing listens on.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(listener.local_addr()?)
}

/// A number of KB in a status file of the kernel.
pub(crate) fn status_kb(status: &str, key: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_the_status_file() {
        let status = "Name:\tmodelgate\nVmPeak:\t  99 kB\nVmRSS:\t    8124 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(status_kb(status, "VmRSS:"), Some(8124.0));
        assert_eq!(status_kb("Name:\tx\n", "VmRSS:"), None);
    }
}
