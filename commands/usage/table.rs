//! Sums for people, with a bar for the share of each.

use comfy_table::CellAlignment;
use modelgate_management::{UsageGroup, UsageSummary, UsageTotals};

use super::amount::{cost, count};
use crate::columns::columns;
use crate::inert::inert;

/// Characters of the longest bar.
const WIDTH: u64 = 24;
/// Eighths of a block, from none to seven.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// The columns of numbers.
const NUMBERS: std::ops::RangeInclusive<usize> = 1..=7;

pub(super) fn table(summary: &UsageSummary) -> String {
    let name = summary.by.to_uppercase();
    let headings = [
        &*name, "REQUESTS", "FAILED", "INPUT", "CACHED", "OUTPUT", "TOKENS", "COST", "",
    ];
    let worth = worth(summary);
    let most = summary.groups.iter().map(&worth).max().unwrap_or(0);
    let mut rows: Vec<[String; 9]> = Vec::new();
    for group in &summary.groups {
        rows.push(row(label(group), &group.totals, bar(worth(group), most)));
    }
    if summary.groups.len() > 1 {
        rows.push(row("all".to_owned(), &summary.total, String::new()));
    }
    let mut table = columns(Some(headings), rows);
    for index in NUMBERS {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// What bars compare: money, or tokens where nothing has a price, or requests where nothing was counted.
fn worth(summary: &UsageSummary) -> fn(&UsageGroup) -> u64 {
    let total = &summary.total;
    match (total.cost_nanodollars, total.tokens) {
        (1.., _) => |group| group.totals.cost_nanodollars,
        (0, 1..) => |group| group.totals.tokens,
        (0, 0) => |group| group.totals.requests,
    }
}

fn row(name: String, totals: &UsageTotals, bar: String) -> [String; 9] {
    [
        name,
        totals.requests.to_string(),
        totals.failed.to_string(),
        count(totals.input + totals.cache_read + totals.cache_write),
        count(totals.cache_read),
        count(totals.output + totals.reasoning),
        count(totals.tokens),
        cost(totals),
        bar,
    ]
}

fn label(group: &UsageGroup) -> String {
    let text = |text: &Option<String>| text.as_deref().map(|text| inert(text).into_owned());
    match (text(&group.name), text(&group.of)) {
        (Some(name), Some(of)) => format!("{name} ({of})"),
        (Some(name), None) => name,
        (None, _) => "none".to_owned(),
    }
}

fn bar(part: u64, most: u64) -> String {
    let eighths = u128::from(part) * u128::from(WIDTH * 8) / u128::from(most.max(1));
    let (full, rest) = (eighths / 8, eighths % 8);
    let full = "█".repeat(usize::try_from(full).unwrap_or(0));
    let rest = usize::try_from(rest).unwrap_or(0);
    format!("{full}{}", EIGHTHS.get(rest).copied().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(requests: u64, tokens: u64, cost: u64) -> UsageTotals {
        UsageTotals {
            requests,
            failed: requests / 10,
            input: tokens / 2,
            cache_read: tokens / 4,
            output: tokens / 4,
            tokens,
            cost_nanodollars: cost,
            ..UsageTotals::default()
        }
    }

    #[test]
    fn the_dearest_has_the_longest_bar() {
        let group = |name: Option<&str>, of: Option<&str>, totals| UsageGroup {
            name: name.map(str::to_owned),
            of: of.map(str::to_owned),
            totals,
        };
        let summary = UsageSummary {
            since: None,
            until: None,
            by: "key".to_owned(),
            total: totals(112, 1_234_600, 3_600_000_000),
            groups: vec![
                group(
                    Some("1b8a196b2746"),
                    Some("ann"),
                    totals(100, 1_234_000, 3_500_000_000),
                ),
                group(Some("\u{1b}[31m"), None, totals(10, 600, 100_000_000)),
                group(None, None, totals(2, 0, 0)),
            ],
            ledger: Default::default(),
        };
        insta::assert_snapshot!(table(&summary));
    }

    #[test]
    fn bars_are_shares() {
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(1, 1).chars().count(), 24);
        assert_eq!(bar(1, 16), "█▌");
        assert_eq!(bar(u64::MAX, u64::MAX).chars().count(), 24);
    }
}
