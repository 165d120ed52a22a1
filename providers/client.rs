//! One pooled HTTP client for each way of connecting, and what a failed connection means.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use modelgate_config::model::Proxy;
use modelgate_dialects::Str;
use url::Url;

use crate::CallError;
use crate::transport::{SetupError, Transport};

/// The HTTP clients, made when they are first needed: making one reads the system's certificates.
#[derive(Debug, Default)]
pub struct Clients {
    /// For what the gateway asks for itself.
    own: Made<reqwest::Client>,
    /// For requests of clients.
    transports: Made<Transport>,
}

/// What was made for each proxy setting and connect limit.
#[derive(Debug)]
struct Made<T>(Mutex<HashMap<(Proxy, Duration), T>>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Made<T> {
    fn get<E>(
        &self,
        proxy: &Proxy,
        connect: Duration,
        make: impl FnOnce(&Proxy, Duration) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match made.entry((proxy.clone(), connect)) {
            Entry::Occupied(made) => Ok(made.get().clone()),
            Entry::Vacant(place) => Ok(place.insert(make(proxy, connect)?).clone()),
        }
    }
}

impl Clients {
    /// The client for what the gateway asks for itself, for a proxy setting and a connect limit.
    ///
    /// # Errors
    /// When the proxy's address cannot be used or the system has no certificates.
    pub fn get(&self, proxy: &Proxy, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
        self.own.get(proxy, connect, build)
    }

    /// How requests of clients are sent, for a proxy setting and a connect limit.
    pub(crate) fn transport(
        &self,
        proxy: &Proxy,
        connect: Duration,
    ) -> Result<Transport, SetupError> {
        self.transports.get(proxy, connect, Transport::new)
    }

    /// Makes what requests of clients will need.
    ///
    /// # Errors
    /// What is wrong with the proxy's address or the system's certificates.
    pub fn warm_up(&self, proxy: &Proxy, connect: Duration) -> Result<(), Box<dyn Error>> {
        self.transport(proxy, connect)?;
        Ok(())
    }
}

/// A new client.
pub(crate) fn build(proxy: &Proxy, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
    install_tls();
    // A key must never follow a redirect to somewhere else.
    let builder = reqwest::Client::builder()
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_keepalive(Duration::from_secs(15))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_while_idle(false)
        .http2_adaptive_window(true);
    match proxy {
        Proxy::Inherit => builder,
        Proxy::Direct => builder.no_proxy(),
        Proxy::Url(url) => builder.no_proxy().proxy(reqwest::Proxy::all(url.expose())?),
    }
    .build()
}

/// Chooses the cryptography of this process; the first call wins.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody chose already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A client's failure without the address, which may hold a key in its query.
pub(crate) fn describe(provider: &Str, error: reqwest::Error) -> CallError {
    describe_through(provider, &Proxy::Inherit, error)
}

/// The same, naming the proxy where there was no connection.
pub(crate) fn describe_through(provider: &Str, proxy: &Proxy, error: reqwest::Error) -> CallError {
    let error = error.without_url();
    if error.is_connect() {
        unreachable(provider, proxy, &error)
    } else {
        broken(provider, &error)
    }
}

/// There was no connection.
pub(crate) fn unreachable(provider: &Str, proxy: &Proxy, error: &dyn Error) -> CallError {
    let (through, causes) = (through(proxy), causes(error));
    let message = format!("cannot reach {provider}{through}: {causes}");
    CallError::unreachable(provider.clone(), message)
}

/// The connection did not hold.
pub(crate) fn broken(provider: &Str, error: &dyn Error) -> CallError {
    let message = format!("the connection to {provider} failed: {}", causes(error));
    CallError::broken(provider.clone(), message)
}

/// What an error and its causes say, each once.
fn causes(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut source = Some(error);
    while let Some(error) = source {
        let line = error.to_string();
        if !text.contains(&line) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&line);
        }
        source = error.source();
    }
    text
}

/// A proxy wants another name or password than ours, which says nothing of the provider.
pub(crate) fn refused_by_proxy(provider: &Str, proxy: &Proxy) -> CallError {
    let through = through(proxy);
    let message =
        format!("cannot reach {provider}{through}: the proxy wants another user name or password");
    CallError::unreachable(provider.clone(), message)
}

/// The proxy for a message, without the name and password in its address. Those of the environment are not known here.
fn through(proxy: &Proxy) -> String {
    let Proxy::Url(address) = proxy else {
        return String::new();
    };
    let Ok(mut url) = Url::parse(address.expose()) else {
        return String::new();
    };
    // An error means that there is none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let shown = url.as_str().trim_end_matches('/');
    format!(" through the proxy {shown}")
}

#[cfg(test)]
mod tests {
    use modelgate_config::Secret;

    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let through = |url: &str| through(&Proxy::Url(Secret::from(url)));
        assert_eq!(
            through("http://ada:secret@proxy:3128/"),
            " through the proxy http://proxy:3128"
        );
        assert_eq!(
            through("socks5h://ada:secret@proxy"),
            " through the proxy socks5h://proxy"
        );
        assert_eq!(super::through(&Proxy::Direct), "");
    }
}
