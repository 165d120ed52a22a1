//! Usage in and out: in the family's shape (`management-api.md` 2.1 and 2.3), and rows as JSON lines and CSV.

mod detail;
mod import;
mod object;
mod table;
mod usage;

pub(crate) use detail::Detail;
pub use import::{ImportError, Imported, LARGEST as LARGEST_IMPORT};
pub use usage::Details;

/// What stands for no client key and no model.
pub(crate) const UNKNOWN: &str = "unknown";
