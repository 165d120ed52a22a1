//! Who may manage the gateway.
//!
//! A person on this machine, who reads the token of this run in the runtime file and presents it as the management key.
//! No web page may, not even one that a browser here was led to: a page names its origin, and where a name was made to
//! point here, the host it asks for is not ours (`management-api.md` 1.2 and 1.3 for the words and the headers).

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use modelgate_config::{Secret, key_digest};
use modelgate_management::{GateAnswer, KEY_HEADER};
use subtle::ConstantTimeEq as _;

use crate::access::{authorization, text};
use crate::request::Incoming;
use crate::state::State;

/// What opens the management API during this run.
#[derive(Debug)]
pub(crate) struct Token {
    digest: [u8; 32],
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is a web page's.
    Page,
    /// The request is for a host that is not this one.
    Host,
    /// The request is another machine's.
    Remote,
    /// This run has no token.
    Off,
    /// No key was presented.
    NoKey,
    /// The key is not the token.
    WrongKey,
}

impl Token {
    pub(crate) fn new(token: &Secret) -> Self {
        Self {
            digest: key_digest(token.expose()),
        }
    }

    fn opens(&self, presented: &str) -> bool {
        self.digest.ct_eq(&key_digest(presented)).into()
    }
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Page | Self::Host | Self::Remote | Self::Off => StatusCode::FORBIDDEN,
            Self::NoKey | Self::WrongKey => StatusCode::UNAUTHORIZED,
        }
    }

    /// The family's own words where it has some, and what to do.
    pub(crate) fn answer(self) -> GateAnswer {
        let (error, message) = match self {
            Self::Page => ("origin not allowed", "web pages may not manage the gateway"),
            Self::Host => (
                "host not allowed",
                "ask for the gateway by the address it listens on, or as localhost",
            ),
            Self::Remote => (
                "remote management disabled",
                "only programs on the gateway's own machine may manage it",
            ),
            Self::Off => (
                "remote management key not set",
                "this run of the gateway cannot be managed",
            ),
            Self::NoKey => (
                "missing management key",
                "send it as `X-Management-Key: <key>` or `Authorization: Bearer <key>`; `modelgate accounts` and the \
                 other commands do",
            ),
            Self::WrongKey => (
                "invalid management key",
                "on this machine it is the token in the runtime file of the run, see `modelgate accounts --help`",
            ),
        };
        GateAnswer {
            error: error.to_owned(),
            message: Some(message.to_owned()),
        }
    }
}

/// Lets the holder of the token in.
pub(crate) fn admit(state: &State, incoming: &Incoming) -> Result<(), Refusal> {
    let own = state.snapshot().config.server.address.ip();
    let peer = incoming.peer.map(|peer| peer.ip());
    check(state.token.as_ref(), &incoming.headers, peer, own)
}

/// `own` is the address that is listened on: whoever calls from it is on this machine too.
fn check(
    token: Option<&Token>,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
    own: IpAddr,
) -> Result<(), Refusal> {
    if headers.contains_key(ORIGIN) {
        return Err(Refusal::Page);
    }
    // HTTP/2 names the host elsewhere. Browsers speak it over TLS only, where a foreign name has no certificate.
    if !headers
        .get_all(HOST)
        .iter()
        .all(|host| host.to_str().is_ok_and(|host| is_ours(host, own)))
    {
        return Err(Refusal::Host);
    }
    if !peer.is_some_and(|peer| is_here(peer, own)) {
        return Err(Refusal::Remote);
    }
    let token = token.ok_or(Refusal::Off)?;
    let key = presented(headers).ok_or(Refusal::NoKey)?;
    if token.opens(key) {
        Ok(())
    } else {
        Err(Refusal::WrongKey)
    }
}

/// Whether a `Host` names this machine: as `localhost`, or by an address of its own.
fn is_ours(host: &str, own: IpAddr) -> bool {
    let port_after = |(name, port): &(&str, &str)| {
        !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host
            .rsplit_once(':')
            .filter(port_after)
            .map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| is_here(ip, own))
}

fn is_here(ip: IpAddr, own: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_loopback() || ip == own.to_canonical() && !ip.is_unspecified()
}

/// The key of a request: `Authorization`, bearer or bare, else `X-Management-Key`.
fn presented(headers: &HeaderMap) -> Option<&str> {
    authorization(headers).or_else(|| text(headers, KEY_HEADER))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";
    const KEY: (&str, &str) = ("x-management-key", TOKEN);

    #[track_caller]
    fn check_from(peer: &str, own: &str, pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let token = Token::new(&Secret::from(TOKEN));
        let (peer, own) = (peer.parse().unwrap(), own.parse().unwrap());
        check(Some(&token), &headers, Some(peer), own)
    }

    fn check_here(pairs: &[(&'static str, &str)]) -> Result<(), Refusal> {
        check_from("127.0.0.1", "127.0.0.1", pairs)
    }

    #[test]
    fn the_token_is_taken_from_either_header() {
        let bearer = format!("bEaReR  {TOKEN}");
        for pairs in [
            &[KEY][..],
            &[("authorization", &bearer)],
            &[("authorization", TOKEN)],
            &[("authorization", ""), KEY],
        ] {
            assert_eq!(check_here(pairs), Ok(()), "{pairs:?}");
        }
        for pairs in [
            &[][..],
            &[("x-management-key", " ")],
            &[("x-api-key", TOKEN)],
        ] {
            assert_eq!(check_here(pairs), Err(Refusal::NoKey), "{pairs:?}");
        }
        for pairs in [
            &[("x-management-key", "0123456789abcdeF")][..],
            &[("authorization", "Bearer other"), KEY],
        ] {
            assert_eq!(check_here(pairs), Err(Refusal::WrongKey), "{pairs:?}");
        }
    }

    #[test]
    fn only_this_machine_may_ask() {
        for (peer, own, expected) in [
            ("127.0.0.2", "0.0.0.0", Ok(())),
            ("::1", "::", Ok(())),
            ("::ffff:127.0.0.1", "::", Ok(())),
            ("192.0.2.1", "192.0.2.1", Ok(())),
            ("::ffff:192.0.2.1", "192.0.2.1", Ok(())),
            ("192.0.2.2", "192.0.2.1", Err(Refusal::Remote)),
            ("192.0.2.2", "0.0.0.0", Err(Refusal::Remote)),
            ("0.0.0.0", "0.0.0.0", Err(Refusal::Remote)),
        ] {
            assert_eq!(check_from(peer, own, &[KEY]), expected, "{peer} {own}");
        }
        let forwarded = ("x-forwarded-for", "127.0.0.1");
        let outcome = check_from("192.0.2.2", "0.0.0.0", &[KEY, forwarded]);
        assert_eq!(outcome, Err(Refusal::Remote));
        let own = "127.0.0.1".parse().unwrap();
        assert_eq!(
            check(None, &HeaderMap::new(), None, own),
            Err(Refusal::Remote)
        );
        assert_eq!(
            check(None, &HeaderMap::new(), Some(own), own),
            Err(Refusal::Off)
        );
    }

    #[test]
    fn no_page_gets_in_whatever_it_presents() {
        for origin in ["http://127.0.0.1:8317", "null", "https://evil.example"] {
            let outcome = check_here(&[KEY, ("origin", origin)]);
            assert_eq!(outcome, Err(Refusal::Page), "{origin}");
        }
        for (host, expected) in [
            ("localhost:8317", Ok(())),
            ("LOCALHOST", Ok(())),
            ("127.0.0.1:8317", Ok(())),
            ("[::1]:8317", Ok(())),
            ("[::1]", Ok(())),
            ("evil.example:8317", Err(Refusal::Host)),
            ("localhost.evil.example", Err(Refusal::Host)),
            ("127.0.0.1.evil.example:80", Err(Refusal::Host)),
            ("192.0.2.1", Err(Refusal::Host)),
            ("", Err(Refusal::Host)),
        ] {
            assert_eq!(check_here(&[KEY, ("host", host)]), expected, "{host}");
        }
        let two = [KEY, ("host", "localhost"), ("host", "evil.example")];
        assert_eq!(check_here(&two), Err(Refusal::Host));
        let own = check_from("192.0.2.1", "192.0.2.1", &[KEY, ("host", "192.0.2.1:80")]);
        assert_eq!(own, Ok(()));
    }
}
