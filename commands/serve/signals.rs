//! Signals: stop, stop at once, read the configuration again.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use modelgate_config::Store;
use modelgate_gateway::State;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::reload;

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Signals {
    stops: watch::Sender<u32>,
    listening: JoinHandle<()>,
}

struct Listener {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    stops: watch::Sender<u32>,
    store: Store,
    state: Arc<State>,
    /// Whether somebody watched at the start.
    had_terminal: bool,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen(store: Store, state: Arc<State>) -> io::Result<Self> {
        let (stops, _) = watch::channel(0);
        let listener = Listener {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stops: stops.clone(),
            store,
            state,
            had_terminal: io::stderr().is_terminal(),
        };
        Ok(Self {
            stops,
            listening: tokio::spawn(listener.listen()),
        })
    }

    /// Counts as a signal: somebody does not want the gateway any more.
    pub(crate) fn quit(&self) {
        self.stops.send_modify(|stops| *stops += 1);
    }

    /// Ready when the gateway is to stop.
    pub(crate) fn stop(&self) -> impl Future<Output = ()> + use<> {
        after(self.stops.subscribe(), 1)
    }

    /// Ready when it is to stop at once.
    pub(crate) fn hurry(&self) -> impl Future<Output = ()> + use<> {
        after(self.stops.subscribe(), 2)
    }

    /// Whether it was told to stop at once.
    pub(crate) fn hurried(&self) -> bool {
        *self.stops.borrow() > 1
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Listener {
    async fn listen(mut self) {
        loop {
            tokio::select! {
                Some(()) = self.interrupt.recv() => self.stop("interrupted"),
                Some(()) = self.terminate.recv() => self.stop("asked to terminate"),
                Some(()) = self.hangup.recv() => self.hang_up().await,
                else => return,
            }
        }
    }

    fn stop(&self, why: &str) {
        let first = *self.stops.borrow() == 0;
        self.stops.send_modify(|stops| *stops += 1);
        if first {
            tracing::info!("{why}: no new requests are taken; once more cuts the open ones");
        }
    }

    /// A terminal that was closed means stop; everybody else who sends the signal wants a reload.
    async fn hang_up(&self) {
        if self.had_terminal && !io::stderr().is_terminal() {
            return self.stop("the terminal was closed");
        }
        let store = self.store.clone();
        let reloaded = tokio::task::spawn_blocking(move || store.reload()).await;
        if let Ok(outcome) = reloaded {
            reload::report(&self.state, &outcome);
        }
    }
}

async fn after(mut stops: watch::Receiver<u32>, count: u32) {
    if stops.wait_for(|stops| *stops >= count).await.is_err() {
        // Nobody listens any more, so no signal will come.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    async fn is_ready(future: impl Future<Output = ()>) -> bool {
        let mut future = pin!(future);
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn the_first_stops_and_the_second_hurries() {
        let (sender, stops) = watch::channel(0);
        for (count, expected) in [(0, (false, false)), (1, (true, false)), (2, (true, true))] {
            sender.send_replace(count);
            let ready = (
                is_ready(after(stops.clone(), 1)).await,
                is_ready(after(stops.clone(), 2)).await,
            );
            assert_eq!(ready, expected, "{count}");
        }
    }

    #[tokio::test]
    async fn without_a_listener_nothing_stops() {
        let (_, stops) = watch::channel(0);
        assert!(!is_ready(after(stops, 1)).await);
    }
}
