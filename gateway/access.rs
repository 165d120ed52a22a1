//! Which client calls, and whether it may.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::{AUTHORIZATION, AsHeaderName, ORIGIN};
use modelgate_config::key_digest;
use modelgate_config::model::ClientKey;
use subtle::ConstantTimeEq as _;

use crate::error::Failure;

/// The name of callers without a key.
const LOOPBACK: &str = "loopback";

/// The client keys of one configuration.
#[derive(Debug, Default)]
pub(crate) struct Access {
    keys: HashMap<[u8; 32], Arc<ClientKey>>,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// The holder of a key.
    Key(Arc<ClientKey>),
    /// Somebody on this machine, while there are no keys.
    Loopback,
}

impl Access {
    pub(crate) fn new(keys: &[ClientKey]) -> Self {
        Self {
            keys: keys
                .iter()
                .map(|key| (key.digest, Arc::new(key.clone())))
                .collect(),
        }
    }

    /// The names of everybody who may call, as records have them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.values().map(|key| key.id.as_str());
        keys.chain(self.keys.is_empty().then_some(LOOPBACK))
    }

    /// Whether a text is one of the keys, whatever it may do.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.keys.contains_key(&key_digest(text))
    }

    /// Decides by the first key that the request presents.
    ///
    /// Keys are looked up by their digest, which nobody can steer, and compared in constant time.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        peer: Option<SocketAddr>,
        now: SystemTime,
    ) -> Result<Caller, Failure> {
        if self.keys.is_empty() {
            return loopback(headers, peer).unwrap_or_else(|| Err(Failure::not_loopback()));
        }
        let presented = presented(headers, query).ok_or_else(Failure::missing_key)?;
        let digest = key_digest(&presented);
        let key = self
            .keys
            .get(&digest)
            .filter(|key| bool::from(key.digest.ct_eq(&digest)));
        let key = key.ok_or_else(Failure::wrong_key)?;
        if key.disabled {
            return Err(Failure::disabled_key());
        }
        if key.expires.is_some_and(|expires| expires <= now) {
            return Err(Failure::expired_key());
        }
        Ok(Caller::Key(Arc::clone(key)))
    }
}

/// Whoever calls from this machine without a key; `None` when it is another machine. A web page in a browser here, which
/// says where it is from, is not let in: it could spend what it cannot read.
pub(crate) fn loopback(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
) -> Option<Result<Caller, Failure>> {
    if !is_loopback(peer) {
        return None;
    }
    Some(if headers.contains_key(ORIGIN) {
        Err(Failure::from_a_page())
    } else {
        Ok(Caller::Loopback)
    })
}

/// Whether a socket is at this machine.
pub(crate) fn is_loopback(peer: Option<SocketAddr>) -> bool {
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

impl Caller {
    /// A name for records that does not give the key away.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Key(key) => &key.id,
            Self::Loopback => LOOPBACK,
        }
    }

    /// Whether the caller may use a model.
    pub(crate) fn may_use(&self, model: &str) -> bool {
        match self {
            Self::Key(key) => {
                key.models.is_empty() || key.models.iter().any(|pattern| pattern.matches(model))
            }
            Self::Loopback => true,
        }
    }
}

/// The key that a request presents: `Authorization` (bearer or bare), `api-key`, `x-api-key`, `x-goog-api-key`, `?key=`.
pub(crate) fn presented<'r>(
    headers: &'r HeaderMap,
    query: Option<&'r str>,
) -> Option<Cow<'r, str>> {
    authorization(headers)
        .or_else(|| text(headers, "api-key"))
        .or_else(|| text(headers, "x-api-key"))
        .or_else(|| text(headers, "x-goog-api-key"))
        .map(Cow::Borrowed)
        .or_else(|| {
            let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
            let key = pairs.find(|(name, value)| name == "key" && !value.is_empty());
            key.map(|(_, key)| key)
        })
}

/// The key in `Authorization`, bearer or bare.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, AUTHORIZATION)?;
    Some(match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => value,
    })
}

/// The text of a header; blank counts as absent.
pub(crate) fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use modelgate_config::Pattern;

    use super::*;

    const KEY: &str = "mg-0123456789abcdef0123456789abcdef";

    fn access(change: impl FnOnce(&mut ClientKey)) -> Access {
        let mut key = ClientKey::new(KEY);
        change(&mut key);
        Access::new(&[key])
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[track_caller]
    fn check(
        access: &Access,
        pairs: &[(&'static str, &str)],
        query: Option<&str>,
        expected: Result<(), &str>,
    ) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let outcome = access.admit(&headers(pairs), query, None, now);
        let outcome = outcome
            .map(|_| ())
            .map_err(|failure| failure.error.code.unwrap_or_default().to_string());
        assert_eq!(
            outcome,
            expected.map_err(str::to_owned),
            "{pairs:?} {query:?}"
        );
    }

    #[test]
    fn a_key_is_found_wherever_clients_put_it() {
        let access = access(|_| {});
        let bearer = format!("Bearer {KEY}");
        let lower = format!("bearer  {KEY}");
        check(&access, &[("authorization", &bearer)], None, Ok(()));
        check(&access, &[("authorization", &lower)], None, Ok(()));
        check(&access, &[("authorization", KEY)], None, Ok(()));
        check(&access, &[("api-key", KEY)], None, Ok(()));
        check(&access, &[("x-api-key", KEY)], None, Ok(()));
        check(&access, &[("x-goog-api-key", KEY)], None, Ok(()));
        check(&access, &[], Some(&format!("alt=sse&key={KEY}")), Ok(()));
    }

    #[test]
    fn the_first_key_decides() {
        let access = access(|_| {});
        check(
            &access,
            &[("authorization", "Bearer other"), ("x-api-key", KEY)],
            None,
            Err("invalid_api_key"),
        );
        check(&access, &[("x-api-key", KEY)], Some("key=other"), Ok(()));
        check(
            &access,
            &[("authorization", ""), ("x-api-key", KEY)],
            None,
            Ok(()),
        );
    }

    #[test]
    fn keys_are_refused_with_the_reason() {
        check(&access(|_| {}), &[], None, Err("missing_api_key"));
        check(
            &access(|_| {}),
            &[("x-api-key", "mg-0")],
            None,
            Err("invalid_api_key"),
        );
        check(
            &access(|key| key.disabled = true),
            &[("x-api-key", KEY)],
            None,
            Err("disabled_api_key"),
        );
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        check(
            &access(|key| key.expires = at(1_000)),
            &[("x-api-key", KEY)],
            None,
            Err("expired_api_key"),
        );
        check(
            &access(|key| key.expires = at(1_001)),
            &[("x-api-key", KEY)],
            None,
            Ok(()),
        );
    }

    #[test]
    fn without_keys_only_this_machine_may_call() {
        let access = Access::new(&[]);
        let admit = |peer: &str| {
            access.admit(
                &HeaderMap::new(),
                None,
                Some(peer.parse().unwrap()),
                SystemTime::UNIX_EPOCH,
            )
        };
        assert!(matches!(admit("127.0.0.1:9"), Ok(Caller::Loopback)));
        assert!(matches!(admit("[::1]:9"), Ok(Caller::Loopback)));
        assert!(matches!(
            admit("[::ffff:127.0.0.1]:9"),
            Ok(Caller::Loopback)
        ));
        assert!(admit("192.168.1.2:9").is_err());
        let page = headers(&[("origin", "https://somewhere.example")]);
        let peer = Some("127.0.0.1:9".parse().unwrap());
        let refused = access.admit(&page, None, peer, SystemTime::UNIX_EPOCH);
        assert_eq!(refused.unwrap_err().error.status, 403);
        assert!(
            access
                .admit(&HeaderMap::new(), None, None, SystemTime::UNIX_EPOCH)
                .is_err()
        );
    }

    #[test]
    fn a_key_may_be_bound_to_models() {
        let mut key = ClientKey::new(KEY);
        assert!(Caller::Key(Arc::new(key.clone())).may_use("anything"));
        key.models = vec![Pattern::new("gpt-*")];
        let caller = Caller::Key(Arc::new(key));
        assert!(caller.may_use("gpt-5") && !caller.may_use("claude-opus-5"));
    }
}
