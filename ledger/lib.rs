//! What every request used and cost: one row for each, in a SQLite file, with prices, queries and transfer.
//!
//! Writes in the background ([`Ledger::record`] never waits) and says what it had to lose ([`Ledger::status`]). Never knows
//! HTTP, configuration or providers: names come in as text, and go out as text. Start at [`record`] (what a row says),
//! then [`ledger`] (how it gets to the disk), [`query`] (how it is read) and [`price`] (what it costs).

pub mod cost;
mod error;
pub mod ledger;
pub mod price;
pub mod query;
mod queue;
pub mod record;
mod sqlite;
pub mod status;
pub mod transfer;
mod writer;

pub use cost::{Cost, Part, Rates};
pub use error::LedgerError;
pub use ledger::{Ledger, Settings};
pub use price::{PriceError, Prices};
pub use query::{By, Filter, Group, Page, Range, Summary, Totals};
pub use record::{Attempt, ClientKey, Outcome, RequestId, Row, Tokens};
pub use status::{Failure, Status};
pub use transfer::{ImportError, Imported};
