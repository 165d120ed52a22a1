//! Which log files must go: the oldest, where there are too many or they are too large together.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use modelgate_config::model::{Logs, RequestLogs};

use super::names::{self, Kind, Series};

/// A file that is written to is put aside at this size, in bytes.
const FULL: u64 = 10 << 20;

/// The size at which a file is put aside: small enough that one of each series that is written, and one that was, fit under the
/// limit of all.
pub(super) fn full_at(settings: &Logs) -> u64 {
    let most = settings.max_bytes.unwrap_or(u64::MAX);
    FULL.min(most / 2 / written(settings).max(1))
}

/// Whether files of a series are written.
fn is_written(settings: &Logs, series: Series) -> bool {
    match series {
        Series::Lines => settings.to_file,
        Series::Requests => settings.requests == RequestLogs::All,
    }
}

/// How many series are written.
fn written(settings: &Logs) -> u64 {
    let count = |series| u64::from(is_written(settings, series));
    Series::ALL.into_iter().map(count).sum()
}

/// Where files must go because they are too large together, they go down to so much less than the limit: to look for them
/// costs a look at all.
const SLACK: u64 = 8;

/// A file that may go.
#[derive(Debug)]
struct Old {
    path: PathBuf,
    modified: SystemTime,
    size: u64,
    failed: bool,
}

/// Deletes what is too much. Files that are written to never go, and count as full: until the next look they may become that.
pub(super) fn tidy(settings: &Logs) -> io::Result<()> {
    let mut files = old_files(settings)?;
    if let Some(most) = settings.error_files {
        let failed = files.iter().filter(|file| file.failed).count();
        let mut surplus = failed.saturating_sub(most);
        files.retain(|file| {
            let goes = file.failed && surplus > 0;
            if goes {
                surplus -= 1;
                remove(&file.path);
            }
            !goes
        });
    }
    let Some(most) = settings.max_bytes else {
        return Ok(());
    };
    let current = full_at(settings) * written(settings);
    let mut total = current + files.iter().map(|file| file.size).sum::<u64>();
    let down_to = match total <= most {
        true => most,
        false => most - most / SLACK,
    };
    for file in files {
        if total <= down_to {
            break;
        }
        total -= file.size;
        remove(&file.path);
    }
    Ok(())
}

/// Deletes every file of lines that was put aside, and tells how many they were.
pub(super) fn remove_rotated(directory: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_str().and_then(names::kind) == Some(Kind::Rotated(Series::Lines)) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// What may go, the oldest first.
fn old_files(settings: &Logs) -> io::Result<Vec<Old>> {
    let entries = match fs::read_dir(&settings.directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files: Vec<Old> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let failed = match names::kind(name.to_str()?)? {
                Kind::Current(series) if is_written(settings, series) => return None,
                Kind::Current(_) | Kind::Rotated(_) | Kind::Unfinished => false,
                Kind::Request { failed, .. } => failed,
            };
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Old {
                path: entry.path(),
                modified: metadata.modified().ok()?,
                size: metadata.len(),
                failed,
            })
        })
        .collect();
    files.sort_by(|one, other| (one.modified, &one.path).cmp(&(other.modified, &other.path)));
    Ok(files)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "an old log file cannot be deleted");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    /// A directory with these files, the oldest first.
    fn directory(files: &[(&str, usize)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (age, (name, size)) in files.iter().rev().enumerate() {
            let path = home.path().join(name);
            fs::write(&path, "x".repeat(*size)).unwrap();
            let modified = SystemTime::now() - Duration::from_secs(60 * age as u64);
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(modified).unwrap();
        }
        home
    }

    /// Both series are written.
    fn settings(home: &tempfile::TempDir, max_bytes: Option<u64>) -> Logs {
        Logs {
            to_file: true,
            directory: home.path().to_owned(),
            max_bytes,
            requests: RequestLogs::All,
            error_files: None,
        }
    }

    #[track_caller]
    fn check(
        files: &[(&str, usize)],
        max_bytes: Option<u64>,
        error_files: Option<usize>,
        expected: &[&str],
    ) {
        let home = directory(files);
        let settings = Logs {
            error_files,
            ..settings(&home, max_bytes)
        };
        tidy(&settings).unwrap();
        let left: Vec<&str> = files
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| home.path().join(name).exists())
            .collect();
        assert_eq!(left, expected);
    }

    const OLD: &str = "main-2025-11-26T22-46-01.007.log";
    const NEW: &str = "main-2025-11-26T22-46-02.007.log";
    const ALL: &str = "v1-messages-2025-11-26T224601-0a.log";

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let files = [
            ("notes.txt", 900),
            (OLD, 300),
            (ALL, 300),
            (NEW, 300),
            ("main.log", 1),
        ];
        let all: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        check(&files, None, None, &all);
        // Half of the limit is for the files that are written to.
        check(&files, Some(1_800), None, &all);
        check(
            &files,
            Some(1_796),
            None,
            &["notes.txt", ALL, NEW, "main.log"],
        );
        check(&files, Some(800), None, &["notes.txt", NEW, "main.log"]);
        // An eighth more goes, so that they need not go one by one.
        check(&files, Some(640), None, &["notes.txt", "main.log"]);
        check(&files, Some(4), None, &["notes.txt", "main.log"]);
    }

    #[test]
    fn only_the_latest_logs_of_failures_are_kept() {
        let error = |id| format!("error-v1-messages-2025-11-26T224601-{id}.log");
        let names = ["a", "b", "c"].map(error);
        let [a, b, c] = &names;
        let files = [(&**a, 1), (ALL, 1), (&**b, 1), (&**c, 1)];
        check(&files, None, Some(2), &[ALL, b, c]);
        check(&files, None, Some(3), &[a, ALL, b, c]);
        check(&files, None, None, &[a, ALL, b, c]);
    }

    #[test]
    fn files_that_are_written_to_count_as_full_and_others_of_their_names_go() {
        let files = [("requests.log", 300), (OLD, 300), ("main.log", 1)];
        let settings = |home: &tempfile::TempDir, requests| Logs {
            requests,
            ..settings(home, Some(1_000))
        };
        let left = |requests| {
            let home = directory(&files);
            tidy(&settings(&home, requests)).unwrap();
            files.map(|(name, _)| home.path().join(name).exists())
        };
        assert_eq!(left(RequestLogs::All), [true, true, true]);
        assert_eq!(left(RequestLogs::Failed), [false, true, true]);
    }

    #[test]
    fn a_small_limit_makes_small_files() {
        let home = directory(&[]);
        let full = |max_bytes, to_file, requests| {
            full_at(&Logs {
                to_file,
                requests,
                ..settings(&home, max_bytes)
            })
        };
        let (all, failed) = (RequestLogs::All, RequestLogs::Failed);
        assert_eq!(full(None, true, all), 10 << 20);
        assert_eq!(full(Some(1 << 30), true, all), 10 << 20);
        assert_eq!(full(Some(1 << 20), true, all), 256 << 10);
        assert_eq!(full(Some(1 << 20), true, failed), 512 << 10);
        assert_eq!(full(Some(1 << 20), false, all), 512 << 10);
        assert_eq!(full(Some(1 << 20), false, failed), 512 << 10);
    }
}
