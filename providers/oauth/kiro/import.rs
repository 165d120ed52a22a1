//! Accounts that Kiro's own application has logged in to (`providers.md` 9.2): its file of tokens, and for accounts of AWS the
//! file beside it that says whom they were granted to.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use modelgate_config::Secret;
use modelgate_dialects::json::{Document, Value};

use super::{CLIENT_EXPIRES, Client, KIND, mail};
use crate::oauth::{Grant, LoginError, NewAccount};
use crate::store::{claims, lookup, tokens};

/// What Kiro's application calls accounts of Google and GitHub.
const SOCIAL: &str = "social";
/// Fields that are taken over as they are.
const KEPT: [&str; 4] = ["profile_arn", "provider", "region", "start_url"];

/// Reads a file of tokens.
pub(in crate::oauth) fn import(path: &Path) -> Result<NewAccount, LoginError> {
    let unusable = |reason: String| LoginError::Unimportable {
        path: path.to_owned(),
        reason,
    };
    let document = read(path).map_err(&unusable)?;
    let root = document.root();
    let tokens = tokens(root);
    let missing = |what: &str| unusable(format!("it has no `{what}`"));
    let grant = Grant {
        access: tokens.access.ok_or_else(|| missing("accessToken"))?,
        refresh: Some(tokens.refresh.ok_or_else(|| missing("refreshToken"))?),
        expires: tokens.expires,
        base: None,
        fields: Vec::new(),
    };
    let (who, email) = (who(root, &grant), email(root, &grant));
    let mut account = NewAccount::of(KIND, grant);
    account.who = who.map(|who| format!("imported-{who}"));
    let kept = KEPT
        .into_iter()
        .filter_map(|name| Some((name, text(root, name)?)));
    account.fields.extend(kept);
    let email = email.map(|email| ("email", email.into()));
    account.fields.extend(email);
    let method = text(root, "auth_method");
    let registered = client(root);
    let social = match &method {
        Some(method) => method.expose().eq_ignore_ascii_case(SOCIAL),
        None => registered.is_none() && text(root, "client_id_hash").is_none(),
    };
    if social {
        account.fields.push(("auth_method", SOCIAL.into()));
        return Ok(account);
    }
    let client = match registered {
        Some(client) => client,
        None => beside(path, root).map_err(unusable)?,
    };
    account.fields.extend([
        ("auth_method", "builder-id".into()),
        ("client_id", client.id),
        ("client_secret", client.secret),
    ]);
    let expires = client.expires.map(|expires| (CLIENT_EXPIRES, expires));
    account.fields.extend(expires);
    Ok(account)
}

fn read(path: &Path) -> Result<Document, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    let document = Document::parse(Bytes::from(text));
    let document = document.map_err(|error| format!("it is not JSON: {error}"))?;
    if document.root().is_object() {
        Ok(document)
    } else {
        Err("it is not a JSON object".to_owned())
    }
}

/// Whom the tokens of an account of AWS were granted to, as the file beside it says.
fn beside(path: &Path, root: Value<'_>) -> Result<Client, String> {
    let hash = text(root, "client_id_hash");
    // It becomes the name of a file.
    let plain = |hash: &Secret| {
        hash.expose()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
    };
    let hash = hash.filter(plain).ok_or_else(|| {
        "it names no client (`clientId` and `clientSecret`, or `clientIdHash`)".to_owned()
    })?;
    let name = format!("{}.json", hash.expose());
    let named = |reason: String| format!("its client is in {name} beside it: {reason}");
    let document = read(&path.with_file_name(&name)).map_err(named)?;
    let client = client(document.root()).map(|client| Client {
        expires: text(document.root(), "expires_at"),
        ..client
    });
    client.ok_or_else(|| named("there is no `clientId` and `clientSecret`".to_owned()))
}

fn client(root: Value<'_>) -> Option<Client> {
    Some(Client {
        id: text(root, "client_id")?,
        secret: text(root, "client_secret")?,
        expires: text(root, CLIENT_EXPIRES),
    })
}

/// A mail address, or the last part of the profile's name.
fn who(root: Value<'_>, grant: &Grant) -> Option<String> {
    email(root, grant).or_else(|| {
        let arn = text(root, "profile_arn")?;
        let last = arn.expose().rsplit(['/', ':']).next()?;
        (!last.is_empty()).then(|| last.to_owned())
    })
}

fn email(root: Value<'_>, grant: &Grant) -> Option<String> {
    let told = text(root, "email").map(|email| email.expose().to_owned());
    told.or_else(|| mail(claims(grant.access.expose())?.root()))
}

fn text(root: Value<'_>, name: &str) -> Option<Secret> {
    let text = lookup(root, name)?.text()?;
    (!text.is_blank()).then(|| Secret::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    /// Imports the first of these files.
    fn imported(files: &[(&str, &str)]) -> Result<NewAccount, String> {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| -> PathBuf { directory.path().join(name) };
        for (name, text) in files {
            fs::write(path(name), text).unwrap();
        }
        import(&path(files[0].0)).map_err(|error| error.to_string())
    }

    fn field<'a>(account: &'a NewAccount, name: &str) -> Option<&'a str> {
        let mut fields = account.fields.iter();
        let found = fields.find(|(known, _)| *known == name)?;
        Some(found.1.expose())
    }

    const IDC: &str = r#"{"accessToken":"a","refreshToken":"r","expiresAt":"2030-01-01T00:00:00.000Z",
        "authMethod":"IdC","provider":"BuilderId","clientIdHash":"abc123","region":"us-east-1"}"#;

    #[test]
    fn a_social_account_keeps_its_profile() {
        let account = imported(&[(
            "kiro-auth-token.json",
            r#"{"accessToken":"a","refreshToken":"r","expiresAt":"2030-01-01T00:00:00.000Z","authMethod":"social",
                "provider":"Google","profileArn":"arn:aws:codewhisperer:us-east-1:1:profile/XYZ"}"#,
        )])
        .unwrap();
        assert_eq!(account.who.as_deref(), Some("imported-XYZ"));
        assert_eq!(field(&account, "auth_method"), Some("social"));
        assert_eq!(field(&account, "provider"), Some("Google"));
        assert!(field(&account, "profile_arn").is_some_and(|arn| arn.ends_with("/XYZ")));
        assert!(
            account
                .grant
                .as_ref()
                .is_some_and(|grant| grant.expires.is_some())
        );
        assert_eq!(field(&account, "client_id"), None);
    }

    #[test]
    fn the_client_of_an_account_of_aws_stands_in_the_file_beside_it() {
        let client =
            r#"{"clientId":"c","clientSecret":"s","expiresAt":"2030-01-01T00:00:00.000Z"}"#;
        let account = imported(&[("token.json", IDC), ("abc123.json", client)]).unwrap();
        assert_eq!(field(&account, "auth_method"), Some("builder-id"));
        assert_eq!(field(&account, "client_id"), Some("c"));
        assert_eq!(field(&account, "client_secret"), Some("s"));
        let end = field(&account, "client_secret_expires_at");
        assert_eq!(end, Some("2030-01-01T00:00:00.000Z"));

        let error = imported(&[("token.json", IDC)]).unwrap_err();
        assert!(error.contains("abc123.json beside it"), "{error}");
        let error = imported(&[("token.json", IDC), ("abc123.json", "{}")]).unwrap_err();
        assert!(error.contains("`clientId`"), "{error}");
        let outside = IDC.replace("abc123", "../abc123");
        let error = imported(&[("token.json", &outside)]).unwrap_err();
        assert!(error.contains("names no client"), "{error}");
    }

    #[test]
    fn what_is_no_account_is_told() {
        for (text, expected) in [
            ("x", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"refreshToken":"r"}"#, "`accessToken`"),
            (r#"{"accessToken":"a"}"#, "`refreshToken`"),
        ] {
            let error = imported(&[("token.json", text)]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
