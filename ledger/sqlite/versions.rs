//! The versions of the file's form: what makes each out of the one before.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::attempts::{self, Packed};
use super::insert::ONE;
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

/// Rows leave the old table before they come into the new one: a file that may not grow gets through, since they are
/// smaller there.
fn second(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("version_2.sql"))?;
    let mut oldest = connection.prepare(&format!("{OLDEST} {AT_ONCE}"))?;
    let mut remove = connection.prepare("DELETE FROM request_1 WHERE id <= ?1")?;
    let mut insert = connection.prepare(&ONE)?;
    loop {
        let rows = oldest.query_map([], moved)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let Some([id, ..]) = rows.last() else { break };
        remove.execute([id])?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
    }
    connection.execute_batch("DROP TABLE request_1")
}

/// The columns that stay, and those that make up the rest in its order.
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
