//! What is written can be read, byte for byte.

use proptest::prelude::*;

use super::*;

fn written(write: impl FnOnce(&mut Writer<'_>)) -> String {
    let mut out = Vec::new();
    write(&mut Writer::new(&mut out));
    String::from_utf8(out).unwrap()
}

fn string(text: &str) -> String {
    let mut out = Vec::new();
    write_string(&mut out, text);
    String::from_utf8(out).unwrap()
}

#[test]
fn strings_are_escaped_where_json_or_a_line_splitter_needs_it() {
    for (text, expected) in [
        ("", r#""""#),
        ("plain", r#""plain""#),
        ("a\"b\\c", r#""a\"b\\c""#),
        ("\n\r\t\u{8}\u{c}", r#""\n\r\t\b\f""#),
        ("\0\u{1}\u{1f}", r#""\u0000\u0001\u001f""#),
        ("\u{7f}é漢😀", "\"\u{7f}é漢😀\""),
        ("\u{2028}\u{2029}", r#""\u2028\u2029""#),
        // The same first byte, another character.
        ("\u{2027}\u{202a}\u{20ac}", "\"\u{2027}\u{202a}\u{20ac}\""),
    ] {
        assert_eq!(string(text), expected);
    }
}

#[test]
fn an_escape_is_found_at_every_offset_around_the_block_size() {
    for special in ["\"", "\u{2028}", "\u{20ac}", "\n"] {
        for offset in 0..140 {
            let text = format!("{}{special}{}", "x".repeat(offset), "y".repeat(70));
            assert_eq!(
                serde_json::from_str::<String>(&string(&text)).unwrap(),
                text,
                "{special:?} at {offset}"
            );
        }
    }
}

#[test]
fn commas_stand_between_entries_and_nowhere_else() {
    let text = written(|writer| {
        writer.object(|writer| {
            writer.field("a", "x");
            writer.null_field("b");
            writer.field_opt("c", None::<&u64>);
            writer.field_opt("d", Some(&7u64));
            writer.array_field("e", |writer| {
                writer.value("");
                writer.value(&true);
                writer.array(|_| {});
                writer.object(|_| {});
                writer.value("ends with a colon:");
                writer.value("[");
            });
            writer.object_field("f", |writer| writer.field("ends with a brace{", "y "));
            writer.field("g", &RawJson::parse(Str::from_static(" [1, 2 ] ")).unwrap());
        });
    });
    assert_eq!(
        text,
        r#"{"a":"x","b":null,"d":7,"e":["",true,[],{},"ends with a colon:","["],"f":{"ends with a brace{":"y "},"g":[1, 2 ]}"#
    );
}

#[test]
fn a_writer_begins_anew_behind_the_prefix_of_a_frame() {
    let mut out = b"data: ".to_vec();
    Writer::new(&mut out).object(|writer| writer.field("a", &1u64));
    out.extend_from_slice(b"\n\n");
    Writer::new(&mut out).object(|_| {});
    assert_eq!(out, b"data: {\"a\":1}\n\n{}");
}

#[test]
fn floats_are_written_as_json_numbers() {
    for (number, expected) in [
        (0.0, "0"),
        (1.0, "1"),
        (-3.0, "-3"),
        (0.7, "0.7"),
        (1e300, "1e+300"),
        (1.5e-7, "1.5e-7"),
        (f64::NAN, "null"),
        (f64::INFINITY, "null"),
        (f64::NEG_INFINITY, "null"),
    ] {
        assert_eq!(written(|writer| writer.value(&number)), expected);
    }
}

proptest! {
    #[test]
    fn a_written_string_is_read_back_by_the_oracle_and_by_us(text in any::<String>()) {
        let json = string(&text);
        prop_assert_eq!(&serde_json::from_str::<String>(&json).unwrap(), &text);
        let document = RawJson::parse(Str::from(json.clone())).unwrap().document();
        prop_assert_eq!(document.root().as_str().unwrap(), text);
        let breaks_lines = |char: char| char < ' ' || char == '\u{2028}' || char == '\u{2029}';
        prop_assert!(!json.contains(breaks_lines));
    }

    #[test]
    fn a_written_float_is_the_same_number(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
        let text = written(|writer| writer.value(&number));
        prop_assert_eq!(text.parse::<f64>().unwrap(), number);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn integers_are_written_as_they_are(a in any::<u64>(), b in any::<i64>(), c in any::<u32>()) {
        let text = written(|writer| writer.array(|writer| {
            writer.value(&a);
            writer.value(&b);
            writer.value(&c);
        }));
        prop_assert_eq!(text, format!("[{a},{b},{c}]"));
    }
}
