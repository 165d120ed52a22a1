//! `GET /management.html`: the control panel, a page for browsers that asks `/v0/management` with a key that somebody types.
//!
//! Its files stand in `panel/`, are part of the program, and are served as they are. Until a key is given the page has nothing to
//! tell; it loads nothing from elsewhere, and the browser is told not to let it.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Method};
use modelgate_dialects::Dialect;
use rust_embed::RustEmbed;
use warp::reply::Response;

use super::gate;
use crate::error::{self, Failure};
use crate::request::Incoming;
use crate::state::State;

/// Where the page is.
pub(crate) const PATH: &str = "/management.html";
/// Where its other files are.
const BESIDE: &str = "/management/";

/// The files, in a debug build too: what is tested is what is shipped.
#[derive(RustEmbed)]
#[folder = "management/panel/"]
#[include = "*.html"]
#[include = "*.css"]
#[include = "*.js"]
struct Files;

/// No file of the page may come from elsewhere, be written into it, or be made of a text; no other page may hold it.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    // After an upgrade the files must be those of one version.
    (CACHE_CONTROL, "no-store"),
];

/// The name of the file at a path; none if the path is nothing of the panel's.
pub(crate) fn file(path: &str) -> Option<&str> {
    match path {
        PATH => Some("index.html"),
        _ => path
            .strip_prefix(BESIDE)
            .filter(|name| *name != "index.html"),
    }
}

/// Answers with a file. Where the panel is switched off, or nobody there could use it, there is none.
pub(crate) fn answer(state: &State, incoming: &Incoming, name: &str) -> Response {
    let shown = gate::shows_page(state, &incoming.headers, incoming.peer);
    let Some(file) = shown.then(|| Files::get(name)).flatten() else {
        return error::answer(Dialect::Chat, &Failure::unknown_route(&incoming.path));
    };
    if incoming.method != Method::GET && incoming.method != Method::HEAD {
        return error::answer(Dialect::Chat, &Failure::wrong_method(&incoming.path, "GET"));
    }
    let mut response = Response::new(file.data.into_owned().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        _ => "text/html; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that the whole panel may have.
    const LARGEST: usize = 300_000;

    fn files() -> impl Iterator<Item = (String, String)> {
        Files::iter().map(|name| {
            let file = Files::get(&name).unwrap();
            (
                name.into_owned(),
                String::from_utf8(file.data.into_owned()).unwrap(),
            )
        })
    }

    #[test]
    fn paths_name_files_and_nothing_beyond() {
        for (path, expected) in [
            ("/management.html", Some("index.html")),
            ("/management/main.js", Some("main.js")),
            ("/management/views/keys.js", Some("views/keys.js")),
            ("/management/index.html", None),
            ("/management", None),
            ("/management.htm", None),
            ("/v0/management/x", None),
        ] {
            assert_eq!(file(path), expected, "{path}");
        }
        for name in [
            "../panel.rs",
            "../../lib.rs",
            "/etc/passwd",
            "",
            ".",
            "views",
            "views/../main.js\0",
        ] {
            assert!(Files::get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_panel_is_small_and_whole() {
        let files: Vec<(String, String)> = files().collect();
        let size: usize = files.iter().map(|(_, text)| text.len()).sum();
        assert!((10_000..LARGEST).contains(&size), "{size}");
        for needed in ["index.html", "main.js", "style.css"] {
            assert!(files.iter().any(|(name, _)| name == needed), "{needed}");
        }
    }

    /// What the policy would stop stands in no file in the first place.
    #[test]
    fn nothing_is_written_as_markup_and_nothing_comes_from_elsewhere() {
        for (name, text) in files() {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "onclick=\"",
                "style=\"",
                "<style",
                "https://",
                "//cdn",
            ] {
                assert!(!text.contains(word), "{name} has {word}");
            }
            for place in text.match_indices("http://").map(|(at, _)| at) {
                assert!(
                    text[place..].starts_with("http://www.w3.org/2000/svg"),
                    "{name}"
                );
            }
        }
    }
}
