//! A row on its way into the database.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql};

use super::attempts::{self, Packed};
use super::names::Names;
use super::{bytes, cost, millis, signed, tokens};
use crate::record::{Counts, Row, Tokens};
use crate::{Cost, Outcome};

/// The columns of a row, in the order of writing and reading.
pub(super) const COLUMNS: [&str; 30] = [
    "id",
    "flags",
    "client_key",
    "credential",
    "provider",
    "requested_model",
    "served_model",
    "client_dialect",
    "upstream_dialect",
    "status",
    "error",
    "input",
    "cache_read",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "output",
    "reasoning",
    "tool_use",
    "latency",
    "first_byte",
    "upstream",
    "cost",
    "bytes_in",
    "bytes_out",
    "losses",
    "attempts",
    "imported_total",
    "nanos",
    "auth_index",
];

/// The rows of one statement where there are enough of them. A statement has a price of its own, and finds the place of a row
/// that comes after its last one without a search.
const AT_ONCE: usize = 16;

/// One row; nothing where its id is there already.
static ONE: LazyLock<String> =
    LazyLock::new(|| format!("{} ON CONFLICT (id) DO NOTHING", insertion(1)));
/// Several rows, or none of them where an id is there already.
static MANY: LazyLock<String> = LazyLock::new(|| insertion(AT_ONCE));

fn insertion(rows: usize) -> String {
    let columns = COLUMNS.join(", ");
    let row = format!("({})", vec!["?"; COLUMNS.len()].join(", "));
    let rows = vec![row; rows].join(", ");
    format!("INSERT INTO request ({columns}) VALUES {rows}")
}

/// What a row counts for in the sums; 0 stands for no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
            if let Some(places) = self.insert_many(rows)? {
                for (row, place) in rows.iter().zip(places) {
                    written(row, place);
                }
            } else {
                self.insert_each(rows, &mut written)?;
            }
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

    /// Writes all rows at once. None when that cannot be: an id is there already.
    fn insert_many(
        &mut self,
        rows: &[&Row; AT_ONCE],
    ) -> rusqlite::Result<Option<[Place; AT_ONCE]>> {
        let Self {
            connection,
            names,
            many,
            ..
        } = self;
        let many = match many {
            Some(many) => many,
            None => many.insert(connection.prepare_cached(&MANY)?),
        };
        let mut places = [Place::NOWHERE; AT_ONCE];
        for (index, row) in rows.iter().enumerate() {
            let mut cells = Cells::of(many, index);
            places[index] = bind(connection, names, &mut cells, row)?;
        }
        let written = many.raw_execute();
        // What is nothing in the next rows is not bound.
        many.clear_bindings();
        match written {
            Ok(_) => Ok(Some(places)),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a row. None when one of its id is there already.
    pub(super) fn insert(&mut self, row: &Row) -> rusqlite::Result<Option<Place>> {
        let mut cells = Cells::of(&mut self.one, 0);
        let place = bind(self.connection, self.names, &mut cells, row)?;
        let written = self.one.raw_execute();
        self.one.clear_bindings();
        Ok((written? > 0).then_some(place))
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

/// The places of one row among the parameters of a statement, one after the other. What is not bound is nothing.
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

    fn put(&mut self, value: Option<impl ToSql>) -> rusqlite::Result<()> {
        if let Some(value) = value {
            self.statement.raw_bind_parameter(self.next, value)?;
        }
        self.next += 1;
        Ok(())
    }

    fn number(&mut self, number: impl Into<i64>) -> rusqlite::Result<()> {
        self.put(Some(number.into()))
    }
}

fn bind(
    connection: &Connection,
    names: &mut Names,
    cells: &mut Cells<'_, '_>,
    row: &Row,
) -> rusqlite::Result<Place> {
    let key = match (&row.key, &row.imported) {
        (None, _) => None,
        (Some(key), None) => Some(names.key(connection, key)?),
        (Some(key), Some(_)) => Some(names.key_called(connection, &key.id)?),
    };
    let mut name = |name| names.number(connection, name);
    let credential = name(row.credential.as_ref())?;
    let provider = name(row.provider.as_ref())?;
    let served = name(row.served_model.as_ref())?;
    let client_dialect = name(row.client_dialect.as_ref())?;
    let upstream_dialect = name(row.upstream_dialect.as_ref())?;
    let error = name(row.error.as_ref())?;
    let origin = row.imported.as_ref();
    let auth_index = name(origin.and_then(|origin| origin.auth_index.as_ref()))?;
    let requested = names.asked(connection, row.requested_model.as_ref())?;
    let attempts = pack(connection, names, row)?;
    let used = spelt(row);
    let count = |count: Option<u64>| count.map(|count| signed(tokens(count)));
    // In the order of the columns.
    cells.put(Some(row.id.0))?;
    cells.number(flags(row))?;
    cells.put(key)?;
    cells.put(credential)?;
    cells.put(provider)?;
    cells.put(requested)?;
    cells.put(served)?;
    cells.put(client_dialect)?;
    cells.put(upstream_dialect)?;
    cells.number(row.status)?;
    cells.put(error)?;
    for used in [
        used.input,
        used.cache_read,
        used.cache_write,
        used.cache_write_5m,
        used.cache_write_1h,
        used.output,
        used.reasoning,
        used.tool_use,
    ] {
        cells.put(count(used))?;
    }
    cells.number(millis(row.latency))?;
    cells.put(row.first_byte.map(millis))?;
    cells.put(row.upstream.map(millis))?;
    cells.put(row.cost.nanodollars().map(|amount| signed(cost(amount))))?;
    cells.number(signed(bytes(row.bytes_in)))?;
    cells.number(signed(bytes(row.bytes_out)))?;
    cells.number(row.losses)?;
    cells.put(attempts)?;
    cells.put(origin.map(|origin| signed(tokens(origin.counts.total))))?;
    cells.put(origin.map(|origin| origin.nanos))?;
    cells.put(auth_index)?;
    Ok(Place {
        hour: row.id.millis().div_euclid(3_600_000),
        key: key.unwrap_or(0),
        model: served.or(requested).unwrap_or(0),
        provider: provider.unwrap_or(0),
        credential: credential.unwrap_or(0),
    })
}

/// The counts as they are stored: those of another gateway as it spelt them.
fn spelt(row: &Row) -> Tokens {
    let Some(origin) = &row.imported else {
        return row.tokens;
    };
    let Counts {
        input,
        output,
        reasoning,
        cached,
        total: _,
    } = origin.counts;
    Tokens {
        input: Some(input),
        output: Some(output),
        reasoning: Some(reasoning),
        cache_read: Some(cached),
        ..Tokens::default()
    }
}

fn pack(
    connection: &Connection,
    names: &mut Names,
    row: &Row,
) -> rusqlite::Result<Option<Vec<u8>>> {
    if row.attempts.is_empty() {
        return Ok(None);
    }
    let mut number = |name| {
        let number = names.number(connection, name);
        number.map(|number| number.unwrap_or(0))
    };
    let mut packed = Vec::with_capacity(row.attempts.len().min(crate::record::ATTEMPTS));
    for attempt in attempts::kept(&row.attempts) {
        packed.push(Packed {
            credential: number(Some(&attempt.credential))?,
            provider: number(Some(&attempt.provider))?,
            error: number(attempt.error.as_ref())?,
            status: attempt.status,
            after: attempt.after,
            took: attempt.took,
        });
    }
    Ok(Some(attempts::pack(packed.into_iter())))
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
