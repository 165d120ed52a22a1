//! What a run found: rows that know how they are judged, and what they say in JSON.

use serde::Serialize;

use crate::contender::Contender;
use crate::machine::Machine;
use crate::statistics::Spread;
use crate::workload::Goal;

use self::grid::Grid;

pub(crate) mod grid;
pub(crate) mod table;

/// Everything one run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// How it was measured, in a sentence.
    pub(crate) method: String,
    pub(crate) groups: Vec<Group>,
    /// The pairs of dialects, where they were measured.
    pub(crate) grids: Vec<Grid>,
}

/// Rows that belong together.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// One measurement of everyone, and what became of its goal.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) judge: Judge,
    pub(crate) yardstick: Option<Spread>,
    pub(crate) gateway: Option<Spread>,
    /// What is held against the goal.
    pub(crate) judged: Option<Spread>,
    pub(crate) goal: Option<Goal>,
    pub(crate) verdict: Verdict,
    /// The other gateway build, and the gateway's ratio to it.
    pub(crate) other: Option<Spread>,
    pub(crate) against_other: Option<Spread>,
    /// Why there are no numbers.
    pub(crate) failure: Option<String>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Microseconds of CPU per request.
    Micros,
    /// Requests per second.
    PerSecond,
    /// Milliseconds over asking the upstream directly.
    AddedMillis,
    Millis,
    Kilobytes,
    Megabytes,
    /// Of a core.
    Percent,
    Streams,
    Requests,
    /// Growth of resident memory, in sizes of the request.
    Sizes,
}

/// What is compared with the goal, round by round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Judge {
    /// The gateway's value divided by the yardstick's.
    Ratio,
    /// The gateway's value less the yardstick's.
    Excess,
    /// The gateway's value.
    Value,
}

/// What became of a goal; medians decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Aim,
    Reach,
    Missed,
    Failed,
    /// There is no goal.
    Unjudged,
}

/// One value per round of every contender.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    yardstick: Vec<f64>,
    gateway: Vec<f64>,
    other: Vec<f64>,
}

impl Series {
    /// Adds a contender's next round.
    pub(crate) fn push(&mut self, contender: Contender, value: f64) {
        match contender {
            Contender::Yardstick => self.yardstick.push(value),
            Contender::Gateway => self.gateway.push(value),
            Contender::Other => self.other.push(value),
        }
    }
}

impl Row {
    /// A row of what was measured.
    pub(crate) fn new(
        name: impl Into<String>,
        unit: Unit,
        judge: Judge,
        goal: Option<Goal>,
        series: &Series,
    ) -> Self {
        let Series {
            yardstick,
            gateway,
            other,
        } = series;
        let judged = match judge {
            Judge::Ratio => Spread::of_pairs(gateway, yardstick, |ours, theirs| ours / theirs),
            Judge::Excess => Spread::of_pairs(gateway, yardstick, |ours, theirs| ours - theirs),
            Judge::Value => Spread::of(gateway),
        };
        Self {
            name: name.into(),
            unit,
            judge,
            yardstick: Spread::of(yardstick),
            gateway: Spread::of(gateway),
            judged,
            goal,
            verdict: Verdict::of(judged, goal),
            other: Spread::of(other),
            against_other: Spread::of_pairs(gateway, other, |ours, theirs| ours / theirs),
            failure: None,
        }
    }

    /// A row without numbers, because somebody answered wrongly or not at all.
    pub(crate) fn failed(name: impl Into<String>, unit: Unit, error: &anyhow::Error) -> Self {
        Self {
            name: name.into(),
            unit,
            judge: Judge::Value,
            yardstick: None,
            gateway: None,
            judged: None,
            goal: None,
            verdict: Verdict::Failed,
            other: None,
            against_other: None,
            failure: Some(format!("{error:#}")),
        }
    }
}

impl Verdict {
    fn of(judged: Option<Spread>, goal: Option<Goal>) -> Self {
        match (judged, goal) {
            (Some(judged), Some(goal)) if judged.median <= goal.aim => Self::Aim,
            (Some(judged), Some(goal)) if judged.median <= goal.reach => Self::Reach,
            (_, Some(_)) => Self::Missed,
            (_, None) => Self::Unjudged,
        }
    }
}

impl Report {
    /// Whether a row has this verdict.
    pub(crate) fn has(&self, verdict: Verdict) -> bool {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let cells = self.grids.iter().flat_map(Grid::rows);
        rows.chain(cells).any(|row| row.verdict == verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(yardstick: &[f64], gateway: &[f64]) -> Series {
        Series {
            yardstick: yardstick.to_vec(),
            gateway: gateway.to_vec(),
            other: Vec::new(),
        }
    }

    #[track_caller]
    fn check(judge: Judge, series: &Series, median: f64, verdict: Verdict) {
        let row = Row::new("x", Unit::Micros, judge, Some(Goal::new(1.5, 1.0)), series);
        assert!((row.judged.unwrap().median - median).abs() < 1e-9);
        assert_eq!(row.verdict, verdict);
    }

    #[test]
    fn rounds_are_compared_in_pairs_and_the_median_decides() {
        let drifting = series(&[10.0, 20.0, 40.0], &[12.0, 24.0, 80.0]);
        check(Judge::Ratio, &drifting, 1.2, Verdict::Reach);
        check(Judge::Excess, &drifting, 4.0, Verdict::Missed);
        check(Judge::Value, &series(&[], &[0.5]), 0.5, Verdict::Aim);
    }

    #[test]
    fn a_goal_of_zero_can_be_met() {
        let goal = Some(Goal::new(0.0, 0.0));
        let row = Row::new(
            "left",
            Unit::Streams,
            Judge::Value,
            goal,
            &series(&[], &[0.0]),
        );
        assert_eq!(row.verdict, Verdict::Aim);
    }

    #[test]
    fn no_numbers_is_not_a_success() {
        let goal = Some(Goal::new(1.0, 1.0));
        let row = Row::new("x", Unit::Micros, Judge::Ratio, goal, &Series::default());
        assert_eq!(row.verdict, Verdict::Missed);
        let failed = Row::failed("x", Unit::Micros, &anyhow::anyhow!("status 500"));
        assert_eq!(failed.verdict, Verdict::Failed);
    }
}
