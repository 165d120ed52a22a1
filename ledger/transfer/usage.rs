//! The family's document of usage, written as it is read.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::to_writer;

use super::{Detail, UNKNOWN};
use crate::query::{Hours, Range};
use crate::record::Row;
use crate::sqlite::{Reader, Share};
use crate::{Ledger, LedgerError};

/// Which requests are listed one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// All of the time.
    All,
    /// The newest so many of the time.
    Newest(u64),
}

impl Ledger {
    /// Writes the answer of `GET /usage` about a stretch of time, to the day in UTC: the sums of everything, days and hours of
    /// `zone`, and requests one by one. What it needs of memory does not grow with the requests.
    ///
    /// # Errors
    /// When the ledger cannot be read or the output not written.
    pub fn write_usage(
        &self,
        range: &Range,
        details: Details,
        zone: &TimeZone,
        out: &mut impl Write,
    ) -> Result<(), LedgerError> {
        self.ask(|reader| {
            reader.at_once(|reader| {
                let sums = Sums::read(reader, range, zone)?;
                write!(
                    out,
                    "{{\"failed_requests\":{},\"usage\":",
                    sums.total.failed
                )?;
                sums.write(reader, details, out)?;
                write!(out, "}}")?;
                Ok(())
            })
        })
    }

    /// Writes the answer of `GET /usage/export` about a stretch of time, to the day in UTC, with every request of it.
    ///
    /// # Errors
    /// When the ledger cannot be read or the output not written.
    pub fn write_export(
        &self,
        range: &Range,
        zone: &TimeZone,
        out: &mut impl Write,
    ) -> Result<(), LedgerError> {
        self.ask(|reader| {
            reader.at_once(|reader| {
                let now = Timestamp::now();
                write!(out, "{{\"version\":1,\"exported_at\":\"{now}\",\"usage\":")?;
                Sums::read(reader, range, zone)?.write(reader, Details::All, out)?;
                write!(out, "}}")?;
                Ok(())
            })
        })
    }
}

/// Labels and models in the order of their letters: the order in which details are read.
type Apis = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Share>>;

struct Sums {
    range: Range,
    total: Share,
    apis: Apis,
    /// Requests and tokens by date and by the hour of the day.
    days: BTreeMap<String, (u64, u64)>,
    hours: BTreeMap<String, (u64, u64)>,
}

impl Sums {
    fn read(reader: &Reader, range: &Range, zone: &TimeZone) -> Result<Self, LedgerError> {
        let hours = Hours::of(range).whole_days();
        let mut sums = Self {
            range: hours.range(range),
            total: Share::default(),
            apis: Apis::new(),
            days: BTreeMap::new(),
            hours: BTreeMap::new(),
        };
        for ([key, model], share) in reader.shares(hours.days())? {
            let api = reader.key(key)?.map(|key| Arc::clone(key.label()));
            let model = reader.name(model)?;
            let models = sums.apis.entry(api.unwrap_or_else(|| UNKNOWN.into()));
            let model = models
                .or_default()
                .entry(model.unwrap_or_else(|| UNKNOWN.into()));
            model.or_default().add(share);
            sums.total.add(share);
        }
        for (time, totals) in hours.by_hour(reader)? {
            let local = time.to_zoned(zone.clone());
            let day = sums.days.entry(local.date().to_string()).or_default();
            let hour = sums
                .hours
                .entry(format!("{:02}", local.hour()))
                .or_default();
            for (requests, tokens) in [day, hour] {
                *requests += totals.requests;
                *tokens += totals.tokens;
            }
        }
        Ok(sums)
    }

    fn write(
        &self,
        reader: &Reader,
        details: Details,
        out: &mut impl Write,
    ) -> Result<(), LedgerError> {
        let total = &self.total;
        write!(
            out,
            "{{\"total_requests\":{},\"success_count\":{},\"failure_count\":{},\"total_tokens\":{},\"apis\":{{",
            total.requests,
            total.requests.saturating_sub(total.failed),
            total.failed,
            total.tokens,
        )?;
        let newest = match details {
            Details::All => None,
            Details::Newest(count) => Some(count),
        };
        let mut tree = Tree::new(&self.apis, out);
        reader.each_by_label(self.range.ids(), newest, |row| tree.detail(row))?;
        tree.finish()?;
        write!(out, "}}")?;
        let of = |sums: &BTreeMap<String, (u64, u64)>, which: fn(&(u64, u64)) -> u64| {
            let sums = sums.iter().map(|(name, sums)| (name.clone(), which(sums)));
            sums.collect::<BTreeMap<String, u64>>()
        };
        for (name, sums) in [
            ("requests_by_day", of(&self.days, |sums| sums.0)),
            ("tokens_by_day", of(&self.days, |sums| sums.1)),
            ("requests_by_hour", of(&self.hours, |sums| sums.0)),
            ("tokens_by_hour", of(&self.hours, |sums| sums.1)),
        ] {
            write!(out, ",\"{name}\":")?;
            json(out, &sums)?;
        }
        write!(out, "}}")?;
        Ok(())
    }
}

/// Writes labels, below them models, and below those details, each when its turn comes.
struct Tree<'a, W> {
    out: &'a mut W,
    apis: &'a Apis,
    models: std::vec::IntoIter<(&'a str, &'a str, &'a Share)>,
    open: Option<(&'a str, &'a str)>,
    /// Whether the open model has a detail.
    listed: bool,
}

impl<'a, W: Write> Tree<'a, W> {
    fn new(apis: &'a Apis, out: &'a mut W) -> Self {
        let models = apis.iter().flat_map(|(api, models)| {
            let model = |(model, totals)| (&**api, &**<&'a Arc<str>>::clone(&model), totals);
            models.iter().map(model)
        });
        Self {
            out,
            apis,
            models: models.collect::<Vec<_>>().into_iter(),
            open: None,
            listed: false,
        }
    }

    /// A row in the order of labels and models. Rows are never kept longer than their sums, so that its place is there.
    fn detail(&mut self, row: &Row) -> Result<(), LedgerError> {
        let detail = Detail::of(row);
        let place = (detail.api, detail.model);
        while self.open.is_none_or(|open| open < place) {
            if !self.advance()? {
                return Ok(());
            }
        }
        if self.open == Some(place) {
            if self.listed {
                write!(self.out, ",")?;
            }
            self.listed = true;
            json(self.out, &detail.wire(row.latency))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), LedgerError> {
        while self.advance()? {}
        Ok(())
    }

    /// Closes the model that is open and opens the next one; false when there is none.
    fn advance(&mut self) -> Result<bool, LedgerError> {
        let next = self.models.next();
        let api = next.map(|(api, ..)| api);
        let before = self.open.map(|(api, _)| api);
        if before.is_some() {
            write!(self.out, "]}}")?;
            if api != before {
                write!(self.out, "}}}}")?;
            }
        }
        let Some((api, model, totals)) = next else {
            self.open = None;
            return Ok(false);
        };
        if before.is_some() {
            write!(self.out, ",")?;
        }
        if before != Some(api) {
            let mut total = Share::default();
            for model in self.apis.get(api).into_iter().flat_map(BTreeMap::values) {
                total.add(*model);
            }
            json(self.out, api)?;
            self.counts(&total)?;
            write!(self.out, ",\"models\":{{")?;
        }
        json(self.out, model)?;
        self.counts(totals)?;
        write!(self.out, ",\"details\":[")?;
        self.open = Some((api, model));
        self.listed = false;
        Ok(true)
    }

    fn counts(&mut self, totals: &Share) -> Result<(), LedgerError> {
        write!(
            self.out,
            ":{{\"total_requests\":{},\"total_tokens\":{}",
            totals.requests, totals.tokens
        )?;
        Ok(())
    }
}

fn json(out: &mut impl Write, value: &(impl serde::Serialize + ?Sized)) -> Result<(), LedgerError> {
    to_writer(out, value).map_err(|error| LedgerError::Io(error.into()))
}
