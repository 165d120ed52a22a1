//! Streams.

mod calls;
mod decoder;
mod encoder;
mod tags;

pub use decoder::Decoder;
pub use encoder::Encoder;

#[cfg(test)]
mod tests;
