//! Whose an account is, as its tokens say (`providers.md` 3.2). Nothing is verified: they come from the provider itself.

use modelgate_config::Secret;
use modelgate_dialects::json::{Document, Value};

use crate::store::claims;
use crate::{Account, AccountKind};

/// The claim in which OpenAI says more than others do.
const CLAIM: &str = "https://api.openai.com/auth";

/// Somebody who has logged in, in one of their workspaces.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    /// Their mail address.
    pub(crate) email: Option<String>,
    /// What they are called among all people.
    pub(crate) subject: Option<String>,
    /// The workspace, which every request names.
    pub(crate) workspace: Option<String>,
    /// The plan: `free`, `plus`, `pro`, `team`, `business`, `enterprise`, `edu`.
    pub(crate) plan: Option<String>,
}

impl Person {
    /// What the tokens of a login say, the one that is made for it first.
    pub(crate) fn of(id_token: Option<&Secret>, access: Option<&Secret>) -> Self {
        let tokens = [id_token, access].into_iter().flatten();
        let claims: Vec<Document> = tokens.filter_map(|token| claims(token.expose())).collect();
        let roots = || claims.iter().map(Document::root);
        let of_claim = |name: &str| roots().find_map(|root| filled(root.field(CLAIM)?, name));
        Self {
            email: roots().find_map(|root| filled(root, "email")),
            subject: roots().find_map(|root| filled(root, "sub")),
            workspace: of_claim("chatgpt_account_id"),
            plan: of_claim("chatgpt_plan_type"),
        }
    }

    /// The same of an account; a workspace that its file names counts.
    pub(crate) fn of_account(account: &Account) -> Self {
        let id_token = account.extra("id_token");
        let person = Self::of(id_token.as_ref(), account.tokens.access.as_ref());
        let named = account.extra("account_id");
        let named = named.map(|named| named.expose().to_owned());
        Self {
            workspace: named.or(person.workspace),
            ..person
        }
    }
}

impl Account {
    /// What the provider calls the plan, where the tokens of the account tell.
    #[must_use]
    pub fn plan(&self) -> Option<String> {
        (self.kind == AccountKind::Codex)
            .then(|| Person::of_account(self).plan)
            .flatten()
    }
}

fn filled(object: Value<'_>, name: &str) -> Option<String> {
    let text = object.text_of(name)?;
    (!text.is_blank()).then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    const CLAIMS: &str = r#"{"email":" ada@example.com","sub":"s-1","aud":["x"],"https://api.openai.com/auth":
        {"chatgpt_account_id":"ws-1","chatgpt_plan_type":"plus","chatgpt_subscription_active_until":7}}"#;

    #[test]
    fn either_token_says_whose_it_is() {
        let bare = Secret::from(format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(CLAIMS)));
        let padded = Secret::from(format!("e30.{}.x", BASE64_URL_SAFE.encode(CLAIMS)));
        let opaque = Secret::from("opaque");
        let text = |text: &str| Some(text.to_owned());
        let expected = Person {
            email: text("ada@example.com"),
            subject: text("s-1"),
            workspace: text("ws-1"),
            plan: text("plus"),
        };
        for (id, access) in [
            (Some(&bare), None),
            (Some(&padded), Some(&opaque)),
            (None, Some(&bare)),
            (Some(&opaque), Some(&bare)),
        ] {
            assert_eq!(Person::of(id, access), expected);
        }
        assert_eq!(Person::of(Some(&opaque), None), Person::default());
    }

    #[test]
    fn an_account_of_chatgpt_tells_its_plan_and_others_do_not() {
        let directory = tempfile::tempdir().unwrap();
        let accounts = crate::Accounts::open(directory.path()).unwrap();
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(CLAIMS));
        for (kind, plan) in [("codex", Some("plus")), ("claude", None)] {
            let json = format!(
                r#"{{"type":"{kind}","refresh_token":"R","access_token":"A","id_token":"{token}"}}"#
            );
            let name = format!("{kind}.json");
            let account = accounts.add(&name, json.as_bytes()).unwrap();
            assert_eq!(account.plan().as_deref(), plan);
        }
    }
}
