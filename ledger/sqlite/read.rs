//! A row on its way out of the database.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::FromSql;

use super::attempts;
use super::insert::{COLUMNS, unflag};
use super::names::Texts;
use crate::record::{Attempt, ClientKey, Counts, Origin, RequestId, Row, Tokens};

static SELECT: LazyLock<String> = LazyLock::new(|| {
    let columns = COLUMNS.map(|column| match column {
        "client_key" => "k.key, k.name".to_owned(),
        _ => format!("r.{column}"),
    });
    format!(
        "SELECT {} FROM request r LEFT JOIN client_key k ON k.id = r.client_key",
        columns.join(", ")
    )
});

/// The beginning of every question for rows; the table is called `r`, that of client keys `k`.
pub(super) fn select() -> &'static str {
    &SELECT
}

/// The columns of a row one after the other.
struct Fields<'a> {
    row: &'a rusqlite::Row<'a>,
    next: usize,
}

impl Fields<'_> {
    fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.next);
        self.next += 1;
        value
    }

    fn count(&mut self) -> rusqlite::Result<Option<u64>> {
        Ok(self.take::<Option<i64>>()?.map(i64::unsigned_abs))
    }

    fn millis(&mut self) -> rusqlite::Result<Option<Duration>> {
        Ok(self.count()?.map(Duration::from_millis))
    }
}

/// A row of [`select`].
pub(super) fn row(
    connection: &Connection,
    texts: &Texts,
    row: &rusqlite::Row<'_>,
) -> rusqlite::Result<Row> {
    let mut fields = Fields { row, next: 0 };
    let text = |number| texts.text(connection, number);
    let id = RequestId(fields.take()?);
    let flags: i64 = fields.take()?;
    let key: Option<Arc<str>> = fields.take()?;
    let name = fields.take()?;
    let credential = text(fields.take()?)?;
    let provider = text(fields.take()?)?;
    let requested_model = text(fields.take()?)?;
    let served_model = text(fields.take()?)?;
    let client_dialect = text(fields.take()?)?;
    let upstream_dialect = text(fields.take()?)?;
    let status = fields.take()?;
    let error = text(fields.take()?)?;
    let mut tokens = Tokens {
        input: fields.count()?,
        cache_read: fields.count()?,
        cache_write: fields.count()?,
        cache_write_5m: fields.count()?,
        cache_write_1h: fields.count()?,
        output: fields.count()?,
        reasoning: fields.count()?,
        tool_use: fields.count()?,
        estimated: false,
    };
    let latency = fields.millis()?.unwrap_or_default();
    let first_byte = fields.millis()?;
    let upstream = fields.millis()?;
    let (stream, outcome, cost, estimated) = unflag(flags, fields.count()?);
    tokens.estimated = estimated;
    let bytes_in = fields.count()?.unwrap_or(0);
    let bytes_out = fields.count()?.unwrap_or(0);
    let losses = fields.take()?;
    let attempts: Option<Vec<u8>> = fields.take()?;
    let attempts = unpack(connection, texts, &attempts.unwrap_or_default())?;
    let total = fields.count()?;
    let nanos: Option<u32> = fields.take()?;
    let auth_index = text(fields.take()?)?;
    let imported = total.map(|total| Origin {
        nanos: nanos.unwrap_or(0),
        auth_index,
        counts: spelt(&tokens, total),
    });
    if let Some(origin) = &imported {
        tokens = origin.counts.tokens();
    }
    Ok(Row {
        id,
        key: key.map(|id| ClientKey { id, name }),
        credential,
        provider,
        requested_model,
        served_model,
        client_dialect,
        upstream_dialect,
        stream,
        status,
        outcome,
        error,
        tokens,
        latency,
        first_byte,
        upstream,
        cost,
        bytes_in,
        bytes_out,
        losses,
        attempts,
        imported,
    })
}

/// The counts of another gateway as it spelt them.
fn spelt(stored: &Tokens, total: u64) -> Counts {
    Counts {
        input: stored.input.unwrap_or(0),
        output: stored.output.unwrap_or(0),
        reasoning: stored.reasoning.unwrap_or(0),
        cached: stored.cache_read.unwrap_or(0),
        total,
    }
}

fn unpack(connection: &Connection, texts: &Texts, bytes: &[u8]) -> rusqlite::Result<Vec<Attempt>> {
    let text = |number| texts.text(connection, Some(number));
    let packed = attempts::unpack(bytes).into_iter();
    let attempt = |packed: attempts::Packed| {
        Ok(Attempt {
            credential: text(packed.credential)?.unwrap_or_default(),
            provider: text(packed.provider)?.unwrap_or_default(),
            status: packed.status,
            error: text(packed.error)?,
            after: packed.after,
            took: packed.took,
        })
    };
    packed.map(attempt).collect()
}
