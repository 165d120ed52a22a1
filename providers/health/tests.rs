use modelgate_dialects::ir::{Error, ErrorKind};

use super::*;

const COOLING: Cooling = Cooling {
    max: Duration::from_secs(3600),
    transient: Duration::from_secs(60),
    disabled: false,
};

const M: &str = "m";

fn error(kind: ErrorKind) -> CallError {
    CallError::answered("p".into(), Error::new(kind, "it failed"))
}

fn hinted(kind: ErrorKind, seconds: u64) -> CallError {
    let mut error = error(kind);
    error.error.retry_after = Some(Duration::from_secs(seconds));
    error
}

fn hard(until: u64) -> Standing {
    Standing::Barred {
        until: Moment::at(until),
        soft: false,
    }
}

fn fail(health: &Health, error: &CallError, at: u64) -> u64 {
    let now = Moment::at(at);
    let bar = health.on_failure(&M.into(), error, now, &COOLING, now);
    bar.map_or(0, |bar| bar.until.since(now).as_secs())
}

/// Fails `times` in a row, each time as the trial of the bar before, and gives the waits.
fn waits(error: &CallError, times: usize) -> Vec<u64> {
    let health = Health::default();
    let mut at = 1_000;
    let mut waits = Vec::new();
    for _ in 0..times {
        waits.push(fail(&health, error, at));
        at += 1_000 * (waits.last().unwrap() + 1);
    }
    waits
}

#[test]
fn an_account_that_is_not_for_a_client_is_there_for_others() {
    let error =
        Error::new(ErrorKind::Permission, "not with this").with_code(crate::error::NOT_FOR_CLIENT);
    let error = CallError::answered("p".into(), error);
    assert!(error.may_rotate() && !error.counts() && !error.bars_everything());
    let health = Health::default();
    assert_eq!(fail(&health, &error, 1_000), 0);
    assert_eq!(health.standing(M, Moment::at(1_001)), Standing::Free);
    assert_eq!(health.report().failed, 0);
}

#[test]
fn a_limit_in_money_rests_as_long_as_it_says() {
    assert_eq!(waits(&hinted(ErrorKind::Billing, 900), 2), [900, 900]);
    assert_eq!(waits(&hinted(ErrorKind::Billing, 90_000), 1), [3600]);
}

#[test]
fn each_kind_of_failure_has_its_wait() {
    use ErrorKind::{
        Authentication, Billing, InvalidRequest, NotFound, Overloaded, Permission, RateLimit,
        Server, Timeout, TooLarge,
    };
    for (kind, expected) in [
        (Authentication, [60, 120, 240, 480]),
        (Permission, [60, 120, 240, 480]),
        (NotFound, [60, 120, 240, 480]),
        (Billing, [300, 600, 1200, 1800]),
        (RateLimit, [1, 2, 4, 8]),
        (Overloaded, [1, 2, 4, 8]),
        (Server, [1, 2, 4, 8]),
        (Timeout, [1, 2, 4, 8]),
        (InvalidRequest, [0, 0, 0, 0]),
        (TooLarge, [0, 0, 0, 0]),
    ] {
        assert_eq!(waits(&error(kind), 4), expected, "{kind:?}");
    }
    assert_eq!(waits(&error(Server), 9).last(), Some(&60), "as configured");
    assert_eq!(waits(&error(RateLimit), 20).last(), Some(&1800));
    assert_eq!(waits(&error(Authentication), 9).last(), Some(&1800));
}

#[test]
fn what_the_provider_says_counts_within_the_limit() {
    assert_eq!(waits(&hinted(ErrorKind::RateLimit, 70), 2), [70, 70]);
    assert_eq!(waits(&hinted(ErrorKind::RateLimit, 90_000), 1), [3600]);
    assert_eq!(waits(&hinted(ErrorKind::Overloaded, 300), 1), [300]);
}

#[test]
fn a_bar_is_as_wide_as_its_evidence() {
    let now = Moment::at(1_000);
    for (error, everything) in [
        (error(ErrorKind::Authentication), true),
        (error(ErrorKind::Billing), true),
        (CallError::unreachable("p".into(), "no route"), true),
        (error(ErrorKind::Permission), false),
        (error(ErrorKind::NotFound), false),
        (error(ErrorKind::RateLimit), false),
        (error(ErrorKind::Overloaded), false),
    ] {
        let health = Health::default();
        fail(&health, &error, 1_000);
        let other = health.standing("other", now);
        assert_eq!(other != Standing::Free, everything, "{error}");
        assert!(
            matches!(health.standing(M, now), Standing::Barred { .. }),
            "{error}"
        );
    }
    let mut used_up = error(ErrorKind::RateLimit);
    used_up.wide = true;
    let health = Health::default();
    fail(&health, &used_up, 1_000);
    assert!(matches!(
        health.standing("other", now),
        Standing::Barred { .. }
    ));
}

#[test]
fn after_the_wait_one_call_is_the_trial() {
    let health = Health::default();
    fail(&health, &error(ErrorKind::RateLimit), 1_000);
    let standing = |at| health.standing(M, Moment::at(at));
    assert_eq!(standing(1_999), hard(2_000));
    assert!(!health.try_again(M, Moment::at(1_999)));
    assert_eq!(standing(2_000), Standing::Due);
    assert!(health.try_again(M, Moment::at(2_000)));
    assert!(!health.try_again(M, Moment::at(2_001)), "one is enough");
    assert_eq!(standing(2_001), Standing::OnTrial);
    assert_eq!(
        standing(62_000),
        Standing::Due,
        "nobody knows what became of it"
    );
    health.on_nothing(M);
    assert_eq!(standing(2_002), Standing::Due, "the client left");
    assert!(health.try_again(M, Moment::at(2_003)));
    health.on_success(M);
    assert_eq!(standing(2_004), Standing::Free);
    assert_eq!(
        fail(&health, &error(ErrorKind::RateLimit), 3_000),
        1,
        "it starts over"
    );
}

#[test]
fn calls_of_the_same_moment_make_nothing_worse() {
    let health = Health::default();
    let rate = error(ErrorKind::RateLimit);
    for at in [1_000, 1_010, 1_020] {
        let (began, now) = (Moment::at(900), Moment::at(at));
        let bar = health
            .on_failure(&M.into(), &rate, began, &COOLING, now)
            .unwrap();
        assert_eq!((bar.failures, bar.since), (1, Moment::at(1_000)));
    }
}

#[test]
fn a_bar_never_gets_shorter() {
    let health = Health::default();
    fail(&health, &hinted(ErrorKind::RateLimit, 100), 1_000);
    fail(&health, &hinted(ErrorKind::RateLimit, 1), 2_000);
    assert_eq!(health.standing(M, Moment::at(2_001)), hard(101_000));
}

#[test]
fn nothing_is_barred_where_that_is_switched_off() {
    let health = Health::default();
    let now = Moment::at(1_000);
    let off = Cooling {
        disabled: true,
        ..COOLING
    };
    assert_eq!(
        health.on_failure(&M.into(), &error(ErrorKind::RateLimit), now, &off, now),
        None
    );
    let no_transient = Cooling {
        transient: Duration::ZERO,
        ..COOLING
    };
    let overloaded = hinted(ErrorKind::Overloaded, 9);
    assert_eq!(
        health.on_failure(&M.into(), &overloaded, now, &no_transient, now),
        None
    );
    assert_eq!(health.standing(M, now), Standing::Free);
    assert_eq!(health.report().failed, 2);
}

#[test]
fn a_bar_can_be_cleared_and_reported() {
    let health = Health::default();
    fail(&health, &error(ErrorKind::Authentication), 1_000);
    fail(&health, &error(ErrorKind::NotFound), 1_000);
    let report = health.report();
    assert_eq!(
        report.all.as_ref().map(|bar| bar.kind),
        Some(CallErrorKind::Unauthorized)
    );
    assert_eq!(report.models.len(), 1);
    assert_eq!(&*report.models[0].1.message, "it failed");
    health.clear();
    assert_eq!(health.standing(M, Moment::at(1_001)), Standing::Free);
    health.shut("log in again".into(), Moment::at(2_000));
    assert_eq!(
        health.standing(M, Moment::at(1 << 60)),
        Standing::Barred {
            until: Moment::NEVER,
            soft: false
        }
    );
}

#[test]
fn names_that_clients_make_up_do_not_pile_up() {
    let health = Health::default();
    for number in 0..1_000_u64 {
        let now = Moment::at(1_000 + number);
        let model = Str::from(format!("m{number}"));
        health.on_failure(&model, &error(ErrorKind::NotFound), now, &COOLING, now);
    }
    assert_eq!(health.report().models.len(), MODELS);
}
