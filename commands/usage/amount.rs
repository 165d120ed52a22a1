//! Numbers as people read them.

use modelgate_management::UsageTotals;

/// A count in at most four digits: `999`, `12.3k`, `4.56M`.
pub(super) fn count(number: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| number >= *unit) else {
        return number.to_string();
    };
    let hundredths = number / (unit / 100);
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    match whole {
        0..10 => format!("{whole}.{rest:02}{name}"),
        10..100 => format!("{whole}.{}{name}", rest / 10),
        _ => format!("{whole}{name}"),
    }
}

/// What sums cost: `-` where nothing of it has a price.
pub(super) fn cost(totals: &UsageTotals) -> String {
    if totals.requests > 0 && totals.unpriced == totals.requests {
        return "-".to_owned();
    }
    let mark = if totals.estimated > 0 || totals.unpriced > 0 {
        "~"
    } else {
        ""
    };
    format!("{mark}{}", dollars(totals.cost_nanodollars))
}

/// An amount, to the cent; a small one to its second digit.
fn dollars(nanodollars: u64) -> String {
    let cents = nanodollars.saturating_add(5_000_000) / 10_000_000;
    if nanodollars == 0 || cents >= 10 {
        return format!("${}.{:02}", cents / 100, cents % 100);
    }
    let micros = nanodollars.saturating_add(500) / 1_000;
    match micros {
        0 => "<$0.000001".to_owned(),
        _ => format!("$0.{micros:06}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_few_digits() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.00k"),
            (12_345, "12.3k"),
            (999_999, "999k"),
            (4_567_890, "4.56M"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn amounts_are_told_as_well_as_they_are_known() {
        let totals = |cost, unpriced, estimated| UsageTotals {
            requests: 2,
            cost_nanodollars: cost,
            unpriced,
            estimated,
            ..UsageTotals::default()
        };
        for (totals, expected) in [
            (totals(0, 0, 0), "$0.00"),
            (totals(0, 2, 0), "-"),
            (totals(1, 0, 0), "<$0.000001"),
            (totals(4_500_000, 0, 0), "$0.0045"),
            (totals(123_456_000_000, 0, 1), "~$123.46"),
            (totals(1_005_000_000, 1, 0), "~$1.01"),
        ] {
            assert_eq!(cost(&totals), expected);
        }
    }
}
