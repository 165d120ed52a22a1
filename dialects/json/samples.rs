//! Random JSON for tests.

use proptest::prelude::*;

/// Valid JSON texts with all spellings: white space, escapes, exponents, repeated keys.
pub(super) fn any_json() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", "", "", " ", "\n", "\t", "\r\n  "]);
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        prop::sample::select(vec![
            "0",
            "-0",
            "-0.0",
            "1.0",
            "1E5",
            "1e-3",
            "10e+2",
            "18446744073709551615",
            "0.1"
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        number,
        any_string(),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let item = (space.clone(), inner, space.clone())
            .prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let key = prop_oneof![
            any_string(),
            Just("\"a\"".to_owned()),
            Just("\"\\u0061\"".to_owned())
        ];
        let entry = (space.clone(), key, space.clone(), item.clone())
            .prop_map(|(a, key, b, item)| format!("{a}{key}{b}:{item}"));
        prop_oneof![
            prop::collection::vec(item, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(entry, 0..6)
                .prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ]
    })
}

/// String tokens: plain, escaped, beyond the basic plane.
pub(super) fn any_string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[ -!#-\\[\\]-~]{0,8}".prop_map(String::from),
        2 => prop::char::range('\u{80}', '\u{10ffff}').prop_map(String::from),
        1 => prop::sample::select(vec!["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u00E9",
            "\\u2028", "\\uD83D\\uDE00", "\\ud83d\\ude00"]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}
