//! The key that Amp's own program keeps on this machine, for owners who have told the gateway none (`management-api.md` 7.1).

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use modelgate_config::Secret;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use url::Url;

/// How long a key is used before the file is looked at again, and how long it is believed that there is none.
const KEY_LASTS: Duration = Duration::from_secs(5 * 60);
const NONE_LASTS: Duration = Duration::from_secs(10);
/// Most bytes of the file.
const LARGEST: u64 = 1 << 20;

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    last: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    file: PathBuf,
    name: String,
    key: Option<Secret>,
    until: Instant,
}

impl Kept {
    /// The key for a server of Amp's. That of another server is not given away.
    pub(super) async fn key(&self, file: &Path, server: &Url) -> Option<Secret> {
        let name = format!("apiKey@{}/", server.as_str().trim_end_matches('/'));
        if let Some(seen) = &*self.last() {
            let same = seen.file == file && seen.name == name;
            if same && Instant::now() < seen.until {
                return seen.key.clone();
            }
        }
        let (path, field) = (file.to_owned(), name.clone());
        let key = spawn_blocking(move || read(&path, &field)).await.ok()?;
        let lasts = if key.is_some() { KEY_LASTS } else { NONE_LASTS };
        *self.last() = Some(Seen {
            file: file.to_owned(),
            name,
            key: key.clone(),
            until: Instant::now() + lasts,
        });
        key
    }

    fn last(&self) -> MutexGuard<'_, Option<Seen>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A field of the file; none where there is no such thing.
fn read(file: &Path, name: &str) -> Option<Secret> {
    let mut text = String::new();
    let opened = File::open(file).ok()?;
    if let Err(error) = opened.take(LARGEST).read_to_string(&mut text) {
        tracing::warn!(file = %file.display(), %error, "Amp's keys cannot be read");
        return None;
    }
    let keys: serde_json::Value = match serde_json::from_str(&text) {
        Ok(keys) => keys,
        Err(_) => {
            tracing::warn!(file = %file.display(), "Amp's keys are no JSON");
            return None;
        }
    };
    let key = keys.get(name)?.as_str()?.trim();
    (!key.is_empty()).then(|| Secret::from(key))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn server(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    async fn told(kept: &Kept, file: &Path, url: &str) -> Option<String> {
        let key = kept.key(file, &server(url)).await;
        key.map(|key| key.expose().to_owned())
    }

    #[tokio::test]
    async fn each_server_has_a_key_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets.json");
        let text = r#"{"apiKey@https://ampcode.com/":" sgamp-1 ","apiKey@http://127.0.0.1:8317/":"mg-1","other":3}"#;
        fs::write(&file, text).unwrap();
        let kept = Kept::default();
        for url in ["https://ampcode.com", "https://ampcode.com/"] {
            assert_eq!(told(&kept, &file, url).await.as_deref(), Some("sgamp-1"));
        }
        assert_eq!(told(&kept, &file, "https://elsewhere.example").await, None);
    }

    #[tokio::test]
    async fn what_holds_no_key_gives_none() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets.json");
        assert_eq!(
            told(&Kept::default(), &file, "https://ampcode.com").await,
            None
        );
        for text in [
            "",
            "{",
            "[]",
            "3",
            r#"{"apiKey@https://ampcode.com/":7}"#,
            r#"{"apiKey@https://ampcode.com/":" "}"#,
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(
                told(&Kept::default(), &file, "https://ampcode.com").await,
                None,
                "{text}"
            );
        }
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert_eq!(
            told(&Kept::default(), &file, "https://ampcode.com").await,
            None
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_looked_for_again_after_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secrets.json");
        let write = |key: &str| {
            fs::write(
                &file,
                format!(r#"{{"apiKey@https://ampcode.com/":"{key}"}}"#),
            )
            .unwrap();
        };
        let kept = Kept::default();
        let url = "https://ampcode.com";
        assert_eq!(told(&kept, &file, url).await, None);
        write("sgamp-1");
        assert_eq!(told(&kept, &file, url).await, None);
        tokio::time::advance(NONE_LASTS).await;
        assert_eq!(told(&kept, &file, url).await.as_deref(), Some("sgamp-1"));
        write("sgamp-2");
        tokio::time::advance(KEY_LASTS / 2).await;
        assert_eq!(told(&kept, &file, url).await.as_deref(), Some("sgamp-1"));
        tokio::time::advance(KEY_LASTS / 2).await;
        assert_eq!(told(&kept, &file, url).await.as_deref(), Some("sgamp-2"));
    }
}
