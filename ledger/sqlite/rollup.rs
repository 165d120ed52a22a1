//! Sums of hours and days, kept up in the transaction that writes the rows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::{Connection, params_from_iter};

use super::insert::Place;
use super::signed;
use crate::query::Totals;

/// What a sum is broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing; for each hour.
    Total,
    /// The client key.
    Key,
    /// The model.
    Model,
    /// The provider and the credential.
    Credential,
    /// The client key and the model; for each day. For hours it would be almost as many as there are rows.
    KeyAndModel,
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Hour,
    /// In UTC.
    Day,
}

/// Sums of rows that are being written: one for each place, since most rows of a batch share theirs with others.
#[derive(Debug, Default)]
pub(super) struct Rollup(BTreeMap<Place, Totals>);

static ADD: LazyLock<String> = LazyLock::new(|| {
    let columns = Totals::COLUMNS.join(", ");
    let places = vec!["?"; 5 + Totals::COLUMNS.len()].join(", ");
    let sums = Totals::COLUMNS.map(|column| format!("{column} = {column} + excluded.{column}"));
    format!(
        "INSERT INTO sums (kind, level, bucket, a, b, {columns}) VALUES ({places})
         ON CONFLICT (kind, level, bucket, a, b) DO UPDATE SET {}",
        sums.join(", ")
    )
});

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Total,
        Self::Key,
        Self::Model,
        Self::Credential,
        Self::KeyAndModel,
    ];

    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Total => 0,
            Self::Key => 1,
            Self::Model => 2,
            Self::Credential => 3,
            Self::KeyAndModel => 4,
        }
    }

    const fn levels(self) -> &'static [Level] {
        match self {
            Self::Total => &[Level::Hour],
            Self::Key | Self::Model | Self::Credential => &[Level::Hour, Level::Day],
            Self::KeyAndModel => &[Level::Day],
        }
    }

    const fn parts(self, place: &Place) -> [i64; 2] {
        match self {
            Self::Total => [0, 0],
            Self::Key => [place.key, 0],
            Self::Model => [place.model, 0],
            Self::Credential => [place.provider, place.credential],
            Self::KeyAndModel => [place.key, place.model],
        }
    }
}

impl Level {
    pub(super) const ALL: [Self; 2] = [Self::Hour, Self::Day];

    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Hour => 0,
            Self::Day => 1,
        }
    }

    /// The bucket that an hour is in.
    pub(super) const fn bucket(self, hour: i64) -> i64 {
        match self {
            Self::Hour => hour,
            Self::Day => hour.div_euclid(24),
        }
    }
}

impl Rollup {
    pub(super) fn add(&mut self, place: Place, totals: &Totals) {
        self.0.entry(place).or_default().add(totals);
    }

    /// In the order of the table.
    fn sums(&self) -> BTreeMap<[i64; 5], Totals> {
        let mut sums: BTreeMap<[i64; 5], Totals> = BTreeMap::new();
        for (place, totals) in &self.0 {
            for kind in Kind::ALL {
                let [a, b] = kind.parts(place);
                for level in kind.levels() {
                    let bucket = level.bucket(place.hour);
                    let sum = [kind.number(), level.number(), bucket, a, b];
                    sums.entry(sum).or_default().add(totals);
                }
            }
        }
        sums
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(&ADD)?;
        for (sum, totals) in self.sums() {
            let values = totals.values().map(signed);
            statement.execute(params_from_iter(sum.into_iter().chain(values)))?;
        }
        Ok(())
    }
}
