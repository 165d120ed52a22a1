//! The page that a browser shows at the end of a login.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page<'p> {
    /// The code has come.
    Done,
    /// There is no code, in the provider's words.
    Denied(&'p str),
    /// The code is not for this login.
    Stray,
    /// Nothing is here.
    Absent,
}

impl Page<'_> {
    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let (status, title, text) = match self {
            Self::Done => (
                StatusCode::OK,
                "Almost done",
                "Go back to the terminal; this page can be closed.".to_owned(),
            ),
            Self::Denied(reason) => (
                StatusCode::BAD_REQUEST,
                "The login was refused",
                format!("{}. The terminal says what to do.", escaped(reason)),
            ),
            Self::Stray => (
                StatusCode::BAD_REQUEST,
                "This is the answer to another login",
                "Use the address that the terminal shows now.".to_owned(),
            ),
            Self::Absent => (StatusCode::NOT_FOUND, "Nothing is here", String::new()),
        };
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>modelgate</title>\
             <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}}</style>\
             <h1>{title}</h1><p>{text}</p></html>"
        );
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        for (name, value) in [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            // The address holds the code.
            (REFERRER_POLICY, "no-referrer"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
        ] {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_says_is_only_text() {
        assert_eq!(
            escaped("<script>'a' & \"b\"</script>"),
            "&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;"
        );
    }
}
