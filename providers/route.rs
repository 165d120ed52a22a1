//! Who serves a model, and whose turn it is.
//!
//! Choosing is a function of the route, the health of its members, what the request has tried, and the time; the only state
//! is whose turn it is. It costs the same with one member and with ten thousand as long as most of them are well.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use modelgate_config::model::Strategy;
use modelgate_dialects::Target;

use crate::catalog::{Candidate, Member, Responses};
use crate::credential::{Credential, CredentialKey};
use crate::health::Standing;
use crate::moment::Moment;

/// The steps of a member of weight 1; those of others are so many times shorter. A common multiple of small weights.
const STEP: u128 = 1_000_000 * 360_360;

/// The members that serve one name of a model.
#[derive(Debug)]
pub struct Route {
    members: Arc<Members>,
    /// What the members call the model; many in a row call it the same.
    runs: Box<[Run]>,
    tiers: Box<[Tier]>,
}

/// Credentials by priority, the highest first; in the order of the configuration within one. Routes with the same ones
/// share them.
#[derive(Debug)]
pub(crate) struct Members(Box<[Arc<Credential>]>);

/// Members that stand one behind the other and call the model the same.
#[derive(Debug)]
pub(crate) struct Run {
    /// The number of the member behind the last one.
    pub(crate) end: usize,
    pub(crate) target: Arc<Target>,
    pub(crate) responses: Responses,
}

/// Members of one priority.
#[derive(Debug)]
struct Tier {
    members: Range<usize>,
    /// Turns taken, for round robin.
    turn: AtomicUsize,
    /// Made when the strategy needs it.
    weighted: OnceLock<Mutex<Weighted>>,
}

/// What a choice depends on.
#[derive(Clone, Copy)]
pub struct Choosing<'a> {
    /// How members take turns.
    pub strategy: Strategy,
    /// Where the session is.
    pub bound: Option<Bound>,
    /// Members that the request has tried, by number.
    pub tried: &'a [usize],
    /// Whether a member can do what is asked for.
    pub fits: &'a dyn Fn(Member<'_>) -> bool,
    /// Nobody is asked: no turn and no trial is taken.
    pub dry: bool,
    /// The present.
    pub now: Moment,
}

/// The credential that a session is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Which.
    pub key: CredentialKey,
    /// The number it had in the route; another one after a new configuration.
    pub index: usize,
}

/// Who is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A member, by number.
    Member {
        /// Its number.
        index: usize,
        /// Why it.
        why: Why,
    },
    /// Nobody is left. When the first that is barred can be tried again, if any is.
    Nobody {
        /// The soonest end of a bar.
        retry_at: Option<Moment>,
    },
}

/// Why a member is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The session is at it.
    Bound,
    /// It is its turn.
    Turn,
    /// Its bar is over, and this request is the trial.
    Trial,
    /// Nobody is well; it has the least against it.
    LastResort,
}

impl Why {
    /// For a person who asks about a request that is over.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Bound => "the conversation was there",
            Self::Turn => "it was its turn",
            Self::Trial => "its rest was over, and somebody had to try it",
            Self::LastResort => "nobody was well, and it had the least against it",
        }
    }

    /// For a person who asks what would be.
    #[must_use]
    pub const fn in_words_ahead(self) -> &'static str {
        match self {
            Self::Bound => "the conversation is there",
            Self::Turn => "it would be its turn",
            Self::Trial => "its rest is over, and somebody has to try it",
            Self::LastResort => "nobody is well, and it has the least against it",
        }
    }
}

impl Route {
    /// A route over members in the order of the configuration.
    #[must_use]
    pub fn new(mut members: Vec<Candidate>) -> Self {
        members.sort_by_key(|member| Reverse(member.credential.priority));
        let credentials = members.iter().map(|member| Arc::clone(&member.credential));
        let credentials = Members::new(credentials.collect());
        let runs = members.into_iter().enumerate().map(|(index, member)| Run {
            end: index + 1,
            target: member.target,
            responses: member.responses,
        });
        Self::over(Arc::new(credentials), runs)
    }

    /// A route over members that others may have too. The runs follow each other and cover all of them.
    pub(crate) fn over(members: Arc<Members>, runs: impl Iterator<Item = Run>) -> Self {
        let mut joined: Vec<Run> = Vec::new();
        for run in runs {
            match joined.last_mut() {
                Some(last) if last.is_like(&run) => last.end = run.end,
                _ => joined.push(run),
            }
        }
        let chunks = members.0.chunk_by(|a, b| a.priority == b.priority);
        let mut begin = 0;
        let tiers = chunks.map(|chunk| {
            let members = begin..begin + chunk.len();
            begin = members.end;
            Tier {
                members,
                turn: AtomicUsize::new(0),
                weighted: OnceLock::new(),
            }
        });
        Self {
            tiers: tiers.collect(),
            runs: joined.into(),
            members,
        }
    }

    /// How many members there are. Never none.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it would never be true")]
    pub fn len(&self) -> usize {
        self.members.0.len()
    }

    /// The member of a number below [`Route::len`].
    #[must_use]
    pub fn member(&self, index: usize) -> Member<'_> {
        let run = self.runs.partition_point(|run| run.end <= index);
        let run = &self.runs[run];
        Member {
            credential: &self.members.0[index],
            target: &run.target,
            responses: run.responses,
        }
    }

    /// Whether the members are kept once for both.
    #[cfg(test)]
    pub(crate) fn shares_members_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.members, &other.members)
    }

    /// The members, by their numbers.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'_>> {
        (0..self.len()).map(|index| self.member(index))
    }

    /// What a member may be used for now.
    #[must_use]
    pub fn standing(&self, index: usize, now: Moment) -> Standing {
        let member = self.member(index);
        member.credential.health.standing(&member.target.model, now)
    }

    /// Chooses a member, and takes its turn or its trial.
    #[must_use]
    pub fn choose(&self, choosing: &Choosing<'_>) -> Choice {
        let bound = choosing.bound.and_then(|bound| self.find(bound, choosing));
        if let Some(index) = bound {
            let why = Why::Bound;
            return Choice::Member { index, why };
        }
        let usable = |index: usize| self.usable(index, choosing);
        let mut tiers = self.tiers.iter();
        let found = tiers.find_map(|tier| match choosing.strategy {
            Strategy::RoundRobin => tier.round_robin(choosing.dry, usable),
            Strategy::WeightedRoundRobin => tier.weighted(choosing.dry, &self.members.0, usable),
            Strategy::FillFirst => tier
                .members
                .clone()
                .find_map(|index| Some((index, usable(index)?))),
        });
        match found {
            Some((index, why)) => Choice::Member { index, why },
            None => self.last_resort(choosing),
        }
    }

    /// The member at which a session is, if it can be used.
    fn find(&self, bound: Bound, choosing: &Choosing<'_>) -> Option<usize> {
        let is_it = |index: usize| self.members.0[index].key == bound.key;
        let index = Some(bound.index)
            .filter(|index| *index < self.len() && is_it(*index))
            .or_else(|| (0..self.len()).find(|index| is_it(*index)))?;
        self.usable(index, choosing).map(|_| index)
    }

    /// Why a member may have its turn; none when it may not.
    fn usable(&self, index: usize, choosing: &Choosing<'_>) -> Option<Why> {
        if choosing.tried.contains(&index) || !(choosing.fits)(self.member(index)) {
            return None;
        }
        match self.standing(index, choosing.now) {
            Standing::Free => Some(Why::Turn),
            Standing::Due => {
                let member = self.member(index);
                let health = &member.credential.health;
                let taken = choosing.dry || health.try_again(&member.target.model, choosing.now);
                taken.then_some(Why::Trial)
            }
            Standing::OnTrial | Standing::Barred { .. } => None,
        }
    }

    /// The member that has least against it, when nobody is well: one that somebody is trying, or else the one whose passing
    /// trouble is over first.
    fn last_resort(&self, choosing: &Choosing<'_>) -> Choice {
        let mut best: Option<(Moment, usize)> = None;
        let mut retry_at: Option<Moment> = None;
        for index in 0..self.len() {
            if !(choosing.fits)(self.member(index)) {
                continue;
            }
            let (until, soft) = match self.standing(index, choosing.now) {
                Standing::Barred { until, soft } => (until, soft),
                Standing::OnTrial | Standing::Due | Standing::Free => (Moment::at(0), true),
            };
            if choosing.tried.contains(&index) {
                if until > choosing.now {
                    retry_at = Some(retry_at.map_or(until, |known| known.min(until)));
                }
                continue;
            }
            if soft {
                best = Some(best.map_or((until, index), |known| known.min((until, index))));
            } else {
                retry_at = Some(retry_at.map_or(until, |known| known.min(until)));
            }
        }
        match best {
            Some((_, index)) => Choice::Member {
                index,
                why: Why::LastResort,
            },
            None => Choice::Nobody {
                retry_at: retry_at.filter(|at| *at != Moment::NEVER),
            },
        }
    }
}

impl Members {
    /// Credentials that are sorted by priority.
    pub(crate) fn new(credentials: Vec<Arc<Credential>>) -> Self {
        Self(credentials.into())
    }
}

impl Run {
    fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.target, &other.target) && self.responses == other.responses
    }
}

impl Tier {
    /// The next from where the last turn was taken. Members that are passed over lose their turn, so that the next request
    /// need not pass over them again.
    fn round_robin(
        &self,
        dry: bool,
        usable: impl Fn(usize) -> Option<Why>,
    ) -> Option<(usize, Why)> {
        let count = self.members.len();
        let turn = self.turn.fetch_add(usize::from(!dry), Ordering::Relaxed);
        for passed in 0..count {
            let index = self.members.start + turn.wrapping_add(passed) % count;
            if let Some(why) = usable(index) {
                if passed > 0 && !dry {
                    self.turn
                        .fetch_max(turn.wrapping_add(passed + 1), Ordering::Relaxed);
                }
                return Some((index, why));
            }
        }
        None
    }

    fn weighted(
        &self,
        dry: bool,
        members: &[Arc<Credential>],
        usable: impl Fn(usize) -> Option<Why>,
    ) -> Option<(usize, Why)> {
        let weighted = self.weighted.get_or_init(|| {
            let weights = self
                .members
                .clone()
                .map(|index| (index, members[index].weight));
            Mutex::new(Weighted::new(weights))
        });
        let mut weighted = weighted.lock().unwrap_or_else(PoisonError::into_inner);
        if dry {
            return weighted.clone().next(|index| members[index].weight, usable);
        }
        weighted.next(|index| members[index].weight, usable)
    }
}

/// Turns in proportion to weights, evenly spread: each member walks in steps that are shorter the more it weighs, and the
/// one that is furthest behind is next.
#[derive(Debug, Clone)]
struct Weighted {
    places: BinaryHeap<Reverse<(u128, usize)>>,
}

impl Weighted {
    fn new(weights: impl Iterator<Item = (usize, i64)>) -> Self {
        let places =
            weights.filter_map(|(index, weight)| Some(Reverse((step(weight)? / 2, index))));
        Self {
            places: places.collect(),
        }
    }

    /// The next that can be used. Whoever cannot loses the turn.
    fn next(
        &mut self,
        weight: impl Fn(usize) -> i64,
        usable: impl Fn(usize) -> Option<Why>,
    ) -> Option<(usize, Why)> {
        let mut passed = Vec::new();
        let mut found = None;
        while found.is_none() {
            let Some(Reverse((place, index))) = self.places.pop() else {
                break;
            };
            found = usable(index).map(|why| (index, why));
            passed.push((place, index));
        }
        // Whoever was passed over has lost this turn, and nothing else.
        for (place, index) in passed {
            let place = place + step(weight(index)).unwrap_or(STEP);
            self.places.push(Reverse((place, index)));
        }
        found
    }
}

/// A weight of 0 or less takes part in no turn.
fn step(weight: i64) -> Option<u128> {
    let weight = u128::try_from(weight).ok().filter(|weight| *weight > 0)?;
    Some(STEP / weight)
}

#[cfg(test)]
mod tests;
