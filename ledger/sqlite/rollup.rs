//! Sums for each hour and each day, kept up in the transaction that writes the rows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::{Connection, params_from_iter};

use super::insert::Place;
use super::signed;
use crate::query::Totals;

/// The sums by what they are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// By client key and model.
    Usage,
    /// By provider and credential.
    Credentials,
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Hour,
    /// In UTC.
    Day,
}

/// Sums of rows that are being written, in the order of the tables.
#[derive(Debug, Default)]
pub(super) struct Rollup {
    usage: BTreeMap<[i64; 4], Totals>,
    credentials: BTreeMap<[i64; 4], Totals>,
}

static ADD: LazyLock<[String; 2]> =
    LazyLock::new(|| [Table::Usage, Table::Credentials].map(Table::add));

impl Table {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Credentials => "credential_usage",
        }
    }

    /// What the sums of a bucket are broken down by.
    const fn parts(self) -> [&'static str; 2] {
        match self {
            Self::Usage => ["client_key", "model"],
            Self::Credentials => ["provider", "credential"],
        }
    }

    fn add(self) -> String {
        let [first, second] = self.parts();
        let columns = Totals::COLUMNS.join(", ");
        let places = vec!["?"; 4 + Totals::COLUMNS.len()].join(", ");
        let sums = Totals::COLUMNS.map(|column| format!("{column} = {column} + excluded.{column}"));
        format!(
            "INSERT INTO {table} (level, bucket, {first}, {second}, {columns}) VALUES ({places})
             ON CONFLICT (level, bucket, {first}, {second}) DO UPDATE SET {sums}",
            table = self.name(),
            sums = sums.join(", "),
        )
    }
}

impl Level {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Hour => 0,
            Self::Day => 1,
        }
    }
}

impl Rollup {
    pub(super) fn add(&mut self, place: Place, totals: &Totals) {
        let day = place.hour.div_euclid(24);
        for (level, bucket) in [(Level::Hour, place.hour), (Level::Day, day)] {
            let level = level.number();
            let usage = [level, bucket, place.key, place.model];
            self.usage.entry(usage).or_default().add(totals);
            let credential = [level, bucket, place.provider, place.credential];
            self.credentials.entry(credential).or_default().add(totals);
        }
    }

    pub(super) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        for (sql, sums) in ADD.iter().zip([self.usage, self.credentials]) {
            let mut statement = connection.prepare_cached(sql)?;
            for (place, totals) in sums {
                let values = totals.values().map(signed);
                statement.execute(params_from_iter(place.into_iter().chain(values)))?;
            }
        }
        Ok(())
    }
}
