//! Secrets as a type: shown masked everywhere, in clear only where a header is built or a file is saved.

use std::fmt;
use std::hash::{Hash, Hasher};

use secrecy::{ExposeSecret, SecretString};

/// A key, token or password. `Debug` and `Display` print a mask.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value in clear. Call it only to build an upstream header or to save a file.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// A recognisable but useless form: `sk-a…4f2c`; short secrets are hidden whole.
    #[must_use]
    pub fn mask(&self) -> String {
        let text: Vec<char> = self.expose().chars().collect();
        if text.len() < 16 {
            return "…".to_owned();
        }
        let head: String = text[..4].iter().collect();
        let tail: String = text[text.len() - 4..].iter().collect();
        format!("{head}…{tail}")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(SecretString::from(value))
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(SecretString::from(value))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.mask())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.expose()
            .as_bytes()
            .ct_eq(other.expose().as_bytes())
            .into()
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}
