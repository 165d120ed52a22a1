//! The connection that writes.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::insert::Insertion;
use super::names::{Names, Texts};
use super::rollup::{Kind, Rollup};
use super::{open, read};
use crate::LedgerError;
use crate::query::Totals;
use crate::record::{RequestId, Row};
use crate::transfer::Detail;

/// The database, open for writing.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) connection: Connection,
    names: Names,
    texts: Texts,
    path: PathBuf,
    stamp: Option<u64>,
}

/// What became of imported rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Merged {
    pub(crate) added: u64,
    pub(crate) skipped: u64,
}

impl Store {
    pub(crate) fn open(path: &Path, max_bytes: Option<u64>) -> Result<Self, LedgerError> {
        Ok(Self {
            connection: open::for_writing(path, max_bytes)?,
            names: Names::default(),
            texts: Texts::default(),
            path: path.to_owned(),
            stamp: open::stamp(path),
        })
    }

    /// Whether the file still has its name. What is written into one that was removed or moved is lost to everybody.
    pub(crate) fn is_in_place(&self) -> bool {
        open::stamp(&self.path) == self.stamp
    }

    /// Writes rows and their sums, all of them or none; rows whose ids are known are left out. Returns how many were new.
    pub(crate) fn write(&mut self, rows: &[Row]) -> Result<u64, LedgerError> {
        let result = self.try_write(rows);
        self.settle(result)
    }

    fn try_write(&mut self, rows: &[Row]) -> Result<u64, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let mut rollup = Rollup::default();
        let mut added = 0;
        let mut insertion = Insertion::begin(&transaction, &mut self.names)?;
        // Requests end in another order than they begin.
        let mut rows: Vec<&Row> = rows.iter().collect();
        rows.sort_by_key(|row| u128::from_be_bytes(row.id.0));
        insertion.insert_all(&rows, |row, place| {
            rollup.add(place, &Totals::of(row));
            added += 1;
        })?;
        drop(insertion);
        rollup.write(&transaction)?;
        transaction.commit()?;
        Ok(added)
    }

    /// Writes rows of another gateway, all of them or none; those that are here already are skipped, and those from a time
    /// whose rows were removed, since they could be some of those.
    pub(crate) fn import(&mut self, rows: &[Row]) -> Result<Merged, LedgerError> {
        let result = self.try_import(rows);
        self.settle(result)
    }

    fn try_import(&mut self, rows: &[Row]) -> Result<Merged, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let horizon: i64 =
            transaction.query_row("SELECT millis FROM horizon", [], |row| row.get(0))?;
        let mut rollup = Rollup::default();
        let mut merged = Merged::default();
        let mut insertion = Insertion::begin(&transaction, &mut self.names)?;
        for row in rows {
            let known = row.id.millis() < horizon || is_known(&transaction, &self.texts, row)?;
            let place = if known { None } else { insertion.insert(row)? };
            match place {
                Some(place) => {
                    rollup.add(place, &Totals::of(row));
                    merged.added += 1;
                }
                None => merged.skipped += 1,
            }
        }
        drop(insertion);
        rollup.write(&transaction)?;
        transaction.commit()?;
        Ok(merged)
    }

    /// Requests and failures over all times.
    pub(crate) fn counts(&self) -> Result<(u64, u64), LedgerError> {
        let sql = "SELECT coalesce(sum(requests), 0), coalesce(sum(failed), 0)
                   FROM sums WHERE kind = ?1";
        let counts = self
            .connection
            .query_row(sql, [Kind::Total.number()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })?;
        Ok((counts.0.unsigned_abs(), counts.1.unsigned_abs()))
    }

    fn settle<T>(&mut self, result: Result<T, LedgerError>) -> Result<T, LedgerError> {
        if result.is_err() {
            self.names.forget();
            self.texts.forget();
        }
        result
    }
}

/// Whether an imported row says the same as one of ours of the same moment. Other imported ones it is told from by its id,
/// so that a file in which everything happens at once takes no longer than others.
fn is_known(connection: &Connection, texts: &Texts, row: &Row) -> Result<bool, LedgerError> {
    let millis = row.id.millis();
    let sql = format!("{} WHERE r.id >= ?1 AND r.id < ?2", read::select());
    let mut statement = connection.prepare_cached(&sql)?;
    let bounds = [
        RequestId::first_of(millis),
        RequestId::first_imported(millis),
    ];
    let mut found = statement.query(bounds.map(|id| id.0))?;
    let wanted = Detail::of(row);
    while let Some(other) = found.next()? {
        let other = read::row(connection, texts, other)?;
        if Detail::of(&other) == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}
