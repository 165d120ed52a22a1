//! Time as routing counts it.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

/// A point of time in milliseconds since the program's first look at the clock: small enough to be kept in an atomic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Moment {
    /// Later than any other.
    pub const NEVER: Self = Self(u64::MAX);

    /// The present.
    #[must_use]
    pub fn now() -> Self {
        // One millisecond more than has passed, so that zero is before everything.
        Self(millis(BEGIN.elapsed()) + 1)
    }

    /// A moment for tables of tests, in milliseconds.
    #[must_use]
    pub const fn at(millis: u64) -> Self {
        Self(millis)
    }

    /// How long after an earlier moment this is; nothing when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The moment so much later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(millis(wait)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
