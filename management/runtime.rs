//! The runtime file: where a gateway of this machine listens, and what opens its management API to the same person.
//!
//! `serve` writes one for each port, `runtime-8317.json` in the directory of logs, readable by its owner only, and removes
//! it when it ends. What was left behind by a gateway that was killed is recognised, and swept away by the next one.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use modelgate_config::{Secret, save};
use serde::{Deserialize, Serialize};

/// How long a gateway on this machine may take to accept a connection.
const PATIENCE: Duration = Duration::from_millis(500);
/// Larger files are none of ours.
const LARGEST: u64 = 64 << 10;
/// 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

/// A gateway of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Where programs of this machine reach it.
    pub address: SocketAddr,
    /// Whether it speaks TLS there.
    pub tls: bool,
    /// Its process.
    pub pid: u32,
    /// Since when it has listened.
    pub started: Timestamp,
    /// Its configuration file.
    pub config: PathBuf,
    /// What a management request from this machine presents as its key.
    #[serde(with = "clear")]
    pub token: Secret,
}

/// A random token, new for every run.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_token() -> io::Result<Secret> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::from(hex))
}

/// The runtime file of a gateway that runs; it is removed when this is dropped.
#[derive(Debug)]
pub struct RuntimeFile {
    path: PathBuf,
    runtime: Runtime,
}

impl RuntimeFile {
    /// Writes the file of a gateway that has begun to listen, and sweeps away those of gateways that are gone.
    ///
    /// # Errors
    /// When the directory or the file cannot be written.
    pub fn write(directory: &Path, runtime: Runtime) -> io::Result<Self> {
        for (path, old) in read_all(directory) {
            if !old.lives() {
                // Somebody else may have swept it.
                let _ = fs::remove_file(path);
            }
        }
        let path = directory.join(format!("runtime-{}.json", runtime.address.port()));
        let text = serde_json::to_string_pretty(&runtime).map_err(io::Error::other)?;
        save(&path, &format!("{text}\n"))?;
        Ok(Self { path, runtime })
    }
}

impl Drop for RuntimeFile {
    fn drop(&mut self) {
        // Another gateway may have taken the port over.
        if read(&self.path).is_some_and(|now| now.token == self.runtime.token) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Runtime {
    /// The gateway to talk to: the one that serves with this configuration, else the one that started last. Those that
    /// are gone or do not answer do not count.
    #[must_use]
    pub fn find(directory: &Path, config: &Path) -> Option<Self> {
        let mut found: Vec<Self> = read_all(directory).map(|(_, runtime)| runtime).collect();
        found.sort_by_key(|runtime| {
            let other = !same_file(&runtime.config, config);
            (other, std::cmp::Reverse(runtime.started))
        });
        found
            .into_iter()
            .find(|runtime| runtime.lives() && runtime.answers())
    }

    /// Whether this is its configuration file.
    #[must_use]
    pub fn serves(&self, config: &Path) -> bool {
        same_file(&self.config, config)
    }

    /// Whether its process is still there, as far as the system tells.
    fn lives(&self) -> bool {
        let processes = Path::new("/proc");
        !processes.join("self").exists() || processes.join(self.pid.to_string()).exists()
    }

    /// Whether somebody listens at its address.
    fn answers(&self) -> bool {
        TcpStream::connect_timeout(&self.address, PATIENCE).is_ok()
    }
}

/// Every readable runtime file of a directory.
fn read_all(directory: &Path) -> impl Iterator<Item = (PathBuf, Runtime)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let name = entry.file_name();
        let port = name
            .to_str()?
            .strip_prefix("runtime-")?
            .strip_suffix(".json")?;
        port.parse::<u16>().ok()?;
        let path = entry.path();
        let runtime = read(&path)?;
        Some((path, runtime))
    })
}

fn read(path: &Path) -> Option<Runtime> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Whether two paths name the same file, also through links.
fn same_file(one: &Path, other: &Path) -> bool {
    one == other
        || matches!(
            (fs::canonicalize(one), fs::canonicalize(other)),
            (Ok(one), Ok(other)) if one == other
        )
}

/// The token as it stands in the file.
mod clear {
    use modelgate_config::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        token: &Secret,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(token.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::from)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A gateway that started at this second, with this configuration.
    fn runtime(address: SocketAddr, config: &str, second: i64) -> Runtime {
        Runtime {
            address,
            tls: false,
            pid: std::process::id(),
            started: Timestamp::from_second(second).unwrap(),
            config: PathBuf::from(config),
            token: new_token().unwrap(),
        }
    }

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// A process that was there and is gone.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn the_gateway_with_the_same_configuration_comes_first_then_the_newest() {
        let home = tempfile::tempdir().unwrap();
        let (_a, a) = listener();
        let (_b, b) = listener();
        let (_c, c) = listener();
        let started = [
            runtime(a, "/a.yaml", 1),
            runtime(b, "/b.yaml", 3),
            runtime(c, "/c.yaml", 2),
        ];
        let files: Vec<RuntimeFile> = started
            .iter()
            .map(|runtime| RuntimeFile::write(home.path(), runtime.clone()).unwrap())
            .collect();
        let find = |config: &str| Runtime::find(home.path(), Path::new(config));
        assert_eq!(find("/a.yaml").as_ref(), Some(&started[0]));
        assert_eq!(find("/other.yaml").as_ref(), Some(&started[1]));
        drop(files);
        assert_eq!(find("/a.yaml"), None);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("state/modelgate");
        let (_listener, address) = listener();
        let file = RuntimeFile::write(&directory, runtime(address, "/a.yaml", 1)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file.path), mode(&directory)), (0o600, 0o700));
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.contains(file.runtime.token.expose()), "{text}");
        let shown = format!("{:?}", file.runtime);
        assert!(!shown.contains(file.runtime.token.expose()), "{shown}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_killed_gateway_left_is_not_believed_and_swept() {
        let home = tempfile::tempdir().unwrap();
        let (_listener, address) = listener();
        let mut dead = runtime(address, "/a.yaml", 1);
        dead.pid = gone();
        let left = RuntimeFile::write(home.path(), dead).unwrap();
        let path = left.path.clone();
        std::mem::forget(left);
        assert_eq!(Runtime::find(home.path(), Path::new("/a.yaml")), None);
        let (_other, other) = listener();
        let _new = RuntimeFile::write(home.path(), runtime(other, "/b.yaml", 2)).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn an_address_where_nobody_listens_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let (silent, address) = listener();
        let _file = RuntimeFile::write(home.path(), runtime(address, "/a.yaml", 1)).unwrap();
        drop(silent);
        assert_eq!(Runtime::find(home.path(), Path::new("/a.yaml")), None);
    }

    #[test]
    fn the_file_of_a_successor_stays() {
        let home = tempfile::tempdir().unwrap();
        let (_listener, address) = listener();
        let first = RuntimeFile::write(home.path(), runtime(address, "/a.yaml", 1)).unwrap();
        let second = RuntimeFile::write(home.path(), runtime(address, "/a.yaml", 2)).unwrap();
        drop(first);
        assert!(second.path.exists());
    }

    #[test]
    fn other_files_are_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for name in ["runtime-1.json", "runtime-x.json", "notes.txt"] {
            fs::write(at(name), "{\"address\":7}").unwrap();
        }
        assert_eq!(Runtime::find(home.path(), Path::new("/a.yaml")), None);
        assert_eq!(Runtime::find(&at("missing"), Path::new("/a.yaml")), None);
    }
}
