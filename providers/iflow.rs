//! Accounts of iFlow (`providers.md` 10): Chat Completions, with a key that the account's tokens only lead to.

use bytes::Bytes;
use modelgate_config::model::ProviderEntry;
use modelgate_dialects::Target;

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::fit::{Fate, rewritten};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind, compatible};

pub(crate) const BASE_URL: &str = "https://apis.iflow.cn/v1";
/// The field of the account with the key that lets it in.
pub(crate) const API_KEY: &str = "api_key";

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(ProviderKind::Iflow, "iflow", account, entry, login);
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(&entry.base_url, &["chat", "completions"])),
        ..Operations::default()
    }));
    forge.make(raw, urls, credential::common_headers())
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    compatible::target(credential, model)
}

/// A request without an empty list of tools, which breaks its streams and says nothing.
pub(crate) fn fit(body: Bytes) -> Bytes {
    rewritten(body, &[], |_, key, value| {
        if key == "tools" && value.is_array() && value.items().next().is_none() {
            Fate::Gone
        } else {
            Fate::Kept
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_of_tools_is_left_out() {
        for (body, expected) in [
            (
                r#"{"model":"m","tools":[],"n":1.0}"#,
                r#"{"model":"m","n":1.0}"#,
            ),
            (r#"{"tools":[{}]}"#, r#"{"tools":[{}]}"#),
            (r#"{"tools":{}}"#, r#"{"tools":{}}"#),
            ("x", "x"),
        ] {
            assert_eq!(fit(Bytes::from_static(body.as_bytes())), expected);
        }
    }
}
