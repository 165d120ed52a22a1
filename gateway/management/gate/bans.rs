//! Who has presented wrong keys too often (`management-api.md` 1.3).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row before a ban.
const FAILURES: u32 = 5;
/// How long a ban lasts.
const BAN: Duration = Duration::from_secs(30 * 60);
/// Failures that are this old are forgotten.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);
/// Addresses that are remembered.
const CAPACITY: usize = 4_096;

/// Failures by address.
#[derive(Debug, Default)]
pub(super) struct Bans {
    records: Mutex<HashMap<IpAddr, Record>>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    /// The latest failure, which began the ban where there is one.
    last: Instant,
    banned: bool,
}

impl Record {
    /// How long the ban still lasts.
    fn rest(self, now: Instant) -> Option<Duration> {
        let end = self.last + BAN;
        (self.banned && now < end).then(|| end - now)
    }

    fn is_over(self, now: Instant) -> bool {
        if self.banned {
            self.rest(now).is_none()
        } else {
            now >= self.last + IDLE
        }
    }
}

impl Bans {
    /// How long an address is still banned.
    pub(super) fn rest(&self, address: IpAddr) -> Option<Duration> {
        let records = self.lock();
        let record = records.get(&network(address))?;
        record.rest(Instant::now())
    }

    /// Counts a failure; one during a ban does not make it longer.
    pub(super) fn count(&self, address: IpAddr) {
        let (address, now) = (network(address), Instant::now());
        let mut records = self.lock();
        let known = records.get(&address).copied();
        let known = known.filter(|record| !record.is_over(now));
        if known.is_some_and(|record| record.banned) {
            return;
        }
        let failures = known.map_or(0, |record| record.failures) + 1;
        if known.is_none() {
            make_room(&mut records, now);
        }
        let record = Record {
            failures,
            last: now,
            banned: failures >= FAILURES,
        };
        records.insert(address, record);
        if record.banned {
            tracing::warn!(%address, "too many wrong management keys; banned for half an hour");
        }
    }

    /// Somebody there knew a right key.
    pub(super) fn forgive(&self, address: IpAddr) {
        self.lock().remove(&network(address));
    }

    /// A panic of another holder left the records whole: each is replaced in one step.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is over, else the one that has been quiet for longest.
fn make_room(records: &mut HashMap<IpAddr, Record>, now: Instant) {
    if records.len() < CAPACITY {
        return;
    }
    records.retain(|_, record| !record.is_over(now));
    if records.len() < CAPACITY {
        return;
    }
    // Those who are banned stay for as long as there are others.
    let oldest = records
        .iter()
        .min_by_key(|(_, record)| (record.banned, record.last));
    if let Some(address) = oldest.map(|(address, _)| *address) {
        records.remove(&address);
    }
}

/// One customer of a provider has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::from((address.to_bits() & !u128::from(u64::MAX)).to_be_bytes())
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fail(bans: &Bans, text: &str, times: u32) -> Option<Duration> {
        for _ in 0..times {
            bans.count(address(text));
        }
        bans.rest(address(text))
    }

    #[tokio::test(start_paused = true)]
    async fn the_fifth_failure_in_a_row_bans_for_half_an_hour() {
        let bans = Bans::default();
        assert_eq!(fail(&bans, "192.0.2.1", 4), None);
        assert_eq!(fail(&bans, "192.0.2.1", 1), Some(BAN));
        assert_eq!(bans.rest(address("192.0.2.2")), None);
        assert_eq!(bans.rest(address("::ffff:192.0.2.1")), Some(BAN));
        advance(Duration::from_secs(60)).await;
        let rest = fail(&bans, "192.0.2.1", 9);
        assert_eq!(
            rest,
            Some(BAN - Duration::from_secs(60)),
            "it does not grow"
        );
        advance(BAN).await;
        assert_eq!(fail(&bans, "192.0.2.1", 4), None, "counting starts over");
        assert_eq!(fail(&bans, "192.0.2.1", 1), Some(BAN));
    }

    #[tokio::test(start_paused = true)]
    async fn success_and_time_forget_failures() {
        let bans = Bans::default();
        fail(&bans, "192.0.2.1", 4);
        bans.forgive(address("192.0.2.1"));
        assert_eq!(fail(&bans, "192.0.2.1", 4), None);
        advance(IDLE).await;
        assert_eq!(fail(&bans, "192.0.2.1", 4), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_the_sixth_version_is_one_address() {
        let bans = Bans::default();
        for host in 1..=5 {
            bans.count(address(&format!("2001:db8:1:2::{host}")));
        }
        assert!(bans.rest(address("2001:db8:1:2:ffff::9")).is_some());
        assert!(bans.rest(address("2001:db8:1:3::1")).is_none());
        fail(&bans, "::1", 5);
        assert!(
            bans.rest(address("::2")).is_none(),
            "loopback is no network"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_is_bounded_and_keeps_the_banned() {
        let bans = Bans::default();
        fail(&bans, "198.51.100.1", 5);
        for number in 0..10_000_u32 {
            bans.count(IpAddr::from((0x0a00_0000 + number).to_be_bytes()));
        }
        assert!(bans.lock().len() <= CAPACITY);
        assert!(bans.rest(address("198.51.100.1")).is_some());
    }
}
