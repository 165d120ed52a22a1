//! One pooled HTTP client for each way of connecting.

use std::collections::HashMap;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use modelgate_config::model::Proxy;
use modelgate_dialects::Str;
use url::Url;

use crate::CallError;

/// The HTTP clients, made when they are first needed: making one reads the system's certificates.
#[derive(Debug, Default)]
pub struct Clients {
    made: Mutex<HashMap<(Proxy, Duration), reqwest::Client>>,
}

impl Clients {
    /// The client for a proxy setting and a connect limit.
    ///
    /// # Errors
    /// When the proxy's address cannot be used or the system has no certificates.
    pub fn get(&self, proxy: &Proxy, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
        let key = (proxy.clone(), connect);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&key) {
            return Ok(client.clone());
        }
        let client = build(proxy, connect)?;
        made.insert(key, client.clone());
        Ok(client)
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
    let mut text = String::new();
    let mut source: Option<&dyn std::error::Error> = Some(&error);
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
    if error.is_connect() {
        let through = through(proxy);
        let message = format!("cannot reach {provider}{through}: {text}");
        CallError::unreachable(provider.clone(), message)
    } else {
        CallError::broken(
            provider.clone(),
            format!("the connection to {provider} failed: {text}"),
        )
    }
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
