//! A gateway that is started for one client, and ends with it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use modelgate_config::make_directory;
use modelgate_config::paths::state_dir;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::child;
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::inert::inert;

/// How long it may take to begin, and each step of its end.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many of its last words are shown when it does not begin.
const LAST_WORDS: usize = 5;

/// The gateway. When this is dropped early, it is killed.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
}

impl Started {
    /// Starts it with the configuration of this command, and waits until it takes requests.
    pub(super) async fn start(context: &mut Context) -> Result<Self, CommandError> {
        let log = state_dir(&context.environment).join("launch.log");
        let program = std::env::current_exe()
            .context("cannot find this program")
            .map_err(CommandError::failed)?;
        let mut command = Command::new(program);
        command.args(["serve", "--json", "--color", "never"]);
        if context.names_config() {
            command.arg("--config").arg(context.config_path().path());
        }
        let file = open(&log)
            .with_context(|| format!("cannot write {}", shown(&log)))
            .map_err(CommandError::failed)?;
        // A group of its own: Ctrl-C at the terminal is for the client.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .context("cannot start the gateway")
            .map_err(CommandError::failed)?;
        let mut started = Self { child };
        tokio::select! {
            ready = timeout(PATIENCE, started.ready()) => match ready {
                Ok(true) => Ok(started),
                Ok(false) => Err(failed(&log, "the gateway did not start")),
                Err(_) => Err(failed(&log, "the gateway does not come to take requests")),
            },
            _ = tokio::signal::ctrl_c() => Err(CommandError::interrupted()),
        }
    }

    /// Whether it has said that it takes requests; it says nothing else.
    async fn ready(&mut self) -> bool {
        let Some(stdout) = self.child.stdout.take() else {
            return false;
        };
        let line = BufReader::new(stdout).lines().next_line().await;
        matches!(line, Ok(Some(_)))
    }

    /// Lets it end: what is still open may end, then it is cut.
    pub(super) async fn stop(&mut self) {
        for _ in 0..2 {
            child::send(self.child.id(), Signal::TERM);
            if timeout(PATIENCE, self.child.wait()).await.is_ok() {
                return;
            }
        }
    }
}

/// The file of its log, new for every start.
fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        make_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

/// Why it did not start, in its own words.
fn failed(log: &Path, what: &str) -> CommandError {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
    let words = last.iter().map(|line| inert(line).into_owned());
    CommandError::failed(anyhow::anyhow!("{what}"))
        .with_details(words.collect())
        .hint("modelgate serve starts it in a terminal of its own")
}
