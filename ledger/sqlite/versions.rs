//! The versions of the file's form: what makes each out of the one before.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::attempts::{self, Packed};
use super::rest::Rest;
use crate::record::ATTEMPTS;

/// A step from one version to the next, in a transaction.
pub(super) type Step = fn(&Connection) -> rusqlite::Result<()>;

/// All steps, the first from nothing to version 1. What a published one makes is never changed.
pub(super) const STEPS: [Step; 2] = [first, second];

/// Rows that are moved at once.
const AT_ONCE: usize = 1_000;

fn first(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("version_1.sql"))
}

/// Rows leave the old table before they come into the new one, where they are smaller: the file hardly grows, and what it
/// does grow by is given to it also where it is full.
fn second(connection: &Connection) -> rusqlite::Result<()> {
    let most: i64 = connection.pragma_query_value(None, "max_page_count", |row| row.get(0))?;
    limit(connection, i64::from(u32::MAX - 1))?;
    connection.execute_batch(include_str!("version_2.sql"))?;
    let mut oldest = connection.prepare(&format!("{OLDEST} {AT_ONCE}"))?;
    let mut remove = connection.prepare("DELETE FROM request_1 WHERE id <= ?1")?;
    let mut insert =
        connection.prepare("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    loop {
        let rows = oldest.query_map([], moved)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let Some([id, ..]) = rows.last() else { break };
        remove.execute([id])?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
    }
    connection.execute_batch("DROP TABLE request_1")?;
    limit(connection, most)
}

/// The pages that the file may have; no fewer than it has.
fn limit(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

/// The columns that stay, and after the attempts those that make up the rest, in its order.
const OLDEST: &str = "SELECT id, flags, client_key, credential, provider, requested_model, served_model, error, attempts,
    status, latency, first_byte, upstream, client_dialect, upstream_dialect, bytes_in, bytes_out, input, output,
    cache_read, reasoning, cost, cache_write, cache_write_5m, cache_write_1h, tool_use, losses, imported_total, nanos,
    auth_index
    FROM request_1 ORDER BY id LIMIT";

/// A row of version 1 as one of version 2.
fn moved(old: &Row<'_>) -> rusqlite::Result<[Value; 9]> {
    const STAYING: usize = 8;
    let mut row = [const { Value::Null }; STAYING + 1];
    for (index, value) in row[..STAYING].iter_mut().enumerate() {
        *value = old.get(index)?;
    }
    let attempts: Option<Vec<u8>> = old.get(STAYING)?;
    let mut rest = [None; Rest::VALUES];
    for (index, value) in rest.iter_mut().enumerate() {
        let number: Option<i64> = old.get(STAYING + 1 + index)?;
        *value = number.map(i64::unsigned_abs);
    }
    row[STAYING] = Value::Blob(packed(rest, &attempts.unwrap_or_default())?);
    Ok(row)
}

fn packed(rest: [Option<u64>; Rest::VALUES], mut attempts: &[u8]) -> rusqlite::Result<Vec<u8>> {
    let attempts: Vec<Packed> = attempts::each(&mut attempts).take(ATTEMPTS).collect();
    let mut bytes = Vec::new();
    Rest::from_values(rest).pack(&mut bytes);
    attempts::pack(&attempts, &mut bytes, |attempt| Ok(*attempt)).map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::open::{APPLICATION, for_reading, for_writing};
    use super::*;
    use crate::LedgerError;

    const ROWS: i64 = 2_500;

    /// A file of version 1 with rows of every status from 0.
    fn old(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "wal")
            .unwrap();
        first(&connection).unwrap();
        let sql = "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < ?1 - 1)
            INSERT INTO request (id, flags, status, latency, upstream, bytes_in, bytes_out, losses, input)
            SELECT CAST(printf('%016d', n) AS BLOB), n % 4, n, 2 * n, nullif(n % 3, 2), 0, 1 << 36, 0, n FROM number";
        connection.execute(sql, [ROWS]).unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION)
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
    }

    fn number(connection: &Connection, sql: &str) -> i64 {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// All rows of the old file as those of the new form.
    fn check(connection: &Connection) {
        assert_eq!(number(connection, "PRAGMA user_version"), 2);
        let mut select = connection
            .prepare("SELECT id, flags, rest FROM request ORDER BY id")
            .unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = rows.unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), usize::try_from(ROWS).unwrap());
        for ((id, flags, rest), number) in rows.into_iter().zip(0..) {
            assert_eq!(id, format!("{number:016}").as_bytes());
            assert_eq!(flags, i64::from(number % 4));
            let millis = |millis: u16| std::time::Duration::from_millis(millis.into());
            let expected = Rest {
                status: number,
                latency: millis(2 * number),
                upstream: (number % 3 != 2).then(|| millis(number % 3)),
                bytes_out: 1 << 36,
                tokens: crate::Tokens {
                    input: Some(number.into()),
                    ..crate::Tokens::default()
                },
                ..Rest::default()
            };
            let mut rest = &rest[..];
            assert_eq!(Rest::unpack(&mut rest), expected);
            assert_eq!(attempts::unpack(&mut rest), []);
        }
    }

    #[test]
    fn what_is_killed_on_its_way_begins_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.db");
        let mut connection = old(&path);
        // What does not fit in here is written before the end.
        connection.pragma_update(None, "cache_size", 10).unwrap();
        let log = |path: &Path| path.with_file_name("l.db-wal");
        let before = std::fs::metadata(log(&path)).unwrap().len();
        let transaction = connection.transaction().unwrap();
        second(&transaction).unwrap();
        assert!(std::fs::metadata(log(&path)).unwrap().len() > before + 100_000);
        let killed = directory.path().join("killed");
        std::fs::create_dir(&killed).unwrap();
        let killed = killed.join("l.db");
        std::fs::copy(&path, &killed).unwrap();
        std::fs::copy(log(&path), log(&killed)).unwrap();
        transaction.rollback().unwrap();
        drop(connection);
        for path in [path, killed] {
            assert!(matches!(for_reading(&path), Err(LedgerError::NotOpen)));
            let connection = Connection::open(&path).unwrap();
            assert_eq!(number(&connection, "PRAGMA user_version"), 1);
            let sum = number(&connection, "SELECT sum(latency) FROM request");
            assert_eq!(sum, ROWS * (ROWS - 1));
            drop(connection);
            check(&for_writing(&path, None).unwrap());
            check(&for_reading(&path).unwrap());
        }
    }

    #[test]
    fn a_full_file_gets_through_and_hardly_grows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.db");
        let connection = old(&path);
        connection.execute_batch("VACUUM").unwrap();
        let pages = number(&connection, "PRAGMA page_count");
        assert_eq!(number(&connection, "PRAGMA freelist_count"), 0);
        drop(connection);
        let bytes = u64::try_from(pages).unwrap() * 4096;
        let connection = for_writing(&path, Some(bytes)).unwrap();
        check(&connection);
        let now = number(&connection, "PRAGMA page_count");
        assert!(now <= pages + 5, "{pages} pages became {now}");
        assert_eq!(number(&connection, "PRAGMA max_page_count"), now);
    }
}
