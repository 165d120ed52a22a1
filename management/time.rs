//! Instants of the contract.

use std::time::SystemTime;

pub use jiff::Timestamp;

/// An instant of the system's clock to the millisecond, which is what people read and scripts compare. One that no
/// calendar has becomes the nearest that it has.
#[must_use]
pub fn timestamp(time: SystemTime) -> Timestamp {
    let (millis, limit) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Timestamp::MAX,
        ),
        Err(before) => {
            let millis = i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX);
            (-millis, Timestamp::MIN)
        }
    };
    Timestamp::from_millisecond(millis).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn instants_are_written_to_the_millisecond() {
        let epoch = SystemTime::UNIX_EPOCH;
        let second = Duration::from_secs(1);
        for (time, expected) in [
            (epoch, "1970-01-01T00:00:00Z"),
            (
                epoch + Duration::from_nanos(1_700_000_000_123_456_789),
                "2023-11-14T22:13:20.123Z",
            ),
            (epoch - second, "1969-12-31T23:59:59Z"),
            (
                epoch + Duration::from_secs(1 << 40),
                "9999-12-30T22:00:00.999999999Z",
            ),
        ] {
            assert_eq!(timestamp(time).to_string(), expected);
        }
    }
}
