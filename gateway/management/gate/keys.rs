//! Whether a presented key is one that opens the management API.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use modelgate_config::model::{ManagementKey, Proof};
use modelgate_config::{Secret, key_digest};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// bcrypt takes no longer keys.
pub(crate) const LONGEST: usize = 72;
/// Hashes that are computed at the same time; each keeps a thread busy.
const AT_ONCE: usize = 2;
/// The longest wait for one's turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What opens the management API during this run.
#[derive(Debug)]
pub(crate) struct Token {
    digest: [u8; 32],
}

impl Token {
    pub(crate) fn new(token: &Secret) -> Self {
        Self {
            digest: key_digest(token.expose()),
        }
    }

    pub(super) fn opens(&self, presented: &[u8; 32]) -> bool {
        self.digest.ct_eq(presented).into()
    }

    /// Whether it is what was presented.
    pub(crate) fn is(&self, presented: &str) -> bool {
        self.opens(&key_digest(presented))
    }
}

/// Compares keys with bcrypt hashes, a few at a time, and remembers the one that was right.
#[derive(Debug)]
pub(super) struct Verifier {
    turns: Arc<Semaphore>,
    right: Mutex<Option<Right>>,
}

/// A key that a hash is known to be of.
struct Right {
    hash: Secret,
    digest: [u8; 32],
}

impl std::fmt::Debug for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Right")
    }
}

/// Everybody's turn took too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Busy;

impl Default for Verifier {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            right: Mutex::default(),
        }
    }
}

impl Verifier {
    /// The first of the keys that was presented. `still_wanted` is asked again when the turn has come.
    pub(super) async fn find<'k>(
        &self,
        keys: impl Iterator<Item = &'k ManagementKey> + Clone,
        presented: &str,
        still_wanted: impl Fn() -> bool,
    ) -> Result<Option<&'k ManagementKey>, Busy> {
        let digest = key_digest(presented);
        for key in keys.clone() {
            let same = match &key.proof {
                Proof::Plain(secret) => key_digest(secret.expose()).ct_eq(&digest).into(),
                Proof::Bcrypt(hash) => self.is_known(hash, &digest),
            };
            if same {
                return Ok(Some(key));
            }
        }
        if presented.len() > LONGEST {
            return Ok(None);
        }
        for key in keys {
            let Proof::Bcrypt(hash) = &key.proof else {
                continue;
            };
            let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
            let Ok(Ok(turn)) = turn else {
                return Err(Busy);
            };
            if !still_wanted() {
                return Ok(None);
            }
            let (text, secret) = (hash.clone(), Secret::from(presented));
            let verified = spawn_blocking(move || {
                // Held by the thread: whoever leaves while waiting does not free it for another.
                let _turn = turn;
                bcrypt::verify(secret.expose(), text.expose()).unwrap_or(false)
            });
            if verified.await.unwrap_or(false) {
                self.remember(hash, digest);
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    fn is_known(&self, hash: &Secret, digest: &[u8; 32]) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        let right = right.as_ref().filter(|right| right.hash == *hash);
        right.is_some_and(|right| right.digest.ct_eq(digest).into())
    }

    fn remember(&self, hash: &Secret, digest: [u8; 32]) {
        let hash = hash.clone();
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        *right = Some(Right { hash, digest });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(proof: Proof) -> ManagementKey {
        ManagementKey {
            origin: "test",
            proof,
            opens_remote: false,
        }
    }

    #[tokio::test]
    async fn a_hash_is_computed_once_for_the_right_key() {
        let hash = Secret::from(bcrypt::hash("hush", 4).unwrap());
        let keys = [
            key(Proof::Bcrypt(hash.clone())),
            key(Proof::Plain("other".into())),
        ];
        let verifier = Verifier::default();
        let find = async |presented: &str| {
            verifier
                .find(keys.iter(), presented, || true)
                .await
                .map(|found| found.map(|key| key.proof.clone()))
        };
        assert_eq!(find("wrong").await, Ok(None));
        assert_eq!(find("other").await, Ok(Some(keys[1].proof.clone())));
        assert_eq!(find("hush").await, Ok(Some(keys[0].proof.clone())));
        assert_eq!(find(&"h".repeat(73)).await, Ok(None));
        let _all = verifier.turns.acquire_many(AT_ONCE as u32).await.unwrap();
        assert_eq!(
            find("hush").await,
            Ok(Some(keys[0].proof.clone())),
            "without a turn"
        );
        let digest = key_digest("hush");
        assert!(!verifier.is_known(&Secret::from("another hash"), &digest));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let keys = [key(Proof::Bcrypt(Secret::from(
            bcrypt::hash("hush", 4).unwrap(),
        )))];
        let verifier = Verifier::default();
        let _all = verifier.turns.acquire_many(AT_ONCE as u32).await.unwrap();
        let found = verifier.find(keys.iter(), "hush", || true).await;
        assert!(matches!(found, Err(Busy)));
    }

    #[tokio::test]
    async fn who_was_banned_while_waiting_gets_no_turn() {
        let keys = [key(Proof::Bcrypt(Secret::from(
            bcrypt::hash("hush", 4).unwrap(),
        )))];
        let found = Verifier::default()
            .find(keys.iter(), "hush", || false)
            .await;
        assert!(matches!(found, Ok(None)));
    }
}
