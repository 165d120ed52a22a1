//! The account that a login ends in.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use modelgate_config::Secret;
use modelgate_dialects::json::RawJson;

use super::{Grant, LoginError, claude};
use crate::store::{Account, AccountKind, Accounts, Edit, file_name};

/// Taken for an access token of which nobody says when it ends.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// An account that somebody has just logged in to, and that is saved nowhere yet.
#[derive(Debug)]
pub struct NewAccount {
    pub(super) kind: AccountKind,
    /// Who it is, for the name of the file: a mail address or another word of the provider's.
    pub(super) who: Option<String>,
    /// What it presents; none where that is made anew each time.
    pub(super) grant: Option<Grant>,
    /// Further fields of the file.
    pub(super) fields: Vec<(&'static str, Secret)>,
    /// Further fields that are objects, which are secret as a whole.
    pub(super) objects: Vec<(&'static str, RawJson)>,
    /// What stands beside the tokens in an object `token`, for kinds whose files have them there.
    pub(super) nested: Vec<(&'static str, Secret)>,
    /// What somebody pays for, in the provider's words.
    pub(super) plan: Option<String>,
    /// What it was wanted for and cannot be used for, and why.
    pub(super) left_out: Vec<String>,
}

impl NewAccount {
    /// An account of which nothing but its tokens is known.
    pub(super) fn of(kind: AccountKind, grant: Grant) -> Self {
        Self {
            grant: Some(grant),
            ..Self::without_tokens(kind)
        }
    }

    /// An account of which nothing is known.
    pub(super) fn without_tokens(kind: AccountKind) -> Self {
        Self {
            kind,
            who: None,
            grant: None,
            fields: Vec::new(),
            objects: Vec::new(),
            nested: Vec::new(),
            plan: None,
            left_out: Vec::new(),
        }
    }

    /// What somebody pays for, in the provider's words; text from outside.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.plan.as_deref()
    }

    /// What it was wanted for and cannot be used for, and why, in sentences; text from outside.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Saves it as `<kind>-<who>.json`, or as the file that it has already. If that account is known, its tokens are replaced and
    /// everything else that its owner wants of it stays. `label` is a name for people. This blocks.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(
        &self,
        accounts: &Accounts,
        label: Option<&str>,
    ) -> Result<Arc<Account>, LoginError> {
        let now = SystemTime::now();
        let known = self.known(accounts);
        let name = known.unwrap_or_else(|| self.name(label, now));
        if let Some(account) = self.with_same_cookie(accounts, &name) {
            return Err(LoginError::SameCookie { account });
        }
        let account = accounts.enroll(&name, self.kind, |edit| {
            for (name, value) in &self.nested {
                edit.set_text(&["token", name], value.expose());
            }
            if let Some(grant) = &self.grant {
                self.present(grant, edit, now);
            }
            for (name, value) in &self.fields {
                edit.set_secret(name, value);
            }
            for (name, value) in &self.objects {
                edit.set(&[name], value.as_str());
            }
            if let Some(label) = label {
                edit.set_text(&["label"], label);
            }
        })?;
        Ok(account)
    }

    fn present(&self, grant: &Grant, edit: &mut Edit, now: SystemTime) {
        let expires = grant.expires.unwrap_or(now + LIFETIME);
        edit.set_tokens(&grant.access, grant.refresh.as_ref(), expires, now);
        // What tokens are made from does not end by itself.
        if self.kind.mints() && grant.expires.is_none() {
            edit.remove(&["expired"]);
        }
        for (name, value) in &grant.fields {
            edit.set_secret(name, value);
        }
    }

    /// Another account that was logged in to with the same cookie.
    fn with_same_cookie(&self, accounts: &Accounts, name: &str) -> Option<String> {
        let mut fields = self.fields.iter();
        let (_, cookie) = fields.find(|(field, _)| *field == "cookie")?;
        let (snapshot, own) = (accounts.snapshot(), file_name(name));
        let mut others = snapshot.accounts().iter();
        let other = others
            .find(|other| *other.file != *own && other.extra("cookie").as_ref() == Some(cookie))?;
        Some(other.id().to_owned())
    }

    /// The name of the same person's account in the same workspace, which another program may have named in its own way, or of the
    /// same account from when its address was not known.
    fn known(&self, accounts: &Accounts) -> Option<String> {
        let own = |name: &str| {
            let mut fields = self.fields.iter();
            fields
                .find(|(field, _)| *field == name)
                .map(|(_, value)| value)
        };
        let email = own("email")?.expose();
        let same = |other: &Account, field| {
            let value = own(field);
            value.is_some() && other.extra(field).as_ref() == value
        };
        let snapshot = accounts.snapshot();
        let mut others = snapshot.accounts().iter();
        let known = others.find(|other| {
            other.kind == self.kind
                && match other.settings.email.as_deref() {
                    Some(address) => address == email && same(other, "account_id"),
                    None => same(other, claude::ACCOUNT_UUID),
                }
        });
        Some(known?.id().to_owned())
    }

    fn name(&self, label: Option<&str>, now: SystemTime) -> String {
        let kind = self.kind.name();
        match self.who.as_deref().or(label) {
            Some(who) => format!("{kind}-{who}"),
            None => {
                let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
                format!("{kind}-{}", since.as_secs())
            }
        }
    }
}
