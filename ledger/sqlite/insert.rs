//! A row on its way into the database.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql};

use super::attempts::{self, Packed};
use super::names::Names;
use super::rest::Rest;
use super::{cost, tokens};
use crate::record::{Counts, Row, Tokens};
use crate::{Cost, Outcome};

/// The columns of a row, in the order of writing and reading.
pub(super) const COLUMNS: [&str; 9] = [
    "id",
    "flags",
    "client_key",
    "credential",
    "provider",
    "requested_model",
    "served_model",
    "error",
    "rest",
];

/// The rows of one statement where there are enough of them. A statement has a price of its own, and finds the place of a row
/// that comes after its last one without a search.
const AT_ONCE: usize = 16;

/// One row; nothing where its id is there already.
static ONE: LazyLock<String> =
    LazyLock::new(|| format!("{} ON CONFLICT (id) DO NOTHING", insertion("INSERT", 1)));
/// Several rows, up to one whose id is there already. That those before it stay spares a journal of what the statement did.
static MANY: LazyLock<String> = LazyLock::new(|| insertion("INSERT OR FAIL", AT_ONCE));

fn insertion(verb: &str, rows: usize) -> String {
    let columns = COLUMNS.join(", ");
    let row = format!("({})", vec!["?"; COLUMNS.len()].join(", "));
    let rows = vec![row; rows].join(", ");
    format!("{verb} INTO request ({columns}) VALUES {rows}")
}

/// What a row counts for in the sums; 0 stands for no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) hour: i64,
    pub(super) key: i64,
    pub(super) model: i64,
    pub(super) provider: i64,
    pub(super) credential: i64,
}

/// Writes the rows of one transaction: its statements are prepared once for all of them.
pub(super) struct Insertion<'a> {
    connection: &'a Connection,
    names: &'a mut Names,
    one: CachedStatement<'a>,
    /// Once there are rows enough.
    many: Option<CachedStatement<'a>>,
    /// For the rest of one row after the other.
    rest: Vec<u8>,
}

impl<'a> Insertion<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        names: &'a mut Names,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            names,
            one: connection.prepare_cached(&ONE)?,
            many: None,
            rest: Vec::new(),
        })
    }

    /// Writes rows, but for those whose ids are there already. `written` is told of each that was. They go quickest in the
    /// order of their ids.
    pub(super) fn insert_all(
        &mut self,
        rows: &[&Row],
        mut written: impl FnMut(&Row, Place),
    ) -> rusqlite::Result<()> {
        let (full, rest) = rows.as_chunks::<AT_ONCE>();
        for rows in full {
            let (places, count) = self.insert_many(rows)?;
            for (row, place) in rows.iter().zip(places).take(count) {
                written(row, place);
            }
            self.insert_each(&rows[count..], &mut written)?;
        }
        self.insert_each(rest, &mut written)
    }

    fn insert_each(
        &mut self,
        rows: &[&Row],
        written: &mut impl FnMut(&Row, Place),
    ) -> rusqlite::Result<()> {
        for row in rows {
            if let Some(place) = self.insert(row)? {
                written(row, place);
            }
        }
        Ok(())
    }

    /// Writes rows at once, up to one whose id is there already. Says how many were written.
    fn insert_many(
        &mut self,
        rows: &[&Row; AT_ONCE],
    ) -> rusqlite::Result<([Place; AT_ONCE], usize)> {
        let Self {
            connection,
            names,
            many,
            rest,
            ..
        } = self;
        let many = match many {
            Some(many) => many,
            None => many.insert(connection.prepare_cached(&MANY)?),
        };
        let mut places = [Place::NOWHERE; AT_ONCE];
        for (index, row) in rows.iter().enumerate() {
            let mut cells = Cells::of(many, index);
            places[index] = bind(connection, names, &mut cells, rest, row)?;
        }
        match many.raw_execute() {
            Ok(count) => Ok((places, count.min(AT_ONCE))),
            Err(error) if is_conflict(&error) => {
                let count = usize::try_from(connection.changes()).unwrap_or(0);
                Ok((places, count.min(AT_ONCE)))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a row. None when one of its id is there already.
    pub(super) fn insert(&mut self, row: &Row) -> rusqlite::Result<Option<Place>> {
        let mut cells = Cells::of(&mut self.one, 0);
        let place = bind(self.connection, self.names, &mut cells, &mut self.rest, row)?;
        Ok((self.one.raw_execute()? > 0).then_some(place))
    }
}

fn is_conflict(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

impl Place {
    const NOWHERE: Self = Self {
        hour: 0,
        key: 0,
        model: 0,
        provider: 0,
        credential: 0,
    };
}

/// The places of one row among the parameters of a statement, one after the other.
struct Cells<'s, 'c> {
    statement: &'s mut CachedStatement<'c>,
    next: usize,
}

impl<'s, 'c> Cells<'s, 'c> {
    /// The places of the row of this number.
    fn of(statement: &'s mut CachedStatement<'c>, row: usize) -> Self {
        let next = row * COLUMNS.len() + 1;
        Self { statement, next }
    }

    fn put(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.statement.raw_bind_parameter(self.next, value)?;
        self.next += 1;
        Ok(())
    }
}

fn bind(
    connection: &Connection,
    names: &mut Names,
    cells: &mut Cells<'_, '_>,
    rest: &mut Vec<u8>,
    row: &Row,
) -> rusqlite::Result<Place> {
    let key = match (&row.key, &row.imported) {
        (None, _) => None,
        (Some(key), None) => Some(names.key(connection, key)?),
        (Some(key), Some(_)) => Some(names.key_called(connection, &key.id)?),
    };
    rest.clear();
    pack(connection, names, rest, row)?;
    let requested = names.asked(connection, row.requested_model.as_ref())?;
    let mut name = |name| names.number(connection, name);
    let credential = name(row.credential.as_ref())?;
    let provider = name(row.provider.as_ref())?;
    let served = name(row.served_model.as_ref())?;
    // In the order of the columns.
    cells.put(row.id.0)?;
    cells.put(flags(row))?;
    cells.put(key)?;
    cells.put(credential)?;
    cells.put(provider)?;
    cells.put(requested)?;
    cells.put(served)?;
    cells.put(name(row.error.as_ref())?)?;
    cells.put(&rest[..])?;
    Ok(Place {
        hour: row.id.millis().div_euclid(3_600_000),
        key: key.unwrap_or(0),
        model: served.or(requested).unwrap_or(0),
        provider: provider.unwrap_or(0),
        credential: credential.unwrap_or(0),
    })
}

/// What is in no other column.
fn pack(
    connection: &Connection,
    names: &mut Names,
    bytes: &mut Vec<u8>,
    row: &Row,
) -> rusqlite::Result<()> {
    let mut name = |name| names.number(connection, name);
    let origin = row.imported.as_ref();
    let rest = Rest {
        status: row.status,
        latency: row.latency,
        first_byte: row.first_byte,
        upstream: row.upstream,
        client_dialect: name(row.client_dialect.as_ref())?,
        upstream_dialect: name(row.upstream_dialect.as_ref())?,
        bytes_in: super::bytes(row.bytes_in),
        bytes_out: super::bytes(row.bytes_out),
        tokens: spelt(row),
        cost: row.cost.nanodollars().map(cost),
        losses: row.losses,
        imported_total: origin.map(|origin| tokens(origin.counts.total)),
        nanos: origin.map(|origin| origin.nanos),
        auth_index: name(origin.and_then(|origin| origin.auth_index.as_ref()))?,
    };
    rest.pack(bytes);
    attempts::pack(&row.attempts, bytes, |attempt| {
        Ok(Packed {
            credential: name(Some(&attempt.credential))?.unwrap_or(0),
            provider: name(Some(&attempt.provider))?.unwrap_or(0),
            error: name(attempt.error.as_ref())?.unwrap_or(0),
            status: attempt.status,
            after: attempt.after,
            took: attempt.took,
        })
    })
}

/// The counts as they are stored: those of another gateway as it spelt them.
fn spelt(row: &Row) -> Tokens {
    let cut = |count: Option<u64>| count.map(tokens);
    let Some(origin) = &row.imported else {
        return Tokens {
            input: cut(row.tokens.input),
            cache_read: cut(row.tokens.cache_read),
            cache_write: cut(row.tokens.cache_write),
            cache_write_5m: cut(row.tokens.cache_write_5m),
            cache_write_1h: cut(row.tokens.cache_write_1h),
            output: cut(row.tokens.output),
            reasoning: cut(row.tokens.reasoning),
            tool_use: cut(row.tokens.tool_use),
            estimated: false,
        };
    };
    let Counts {
        input,
        output,
        reasoning,
        cached,
        total: _,
    } = origin.counts;
    Tokens {
        input: cut(Some(input)),
        output: cut(Some(output)),
        reasoning: cut(Some(reasoning)),
        cache_read: cut(Some(cached)),
        ..Tokens::default()
    }
}

/// Bit 0: in pieces. Bits 1 and 2: the outcome. Bits 3 and 4: how the cost is known. Bit 5: the counts are a guess.
fn flags(row: &Row) -> i64 {
    let outcome = Outcome::ALL.iter().position(|other| *other == row.outcome);
    let basis = match row.cost {
        Cost::Unpriced => 0,
        Cost::Exact(_) => 1,
        Cost::Estimated(_) => 2,
    };
    let outcome = i64::try_from(outcome.unwrap_or(0)).unwrap_or(0);
    i64::from(row.stream) | outcome << 1 | basis << 3 | i64::from(row.tokens.estimated) << 5
}

/// The opposite of [`flags`], with the amount of the cost.
pub(super) fn unflag(flags: i64, amount: Option<u64>) -> (bool, Outcome, Cost, bool) {
    let outcome = usize::try_from(flags >> 1 & 3).unwrap_or(0);
    let cost = match (flags >> 3 & 3, amount) {
        (1, Some(amount)) => Cost::Exact(amount),
        (2, Some(amount)) => Cost::Estimated(amount),
        _ => Cost::Unpriced,
    };
    let outcome = Outcome::ALL.get(outcome).copied();
    let outcome = outcome.unwrap_or(Outcome::Completed);
    (flags & 1 != 0, outcome, cost, flags >> 5 & 1 != 0)
}
