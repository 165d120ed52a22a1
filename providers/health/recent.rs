//! What became of the calls of the last hours, in stretches of ten minutes (`management-api.md` 2.4).

use std::array;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Stretches that are told of.
pub const STRETCHES: usize = 20;
/// How long each is. They begin at whole ten minutes of the clock.
pub const STRETCH: Duration = Duration::from_secs(600);

/// The calls of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// When it began.
    pub begin: SystemTime,
    /// Calls that were answered.
    pub succeeded: u64,
    /// Calls that failed for reasons of the credential or the provider.
    pub failed: u64,
}

/// Counts them. Credentials that nobody has called have nothing to keep.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Option<Box<Ring>>>);

#[derive(Debug, Default)]
struct Ring {
    /// The number of the newest stretch, counted from 1970.
    newest: u64,
    /// Each at its number, modulo their count.
    counts: [Counts; STRETCHES],
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    succeeded: u32,
    failed: u32,
}

impl Recent {
    pub(super) fn succeeded(&self, now: SystemTime) {
        self.count(now, |counts| &mut counts.succeeded);
    }

    pub(super) fn failed(&self, now: SystemTime) {
        self.count(now, |counts| &mut counts.failed);
    }

    fn count(&self, now: SystemTime, which: impl Fn(&mut Counts) -> &mut u32) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = which(ring.get_or_insert_default().at(number(now)));
        *count = count.saturating_add(1);
    }

    /// The last stretches, the oldest first.
    pub(super) fn report(&self, now: SystemTime) -> [Stretch; STRETCHES] {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = number(now);
        array::from_fn(|place| {
            let number = (now + 1 + place as u64).saturating_sub(STRETCHES as u64);
            let counts = ring
                .as_ref()
                .map_or_else(Counts::default, |ring| ring.look(number));
            Stretch {
                begin: UNIX_EPOCH + Duration::from_secs(number * STRETCH.as_secs()),
                succeeded: counts.succeeded.into(),
                failed: counts.failed.into(),
            }
        })
    }
}

impl Ring {
    /// The counts of a stretch. A clock that was put back counts on in the newest one.
    fn at(&mut self, number: u64) -> &mut Counts {
        let passed = number.saturating_sub(self.newest).min(STRETCHES as u64);
        let newest = self.newest.max(number);
        for old in newest + 1 - passed..=newest {
            self.counts[place(old)] = Counts::default();
        }
        self.newest = newest;
        &mut self.counts[place(newest)]
    }

    fn look(&self, number: u64) -> Counts {
        if number <= self.newest && self.newest - number < STRETCHES as u64 {
            self.counts[place(number)]
        } else {
            Counts::default()
        }
    }
}

fn number(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() / STRETCH.as_secs()
}

fn place(number: u64) -> usize {
    usize::try_from(number % STRETCHES as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 * 600 + minutes * 60)
    }

    fn told(recent: &Recent, minutes: u64) -> Vec<(u64, u64)> {
        let told = recent.report(at(minutes)).into_iter();
        told.map(|stretch| (stretch.succeeded, stretch.failed))
            .collect()
    }

    #[test]
    fn calls_are_told_by_their_ten_minutes_and_forgotten_after_some_hours() {
        let recent = Recent::default();
        assert_eq!(told(&recent, 0), [(0, 0); STRETCHES]);
        for (minute, succeeds) in [(0, true), (9, false), (10, true), (10, true), (35, false)] {
            match succeeds {
                true => recent.succeeded(at(minute)),
                false => recent.failed(at(minute)),
            }
        }
        let report = recent.report(at(39));
        assert_eq!(report[STRETCHES - 1].begin, at(30));
        assert_eq!(report[0].begin, at(30) - 19 * STRETCH);
        assert_eq!(told(&recent, 39)[16..], [(1, 1), (2, 0), (0, 0), (0, 1)]);
        assert_eq!(
            told(&recent, 40)[15..],
            [(1, 1), (2, 0), (0, 0), (0, 1), (0, 0)]
        );
        assert_eq!(told(&recent, 199)[..2], [(1, 1), (2, 0)]);
        assert_eq!(told(&recent, 209)[..3], [(2, 0), (0, 0), (0, 1)]);
        assert_eq!(told(&recent, 100_000), [(0, 0); STRETCHES]);
        recent.succeeded(at(210));
        assert_eq!(told(&recent, 210)[..2], [(0, 0), (0, 1)]);
        recent.succeeded(at(100_000));
        assert_eq!(told(&recent, 100_000)[STRETCHES - 2..], [(0, 0), (1, 0)]);
    }

    #[test]
    fn a_clock_that_goes_back_loses_nothing() {
        let recent = Recent::default();
        recent.succeeded(at(100));
        recent.failed(at(50));
        assert_eq!(told(&recent, 100)[STRETCHES - 1], (1, 1));
        assert_eq!(told(&recent, 50)[STRETCHES - 1], (0, 0));
        recent.failed(UNIX_EPOCH);
        assert_eq!(told(&recent, 100)[STRETCHES - 1], (1, 2));
        Recent::default().report(UNIX_EPOCH);
    }
}
