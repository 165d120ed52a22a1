//! Durations as Go prints them, which Google and OpenAI tell waits in.

use std::time::Duration;

/// `6m0s`, `1h2m3.5s`, `20ms`, `34.07s`; nothing where the text is none.
#[must_use]
pub fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !(char.is_ascii_digit() || char == '.'))?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, scale) = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)]
            .into_iter()
            .find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        total = total.checked_add(Duration::try_from_secs_f64(value * scale).ok()?)?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_and_nothing_else() {
        for (text, seconds) in [
            ("34.07s", Some(34.07)),
            ("1h16m0.6s", Some(4560.6)),
            ("373.8ms", Some(0.3738)),
            ("6m0s", Some(360.0)),
            ("0s", Some(0.0)),
            ("", None),
            ("5", None),
            ("s", None),
            ("-3s", None),
            ("5 apples", None),
            ("1e300s", None),
            ("99999999999999999999s", None),
        ] {
            let expected = seconds.map(Duration::from_secs_f64);
            assert_eq!(go_duration(text), expected, "{text}");
        }
    }
}
