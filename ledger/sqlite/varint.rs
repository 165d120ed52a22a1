//! Numbers of seven bits to the byte, the lowest first; the eighth bit says that there are more.

/// Puts a number at the end.
pub(super) fn push(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// Takes a number from the beginning. None when the bytes end before it does, or it has no end.
pub(super) fn pull(bytes: &mut &[u8]) -> Option<u64> {
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

    proptest! {
        #[test]
        fn a_number_comes_out_again(bits in 0..=64_u32, number in any::<u64>()) {
            // Of all lengths.
            let number = number.checked_shr(64 - bits).unwrap_or(0);
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            prop_assert_eq!(bytes.len() as u32, bits_of(number).div_ceil(7));
            bytes.push(7);
            let mut rest = &bytes[..];
            prop_assert_eq!(pull(&mut rest), Some(number));
            prop_assert_eq!(rest, [7]);
            let cut = &bytes[..bytes.len() - 2];
            prop_assert_eq!(pull(&mut &*cut), None);
        }
    }

    fn bits_of(number: u64) -> u32 {
        (64 - number.leading_zeros()).max(1)
    }

    #[test]
    fn a_number_without_end_is_none() {
        assert_eq!(pull(&mut &[0x80; 40][..]), None);
        assert_eq!(pull(&mut &[][..]), None);
    }
}
