use std::sync::Arc;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::*;
use crate::Accounts;

const FILE: &str = include_str!("../../tests/support/service_account.json");

/// The key of the test with a field that is another one.
fn with(name: &str, value: &str) -> Bytes {
    let mut file: serde_json::Value = serde_json::from_str(FILE).unwrap();
    file[name] = value.into();
    file.to_string().into()
}

fn pem() -> String {
    let file: serde_json::Value = serde_json::from_str(FILE).unwrap();
    file["private_key"].as_str().unwrap().to_owned()
}

fn signer(text: &Bytes) -> Result<Signer, KeyFileError> {
    Signer::read(Document::parse(text.clone()).unwrap().root())
}

#[test]
fn a_key_is_read_whatever_became_of_its_lines() {
    let pem = pem();
    let body: String = pem.lines().filter(|line| !line.contains("---")).collect();
    let pkcs1 = &STANDARD.decode(&body).unwrap()[26..];
    for text in [
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\\n"),
        pem.replace('\n', " "),
        pem.replace('\n', ""),
        format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
            STANDARD.encode(pkcs1)
        ),
    ] {
        let signer = signer(&with("private_key", &text));
        assert!(signer.is_ok(), "{text}");
    }
    for text in [
        "x".to_owned(),
        body.clone(),
        pem.replace("PRIVATE", "PUBLIC"),
        pem.replace("PRIVATE", "EC PRIVATE"),
        pem.replacen(&body[100..104], "", 1),
    ] {
        let error = signer(&with("private_key", &text)).err();
        assert_eq!(error, Some(KeyFileError::Key), "{text}");
    }
}

#[test]
fn what_is_signed_says_who_for_what_to_whom_and_how_long() {
    let signer = signer(&Bytes::from(FILE)).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(1_000);
    let assertion = signer.assertion(now).unwrap();
    let (said, signature) = assertion.expose().rsplit_once('.').unwrap();
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, signer.key.public());
    public.verify(said.as_bytes(), &decoded(signature)).unwrap();
    let (head, claims) = said.split_once('.').unwrap();
    let json = |text: &str| serde_json::from_slice::<serde_json::Value>(&decoded(text)).unwrap();
    assert_eq!(
        json(head),
        serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
    );
    assert_eq!(
        json(claims),
        serde_json::json!({
            "iss": "robot@project-1.iam.gserviceaccount.com", "aud": "https://oauth2.googleapis.com/token",
            "scope": SCOPE, "iat": 1_000, "exp": 4_600,
        })
    );
}

#[test]
fn what_is_no_key_of_a_service_account_says_what_it_lacks() {
    for (text, error) in [
        (Bytes::from("x"), KeyFileError::NotJson),
        (Bytes::from("[]"), KeyFileError::NotJson),
        (with("project_id", " "), KeyFileError::Missing("project_id")),
        (
            with("client_email", ""),
            KeyFileError::Missing("client_email"),
        ),
        (
            with("private_key", ""),
            KeyFileError::Missing("private_key"),
        ),
        (with("token_uri", ""), KeyFileError::Missing("token_uri")),
        (with("project_id", "../x"), KeyFileError::Project),
        (
            with("token_uri", "http://evil.example/token"),
            KeyFileError::TokenUrl,
        ),
        (
            with("token_uri", "file:///etc/passwd"),
            KeyFileError::TokenUrl,
        ),
    ] {
        assert_eq!(
            account(text.clone(), "global").err(),
            Some(error),
            "{text:?}"
        );
    }
    let error = account(Bytes::from(FILE), "evil.example/").err();
    assert_eq!(
        error,
        Some(KeyFileError::Location("evil.example/".to_owned()))
    );
}

#[test]
fn it_is_saved_with_its_key_and_without_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(directory.path()).unwrap();
    let new = account(Bytes::from(FILE), "europe-west4").unwrap();
    let saved: Arc<Account> = new.save(&accounts, None).unwrap();
    assert_eq!(&*saved.file, "vertex-project-1.json");
    assert!(saved.tokens.access.is_none() && saved.tokens.expires.is_none());
    let text = accounts.text("vertex-project-1.json").unwrap();
    let text: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let key: serde_json::Value = serde_json::from_str(FILE).unwrap();
    assert_eq!(
        text,
        serde_json::json!({
            "type": "vertex", "project_id": "project-1", "location": "europe-west4",
            "email": "robot@project-1.iam.gserviceaccount.com", "service_account": key,
        })
    );
}
