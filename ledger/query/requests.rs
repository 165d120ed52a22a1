//! Single requests.

use super::Range;
use crate::record::{Outcome, RequestId, Row};
use crate::{Ledger, LedgerError};

/// The most rows of a page.
const LARGEST_PAGE: usize = 1_000;

/// Which requests are wanted; what is none does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// When they began.
    pub range: Range,
    /// The id of the client key.
    pub key: Option<String>,
    /// The provider.
    pub provider: Option<String>,
    /// The credential.
    pub credential: Option<String>,
    /// The model, as it was asked for or as it was served.
    pub model: Option<String>,
    /// The kind of the failure.
    pub error: Option<String>,
    /// How they ended.
    pub outcome: Option<Outcome>,
}

/// Some requests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The requests. There can be few, or none, although more follow.
    pub rows: Vec<Row>,
    /// Where the next page begins; none at the end.
    pub next: Option<RequestId>,
}

impl Ledger {
    /// A page of requests: at most `limit` of them (and no more than 1,000), the newest first, from `cursor` on, which is
    /// [`Page::next`] of the page before. Looks at a bounded number of rows.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn requests(
        &self,
        filter: &Filter,
        cursor: Option<RequestId>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        let (from, until) = filter.range.ids();
        let to = cursor.map_or(until, |cursor| cursor.min(until));
        let limit = limit.clamp(1, LARGEST_PAGE);
        let (rows, next) = self.ask(|reader| reader.page(filter, (from, to), limit))?;
        Ok(Page { rows, next })
    }

    /// The request of an id, or the newest one of the beginning of an id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn request(&self, id: &str) -> Result<Option<Row>, LedgerError> {
        let Some((first, last)) = bounds(id) else {
            return Ok(None);
        };
        let ids = (first, last.next());
        let (mut rows, _) = self.ask(|reader| reader.page(&Filter::default(), ids, 1))?;
        Ok(rows.pop())
    }
}

/// The smallest and the largest id with a beginning.
fn bounds(beginning: &str) -> Option<(RequestId, RequestId)> {
    if beginning.is_empty() || beginning.len() > 36 {
        return None;
    }
    let digits: String = beginning.chars().filter(|char| *char != '-').collect();
    let fill = |digit: char| {
        let rest = 32_usize.checked_sub(digits.len())?;
        let rest: String = std::iter::repeat_n(digit, rest).collect();
        RequestId::parse(&format!("{digits}{rest}"))
    };
    Some((fill('0')?, fill('f')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_stands_for_all_that_begin_so() {
        let (first, last) = bounds("019a-c").unwrap();
        assert_eq!(first.to_string(), "019ac000000000000000000000000000");
        assert_eq!(last.to_string(), "019acfffffffffffffffffffffffffff");
        for wrong in ["", "x", "é", &"0".repeat(33), &"0".repeat(99)] {
            assert_eq!(bounds(wrong), None, "{wrong}");
        }
    }
}
