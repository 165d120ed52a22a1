//! A task that goes on at once where it has woken itself.
//!
//! hyper takes a body from the socket in pieces, and its connection wakes itself for each of them. The scheduler would let
//! every other connection have its turn in between, and the bodies of all of them, each in its turn, push the pieces that are to
//! be read next out of the processor's caches.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// How often a task goes on before others have their turn. Who has done as much as tokio lets a task do in one is woken
/// later, and does not go on.
const TURNS: usize = 24;

/// Nobody polls the task.
const ASLEEP: u8 = 0;
/// It is polled.
const AWAKE: u8 = 1;
/// It was woken; beside one of the others.
const AGAIN: u8 = 2;

/// A future that is polled again in the same turn when it is woken while it is polled.
pub(crate) struct Eager<F> {
    inner: Pin<Box<F>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    waker: Waker,
}

/// Hears who wakes the future, and tells the task unless it is awake.
///
/// Every change reads what it replaces, and every wake is a change: so a poll sees what was done before each wake that it
/// answers, be it the second one.
struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

impl<F> Eager<F> {
    pub(crate) fn new(inner: F) -> Self {
        let bell = Arc::new(Bell {
            state: AtomicU8::new(ASLEEP),
            task: AtomicWaker::new(),
        });
        Self {
            inner: Box::pin(inner),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.state.fetch_or(AGAIN, Ordering::AcqRel);
        if before & AWAKE == 0 {
            self.task.wake();
        }
    }
}

impl Bell {
    /// Lies down again, unless it was rung meanwhile.
    fn rests(&self) -> bool {
        let (order, seen) = (Ordering::AcqRel, Ordering::Acquire);
        let rests = self.state.compare_exchange(AWAKE, ASLEEP, order, seen);
        rests.is_ok()
    }
}

impl<F: Future> Future for Eager<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { inner, bell, waker } = &mut *self;
        bell.task.register(context.waker());
        for _ in 0..TURNS {
            bell.state.swap(AWAKE, Ordering::AcqRel);
            let polled = inner.as_mut().poll(&mut Context::from_waker(waker));
            if polled.is_ready() || bell.rests() {
                return polled;
            }
        }
        bell.state.swap(ASLEEP, Ordering::AcqRel);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use tokio::sync::{mpsc, oneshot};
    use tokio::time::timeout;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls a future once: how often it wakes its task, and whether it is done.
    fn poll_once<F: Future + Unpin>(future: &mut F) -> (usize, bool) {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let done = Pin::new(future).poll(&mut Context::from_waker(&waker));
        (count.0.load(Ordering::Relaxed), done.is_ready())
    }

    /// Wakes itself so many times before it is done.
    fn restless(mut left: usize) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn who_wakes_itself_goes_on_at_once() {
        assert_eq!(poll_once(&mut Eager::new(restless(TURNS - 1))), (0, true));
    }

    #[test]
    fn the_others_have_their_turn_too() {
        let mut eager = Eager::new(restless(TURNS + 1));
        assert_eq!(poll_once(&mut eager), (1, false));
        assert_eq!(poll_once(&mut eager), (0, true));
    }

    #[tokio::test]
    async fn who_has_done_enough_is_not_asked_again() {
        let (send, mut receive) = mpsc::channel(1_000);
        (0..1_000).for_each(|_| send.try_send(()).unwrap());
        let polls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&polls);
        let mut eager = Eager::new(poll_fn(move |context| {
            count.fetch_add(1, Ordering::Relaxed);
            while receive.poll_recv(context).is_ready() {}
            Poll::<()>::Pending
        }));
        let turn = poll_fn(move |context| {
            assert!(Pin::new(&mut eager).poll(context).is_pending());
            Poll::Ready(())
        });
        tokio::spawn(turn).await.unwrap();
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        drop(send);
    }

    #[test]
    fn who_waits_for_another_is_woken_by_it() {
        let (send, receive) = oneshot::channel::<()>();
        let mut eager = Eager::new(receive);
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut eager).poll(&mut context).is_pending());
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        drop(send);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(Pin::new(&mut eager).poll(&mut context).is_ready());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_wake_is_lost_among_threads() {
        for _ in 0..2_000 {
            let (send, receive) = oneshot::channel();
            let (back, done) = oneshot::channel();
            tokio::spawn(Eager::new(async move {
                let _ = back.send(receive.await);
            }));
            tokio::spawn(Eager::new(async move { send.send(7) }));
            let woken = timeout(Duration::from_secs(10), done).await;
            assert_eq!(woken.expect("a wake was lost").unwrap(), Ok(7));
        }
    }
}
