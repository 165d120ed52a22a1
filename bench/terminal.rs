//! One measured program in a terminal of its own: started on its core, read all the time, ended with its handle.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use expectrl::session::OsSession;
use memchr::memmem;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::machine::pin_to;
use crate::process::status_kb;

/// Columns and rows.
const SIZE: (u16, u16) = (120, 36);
/// How long something may take to be seen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at what was drawn.
const LOOK: Duration = Duration::from_millis(2);

/// A program in its terminal.
pub(crate) struct Terminal {
    session: OsSession,
    pid: Pid,
    clock: ClockId,
    began: Instant,
    /// What was drawn since somebody last waited for something, at most so much of it.
    drawn: Vec<u8>,
}

impl Terminal {
    /// Runs `command` on a core; the calling thread goes back to `home`.
    pub(crate) fn open(mut command: Command, core: usize, home: usize) -> Result<Self> {
        command.env("TERM", "xterm-256color");
        pin_to(core)?;
        let began = Instant::now();
        let spawned = OsSession::spawn(command);
        pin_to(home)?;
        let mut session = spawned.context("starting it in a terminal")?;
        let process = session.get_process_mut();
        process.set_window_size(SIZE.0, SIZE.1)?;
        let pid = Pid::from_raw(process.pid().as_raw());
        Ok(Self {
            session,
            pid,
            clock: clock_getcpuclockid(pid).context("finding the CPU clock")?,
            began,
            drawn: Vec::new(),
        })
    }

    /// Waits until this is drawn, and tells how long after the start of the program that was.
    pub(crate) fn shows(&mut self, text: &str) -> Result<Duration> {
        let end = Instant::now() + PATIENCE;
        while memmem::find(&self.drawn, text.as_bytes()).is_none() {
            if Instant::now() > end {
                bail!("`{text}` was never drawn");
            }
            if self.look()? == 0 {
                thread::sleep(LOOK);
            }
        }
        let took = self.began.elapsed();
        self.drawn.clear();
        Ok(took)
    }

    /// Lets it draw for so long, and tells whether this was drawn.
    pub(crate) fn watch(&mut self, window: Duration, text: &str) -> Result<bool> {
        let end = Instant::now() + window;
        let mut seen = false;
        while Instant::now() < end {
            self.look()?;
            seen |= memmem::find(&self.drawn, text.as_bytes()).is_some();
            // The end is kept: the text may stand across two looks.
            let kept = self.drawn.len().saturating_sub(text.len());
            self.drawn.drain(..kept);
            thread::sleep(LOOK * 5);
        }
        Ok(seen)
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> Result<()> {
        self.session.write_all(keys.as_bytes())?;
        Ok(self.session.flush()?)
    }

    /// User and system time of the whole program.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let time = clock_gettime(self.clock).context("reading the CPU clock")?;
        Ok(Duration::from(time))
    }

    /// Resident memory in MB.
    pub(crate) fn rss_mb(&self) -> Result<f64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let kilobytes = status_kb(&status, "VmRSS:");
        Ok(kilobytes.with_context(|| format!("{path} has no VmRSS"))? / 1024.0)
    }

    /// Reads what was drawn; the program would have to wait otherwise.
    fn look(&mut self) -> Result<usize> {
        let mut piece = [0; 16_384];
        let mut all = 0;
        // Nothing to read is an error here.
        while let Ok(read @ 1..) = self.session.try_read(&mut piece) {
            self.drawn.extend_from_slice(&piece[..read]);
            all += read;
        }
        if all == 0 && !self.session.get_process().is_alive()? {
            bail!("it ended: {}", String::from_utf8_lossy(&self.drawn).trim());
        }
        Ok(all)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.session.get_process_mut().exit(true);
    }
}
