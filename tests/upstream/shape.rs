//! Small questions about JSON values, asked by both validators.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The first key that is not in `allowed`.
pub(crate) fn unknown_key<'a>(object: &'a Object, allowed: &[&str]) -> Option<&'a str> {
    object
        .keys()
        .map(String::as_str)
        .find(|key| !allowed.contains(key))
}

/// The value of `key`; absent and `null` are the same.
pub(crate) fn present<'a>(object: &'a Object, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// The text under `key`, or nothing when it is absent or not text.
pub(crate) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// Whether `text` is made of `[a-zA-Z0-9_-]` and has between 1 and `longest` characters.
pub(crate) fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Whether `text` is standard base64 of something.
pub(crate) fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|bytes| !bytes.is_empty())
}

/// Whether `url` is a data URL whose base64 holds something.
pub(crate) fn is_data_url(url: &str) -> bool {
    let data = url.strip_prefix("data:");
    let data = data.and_then(|rest| rest.split_once(";base64,"));
    data.is_some_and(|(media_type, data)| media_type.contains('/') && is_base64(data))
}

/// What an image part held: enough to prove that the bytes arrived unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) media_type: String,
    /// SHA-256 of the bytes in lower-case hexadecimal, or the address when only an address was sent.
    pub(crate) digest: String,
}

/// The image types both vendors take.
pub(crate) const IMAGE_TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

impl Image {
    /// Decodes standard base64; nothing when it is not.
    pub(crate) fn from_base64(media_type: &str, data: &str) -> Option<Self> {
        let bytes = STANDARD
            .decode(data)
            .ok()
            .filter(|bytes| !bytes.is_empty())?;
        Some(Self {
            media_type: media_type.to_owned(),
            digest: hex(&Sha256::digest(bytes)),
        })
    }

    /// Reads a `data:` address of one of the [`IMAGE_TYPES`], or keeps a web address as it is.
    pub(crate) fn from_url(url: &str) -> Option<Self> {
        if url.starts_with("https://") || url.starts_with("http://") {
            return Some(Self {
                media_type: "url".to_owned(),
                digest: url.to_owned(),
            });
        }
        let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
        IMAGE_TYPES
            .contains(&media_type)
            .then(|| Self::from_base64(media_type, data))?
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
