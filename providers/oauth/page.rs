//! The page that a browser shows at the end of a login.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
};
use http::{HeaderValue, Response, StatusCode};
use modelgate_config::{OAuthService, Secret};
use url::Url;

use super::{LoginError, iflow};
use crate::AccountKind;

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page<'p> {
    /// The code has come.
    Done,
    /// There is no code, in the provider's words.
    Denied(&'p str),
    /// Nobody waits for this code, or not any more.
    Stray,
    /// Nothing is here.
    Absent,
}

impl<'p> Page<'p> {
    /// The page for what a browser has come back with.
    #[must_use]
    pub fn of(code: &'p Result<Secret, LoginError>) -> Self {
        match code {
            Ok(_) => Self::Done,
            Err(LoginError::Denied { reason }) => Self::Denied(reason),
            Err(_) => Self::Stray,
        }
    }

    /// As it is sent at the end of a login to an account of a kind: some providers want to show a page of their own.
    pub(super) fn at_the_end(self, kind: AccountKind, service: &OAuthService) -> Response<Bytes> {
        let own = match kind {
            AccountKind::Iflow => iflow::ending(service, self),
            _ => None,
        };
        own.map_or_else(|| self.response(), |own| onward(&own))
    }

    /// As it is sent.
    #[must_use]
    pub fn response(self) -> Response<Bytes> {
        let (status, title, text) = match self {
            Self::Done => (
                StatusCode::OK,
                "Almost done",
                "Go back to where you began to log in; this page can be closed.".to_owned(),
            ),
            Self::Denied(reason) => (
                StatusCode::BAD_REQUEST,
                "The login was refused",
                format!("{}. Nothing was saved.", escaped(reason)),
            ),
            Self::Stray => (
                StatusCode::BAD_REQUEST,
                "No login waits for this",
                "Begin again, and use the address that you are given then.".to_owned(),
            ),
            Self::Absent => (StatusCode::NOT_FOUND, "Nothing is here", String::new()),
        };
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>modelgate</title>\
             <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}}</style>\
             <h1>{title}</h1><p>{text}</p></html>"
        );
        let mut response = unkept(status, Bytes::from(body));
        for (name, value) in [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
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

/// Sends a browser on.
pub(super) fn onward(to: &Url) -> Response<Bytes> {
    // The text of an address is of plain characters alone.
    let Ok(to) = HeaderValue::from_str(to.as_str()) else {
        return Page::Absent.response();
    };
    let mut response = unkept(StatusCode::FOUND, Bytes::new());
    response.headers_mut().insert(LOCATION, to);
    response
}

/// An answer that nobody keeps or tells on: the address that it answers holds the code.
fn unkept(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
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
