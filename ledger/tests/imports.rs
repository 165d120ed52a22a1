//! Usage of other gateways.

use jiff::tz::TimeZone;
use modelgate_ledger::{
    By, Cost, Filter, ImportError, Imported, Ledger, Outcome, Prices, Range, Totals,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::material::{BEGINNING, Bed, LONG, all, row, rows};

fn export(ledger: &Ledger) -> Value {
    let mut out = Vec::new();
    ledger
        .write_export(&Range::default(), &TimeZone::UTC, &mut out)
        .unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn import(ledger: &Ledger, file: &Value) -> Result<Imported, ImportError> {
    ledger.import(file.to_string().as_bytes(), Prices::bundled())
}

fn by_key(ledger: &Ledger) -> Vec<(Option<String>, Totals)> {
    let summary = ledger
        .summary(&Range::default(), By::Model, &TimeZone::UTC)
        .unwrap();
    let groups = summary.groups.into_iter();
    groups
        .map(|group| (group.name.map(|name| name.to_string()), group.totals))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn importing_twice_is_importing_once(rows in rows(60)) {
        let origin = Bed::with(&rows);
        let file = export(&origin.ledger);
        let target = Bed::new();
        let first = import(&target.ledger, &file).unwrap();
        // Requests of one moment that say the same are one.
        prop_assert_eq!(first.added + first.skipped, rows.len() as u64);
        prop_assert_eq!(first.total_requests, first.added);
        let sums = by_key(&target.ledger);
        let second = import(&target.ledger, &file).unwrap();
        prop_assert_eq!((second.added, second.skipped), (0, rows.len() as u64));
        prop_assert_eq!(second.total_requests, first.total_requests);
        prop_assert_eq!(second.failed_requests, first.failed_requests);
        prop_assert_eq!(by_key(&target.ledger), sums);
        // Nor does what comes back to where it began count again, directly or by way of another gateway.
        let back = export(&target.ledger);
        for file in [&file, &back] {
            prop_assert_eq!(import(&origin.ledger, file).unwrap().added, 0);
        }
        if first.skipped == 0 {
            prop_assert_eq!(&back["usage"], &file["usage"]);
        }
    }
}

#[test]
fn a_file_of_another_gateway_is_taken_over() {
    let file = json!({
        "version": 1,
        "exported_at": "2026-11-26T12:00:00Z",
        "usage": {
            "total_requests": 999,
            "apis": {
                " sk-team ": { "total_requests": 7, "models": {
                    "gpt-5": { "details": [
                        {
                            "timestamp": "2026-01-02T03:04:05.123456789+01:00",
                            "source": "me@example.org",
                            "auth_index": 5,
                            "latency_ms": -4,
                            "tokens": { "input_tokens": 1_000_000, "output_tokens": 10, "reasoning_tokens": 4, "cached_tokens": 0, "total_tokens": 0 },
                            "failed": false,
                        },
                        {
                            "timestamp": "2026-01-02T03:04:05.123456788+01:00",
                            "source": "me@example.org",
                            "auth_index": "0123456789abcdef",
                            "tokens": { "input_tokens": 10, "output_tokens": 10, "cached_tokens": 90 },
                            "failed": true,
                        },
                    ] },
                    "  ": { "details": [ { "timestamp": "0001-01-01T00:00:00Z" } ] },
                    "none": null,
                    "empty": { "details": null },
                } },
                "  ": { "models": { "gpt-5": { "details": [ {} ] } } },
                "nothing": null,
            },
            "requests_by_day": { "2026-01-02": -1 },
        },
    });
    let bed = Bed::new();
    let imported = import(&bed.ledger, &file).unwrap();
    assert_eq!((imported.added, imported.skipped), (3, 0));
    assert_eq!((imported.total_requests, imported.failed_requests), (3, 1));
    let rows = all(&bed.ledger);
    let [unknown, first, second] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(unknown.model().unwrap().as_ref(), "unknown");
    assert!(jiff::Timestamp::now().duration_since(unknown.time()).abs() < LONG.try_into().unwrap());
    let (first, second) = if first.outcome == Outcome::Completed {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(first.time().to_string(), "2026-01-02T02:04:05.123456789Z");
    assert_eq!(first.key.as_ref().unwrap().id.as_ref(), "sk-team");
    assert_eq!(first.latency.as_millis(), 0);
    assert_eq!(first.total_tokens(), 1_000_014);
    assert_eq!(first.cost, Cost::Estimated(1_250_100_000));
    assert_eq!(
        first.imported.as_ref().unwrap().auth_index.as_deref(),
        Some("5")
    );
    assert_eq!(
        (second.tokens.input, second.tokens.cache_read),
        (Some(10), Some(90))
    );
    assert_eq!(second.total_tokens(), 20);
    // Told as it was heard.
    let usage = export(&bed.ledger)["usage"].take();
    let details = &usage["apis"]["sk-team"]["models"]["gpt-5"]["details"];
    assert_eq!(
        details[0]["tokens"]["cached_tokens"].as_u64().unwrap()
            + details[1]["tokens"]["cached_tokens"].as_u64().unwrap(),
        90
    );
    let again = import(&bed.ledger, &json!({ "usage": usage })).unwrap();
    assert_eq!(again.added, 0);
}

#[test]
fn everything_may_happen_at_once() {
    let detail = |number: u64| json!({ "timestamp": "2026-01-02T03:04:05Z", "tokens": { "input_tokens": number } });
    let details: Vec<Value> = (0..30_000).map(detail).collect();
    let file =
        json!({ "usage": { "apis": { "k": { "models": { "m": { "details": details } } } } } });
    let bed = Bed::new();
    assert_eq!(import(&bed.ledger, &file).unwrap().added, 30_000);
    assert_eq!(import(&bed.ledger, &file).unwrap().skipped, 30_000);
}

#[test]
fn a_key_is_known_by_its_name() {
    let bed = Bed::with(&[row(BEGINNING, 1)]);
    let mut file = export(&bed.ledger);
    let model = &mut file["usage"]["apis"]["laptop"]["models"]["claude-sonnet-5"];
    model["details"][0]["timestamp"] = "2026-11-20T00:00:01Z".into();
    assert_eq!(import(&bed.ledger, &file).unwrap().added, 1);
    let keys = bed
        .ledger
        .summary(&Range::default(), By::Key, &TimeZone::UTC)
        .unwrap();
    assert_eq!(keys.groups.len(), 1);
    assert_eq!(keys.total.requests, 2);
    let filter = Filter {
        key: Some("key-1".into()),
        ..Filter::default()
    };
    assert_eq!(bed.ledger.requests(&filter, None, 9).unwrap().rows.len(), 2);
}

#[test]
fn hostile_files_are_refused_as_a_whole() {
    let good = json!({ "timestamp": "2026-01-02T03:04:05Z", "tokens": { "input_tokens": 1 } });
    let with = |field: &str, value: Value| {
        let mut bad = good.clone();
        match field.split_once('.') {
            Some((outer, inner)) => bad[outer][inner] = value,
            None => bad[field] = value,
        }
        json!({ "usage": { "apis": { "k": { "models": { "m": { "details": [good, bad] } } } } } })
    };
    let cases = [
        (
            with("tokens.input_tokens", (-1).into()),
            "input_tokens of request 1 of \"k\" cannot be -1",
        ),
        (
            with("tokens.output_tokens", 10_000_000_001_u64.into()),
            "output_tokens",
        ),
        (
            with("tokens.cached_tokens", u64::MAX.into()),
            "invalid json",
        ),
        (with("tokens.total_tokens", json!(1.5)), "invalid json"),
        (with("tokens.input_tokens", json!("7")), "invalid json"),
        (with("tokens", json!([1])), "invalid json"),
        (with("failed", json!(1)), "invalid json"),
        (with("auth_index", json!({})), "invalid json"),
        (with("auth_index", json!(-1)), "invalid json"),
        (with("latency_ms", i64::MAX.into()), "latency_ms"),
        (
            with("timestamp", json!("yesterday")),
            "timestamp of request 1 of \"k\" cannot be yesterday",
        ),
        (
            with("timestamp", json!("1999-12-31T23:59:59Z")),
            "timestamp",
        ),
        (
            with("timestamp", json!("2999-01-01T00:00:00Z")),
            "timestamp",
        ),
        (with("timestamp", json!(7)), "invalid json"),
        (
            with("source", json!("s".repeat(300))),
            "more than 256 bytes",
        ),
        (json!({ "version": 2, "usage": {} }), "unsupported version"),
        (json!({ "version": -1, "usage": {} }), "unsupported version"),
        (json!({ "usage": { "apis": [] } }), "invalid json"),
        (
            json!({ "usage": { "apis": { "k".repeat(300): { "models": { "m": {} } } } } }),
            "more than 256 bytes",
        ),
        (json!([]), "invalid json"),
        (json!("usage"), "invalid json"),
    ];
    let bed = Bed::new();
    for (file, expected) in cases {
        let error = import(&bed.ledger, &file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let deep = |depth: usize| format!("{{\"usage\":{}", "[".repeat(depth));
    let nested = |depth: usize| {
        format!(
            "{{\"more\":{}{},\"usage\":{{}}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    for text in ["", "{", "\u{0}", &deep(1_000_000)] {
        let error = bed.ledger.import(text.as_bytes(), Prices::bundled());
        assert!(matches!(error, Err(ImportError::Json(_))), "{text:.20}");
    }
    // What nobody asks for is passed over without being built.
    let _ = bed
        .ledger
        .import(nested(1_000_000).as_bytes(), Prices::bundled());
    let many = |count: usize| {
        let details = "{},".repeat(count);
        let text = format!(
            r#"{{"usage":{{"apis":{{"k":{{"models":{{"m":{{"details":[{details}{{}}]}}}}}}}}}}}}"#
        );
        bed.ledger.import(text.as_bytes(), Prices::bundled())
    };
    assert!(matches!(many(250_000), Err(ImportError::TooMany)));
    assert!(matches!(many(8_000_000), Err(ImportError::TooMany)));
    let large = vec![b' '; (64 << 20) + 1];
    let error = bed.ledger.import(&large, Prices::bundled());
    assert!(matches!(error, Err(ImportError::TooLarge)));
    assert!(bed.ledger.flush(LONG));
    assert_eq!(
        bed.ledger.totals(&Range::default()).unwrap(),
        Totals::default()
    );
}

#[test]
fn a_ledger_that_cannot_be_written_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let ledger = crate::material::open(&file);
    let one = json!({ "usage": { "apis": { "k": { "models": { "m": { "details": [{}] } } } } } });
    let error = import(&ledger, &one).unwrap_err();
    assert_eq!(error.to_string(), "the ledger is not open");
}

#[test]
fn a_file_of_sums_alone_is_refused_and_not_taken_for_an_empty_one() {
    let bed = Bed::new();
    let sums = |total: Value| {
        let model = json!({ "total_requests": total, "total_tokens": 30 });
        let api = json!({ "total_requests": total, "models": { "m": model } });
        json!({ "version": 1, "usage": { "total_requests": total, "apis": { "k": api } } })
    };
    let refused = import(&bed.ledger, &sums(3.into())).unwrap_err();
    assert!(matches!(refused, ImportError::SumsOnly), "{refused}");
    for total in [json!(0), json!(null), json!("three")] {
        let imported = import(&bed.ledger, &sums(total)).unwrap();
        assert_eq!((imported.added, imported.total_requests), (0, 0));
    }
}
