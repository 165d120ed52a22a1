//! Accounts of Qwen (`providers.md` 11): Chat Completions, at an address that comes with the tokens.

use modelgate_config::model::ProviderEntry;
use url::Url;

use crate::credential::{self, Credential, Login, Operations, Urls};
use crate::forge::{Forge, Raw};
use crate::{Account, ProviderKind};

const BASE_URL: &str = "https://portal.qwen.ai/v1";

/// The credential of an account that somebody logged in to.
pub(crate) fn account(
    account: &Account,
    entry: &ProviderEntry,
    login: Login,
    forge: &mut Forge<'_>,
) -> Credential {
    let raw = Raw::of_account(ProviderKind::Compatible, "qwen", account, entry, login);
    let urls = Urls::Operations(Box::new(Operations {
        generate: Some(credential::join(&entry.base_url, &["chat", "completions"])),
        ..Operations::default()
    }));
    forge.make(raw, urls, credential::common_headers())
}

/// Where an account is served: `resource_url` of its file, a host with or without a scheme and a path. Only TLS is trusted
/// with a token, but for this machine.
pub(crate) fn base_url(account: &Account) -> String {
    let place = account.extra("resource_url");
    let place = place.as_ref().map(|place| place.expose().trim());
    let url = place.filter(|place| !place.is_empty()).and_then(read);
    url.map_or_else(|| BASE_URL.to_owned(), |url| url.to_string())
}

fn read(place: &str) -> Option<Url> {
    let whole = if place.contains("://") {
        place.to_owned()
    } else {
        format!("https://{place}")
    };
    let mut url = Url::parse(&whole).ok()?;
    if !credential::is_trusted(&url) {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let end = if path.ends_with("/v1") { "" } else { "/v1" };
    url.set_path(&format!("{path}{end}"));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_every_spelling_and_only_trusted_with_tls() {
        for (place, expected) in [
            ("portal.qwen.ai", Some("https://portal.qwen.ai/v1")),
            ("portal.qwen.ai/", Some("https://portal.qwen.ai/v1")),
            ("https://x.example/v1/", Some("https://x.example/v1")),
            ("x.example/api?a=b#c", Some("https://x.example/api/v1")),
            ("http://127.0.0.1:9/v1", Some("http://127.0.0.1:9/v1")),
            ("http://x.example", None),
            ("ftp://x.example", None),
            ("", None),
            ("//", None),
        ] {
            let read = read(place).map(|url| url.to_string());
            assert_eq!(read.as_deref(), expected, "{place}");
        }
    }
}
