//! Opening the file, its form and its versions; putting a damaged one aside.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::versions::{STEPS, Step};
use crate::LedgerError;

/// Says in the file whose it is: "mgld".
pub(super) const APPLICATION: i64 = 0x6d67_6c64;

/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(1);

const PAGE: u64 = 4096;

/// Opens the file for writing, and makes it what it should be; begins one where there is none.
pub(super) fn for_writing(path: &Path, max_bytes: Option<u64>) -> Result<Connection, LedgerError> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    check_owner(&connection)?;
    // What was committed is on the disk, also when the power fails: four times a second costs little.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(bytes) = max_bytes {
        let pages = i64::try_from(bytes / PAGE).unwrap_or(i64::MAX);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    migrate(&mut connection, &STEPS)?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn for_reading(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::NotOpen);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    if !check_owner(&connection)? {
        return Err(LedgerError::NotOpen);
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The file is for its owner alone; SQLite gives its companions the same mode.
fn create(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Whether the file has a form already. Refuses one that is not ours or not of our time.
fn check_owner(connection: &Connection) -> Result<bool, LedgerError> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get(0));
    let application: i64 = number("application_id")?;
    let found: i64 = number("user_version")?;
    let known = version(&STEPS);
    if application == APPLICATION {
        if found > known {
            return Err(LedgerError::Newer { found, known });
        }
        return Ok(found == known);
    }
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects > 0 || application != 0 {
        return Err(LedgerError::Foreign);
    }
    Ok(false)
}

fn version(steps: &[Step]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Takes the steps that the file has not seen, all of them or none.
fn migrate(connection: &mut Connection, steps: &[Step]) -> Result<(), LedgerError> {
    let seen = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
    };
    if seen(connection)? == version(steps) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let seen = usize::try_from(seen(&transaction)?).unwrap_or(0);
    for step in steps.iter().skip(seen) {
        step(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", version(steps))?;
    transaction.commit()?;
    Ok(())
}

/// Puts a damaged file and its companions aside, under a name that says when, and returns that name.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let with = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let mut aside = with(&format!(".corrupt-{now}"));
    for number in 1.. {
        if !aside.exists() {
            break;
        }
        aside = with(&format!(".corrupt-{now}-{number}"));
    }
    fs::rename(path, &aside)?;
    for companion in ["-wal", "-shm"] {
        let mut target = aside.as_os_str().to_owned();
        target.push(companion);
        match fs::rename(with(companion), target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

/// What tells a file from another one that takes its name later.
pub(crate) fn stamp(path: &Path) -> Option<u64> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let stamp = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let stamp = u64::from(metadata.is_file());
    Some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data/ledger.db");
        (directory, path)
    }

    #[test]
    fn a_new_file_is_for_its_owner_alone() {
        let (_directory, path) = file();
        let connection = for_writing(&path, None).unwrap();
        assert!(check_owner(&connection).unwrap());
        drop(for_reading(&path).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().unwrap()), 0o700);
            assert_eq!(mode(&path.with_file_name("ledger.db-wal")), 0o600);
        }
    }

    #[test]
    fn an_older_file_takes_the_steps_it_has_not_seen() {
        let (_directory, path) = file();
        create(&path).unwrap();
        let mut connection = Connection::open(&path).unwrap();
        let steps: [Step; 2] = [
            |connection| connection.execute_batch("CREATE TABLE a (x)"),
            |connection| connection.execute_batch("ALTER TABLE a ADD y"),
        ];
        migrate(&mut connection, &steps[..1]).unwrap();
        connection.execute("INSERT INTO a VALUES (1)", []).unwrap();
        migrate(&mut connection, &steps).unwrap();
        migrate(&mut connection, &steps).unwrap();
        let row = connection.query_row("SELECT x, y FROM a", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
        });
        assert_eq!(row.unwrap(), (1, None));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let (_directory, path) = file();
        create(&path).unwrap();
        let mut connection = Connection::open(&path).unwrap();
        let steps: [Step; 2] = [
            |connection| connection.execute_batch("CREATE TABLE a (x)"),
            |connection| connection.execute_batch("nonsense"),
        ];
        assert!(migrate(&mut connection, &steps).is_err());
        assert!(!check_owner(&connection).unwrap());
    }

    #[test]
    fn a_file_that_is_not_ours_is_left_alone() {
        let (_directory, path) = file();
        create(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE other (x)").unwrap();
        drop(connection);
        assert!(matches!(
            for_writing(&path, None),
            Err(LedgerError::Foreign)
        ));
        assert!(matches!(for_reading(&path), Err(LedgerError::Foreign)));
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone() {
        let (_directory, path) = file();
        let connection = for_writing(&path, None).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        let error = for_writing(&path, None).unwrap_err();
        assert!(
            matches!(error, LedgerError::Newer { found: 99, .. }),
            "{error}"
        );
    }

    #[test]
    fn what_is_put_aside_is_never_overwritten() {
        let (_directory, path) = file();
        let mut seen = Vec::new();
        for text in ["one", "two"] {
            create(&path).unwrap();
            fs::write(&path, text).unwrap();
            fs::write(path.with_file_name("ledger.db-wal"), text).unwrap();
            let aside = set_aside(&path).unwrap();
            assert!(!path.exists());
            assert_eq!(fs::read_to_string(&aside).unwrap(), text);
            seen.push(aside);
        }
        assert_eq!(fs::read_to_string(&seen[0]).unwrap(), "one");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 4);
    }
}
