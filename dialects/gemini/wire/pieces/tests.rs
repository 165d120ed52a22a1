use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::*;
use crate::json::Document;

/// The parts that are whole, one after the other; parts that are none of a call are among them.
fn joined(parts: &[Json]) -> Result<Vec<Json>, BadPath> {
    let mut pieces = Pieces::default();
    let mut read = Vec::new();
    for part in parts {
        let document = Document::parse(Bytes::from(part.to_string())).unwrap();
        let mut whole = Vec::new();
        let is_read = pieces.take(document.root(), &mut whole)?;
        read.extend(whole);
        read.extend(is_read.then(|| document.root().raw()));
    }
    read.extend(pieces.finish());
    let json = |raw: &RawJson| serde_json::from_str(raw.as_str()).unwrap();
    Ok(read.iter().map(json).collect())
}

fn piece(path: &str, value: Json) -> Json {
    let mut piece = value;
    piece["jsonPath"] = json!(path);
    json!({"functionCall": {"partialArgs": [piece], "willContinue": true}})
}

#[test]
fn values_stand_where_their_paths_say() {
    let text = |text: &str| json!({"stringValue": text, "willContinue": true});
    let parts = [
        json!({"functionCall": {"name": "f", "id": "1", "willContinue": true}, "thoughtSignature": "c2ln"}),
        piece("$.place.city", text("Ber")),
        piece("$.place.city", text("lin \"\n")),
        piece("$.place.city", json!({"stringValue": ""})),
        piece("$.days", json!({"numberValue": 3})),
        piece("$['a.b\\'c'][0].on", json!({"boolValue": true})),
        piece("$['a.b\\'c'][1]", json!({"nullValue": "NULL_VALUE"})),
        json!({"functionCall": {}}),
        json!({"text": "done"}),
    ];
    let call = json!({"functionCall": {"name": "f", "id": "1", "args": {"place": {"city": "Berlin \"\n"},
        "days": 3, "a.b'c": [{"on": true}, null]}}, "thoughtSignature": "c2ln"});
    assert_eq!(joined(&parts).unwrap(), [call, json!({"text": "done"})]);
}

#[test]
fn calls_in_a_row_stay_apart() {
    let named = |name: &str, city: &str| {
        json!({"functionCall": {"name": name, "willContinue": true,
            "partialArgs": [{"jsonPath": "$.city", "stringValue": city}]}})
    };
    let whole = json!({"functionCall": {"name": "h", "args": {"x": 1}}});
    let parts = [
        named("f", "a"),
        named("g", "b"),
        json!({"text": ""}),
        whole.clone(),
    ];
    let call =
        |name: &str, city: &str| json!({"functionCall": {"name": name, "args": {"city": city}}});
    let expected = [call("f", "a"), json!({"text": ""}), call("g", "b"), whole];
    assert_eq!(joined(&parts).unwrap(), expected);
}

#[test]
fn pieces_that_lead_nowhere_are_refused() {
    let long = format!("${}", ".a".repeat(DEPTH + 1));
    for path in [
        "",
        "city",
        "$[1]",
        "$[x]",
        "$['a'",
        "$['a",
        "$.a[4294967295]",
        &long,
    ] {
        let parts = [
            json!({"functionCall": {"name": "f", "willContinue": true}}),
            piece(path, json!({"stringValue": "x"})),
        ];
        assert_eq!(joined(&parts), Err(BadPath), "{path}");
    }
}
