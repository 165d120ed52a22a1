//! The `payload` rules: what is set in the bodies of upstream requests, and what is taken out of them
//! (`management-api.md` 6.9).
//!
//! Here they are read and judged once; whoever builds a request applies them, in the order of [`Payload`].

mod json;
mod path;

use std::fmt;

use crate::error::Report;
use crate::pattern::Pattern;
use crate::tree::{self, Value};
use crate::view::View;

pub use path::{PathSegment, PayloadPath};

/// The JSON of a scalar without quotes, where it is a number or a truth value.
pub(crate) fn plain_json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(&json::plain(text).ok()??).ok()
}

/// The `payload` block. Paths start at the root of the body in the upstream's own dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload {
    /// `default`, then `default-raw`: set where the request that came in lacks the path. The first one wins.
    pub defaults: Vec<PayloadRule<PayloadSet>>,
    /// `override`, then `override-raw`: set in any case after the defaults, one after the other. The last one wins.
    pub overrides: Vec<PayloadRule<PayloadSet>>,
    /// `filter`: removed after everything was set.
    pub filters: Vec<PayloadRule<PayloadPath>>,
}

/// What is done (`P`), and for which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadRule<P> {
    /// The rule applies when one of them fits; never empty.
    pub models: Vec<PayloadModel>,
    /// What is set or removed, in the order of the file; never empty.
    pub params: Vec<P>,
}

/// Models a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadModel {
    /// Compared with the upstream's name of the model and with the one the client asked for.
    pub name: Pattern,
    /// The dialect of the upstream; `None`: any.
    pub protocol: Option<PayloadProtocol>,
}

/// The `protocol` of a rule: the dialect an upstream is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadProtocol {
    /// `openai`: Chat Completions.
    Chat,
    /// `openai-response` or `codex`: Responses.
    Responses,
    /// `claude`: Messages.
    Claude,
    /// `gemini`: generateContent, at the Gemini API and at Vertex AI.
    Gemini,
    /// A word of the family for a dialect that is not spoken here. Fits no request.
    Unspoken,
}

/// A value and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadSet {
    /// Where; what is missing on the way is made.
    pub path: PayloadPath,
    /// What.
    pub value: JsonText,
}

/// The text of one valid JSON value, nested at most 32 levels deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(String);

impl Payload {
    /// There are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.defaults.is_empty() && self.overrides.is_empty() && self.filters.is_empty()
    }
}

impl<P> PayloadRule<P> {
    /// Whether the rule is for a request in `protocol`. `names` are the upstream's name of the model and the client's.
    #[must_use]
    pub fn applies(&self, protocol: PayloadProtocol, names: &[&str]) -> bool {
        self.models.iter().any(|model| {
            let spoken = model.protocol.is_none_or(|wanted| wanted == protocol);
            spoken && names.iter().any(|name| model.name.matches(name))
        })
    }
}

impl JsonText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `payload`.
pub(crate) fn read(block: &View, report: &mut Report) -> Payload {
    // Aliases could make a small file say very much.
    let mut room = tree::LARGEST;
    let mut sets = |plain: &str, raw: &str| {
        let mut rules = rules(&block.get(plain), report, |params, report| {
            assignments(params, json::from_yaml, &mut room, report)
        });
        rules.extend(self::rules(&block.get(raw), report, |params, report| {
            assignments(params, json::from_raw, &mut room, report)
        }));
        rules
    };
    Payload {
        defaults: sets("default", "default-raw"),
        overrides: sets("override", "override-raw"),
        filters: rules(&block.get("filter"), report, paths),
    }
}

fn rules<P>(
    list: &View,
    report: &mut Report,
    mut read: impl FnMut(&View, &mut Report) -> Vec<P>,
) -> Vec<PayloadRule<P>> {
    let mut rules = Vec::new();
    for item in list.items() {
        let (models, params) = (item.get("models"), item.get("params"));
        if models.items().is_empty() {
            let hint = "add `models: [{name: \"*\"}]`, or a pattern such as `gpt-*`";
            report.problem(
                models.at,
                &models.key,
                "this rule has no `models`, so it would never apply",
                hint,
            );
        }
        if params.items().is_empty() && params.entries().is_empty() {
            report.problem(
                params.at,
                &params.key,
                "this rule has no `params`",
                "add `params:` with the paths it is about, or remove the rule",
            );
        }
        let models: Vec<_> = models
            .items()
            .iter()
            .filter_map(|model| self::model(model, report))
            .collect();
        let params = read(&params, report);
        // Of the entries of a rule, those with conditions are left out; maybe none stays.
        if !models.is_empty() {
            rules.push(PayloadRule { models, params });
        }
    }
    rules
}

/// `None` after a problem, and for an entry with a condition that is not known here: without its condition
/// the rule would apply to more than was meant.
fn model(item: &View, report: &mut Report) -> Option<PayloadModel> {
    let name = item.get("name");
    if name.filled().is_none() {
        report.problem(
            name.at,
            &name.key,
            "this entry has no `name`",
            "add `name:` and a model; `*` stands for anything",
        );
    }
    let protocol = protocol(&item.get("protocol"), report);
    let mut supported = true;
    for condition in [
        "from-protocol",
        "headers",
        "match",
        "not-match",
        "exist",
        "not-exist",
    ] {
        let view = item.get(condition);
        if !is_blank(&view) {
            let message =
                format!("`{condition}` is not supported, so the rule is not used for these models");
            report.warning(view.at, &view.key, message, "");
            supported = false;
        }
    }
    let name = Pattern::new(name.filled()?);
    supported.then_some(PayloadModel { name, protocol })
}

fn is_blank(view: &View) -> bool {
    match view.node().map(|node| &node.value) {
        None | Some(Value::Null) => true,
        Some(Value::Scalar(text)) => text.trim().is_empty(),
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Map(entries)) => entries.is_empty(),
    }
}

fn protocol(view: &View, report: &mut Report) -> Option<PayloadProtocol> {
    let word = view.filled()?.to_lowercase().replace('_', "-");
    let hint =
        "write `openai`, `openai-response`, `claude` or `gemini`; without it the rule is for all";
    match word.as_str() {
        "openai" | "chat" | "openai-chat" => Some(PayloadProtocol::Chat),
        "openai-response" | "openai-responses" | "responses" | "codex" => {
            Some(PayloadProtocol::Responses)
        }
        "claude" => Some(PayloadProtocol::Claude),
        "gemini" => Some(PayloadProtocol::Gemini),
        "gemini-cli" | "antigravity" | "kiro" | "interactions" | "xai" | "aistudio" | "vertex"
        | "kimi" | "qwen" | "iflow" => {
            let message = format!("no provider is asked in `{word}`, so this never applies");
            report.warning(view.at, &view.key, message, hint);
            Some(PayloadProtocol::Unspoken)
        }
        _ => {
            report.problem(view.at, &view.key, "unknown protocol", hint);
            None
        }
    }
}

fn assignments(
    params: &View,
    convert: fn(&tree::Node, &mut usize) -> Result<JsonText, json::Refusal>,
    room: &mut usize,
    report: &mut Report,
) -> Vec<PayloadSet> {
    let mut assignments = Vec::new();
    for (name, at, view) in params.entries() {
        let path = PayloadPath::parse(&name).map_err(|complaint| {
            report.problem(at, &view.key, complaint.message, complaint.hint);
        });
        let Some(node) = view.node() else { continue };
        let value = convert(node, room).map_err(|refusal| {
            let complaint = refusal.complaint;
            report.problem(refusal.at, &view.key, complaint.message, complaint.hint);
        });
        if let (Ok(path), Ok(value)) = (path, value) {
            assignments.push(PayloadSet { path, value });
        }
    }
    assignments
}

fn paths(params: &View, report: &mut Report) -> Vec<PayloadPath> {
    let read = |item: &View| {
        let text = item.text().unwrap_or_default();
        report.accept(item, PayloadPath::parse(text))
    };
    params.items().iter().filter_map(read).collect()
}
