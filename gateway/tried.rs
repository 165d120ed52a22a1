//! What has been tried for a request, who is next, and how each one did.

use std::sync::Arc;

use modelgate_config::Config;
use modelgate_dialects::Str;
use modelgate_providers::{
    Bound, CallError, Candidate, Choice, Choosing, Cooling, Health, Member, Moment, Why,
};

use crate::plan::Plan;

/// Most attempts of one request, however many credentials there are.
const BUDGET: usize = 64;

/// What has been tried for a request.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// Members of the route, by number, in this round.
    tried: Vec<usize>,
    /// Attempts in all rounds.
    attempts: usize,
    /// Rounds in which somebody was asked, before this one.
    rounds: u32,
}

/// Who is asked next.
pub(crate) enum Next {
    /// This one.
    Candidate(Candidate, Trying),
    /// Nobody; when the first that is barred can be tried again.
    Nobody(Option<Moment>),
}

/// A candidate that is being asked. Its outcome is told to its health; without one it counts as nothing.
#[derive(Debug)]
pub(crate) struct Trying {
    health: Arc<Health>,
    model: Str,
    began: Moment,
    cooling: Cooling,
    pub(crate) bound: Bound,
    /// Why this one.
    pub(crate) why: Why,
    told: bool,
}

impl Tried {
    /// The next candidate of the plan's route that fits.
    pub(crate) fn next(&mut self, plan: &Plan, fits: &dyn Fn(Member<'_>) -> bool) -> Next {
        let config = &plan.snapshot.config;
        let most = match config.max_retry_credentials {
            0 => BUDGET,
            most => most.min(BUDGET),
        };
        let now = Moment::now();
        if self.tried.len() >= most || self.attempts >= BUDGET {
            return Next::Nobody(None);
        }
        let fits = |member: Member<'_>| fits(member) && rounds_of(member, config) >= self.rounds;
        let choice = plan.route.choose(&Choosing {
            strategy: config.routing.strategy,
            bound: plan.bound,
            tried: &self.tried,
            fits: &fits,
            dry: false,
            now,
        });
        let (index, why) = match choice {
            Choice::Member { index, why } => (index, why),
            Choice::Nobody { retry_at } => return Next::Nobody(retry_at),
        };
        self.tried.push(index);
        self.attempts += 1;
        let candidate = plan.route.member(index).to_candidate();
        let trying = Trying {
            health: Arc::clone(&candidate.credential.health),
            model: candidate.target.model.clone(),
            began: now,
            cooling: cooling(&candidate, config),
            bound: Bound {
                key: candidate.credential.key,
                index,
            },
            why,
            told: false,
        };
        Next::Candidate(candidate, trying)
    }

    /// Goes over to the next round; false when nobody takes part in it. A round in which nobody was asked yet goes on.
    pub(crate) fn next_round(&mut self, plan: &Plan) -> bool {
        self.tried.clear();
        self.rounds += u32::from(self.attempts > 0);
        let config = &plan.snapshot.config;
        let takes_part = |member| rounds_of(member, config) >= self.rounds;
        plan.route.members().any(takes_part)
    }
}

/// The last round, counted from 0, that a member takes part in.
fn rounds_of(member: Member<'_>, config: &Config) -> u32 {
    let own = member.credential.request_retry;
    own.unwrap_or(config.request_retry)
}

fn cooling(candidate: &Candidate, config: &Config) -> Cooling {
    let routing = &config.routing;
    let own = candidate.credential.cooling_disabled;
    Cooling {
        max: routing.max_cooldown,
        transient: routing.transient_cooldown,
        disabled: own.unwrap_or(routing.cooling_disabled),
    }
}

impl Trying {
    /// The candidate has answered, or begun to.
    pub(crate) fn succeeded(&mut self) {
        self.told = true;
        self.health.on_success(&self.model);
    }

    /// The candidate has failed, before its answer or in the middle of it.
    pub(crate) fn failed(&mut self, error: &CallError) {
        self.told = true;
        let now = Moment::now();
        let (model, cooling) = (&self.model, &self.cooling);
        let bar = self
            .health
            .on_failure(model, error, self.began, cooling, now);
        if let Some(bar) = bar {
            tracing::debug!(model = %self.model, kind = bar.kind.name(), seconds = bar.until.since(now).as_secs(), failures = bar.failures, "barred");
        }
    }

    /// An operation beside answers has failed. What that says of answers is only what it says of the whole account.
    pub(crate) fn failed_beside(&mut self, error: &CallError) {
        if error.bars_everything() {
            self.failed(error);
        }
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        if !self.told {
            self.health.on_nothing(&self.model);
        }
    }
}
