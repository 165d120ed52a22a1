//! The clock, beside those of the providers.

use std::time::{Duration, SystemTime};

use super::report::{Area, Report};
use super::upstreams::Dated;

const HERE: Area = Area::Clock;
/// Closer than this two clocks need not be.
const CLOSE: Duration = Duration::from_secs(30);
/// From here on tokens that are good look as if they had ended, and the other way round.
const FAR: Duration = Duration::from_secs(300);
/// The program is not older: 1 January 2026.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);
const REMEDY: &str = "set the clock, or let the system do it: timedatectl set-ntp true";

pub(super) fn check(dates: &[Dated], report: &mut Report) {
    if SystemTime::now() < SystemTime::UNIX_EPOCH + EARLIEST {
        report.broken(HERE, "it shows a time in the past", REMEDY);
        return;
    }
    // One provider may be wrong; the one that agrees most is right.
    let Some((skew, ahead)) = dates.iter().map(skew).min() else {
        report.note(
            HERE,
            "no provider told the time, so nothing is known against it",
            None,
        );
        return;
    };
    let which = if ahead { "ahead of" } else { "behind" };
    let what = format!("it is {} seconds {which} the providers'", skew.as_secs());
    if skew >= FAR {
        report.broken(HERE, what, REMEDY);
    } else if skew >= CLOSE {
        report.warning(HERE, what, REMEDY);
    } else {
        report.ok(HERE, "it agrees with the providers'");
    }
}

/// How far our clock is away, and whether it is ahead.
fn skew(dated: &Dated) -> (Duration, bool) {
    match dated.ours.duration_since(dated.theirs) {
        Ok(ahead) => (ahead, true),
        Err(behind) => (behind.duration(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::*;

    #[test]
    fn the_closest_clock_decides() {
        let ours = SystemTime::now();
        let second = Duration::from_secs(1);
        let told = |skews: &[i32]| {
            let dates: Vec<Dated> = skews
                .iter()
                .map(|skew| {
                    let away = second * skew.unsigned_abs();
                    let theirs = if *skew < 0 { ours - away } else { ours + away };
                    Dated { theirs, ours }
                })
                .collect();
            let mut report = Report::default();
            check(&dates, &mut report);
            (report.checks[0].state, report.checks[0].what.clone())
        };
        assert_eq!(told(&[]).0, State::Note);
        assert_eq!(told(&[2, 4000]).0, State::Ok);
        let (state, what) = told(&[-60]);
        assert_eq!(
            (state, &*what),
            (State::Warning, "it is 60 seconds ahead of the providers'")
        );
        let (state, what) = told(&[301, 900]);
        assert_eq!(
            (state, &*what),
            (State::Broken, "it is 301 seconds behind the providers'")
        );
    }
}
