//! The price list: bundled, and overridden by a file of the operator's in the same form.
//!
//! ```json
//! { "prices": [ { "models": ["my-model"], "date": "2026-11-26", "source": "the contract",
//!     "input": 1.25, "output": 10, "cache-read": 0.125, "cache-write-5m": 1.5, "cache-write-1h": 2.5,
//!     "long-context": { "from": 200001, "input": 2.5, "output": 15 } } ] }
//! ```
//!
//! Prices are dollars for a million tokens with at most six decimals. A name holds for every provider, or for one alone
//! where `provider` is given, and for the dated snapshots of the model (`-20251101`, `-2025-12-11`).

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::{fs, io};

use serde::Deserialize;
use serde_json::Number;

use crate::cost::{Cost, Long, Part, Price, Rates};
use crate::record::{Outcome, Tokens};

/// A larger price file is none.
const LARGEST: u64 = 4 << 20;
/// Decimals of a dollar price for a million tokens; that many make a picodollar.
const DECIMALS: usize = 6;
/// A million dollars for a million tokens.
const DEAREST: u64 = 1_000_000_000_000;

static BUNDLED: LazyLock<Prices> = LazyLock::new(|| {
    let mut prices = Prices::default();
    let read = prices.read(include_str!("price.json"));
    read.expect("price.json is checked by a test");
    prices
});

/// What models cost.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    /// By model, then by provider; the empty provider is every one.
    models: HashMap<Box<str>, HashMap<Box<str>, Arc<Price>>>,
}

/// Why a price file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// It could not be read.
    #[error("the price file cannot be read")]
    Unreadable(#[from] io::Error),
    /// It is too large.
    #[error("the price file is larger than {LARGEST} bytes")]
    TooLarge,
    /// It is not of the form of the bundled file; the source tells the place.
    #[error("the price file is not of the expected form")]
    Form(#[from] serde_json::Error),
    /// A price that is none.
    #[error(
        "{model}: {field} is {value}; give dollars for a million tokens, not negative, with at most six decimals"
    )]
    Value {
        /// The first model of the entry.
        model: String,
        /// The field of the entry.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// An entry without a model.
    #[error("entry {0} of the price file names no model")]
    Nameless(usize),
    /// Two entries for the same.
    #[error("{0} has two prices; keep one of them")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about", default)]
    _about: Option<String>,
    prices: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    models: Vec<String>,
    #[serde(default)]
    provider: String,
    #[serde(rename = "date", default)]
    _date: Option<String>,
    #[serde(rename = "source", default)]
    _source: Option<String>,
    input: Number,
    output: Number,
    cache_read: Option<Number>,
    #[serde(rename = "cache-write-5m")]
    cache_write_5m: Option<Number>,
    #[serde(rename = "cache-write-1h")]
    cache_write_1h: Option<Number>,
    long_context: Option<LongEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LongEntry {
    from: u64,
    input: Number,
    output: Number,
    cache_read: Option<Number>,
    #[serde(rename = "cache-write-5m")]
    cache_write_5m: Option<Number>,
    #[serde(rename = "cache-write-1h")]
    cache_write_1h: Option<Number>,
}

impl Prices {
    /// The bundled prices.
    #[must_use]
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    /// The bundled prices, overridden by those of a file.
    ///
    /// # Errors
    /// When the file cannot be read, is not of the form, or has a price that is none. Nothing of it counts then.
    pub fn with_file(path: &Path) -> Result<Self, PriceError> {
        let mut text = String::new();
        let mut file = fs::File::open(path)?.take(LARGEST + 1);
        file.read_to_string(&mut text)?;
        if file.limit() == 0 {
            return Err(PriceError::TooLarge);
        }
        Self::with_overrides(&text)
    }

    /// The bundled prices, overridden by those of a text in the same form.
    ///
    /// # Errors
    /// See [`Prices::with_file`].
    pub fn with_overrides(text: &str) -> Result<Self, PriceError> {
        let mut overrides = Self::default();
        overrides.read(text)?;
        let mut prices = Self::bundled().clone();
        for (model, providers) in overrides.models {
            prices.models.entry(model).or_default().extend(providers);
        }
        Ok(prices)
    }

    /// What a request cost, by the model that was served. The price of the provider counts before the one of all.
    #[must_use]
    pub fn cost(
        &self,
        provider: Option<&str>,
        model: &str,
        tokens: &Tokens,
        outcome: Outcome,
    ) -> Cost {
        let price = self.find(provider, model);
        price.map_or(Cost::Unpriced, |price| price.cost(tokens, outcome))
    }

    /// What is added up to [`Prices::cost`], one for each kind of token that there was; nothing where the model has no price.
    #[must_use]
    pub fn parts(&self, provider: Option<&str>, model: &str, tokens: &Tokens) -> Vec<Part> {
        let parts = self.find(provider, model).map(|price| price.parts(tokens));
        let parts = parts.into_iter().flatten();
        parts.filter(|part| part.tokens > 0).collect()
    }

    /// What the tokens of a model cost where its prompt is not long. The price of the provider counts before the one of all.
    #[must_use]
    pub fn rates(&self, provider: Option<&str>, model: &str) -> Option<Rates> {
        self.find(provider, model).map(|price| price.base)
    }

    fn find(&self, provider: Option<&str>, model: &str) -> Option<&Price> {
        [Some(model), undated(model)]
            .into_iter()
            .flatten()
            .find_map(|model| {
                let providers = self.models.get(model)?;
                let own = provider.and_then(|provider| providers.get(provider));
                own.or_else(|| providers.get("")).map(AsRef::as_ref)
            })
    }

    fn read(&mut self, text: &str) -> Result<(), PriceError> {
        let file: File = serde_json::from_str(text)?;
        for (index, entry) in file.prices.into_iter().enumerate() {
            let Some(first) = entry.models.first() else {
                return Err(PriceError::Nameless(index + 1));
            };
            let price = Arc::new(entry.price(first)?);
            for model in &entry.models {
                let providers = self.models.entry(model.as_str().into()).or_default();
                let before = providers.insert(entry.provider.as_str().into(), Arc::clone(&price));
                if before.is_some() {
                    return Err(PriceError::Twice(model.clone()));
                }
            }
        }
        Ok(())
    }
}

impl Entry {
    fn price(&self, model: &str) -> Result<Price, PriceError> {
        let base = Rates {
            input: rate(model, "input", &self.input)?,
            output: rate(model, "output", &self.output)?,
            cache_read: maybe(model, "cache-read", self.cache_read.as_ref())?,
            cache_write_5m: maybe(model, "cache-write-5m", self.cache_write_5m.as_ref())?,
            cache_write_1h: maybe(model, "cache-write-1h", self.cache_write_1h.as_ref())?,
        };
        let long = match &self.long_context {
            Some(long) => Some(long.price(model)?),
            None => None,
        };
        Ok(Price { base, long })
    }
}

impl LongEntry {
    fn price(&self, model: &str) -> Result<Long, PriceError> {
        let rates = Rates {
            input: rate(model, "long-context input", &self.input)?,
            output: rate(model, "long-context output", &self.output)?,
            cache_read: maybe(model, "long-context cache-read", self.cache_read.as_ref())?,
            cache_write_5m: maybe(
                model,
                "long-context cache-write-5m",
                self.cache_write_5m.as_ref(),
            )?,
            cache_write_1h: maybe(
                model,
                "long-context cache-write-1h",
                self.cache_write_1h.as_ref(),
            )?,
        };
        Ok(Long {
            from: self.from,
            rates,
        })
    }
}

fn maybe(
    model: &str,
    field: &'static str,
    number: Option<&Number>,
) -> Result<Option<u64>, PriceError> {
    number.map(|number| rate(model, field, number)).transpose()
}

/// Picodollars for a token, read from the decimal digits and never by way of a binary fraction.
fn rate(model: &str, field: &'static str, number: &Number) -> Result<u64, PriceError> {
    // A fraction is shown with the fewest digits that mean it: those of the file.
    let text = match number.as_f64() {
        Some(float) if !number.is_u64() => float.to_string(),
        _ => number.to_string(),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{decimals:0<DECIMALS$}");
    let picodollars = (decimals.len() <= DECIMALS)
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|picodollars| *picodollars <= DEAREST);
    picodollars.ok_or_else(|| PriceError::Value {
        model: model.to_owned(),
        field,
        value: text,
    })
}

/// The model of a dated snapshot.
fn undated(model: &str) -> Option<&str> {
    let date = |pattern: &str| {
        let at = model.len().checked_sub(pattern.len())?;
        let date = model.get(at..)?;
        let fits = date.bytes().zip(pattern.bytes()).all(|(byte, wanted)| {
            if wanted == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == wanted
            }
        });
        fits.then(|| &model[..at])
    };
    date("-00000000").or_else(|| date("-0000-00-00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: Tokens = Tokens {
        input: Some(1_000_000),
        cache_read: None,
        cache_write: None,
        cache_write_5m: None,
        cache_write_1h: None,
        output: None,
        reasoning: None,
        tool_use: None,
        estimated: false,
    };

    /// What a million tokens of input cost in nanodollars.
    #[track_caller]
    fn check(prices: &Prices, provider: Option<&str>, model: &str, expected: Option<u64>) {
        let cost = prices.cost(provider, model, &MILLION, Outcome::Completed);
        assert_eq!(cost.nanodollars(), expected, "{model}");
    }

    #[test]
    fn the_bundled_file_is_right() {
        let text = include_str!("price.json");
        Prices::default().read(text).unwrap();
        let file: serde_json::Value = serde_json::from_str(text).unwrap();
        for entry in file["prices"].as_array().unwrap() {
            let date = entry["date"].as_str().unwrap();
            date.parse::<jiff::civil::Date>().unwrap();
            assert!(!entry["source"].as_str().unwrap().is_empty(), "{entry}");
            let price = |field: &str| entry[field].as_f64();
            assert!(price("cache-read") <= price("input"), "{entry}");
            assert!(price("input") <= price("output"), "{entry}");
        }
    }

    #[test]
    fn a_model_has_the_price_of_its_vendor() {
        let prices = Prices::bundled();
        check(prices, None, "claude-opus-4-8", Some(5_000_000_000));
        check(
            prices,
            Some("claude"),
            "claude-opus-4-5-20251101",
            Some(5_000_000_000),
        );
        check(prices, None, "gpt-5.2-2025-12-11", Some(1_750_000_000));
        // Longer than the prompts that the first price is for.
        check(prices, None, "gemini-2.5-pro", Some(2_500_000_000));
        check(prices, Some("demo"), "demo", Some(0));
        check(prices, None, "demo", None);
    }

    #[test]
    fn an_unknown_model_has_no_price() {
        for model in [
            "",
            "gpt-5.4-x",
            "gpt-5.2-2025-12",
            "no-20251101",
            "é-20251101",
            "20251101",
        ] {
            check(Prices::bundled(), None, model, None);
        }
    }

    #[test]
    fn an_override_counts_before_the_bundled_price() {
        let text = r#"{"prices": [
            {"models": ["gpt-5", "mine"], "input": 0.000001, "output": 1},
            {"models": ["mine"], "provider": "kiro", "input": 7, "output": 8}
        ]}"#;
        let prices = Prices::with_overrides(text).unwrap();
        check(&prices, Some("codex"), "gpt-5", Some(1_000));
        check(&prices, Some("codex"), "mine", Some(1_000));
        check(&prices, Some("kiro"), "mine", Some(7_000_000_000));
        check(&prices, None, "gpt-5-nano", Some(50_000_000));
        check(Prices::bundled(), None, "gpt-5", Some(1_250_000_000));
    }

    #[test]
    fn a_file_that_is_wrong_says_where() {
        let entry = |fields: &str| format!(r#"{{"prices": [{{"models": ["m"], {fields}}}]}}"#);
        let cases = [
            (entry(r#""input": -1, "output": 1"#), "m: input is -1"),
            (
                entry(r#""input": 1, "output": 0.0000001"#),
                "m: output is 0.0000001",
            ),
            (
                entry(r#""input": 1.2345678, "output": 1"#),
                "m: input is 1.2345678",
            ),
            (entry(r#""input": 1e300, "output": 1"#), "m: input is 1000"),
            (
                entry(r#""input": 99999999, "output": 1"#),
                "m: input is 99999999",
            ),
            (
                entry(
                    r#""input": 1, "output": 1, "long-context": {"from": 1, "input": -2, "output": 1}"#,
                ),
                "m: long-context input is -2",
            ),
            (
                entry(r#""input": 1, "output": 1, "cache": 1"#),
                "not of the expected form",
            ),
            (
                entry(r#""input": "1", "output": 1"#),
                "not of the expected form",
            ),
            (
                r#"{"prices": [{"models": [], "input": 1, "output": 1}]}"#.into(),
                "entry 1",
            ),
            (
                r#"{"prices": [{"models": ["m", "m"], "input": 1, "output": 1}]}"#.into(),
                "m has two prices",
            ),
        ];
        for (text, expected) in cases {
            let error = Prices::with_overrides(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_a_request_cost_can_be_added_up_again() {
        let text =
            r#"{"prices": [{"models": ["m"], "input": 3, "output": 15, "cache-read": 0.3}]}"#;
        let prices = Prices::with_overrides(text).unwrap();
        let tokens = Tokens {
            input: Some(1_000),
            cache_read: Some(500),
            output: Some(70),
            ..Tokens::default()
        };
        let parts = prices.parts(None, "m", &tokens);
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.what, part.tokens, part.rate))
            .collect();
        assert_eq!(
            told,
            [
                ("input", 1_000, 3_000_000),
                ("cache read", 500, 300_000),
                ("output", 70, 15_000_000)
            ]
        );
        let sum: u64 = parts.iter().map(|part| part.tokens * part.rate).sum();
        let cost = prices.cost(None, "m", &tokens, Outcome::Completed);
        assert_eq!(cost, Cost::Exact(sum / 1_000));
        assert!(prices.parts(None, "nobody's", &tokens).is_empty());
        assert_eq!(prices.rates(None, "m").unwrap().cache_read, Some(300_000));
    }

    #[test]
    fn a_file_is_read_within_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("price.json");
        assert!(matches!(
            Prices::with_file(&path),
            Err(PriceError::Unreadable(_))
        ));
        fs::write(&path, r#"{"prices": []}"#).unwrap();
        assert!(Prices::with_file(&path).is_ok());
        fs::File::create(&path)
            .unwrap()
            .set_len(LARGEST + 1)
            .unwrap();
        assert!(matches!(
            Prices::with_file(&path),
            Err(PriceError::TooLarge)
        ));
    }
}
