//! The ledger from outside: what is recorded is found again, whatever happens to the file or the process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod failing;
mod imports;
mod killed;
mod material;
mod older;
mod plain;
mod recording;
mod sums;
