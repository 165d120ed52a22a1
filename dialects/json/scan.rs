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

/// Where a string that goes on at `from` ends, if that is near and neither an escape nor a control character is before it.
#[inline]
pub(super) fn near_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < from + NEAR {
        let found = specials::<false>(word(bytes, at)?);
        if found != 0 {
            let at = at + found.trailing_zeros() as usize / 8;
            return (bytes[at] == b'"').then_some(at);
        }
        at += 8;
    }
    None
}

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*word))
}

/// The high bit of every special byte; bits above the lowest one may be wrong.
#[inline]
fn specials<const SEPARATORS: bool>(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let separator = if SEPARATORS { equal(word, 0xe2) } else { 0 };
    (control | equal(word, b'"') | equal(word, b'\\') | separator) & HIGH
}

/// The high bit of every byte that is `byte`; the others are of no meaning, and those above the lowest one may be wrong.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference
}

/// The last bytes, fewer than a word: their word is filled up with bytes that are not special.
fn tail<const SEPARATORS: bool>(bytes: &[u8], from: usize) -> usize {
    const FILL: u64 = ONES * b'a' as u64;
    let rest = &bytes[from..];
    let word = match bytes.last_chunk::<8>() {
        _ if rest.is_empty() => return from,
        Some(last) => {
            let word = u64::from_le_bytes(*last) >> (8 * (8 - rest.len()));
            word | FILL << (8 * rest.len())
        }
        None => short(rest) | FILL << (8 * rest.len()),
    };
    match specials::<SEPARATORS>(word) {
        0 => bytes.len(),
        found => from + found.trailing_zeros() as usize / 8,
    }
}

/// A word of fewer than eight bytes but at least one, with zeros behind them. What overlaps is the same.
fn short(bytes: &[u8]) -> u64 {
    let place = |at: usize| u64::from(bytes[at]) << (8 * at);
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
            u64::from(u32::from_le_bytes(*first)) | last
        }
        _ => place(0) | place(bytes.len() / 2) | place(bytes.len() - 1),
    }
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

/// A place at or after `from`, which is inside of a string and behind its first two bytes, before which the string does not
/// end: blocks are skipped whose quotes all have one backslash before them, and only one.
pub(super) fn skip_escaped_quotes(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(window) = bytes.get(at - 2..at + NEAR) {
        if has_end(window) {
            break;
        }
        at += NEAR;
    }
    at
}

/// Whether some quote behind the first two bytes may be the end of the string. A fold as in [`any`].
fn has_end(window: &[u8]) -> bool {
    let (before, behind) = (&window[..NEAR], &window[2..]);
    let between = &window[1..=NEAR];
    before
        .iter()
        .zip(between)
        .zip(behind)
        .fold(false, |found, ((before, between), byte)| {
            let escaped = (*between == b'\\') & (*before != b'\\');
            found | ((*byte == b'"') & !escaped)
        })
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
    fn an_end_is_near_if_no_escape_is_before_it() {
        for at in 0..2 * NEAR {
            let mut text = vec![b'a'; at];
            text.push(b'"');
            text.extend_from_slice(b"\\\"\\\"\\\"\\\"");
            assert_eq!(near_end(&text, 0), (at < NEAR).then_some(at));
            assert_eq!(near_end(&text, at), Some(at));
            for escape in 0..at {
                text[escape] = b'\\';
                let found = near_end(&text, 0);
                assert_eq!(found, None, "{escape} of {at}");
                text[escape] = b'\n';
                assert_eq!(near_end(&text, 0), None, "{escape} of {at}");
                text[escape] = b'a';
            }
        }
        assert_eq!(
            near_end(b"a\"", 0),
            None,
            "the text ends before a word does"
        );
    }

    #[test]
    fn only_escaped_quotes_are_skipped() {
        let end = |text: &[u8]| {
            let mut run = 0;
            (2..text.len()).find(|at| {
                run = if text[at - 1] == b'\\' { run + 1 } else { 0 };
                text[*at] == b'"' && run % 2 == 0
            })
        };
        let pieces: [&[u8]; 5] = [b"\\\"", b"abc", b"\\\\", b"\\n", b"\""];
        for seed in 0..5_000usize {
            let mut text = b"xx".to_vec();
            let mut state = seed * 7919 + 13;
            while text.len() < 300 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                // Ends are rare.
                let piece = (state >> 33) % if seed % 3 == 0 { 150 } else { 4 };
                text.extend_from_slice(pieces[if piece == 149 { 4 } else { piece % 4 }]);
            }
            let place = skip_escaped_quotes(&text, 2);
            assert!(end(&text).is_none_or(|end| place <= end), "{seed}");
        }
        let quotes = b"xx".iter().chain(b"\\\"".iter().cycle()).take(1002);
        let quotes: Vec<u8> = quotes.copied().collect();
        assert!(skip_escaped_quotes(&quotes, 2) > 900);
    }

    #[test]
    fn the_first_of_several_is_found() {
        assert_eq!(next_special::<false>(b"ab\x00\x01\"\\cdefgh", 0), 2);
        assert_eq!(next_special::<false>(b"ab\x00\x01\"\\cdefgh", 3), 3);
        assert_eq!(next_special::<false>(b"\x20\x1f!!!!!!", 0), 1);
    }
}
