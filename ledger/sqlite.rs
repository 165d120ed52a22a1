//! The database: its form, how rows get in and out of it. All SQL is here and in the folder of this name.

mod attempts;
mod insert;
mod names;
mod open;
mod read;
mod reader;
mod rest;
mod rollup;
mod store;
mod sweep;
mod varint;
mod versions;

use std::time::Duration;

use crate::record::MOST_TOKENS;

pub(crate) use open::set_aside;
pub(crate) use reader::{Reader, Share};
pub(crate) use rollup::{Kind, Level};
pub(crate) use store::{Merged, Store};

/// Larger numbers are absurd, whoever reports them, and are cut to this, so that sums stay sums of 64 bits.
const MOST_NANODOLLARS: u64 = 10_000_000_000_000;
const MOST_BYTES: u64 = 100_000_000_000;

pub(crate) fn tokens(count: u64) -> u64 {
    count.min(MOST_TOKENS)
}

pub(crate) fn cost(nanodollars: u64) -> u64 {
    nanodollars.min(MOST_NANODOLLARS)
}

pub(crate) fn bytes(count: u64) -> u64 {
    count.min(MOST_BYTES)
}

pub(crate) fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// What SQLite keeps.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
