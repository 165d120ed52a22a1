//! One vector, as numbers or as bytes.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::error::DecodeError;
use crate::json::{RawJson, Str, Value, Writer};

/// Reads with or without padding; the vendor pads, compatible servers may not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A vector as its upstream wrote it. Made by [`decode_answer`](super::decode_answer), which has looked at every number.
#[derive(Debug, Clone, PartialEq)]
pub enum Vector {
    /// A list of numbers, each in its own spelling.
    Numbers(RawJson),
    /// Base64 of little-endian 32-bit floats.
    Base64(Str),
}

impl Vector {
    /// Reads a vector: a list of numbers, or base64.
    pub(super) fn read(value: Value<'_>, path: &str) -> Result<Self, DecodeError> {
        if let Some(text) = value.text() {
            let floats =
                floats(&text).filter(|floats| floats.iter().all(|float| float.is_finite()));
            return match floats {
                Some(_) => Ok(Self::Base64(text)),
                None => Err(DecodeError::shape(path, "expected base64 of 32-bit floats")),
            };
        }
        if !value.is_array() || value.items().any(|number| float(number).is_none()) {
            return Err(DecodeError::shape(path, "expected a list of numbers"));
        }
        Ok(Self::Numbers(value.raw()))
    }

    /// Writes it as a list of numbers: as they came, or the shortest that name the same floats.
    pub(super) fn write_numbers(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Numbers(list) => writer.value(list),
            Self::Base64(text) => writer.array(|writer| {
                for float in floats(text).unwrap_or_default() {
                    writer.verbatim(zmij::Buffer::new().format_finite(float));
                }
            }),
        }
    }

    /// Writes it as base64.
    pub(super) fn write_base64(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Base64(text) => writer.value(text),
            Self::Numbers(list) => {
                let document = list.document();
                let floats = document.root().items().filter_map(float);
                let bytes: Vec<u8> = floats.flat_map(f32::to_le_bytes).collect();
                writer.value(&STANDARD.encode(bytes));
            }
        }
    }
}

/// A number as the nearest 32-bit float, where there is one.
fn float(value: Value<'_>) -> Option<f32> {
    value.as_f64()?;
    let float: f32 = value.source().parse().ok()?;
    float.is_finite().then_some(float)
}

fn floats(text: &str) -> Option<Vec<f32>> {
    let bytes = LENIENT.decode(text).ok()?;
    let chunks = bytes.chunks_exact(4);
    if !chunks.remainder().is_empty() {
        return None;
    }
    let read = |chunk: &[u8]| chunk.try_into().map(f32::from_le_bytes).ok();
    chunks.map(read).collect()
}
