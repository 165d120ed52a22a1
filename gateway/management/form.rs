//! Bodies that are forms of several parts (`multipart/form-data`).

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::refused::Refused;

/// A part of a form.
pub(super) struct Part {
    /// The name of its field.
    pub(super) field: Option<String>,
    /// The name of its file, if it is one, without the path that some programs send.
    pub(super) file: Option<String>,
    pub(super) body: Bytes,
}

/// The parts of a body; none if it is no form.
pub(super) async fn parts(headers: &HeaderMap, body: Bytes) -> Result<Option<Vec<Part>>, Refused> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let Some(boundary) = kind.and_then(|kind| multer::parse_boundary(kind).ok()) else {
        return Ok(None);
    };
    let body = stream::iter([Ok::<_, Infallible>(body)]);
    let mut form = multer::Multipart::new(body, boundary);
    let broken = |error: multer::Error| Refused::body().message(error.to_string());
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let last = |name: &str| {
            name.rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        parts.push(Part {
            field: field.name().map(str::to_owned),
            file: field.file_name().map(last),
            body: field.bytes().await.map_err(broken)?,
        });
    }
    Ok(Some(parts))
}
