//! Ten keys of one provider under load, and the upstream of one is killed: how many requests are lost.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::Effort;
use crate::contender::{Contender, Stage};
use crate::load::through;
use crate::report::{Judge, Row, Series, Unit};
use crate::wire::{Dialect, MODEL_TEN};
use crate::workload::{Exchange, Goal};

/// Its name in arguments.
pub(crate) const NAME: &str = "one-of-ten-killed";

const KEYS: usize = 10;
/// A loss has to be looked for more than once, though not as often as time is measured.
const MAX_ROUNDS: usize = 3;

/// The requests that were lost in each round.
pub(crate) fn killed(stage: &Stage, effort: Effort) -> Row {
    let mut series = Series::default();
    for _ in 0..effort.rounds.min(MAX_ROUNDS) {
        match lost(stage, effort) {
            Ok(lost) => series.push(Contender::Gateway, lost as f64),
            Err(error) => return Row::failed(NAME, Unit::Requests, &error),
        }
    }
    let goal = Some(Goal::new(0.0, 0.0));
    Row::new(NAME, Unit::Requests, Judge::Value, goal, &series)
}

fn lost(stage: &Stage, effort: Effort) -> Result<u64> {
    let victim = stage.start_upstream()?;
    let mut lines = String::new();
    for key in 0..KEYS {
        let upstream = if key == 0 { &victim } else { &stage.upstream };
        // Writing to a String cannot fail.
        let _ = write!(
            lines,
            "  - api-key: key-{key}\n    base-url: http://{}\n    models: [{{name: {MODEL_TEN}}}]\n",
            upstream.address
        );
    }
    let gateway = stage.start_with(Contender::Gateway, &lines)?;
    let exchange = Exchange::whole(Dialect::Claude, MODEL_TEN);
    let before = victim.cpu()?;
    let mut worked = false;
    let tally = through(&gateway, &exchange, effort.window * 4, || {
        worked = victim.cpu()? > before;
        drop(victim);
        Ok(())
    })?;
    ensure!(worked, "nobody asked the upstream that was killed");
    ensure!(tally.answered > 0, "no request was answered");
    Ok(tally.lost)
}
