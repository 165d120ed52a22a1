//! The configuration file, its meaning, its secrets, comment-keeping edits and hot reload.
//!
//! Never knows HTTP, dialects or the terminal. A text becomes a tree with positions (`tree.rs`), is compared
//! with the table of all keys (`schema.rs`, `check.rs`), is read into a [`Config`] (`file.rs` and the files
//! it names) and gets its last rules from the command line ([`Loaded::resolve`]). A [`Store`] holds the one
//! in use. Start at [`model`], then `file.rs`.

mod ampcode;
mod channels;
mod check;
pub mod document;
pub mod edit;
mod environment;
mod error;
mod file;
pub mod keys;
mod ledger;
mod logs;
pub mod management;
pub mod model;
mod oauth;
pub mod paths;
pub mod pattern;
pub mod payload;
mod providers;
mod resolve;
mod routing;
mod save;
mod schema;
pub mod secret;
mod server;
pub mod setting;
mod store;
mod tree;
mod values;
mod view;
mod watch;

pub use environment::Environment;
pub use error::{ConfigError, Problem};
pub use file::{Loaded, load, parse, read as read_file};
pub use keys::{key_digest, new_client_key};
pub use model::Config;
pub use oauth::{OAuth, OAuthService, OAuthSetting, OAuthUnset};
pub use pattern::Pattern;
pub use payload::Payload;
pub use resolve::Overrides;
pub use save::{make_directory, save};
pub use secret::Secret;
pub use store::{Reloaded, Store, change_file};
pub use watch::{Changes, Watcher, watch, watch_directory};

/// A commented file with every key that has a meaning. It is a valid configuration as it stands.
pub const TEMPLATE: &str = include_str!("default.yaml");

#[cfg(test)]
mod tests;
