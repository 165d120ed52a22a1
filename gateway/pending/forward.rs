//! Browsers that come back to the port that a provider knows are sent on to the gateway (`providers.md` 1.1), for as long as
//! one of them may come.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use modelgate_providers::AccountKind;
use modelgate_providers::oauth::{BrowserLogin, Listener, LoginError};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::door::door;
use crate::state::State;

/// Sends browsers of logins like this one on, unless that is done already.
///
/// # Errors
/// When the port is in use, or on another machine.
pub(super) fn forward(state: &Arc<State>, login: &BrowserLogin) -> Result<(), LoginError> {
    let kind = login.kind();
    let Some(to) = callback(state, kind) else {
        return Ok(());
    };
    let from = login.redirect().clone();
    let mut book = state.pending.book();
    if book.forwarded.contains(&from) {
        return Ok(());
    }
    let listener = Listener::bind(login)?;
    book.forwarded.push(from.clone());
    drop(book);
    let until_idle = until_idle(Arc::clone(state), kind, from, listener, to);
    state.pending.tasks.spawn(until_idle);
    Ok(())
}

async fn until_idle(state: Arc<State>, kind: AccountKind, from: Url, listener: Listener, to: Url) {
    let mut onward = Box::pin(listener.forward(to));
    let mut changes = state.pending.changed.subscribe();
    loop {
        let away = {
            let mut book = state.pending.book();
            let away = book.away_until(kind, Instant::now());
            if away.is_none() || state.is_draining() {
                // Whoever looks next finds the port free.
                drop(onward);
                book.forwarded.retain(|known| *known != from);
                return;
            }
            away
        };
        tokio::select! {
            () = &mut onward => {}
            _ = changes.changed() => {}
            () = sleep_until(away.unwrap_or_else(Instant::now)) => {}
            () = state.stopping() => {}
        }
    }
}

/// Where logins of a kind end on this machine; none before the gateway listens.
fn callback(state: &State, kind: AccountKind) -> Option<Url> {
    let (address, name) = (state.address.get()?, door(kind)?.callback?);
    let scheme = match state.snapshot().config.server.tls {
        Some(_) => "https",
        None => "http",
    };
    Url::parse(&format!("{scheme}://{}/{name}/callback", near(*address))).ok()
}

/// An address of this machine that is listened on.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
