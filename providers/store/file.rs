//! Reading and locking the files of the directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

/// Larger files are no accounts, in bytes.
const LARGEST: u64 = 1 << 20;

/// How long a change waits for another process to finish its own, which takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// What tells one writing of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
    mode: u32,
}

impl Stamp {
    /// The permissions, if others than the owner have any.
    pub(super) fn broad_mode(self) -> Option<u32> {
        (self.mode & 0o077 != 0).then_some(self.mode & 0o777)
    }
}

/// The stamp of a file; `None` when it is not there. An error when it is nothing to be read.
pub(super) fn stamp(directory: &Path, name: &str) -> Option<Result<Stamp, String>> {
    let path = directory.join(name);
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(error.to_string())),
    };
    let metadata = if metadata.is_symlink() {
        match behind_link(directory, &path) {
            Ok(metadata) => metadata,
            Err(reason) => return Some(Err(reason)),
        }
    } else {
        metadata
    };
    if !metadata.is_file() {
        return Some(Err("it is not a file".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Some(Err("it is larger than 1 MiB".to_owned()));
    }
    Some(Ok(of(&metadata)))
}

fn behind_link(directory: &Path, path: &Path) -> Result<fs::Metadata, String> {
    let target = fs::canonicalize(path).map_err(|error| error.to_string())?;
    let home = fs::canonicalize(directory).map_err(|error| error.to_string())?;
    if !target.starts_with(home) {
        return Err("it is a link that leads out of the directory".to_owned());
    }
    fs::metadata(target).map_err(|error| error.to_string())
}

#[cfg(unix)]
fn of(metadata: &fs::Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
        inode: metadata.ino(),
        mode: metadata.mode(),
    }
}

#[cfg(not(unix))]
fn of(metadata: &fs::Metadata) -> Stamp {
    Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
        inode: 0,
        mode: 0,
    }
}

/// The text of a file that has a [`stamp`].
pub(super) fn text(directory: &Path, name: &str) -> io::Result<Bytes> {
    let mut text = Vec::new();
    let file = File::open(directory.join(name))?;
    file.take(LARGEST).read_to_end(&mut text)?;
    Ok(Bytes::from(text))
}

/// What a lock is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading, changing and writing a file.
    Write,
    /// Getting new tokens from the provider.
    Refresh,
}

/// A lock on an account that holds in this process and all others; a process that dies loses its locks.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// The lock, unless somebody has it.
    pub(super) fn attempt(
        directory: &Path,
        name: &str,
        purpose: Purpose,
    ) -> io::Result<Option<Self>> {
        let ending = match purpose {
            Purpose::Write => "lock",
            Purpose::Refresh => "refresh",
        };
        let path = directory.join(format!(".{name}.{ending}"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The last holder may have removed the file between our opening and our locking it.
        if !stands_at(&file, &path)? {
            return Ok(None);
        }
        Ok(Some(Self { path, _file: file }))
    }

    /// The lock for a change, which nobody holds for long.
    pub(super) fn for_writing(directory: &Path, name: &str) -> io::Result<Self> {
        let begin = Instant::now();
        loop {
            if let Some(lock) = Self::attempt(directory, name, Purpose::Write)? {
                return Ok(lock);
            }
            if begin.elapsed() > PATIENCE {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process keeps it locked",
                ));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    /// Leaves nothing behind, while still holding the lock.
    fn drop(&mut self) {
        if cfg!(unix) {
            fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(unix)]
fn stands_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(own.ino() == there.ino() && own.dev() == there.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn stands_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn attempt(directory: &Path) -> Option<Lock> {
        Lock::attempt(directory, "a.json", Purpose::Refresh).unwrap()
    }

    #[test]
    fn a_lock_is_held_by_one_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let held = attempt(directory.path());
        assert!(held.is_some());
        assert!(attempt(directory.path()).is_none());
        let other = Lock::attempt(directory.path(), "a.json", Purpose::Write).unwrap();
        assert!(other.is_some(), "another purpose, another lock");
        drop((held, other));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        assert!(attempt(directory.path()).is_some());
    }

    #[test]
    fn a_lock_on_a_file_that_is_gone_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let file = File::create(&path).unwrap();
        assert!(stands_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!stands_at(&file, &path).unwrap());
        File::create(&path).unwrap();
        assert!(!stands_at(&file, &path).unwrap(), "it is another one");
    }
}
