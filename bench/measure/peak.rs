//! One big request: how much resident memory grows on its way through.

use anyhow::{Context, Result};

use super::Effort;
use crate::client::Connection;
use crate::contender::{Contender, Stage};
use crate::report::{Judge, Row, Series, Unit};
use crate::workload::{Exchange, Workload};

/// Memory has to be measured more than once, though not as often as time.
const MAX_ROUNDS: usize = 3;

/// Sends one request through a fresh process of every contender, in rounds; the value is the peak of
/// resident memory over what was resident before, divided by the request's size.
pub(crate) fn peak(stage: &Stage, workload: &Workload, effort: Effort) -> Row {
    let name = workload.name.as_str();
    match in_rounds(stage, workload, effort) {
        Ok(series) => Row::new(name, Unit::Sizes, Judge::Value, workload.goal, &series),
        Err(error) => Row::failed(name, Unit::Sizes, &error),
    }
}

fn in_rounds(stage: &Stage, workload: &Workload, effort: Effort) -> Result<Series> {
    let mut series = Series::default();
    for _ in 0..effort.rounds.min(MAX_ROUNDS) {
        for contender in stage.contenders() {
            let exchange = stage.exchange(contender, workload);
            let growth = growth(stage, contender, exchange);
            series.push(contender, growth.with_context(|| format!("{contender:?}"))?);
        }
    }
    Ok(series)
}

fn growth(stage: &Stage, contender: Contender, exchange: &Exchange) -> Result<f64> {
    let process = stage.start(contender)?;
    process.forget_peak()?;
    let before = process.rss_kb()?;
    exchange.probe(&mut Connection::open(process.address)?)?;
    let grown = process.peak_kb()? - before;
    Ok(grown * 1024.0 / exchange.request.len() as f64)
}
