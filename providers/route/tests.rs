use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use modelgate_dialects::ir::{Error, ErrorKind};
use proptest::prelude::{Just, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::credential::Urls;
use crate::forge::{Forge, Healths};
use crate::health::Cooling;
use crate::{CallError, ProviderKind};

const NOW: Moment = Moment::at(1_000_000);
const COOLING: Cooling = Cooling {
    max: Duration::from_secs(3600),
    transient: Duration::from_secs(60),
    disabled: false,
};

/// A route over members of these priorities and weights, named by their numbers in the configuration.
fn route(members: &[(i32, i64)]) -> Route {
    let healths = Healths::default();
    let mut forge = Forge::new(&healths);
    let member = |(number, (priority, weight)): (usize, &(i32, i64))| {
        let urls = Urls::Operations(Box::default());
        let mut credential = forge.built_in(&format!("c{number}"), ProviderKind::Demo, urls);
        (credential.priority, credential.weight) = (*priority, *weight);
        let target = Arc::new(crate::demo::target(&credential, "m"));
        Candidate {
            credential: Arc::new(credential),
            target,
            responses: Responses::Never,
        }
    };
    Route::new(members.iter().enumerate().map(member).collect())
}

fn same(count: usize) -> Route {
    route(&vec![(0, 1); count])
}

fn name(route: &Route, index: usize) -> &str {
    route.member(index).credential.id.as_str()
}

fn fail(route: &Route, index: usize, kind: ErrorKind) {
    let error = CallError::answered("p".into(), Error::new(kind, "x"));
    let member = route.member(index);
    let health = &member.credential.health;
    health.on_failure(&member.target.model, &error, NOW, &COOLING, NOW);
}

fn choosing(strategy: Strategy) -> Choosing<'static> {
    Choosing {
        strategy,
        bound: None,
        tried: &[],
        fits: &|_| true,
        dry: false,
        now: NOW,
    }
}

fn index(choice: Choice) -> usize {
    match choice {
        Choice::Member { index, .. } => index,
        Choice::Nobody { .. } => panic!("nobody is left"),
    }
}

fn turns(route: &Route, strategy: Strategy, count: usize) -> Vec<usize> {
    (0..count)
        .map(|_| index(route.choose(&choosing(strategy))))
        .collect()
}

#[test]
fn members_take_turns() {
    let route = same(3);
    assert_eq!(
        turns(&route, Strategy::RoundRobin, 7),
        [0, 1, 2, 0, 1, 2, 0]
    );
    assert_eq!(turns(&route, Strategy::FillFirst, 3), [0, 0, 0]);
}

#[test]
fn whoever_is_barred_loses_its_turn_to_the_next() {
    let route = same(4);
    fail(&route, 1, ErrorKind::RateLimit);
    fail(&route, 2, ErrorKind::Overloaded);
    assert_eq!(turns(&route, Strategy::RoundRobin, 4), [0, 3, 0, 3]);
    fail(&route, 0, ErrorKind::Authentication);
    assert_eq!(turns(&route, Strategy::FillFirst, 2), [3, 3]);
}

#[test]
fn turns_are_in_proportion_to_weights_and_evenly_spread() {
    let route = route(&[(0, 5), (0, 1), (0, 1), (0, 0), (0, -3)]);
    let turns = turns(&route, Strategy::WeightedRoundRobin, 14);
    let count = |wanted: usize| turns.iter().filter(|turn| **turn == wanted).count();
    assert_eq!([0, 1, 2, 3, 4].map(count), [10, 2, 2, 0, 0]);
    assert_ne!(turns[..5], [0; 5], "not all at once");
}

#[test]
fn the_highest_priority_with_somebody_well_serves() {
    let route = route(&[(0, 1), (10, 1), (10, 1), (-1, 1)]);
    let names = |route: &Route, count| -> Vec<String> {
        let turns = turns(route, Strategy::RoundRobin, count);
        turns
            .into_iter()
            .map(|index| name(route, index).to_owned())
            .collect()
    };
    assert_eq!(names(&route, 3), ["c1", "c2", "c1"]);
    fail(&route, 0, ErrorKind::RateLimit);
    assert_eq!(names(&route, 2), ["c2", "c2"]);
    fail(&route, 1, ErrorKind::RateLimit);
    assert_eq!(names(&route, 2), ["c0", "c0"]);
    fail(&route, 2, ErrorKind::RateLimit);
    assert_eq!(names(&route, 1), ["c3"]);
}

#[test]
fn a_session_stays_where_it_is_unless_that_is_barred() {
    let route = route(&[(10, 1), (0, 1), (0, 1)]);
    let key = route.member(2).credential.key;
    for place in [2, 0, 99] {
        let bound = Some(Bound { key, index: place });
        let choice = route.choose(&Choosing {
            bound,
            ..choosing(Strategy::RoundRobin)
        });
        assert_eq!(
            choice,
            Choice::Member {
                index: 2,
                why: Why::Bound
            }
        );
    }
    fail(&route, 2, ErrorKind::RateLimit);
    let bound = Some(Bound { key, index: 2 });
    let choice = route.choose(&Choosing {
        bound,
        ..choosing(Strategy::RoundRobin)
    });
    assert_eq!(
        choice,
        Choice::Member {
            index: 0,
            why: Why::Turn
        }
    );
}

#[test]
fn a_bar_that_is_over_is_tried_by_one_request() {
    let route = same(2);
    fail(&route, 0, ErrorKind::RateLimit);
    let later = Choosing {
        now: NOW.after(Duration::from_secs(1)),
        ..choosing(Strategy::FillFirst)
    };
    assert_eq!(
        route.choose(&later),
        Choice::Member {
            index: 0,
            why: Why::Trial
        }
    );
    assert_eq!(
        route.choose(&later),
        Choice::Member {
            index: 1,
            why: Why::Turn
        }
    );
    fail(&route, 1, ErrorKind::Billing);
    let choice = route.choose(&later);
    assert_eq!(
        choice,
        Choice::Member {
            index: 0,
            why: Why::LastResort
        },
        "it may do well"
    );
}

#[test]
fn a_dry_run_takes_nobodys_turn() {
    for strategy in [
        Strategy::RoundRobin,
        Strategy::WeightedRoundRobin,
        Strategy::FillFirst,
    ] {
        let route = same(3);
        fail(&route, 0, ErrorKind::RateLimit);
        let later = Choosing {
            now: NOW.after(Duration::from_secs(1)),
            ..choosing(strategy)
        };
        for _ in 0..4 {
            let expected = route.choose(&Choosing { dry: true, ..later });
            assert_eq!(route.choose(&Choosing { dry: true, ..later }), expected);
            assert_eq!(route.choose(&later), expected, "{strategy:?}");
        }
    }
}

#[test]
fn passing_trouble_is_better_than_nobody() {
    let route = same(3);
    fail(&route, 0, ErrorKind::RateLimit);
    fail(&route, 1, ErrorKind::Overloaded);
    fail(&route, 2, ErrorKind::Authentication);
    let all = choosing(Strategy::RoundRobin);
    assert_eq!(
        route.choose(&all),
        Choice::Member {
            index: 1,
            why: Why::LastResort
        }
    );
    let tried = Choosing { tried: &[1], ..all };
    let retry_at = Some(NOW.after(Duration::from_secs(1)));
    assert_eq!(route.choose(&tried), Choice::Nobody { retry_at });
}

#[test]
fn whoever_has_to_log_in_again_is_never_waited_for() {
    let route = same(1);
    route.member(0).credential.health.shut("log in".into(), NOW);
    let choice = route.choose(&choosing(Strategy::RoundRobin));
    assert_eq!(choice, Choice::Nobody { retry_at: None });
    assert_eq!(
        Route::new(Vec::new()).choose(&choosing(Strategy::FillFirst)),
        Choice::Nobody { retry_at: None }
    );
}

fn strategies() -> impl proptest::prelude::Strategy<Value = Strategy> {
    prop_oneof![
        Just(Strategy::RoundRobin),
        Just(Strategy::WeightedRoundRobin),
        Just(Strategy::FillFirst)
    ]
}

proptest! {
    #[test]
    fn weights_converge(weights in prop::collection::vec(1..20_i64, 1..12)) {
        let members: Vec<_> = weights.iter().map(|weight| (0, *weight)).collect();
        let route = route(&members);
        let total: i64 = weights.iter().sum();
        let rounds = 50;
        let count = usize::try_from(total).unwrap() * rounds;
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for turn in turns(&route, Strategy::WeightedRoundRobin, count) {
            *counts.entry(turn).or_default() += 1;
        }
        for (index, weight) in weights.iter().enumerate() {
            let expected = usize::try_from(*weight).unwrap() * rounds;
            prop_assert!(counts[&index].abs_diff(expected) <= 1, "{weights:?} {counts:?}");
        }
    }

    /// However a request gets around, it meets everybody who is well before it gives up, and nobody twice.
    #[test]
    fn nobody_who_is_well_is_left_out(
        strategy in strategies(),
        members in prop::collection::vec((-2..3_i32, 1..5_i64, 0..4_u8), 1..20),
        bound in 0..20_usize,
        begun in 0..40_usize,
    ) {
        let plain: Vec<_> = members.iter().map(|(priority, weight, _)| (*priority, *weight)).collect();
        let route = route(&plain);
        let _ = turns(&route, strategy, begun);
        let kinds = [None, Some(ErrorKind::RateLimit), Some(ErrorKind::Overloaded), Some(ErrorKind::Billing)];
        let state = |index: usize| {
            let name = name(&route, index)[1..].parse::<usize>().unwrap();
            kinds[usize::from(members[name].2)]
        };
        for index in 0..members.len() {
            if let Some(kind) = state(index) {
                fail(&route, index, kind);
            }
        }
        let bound = (bound < route.len()).then(|| route.member(bound)).map(|member| Bound { key: member.credential.key, index: bound });
        let mut tried = Vec::new();
        loop {
            let choice = route.choose(&Choosing { bound, tried: &tried, ..choosing(strategy) });
            let Choice::Member { index, .. } = choice else { break };
            prop_assert!(!tried.contains(&index));
            tried.push(index);
        }
        for index in 0..members.len() {
            let refused = matches!(state(index), Some(ErrorKind::RateLimit | ErrorKind::Billing));
            prop_assert_eq!(tried.contains(&index), !refused, "{}", index);
        }
    }
}
