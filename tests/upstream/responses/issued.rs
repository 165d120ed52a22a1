//! The ids of what this server made. It knows them again by a seal, without remembering them, and tells from them
//! whether the item was kept: with `store: false` nothing is.

use crate::shape::hex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;

/// The id of every answer that is kept; the stream and the plain answer agree.
pub(super) const ID: &str = "resp_Scripted0123456789";
/// The id of every answer that is not.
const PASSING: &str = "resp_Passing0123456789";
/// In the ids of items that were made after reasoning and may not be replayed without it.
pub(super) const REASONED: &str = "AfterReasoning";

const KEPT: &str = "Kept";
const SEAL: usize = 8;

/// What an id says about its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Issued<'a> {
    /// The item's type.
    pub(super) kind: &'static str,
    /// Whether it may be named without being sent.
    pub(super) kept: bool,
    tail: &'a str,
}

/// The id of an answer.
pub(super) fn response_id(kept: bool) -> &'static str {
    if kept { ID } else { PASSING }
}

/// The id of an item: its type's prefix, whether it is kept, what distinguishes it from others, and the seal.
pub(super) fn item_id(prefix: &str, kept: bool, tail: &str) -> String {
    let mark = if kept { KEPT } else { "" };
    let id = format!("{prefix}_Scripted{mark}{tail}");
    let seal = seal(&id);
    id + &seal
}

/// The id of the reasoning that shows this, which its state belongs to.
pub(super) fn reasoning_id(shown: &str, kept: bool) -> String {
    item_id("rs", kept, &hex(&Sha256::digest(shown)[..8]))
}

/// The id of the call with this number, which is never the id of its item.
pub(super) fn call_id(number: usize) -> String {
    format!("call_Scripted{number:04}")
}

/// Whether this server may have made a call of this id.
pub(super) fn is_call_id(id: &str) -> bool {
    let number = id.strip_prefix("call_Scripted");
    number.is_some_and(|number| number.len() == 4 && number.parse::<u16>().is_ok())
}

/// Reads an item's id; nothing when it was invented.
pub(super) fn read(id: &str) -> Option<Issued<'_>> {
    let (said, found) = id.split_at_checked(id.len().checked_sub(SEAL)?)?;
    if seal(said) != found {
        return None;
    }
    let (prefix, tail) = said.split_once("_Scripted")?;
    let kind = match prefix {
        "msg" => "message",
        "rs" => "reasoning",
        "fc" => "function_call",
        "ctc" => "custom_tool_call",
        _ => return None,
    };
    let kept = tail.strip_prefix(KEPT);
    Some(Issued {
        kind,
        kept: kept.is_some(),
        tail: kept.unwrap_or(tail),
    })
}

/// The type of an item, or of what a reference stands for.
pub(super) fn kind(item: &Value) -> Option<&str> {
    match (item["type"].as_str(), item["id"].as_str().and_then(read)) {
        (Some("item_reference"), Some(issued)) => Some(issued.kind),
        (kind, _) => kind,
    }
}

/// The id of the call that an item is, answers or refers to.
pub(super) fn call_of(item: &Value) -> Cow<'_, str> {
    match item["id"].as_str().and_then(read) {
        Some(issued) if item["type"] == "item_reference" => {
            let tail = issued.tail.strip_prefix(REASONED).unwrap_or(issued.tail);
            Cow::Owned(call_id(tail.parse().unwrap_or_default()))
        }
        _ => Cow::Borrowed(item["call_id"].as_str().unwrap_or_default()),
    }
}

fn seal(said: &str) -> String {
    let digest = Sha256::digest(format!("scripted item {said}"));
    hex(&digest[..SEAL / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_issued_is_known() {
        let id = item_id("fc", true, "AfterReasoning0002");
        let issued = read(&id).expect("it was issued");
        assert_eq!((issued.kind, issued.kept), ("function_call", true));
        let passing = item_id("fc", false, "0002");
        assert!(read(&passing).is_some_and(|issued| !issued.kept));
        for invented in [
            "",
            "fc_1",
            "fc_ScriptedKept0002",
            &id.replace("fc_", "ctc_"),
            &id.replace("Kept", ""),
            &passing.replace("Scripted", "ScriptedKept"),
            "漢字漢字漢字",
        ] {
            assert_eq!(read(invented), None, "{invented}");
        }
    }

    #[test]
    fn a_reference_stands_for_its_call() {
        let item =
            json!({"type": "item_reference", "id": item_id("fc", true, "AfterReasoning0002")});
        assert_eq!(kind(&item), Some("function_call"));
        assert_eq!(call_of(&item), call_id(2));
        assert!(is_call_id(&call_id(2)) && !is_call_id("call_2"));
    }
}
