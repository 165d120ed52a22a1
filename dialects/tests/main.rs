//! The dialects from outside: golden fixtures, and what must be true of anything.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod anything;
mod golden;
mod losses;
mod readme;
mod requests;
mod responses;
mod streams;
mod support;
mod traps;
