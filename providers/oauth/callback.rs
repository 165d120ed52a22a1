//! What a browser comes back with.

use modelgate_config::Secret;
use url::form_urlencoded;

use super::LoginError;

/// Of what a provider says, so many characters are told on.
const REASON: usize = 200;

/// What a browser comes back with: a code, or why there is none. Not checked yet; see
/// [`BrowserLogin::code`](super::BrowserLogin::code).
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub(super) code: Option<Secret>,
    pub(super) state: Option<Secret>,
    pub(super) error: Option<String>,
}

impl Callback {
    /// Reads the query of the address.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let mut callback = Self::default();
        let (mut error, mut description) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match &*name {
                "code" => callback.code = Some(Secret::from(value)),
                "state" => callback.state = Some(Secret::from(value)),
                "error" => error = Some(value.to_owned()),
                "error_description" => description = Some(value.to_owned()),
                _ => {}
            }
        }
        callback.error = match (error, description) {
            (Some(error), Some(description)) => Some(said(&format!("{error}: {description}"))),
            (error, description) => error.or(description).as_deref().map(said),
        };
        callback.split()
    }

    /// Reads what somebody has pasted: the whole address, its query, or `code#state` as Claude shows it.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn from_pasted(text: &str) -> Result<Self, LoginError> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']);
        let query = text.split_once('?').map(|(_, query)| query);
        let callback = match query {
            Some(query) => Self::from_query(query),
            None if text.contains("code=") || text.contains("error=") => Self::from_query(text),
            // A code is one word; without its state it may be anybody's.
            None if text.contains('#') && !text.contains(char::is_whitespace) => Self {
                code: Some(Secret::from(text)),
                ..Self::default()
            }
            .split(),
            None => Self::default(),
        };
        if callback.says_something() {
            Ok(callback)
        } else {
            Err(LoginError::Unreadable)
        }
    }

    /// What is known already, and the rest of what another one says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            code: self.code.or(other.code),
            state: self.state.or(other.state),
            error: self.error.or(other.error),
        }
    }

    /// Which login it claims to end.
    #[must_use]
    pub fn state(&self) -> Option<&Secret> {
        self.state.as_ref()
    }

    /// Whether there is a code, or why there is none.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.code.is_some() || self.error.is_some()
    }

    /// Claude's code may hold the state behind a `#` (`providers.md` 2.2).
    fn split(mut self) -> Self {
        let Some(whole) = &self.code else { return self };
        if let Some((code, state)) = whole.expose().split_once('#') {
            let (code, state) = (Secret::from(code), Secret::from(state));
            self.code = Some(code);
            self.state = Some(state);
        }
        self
    }
}

/// Text from outside in one short line.
fn said(text: &str) -> String {
    let plain = |char: char| if char.is_control() { ' ' } else { char };
    text.chars().take(REASON).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(callback: &Callback) -> (Option<&str>, Option<&str>, Option<&str>) {
        (
            callback.code.as_ref().map(Secret::expose),
            callback.state.as_ref().map(Secret::expose),
            callback.error.as_deref(),
        )
    }

    #[test]
    fn every_way_to_paste_a_code() {
        for text in [
            "http://localhost:54545/callback?code=c%2F1&state=s",
            " \"http://localhost:54545/callback?state=s&code=c%2F1\"\n",
            "code=c%2F1&state=s",
            "http://localhost:54545/callback?code=c%2F1%23s&state=old",
            "c/1#s",
        ] {
            let callback = Callback::from_pasted(text).unwrap();
            assert_eq!(told(&callback), (Some("c/1"), Some("s"), None), "{text}");
        }
        for text in [
            "",
            "hello",
            "two words#x",
            "http://localhost:54545/callback",
            "c1",
            "?x=y",
        ] {
            let error = Callback::from_pasted(text).unwrap_err();
            assert!(matches!(error, LoginError::Unreadable), "{text}");
        }
    }

    #[test]
    fn what_is_said_first_counts() {
        let first = Callback::from_query("code=c-1");
        let whole = first.or(Callback::from_query("code=c-2&state=s"));
        assert_eq!(told(&whole), (Some("c-1"), Some("s"), None));
        assert!(whole.says_something() && !Callback::from_query("state=s").says_something());
    }

    #[test]
    fn a_refusal_is_one_short_line() {
        let callback =
            Callback::from_query("error=access_denied&error_description=no%0Away&state=s");
        assert_eq!(
            told(&callback),
            (None, Some("s"), Some("access_denied: no way"))
        );
        let long = format!("error={}", "x".repeat(10_000));
        let callback = Callback::from_query(&long);
        assert_eq!(callback.error.map(|error| error.len()), Some(REASON));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let callback = Callback::from_query("code=hush-hush-hush-hush&state=hush-hush-hush-hush");
        assert!(!format!("{callback:?}").contains("hush-hush"));
    }
}
