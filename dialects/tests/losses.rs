//! Nothing is lost silently (`dialects.md` section 5, 5): every leaf of a request is found in what was written, or named
//! among the losses, or it is one of the spellings below that mean the same without being there.

mod tables;

use std::collections::BTreeSet;

use modelgate_dialects::json::{Document, Kind, Value};
use modelgate_dialects::{Dialect, encode_request};
use proptest::prelude::*;

use self::tables::{NEUTRAL, UNSEEN};
use crate::golden::{Fixture, fixtures};
use crate::support::arbitrary::plan::plan;
use crate::support::{cases, drive, targets};

/// A leaf of a request: where it is, and its value as text.
struct Leaf {
    path: String,
    text: String,
    is_text: bool,
}

fn leaves(value: Value<'_>, path: &str, into: &mut Vec<Leaf>) {
    match value.kind() {
        Kind::Object => {
            for (key, value) in value.entries() {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{key}"), into);
            }
        }
        Kind::Array => {
            let items = value.items().enumerate();
            items.for_each(|(number, item)| leaves(item, &format!("{path}[{number}]"), into));
        }
        Kind::Null => {}
        _ => into.push(Leaf {
            path: path.to_owned(),
            text: value
                .as_str()
                .map_or_else(|| value.source().to_owned(), |text| text.into_owned()),
            is_text: value.kind() == Kind::String,
        }),
    }
}

impl Leaf {
    /// A truth says something only together with its name.
    fn named(&self) -> String {
        match &*self.text {
            "true" | "false" if !self.is_text => {
                let name = self.path.rsplit('.').next().unwrap_or_default();
                format!("{name}={}", self.text)
            }
            other => other.to_owned(),
        }
    }
}

/// What was written: all texts (text in text counts, as in arguments and data addresses) and all other values.
struct Written {
    texts: Vec<String>,
    others: Vec<String>,
}

impl Written {
    fn of(body: Value<'_>) -> Self {
        let mut found = Vec::new();
        leaves(body, "", &mut found);
        // Arguments are JSON in a text.
        for number in 0..found.len() {
            let text = found[number].text.clone();
            if let Ok(document) = Document::parse(text.into_bytes().into()) {
                leaves(document.root(), "", &mut found);
            }
        }
        let (texts, others): (Vec<Leaf>, Vec<Leaf>) =
            found.into_iter().partition(|leaf| leaf.is_text);
        Self {
            texts: texts.into_iter().map(|leaf| leaf.text).collect(),
            others: others.iter().map(Leaf::named).collect(),
        }
    }

    fn has(&self, leaf: &Leaf) -> bool {
        if leaf.is_text {
            let text = leaf.text.trim();
            return self
                .texts
                .iter()
                .any(|written| written.contains(text) || is_inside(text, written));
        }
        let number = |text: &str| text.parse::<f64>().ok();
        let value = leaf.named();
        let same = |written: &String| {
            *written == value || (number(written).is_some() && number(written) == number(&value))
        };
        self.others.iter().any(same)
    }
}

/// Whether the text is a part of a longer one that was sent apart: `data:image/png;base64,…`.
fn is_inside(text: &str, written: &str) -> bool {
    let payload = text.rsplit_once(',').map_or(text, |(_, payload)| payload);
    text.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
        && written.contains(payload)
}

fn is_neutral(path: &str) -> bool {
    let mut general = String::new();
    let mut digits = false;
    for char in path.chars() {
        match char {
            '[' => general.push_str("[*"),
            _ if char.is_ascii_digit() && (general.ends_with("[*") || digits) => digits = true,
            _ => {
                digits = false;
                general.push(char);
            }
        }
    }
    NEUTRAL.iter().any(|(neutral, _)| *neutral == general)
}

/// A loss covers its path and all below; one on a call covers what stands in it.
fn is_covered(path: &str, losses: &[String]) -> bool {
    losses.iter().any(|loss| {
        path.strip_prefix(loss.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The paths that are neither written nor named nor neutral.
fn silent(body: Value<'_>, written: Value<'_>, losses: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    leaves(body, "", &mut found);
    let written = Written::of(written);
    let lost = |leaf: &Leaf| {
        let nothing = leaf.is_text && leaf.text.trim().is_empty();
        !nothing && !written.has(leaf) && !is_covered(&leaf.path, losses) && !is_neutral(&leaf.path)
    };
    found
        .into_iter()
        .filter(lost)
        .map(|leaf| leaf.path)
        .collect()
}

fn translate(
    from: Dialect,
    body: &[u8],
    to: Dialect,
    profile: &str,
) -> Option<(Vec<u8>, Vec<String>)> {
    let request = modelgate_dialects::decode_request(from, &drive::document(body)).ok()?;
    let encoded = encode_request(to, &request, &targets::named(to, profile)).ok()?;
    let losses = encoded
        .losses
        .iter()
        .map(|loss| loss.path.clone())
        .collect();
    Some((encoded.body.to_bytes().to_vec(), losses))
}

/// Every fixture with every dialect that it can be translated to.
fn pairs() -> impl Iterator<Item = (Fixture, Dialect)> {
    fixtures("requests").into_iter().flat_map(|fixture| {
        let others = drive::upstreams(fixture.dialect);
        others.map(move |to| (fixture.clone(), to))
    })
}

#[test]
fn every_leaf_of_every_fixture_arrives_or_is_named() {
    let mut silences = Vec::new();
    for (fixture, to) in pairs() {
        let Some((body, losses)) = translate(fixture.dialect, &fixture.bytes, to, &fixture.profile)
        else {
            continue;
        };
        let lost = silent(
            drive::document(&fixture.bytes).root(),
            drive::document(&body).root(),
            &losses,
        );
        let name = format!("{}/{} to {to}", fixture.dialect, fixture.name);
        if lost.is_empty() == UNSEEN.iter().any(|(unseen, _)| *unseen == name) {
            silences.push(format!(
                "{name}@{}: {lost:?}\n    {losses:?}",
                fixture.profile
            ));
        }
    }
    assert!(
        silences.is_empty(),
        "{} are silent:\n{}",
        silences.len(),
        silences.join("\n")
    );
}

#[test]
fn the_checker_notices_every_loss_that_is_not_named() {
    let mut noticed = BTreeSet::new();
    for (fixture, to) in pairs() {
        let Some((body, losses)) = translate(fixture.dialect, &fixture.bytes, to, &fixture.profile)
        else {
            continue;
        };
        let (source, written) = (drive::document(&fixture.bytes), drive::document(&body));
        for number in 0..losses.len() {
            let mut fewer = losses.clone();
            let path = fewer.remove(number);
            let lost = silent(source.root(), written.root(), &fewer);
            if lost
                .iter()
                .any(|lost| is_covered(lost, std::slice::from_ref(&path)))
            {
                noticed.insert(path);
            }
        }
    }
    for path in [
        "messages[1].name",
        "seed",
        "logit_bias",
        "temperature",
        "top_p",
        "top_k",
        "metadata",
        "safety_identifier",
        "response_format.json_schema.name",
        "web_search_options.search_context_size",
        "new_field",
        "messages[0].content[0].part_field",
        "tools[0].defer_loading",
        "tools[0].input_examples",
        "stop_sequences",
        "mcp_servers",
        "container",
        "messages[1].content[1]",
    ] {
        assert!(noticed.contains(path), "{path} could vanish: {noticed:#?}");
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn every_leaf_of_any_conversation_arrives_or_is_named(plan in plan()) {
        for from in Dialect::BOTH {
            let told = plan.told(from);
            for to in drive::upstreams(from) {
                let (body, losses) = translate(from, &told, to, "").unwrap();
                let lost = silent(drive::document(&told).root(), drive::document(&body).root(), &losses);
                prop_assert!(lost.is_empty(), "{to} {:?}\n{}", lost, String::from_utf8_lossy(&body));
            }
        }
    }
}
