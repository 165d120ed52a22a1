//! A row on its way out of the database.

use std::sync::{Arc, LazyLock};

use rusqlite::Connection;
use rusqlite::types::FromSql;

use super::attempts;
use super::insert::{COLUMNS, unflag};
use super::names::Texts;
use super::rest::Rest;
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

    fn bytes(&mut self) -> rusqlite::Result<&[u8]> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value.as_blob()?)
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
    let error = text(fields.take()?)?;
    let mut bytes = fields.bytes()?;
    let rest = Rest::unpack(&mut bytes);
    let attempts = unpack(connection, texts, bytes)?;
    let (stream, outcome, cost, estimated) = unflag(flags, rest.cost);
    let auth_index = text(rest.auth_index)?;
    let imported = rest.imported_total.map(|total| Origin {
        nanos: rest.nanos.unwrap_or(0),
        auth_index,
        counts: spelt(&rest.tokens, total),
    });
    let tokens = match &imported {
        Some(origin) => origin.counts.tokens(),
        None => Tokens {
            estimated,
            ..rest.tokens
        },
    };
    Ok(Row {
        id,
        key: key.map(|id| ClientKey { id, name }),
        credential,
        provider,
        requested_model,
        served_model,
        client_dialect: text(rest.client_dialect)?,
        upstream_dialect: text(rest.upstream_dialect)?,
        stream,
        status: rest.status,
        outcome,
        error,
        tokens,
        latency: rest.latency,
        first_byte: rest.first_byte,
        upstream: rest.upstream,
        cost,
        bytes_in: rest.bytes_in,
        bytes_out: rest.bytes_out,
        losses: rest.losses,
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

fn unpack(
    connection: &Connection,
    texts: &Texts,
    mut bytes: &[u8],
) -> rusqlite::Result<Vec<Attempt>> {
    let text = |number| texts.text(connection, Some(number));
    let packed = attempts::unpack(&mut bytes).into_iter();
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
