//! The management key of the file is replaced by its hash (`management-api.md` 5.3), so that a copy of the file lets nobody
//! in. The rest of the file stays to the byte.

use std::path::Path;

use modelgate_config::management::{SECRET_KEY, is_plain};
use modelgate_config::{ConfigError, Secret, Store, document, edit};
use tokio::task::spawn_blocking;

use super::gate::LONGEST;

/// The usual work that a guess costs; each step doubles it.
const COST: u32 = 10;

/// Hashes the key of every new configuration, for ever. Where the file cannot be written, the key counts as it stands.
pub(crate) async fn keep_hashed(store: &Store) {
    let mut configs = store.subscribe();
    configs.mark_changed();
    let mut given_up: Option<Secret> = None;
    while configs.changed().await.is_ok() {
        let config = configs.borrow_and_update().clone();
        let Some(plain) = config.management.plain_in_file() else {
            continue;
        };
        if plain.expose().len() > LONGEST || given_up.as_ref() == Some(plain) {
            continue;
        }
        let (own, secret) = (store.clone(), plain.clone());
        let outcome = spawn_blocking(move || replace(&own, &secret)).await;
        match outcome {
            Ok(Ok(())) => tracing::info!("`{SECRET_KEY}` was replaced by its hash in the file"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "`{SECRET_KEY}` stays in the file in clear");
                given_up = Some(plain.clone());
            }
            Err(_) => return,
        }
    }
}

/// The text with the hash of its management key in place of the key, where that stands in it in clear. It takes a while.
pub(super) fn hashed(text: String) -> String {
    let said = document::clear(&text, Path::new("")).unwrap_or_default();
    let key = document::find(&said, SECRET_KEY).and_then(|key| key.as_str());
    let plain = key
        .map(str::trim)
        .filter(|key| is_plain(key) && key.len() <= LONGEST);
    let hash = plain.and_then(|plain| bcrypt::hash(plain, COST).ok());
    let new = hash.and_then(|hash| edit::set(&text, SECRET_KEY, &hash).ok());
    new.unwrap_or(text)
}

/// Somebody may have written another key meanwhile, which is hashed in its turn.
fn replace(store: &Store, plain: &Secret) -> Result<(), ConfigError> {
    let Ok(hash) = bcrypt::hash(plain.expose(), COST) else {
        return Ok(());
    };
    let stands = || store.snapshot().management.plain_in_file() == Some(plain);
    store.edit(|text| {
        if stands() {
            edit::set(text, SECRET_KEY, &hash)
        } else {
            Ok(text.to_owned())
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_config::model::Proof;
    use modelgate_config::{Environment, Overrides, load};

    use super::*;

    fn store(text: &str) -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("c.yaml");
        fs::write(&path, text).unwrap();
        let loaded = load(&path, &Environment::default()).unwrap();
        (home, Store::new(loaded, Overrides::default()).unwrap())
    }

    async fn hashed(store: &Store) -> String {
        let mut configs = store.subscribe();
        let wait = async {
            while store.snapshot().management.plain_in_file().is_some() {
                configs.changed().await.unwrap();
            }
        };
        tokio::select! {
            () = wait => {}
            () = keep_hashed(store) => {}
        }
        match &store.snapshot().management.keys[0].proof {
            Proof::Bcrypt(hash) => hash.expose().to_owned(),
            Proof::Plain(_) => panic!("it is not hashed"),
        }
    }

    #[tokio::test]
    async fn the_key_is_hashed_and_the_rest_of_the_file_stays() {
        let text = "# ours\nremote-management:   # far away\n  secret-key: hush-hush   # changed in June\n  allow-remote: true\n";
        let (home, store) = store(text);
        let hash = hashed(&store).await;
        assert!(bcrypt::verify("hush-hush", &hash).unwrap());
        let file = fs::read_to_string(home.path().join("c.yaml")).unwrap();
        let quoted = [hash.clone(), format!("\"{hash}\""), format!("'{hash}'")];
        assert!(
            quoted
                .iter()
                .any(|hash| file == text.replace("hush-hush", hash)),
            "{file}"
        );
        store
            .edit(|text| edit::set(text, SECRET_KEY, "another"))
            .unwrap();
        assert!(bcrypt::verify("another", &hashed(&store).await).unwrap());
    }
}
