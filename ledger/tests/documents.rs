//! What is written out.

use jiff::tz::TimeZone;
use modelgate_ledger::transfer::Details;
use modelgate_ledger::{Cost, Outcome, Range, Row, Tokens};
use serde_json::{Value, json};

use crate::material::{BEGINNING, Bed, id, row};

const HOUR: u64 = 3_600_000;

fn requests() -> [Row; 4] {
    let mut failed = row(BEGINNING + HOUR, 2);
    failed.outcome = Outcome::Failed;
    failed.status = 429;
    failed.tokens = Tokens::default();
    failed.cost = Cost::Unpriced;
    failed.error = Some("rate_limited".into());
    let mut nameless = row(BEGINNING + 25 * HOUR, 3);
    nameless.key = None;
    nameless.served_model = None;
    nameless.requested_model = Some("say \"hi\"".into());
    nameless.credential = None;
    let mut last = row(BEGINNING + 26 * HOUR, 4);
    last.served_model = Some("a".into());
    [row(BEGINNING, 1), failed, nameless, last]
}

fn usage(bed: &Bed, range: &Range, details: Details) -> Value {
    let mut out = Vec::new();
    let zone = TimeZone::UTC;
    bed.ledger
        .write_usage(range, details, &zone, &mut out)
        .unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn detail(timestamp: &str, source: &str, failed: bool) -> Value {
    let count = |count: u64| if failed { 0 } else { count };
    json!({
        "timestamp": timestamp,
        "source": source,
        "auth_index": source,
        "latency_ms": 1_500,
        "tokens": {
            "input_tokens": count(120),
            "output_tokens": count(15),
            "reasoning_tokens": count(5),
            "cached_tokens": count(20),
            "total_tokens": count(135),
        },
        "failed": failed,
    })
}

#[test]
fn usage_has_the_shape_of_the_family() {
    let bed = Bed::with(&requests());
    let expected = json!({
        "failed_requests": 1,
        "usage": {
            "total_requests": 4,
            "success_count": 3,
            "failure_count": 1,
            "total_tokens": 405,
            "apis": {
                "laptop": {
                    "total_requests": 3,
                    "total_tokens": 270,
                    "models": {
                        "a": {
                            "total_requests": 1,
                            "total_tokens": 135,
                            "details": [detail("2026-11-21T02:00:00Z", "claude-1", false)],
                        },
                        "claude-sonnet-5": {
                            "total_requests": 2,
                            "total_tokens": 135,
                            "details": [
                                detail("2026-11-20T00:00:00Z", "claude-1", false),
                                detail("2026-11-20T01:00:00Z", "claude-1", true),
                            ],
                        },
                    },
                },
                "unknown": {
                    "total_requests": 1,
                    "total_tokens": 135,
                    "models": {
                        "say \"hi\"": {
                            "total_requests": 1,
                            "total_tokens": 135,
                            "details": [detail("2026-11-21T01:00:00Z", "", false)],
                        },
                    },
                },
            },
            "requests_by_day": { "2026-11-20": 2, "2026-11-21": 2 },
            "tokens_by_day": { "2026-11-20": 135, "2026-11-21": 270 },
            "requests_by_hour": { "00": 1, "01": 2, "02": 1 },
            "tokens_by_hour": { "00": 135, "01": 135, "02": 135 },
        },
    });
    assert_eq!(usage(&bed, &Range::default(), Details::All), expected);
}

#[test]
fn details_can_be_few_while_sums_are_of_all() {
    let bed = Bed::with(&requests());
    let listed = |usage: &Value| -> Vec<String> {
        let apis = usage["usage"]["apis"].as_object().unwrap().values();
        let models = apis.flat_map(|api| api["models"].as_object().unwrap().values());
        let details = models.flat_map(|model| model["details"].as_array().unwrap());
        let mut times: Vec<String> = details
            .map(|detail| detail["timestamp"].to_string())
            .collect();
        times.sort();
        times
    };
    for (newest, expected) in [(0, 0), (1, 1), (3, 3), (100, 4)] {
        let usage = usage(&bed, &Range::default(), Details::Newest(newest));
        assert_eq!(usage["usage"]["total_requests"], 4);
        assert_eq!(listed(&usage).len(), expected);
        if newest == 1 {
            assert_eq!(listed(&usage), ["\"2026-11-21T02:00:00Z\""]);
        }
    }
}

#[test]
fn usage_of_a_time_is_that_of_its_whole_days() {
    let bed = Bed::with(&requests());
    let range = |since: &str, until: &str| Range {
        since: Some(since.parse().unwrap()),
        until: Some(until.parse().unwrap()),
    };
    let range = range("2026-11-20T01:30:00Z", "2026-11-20T01:31:00Z");
    let usage = usage(&bed, &range, Details::All)["usage"].take();
    assert_eq!(usage["total_requests"], 2);
    let model = &usage["apis"]["laptop"]["models"]["claude-sonnet-5"];
    assert_eq!(model["details"].as_array().unwrap().len(), 2);
    assert_eq!(usage["apis"]["unknown"], Value::Null);
    assert_eq!(usage["requests_by_day"], json!({ "2026-11-20": 2 }));
}

#[test]
fn days_and_hours_are_those_of_the_zone() {
    let bed = Bed::with(&requests());
    let mut out = Vec::new();
    let zone = TimeZone::fixed(jiff::tz::offset(-1));
    bed.ledger
        .write_usage(&Range::default(), Details::Newest(0), &zone, &mut out)
        .unwrap();
    let usage: Value = serde_json::from_slice(&out).unwrap();
    let days = json!({ "2026-11-19": 1, "2026-11-20": 1, "2026-11-21": 2 });
    assert_eq!(usage["usage"]["requests_by_day"], days);
    assert_eq!(
        usage["usage"]["requests_by_hour"],
        json!({ "00": 2, "01": 1, "23": 1 })
    );
}

#[test]
fn usage_of_nothing_is_empty() {
    let bed = Bed::with(&[]);
    let usage = usage(&bed, &Range::default(), Details::All);
    assert_eq!(usage["usage"]["total_requests"], 0);
    assert_eq!(usage["usage"]["apis"], json!({}));
    assert_eq!(usage["usage"]["tokens_by_hour"], json!({}));
}

#[test]
fn every_request_is_a_line_of_json() {
    // More than are read at once.
    let mut rows: Vec<Row> = (0..2_345)
        .map(|number| row(BEGINNING + number, number))
        .collect();
    rows[7] = Row {
        id: id(BEGINNING + 7, 7),
        status: 0,
        ..requests()[1].clone()
    };
    let bed = Bed::with(&rows);
    let mut out = Vec::new();
    bed.ledger.write_lines(&Range::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        assert_eq!(line["request_id"], row.id.to_string());
    }
    let expected = json!({
        "time": "2026-11-20T00:00:00Z",
        "request_id": id(BEGINNING, 0).to_string(),
        "key_id": "key-1",
        "key_name": "laptop",
        "credential": "claude-1",
        "provider": "claude",
        "requested_model": "sonnet",
        "served_model": "claude-sonnet-5",
        "client_dialect": "chat",
        "upstream_dialect": "claude",
        "stream": true,
        "status": 200,
        "outcome": "completed",
        "error": null,
        "input_tokens": 100,
        "cache_read_tokens": 20,
        "cache_write_tokens": null,
        "cache_write_5m_tokens": null,
        "cache_write_1h_tokens": null,
        "output_tokens": 10,
        "reasoning_tokens": 5,
        "tool_use_tokens": null,
        "tokens_estimated": false,
        "latency_ms": 1_500,
        "first_byte_ms": 300,
        "upstream_ms": 1_480,
        "cost_nanodollars": 354_000,
        "cost_basis": "exact",
        "bytes_in": 2_000,
        "bytes_out": 9_000,
        "losses": 0,
        "imported": false,
        "attempts": [{
            "credential": "claude-1",
            "provider": "claude",
            "status": 200,
            "error": null,
            "after_ms": 1,
            "took_ms": 280,
        }],
    });
    assert_eq!(lines[0], expected);
    assert_eq!(lines[7]["status"], Value::Null);
    assert_eq!(lines[7]["cost_nanodollars"], Value::Null);
    assert_eq!(lines[7]["cost_basis"], "unpriced");
    assert_eq!(lines[7]["input_tokens"], Value::Null);
}

#[test]
fn csv_has_a_head_and_no_formulas() {
    let mut evil = row(BEGINNING, 1);
    evil.requested_model = Some("=HYPERLINK(\"http://x\",\"y\")".into());
    evil.key.as_mut().unwrap().name = Some("a,b".into());
    let mut failed = requests()[1].clone();
    failed.key.clone_from(&evil.key);
    let bed = Bed::with(&[evil, failed]);
    let mut out = Vec::new();
    bed.ledger.write_csv(&Range::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("time,request_id,key_id,key_name,credential,"));
    assert!(lines[0].ends_with(",imported,attempts"));
    let id = id(BEGINNING, 1);
    let expected = format!(
        "2026-11-20T00:00:00Z,{id},key-1,\"a,b\",claude-1,claude,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",\
         claude-sonnet-5,chat,claude,true,200,completed,,100,20,,,,10,5,,false,1500,300,1480,354000,exact,\
         2000,9000,0,false,1"
    );
    assert_eq!(lines[1], expected);
    assert_eq!(lines[2].split(',').count(), lines[0].split(',').count() + 1);
    assert!(lines[2].contains(",failed,rate_limited,,,,,,,,,false,"));
}
