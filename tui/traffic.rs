//! What the last minutes were like: counts for each second, and how long requests took.

use std::collections::VecDeque;

/// Seconds that are kept.
pub(crate) const SPAN: i64 = 300;
/// What the live numbers are about: the last seconds that are over.
pub(crate) const LATELY: i64 = 10;
/// Requests whose times are kept.
const SAMPLES: usize = 4_096;

/// The last minutes.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// One for each second, the oldest first, without gaps.
    seconds: VecDeque<Second>,
    samples: VecDeque<Sample>,
}

/// What happened in a second.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Second {
    /// Seconds since 1970.
    at: i64,
    pub(crate) started: u64,
    pub(crate) ended: u64,
    pub(crate) failed: u64,
    /// Tokens that came from models.
    pub(crate) tokens: f64,
    /// Billionths of a dollar.
    pub(crate) cost: u64,
}

/// How long a request took.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: i64,
    took: u64,
    first: Option<u64>,
}

/// A request that is over, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// When it ended, in seconds since 1970.
    pub(crate) at: i64,
    pub(crate) took_ms: u64,
    pub(crate) first_ms: Option<u64>,
    pub(crate) tokens: u64,
    pub(crate) cost: u64,
    pub(crate) failed: bool,
}

/// Which time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    Whole,
    First,
}

impl Traffic {
    /// Takes in a request that began.
    pub(crate) fn started(&mut self, at: i64) {
        if let Some(second) = self.second(at) {
            second.started += 1;
        }
    }

    /// Takes in a request that is over. Its tokens came between its first byte and its end.
    pub(crate) fn ended(&mut self, ended: Ended) {
        if let Some(second) = self.second(ended.at) {
            second.ended += 1;
            second.failed += u64::from(ended.failed);
            second.cost += ended.cost;
        } else {
            return;
        }
        let streamed = ended.took_ms.saturating_sub(ended.first_ms.unwrap_or(0)) / 1_000;
        let seconds = i64::try_from(streamed).unwrap_or(SPAN).clamp(1, SPAN);
        let share = ended.tokens as f64 / seconds as f64;
        for back in 0..seconds {
            if let Some(second) = self.second(ended.at - back) {
                second.tokens += share;
            }
        }
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(Sample {
            at: ended.at,
            took: ended.took_ms,
            first: ended.first_ms,
        });
    }

    /// Lets time pass, so that silence is seen too.
    pub(crate) fn pass(&mut self, now: i64) {
        self.second(now);
        while self
            .samples
            .front()
            .is_some_and(|sample| sample.at <= now - SPAN)
        {
            self.samples.pop_front();
        }
    }

    /// The second of a time; none where it is too long ago.
    fn second(&mut self, at: i64) -> Option<&mut Second> {
        let newest = self.seconds.back().map(|second| second.at);
        match newest {
            Some(newest) if at > newest => {
                if at - newest >= SPAN {
                    self.seconds.clear();
                }
                let from = self.seconds.back().map_or(at, |second| second.at + 1);
                self.seconds.extend((from..=at).map(Second::new));
            }
            None => self.seconds.push_back(Second::new(at)),
            Some(_) => {}
        }
        // What came late, or before anything else, still has its place.
        let oldest = self.seconds.back()?.at - SPAN + 1;
        while self.seconds.front()?.at > at && at >= oldest {
            let before = self.seconds.front()?.at - 1;
            self.seconds.push_front(Second::new(before));
        }
        while self.seconds.len() as i64 > SPAN {
            self.seconds.pop_front();
        }
        let place = usize::try_from(at - self.seconds.front()?.at).ok()?;
        self.seconds.get_mut(place)
    }

    /// The sum of a count over the last seconds that are over.
    pub(crate) fn lately(&self, now: i64, of: impl Fn(&Second) -> f64) -> f64 {
        let recent = self
            .seconds
            .iter()
            .filter(|second| (now - LATELY..now).contains(&second.at));
        recent.map(of).sum()
    }

    /// The sum of a count over everything that is kept.
    pub(crate) fn sum(&self, of: impl Fn(&Second) -> u64) -> u64 {
        self.seconds.iter().map(of).sum()
    }

    /// A graph in so many columns that ends now: the sums of a count.
    pub(crate) fn graph(&self, now: i64, columns: usize, of: impl Fn(&Second) -> f64) -> Vec<f64> {
        let mut graph = vec![0.0; columns];
        for second in &self.seconds {
            if let Some(column) = column(now, columns, second.at) {
                graph[column] += of(second);
            }
        }
        graph
    }

    /// A graph in so many columns that ends now: a percentile of a time, in milliseconds; none where nothing ended.
    pub(crate) fn time_graph(
        &self,
        now: i64,
        columns: usize,
        timing: Timing,
        percent: usize,
    ) -> Vec<Option<u64>> {
        let mut times: Vec<Vec<u64>> = vec![Vec::new(); columns];
        for sample in &self.samples {
            let time = sample.time(timing);
            if let (Some(column), Some(time)) = (column(now, columns, sample.at), time) {
                times[column].push(time);
            }
        }
        times
            .into_iter()
            .map(|times| percentile(times, percent))
            .collect()
    }

    /// A percentile of a time, in milliseconds.
    pub(crate) fn percentile(&self, timing: Timing, percent: usize) -> Option<u64> {
        let times = self.samples.iter().filter_map(|sample| sample.time(timing));
        percentile(times.collect(), percent)
    }
}

impl Second {
    fn new(at: i64) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }
}

impl Sample {
    fn time(&self, timing: Timing) -> Option<u64> {
        match timing {
            Timing::Whole => Some(self.took),
            Timing::First => self.first,
        }
    }
}

/// Seconds that one column of a graph stands for.
pub(crate) fn step(columns: usize) -> i64 {
    // Two minutes fill a narrow graph; a wide one shows single seconds.
    let columns = i64::try_from(columns.max(1)).unwrap_or(i64::MAX);
    (120 / columns).clamp(1, 10)
}

/// Columns begin at whole multiples of their step, so that a graph moves by columns and does not tremble.
fn column(now: i64, columns: usize, at: i64) -> Option<usize> {
    let step = step(columns);
    let back = now.div_euclid(step) - at.div_euclid(step);
    columns
        .checked_sub(1)?
        .checked_sub(usize::try_from(back).ok()?)
}

fn percentile(mut times: Vec<u64>, percent: usize) -> Option<u64> {
    let rank = (times.len() * percent).div_ceil(100).max(1);
    let rank = rank.min(times.len()).checked_sub(1)?;
    let (_, time, _) = times.select_nth_unstable(rank);
    Some(*time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(at: i64, took_ms: u64, tokens: u64) -> Ended {
        Ended {
            at,
            took_ms,
            first_ms: Some(1_000),
            tokens,
            cost: 5,
            failed: tokens == 0,
        }
    }

    #[test]
    fn what_happened_is_counted_in_its_second() {
        let mut traffic = Traffic::default();
        traffic.started(1_000);
        traffic.started(1_003);
        traffic.ended(ended(1_004, 3_000, 40));
        traffic.ended(ended(1_004, 100, 0));
        traffic.pass(1_005);
        let started = traffic.lately(1_005, |second| second.started as f64);
        assert_eq!(started, 2.0);
        // The tokens came in the two seconds after the first byte.
        let tokens = traffic.graph(1_005, 120, |second| second.tokens);
        assert_eq!(tokens[117..], [20.0, 20.0, 0.0]);
        assert_eq!(traffic.sum(|second| second.failed), 1);
        assert_eq!(traffic.sum(|second| second.cost), 10);
        assert_eq!(traffic.percentile(Timing::Whole, 50), Some(100));
        assert_eq!(traffic.percentile(Timing::First, 95), Some(1_000));
        let slow = traffic.time_graph(1_005, 120, Timing::Whole, 95);
        assert_eq!(slow[117..], [None, Some(3_000), None]);
    }

    #[test]
    fn memory_is_flat_and_what_is_old_is_forgotten() {
        let mut traffic = Traffic::default();
        for at in 0..100_000 {
            traffic.started(at);
            traffic.ended(ended(at, 10, 1));
        }
        assert_eq!(traffic.seconds.len() as i64, SPAN);
        assert!(traffic.samples.len() <= SAMPLES);
        traffic.ended(ended(5, 10, 1));
        assert_eq!(traffic.seconds.len() as i64, SPAN, "too old to matter");
        traffic.pass(1_000_000);
        assert_eq!(traffic.seconds.len(), 1);
        assert_eq!(traffic.percentile(Timing::Whole, 50), None);
    }

    #[test]
    fn history_that_comes_late_finds_its_place() {
        let mut traffic = Traffic::default();
        traffic.pass(1_000);
        traffic.ended(ended(995, 10, 7));
        traffic.ended(ended(400, 10, 7));
        assert_eq!(traffic.lately(1_000, |second| second.tokens), 7.0);
    }
}
