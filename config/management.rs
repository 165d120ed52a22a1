//! `remote-management`, and the management keys of the environment.

use crate::environment::Environment;
use crate::error::Report;
use crate::model::{Management, ManagementKey, Proof};
use crate::secret::Secret;
use crate::view::View;

/// The path of the management key in the file.
pub const SECRET_KEY: &str = "remote-management.secret-key";
/// Our own variable; what it opens from other machines is up to `allow-remote`.
const VARIABLE: &str = "MODELGATE_MANAGEMENT_KEY";
/// The family's variable, which always opens from other machines too (`management-api.md` 1.2).
const FAMILY_VARIABLE: &str = "MANAGEMENT_PASSWORD";
/// How bcrypt hashes begin; anything else is the key itself (`management-api.md` 5.3).
const HASHES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];
/// Length of a bcrypt hash.
const HASH_LENGTH: usize = 60;

pub(crate) fn read(block: &View, environment: &Environment, report: &mut Report) -> Management {
    let variable = |origin: &'static str, opens_remote: bool| {
        let secret = Secret::from(environment.get(origin)?);
        Some(ManagementKey {
            origin,
            proof: Proof::Plain(secret),
            opens_remote,
        })
    };
    let variables = [variable(FAMILY_VARIABLE, true), variable(VARIABLE, false)];
    let mut keys: Vec<ManagementKey> = variables.into_iter().flatten().collect();
    keys.extend(secret_key(&block.get("secret-key"), report));
    Management {
        allow_remote: block.get("allow-remote").bool().unwrap_or(false),
        keys,
        panel: !block.get("disable-control-panel").bool().unwrap_or(false),
    }
}

fn secret_key(view: &View, report: &mut Report) -> Option<ManagementKey> {
    let text = view.filled()?;
    let secret = Secret::from(text);
    let proof = if !is_plain(text) {
        if !is_hash(text) {
            let hint = "write the key itself; it is replaced by its hash when the gateway starts";
            let message = "this is not a whole bcrypt hash, so no key fits it";
            report.warning(view.at, &view.key, message, hint);
        }
        Proof::Bcrypt(secret)
    } else {
        Proof::Plain(secret)
    };
    Some(ManagementKey {
        origin: SECRET_KEY,
        proof,
        opens_remote: false,
    })
}

/// Whether the value of [`SECRET_KEY`] is the key itself and no hash of it.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.is_empty() && !HASHES.iter().any(|start| text.starts_with(start))
}

/// `$2b$10$`, 22 signs of salt and 31 of hash.
fn is_hash(text: &str) -> bool {
    let Some((cost, rest)) = text.get(4..).and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    text.len() == HASH_LENGTH
        && cost.len() == 2
        && cost
            .parse::<u8>()
            .is_ok_and(|cost| (4..=31).contains(&cost))
        && rest.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::file::parse;

    const HASH: &str = "$2b$10$abcdefghijklmnopqrstuuVX0123456789ABCDEFGHIJKLMNOPQRS";

    fn management(text: &str, variables: &[(&str, &str)]) -> Management {
        let environment = Environment::from_map(variables.iter().copied());
        let loaded = parse(text, Path::new("c.yaml"), &environment).unwrap();
        loaded.config.management
    }

    #[test]
    fn the_key_of_the_file_is_plain_or_hashed() {
        let plain = management("remote-management: {secret-key: hush-hush}", &[]);
        assert_eq!(plain.plain_in_file(), Some(&Secret::from("hush-hush")));
        assert!(!plain.allow_remote);
        let text = format!("remote_management:\n  secret_key: {HASH}\n  allow_remote: true\n");
        let hashed = management(&text, &[]);
        assert_eq!(hashed.plain_in_file(), None);
        assert_eq!(hashed.keys[0].proof, Proof::Bcrypt(Secret::from(HASH)));
        assert!(hashed.allow_remote);
        assert!(!format!("{plain:?}{hashed:?}").contains("hush-hush"));
        for text in [
            "",
            "remote-management: {secret-key: ''}",
            "remote-management:",
        ] {
            assert_eq!(management(text, &[]), Management::default(), "{text}");
        }
    }

    #[test]
    fn broken_hashes_are_told_where_they_stand() {
        for hash in [
            "$2b$",
            &HASH[..59],
            "$2a$99$x",
            &HASH.replace("$10$", "$1x$"),
        ] {
            let text = format!("remote-management:\n  secret-key: '{hash}'\n");
            let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
            let warning = &loaded.warnings[0];
            assert_eq!((warning.line, &*warning.key), (2, SECRET_KEY), "{hash}");
            assert!(!warning.to_string().contains(hash), "{warning}");
        }
    }

    #[test]
    fn only_the_familys_variable_opens_from_afar() {
        let management = management(
            "",
            &[
                ("MANAGEMENT_PASSWORD", " a "),
                ("MODELGATE_MANAGEMENT_KEY", "b"),
            ],
        );
        let told: Vec<(&str, bool)> = management
            .keys
            .iter()
            .map(|key| (key.origin, key.opens_remote))
            .collect();
        assert_eq!(told, [(FAMILY_VARIABLE, true), (VARIABLE, false)],);
        assert_eq!(management.keys[0].proof, Proof::Plain(Secret::from("a")));
        assert_eq!(management.plain_in_file(), None);
    }

    #[test]
    fn there_is_a_page_unless_somebody_says_no() {
        for (text, expected) in [
            ("debug: true", true),
            ("remote-management: {disable-control-panel: false}", true),
            ("remote-management: {disable-control-panel: true}", false),
        ] {
            assert_eq!(management(text, &[]).panel, expected, "{text}");
        }
    }
}
