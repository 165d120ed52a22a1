//! Names of account files. They are made of mail addresses and subjects of tokens, which strangers choose.

/// Longer names are cut, in bytes: the names of temporary files and locks are longer still, and must fit in 255.
const LONGEST: usize = 200;

const ENDING: &str = ".json";

/// The name of an account file for any text: one step of a path, not hidden, ending with `.json`. What could lead
/// elsewhere, on any system, becomes `_` (`providers.md` 1.2). A name that is fine stays as it is.
#[must_use]
pub fn file_name(text: &str) -> String {
    let stem = text.strip_suffix(ENDING).unwrap_or(text);
    let mut name = String::with_capacity(stem.len() + ENDING.len());
    let mut rest = stem.trim_start_matches(['.', ' ']);
    while let Some(char) = rest.chars().next() {
        let escape = escape(rest);
        let step = if escape { 3 } else { char.len_utf8() };
        let bad = escape || char.is_control() || r#"/\:*?"<>|"#.contains(char);
        let kept = if bad { '_' } else { char };
        if name.len() + kept.len_utf8() + ENDING.len() > LONGEST {
            break;
        }
        name.push(kept);
        rest = &rest[step..];
    }
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    if name.is_empty() {
        name.push_str("account");
    }
    name + ENDING
}

/// Whether the text begins with an escape of the kind `%2f`.
fn escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Whether a file of the directory is an account by its name: `*.json` at the top level, not hidden.
pub(super) fn is_account(name: &str) -> bool {
    let separator = |char| matches!(char, '/' | '\\' | '\0');
    name.len() > ENDING.len()
        && name.ends_with(ENDING)
        && !name.starts_with('.')
        && !name.contains(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leads_out_of_the_directory() {
        let rows = [
            ("claude-me@example.com.json", "claude-me@example.com.json"),
            ("claude-me@example.com", "claude-me@example.com.json"),
            ("müller 1", "müller 1.json"),
            ("../../etc/passwd", "_.._etc_passwd.json"),
            ("..\\evil", "_evil.json"),
            ("/root", "_root.json"),
            ("C:\\x", "C__x.json"),
            ("a:b*c?d\"e<f>g|h", "a_b_c_d_e_f_g_h.json"),
            ("nul\0byte\n", "nul_byte_.json"),
            (".hidden", "hidden.json"),
            ("....", "account.json"),
            ("", "account.json"),
            (".json", "account.json"),
            ("a%2fb%2Fc%5cd", "a_b_c_d.json"),
            ("%2e%2e%2fx", "___x.json"),
            ("%252fx", "_2fx.json"),
            ("100%", "100%.json"),
            ("%é", "%é.json"),
            ("a.json.json", "a.json.json"),
            ("a. . ", "a.json"),
        ];
        for (text, expected) in rows {
            let name = file_name(text);
            assert_eq!(name, expected, "{text:?}");
            assert!(is_account(&name), "{text:?}");
            assert_eq!(file_name(&name), name, "{text:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        for text in ["x".repeat(1000), "é".repeat(1000), "%2f".repeat(1000)] {
            let name = file_name(&text);
            assert!((199..=200).contains(&name.len()), "{name}");
            assert!(is_account(&name));
        }
    }

    #[test]
    fn only_plain_names_are_accounts() {
        for name in [
            ".json",
            ".a.json",
            "a.txt",
            "../a.json",
            "a/b.json",
            "a\\b.json",
            "",
            "..",
        ] {
            assert!(!is_account(name), "{name}");
        }
    }
}
