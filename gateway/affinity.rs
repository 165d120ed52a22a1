//! Which credential a session is at. In memory only, bounded in number and time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use modelgate_providers::{Bound, Moment};

use crate::session::Session;

/// Sessions of one generation; there are two.
const SESSIONS: usize = 50_000;

/// The credentials of sessions.
#[derive(Debug, Default)]
pub(crate) struct Affinity {
    places: Mutex<Places>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What was used lately, and what was used before that. Forgetting is giving up the older half.
#[derive(Debug)]
struct Places {
    young: HashMap<u64, Place>,
    old: HashMap<u64, Place>,
    turned: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    bound: Bound,
    used: Moment,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            turned: Moment::at(0),
        }
    }
}

impl Affinity {
    /// Where a session is, if it was there within `ttl`.
    pub(crate) fn of(&self, session: &Session, ttl: Duration, now: Moment) -> Option<Bound> {
        let found = self.look(session, ttl, now);
        let counter = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// The same, without counting as a use.
    pub(crate) fn look(&self, session: &Session, ttl: Duration, now: Moment) -> Option<Bound> {
        let places = self.lock();
        let place = places
            .young
            .get(&session.id)
            .or_else(|| places.old.get(&session.id))?;
        (now.since(place.used) < ttl).then_some(place.bound)
    }

    /// The session is at a credential now.
    pub(crate) fn bind(&self, session: &Session, bound: Bound, ttl: Duration, now: Moment) {
        let mut places = self.lock();
        if places.young.len() >= SESSIONS || now.since(places.turned) > ttl {
            places.old = std::mem::take(&mut places.young);
            places.turned = now;
        }
        places.young.insert(session.id, Place { bound, used: now });
    }

    /// The share of sessions' requests that found their credential, from 0 to 1, where there were any.
    pub(crate) fn hit_rate(&self) -> Option<f64> {
        let hits = self.hits.load(Ordering::Relaxed);
        let all = hits + self.misses.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        (all > 0).then(|| hits as f64 / all as f64)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use modelgate_providers::CredentialKey;

    use super::*;

    const TTL: Duration = Duration::from_secs(60);

    fn session(number: usize) -> Session {
        Session::named(&number.to_string(), "caller", "m")[0]
    }

    fn bound(index: usize) -> Bound {
        Bound {
            key: CredentialKey::new("p", "a", &index.to_string()),
            index,
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::at(1_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_session_stays_as_long_as_it_is_used() {
        let affinity = Affinity::default();
        let of = |seconds| affinity.of(&session(1), TTL, at(seconds));
        assert_eq!(of(0), None);
        affinity.bind(&session(1), bound(7), TTL, at(0));
        assert_eq!(of(59), Some(bound(7)));
        affinity.bind(&session(1), bound(7), TTL, at(59));
        assert_eq!(of(118), Some(bound(7)));
        assert_eq!(of(119), None);
        affinity.bind(&session(1), bound(8), TTL, at(200));
        assert_eq!(of(201), Some(bound(8)));
        assert_eq!(affinity.look(&session(2), TTL, at(201)), None);
        assert_eq!(affinity.hit_rate(), Some(0.6));
    }

    #[test]
    fn the_oldest_sessions_are_forgotten() {
        let affinity = Affinity::default();
        for number in 0..3 * SESSIONS {
            affinity.bind(&session(number), bound(1), TTL, at(0));
        }
        let places = affinity.lock();
        assert!(places.young.len() + places.old.len() <= 2 * SESSIONS);
        drop(places);
        assert_eq!(affinity.look(&session(0), TTL, at(1)), None);
        assert!(
            affinity
                .look(&session(3 * SESSIONS - 1), TTL, at(1))
                .is_some()
        );
    }
}
