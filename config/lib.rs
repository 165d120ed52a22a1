//! The configuration file, its meaning, its secrets, comment-keeping edits and hot reload.
//!
//! Never knows HTTP, dialects or the terminal. Start at [`model`].

pub mod model;
pub mod pattern;
pub mod secret;

pub use model::Config;
pub use pattern::Pattern;
pub use secret::Secret;
