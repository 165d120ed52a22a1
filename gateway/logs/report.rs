//! The log of one request, as it is written (`management-api.md` 3.4).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use modelgate_config::Secret;
use modelgate_management::inert;
use modelgate_management::time::timestamp;

use super::mask::{self, Mask};
use super::names;
use crate::request::RequestId;

/// A request that is over, and what became of it.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) id: RequestId,
    pub(super) time: SystemTime,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: Arc<HeaderMap>,
    /// Only what fails is logged.
    pub(super) failed_only: bool,
    pub(super) pages: Pages,
}

/// What is known of a request once it was read.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) body: Excerpt,
    pub(super) calls: Vec<Called>,
    pub(super) answer: Option<Answer>,
}

/// One call of an upstream.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Who was asked: the name of the credential, and of its provider.
    pub(super) credential: String,
    pub(super) provider: String,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Excerpt,
    /// Why it gave no answer.
    pub(super) failure: Option<Failed>,
    /// What it sent.
    pub(super) heard: Excerpt,
}

#[derive(Debug)]
pub(super) struct Failed {
    /// Of the upstream's answer, if one came.
    pub(super) status: Option<u16>,
    pub(super) kind: &'static str,
    pub(super) message: String,
}

/// What the client got.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Excerpt,
}

/// The beginning of a body.
#[derive(Debug, Default)]
pub(super) struct Excerpt {
    /// What came at once.
    first: Bytes,
    /// What came after that, piece by piece: pieces may be small parts of large buffers.
    rest: Vec<u8>,
    total: u64,
}

impl Excerpt {
    /// Takes a body that is there as a whole, but keeps at most `room` bytes of it, and tells how many.
    pub(super) fn hold(&mut self, bytes: &Bytes, room: usize) -> usize {
        self.total += bytes.len() as u64;
        let kept = bytes.len().min(room);
        self.first = if kept == bytes.len() {
            bytes.clone()
        } else {
            Bytes::copy_from_slice(&bytes[..kept])
        };
        kept
    }

    /// The same as a view, which holds all of the body until it is [shrunk](Self::shrink): for who has it anyway.
    pub(super) fn view(&mut self, bytes: &Bytes, room: usize) -> usize {
        self.total += bytes.len() as u64;
        self.first = bytes.slice(..bytes.len().min(room));
        self.first.len()
    }

    /// Takes what comes next, likewise.
    pub(super) fn push(&mut self, bytes: &[u8], room: usize) -> usize {
        // Behind a gap nothing makes sense any more.
        let is_whole = self.total == self.size() as u64;
        self.total += bytes.len() as u64;
        let kept = if is_whole { bytes.len().min(room) } else { 0 };
        self.rest.extend_from_slice(&bytes[..kept]);
        kept
    }

    /// Keeps no more than so many bytes of what came at once, and nothing beside them.
    pub(super) fn shrink(&mut self, most: usize) {
        self.first = Bytes::copy_from_slice(&self.first[..self.first.len().min(most)]);
    }

    /// Whether something was left out.
    pub(super) fn is_cut(&self) -> bool {
        self.total > self.size() as u64
    }

    pub(super) fn size(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    /// Writes it as text. What would move a cursor is written out, but for line ends and tabs.
    fn write(&self, out: &mut String) {
        let whole: Cow<'_, [u8]> = if self.rest.is_empty() {
            Cow::from(&*self.first)
        } else if self.first.is_empty() {
            Cow::from(&self.rest)
        } else {
            Cow::from([&self.first, &self.rest[..]].concat())
        };
        let text = mask::text(&whole);
        if is_plain(&text) {
            out.push_str(&text);
        } else {
            for char in text.chars() {
                if char.is_control() && !matches!(char, '\n' | '\t') {
                    out.extend(char.escape_default());
                } else {
                    out.push(char);
                }
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
        if self.is_cut() {
            let _ = writeln!(
                out,
                "[cut: {} of {} bytes are shown]",
                self.size(),
                self.total
            );
        }
    }
}

impl Report {
    /// The name of its file.
    pub(super) fn name(&self) -> String {
        names::request(&self.path, self.time, self.id.as_str(), self.failed_only)
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let calls = self.pages.calls.iter();
        let calls: usize = calls.map(|call| call.body.size() + call.heard.size()).sum();
        let answer = self.pages.answer.as_ref();
        let answer = answer.map_or(0, |answer| answer.body.size());
        4_096 + self.pages.body.size() + calls + answer
    }

    /// The text of its file, without the secrets of the gateway and those that the request itself brought.
    pub(super) fn text(&self, mask: &Mask) -> String {
        let mut out = String::with_capacity(self.size() + self.size() / 8);
        self.write_request(&mut out);
        for (index, call) in self.pages.calls.iter().enumerate() {
            call.write(index + 1, &mut out);
        }
        if let Some(answer) = &self.pages.answer {
            section(&mut out, "RESPONSE");
            let _ = writeln!(out, "Status: {}", answer.status);
            write_headers(&answer.headers, &mut out);
            out.push('\n');
            answer.body.write(&mut out);
        }
        mask.cleaned(Mask::new(self.secrets()).without_known(out))
    }

    fn write_request(&self, out: &mut String) {
        section(out, "REQUEST INFO");
        let query = self.query.as_deref().map(mask::query);
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let _ = writeln!(out, "Version: {}", env!("CARGO_PKG_VERSION"));
        let _ = writeln!(out, "URL: {}{query}", self.path);
        let _ = writeln!(out, "Method: {}", self.method);
        let _ = writeln!(out, "Request ID: {}", self.id);
        let _ = writeln!(out, "Timestamp: {}", timestamp(self.time));
        section(out, "HEADERS");
        write_headers(&self.headers, out);
        section(out, "REQUEST BODY");
        self.pages.body.write(out);
    }

    /// What the client and we presented for this request: an answer may repeat it.
    fn secrets(&self) -> Vec<Secret> {
        let query = self.query.as_deref().unwrap_or_default();
        let calls = self.pages.calls.iter();
        mask::secrets(&self.headers)
            .chain(mask::secrets_of_query(query))
            .chain(calls.flat_map(|call| mask::secrets(&call.headers)))
            .collect()
    }
}

impl Called {
    fn write(&self, number: usize, out: &mut String) {
        section(out, "API REQUEST");
        let _ = writeln!(out, "Attempt: {number}");
        if self.url.is_empty() {
            let _ = writeln!(out, "Provider: {}", inert(&self.provider));
        } else {
            let _ = writeln!(out, "Upstream URL: {}", self.url);
            let _ = writeln!(out, "HTTP Method: POST");
            let _ = writeln!(
                out,
                "Auth: provider={}, id={}",
                inert(&self.provider),
                inert(&self.credential)
            );
            out.push_str("\nHeaders:\n");
            write_headers(&self.headers, out);
            out.push_str("\nBody:\n");
            self.body.write(out);
        }
        if let Some(failed) = &self.failure {
            section(out, "API ERROR RESPONSE");
            let status = failed
                .status
                .map_or("none".to_owned(), |status| status.to_string());
            let _ = writeln!(out, "HTTP Status: {status}");
            let _ = writeln!(out, "Kind: {}", failed.kind);
            let _ = writeln!(out, "{}", inert(&failed.message));
        }
        if self.heard.total > 0 {
            section(out, "API RESPONSE");
            self.heard.write(out);
        }
    }
}

/// Whether a text has certainly no control characters but line ends and tabs; those beyond ASCII begin with 0xc2.
fn is_plain(text: &str) -> bool {
    // All of it is looked at, as this way many bytes are at a time.
    let odd =
        |byte: u8| byte < b' ' && byte != b'\n' && byte != b'\t' || byte == b'\x7f' || byte == 0xc2;
    !text.bytes().fold(false, |found, byte| found | odd(byte))
}

fn section(out: &mut String, name: &str) {
    let before = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{before}=== {name} ===");
}

fn write_headers(headers: &HeaderMap, out: &mut String) {
    for (name, value) in headers {
        out.push_str(name.as_str());
        out.push_str(": ");
        let shown = mask::header(name.as_str(), value);
        if is_plain(&shown) && !shown.contains(['\n', '\t']) {
            out.push_str(&shown);
        } else {
            out.extend(shown.chars().filter(|char| !char.is_control()));
        }
        out.push('\n');
    }
}
