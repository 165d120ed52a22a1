//! Which writing of the configuration file somebody has read.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue};
use modelgate_config::key_digest;

use super::refused::Refused;

/// The name of one text of the file: the first half of its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Etag(String);

impl Etag {
    pub(super) fn of(text: &str) -> Self {
        let digest = key_digest(text);
        let hex: String = digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("\"{hex}\""))
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }

    /// Whether a reader has this text already.
    pub(super) fn is_known(&self, headers: &HeaderMap) -> bool {
        names(headers, IF_NONE_MATCH).is_some_and(|names| {
            let bare = |name: &String| name.strip_prefix("W/").unwrap_or(name) == self.0;
            names.iter().any(|name| name == "*" || bare(name))
        })
    }
}

/// What the file must be for a change to be made; without `If-Match`, whatever it is.
#[derive(Debug)]
pub(super) struct Condition(Option<Vec<String>>);

impl Condition {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self(names(headers, IF_MATCH))
    }

    pub(super) fn check(&self, text: &str) -> Result<(), Refused> {
        let etag = Etag::of(text);
        match &self.0 {
            Some(names) if !names.iter().any(|name| name == "*" || *name == etag.0) => {
                Err(Refused::stale(etag))
            }
            _ => Ok(()),
        }
    }
}

/// The members of a list of names. What cannot be read is a name that nothing has.
fn names(headers: &HeaderMap, name: HeaderName) -> Option<Vec<String>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let texts = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    Some(texts.map(|text| text.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_change_needs_the_text_that_was_read() {
        let etag = Etag::of("port: 1\n").0;
        let checked = |values: &[&str]| {
            let condition = Condition::of(&headers("if-match", values));
            condition.check("port: 1\n").is_ok()
        };
        assert!(checked(&[]) && checked(&["*"]) && checked(&[&etag]));
        assert!(checked(&["\"other\"", &format!("\"more\", {etag}")]));
        assert!(!checked(&[""]) && !checked(&["\"other\""]));
        assert!(!checked(&[&format!("W/{etag}")]), "weak names do not do");
        assert!(Etag::of("port: 1\n").is_known(&headers("if-none-match", &[&format!("W/{etag}")])));
        assert!(!Etag::of("port: 2\n").is_known(&headers("if-none-match", &[&etag])));
        assert!(!Etag::of("").is_known(&HeaderMap::new()));
    }
}
