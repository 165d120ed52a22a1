//! Finding the bytes that matter inside of strings.
//!
//! Texts are lines of some forty characters, each ending in an escape: a search is called very often and goes not far,
//! so it starts with eight bytes at a time and takes larger steps only once it has gone some way.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// How far to go in small steps.
const NEAR: usize = 64;

/// The first byte at or after `from` that a JSON string cannot hold as it is: a control character, a quote or a
/// backslash; with `SEPARATORS` also the first byte of U+2028 and its neighbours. The length when there is none.
#[inline]
pub(super) fn next_special<const SEPARATORS: bool>(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        for _ in 0..NEAR / 8 {
            let Some(word) = word(bytes, at) else {
                return tail::<SEPARATORS>(bytes, at);
            };
            let found = specials::<SEPARATORS>(word);
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        while bytes
            .get(at..at + NEAR)
            .is_some_and(|block| !any::<SEPARATORS>(block))
        {
            at += NEAR;
        }
    }
}

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*word))
}

/// The high bit of every special byte; bits above the lowest one may be wrong.
#[inline]
fn specials<const SEPARATORS: bool>(word: u64) -> u64 {
    let equal = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let separator = if SEPARATORS { equal(0xe2) } else { 0 };
    (control | equal(b'"') | equal(b'\\') | separator) & HIGH
}

fn tail<const SEPARATORS: bool>(bytes: &[u8], from: usize) -> usize {
    let rest = bytes[from..].iter();
    from + rest
        .take_while(|byte| !is_special::<SEPARATORS>(**byte))
        .count()
}

/// Written as a fold so that the compiler can look at many bytes at once.
fn any<const SEPARATORS: bool>(block: &[u8]) -> bool {
    block
        .iter()
        .fold(false, |found, byte| found | is_special::<SEPARATORS>(*byte))
}

fn is_special<const SEPARATORS: bool>(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || (SEPARATORS && byte == 0xe2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_at_every_place() {
        for length in 0..200 {
            let clean = vec![b'a'; length];
            assert_eq!(next_special::<true>(&clean, 0), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = clean.clone();
                    bytes[at] = byte;
                    let expected = |special| if special { at } else { length };
                    let found = next_special::<false>(&bytes, 0);
                    assert_eq!(found, expected(is_special::<false>(byte)), "{byte} at {at}");
                    let found = next_special::<true>(&bytes, at / 2);
                    assert_eq!(found, expected(is_special::<true>(byte)), "{byte} at {at}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found() {
        assert_eq!(next_special::<false>(b"ab\x00\x01\"\\cdefgh", 0), 2);
        assert_eq!(next_special::<false>(b"ab\x00\x01\"\\cdefgh", 3), 3);
        assert_eq!(next_special::<false>(b"\x20\x1f!!!!!!", 0), 1);
    }
}
