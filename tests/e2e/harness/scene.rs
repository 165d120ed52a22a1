//! The usual scene: one gateway, one upstream behind it.

use super::{Gateway, Settings, Speaks};
use modelgate_test_upstream::Upstream;

/// What most scenarios of the upstream say.
pub(crate) const HELLO: &str = "Hello from the scripted upstream.";

/// A gateway in front of an upstream of this dialect, with these lines in its configuration.
pub(crate) async fn start(dialect: Speaks, lines: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let settings = Settings::upstream(dialect, &upstream).line(lines);
    let gateway = settings.start().await;
    (upstream, gateway)
}

/// Every pair of client and upstream, one after the other.
pub(crate) async fn each_pair(lines: &str, check: impl AsyncFn(Speaks, &Upstream, &Gateway)) {
    for dialect in Speaks::BOTH {
        let (upstream, gateway) = start(dialect, lines).await;
        for client in Speaks::BOTH {
            check(client, &upstream, &gateway).await;
        }
    }
}
