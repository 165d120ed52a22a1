//! What is only read back of a row, and not asked about: all of it in one column of few bytes.
//!
//! First a number whose bits say which values are there, then those values as numbers, then the attempts. What comes after
//! them is of a later version.

use std::time::Duration;

use super::varint::{pull, push};
use crate::record::Tokens;

/// Everything but the attempts. Names are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rest {
    pub(super) status: u16,
    pub(super) latency: Duration,
    pub(super) first_byte: Option<Duration>,
    pub(super) upstream: Option<Duration>,
    pub(super) client_dialect: Option<i64>,
    pub(super) upstream_dialect: Option<i64>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    /// Of rows from another gateway: input, output, reasoning and cache reads are spelt as they were there. That they are
    /// estimated is known elsewhere.
    pub(super) tokens: Tokens,
    pub(super) cost: Option<u64>,
    pub(super) losses: u32,
    pub(super) imported_total: Option<u64>,
    pub(super) nanos: Option<u32>,
    pub(super) auth_index: Option<i64>,
}

impl Rest {
    /// How many there are. Files are full of them: their order never changes, and what a later version adds comes after the
    /// attempts.
    pub(super) const VALUES: usize = 21;

    /// Puts it at the end of `bytes`.
    pub(super) fn pack(&self, bytes: &mut Vec<u8>) {
        let values = self.values();
        let mut bits = 0;
        for (bit, value) in values.iter().enumerate() {
            bits |= u64::from(value.is_some()) << bit;
        }
        push(bytes, bits);
        for value in values.iter().flatten() {
            push(bytes, *value);
        }
    }

    /// Takes it from the beginning of `bytes`; where they are damaged, what comes before the damage.
    pub(super) fn unpack(bytes: &mut &[u8]) -> Self {
        let mut values = [None; Self::VALUES];
        if fill(&mut values, bytes).is_none() {
            *bytes = &[];
        }
        Self::from_values(values)
    }

    /// In the order of the bits. The first are those that most rows have.
    fn values(&self) -> [Option<u64>; Self::VALUES] {
        let some = |number: u64| Some(number).filter(|number| *number != 0);
        let millis = |time| u64::from(super::millis(time));
        let name = |name: Option<i64>| name.map(i64::unsigned_abs);
        [
            some(self.status.into()),
            some(millis(self.latency)),
            self.first_byte.map(millis),
            self.upstream.map(millis),
            name(self.client_dialect),
            name(self.upstream_dialect),
            some(self.bytes_in),
            some(self.bytes_out),
            self.tokens.input,
            self.tokens.output,
            self.tokens.cache_read,
            self.tokens.reasoning,
            self.cost,
            self.tokens.cache_write,
            self.tokens.cache_write_5m,
            self.tokens.cache_write_1h,
            self.tokens.tool_use,
            some(self.losses.into()),
            self.imported_total,
            self.nanos.map(u64::from),
            name(self.auth_index),
        ]
    }

    /// The opposite. Of numbers that no row has, none.
    pub(super) fn from_values(values: [Option<u64>; Self::VALUES]) -> Self {
        let [
            status,
            latency,
            first_byte,
            upstream,
            client_dialect,
            upstream_dialect,
            bytes_in,
            bytes_out,
            input,
            output,
            cache_read,
            reasoning,
            cost,
            cache_write,
            cache_write_5m,
            cache_write_1h,
            tool_use,
            losses,
            imported_total,
            nanos,
            auth_index,
        ] = values;
        let name = |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok());
        let short = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        let millis = |number: Option<u64>| number.map(Duration::from_millis);
        let status = status.and_then(|status| u16::try_from(status).ok());
        Self {
            status: status.unwrap_or(0),
            latency: millis(latency).unwrap_or_default(),
            first_byte: millis(first_byte),
            upstream: millis(upstream),
            client_dialect: name(client_dialect),
            upstream_dialect: name(upstream_dialect),
            bytes_in: bytes_in.unwrap_or(0),
            bytes_out: bytes_out.unwrap_or(0),
            tokens: Tokens {
                input,
                cache_read,
                cache_write,
                cache_write_5m,
                cache_write_1h,
                output,
                reasoning,
                tool_use,
                estimated: false,
            },
            cost,
            losses: short(losses).unwrap_or(0),
            imported_total,
            nanos: short(nanos),
            auth_index: name(auth_index),
        }
    }
}

/// Takes the values one after the other. None when one is damaged.
fn fill(values: &mut [Option<u64>], bytes: &mut &[u8]) -> Option<()> {
    let bits = pull(bytes)?;
    for (bit, value) in values.iter_mut().enumerate() {
        if bits >> bit & 1 != 0 {
            *value = Some(pull(bytes)?);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rest() -> impl Strategy<Value = Rest> {
        let value = prop::option::of(prop_oneof![
            Just(0),
            1..200_u64,
            0..u64::from(u32::MAX),
            0..1_u64 << 63
        ]);
        // What a row cannot have is not among what comes out.
        prop::collection::vec(value, Rest::VALUES).prop_map(|values| {
            let mut all = [None; Rest::VALUES];
            all.copy_from_slice(&values);
            let mut rest = Rest::from_values(all);
            let times = [
                Some(&mut rest.latency),
                rest.first_byte.as_mut(),
                rest.upstream.as_mut(),
            ];
            for time in times.into_iter().flatten() {
                *time = Duration::from_millis(super::super::millis(*time).into());
            }
            rest
        })
    }

    fn packed(rest: &Rest) -> Vec<u8> {
        let mut bytes = Vec::new();
        rest.pack(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(rest in rest(), after in prop::collection::vec(any::<u8>(), 0..4)) {
            let mut bytes = packed(&rest);
            bytes.extend(&after);
            let mut left = &bytes[..];
            prop_assert_eq!(Rest::unpack(&mut left), rest);
            prop_assert_eq!(left, after);
        }

        #[test]
        fn of_a_part_comes_out_what_is_in_it(rest in rest(), part in any::<prop::sample::Index>()) {
            let bytes = packed(&rest);
            let part = part.index(bytes.len());
            let mut left = &bytes[..part];
            let found = Rest::unpack(&mut left).values();
            prop_assert!(left.is_empty());
            let count = found.iter().flatten().count();
            let all = rest.values();
            let known = all.iter().flatten().take(count);
            prop_assert!(found.iter().flatten().eq(known));
            prop_assert!(count < all.iter().flatten().count() || count == 0);
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut left = &bytes[..];
            let rest = Rest::unpack(&mut left);
            prop_assert!(left.len() <= bytes.len());
            // Nor does what came out of them.
            let bytes = packed(&rest);
            prop_assert_eq!(Rest::unpack(&mut &bytes[..]).tokens, rest.tokens);
        }
    }

    #[test]
    fn nothing_is_not_zero() {
        let none = Rest::default();
        let mut zero = none;
        zero.tokens.input = Some(0);
        zero.cost = Some(0);
        zero.first_byte = Some(Duration::ZERO);
        assert_eq!(packed(&none), [0]);
        for rest in [none, zero] {
            assert_eq!(Rest::unpack(&mut &packed(&rest)[..]), rest);
        }
    }

    #[test]
    fn the_form_stays_as_it_is() {
        let rest = Rest {
            status: 200,
            latency: Duration::from_millis(1_500),
            first_byte: Some(Duration::from_millis(300)),
            client_dialect: Some(5),
            bytes_in: 2_000,
            tokens: Tokens {
                input: Some(100),
                output: Some(0),
                tool_use: Some(7),
                ..Tokens::default()
            },
            auth_index: Some(8),
            ..Rest::default()
        };
        let bytes = [
            0xd7, 0x86, 0x44, 0xc8, 0x01, 0xdc, 0x0b, 0xac, 0x02, 5, 0xd0, 0x0f, 100, 0, 7, 8,
        ];
        assert_eq!(packed(&rest), bytes);
    }
}
