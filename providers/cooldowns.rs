//! Cooldowns that outlive the program: one small file, without any secret.
//!
//! What a provider said is not kept: nobody knows what it may quote.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use modelgate_config::save;
use modelgate_dialects::Str;
use serde::{Deserialize, Serialize};

use crate::health::Bar;
use crate::{CallErrorKind, CredentialKey, Healths, Moment};

/// The form of the file.
const VERSION: u32 = 1;
/// Bars that are over sooner are not worth a file.
const SHORTEST: Duration = Duration::from_secs(5);
/// Bars that are kept: those that last longest.
const MOST: usize = 10_000;
/// Most bytes of a file.
const LARGEST: u64 = 8 << 20;
/// What is told of a bar that was read.
const MESSAGE: &str = "it failed before modelgate was started again";

/// One bar of one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// Whose it is.
    pub credential: CredentialKey,
    /// The model, by the upstream's name; none: all of them.
    pub model: Option<Str>,
    /// The bar.
    pub bar: Bar,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    cooldowns: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    credential: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    kind: String,
    status: u16,
    failures: u32,
    #[serde(with = "rfc3339")]
    until: SystemTime,
}

/// The cooldowns that are worth keeping, in a steady order.
#[must_use]
pub fn of(healths: &Healths, now: Moment) -> Vec<Cooldown> {
    let least = now.after(SHORTEST);
    let mut all = healths.cooldowns();
    all.retain(|one| one.bar.until > least && one.bar.until != Moment::NEVER);
    all.sort_by(|a, b| {
        (b.bar.until, a.credential, &a.model).cmp(&(a.bar.until, b.credential, &b.model))
    });
    all.truncate(MOST);
    all
}

/// The cooldowns of a file that are not over, each for at most so long. A file that is missing has none.
///
/// # Errors
/// When it cannot be read, or is no such file.
pub fn load(path: &Path, longest: Duration, now: Moment) -> io::Result<Vec<Cooldown>> {
    let wall = SystemTime::now();
    let cooldown = |line: Line| {
        let left = line.until.duration_since(wall).ok()?;
        Some(Cooldown {
            credential: CredentialKey::parse(&line.credential)?,
            model: line.model.map(Str::from),
            bar: Bar::kept(
                CallErrorKind::from_name(&line.kind)?,
                line.status,
                Str::from_static(MESSAGE),
                line.failures,
                now,
                now.after(left.min(longest)),
            ),
        })
    };
    let lines = lines(path)?.into_iter();
    Ok(lines.filter_map(cooldown).take(MOST).collect())
}

/// Writes the cooldowns to a file. Those of credentials that are not known here stay in it: a gateway with another
/// configuration may share it.
///
/// # Errors
/// When it cannot be written.
pub fn store(path: &Path, healths: &Healths, now: Moment) -> io::Result<()> {
    let wall = SystemTime::now();
    let line = |one: Cooldown| Line {
        credential: one.credential.to_string(),
        model: one.model.as_deref().map(str::to_owned),
        kind: one.bar.kind.name().to_owned(),
        status: one.bar.status,
        failures: one.bar.failures,
        until: wall + one.bar.until.since(now),
    };
    // A file that cannot be read is replaced.
    let others = load(path, Duration::MAX, now)
        .unwrap_or_default()
        .into_iter();
    let others = others.filter(|one| !healths.knows(one.credential));
    let all = of(healths, now).into_iter().chain(others).take(MOST);
    let kept = Kept {
        version: VERSION,
        cooldowns: all.map(line).collect(),
    };
    let text = serde_json::to_string(&kept).map_err(io::Error::other)?;
    save(path, &(text + "\n"))
}

fn lines(path: &Path) -> io::Result<Vec<Line>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    let kept: Kept = serde_json::from_slice(&text)?;
    if kept.version != VERSION {
        let message = format!("it has the form {}, not {VERSION}", kept.version);
        return Err(io::Error::other(message));
    }
    Ok(kept.cooldowns)
}

/// A moment as people read it.
mod rfc3339 {
    use std::time::SystemTime;

    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_rfc3339_millis(*time))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use modelgate_dialects::ir::{Error, ErrorKind};

    use super::*;
    use crate::CallError;
    use crate::health::{Cooling, Standing};

    const COOLING: Cooling = Cooling {
        max: Duration::from_secs(3600),
        transient: Duration::from_secs(60),
        disabled: false,
    };

    fn key(secret: &str) -> CredentialKey {
        CredentialKey::new("p", "https://host", secret)
    }

    /// Healths in which these credentials failed now, to be asked again after so many seconds.
    fn failed(of: &[(&str, ErrorKind, u64)]) -> Healths {
        let healths = Healths::default();
        let now = Moment::now();
        for (secret, kind, seconds) in of {
            let mut error = Error::new(*kind, "sk-secret is limited");
            error.retry_after = Some(Duration::from_secs(*seconds));
            let error = CallError::answered("p".into(), error);
            let health = healths.of(key(secret));
            health.on_failure(&"m".into(), &error, now, &COOLING, now);
        }
        healths
    }

    fn keep(healths: &Healths, path: &Path) {
        store(path, healths, Moment::now()).unwrap();
    }

    fn kept(path: &Path) -> Vec<Cooldown> {
        load(path, Duration::from_secs(3600), Moment::now()).unwrap()
    }

    fn restored(path: &Path) -> Healths {
        let healths = Healths::default();
        healths.restore(kept(path));
        healths
    }

    #[test]
    fn cooldowns_come_back_as_wide_and_as_long_as_they_were() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cooldowns.json");
        let healths = failed(&[
            ("limited", ErrorKind::RateLimit, 300),
            ("refused", ErrorKind::Authentication, 0),
            ("soon", ErrorKind::RateLimit, 2),
        ]);
        keep(&healths, &path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("sk-secret"), "{text}");
        let back = restored(&path);
        let now = Moment::now();
        let wait = |secret: &str, model: &str| match back.of(key(secret)).standing(model, now) {
            Standing::Barred { until, soft: false } => until.since(now).as_secs(),
            _ => 0,
        };
        assert!((290..=300).contains(&wait("limited", "m")));
        assert_eq!(wait("limited", "other"), 0);
        assert!((50..=60).contains(&wait("refused", "other")));
        assert_eq!(wait("soon", "m"), 0);
        let bar = back.of(key("refused")).report().all.unwrap();
        assert_eq!((bar.kind, bar.status), (CallErrorKind::Unauthorized, 401));
        assert_eq!(bar.failures, 1);
    }

    #[test]
    fn what_is_over_is_ignored_and_what_is_no_such_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cooldowns.json");
        assert_eq!(kept(&path), []);
        let line = |until: &str, kind: &str| {
            format!(
                r#"{{"version":1,"cooldowns":[{{"credential":"00000000000000ff","kind":"{kind}","status":429,"failures":1,"until":"{until}"}}]}}"#
            )
        };
        for (text, count) in [
            (line("2020-01-01T00:00:00Z", "rate_limited"), 0),
            (line("2999-01-01T00:00:00Z", "rate_limited"), 1),
            (line("2999-01-01T00:00:00Z", "of_a_later_version"), 0),
        ] {
            fs::write(&path, text).unwrap();
            let cooldowns = kept(&path);
            assert_eq!(cooldowns.len(), count);
            let latest = Moment::now().after(Duration::from_secs(3600));
            assert!(cooldowns.iter().all(|one| one.bar.until <= latest));
        }
        for text in ["", "{", r#"{"version":2,"cooldowns":[]}"#] {
            fs::write(&path, text).unwrap();
            let outcome = load(&path, Duration::MAX, Moment::now());
            assert!(outcome.is_err(), "{text}");
            keep(&Healths::default(), &path);
            assert_eq!(kept(&path), [], "it is replaced");
        }
    }

    #[test]
    fn another_gateways_cooldowns_stay_and_our_own_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cooldowns.json");
        keep(&failed(&[("theirs", ErrorKind::RateLimit, 300)]), &path);
        let healths = failed(&[("ours", ErrorKind::RateLimit, 300)]);
        keep(&healths, &path);
        assert_eq!(kept(&path).len(), 2);
        healths.of(key("ours")).clear();
        keep(&healths, &path);
        let left = kept(&path);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].credential, key("theirs"));
    }
}
