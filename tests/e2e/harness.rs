//! What every test needs: the program ([`process`]), requests ([`ask`]), answers ([`answer`]), logins ([`browser`]),
//! configurations ([`settings`]), the usual [`scene`], providers of one's own ([`stand_in`]), proxies ([`proxy`]), bare
//! sockets ([`wire`]), a terminal ([`screen`]).

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod browser;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod scene;
pub(crate) mod screen;
pub(crate) mod settings;
pub(crate) mod stand_in;
pub(crate) mod wire;

use std::time::{Duration, Instant};

pub(crate) use answer::{Answer, Ending};
pub(crate) use ask::Speaks;
pub(crate) use process::{Gateway, Home, Launch};
pub(crate) use scene::{HELLO, each_pair, start};
pub(crate) use settings::{KEY, Settings};

/// Long enough for a busy machine; nothing that works takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `happened` is true.
///
/// # Panics
///
/// When it does not become true in time.
pub(crate) async fn eventually(what: &str, mut happened: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !happened().await {
        assert!(Instant::now() < end, "it never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
