//! The responses dialect.

pub mod request;
pub mod response;
pub mod stream;
pub(crate) mod wire;

#[cfg(test)]
mod tests;
