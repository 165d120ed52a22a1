//! JSON for people, with every number and key as it was written.

use modelgate_dialects::json::{Document, Kind, Value};

/// The text in several lines.
pub(crate) fn pretty(document: &Document) -> String {
    let mut out = String::new();
    write(document.root(), 0, &mut out);
    out
}

fn write(value: Value<'_>, indent: usize, out: &mut String) {
    let one_line = value.source().len() + indent <= 100 && !value.source().contains('\n');
    match value.kind() {
        Kind::Object if !one_line => {
            let entries = value
                .entries()
                .map(|(key, value)| (Some(key.into_owned()), value));
            lines('{', entries.collect(), '}', indent, out);
        }
        Kind::Array if !one_line => {
            lines(
                '[',
                value.items().map(|value| (None, value)).collect(),
                ']',
                indent,
                out,
            );
        }
        _ => out.push_str(value.source()),
    }
}

fn lines(
    open: char,
    entries: Vec<(Option<String>, Value<'_>)>,
    close: char,
    indent: usize,
    out: &mut String,
) {
    let margin = |out: &mut String, indent: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    };
    out.push(open);
    let last = entries.len().saturating_sub(1);
    for (number, (key, value)) in entries.into_iter().enumerate() {
        margin(out, indent + 2);
        if let Some(key) = key {
            out.push_str(&format!("{key:?}: "));
        }
        write(value, indent + 2, out);
        if number < last {
            out.push(',');
        }
    }
    margin(out, indent);
    out.push(close);
}
