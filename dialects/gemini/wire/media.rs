//! Reading images, sound, films and documents.

use super::{keep_rest, text_of};
use crate::Dialect;
use crate::claude::wire::path::{self, At};
use crate::error::DecodeError;
use crate::ir::{Media, MediaKind, MediaSource};
use crate::json::{RawJson, Str, Value};
use crate::openai::data_url;

pub(super) fn inline(data: Value<'_>, at: &At<'_>) -> Result<Media, DecodeError> {
    let mime = text_of(data, "mimeType").unwrap_or_default();
    let mime = data_url::canonical(&mime);
    let base64 = standard(path::required_text(data, "data", at)?);
    let kind = kind_of(&mime);
    let mut media = Media::new(kind, MediaSource::Base64 { mime, data: base64 });
    media.name = text_of(data, "displayName");
    keep_rest(
        data,
        &["mimeType", "data", "displayName"],
        &mut media.extensions,
    );
    Ok(media)
}

/// Base64 in the alphabet and with the padding that every vendor reads. Google reads both alphabets, padded or not (proto3's
/// JSON), and its SDK for Python writes the one that is safe in addresses.
fn standard(base64: Str) -> Str {
    let missing = match base64.len() % 4 {
        length @ 2.. => 4 - length,
        // One digit too many cannot be helped.
        _ => 0,
    };
    if missing == 0 && memchr::memchr2(b'-', b'_', base64.as_bytes()).is_none() {
        return base64;
    }
    let mut text = base64.replace('-', "+").replace('_', "/");
    text.push_str(&"==="[..missing]);
    Str::from(text)
}

/// A file at the provider by its address there, or at a public one.
pub(super) fn file(data: Value<'_>, at: &At<'_>) -> Result<Media, DecodeError> {
    let address = text_of(data, "fileUri")
        .ok_or_else(|| DecodeError::shape(at.field("fileUri"), "expected a string"))?;
    let mime = text_of(data, "mimeType");
    let kind = match &mime {
        Some(mime) => kind_of(&data_url::canonical(mime)),
        None => kind_of_address(&address),
    };
    let source = if is_public(&address) {
        MediaSource::Url(address)
    } else {
        MediaSource::FileId(address)
    };
    let mut media = Media::new(kind, source);
    media.name = text_of(data, "displayName");
    if let Some(mime) = mime {
        let spelling = RawJson::build(|writer| writer.value(&mime));
        media
            .extensions
            .push_spelling(Dialect::Gemini, "mimeType", spelling);
    }
    keep_rest(
        data,
        &["fileUri", "mimeType", "displayName"],
        &mut media.extensions,
    );
    Ok(media)
}

/// Whether an address can be opened by anybody: not one of the File API, nor of a bucket.
pub(crate) fn is_public(address: &str) -> bool {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    is_web && !address.contains("generativelanguage.googleapis.com")
}

fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    }
}

fn kind_of_address(address: &str) -> MediaKind {
    if address.contains("youtube.com/") || address.contains("youtu.be/") {
        return MediaKind::Video;
    }
    match &*ending(address) {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "heic" => MediaKind::Image,
        "mp3" | "wav" | "ogg" | "flac" | "aac" => MediaKind::Audio,
        "mp4" | "mov" | "webm" | "mpeg" | "avi" => MediaKind::Video,
        _ => MediaKind::Document,
    }
}

/// What the name of a file ends with, in lower case.
pub(crate) fn ending(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('.').next().unwrap_or_default();
    ending.to_ascii_lowercase()
}
