//! The program as a process: an empty home, a cleared environment, a free port.

use super::settings::KEY;
use super::{PATIENCE, ask};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_modelgate");

/// A home of its own, shared by every start that is given it.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    directory: Arc<TempDir>,
    starts: Arc<AtomicUsize>,
}

/// How to start the program.
#[derive(Debug)]
pub(crate) struct Launch {
    home: Home,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    input: Option<String>,
    /// Somebody types.
    typing: bool,
}

/// A running gateway; it is killed when dropped, and a failing test prints what it logged.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The line it printed when it was ready.
    pub(crate) started: Value,
    pub(crate) home: Home,
    pub(crate) client: reqwest::Client,
    child: Child,
    stderr: PathBuf,
}

/// A start that ended by itself.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// What it printed with `--json`.
    ///
    /// # Panics
    ///
    /// When it failed, or printed anything else.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("stdout is JSON and nothing else")
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("work")).unwrap();
        Self {
            directory: Arc::new(directory),
            starts: Arc::default(),
        }
    }

    /// A path below the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where the configuration file goes when nobody says otherwise.
    pub(crate) fn default_config(&self) -> PathBuf {
        self.path("config/modelgate/config.yaml")
    }

    /// Every file below the home, logs of the tests included.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let (mut found, mut directories) = (Vec::new(), vec![self.path("")]);
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

impl Launch {
    /// Without a configuration file.
    pub(crate) fn bare() -> Self {
        Self::in_home(&Home::new())
    }

    /// In a home that was used before.
    pub(crate) fn in_home(home: &Home) -> Self {
        Self {
            home: home.clone(),
            arguments: Vec::new(),
            environment: Vec::new(),
            input: None,
            typing: false,
        }
    }

    /// With this configuration.
    pub(crate) fn with(config: &str) -> Self {
        let launch = Self::bare();
        let path = launch.home.path("modelgate.yaml");
        fs::write(&path, config).unwrap();
        launch.arg("--config").arg(path.to_str().unwrap())
    }

    /// The home it will start in.
    pub(crate) fn home(&self) -> Home {
        self.home.clone()
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this on its standard input, which is empty otherwise.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// With somebody at its stdin.
    pub(crate) fn typing(mut self) -> Self {
        self.typing = true;
        self
    }

    /// Starts `modelgate serve` on a free port and waits until it takes requests.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub(crate) async fn start(self) -> Gateway {
        let (mut child, stderr) = self.spawn(&["serve", "--port", "0", "--json"]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            let log = fs::read_to_string(&stderr).unwrap_or_default();
            panic!("the gateway did not start ({line:?}):\n{log}");
        };
        let started: Value = serde_json::from_str(&line).unwrap();
        Gateway {
            address: started["address"].as_str().unwrap().parse().unwrap(),
            started,
            home: self.home,
            client: ask::client(reqwest::Client::builder()),
            child,
            stderr,
        }
    }

    /// Runs `modelgate` with these words to its end.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub(crate) async fn run(self, words: &[&str]) -> Finished {
        let (child, stderr) = self.spawn(words);
        let output = timeout(PATIENCE, child.wait_with_output()).await;
        let log = fs::read_to_string(&stderr).unwrap_or_default();
        let output = output.unwrap_or_else(|_| panic!("{words:?} does not end:\n{log}"));
        let output = output.unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: log,
        }
    }

    /// The process with its stdout, and the file that its stderr goes to.
    pub(crate) fn spawn(&self, words: &[&str]) -> (Child, PathBuf) {
        let start = self.home.starts.fetch_add(1, Ordering::Relaxed);
        let stderr = self.home.path(&format!("stderr-{start}.log"));
        let home = |name: &str| self.home.path(name);
        let input = match &self.input {
            Some(text) => {
                let path = home(&format!("stdin-{start}"));
                fs::write(&path, text).unwrap();
                Stdio::from(File::open(path).unwrap())
            }
            None if self.typing => Stdio::piped(),
            None => Stdio::null(),
        };
        let child = Command::new(PROGRAM)
            .args(words)
            .args(&self.arguments)
            .env_clear()
            .env("HOME", home("home"))
            .env("XDG_CONFIG_HOME", home("config"))
            .env("XDG_DATA_HOME", home("data"))
            .env("XDG_STATE_HOME", home("state"))
            .envs(self.environment.iter().cloned())
            .current_dir(home("work"))
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        (child, stderr)
    }
}

impl Gateway {
    /// The base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request with the test's key.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.keyless(method, path).bearer_auth(KEY)
    }

    /// A request without any key.
    pub(crate) fn keyless(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url()))
    }

    /// Writes the configuration anew, the way editors do: aside, then renamed.
    pub(crate) fn rewrite(&self, config: &str) {
        let path = self.home.path("modelgate.yaml");
        let aside = self.home.path("modelgate.yaml.new");
        fs::write(&aside, config).unwrap();
        fs::rename(aside, path).unwrap();
    }

    /// The file by which commands find it.
    pub(crate) fn runtime_file(&self) -> PathBuf {
        let name = format!("state/modelgate/runtime-{}.json", self.address.port());
        self.home.path(&name)
    }

    /// What opens its management API.
    pub(crate) fn token(&self) -> String {
        let text = fs::read_to_string(self.runtime_file()).unwrap();
        let runtime: Value = serde_json::from_str(&text).unwrap();
        runtime["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("the gateway is running")
    }

    /// Sends a signal: `TERM`, `INT`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let killed = std::process::Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status()
            .unwrap();
        assert!(killed.success(), "kill -{name}");
    }

    /// The exit code, once the process ends.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        let status = timeout(PATIENCE, self.child.wait()).await;
        status.expect("the gateway ends").unwrap().code()
    }

    /// What it logged until now.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Its memory in bytes, as the system counts it.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        Ok(kilobytes.expect("VmRSS is a number") * 1024)
    }

    /// How many files and sockets it has open.
    pub(crate) fn open_files(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.pid()));
        files.unwrap().count()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the gateway's log:\n{}", self.log());
        }
    }
}
