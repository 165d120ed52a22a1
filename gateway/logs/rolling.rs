//! A file that grows, and is put aside when it is full.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use modelgate_config::make_directory;

use super::bundle::Entries;
use super::names::Series;

/// Names that are tried for a file that is put aside.
const TRIES: u32 = 1_000;

/// The file of a series that is written to.
#[derive(Debug)]
pub(super) struct Rolling {
    series: Series,
    directory: PathBuf,
    file: Option<File>,
}

impl Rolling {
    pub(super) fn new(series: Series, directory: PathBuf) -> Self {
        Self {
            series,
            directory,
            file: None,
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends whole lines or logs, to a new file where this one would become longer than `limit` or ends in the middle of a
    /// log, and tells whether it did.
    pub(super) fn write(&mut self, bytes: &[u8], limit: u64, now: SystemTime) -> io::Result<bool> {
        let ((mut file, length), is_cut_off) = match self.opened()? {
            Some(known) => (known, false),
            None => (self.open()?, self.is_cut_off()?),
        };
        let full = is_cut_off || length > 0 && length + bytes.len() as u64 > limit;
        if full {
            self.put_aside(now)?;
            (file, _) = self.open()?;
        }
        let written = file.write_all(bytes);
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
        self.directory.join(self.series.current())
    }

    /// The file that was written to before, and its length. None where another program has moved it, or taken it away:
    /// another gateway that logs to the same directory, or somebody's tool.
    fn opened(&mut self) -> io::Result<Option<(File, u64)>> {
        let there = fs::metadata(self.path());
        let (Some(file), Ok(there)) = (self.file.take(), there) else {
            return Ok(None);
        };
        let same = is_same(&file.metadata()?, &there);
        Ok(same.then_some((file, there.len())))
    }

    /// The file of the name, and its length.
    fn open(&self) -> io::Result<(File, u64)> {
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

    /// Whether the file ends in the middle of a log: what is written behind that would not be found.
    fn is_cut_off(&self) -> io::Result<bool> {
        Ok(match self.series {
            Series::Lines => false,
            Series::Requests => !Entries::of(File::open(self.path())?)?.are_all()?,
        })
    }

    fn put_aside(&self, now: SystemTime) -> io::Result<()> {
        let mut names = (0..TRIES)
            .map(|later| now + Duration::from_millis(later.into()))
            .map(|time| self.series.rotated(time))
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

    use super::super::bundle;
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
        let mut log = Rolling::new(Series::Lines, directory.clone());
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
        let mut log = Rolling::new(Series::Lines, home.path().to_owned());
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
        let file = directory.join(Series::Lines.current());
        Rolling::new(Series::Lines, directory.clone())
            .write(b"a\n", 99, SystemTime::now())
            .unwrap();
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        Rolling::new(Series::Lines, directory)
            .write(b"b\n", 99, SystemTime::now())
            .unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_to_string(&file).unwrap(), "a\nb\n");
    }

    #[test]
    fn a_file_that_somebody_took_away_is_made_again() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rolling::new(Series::Lines, home.path().join("logs"));
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
    fn nothing_is_written_behind_a_log_that_was_cut_off() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().to_owned();
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        bundle::push(
            &mut whole,
            "v1-messages-2026-03-04T050607-0a.log",
            "whole\n",
        );
        bundle::push(
            &mut cut,
            "v1-messages-2026-03-04T050608-0b.log",
            "cut off\n",
        );
        cut.truncate(cut.len() - 3);
        let write = |bytes: &[u8]| {
            let mut log = Rolling::new(Series::Requests, directory.clone());
            log.write(bytes, 9_999, SystemTime::now()).unwrap()
        };
        // Each time as after a start.
        assert_eq!([&*whole, &*whole, &*cut].map(write), [false; 3]);
        assert!(write(&whole), "it is put aside");
        let names = names(&directory);
        assert_eq!(names.len(), 2, "{names:?}");
        let text = |name: &str| fs::read(directory.join(name)).unwrap();
        assert_eq!(text(&names[0]), [&*whole, &*whole, &*cut].concat());
        assert_eq!(text(Series::Requests.current()), whole);
    }

    #[test]
    fn clearing_empties_the_file_and_writing_goes_on() {
        let home = tempfile::tempdir().unwrap();
        let mut log = Rolling::new(Series::Lines, home.path().to_owned());
        log.clear().unwrap();
        log.write(b"one\n", 99, SystemTime::now()).unwrap();
        log.clear().unwrap();
        log.write(b"two\n", 99, SystemTime::now()).unwrap();
        let text = fs::read_to_string(home.path().join(Series::Lines.current())).unwrap();
        assert_eq!(text, "two\n");
    }
}
