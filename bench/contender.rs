//! Who is measured, and how each is started.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::machine::{Cores, pin_to, raise_open_files};
use crate::process::{Placement, Process, free_address};
use crate::wire::{MODEL, MODEL_CLAUDE, MODEL_GEMINI, MODEL_HELD, MODEL_PAUSED, MODEL_RESPONSES};
use crate::workload::{CLIENT_KEY, Exchange, Workload};

/// A program between the load and the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// The plain reverse proxy.
    Yardstick,
    /// The gateway under test.
    Gateway,
    /// Another build of the gateway, to compare with.
    Other,
}

/// What stands in the gateway's place.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    /// A gateway binary.
    Gateway(PathBuf),
    /// The yardstick itself, which must come out at a ratio of one.
    Yardstick,
}

/// The upstream and what it takes to start every contender.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) upstream: Process,
    gateway: Program,
    other: Option<Program>,
    pub(crate) cores: Cores,
    /// How many files each process may have open.
    pub(crate) open_files: u64,
    directory: TempDir,
    started: AtomicUsize,
}

impl Stage {
    /// Lifts the open-file limit for everyone, moves the load to its core, starts the upstream.
    pub(crate) fn set(gateway: Program, other: Option<Program>, cores: Cores) -> Result<Self> {
        let open_files = raise_open_files()?;
        // Threads started from here on, the load's, share its core.
        pin_to(cores.load)?;
        let directory = TempDir::with_prefix("modelgate-bench-")?;
        Ok(Self {
            upstream: upstream(cores, directory.path())?,
            gateway,
            other,
            cores,
            open_files,
            directory,
            started: AtomicUsize::new(0),
        })
    }

    /// Everyone who is measured, the yardstick first.
    pub(crate) fn contenders(&self) -> Vec<Contender> {
        let mut all = vec![Contender::Yardstick, Contender::Gateway];
        all.extend(self.other.as_ref().map(|_| Contender::Other));
        all
    }

    /// What a contender is asked in a workload: only a gateway can be asked to translate.
    pub(crate) fn exchange<'a>(
        &self,
        contender: Contender,
        workload: &'a Workload,
    ) -> &'a Exchange {
        match self.program(contender) {
            Program::Yardstick => &workload.plain,
            Program::Gateway(_) => &workload.gateway,
        }
    }

    /// Starts another upstream.
    pub(crate) fn start_upstream(&self) -> Result<Process> {
        upstream(self.cores, self.directory.path())
    }

    /// Whether a gateway is measured, and not the yardstick in its place.
    pub(crate) fn has_gateway(&self) -> bool {
        matches!(self.gateway, Program::Gateway(_))
    }

    /// Starts a contender afresh, with a home of its own.
    pub(crate) fn start(&self, contender: Contender) -> Result<Process> {
        self.start_with(contender, "")
    }

    /// The same; a gateway has these lines in its configuration too.
    pub(crate) fn start_with(&self, contender: Contender, lines: &str) -> Result<Process> {
        let home = self.start_at_home(contender, self.cores.measured, lines)?;
        Ok(home.process)
    }

    /// The same on a core, and where its home is.
    pub(crate) fn start_at_home(
        &self,
        contender: Contender,
        core: usize,
        lines: &str,
    ) -> Result<Home> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let directory = self.directory.path().join(format!("home-{number}"));
        fs::create_dir(&directory)?;
        let address = free_address()?;
        let (program, command) = match self.program(contender) {
            Program::Yardstick => (std::env::current_exe()?, self.yardstick(address)?),
            Program::Gateway(binary) => {
                let command = self.gateway(binary, address, &directory, lines)?;
                (binary.clone(), command)
            }
        };
        let placement = Placement {
            core,
            home: self.cores.load,
            errors: &directory.join("errors.log"),
        };
        Ok(Home {
            process: Process::start(command, address, placement)?,
            program,
            directory,
        })
    }

    fn program(&self, contender: Contender) -> &Program {
        match contender {
            Contender::Yardstick => &Program::Yardstick,
            Contender::Gateway => &self.gateway,
            Contender::Other => self.other.as_ref().unwrap_or(&self.gateway),
        }
    }

    fn yardstick(&self, address: SocketAddr) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env_clear()
            .args(["yardstick", "--port", &address.port().to_string()])
            .args(["--upstream", &self.upstream.address.to_string()]);
        Ok(command)
    }

    fn gateway(
        &self,
        binary: &Path,
        address: SocketAddr,
        home: &Path,
        lines: &str,
    ) -> Result<Command> {
        let path = home.join("modelgate.yaml");
        let text = configuration(address.port(), self.upstream.address.port()) + lines;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .context("writing the gateway's configuration")?;
        let mut command = at_home(binary, home);
        command
            .arg("serve")
            .arg("--config")
            .arg(&path)
            .args(["--host", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--log", "off"]);
        Ok(command)
    }
}

/// A running contender, and where it lives.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) process: Process,
    program: PathBuf,
    directory: PathBuf,
}

impl Home {
    /// The same program again, which finds the one that runs.
    pub(crate) fn command(&self) -> Command {
        at_home(&self.program, &self.directory)
    }
}

fn upstream(cores: Cores, directory: &Path) -> Result<Process> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["upstream", "--port", &address.port().to_string()]);
    let placement = Placement {
        core: cores.upstream,
        home: cores.load,
        errors: &directory.join(format!("upstream-{}.log", address.port())),
    };
    Process::start(command, address, placement)
}

/// A program with nothing of the person's own: no home, no provider keys, no proxy.
fn at_home(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .current_dir(home);
    command
}

/// Checks that a gateway given by path can be run.
pub(crate) fn gateway_at(path: &Path) -> Result<Program> {
    ensure!(path.is_file(), "there is no program {}", path.display());
    // The gateway runs in a directory of its own, so the path must not depend on ours.
    Ok(Program::Gateway(path.canonicalize()?))
}

/// It ends with the keys of Claude, so that others can follow.
fn configuration(port: u16, upstream: u16) -> String {
    format!(
        "\
host: 127.0.0.1
port: {port}
api-keys: [{CLIENT_KEY}]
openai-compatibility:
  - name: bench
    base-url: http://127.0.0.1:{upstream}/v1
    api-key-entries: [{{api-key: upstream-key}}]
    models: [{{name: {MODEL}}}, {{name: {MODEL_PAUSED}}}, {{name: {MODEL_HELD}}}]
codex-api-key:
  - api-key: upstream-key
    base-url: http://127.0.0.1:{upstream}/v1
    models: [{{name: {MODEL_RESPONSES}}}]
gemini-api-key:
  - api-key: upstream-key
    base-url: http://127.0.0.1:{upstream}
    models: [{{name: {MODEL_GEMINI}}}]
claude-api-key:
  - api-key: upstream-key
    base-url: http://127.0.0.1:{upstream}
    models: [{{name: {MODEL_CLAUDE}}}]
"
    )
}
