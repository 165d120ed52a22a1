//! Keys that are looked for in a text without reading it.

use memchr::memmem::Finder;

/// A key of JSON, with its quotes: inside of a string they would be escaped.
#[derive(Debug)]
pub(super) struct Key {
    quoted: &'static str,
    finder: Finder<'static>,
}

impl Key {
    pub(super) fn new(quoted: &'static str) -> Self {
        let finder = Finder::new(quoted);
        Self { quoted, finder }
    }

    /// Whether the word stands in `json`, be it as a key or as a text.
    pub(super) fn stands_in(&self, json: &[u8]) -> bool {
        self.finder.find(json).is_some()
    }

    /// Whether the key has a value somewhere in `json`. Most chunks of a Chat stream say `"usage":null`.
    pub(super) fn is_set(&self, json: &[u8]) -> bool {
        self.values(json).any(|value| !value.starts_with(b"null"))
    }

    /// What follows the key wherever it stands: each text begins with a value.
    pub(super) fn values<'t>(&self, json: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
        let rest = |at| json[at + self.quoted.len()..].trim_ascii_start();
        let places = self.finder.find_iter(json);
        places.filter_map(move |at| Some(rest(at).strip_prefix(b":")?.trim_ascii_start()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_set_where_some_value_of_it_is_not_null() {
        let usage = Key::new("\"usage\"");
        for (json, is_set) in [
            (r#"{"usage":null}"#, false),
            ("{\"usage\" :\n null}", false),
            (r#"{"usage":{}}"#, true),
            ("{\"usage\"\t: {}}", true),
            (r#"{"usage":null,"more":{"usage":{}}}"#, true),
            (r#"{"content":"usage","usage":null}"#, false),
            (r#"{"content":"\"usage\":{}"}"#, false),
            (r#"{"content":"usage"#, false),
            ("{}", false),
        ] {
            assert_eq!(usage.is_set(json.as_bytes()), is_set, "{json}");
        }
        assert!(usage.stands_in(br#"{"content":"usage"}"#));
    }
}
