//! Random answers, streams and conversations.

pub(crate) mod events;
pub(crate) mod plan;
pub(crate) mod response;

use modelgate_dialects::Str;
use modelgate_dialects::json::RawJson;
use proptest::prelude::*;

/// Text with everything that has broken a gateway: the empty text, white space, characters beyond the basic plane, NUL,
/// the line separators of JavaScript, text that looks like the end of a stream.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z ]{1,12}",
        1 => Just(String::new()),
        2 => prop::sample::select(vec![" ", "\n\n", "\t", "\u{2028}", "\0", "\u{feff}", "é漢😀", "e\u{301}", "\"\\", "{}",
            "\n\ndata: [DONE]\n\n", "event: message_stop\r\n", "null"]).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| text.chars().take(20).collect::<String>()),
    ]
}

/// Text that says something.
pub(crate) fn words() -> impl Strategy<Value = String> {
    (text(), "[a-z]{3}").prop_map(|(text, word)| format!("{text}{word}"))
}

pub(crate) fn str() -> impl Strategy<Value = Str> {
    text().prop_map(Str::from)
}

/// A name that every dialect takes, or one that must be made fit.
pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z][a-z_]{1,7}", 1 => "[a-z.:/ é]{1,8}", 1 => "[a-z]{65,80}"]
}

/// JSON objects in odd spellings.
pub(crate) fn object() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "{}",
        r#"{"city":"Oslo"}"#,
        r#"{ "z": 1.0, "a": [1e2, -0, 12345678901234567890] }"#,
        r#"{"text":"\u00e9\ud83d\ude00\u2028\n\"quoted\"","nested":{"list":[{},[],null,true]}}"#,
        r#"{"title":1,"type":2,"properties":3,"input":"x"}"#,
    ])
    .prop_map(str::to_owned)
}

pub(crate) fn raw() -> impl Strategy<Value = RawJson> {
    object().prop_map(|text| RawJson::parse(Str::from(text)).unwrap())
}
