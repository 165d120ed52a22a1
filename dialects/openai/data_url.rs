//! Data URLs, in which OpenAI's dialects carry pictures and files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::Str;

/// Media type, made canonical, and base64 text of a data URL; `None` for any other address.
///
/// Lenient (`dialects.md` 2.5): any case of the scheme, parameters before the comma, and a missing `;base64` mark.
pub(crate) fn parse(url: &Str) -> Option<(Str, Str)> {
    let scheme = url.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (head, data) = url[5..].split_once(',')?;
    let mut fields = head.split(';');
    let mime = canonical(fields.next().unwrap_or_default().trim());
    let marked = fields.any(|field| field.trim().eq_ignore_ascii_case("base64"));
    if marked || looks_like_base64(data) {
        return Some((mime, url.slice_ref(data.trim())));
    }
    Some((mime, Str::from(STANDARD.encode(percent_decoded(data)))))
}

/// What stands in a data URL before its data.
pub(crate) fn head(mime: &str) -> String {
    format!("data:{mime};base64,")
}

/// A media type in lower case and under its registered name.
pub(crate) fn canonical(mime: &str) -> Str {
    let lower = mime.to_ascii_lowercase();
    Str::from(match lower.as_str() {
        "" => "application/octet-stream",
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "audio/mp3" => "audio/mpeg",
        "audio/x-wav" | "audio/wave" => "audio/wav",
        other => other,
    })
}

/// Whether unmarked data can only be base64: long enough, of its alphabet, and of a length it can have.
fn looks_like_base64(data: &str) -> bool {
    let data = data.trim();
    data.len() >= 16
        && data.len().is_multiple_of(4)
        && data
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |offset: usize| char::from(*bytes.get(at + offset)?).to_digit(16);
        match (bytes[at], hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &'static str, expected: Option<(&str, &str)>) {
        let parsed = parse(&Str::from_static(url));
        let parsed = parsed.as_ref().map(|(mime, data)| (&**mime, &**data));
        assert_eq!(parsed, expected, "{url}");
    }

    #[test]
    fn data_urls_are_read_leniently() {
        check("data:image/png;base64,AAAA", Some(("image/png", "AAAA")));
        check("DATA:image/JPG;BASE64,AAAA", Some(("image/jpeg", "AAAA")));
        check(
            "data:text/plain;charset=utf-8;base64,aGk=",
            Some(("text/plain", "aGk=")),
        );
        check("data:text/plain,h%69", Some(("text/plain", "aGk=")));
        check(
            "data:image/png,iVBORw0KGgoAAAANSUhEUg==",
            Some(("image/png", "iVBORw0KGgoAAAANSUhEUg==")),
        );
        check("data:,", Some(("application/octet-stream", "")));
        check("https://example.com/a.png", None);
        check("data:nothing", None);
        check("dätä:", None);
    }
}
