//! A row on its way into the database.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, params};

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

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns = COLUMNS.join(", ");
    let places = vec!["?"; COLUMNS.len()].join(", ");
    format!("INSERT INTO request ({columns}) VALUES ({places}) ON CONFLICT (id) DO NOTHING")
});

/// What a row counts for in the sums; 0 stands for no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) hour: i64,
    pub(super) key: i64,
    pub(super) model: i64,
    pub(super) provider: i64,
    pub(super) credential: i64,
}

/// Writes the rows of one transaction: its statement is prepared once for all of them.
pub(super) struct Insertion<'a> {
    connection: &'a Connection,
    names: &'a mut Names,
    statement: CachedStatement<'a>,
}

impl<'a> Insertion<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        names: &'a mut Names,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            names,
            statement: connection.prepare_cached(&INSERT)?,
        })
    }

    /// Writes a row. None when one of its id is there already.
    pub(super) fn insert(&mut self, row: &Row) -> rusqlite::Result<Option<Place>> {
        let Self {
            connection,
            names,
            statement,
        } = self;
        insert(connection, names, statement, row)
    }
}

fn insert(
    connection: &Connection,
    names: &mut Names,
    statement: &mut CachedStatement<'_>,
    row: &Row,
) -> rusqlite::Result<Option<Place>> {
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
    let written = statement.execute(params![
        row.id.0,
        flags(row),
        key,
        credential,
        provider,
        requested,
        served,
        client_dialect,
        upstream_dialect,
        row.status,
        error,
        count(used.input),
        count(used.cache_read),
        count(used.cache_write),
        count(used.cache_write_5m),
        count(used.cache_write_1h),
        count(used.output),
        count(used.reasoning),
        count(used.tool_use),
        millis(row.latency),
        row.first_byte.map(millis),
        row.upstream.map(millis),
        row.cost.nanodollars().map(|amount| signed(cost(amount))),
        signed(bytes(row.bytes_in)),
        signed(bytes(row.bytes_out)),
        row.losses,
        attempts,
        origin.map(|origin| signed(tokens(origin.counts.total))),
        origin.map(|origin| origin.nanos),
        auth_index,
    ])?;
    let place = Place {
        hour: row.id.millis().div_euclid(3_600_000),
        key: key.unwrap_or(0),
        model: served.or(requested).unwrap_or(0),
        provider: provider.unwrap_or(0),
        credential: credential.unwrap_or(0),
    };
    Ok((written > 0).then_some(place))
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
