//! The file that lines are written to, which is put aside when it is full.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use modelgate_config::make_directory;

use super::names;

/// Names that are tried for a file that is put aside.
const TRIES: u32 = 1_000;

/// The file that lines are written to.
#[derive(Debug)]
pub(super) struct Rolling {
    directory: PathBuf,
    file: Option<File>,
}

impl Rolling {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            file: None,
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends whole lines, to a new file where this one would become longer than `limit`, and tells whether it did.
    pub(super) fn write(&mut self, lines: &[u8], limit: u64, now: SystemTime) -> io::Result<bool> {
        let (mut file, length) = self.open()?;
        let full = length > 0 && length + lines.len() as u64 > limit;
        if full {
            self.put_aside(now)?;
            (file, _) = self.open()?;
        }
        let written = file.write_all(lines);
        self.file = written.is_ok().then_some(file);
        written.map(|()| full)
    }

    /// Empties the file.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        match OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(self.path())
        {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(names::MAIN)
    }

    /// The file and its length. Another program may have moved it, or taken it away: another gateway that logs to the
    /// same directory, or somebody's tool.
    fn open(&mut self) -> io::Result<(File, u64)> {
        let there = fs::metadata(self.path());
        if let (Some(file), Ok(there)) = (self.file.take(), there)
            && is_same(&file.metadata()?, &there)
        {
            return Ok((file, there.len()));
        }
        let file = open_private(&self.path(), OpenOptions::new().append(true).create(true));
        let file = match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_directory(&self.directory)?;
                open_private(&self.path(), OpenOptions::new().append(true).create(true))?
            }
            file => file?,
        };
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    fn put_aside(&self, now: SystemTime) -> io::Result<()> {
        let mut names = (0..TRIES)
            .map(|later| names::rotated(now + Duration::from_millis(later.into())))
            .map(|name| self.directory.join(name));
        let free = names.find(|path| !path.exists());
        let free = free.ok_or(io::ErrorKind::AlreadyExists)?;
        fs::rename(self.path(), free)
    }
}

/// Opens a file that nobody else may read.
pub(super) fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// Whether both are one file.
#[cfg(unix)]
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether both are one file, as far as can be told: its age does not change.
#[cfg(not(unix))]
pub(crate) fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.created().ok() == other.created().ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_full_file_is_put_aside_and_no_line_is_lost_or_cut() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/logs");
        let mut log = Rolling::new(directory.clone());
        // All within a millisecond, so that names would be the same.
        let now = SystemTime::now();
        let lines: Vec<String> = (0..20)
            .map(|number| format!("line {number:02}\n"))
            .collect();
        let rotations = lines
            .iter()
            .filter(|line| log.write(line.as_bytes(), 30, now).unwrap());
        assert_eq!(rotations.count(), 6);
        let names = names(&directory);
        assert_eq!((names.len(), &*names[6]), (7, "main.log"));
        let all: String = names
            .iter()
            .map(|name| fs::read_to_string(directory.join(name)).unwrap())
            .collect();
        assert_eq!(all, lines.concat());
    }

    #[test]
    fn a_line_longer_than_a_file_is_still_written() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rolling::new(home.path().to_owned());
        let long = format!("{}\n", "x".repeat(100));
        assert!(!log.write(long.as_bytes(), 30, SystemTime::now()).unwrap());
        assert!(log.write(b"short\n", 30, SystemTime::now()).unwrap());
        assert_eq!(names(home.path()).len(), 2);
    }

    #[test]
    fn files_and_directories_are_private_also_when_they_were_not() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("logs");
        let file = directory.join(names::MAIN);
        Rolling::new(directory.clone())
            .write(b"a\n", 99, SystemTime::now())
            .unwrap();
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        Rolling::new(directory)
            .write(b"b\n", 99, SystemTime::now())
            .unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_to_string(&file).unwrap(), "a\nb\n");
    }

    #[test]
    fn a_file_that_somebody_took_away_is_made_again() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rolling::new(home.path().join("logs"));
        let mut write = |line: &str| log.write(line.as_bytes(), 99, SystemTime::now()).unwrap();
        write("one\n");
        let main = home.path().join("logs/main.log");
        fs::rename(&main, home.path().join("logs/mine")).unwrap();
        write("two\n");
        assert_eq!(fs::read_to_string(&main).unwrap(), "two\n");
        fs::remove_dir_all(home.path().join("logs")).unwrap();
        write("three\n");
        assert_eq!(fs::read_to_string(&main).unwrap(), "three\n");
    }

    #[test]
    fn clearing_empties_the_file_and_writing_goes_on() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rolling::new(home.path().to_owned());
        log.clear().unwrap();
        log.write(b"one\n", 99, SystemTime::now()).unwrap();
        log.clear().unwrap();
        log.write(b"two\n", 99, SystemTime::now()).unwrap();
        let text = fs::read_to_string(home.path().join(names::MAIN)).unwrap();
        assert_eq!(text, "two\n");
    }
}
