//! The attempts of a request in a few bytes: numbers of seven bits to the byte, six for each attempt.

use std::time::Duration;

use crate::record::ATTEMPTS;

/// An attempt whose names are numbers; 0 stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) credential: i64,
    pub(super) provider: i64,
    pub(super) error: i64,
    pub(super) status: u16,
    pub(super) after: Duration,
    pub(super) took: Option<Duration>,
}

/// Which attempts are kept: the first ones, and the last, which says who answered in the end.
pub(super) fn kept<T>(attempts: &[T]) -> impl Iterator<Item = &T> {
    let first = attempts.len().min(ATTEMPTS - 1);
    let last = attempts[first..].last();
    attempts[..first].iter().chain(last)
}

pub(super) fn pack(attempts: impl Iterator<Item = Packed>) -> Vec<u8> {
    // An ordinary attempt takes no more.
    let mut bytes = Vec::with_capacity(attempts.size_hint().0 * 12);
    for attempt in attempts {
        let took = attempt.took.map_or(0, |took| number(took) + 1);
        for value in [
            attempt.credential.unsigned_abs(),
            attempt.provider.unsigned_abs(),
            attempt.error.unsigned_abs(),
            attempt.status.into(),
            number(attempt.after),
            took,
        ] {
            push(&mut bytes, value);
        }
    }
    bytes
}

/// What was packed; of bytes that are no attempts, those before the damage.
pub(super) fn unpack(mut bytes: &[u8]) -> Vec<Packed> {
    let mut attempts = Vec::new();
    while attempts.len() < ATTEMPTS
        && let Some(attempt) = take(&mut bytes)
    {
        attempts.push(attempt);
    }
    attempts
}

fn take(bytes: &mut &[u8]) -> Option<Packed> {
    let mut name = || pull(bytes).and_then(|value| i64::try_from(value).ok());
    let (credential, provider, error) = (name()?, name()?, name()?);
    let status = u16::try_from(pull(bytes)?).ok()?;
    let after = Duration::from_millis(pull(bytes)?);
    let took = pull(bytes)?.checked_sub(1).map(Duration::from_millis);
    Some(Packed {
        credential,
        provider,
        error,
        status,
        after,
        took,
    })
}

fn number(time: Duration) -> u64 {
    super::millis(time).into()
}

fn push(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

fn pull(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed() -> impl Strategy<Value = Packed> {
        let name = || 0..i64::MAX;
        let time = || (0..=u64::from(u32::MAX)).prop_map(Duration::from_millis);
        (
            name(),
            name(),
            name(),
            any::<u16>(),
            time(),
            prop::option::of(time()),
        )
            .prop_map(
                |(credential, provider, error, status, after, took)| Packed {
                    credential,
                    provider,
                    error,
                    status,
                    after,
                    took,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(attempts in prop::collection::vec(packed(), 0..=ATTEMPTS)) {
            let bytes = pack(attempts.iter().copied());
            prop_assert_eq!(unpack(&bytes), attempts);
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(unpack(&bytes).len() <= ATTEMPTS);
        }
    }

    #[test]
    fn the_first_attempts_and_the_last_are_kept() {
        let numbers: Vec<usize> = (0..40).collect();
        let of = |count: usize| kept(&numbers[..count]).copied().collect::<Vec<_>>();
        assert!(of(0).is_empty());
        assert_eq!(of(16), numbers[..16]);
        assert_eq!(of(40).len(), ATTEMPTS);
        assert_eq!(of(40)[14..], [14, 39]);
    }

    #[test]
    fn an_ordinary_attempt_takes_few_bytes() {
        let attempt = Packed {
            credential: 5,
            provider: 3,
            error: 0,
            status: 200,
            after: Duration::from_millis(1),
            took: Some(Duration::from_millis(900)),
        };
        assert_eq!(pack([attempt].into_iter()).len(), 8);
    }
}
