//! Requests as they are shown: those that are under way and the latest that are over, each once.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use modelgate_management::RequestSummary;
use modelgate_management::events::{RequestFirstByte, RequestProgress, RequestStarted};
use modelgate_management::requests::Usage;

/// Requests that are kept; the oldest go first.
const KEPT: usize = 2_000;
/// How long a request is believed to be under way whose end may have been missed.
const DOUBT: SignedDuration = SignedDuration::from_mins(5);

/// What came within so many milliseconds says nothing about speed.
const SOON: i64 = 50;

/// Requests by their ids, which are in the order in which they began.
#[derive(Debug, Default, Clone)]
pub(crate) struct Requests {
    rows: BTreeMap<String, Row>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What is known of it so far.
    pub(crate) summary: RequestSummary,
    pub(crate) stage: Stage,
    /// When it was first heard of, by the clock of this machine.
    pub(crate) seen: Timestamp,
    /// Tokens of its answer that have come, while it is under way.
    so_far: Option<SoFar>,
    /// Its end may have been missed.
    doubted: bool,
}

/// Tokens that have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SoFar {
    tokens: u64,
    /// They are the events of its stream, of which many have one token.
    guessed: bool,
}

/// Tokens in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speed {
    pub(crate) tokens: f64,
    /// It is not known exactly.
    pub(crate) guessed: bool,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing of its answer is there yet.
    Waiting,
    /// Its answer is on its way.
    Answering,
    Over,
}

/// What a list of requests is sorted by; always the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    #[default]
    Time,
    Took,
    FirstToken,
    Tokens,
    Cost,
}

impl Requests {
    pub(crate) fn start(&mut self, started: RequestStarted, now: Timestamp) {
        let summary = RequestSummary {
            id: started.id,
            time: started.time,
            client_key: started.client_key,
            client_name: started.client_name,
            dialect: started.dialect,
            model: started.model,
            stream: started.stream,
            status: 0,
            complete: false,
            credential: None,
            provider: None,
            upstream_dialect: None,
            upstream_model: None,
            attempts: 0,
            total_ms: 0,
            first_byte_ms: None,
            usage: Usage::default(),
            cost: None,
            error: None,
        };
        self.put(summary, Stage::Waiting, now);
    }

    pub(crate) fn first_byte(&mut self, first: RequestFirstByte) {
        let Some(row) = self.rows.get_mut(&first.id) else {
            return;
        };
        if row.stage == Stage::Waiting {
            row.stage = Stage::Answering;
            row.summary.first_byte_ms = Some(first.ms);
            row.summary.credential = first.credential;
            row.summary.provider = first.provider;
            row.summary.upstream_dialect = first.upstream_dialect;
            row.summary.upstream_model = first.upstream_model;
        }
    }

    pub(crate) fn progress(&mut self, progress: &RequestProgress) {
        if let Some(row) = self.rows.get_mut(&progress.id)
            && row.stage == Stage::Answering
        {
            // What a provider tells at the beginning of its answer is not what it has sent since.
            let told = progress.tokens.unwrap_or(0);
            row.so_far = Some(SoFar {
                tokens: told.max(progress.chunks),
                guessed: told < progress.chunks,
            });
        }
    }

    /// Takes in a request that is over; tells whether it was not known to be.
    pub(crate) fn end(&mut self, summary: RequestSummary, now: Timestamp) -> bool {
        let known = self.rows.get(&summary.id);
        if known.is_some_and(|row| row.stage == Stage::Over) {
            return false;
        }
        self.put(summary, Stage::Over, now);
        true
    }

    fn put(&mut self, summary: RequestSummary, stage: Stage, now: Timestamp) {
        let known = self.rows.get(&summary.id);
        let row = Row {
            seen: known.map_or(now, |row| row.seen),
            doubted: false,
            so_far: None,
            stage,
            summary,
        };
        self.rows.insert(row.summary.id.clone(), row);
        if self.rows.len() > KEPT {
            self.rows.pop_first();
        }
    }

    /// Some ends were missed: who is under way now may be over.
    pub(crate) fn doubt(&mut self) {
        for row in self.rows.values_mut() {
            row.doubted = row.stage != Stage::Over;
        }
    }

    /// Nobody knows what became of those that were under way.
    pub(crate) fn forget_open(&mut self) {
        self.rows.retain(|_, row| row.stage == Stage::Over);
    }

    /// Gives up those that were doubted for long.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        self.rows
            .retain(|_, row| !row.doubted || now.duration_since(row.seen) < DOUBT);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(id)
    }

    /// Those that are under way, the oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().filter(|row| row.stage != Stage::Over)
    }

    /// Those with all the words of a filter, sorted.
    pub(crate) fn list(&self, filter: &str, sort: Sort) -> Vec<&Row> {
        let filter = filter.to_lowercase();
        let words: Vec<&str> = filter.split_whitespace().collect();
        let newest_first = self.rows.values().rev();
        let mut rows: Vec<&Row> = newest_first
            .filter(|row| words.is_empty() || row.has(&words))
            .collect();
        match sort {
            Sort::Time => {}
            Sort::Took => rows.sort_by_key(|row| Reverse(row.summary.total_ms)),
            Sort::FirstToken => rows.sort_by_key(|row| Reverse(row.summary.first_byte_ms)),
            Sort::Tokens => rows.sort_by_key(|row| Reverse(row.tokens())),
            Sort::Cost => rows.sort_by_key(|row| Reverse(row.cost())),
        }
        rows
    }
}

impl Row {
    /// Since it began, as far as this machine knows.
    pub(crate) fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.seen)
    }

    /// It went wrong, or was cut.
    pub(crate) fn failed(&self) -> bool {
        self.stage == Stage::Over && has_failed(&self.summary)
    }

    /// Tokens of its answer in a second, from the first one on and until now.
    pub(crate) fn speed(&self, now: Timestamp) -> Option<Speed> {
        if self.stage == Stage::Over {
            let tokens = self.tokens_per_second()?;
            let guessed = false;
            return Some(Speed { tokens, guessed });
        }
        let SoFar { tokens, guessed } = self.so_far?;
        let first = i64::try_from(self.summary.first_byte_ms?).ok()?;
        let millis = i64::try_from(self.age(now).as_millis()).ok()? - first;
        (millis >= SOON).then(|| Speed {
            tokens: tokens as f64 * 1_000.0 / millis as f64,
            guessed,
        })
    }

    /// Tokens of its answer in a second, from the first one on.
    fn tokens_per_second(&self) -> Option<f64> {
        let summary = &self.summary;
        let output = summary.usage.output.filter(|output| *output > 0)?;
        let streamed = summary.total_ms.checked_sub(summary.first_byte_ms?)?;
        (streamed >= SOON as u64).then(|| output as f64 * 1_000.0 / streamed as f64)
    }

    /// The status; what is under way has a word instead.
    pub(crate) fn status(&self) -> String {
        let summary = &self.summary;
        match self.stage {
            Stage::Waiting => "wait".to_owned(),
            Stage::Answering => "open".to_owned(),
            Stage::Over if !summary.complete && summary.status < 400 => {
                format!("{} cut", summary.status)
            }
            Stage::Over => summary.status.to_string(),
        }
    }

    fn tokens(&self) -> u64 {
        let usage = self.summary.usage;
        usage.input.unwrap_or(0) + usage.output.unwrap_or(0)
    }

    fn cost(&self) -> Option<u64> {
        self.summary.cost.as_ref()?.nanodollars
    }

    fn has(&self, words: &[&str]) -> bool {
        let summary = &self.summary;
        let status = self.status();
        let optional = [
            &summary.client_name,
            &summary.client_key,
            &summary.credential,
            &summary.provider,
            &summary.upstream_dialect,
            &summary.upstream_model,
            &summary.error,
        ];
        let fields = [&summary.id, &summary.model, &summary.dialect, &status];
        let fields = fields
            .into_iter()
            .chain(optional.into_iter().flatten())
            .map(|field| field.to_lowercase());
        let fields: Vec<String> = fields.collect();
        words
            .iter()
            .all(|word| fields.iter().any(|field| field.contains(word)))
    }
}

/// Whether a request that is over went wrong. Who left early did not fail.
pub(crate) fn has_failed(summary: &RequestSummary) -> bool {
    summary.status != 499 && (summary.status >= 400 || summary.error.is_some())
}

impl Sort {
    pub(crate) const ALL: [Self; 5] = [
        Self::Time,
        Self::Took,
        Self::FirstToken,
        Self::Tokens,
        Self::Cost,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Took => "took",
            Self::FirstToken => "first token",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
        }
    }

    pub(crate) fn next(self) -> Self {
        let place = Self::ALL.iter().position(|sort| *sort == self);
        let next = place.map_or(0, |place| (place + 1) % Self::ALL.len());
        Self::ALL[next]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn started(id: &str) -> RequestStarted {
        RequestStarted {
            id: id.to_owned(),
            time: NOW,
            client_name: None,
            client_key: Some("Laptop".to_owned()),
            dialect: "chat".to_owned(),
            model: "sonnet".to_owned(),
            stream: true,
        }
    }

    fn ended(id: &str, total_ms: u64) -> RequestSummary {
        let text = format!(
            r#"{{"id":"{id}","time":"1970-01-01T00:00:00Z","dialect":"claude","model":"opus","stream":true,"status":200,
                "complete":true,"attempts":1,"total_ms":{total_ms},"first_byte_ms":1000,"usage":{{"output":50}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn ids(rows: &[&Row]) -> Vec<String> {
        rows.iter().map(|row| row.summary.id.clone()).collect()
    }

    #[test]
    fn a_request_goes_from_waiting_to_over_once() {
        let mut requests = Requests::default();
        requests.start(started("1"), NOW);
        assert_eq!(requests.get("1").unwrap().status(), "wait");
        let first = RequestFirstByte {
            id: "1".to_owned(),
            credential: Some("c".to_owned()),
            provider: Some("p".to_owned()),
            upstream_dialect: None,
            upstream_model: None,
            ms: 7,
        };
        requests.first_byte(first.clone());
        let row = requests.get("1").unwrap();
        assert_eq!(
            (row.stage, row.summary.first_byte_ms),
            (Stage::Answering, Some(7))
        );
        assert_eq!(requests.open().count(), 1);
        assert!(requests.end(ended("1", 3_500), NOW));
        assert!(!requests.end(ended("1", 3_500), NOW), "counted once");
        requests.first_byte(first);
        let row = requests.get("1").unwrap();
        assert_eq!(
            (row.stage, row.tokens_per_second()),
            (Stage::Over, Some(20.0))
        );
        assert_eq!(requests.open().count(), 0);
    }

    #[test]
    fn the_speed_of_an_answer_is_that_until_now() {
        let mut requests = Requests::default();
        requests.start(started("1"), NOW);
        let progress = |tokens| RequestProgress {
            id: "1".to_owned(),
            ms: 2_000,
            chunks: 40,
            tokens,
            bytes: 1,
        };
        requests.progress(&progress(None));
        let later = |millis| NOW + SignedDuration::from_millis(millis);
        let speed = |requests: &Requests, millis| requests.get("1").unwrap().speed(later(millis));
        assert_eq!(speed(&requests, 2_000), None, "nothing has begun");
        let first = r#"{"id":"1","ms":1000}"#;
        requests.first_byte(serde_json::from_str(first).unwrap());
        assert_eq!(speed(&requests, 1_010), None);
        for (told, millis, tokens, guessed) in [
            (None, 2_000, 40.0, true),
            (Some(1), 3_000, 20.0, true),
            (Some(90), 2_000, 90.0, false),
            (Some(90), 4_000, 30.0, false),
        ] {
            requests.progress(&progress(told));
            let expected = Speed { tokens, guessed };
            assert_eq!(speed(&requests, millis), Some(expected), "{told:?}");
        }
        requests.end(ended("1", 3_500), NOW);
        requests.progress(&progress(None));
        let over = speed(&requests, 9_000).unwrap();
        assert_eq!((over.tokens, over.guessed), (20.0, false));
    }

    #[test]
    fn lists_are_filtered_and_sorted() {
        let mut requests = Requests::default();
        requests.end(ended("1", 9_000), NOW);
        requests.end(ended("2", 1_000), NOW);
        requests.start(started("3"), NOW);
        let list = |filter: &str, sort| ids(&requests.list(filter, sort));
        assert_eq!(list("", Sort::Time), ["3", "2", "1"]);
        assert_eq!(list("", Sort::Took), ["1", "2", "3"]);
        assert_eq!(list("LAPTOP son", Sort::Time), ["3"]);
        assert_eq!(list("opus 200", Sort::Time), ["2", "1"]);
        assert!(list("opus laptop", Sort::Time).is_empty());
        let mut sort = Sort::default();
        for _ in Sort::ALL {
            sort = sort.next();
        }
        assert_eq!(sort, Sort::Time);
    }

    #[test]
    fn memory_is_flat_and_missed_ends_do_not_stay() {
        let mut requests = Requests::default();
        for id in 0..10_000 {
            requests.start(started(&format!("{id:05}")), NOW);
        }
        assert_eq!(requests.open().count(), KEPT);
        requests.doubt();
        requests.start(started("99999"), NOW);
        let later = NOW + DOUBT;
        requests.pass(later);
        assert_eq!(requests.open().count(), 1, "who came later is no doubt");
        requests.forget_open();
        assert_eq!(requests.open().count(), 0);
    }

    #[test]
    fn who_left_early_did_not_fail() {
        let mut summary = ended("1", 1);
        assert!(!has_failed(&summary));
        summary.status = 499;
        assert!(!has_failed(&summary));
        summary.status = 503;
        assert!(has_failed(&summary));
    }
}
