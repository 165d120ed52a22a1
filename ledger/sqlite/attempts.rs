//! The attempts of a request in a few bytes: six numbers for each.

use std::iter;
use std::time::Duration;

use super::varint::{pull, push};
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
fn kept<T>(attempts: &[T]) -> impl Iterator<Item = &T> {
    let first = attempts.len().min(ATTEMPTS - 1);
    let last = attempts[first..].last();
    attempts[..first].iter().chain(last)
}

/// Puts the attempts that are kept at the end of `bytes`, and before them how many they are.
pub(super) fn pack<'a, T, E>(
    attempts: &'a [T],
    bytes: &mut Vec<u8>,
    mut packed: impl FnMut(&'a T) -> Result<Packed, E>,
) -> Result<(), E> {
    push(bytes, attempts.len().min(ATTEMPTS) as u64);
    for attempt in kept(attempts) {
        let attempt = packed(attempt)?;
        let took = attempt.took.map_or(0, |took| number(took) + 1);
        for value in [
            attempt.credential.unsigned_abs(),
            attempt.provider.unsigned_abs(),
            attempt.error.unsigned_abs(),
            attempt.status.into(),
            number(attempt.after),
            took,
        ] {
            push(bytes, value);
        }
    }
    Ok(())
}

/// What was packed; of bytes that are damaged, the attempts before the damage.
pub(super) fn unpack(bytes: &mut &[u8]) -> Vec<Packed> {
    let count = pull(bytes).and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(0).min(ATTEMPTS);
    each(bytes).take(count).collect()
}

/// Attempts as long as there are any: in version 1 nothing else was in their bytes.
pub(super) fn each(bytes: &mut &[u8]) -> impl Iterator<Item = Packed> {
    iter::from_fn(|| take(bytes))
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

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

    fn bytes(attempts: &[Packed]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let packed = |attempt: &Packed| Ok::<_, Infallible>(*attempt);
        pack(attempts, &mut bytes, packed).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(attempts in prop::collection::vec(packed(), 0..=ATTEMPTS)) {
            let mut bytes = bytes(&attempts);
            bytes.extend([1, 2, 3]);
            let mut rest = &bytes[..];
            prop_assert_eq!(unpack(&mut rest), attempts);
            prop_assert_eq!(rest, [1, 2, 3]);
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(unpack(&mut &bytes[..]).len() <= ATTEMPTS);
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
        assert_eq!(bytes(&[attempt]).len(), 9);
    }
}
