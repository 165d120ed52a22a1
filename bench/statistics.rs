//! The little arithmetic the report needs: percentiles of samples, medians of rounds.

use serde::Serialize;

/// The value below which `share` (0 to 1) of the samples lie, by nearest rank; sorts the samples.
pub(crate) fn percentile(samples: &mut [f64], share: f64) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    let rank = (share * samples.len() as f64).ceil() as usize;
    samples.get(rank.saturating_sub(1)).copied()
}

/// What several rounds said: their median, and how far they lay apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Summarises one value per round; `None` when there was no round.
    pub(crate) fn of(rounds: &[f64]) -> Option<Self> {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Some(Self { median, min, max })
    }

    /// Summarises what `combine` makes of the two values of each round; a round it can make nothing
    /// of, such as nought by nought, does not count.
    pub(crate) fn of_pairs(
        left: &[f64],
        right: &[f64],
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<Self> {
        let rounds: Vec<f64> = left
            .iter()
            .zip(right)
            .map(|(left, right)| combine(*left, *right))
            .filter(|combined| combined.is_finite())
            .collect();
        Self::of(&rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut samples, 0.5), Some(50.0));
        assert_eq!(percentile(&mut samples, 0.99), Some(99.0));
        assert_eq!(percentile(&mut samples, 1.0), Some(100.0));
        assert_eq!(percentile(&mut [7.0], 0.0), Some(7.0));
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn a_spread_keeps_the_median_and_both_ends() {
        let spread = Spread::of(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn pairs_are_combined_round_by_round() {
        let ratio = Spread::of_pairs(&[2.0, 30.0], &[1.0, 10.0], |a, b| a / b).unwrap();
        assert_eq!((ratio.min, ratio.max), (2.0, 3.0));
        assert_eq!(Spread::of_pairs(&[0.0], &[0.0], |a, b| a / b), None);
    }
}
