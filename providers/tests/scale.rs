//! What ten thousand accounts cost. In a process of its own, so that its memory can be measured.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use modelgate_providers::{AccountKind, Accounts};

const ACCOUNTS: usize = 10_000;

/// Most bytes of an account, with all that belongs to it.
const LARGEST: usize = 3 * 1024;

/// A debug build on a busy machine; a release build takes a twentieth of it.
const LONGEST: Duration = Duration::from_secs(20);

/// Random-looking text: the same letter over and over would be no test of anything that looks into it.
fn token(seed: usize, length: usize) -> String {
    let signs = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    let mut state = seed as u64 + 1;
    let sign = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        signs[(state >> 58) as usize] as char
    };
    (0..length).map(sign).collect()
}

/// A file as the family writes it: a Claude account, or every fourth time a Codex account with two long tokens.
fn write(directory: &Path, number: usize) {
    let (kind, access, id) = match number % 4 {
        0 => (AccountKind::Codex, 1900, 1500),
        _ => (AccountKind::Claude, 108, 0),
    };
    let (access, id, refresh) = (token(number, access), token(number, id), token(number, 108));
    let json = format!(
        r#"{{"access_token":"{access}","account_id":"8f7c3b6e-{number}","disabled":false,"email":"user{number}@example.com",
"expired":"2026-01-02T03:04:05+08:00","id_token":"{id}","last_refresh":"2026-01-01T03:04:05+08:00",
"refresh_token":"{refresh}","type":"{kind}"}}"#
    );
    fs::write(
        directory.join(format!("{kind}-user{number}@example.com.json")),
        json,
    )
    .unwrap();
}

/// Bytes of this process in memory, where the system tells.
fn resident() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[test]
fn ten_thousand_accounts_are_small_and_quick_to_read() {
    let directory = tempfile::tempdir().unwrap();
    (0..ACCOUNTS).for_each(|number| write(directory.path(), number));
    let (before, begin) = (resident(), Instant::now());
    let accounts = Accounts::open(directory.path()).unwrap();
    let took = begin.elapsed();
    assert_eq!(accounts.snapshot().accounts().len(), ACCOUNTS);
    println!("{ACCOUNTS} accounts read in {took:?}");
    assert!(took < LONGEST, "{took:?}");
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = (after - before) / ACCOUNTS;
        println!("{each} bytes for each");
        assert!(each < LARGEST, "{each} bytes");
    }
    let begin = Instant::now();
    accounts
        .set_disabled("claude-user1@example.com.json", true)
        .unwrap();
    println!("one changed in {:?}", begin.elapsed());
}
