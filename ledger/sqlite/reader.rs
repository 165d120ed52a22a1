//! A connection that reads, and what it can be asked.

use std::path::Path;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::names::Texts;
use super::rollup::{Kind, Level};
use super::{open, read, signed};
use crate::query::{Filter, Totals};
use crate::record::{RequestId, Row};
use crate::transfer::UNKNOWN;
use crate::{ClientKey, LedgerError};

/// Rows that are looked at for one page. A filter that few rows pass gets its answer in several pages.
const LOOKED_AT: u64 = 100_000;

/// The database, open for reading.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
    texts: Texts,
    stamp: Option<u64>,
}

/// What the family's document says of a client key and a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    pub(crate) tokens: u64,
}

/// Where rows are looked for: from the first id to before the second.
pub(crate) type Ids = (RequestId, RequestId);

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let stamp = open::stamp(path);
        Ok(Self {
            connection: open::for_reading(path)?,
            texts: Texts::default(),
            stamp,
        })
    }

    /// Whether the file of this name is still the one that was opened.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        open::stamp(path) == self.stamp
    }

    /// Asks several things of the same moment.
    pub(crate) fn at_once<T>(
        &self,
        ask: impl FnOnce(&Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let transaction = self.connection.unchecked_transaction()?;
        let answer = ask(self)?;
        transaction.finish()?;
        Ok(answer)
    }

    /// Sums over the buckets `from..to`, by the two numbers that a kind is broken down by.
    pub(crate) fn sums(
        &self,
        kind: Kind,
        level: Level,
        (from, to): (i64, i64),
    ) -> Result<Vec<([i64; 2], Totals)>, LedgerError> {
        let sums = Totals::COLUMNS.map(|column| format!("sum({column})"));
        let sql = format!(
            "SELECT a, b, {} FROM sums
             WHERE kind = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4 GROUP BY a, b",
            sums.join(", ")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = (kind.number(), level.number(), from, to);
        let rows = statement.query_map(values, |row| {
            Ok(([row.get(0)?, row.get(1)?], totals(row, 2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Requests, failures and tokens of the days `from..to`, by client key and model.
    pub(crate) fn shares(
        &self,
        (from, to): (i64, i64),
    ) -> Result<Vec<([i64; 2], Share)>, LedgerError> {
        let sql = "SELECT a, b, sum(requests), sum(failed), sum(tokens) FROM sums
                   WHERE kind = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4 GROUP BY a, b";
        let mut statement = self.connection.prepare_cached(sql)?;
        let values = (Kind::KeyAndModel.number(), Level::Day.number(), from, to);
        let rows = statement.query_map(values, |row| {
            let number = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
            let share = Share {
                requests: number(2)?,
                failed: number(3)?,
                tokens: number(4)?,
            };
            Ok(([row.get(0)?, row.get(1)?], share))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The sums of everything in each of the hours `from..to` that has any.
    pub(crate) fn hours(&self, (from, to): (i64, i64)) -> Result<Vec<(i64, Totals)>, LedgerError> {
        let sql = format!(
            "SELECT bucket, {} FROM sums
             WHERE kind = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4 ORDER BY bucket",
            Totals::COLUMNS.join(", ")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = (Kind::Total.number(), Level::Hour.number(), from, to);
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, totals(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The name of a number; none of 0.
    pub(crate) fn name(&self, number: i64) -> Result<Option<Arc<str>>, LedgerError> {
        Ok(self.texts.text(&self.connection, Some(number))?)
    }

    /// The client key of a number; none of 0.
    pub(crate) fn key(&self, number: i64) -> Result<Option<ClientKey>, LedgerError> {
        let sql = "SELECT key, name FROM client_key WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let key = statement.query_row([number], |row| {
            Ok(ClientKey {
                id: row.get(0)?,
                name: row.get(1)?,
            })
        });
        Ok(key.optional()?)
    }

    /// The newest rows that pass a filter, the newest first, and where to go on.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        (from, to): Ids,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<RequestId>), LedgerError> {
        let Some((conditions, values)) = self.conditions(filter)? else {
            return Ok((Vec::new(), None));
        };
        let floor = if conditions.is_empty() {
            None
        } else {
            self.nth_newest((from, to), LOOKED_AT)?
        };
        let sql = format!(
            "{} WHERE r.id >= ? AND r.id < ?{conditions} ORDER BY r.id DESC LIMIT ?",
            read::select()
        );
        let wanted = signed(u64::try_from(limit).unwrap_or(u64::MAX)).saturating_add(1);
        let bounds = [floor.unwrap_or(from), to].map(|id| Value::Blob(id.0.to_vec()));
        let values = bounds
            .into_iter()
            .chain(values)
            .chain([Value::from(wanted)]);
        let mut rows = self.rows(&sql, values)?;
        if rows.len() > limit {
            rows.truncate(limit);
            let next = rows.last().map(|row| row.id);
            return Ok((rows, next));
        }
        Ok((rows, floor))
    }

    /// The oldest rows, the oldest first.
    pub(crate) fn oldest(&self, (from, to): Ids, limit: usize) -> Result<Vec<Row>, LedgerError> {
        let sql = format!(
            "{} WHERE r.id >= ? AND r.id < ? ORDER BY r.id LIMIT ?",
            read::select()
        );
        let limit = signed(u64::try_from(limit).unwrap_or(u64::MAX));
        let bounds = [from, to].map(|id| Value::Blob(id.0.to_vec()));
        self.rows(&sql, bounds.into_iter().chain([Value::from(limit)]))
    }

    /// The newest rows, all of them without a limit, in the order of their labels, models and times.
    pub(crate) fn each_by_label(
        &self,
        (from, to): Ids,
        newest: Option<u64>,
        mut each: impl FnMut(&Row) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let floor = match newest {
            Some(0) => return Ok(()),
            Some(newest) => self.nth_newest((from, to), newest)?,
            None => None,
        };
        let sql = format!(
            "{} LEFT JOIN name m ON m.id = coalesce(r.served_model, r.requested_model)
             WHERE r.id >= ?1 AND r.id < ?2
             ORDER BY coalesce(k.name, k.key, ?3), coalesce(m.text, ?3), r.id",
            read::select()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let from = floor.unwrap_or(from);
        let mut rows = statement.query((from.0, to.0, UNKNOWN))?;
        while let Some(row) = rows.next()? {
            each(&read::row(&self.connection, &self.texts, row)?)?;
        }
        Ok(())
    }

    /// The id that so many newest rows begin with; none where there are fewer.
    fn nth_newest(&self, (from, to): Ids, n: u64) -> Result<Option<RequestId>, LedgerError> {
        let sql = "SELECT id FROM request WHERE id >= ?1 AND id < ?2
                   ORDER BY id DESC LIMIT 1 OFFSET ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let before = signed(n.saturating_sub(1));
        let id = statement.query_row((from.0, to.0, before), |row| row.get(0));
        Ok(id.optional()?.map(RequestId))
    }

    fn rows(
        &self,
        sql: &str,
        values: impl Iterator<Item = Value>,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(read::row(&self.connection, &self.texts, row)?);
        }
        Ok(rows)
    }

    /// A filter as SQL. None when it names something that no row bears.
    fn conditions(&self, filter: &Filter) -> Result<Option<(String, Vec<Value>)>, LedgerError> {
        let mut sql = String::new();
        let mut values = Vec::new();
        let names = [
            (&filter.provider, " AND r.provider = ?"),
            (&filter.credential, " AND r.credential = ?"),
            (&filter.error, " AND r.error = ?"),
            (
                &filter.model,
                " AND ? IN (r.served_model, r.requested_model)",
            ),
        ];
        for (name, condition) in names {
            let Some(name) = name else { continue };
            let number = "SELECT id FROM name WHERE text = ?1";
            let Some(number) = self.number(number, name)? else {
                return Ok(None);
            };
            sql.push_str(condition);
            values.push(Value::from(number));
        }
        if let Some(key) = &filter.key {
            let number = "SELECT id FROM client_key WHERE key = ?1";
            let Some(number) = self.number(number, key)? else {
                return Ok(None);
            };
            sql.push_str(" AND r.client_key = ?");
            values.push(Value::from(number));
        }
        if let Some(outcome) = filter.outcome {
            let place = crate::Outcome::ALL
                .iter()
                .position(|other| *other == outcome);
            sql.push_str(" AND (r.flags >> 1 & 3) = ?");
            values.push(Value::from(i64::try_from(place.unwrap_or(0)).unwrap_or(0)));
        }
        Ok(Some((sql, values)))
    }

    fn number(&self, sql: &str, name: &str) -> Result<Option<i64>, LedgerError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }
}

impl Share {
    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.tokens += other.tokens;
    }
}

/// Sums that begin at a column.
fn totals(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Totals> {
    let mut values = [0; Totals::COLUMNS.len()];
    for (index, value) in values.iter_mut().enumerate() {
        *value = row.get::<_, i64>(first + index)?.unsigned_abs();
    }
    Ok(Totals::from_values(values))
}
