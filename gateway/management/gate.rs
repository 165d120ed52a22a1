//! Who may manage the gateway (`management-api.md` 1.1 to 1.3 for the words, the headers and the order of the checks).
//!
//! Programs of the same person on this machine present the token of this run, which stands in the runtime file, or the
//! password that it was started with. Others, and other machines where that is allowed, present a management key. No web page may, not even one that a browser here was
//! led to: a page names its origin, and where a name was made to point here, the host it asks for is not ours. The one page
//! that may is our own, the control panel, and it too presents a key.
//!
//! Where a request comes from is told by its socket. What was forwarded by a proxy comes from elsewhere, whoever forwarded
//! it.

mod bans;
mod keys;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use modelgate_config::model::Management;
use modelgate_config::{Config, key_digest};
use modelgate_management::{FlatAnswer, KEY_HEADER};

use self::bans::Bans;
use self::keys::Verifier;
pub(crate) use self::keys::{LONGEST, Token};
use crate::access::{authorization, text};
use crate::state::State;

/// Headers that proxies add.
const FORWARDING: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Lets people in, or not.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// Opens from this machine; none where nobody was told one.
    pub(crate) token: Option<Token>,
    /// The same of whoever started this run and has given it one.
    pub(crate) password: Option<Token>,
    bans: Bans,
    verifier: Verifier,
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manager {
    /// Which key it presented, for logs: the name of the place that has it.
    pub(crate) key: &'static str,
    /// Where it is.
    pub(crate) address: IpAddr,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is a web page's.
    Page,
    /// The request is for a host that is not this one.
    Host,
    /// There is no management from there at all.
    Off,
    /// The request is another machine's.
    Remote,
    /// Too many failures there, for so long.
    Banned(Duration),
    /// Too many keys are being compared.
    Busy,
    /// No key was presented.
    NoKey,
    /// The key is not one of ours.
    WrongKey,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Page | Self::Host | Self::Remote | Self::Banned(_) => StatusCode::FORBIDDEN,
            Self::Off => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoKey | Self::WrongKey => StatusCode::UNAUTHORIZED,
        }
    }

    /// When it is worth another try.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Banned(rest) => Some(rest),
            Self::Busy => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// The family's own words where it has some, and what to do. Nothing is said where there is no management.
    pub(crate) fn answer(self) -> Option<FlatAnswer> {
        let (error, message) = match self {
            Self::Off => return None,
            Self::Page => (
                "origin not allowed",
                "no web page may manage the gateway but its own, `/management.html`; a proxy in front of it must keep `Host`",
            ),
            Self::Host => (
                "host not allowed",
                "ask for the gateway by the address it listens on, or as localhost",
            ),
            Self::Remote => (
                "remote management disabled",
                "only programs on the gateway's own machine may manage it; `remote-management.allow-remote: true` lets others",
            ),
            Self::Banned(rest) => {
                let error = format!(
                    "IP banned due to too many failed attempts. Try again in {}",
                    rounded(rest)
                );
                return Some(FlatAnswer::new(error));
            }
            Self::Busy => (
                "too many attempts at once",
                "keys are compared one after the other; try again",
            ),
            Self::NoKey => (
                "missing management key",
                "send it as `X-Management-Key: <key>` or `Authorization: Bearer <key>`; `modelgate accounts` and the \
                 other commands do",
            ),
            Self::WrongKey => (
                "invalid management key",
                "it is the key whose text or hash is `remote-management.secret-key`; on this machine, also the token in the \
                 runtime file of the run, see `modelgate accounts --help`, and the password of `serve --password`",
            ),
        };
        Some(FlatAnswer::new(error).with_message(message))
    }
}

/// Lets the holder of a key in.
pub(crate) async fn admit(
    state: &State,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
) -> Result<Manager, Refusal> {
    let snapshot = state.snapshot();
    let ask = Ask::new(&snapshot.config, headers, peer);
    state.gate.admit(&snapshot.config.management, &ask).await
}

/// Whether the page that asks for a key is shown to somebody: where a key of theirs could open something.
pub(crate) fn shows_page(state: &State, headers: &HeaderMap, peer: Option<SocketAddr>) -> bool {
    let snapshot = state.snapshot();
    let management = &snapshot.config.management;
    let ask = Ask::new(&snapshot.config, headers, peer);
    management.panel && state.gate.address(management, &ask).is_ok()
}

/// Whether a request is that of a program of this machine, and not of a page in its browser.
pub(crate) fn is_local(state: &State, headers: &HeaderMap, peer: Option<SocketAddr>) -> bool {
    let snapshot = state.snapshot();
    Ask::new(&snapshot.config, headers, peer).is_here() && !headers.contains_key(ORIGIN)
}

/// What is known of somebody who wants in.
struct Ask<'a> {
    headers: &'a HeaderMap,
    peer: Option<IpAddr>,
    /// The address that is listened on: whoever calls from it is on this machine too.
    own: IpAddr,
}

impl Gate {
    /// The keys of this run, which open from this machine alone, and what they are called.
    fn own(&self) -> impl Iterator<Item = (&Token, &'static str)> {
        let token = self
            .token
            .as_ref()
            .map(|key| (key, "the token of this run"));
        let password = self.password.as_ref();
        let password = password.map(|key| (key, "the password of this run"));
        token.into_iter().chain(password)
    }

    /// The address of somebody for whom some key would open.
    fn address(&self, management: &Management, ask: &Ask<'_>) -> Result<IpAddr, Refusal> {
        let has_own = self.own().next().is_some();
        let is_off = |here: bool| management.keys.is_empty() && !(here && has_own);
        if is_off(ask.is_from_here()) {
            return Err(Refusal::Off);
        }
        if ask.headers.contains_key(ORIGIN) && !(management.panel && ask.is_of_our_page()) {
            return Err(Refusal::Page);
        }
        let remote = management
            .keys
            .iter()
            .any(|key| management.opens_remote(key));
        let here = ask.is_here();
        // Behind a proxy here, the host is the proxy's; without one, a foreign name was made to point here.
        if ask.is_from_here() && !ask.is_for_here() && !remote {
            return Err(Refusal::Host);
        }
        if is_off(here) {
            return Err(Refusal::Off);
        }
        ask.peer.filter(|_| here || remote).ok_or(Refusal::Remote)
    }

    async fn admit(&self, management: &Management, ask: &Ask<'_>) -> Result<Manager, Refusal> {
        let address = self.address(management, ask)?;
        let here = ask.is_here();
        let rest = || self.bans.rest(address);
        if let (Some(rest), false) = (rest(), here) {
            return Err(Refusal::Banned(rest));
        }
        let Some(presented) = presented(ask.headers) else {
            return Err(self.failed(address, Refusal::NoKey));
        };
        let digest = key_digest(presented);
        let mut own = self.own().filter(|_| here);
        if let Some((_, key)) = own.find(|(key, _)| key.opens(&digest)) {
            self.bans.forgive(address);
            return Ok(Manager { key, address });
        }
        let keys = management.keys.iter();
        let keys = keys.filter(|key| here || management.opens_remote(key));
        let wanted = || here || rest().is_none();
        match self.verifier.find(keys, presented, wanted).await {
            Ok(Some(key)) => {
                self.bans.forgive(address);
                let key = key.origin;
                Ok(Manager { key, address })
            }
            Ok(None) => Err(self.failed(address, Refusal::WrongKey)),
            Err(keys::Busy) => Err(Refusal::Busy),
        }
    }

    /// Counts a failure. A right key from this machine is never locked out, a wrong one is told of the ban.
    fn failed(&self, address: IpAddr, refusal: Refusal) -> Refusal {
        if let Some(rest) = self.bans.rest(address) {
            return Refusal::Banned(rest);
        }
        self.bans.count(address);
        refusal
    }
}

impl<'a> Ask<'a> {
    fn new(config: &Config, headers: &'a HeaderMap, peer: Option<SocketAddr>) -> Self {
        Self {
            headers,
            peer: peer.map(|peer| peer.ip()),
            own: config.server.address.ip(),
        }
    }

    /// Whether a program of this machine asks for this machine.
    fn is_here(&self) -> bool {
        let forwarded = FORWARDING
            .iter()
            .any(|name| self.headers.contains_key(*name));
        self.is_from_here() && self.is_for_here() && !forwarded
    }

    fn is_from_here(&self) -> bool {
        self.peer.is_some_and(|peer| is_here(peer, self.own))
    }

    /// Whether the request is that of a page that came from where it goes. Browsers say so themselves, but not to a host that is
    /// asked without TLS from another machine: there the page's origin must be the host it asks.
    fn is_of_our_page(&self) -> bool {
        if let Some(site) = text(self.headers, "sec-fetch-site") {
            return site == "same-origin";
        }
        let host = text(self.headers, HOST.as_str());
        let origin =
            text(self.headers, ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, origin)| Some(origin) == host)
    }

    /// HTTP/2 names the host elsewhere. Browsers speak it over TLS only, where a foreign name has no certificate.
    fn is_for_here(&self) -> bool {
        let ours =
            |host: &http::HeaderValue| host.to_str().is_ok_and(|host| is_ours(host, self.own));
        self.headers.get_all(HOST).iter().all(ours)
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

/// `29m59s`, as the family's programs read it.
fn rounded(time: Duration) -> String {
    let seconds = (time + Duration::from_millis(500)).as_secs();
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests;
