//! What tokens cost, in whole numbers.
//!
//! Rates are picodollars for one token, which is a dollar for a million tokens times a million: every price with up to
//! six decimals is exact. Amounts are nanodollars, a thousand picodollars. A request's picodollars are added up first and
//! rounded once, half a nanodollar upwards, so that a request is never off by more than half a nanodollar.

use crate::record::{Outcome, Tokens};

/// What a request cost by the price list, and how that is known. What an account with a subscription pays is not told by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cost {
    /// Nanodollars: the vendor's price times the upstream's final counts.
    Exact(u64),
    /// Nanodollars, where a count or a price had to be assumed: the answer did not get to its end, the counts are a guess, the
    /// lifetime of what was cached is unknown, or the price list is silent about a kind of token (its input price is taken).
    Estimated(u64),
    /// Not known, which is not nothing: the model has no price, or nobody counted its tokens.
    #[default]
    Unpriced,
}

/// The prices of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) base: Rates,
    pub(crate) long: Option<Long>,
}

/// Other prices for the whole request when its prompt is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Long {
    /// Tokens of the whole input.
    pub(crate) from: u64,
    pub(crate) rates: Rates,
}

/// Picodollars for a token, which are millionths of a dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of the request.
    pub input: u64,
    /// Of the answer, thinking included.
    pub output: u64,
    /// Of the request, read from a cache.
    pub cache_read: Option<u64>,
    /// Of the request, written to a cache for five minutes.
    pub cache_write_5m: Option<u64>,
    /// Of the request, written to a cache for an hour.
    pub cache_write_1h: Option<u64>,
}

impl Cost {
    /// The amount in nanodollars, if it is known.
    #[must_use]
    pub const fn nanodollars(self) -> Option<u64> {
        match self {
            Self::Exact(amount) | Self::Estimated(amount) => Some(amount),
            Self::Unpriced => None,
        }
    }

    /// How the amount is known, as exports and answers say it.
    #[must_use]
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Estimated(_) => "estimated",
            Self::Unpriced => "unpriced",
        }
    }

    /// The same amount, known less well.
    pub(crate) fn assumed(self) -> Self {
        match self {
            Self::Exact(amount) => Self::Estimated(amount),
            Self::Estimated(_) | Self::Unpriced => self,
        }
    }
}

/// One kind of token in what a request cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The kind: `input`, `output`, `thinking`, `cache read`, `cache write`, `cache write 1h`.
    pub what: &'static str,
    /// How many there were.
    pub tokens: u64,
    /// Picodollars for each.
    pub rate: u64,
    /// The price list is silent about the kind, or its lifetime is not known.
    assumed: bool,
}

impl Price {
    pub(crate) fn cost(&self, tokens: &Tokens, outcome: Outcome) -> Cost {
        if tokens.is_empty() {
            return Cost::Unpriced;
        }
        let parts = self.parts(tokens);
        let amounts = parts
            .iter()
            .map(|part| u128::from(part.tokens) * u128::from(part.rate));
        let picodollars: u128 = amounts.sum();
        let nanodollars = (picodollars + 500) / 1_000;
        let exact = Cost::Exact(u64::try_from(nanodollars).unwrap_or(u64::MAX));
        let assumed = parts.iter().any(|part| part.assumed);
        if assumed || tokens.estimated || outcome != Outcome::Completed {
            exact.assumed()
        } else {
            exact
        }
    }

    /// What is added up.
    pub(crate) fn parts(&self, tokens: &Tokens) -> [Part; 6] {
        let prompt = tokens.total_input().unwrap_or(0);
        let rates = match &self.long {
            Some(long) if prompt >= long.from => &long.rates,
            _ => &self.base,
        };
        let input = tokens.input.unwrap_or(0);
        let input = input.saturating_add(tokens.tool_use.unwrap_or(0));
        // Without a lifetime the vendors' usual one is assumed.
        let hour = tokens.cache_write_1h.unwrap_or(0);
        let short = tokens.cache_write_5m.unwrap_or(0);
        let split = short.saturating_add(hour);
        let unknown = tokens.cache_written().unwrap_or(0).saturating_sub(split);
        let short = short.saturating_add(unknown);
        let listed = |what, tokens, rate| Part {
            what,
            tokens,
            rate,
            assumed: false,
        };
        let maybe = |what, tokens, rate: Option<u64>| Part {
            what,
            tokens,
            rate: rate.unwrap_or(rates.input),
            assumed: rate.is_none() && tokens > 0,
        };
        let mut written = maybe("cache write", short, rates.cache_write_5m);
        written.assumed |= unknown > 0 && rates.cache_write_1h.is_some();
        [
            listed("input", input, rates.input),
            maybe(
                "cache read",
                tokens.cache_read.unwrap_or(0),
                rates.cache_read,
            ),
            written,
            maybe("cache write 1h", hour, rates.cache_write_1h),
            listed("output", tokens.output.unwrap_or(0), rates.output),
            listed("thinking", tokens.reasoning.unwrap_or(0), rates.output),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        let rates = |times: u64| Rates {
            input: 3_000_000 * times,
            output: 15_000_000 * times,
            cache_read: Some(300_000 * times),
            cache_write_5m: Some(3_750_000 * times),
            cache_write_1h: Some(6_000_000 * times),
        };
        Price {
            base: rates(1),
            long: Some(Long {
                from: 200_001,
                rates: rates(2),
            }),
        }
    }

    fn tokens(input: u64, output: u64) -> Tokens {
        Tokens {
            input: Some(input),
            output: Some(output),
            ..Tokens::default()
        }
    }

    #[track_caller]
    fn check(tokens: Tokens, outcome: Outcome, expected: Cost) {
        assert_eq!(price().cost(&tokens, outcome), expected);
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        use Outcome::Completed;
        check(tokens(1_000_000, 0), Completed, Cost::Exact(6_000_000_000));
        check(tokens(1, 1), Completed, Cost::Exact(18_000));
        let cached = Tokens {
            cache_read: Some(1_000),
            cache_write: Some(30),
            cache_write_5m: Some(10),
            cache_write_1h: Some(20),
            reasoning: Some(2),
            tool_use: Some(1),
            ..tokens(100, 7)
        };
        let sum = 300_000 + 105_000 + 300_000 + 37_500 + 120_000 + 30_000 + 3_000;
        check(cached, Completed, Cost::Exact(sum));
        check(tokens(0, 0), Completed, Cost::Exact(0));
        check(Tokens::default(), Completed, Cost::Unpriced);
    }

    #[test]
    fn a_long_prompt_has_prices_of_its_own() {
        use Outcome::Completed;
        check(tokens(200_000, 1), Completed, Cost::Exact(600_015_000));
        let prompt = Tokens {
            cache_read: Some(200_000),
            ..tokens(1, 1)
        };
        check(prompt, Completed, Cost::Exact(120_000_000 + 6_000 + 30_000));
    }

    #[test]
    fn what_had_to_be_assumed_is_an_estimate() {
        use Outcome::{Aborted, Completed, Failed, Partial};
        for outcome in [Failed, Aborted, Partial] {
            check(tokens(1, 0), outcome, Cost::Estimated(3_000));
        }
        let guess = Tokens {
            estimated: true,
            ..tokens(1, 0)
        };
        check(guess, Completed, Cost::Estimated(3_000));
        let lifetime = Tokens {
            cache_write: Some(4),
            ..tokens(0, 0)
        };
        check(lifetime, Completed, Cost::Estimated(15_000));
        let mut silent = price();
        silent.base.cache_read = None;
        let read = Tokens {
            cache_read: Some(1),
            ..tokens(0, 0)
        };
        assert_eq!(silent.cost(&read, Completed), Cost::Estimated(3_000));
        assert_eq!(silent.cost(&tokens(1, 0), Completed), Cost::Exact(3_000));
    }

    #[test]
    fn halves_are_rounded_upwards_once_for_a_request() {
        let cheap = Price {
            base: Rates {
                input: 250,
                output: 249,
                cache_read: None,
                cache_write_5m: None,
                cache_write_1h: None,
            },
            long: None,
        };
        let cost = |input, output| cheap.cost(&tokens(input, output), Outcome::Completed);
        assert_eq!(cost(1, 0), Cost::Exact(0));
        assert_eq!(cost(2, 0), Cost::Exact(1));
        assert_eq!(cost(1, 1), Cost::Exact(0));
        assert_eq!(cost(3, 3), Cost::Exact(1));
        let most = (u128::from(u64::MAX) * 499 + 500) / 1_000;
        assert_eq!(
            cost(u64::MAX, u64::MAX).nanodollars().map(u128::from),
            Some(most)
        );
    }
}
