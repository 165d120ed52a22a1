use proptest::prelude::*;

use super::*;

fn items(chunks: &[&[u8]]) -> Vec<String> {
    let mut framer = ArrayFramer::new(1 << 20);
    let mut frames = Vec::new();
    for chunk in chunks {
        framer.feed(chunk, &mut frames).expect("small");
    }
    framer.finish(&mut frames);
    frames.iter().map(|frame| frame.data.to_string()).collect()
}

#[track_caller]
fn check(stream: &str, expected: &[&str]) {
    assert_eq!(items(&[stream.as_bytes()]), expected, "{stream}");
    let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
    assert_eq!(items(&bytes), expected, "{stream} byte by byte");
}

#[test]
fn items_are_found_in_any_spelling() {
    check("[]", &[]);
    check("", &[]);
    check(" \r\n[\n]\n", &[]);
    check(
        "[{\"a\":1}\n,\r\n{\"b\":[{}]}]",
        &["{\"a\":1}", "{\"b\":[{}]}"],
    );
    check(
        "{\"error\":{\"code\":500}}",
        &["{\"error\":{\"code\":500}}"],
    );
    check("\u{feff}[{}]", &["{}"]);
    check(
        r#"[{"text":"]},{[\"é漢😀\\"},{"text":"\\\""}]"#,
        &[r#"{"text":"]},{[\"é漢😀\\"}"#, r#"{"text":"\\\""}"#],
    );
}

#[test]
fn what_is_cut_off_is_given_as_it_is() {
    check("[{\"a\":1},{\"b\":", &["{\"a\":1}", "{\"b\":"]);
    check("<html>", &["<html>"]);
}

#[test]
fn an_item_may_not_outgrow_the_limit() {
    let mut framer = ArrayFramer::new(10);
    let mut frames = Vec::new();
    let small = b"[{\"a\":1},{\"a\":2},{\"a\":3}";
    assert_eq!(framer.feed(small, &mut frames), Ok(()));
    assert_eq!(frames.len(), 3);
    let large = b",{\"a\":1234567";
    assert_eq!(
        framer.feed(large, &mut frames),
        Err(FrameTooLarge { limit: 10 })
    );
}

#[test]
fn a_list_is_written_item_by_item() {
    let mut writer = ArrayWriter::new();
    let mut out = Vec::new();
    writer.keep_alive(&mut out);
    writer.frames(
        b"data: {\"a\":1}\n\n: ping\n\ndata: {\"b\":2}\n\n",
        &mut out,
    );
    writer.finish(&mut out);
    writer.finish(&mut out);
    writer.item(&mut out, |out| out.extend_from_slice(b"{}"));
    writer.keep_alive(&mut out);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "\n[{\"a\":1}\n,\n{\"b\":2}]\n"
    );
    let mut out = Vec::new();
    ArrayWriter::new().finish(&mut out);
    assert_eq!(out, b"[]\n");
}

proptest! {
    #[test]
    fn any_split_gives_the_same_items(
        texts in prop::collection::vec(any::<String>(), 0..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let written: Vec<String> = texts
            .iter()
            .map(|text| serde_json::json!({"text": text, "list": [[text], {}]}).to_string())
            .collect();
        let mut writer = ArrayWriter::new();
        let mut stream = Vec::new();
        for item in &written {
            writer.item(&mut stream, |out| out.extend_from_slice(item.as_bytes()));
            writer.keep_alive(&mut stream);
        }
        writer.finish(&mut stream);
        let whole: Vec<serde_json::Value> = serde_json::from_slice(&stream).unwrap();
        prop_assert_eq!(whole.len(), texts.len());
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        at.extend([0, stream.len()]);
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
        prop_assert_eq!(items(&chunks), written);
    }

    #[test]
    fn noise_is_cut_somehow(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = items(&[&bytes]);
    }
}
