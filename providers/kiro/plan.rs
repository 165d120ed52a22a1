//! What Kiro tells of an account beside its models: the profile, the plan and how much of that is used (`providers.md` 9.1, 9.6).

use bytes::Bytes;
use http::HeaderValue;
use modelgate_dialects::Str;
use modelgate_dialects::json::{Document, RawJson, Value};

use crate::QuotaWindow;
use crate::retry_hint;

/// What is counted.
const RESOURCE: &str = "AGENTIC_REQUEST";
/// How a window is called that has no name.
const UNNAMED: &str = "requests";
/// Longest name of a plan that is kept, in characters.
const LONGEST: usize = 60;
/// Most windows of a plan.
const WINDOWS: usize = 8;

/// What is asked about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Its models.
    Models,
    /// Its profiles.
    Profiles,
    /// The same, for accounts that may not see the first.
    Customizations,
    /// How much is used.
    Usage,
}

impl About {
    /// The operation of AWS's.
    pub(crate) const fn target(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Models => "AmazonCodeWhispererService.ListAvailableModels",
            Self::Profiles => "AmazonCodeWhispererService.ListProfiles",
            Self::Customizations => "AmazonCodeWhispererService.ListAvailableCustomizations",
            Self::Usage => "AmazonCodeWhispererService.GetUsageLimits",
        })
    }

    /// Its body, of an account with this profile.
    pub(crate) fn body(self, origin: &str, profile: Option<&str>) -> String {
        let body = RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field("origin", origin);
                writer.field_opt("profileArn", profile.as_ref());
                if self == Self::Usage {
                    writer.field("resourceType", RESOURCE);
                }
            });
        });
        body.as_str().to_owned()
    }
}

/// The name of an account's profile; accounts of AWS have none as a rule.
pub(crate) fn profile(answer: Bytes) -> Option<String> {
    let answer = Document::parse(answer).ok()?;
    let root = answer.root();
    let listed = root.field("profiles").into_iter().flat_map(Value::items);
    let mut named = listed
        .filter_map(|profile| profile.text_of("arn"))
        .chain(root.text_of("profileArn"));
    named
        .find(|name| !name.is_blank())
        .map(|name| name.trim().to_owned())
}

/// What somebody pays for, in Kiro's words.
pub(crate) fn title(answer: Bytes) -> Option<String> {
    let answer = Document::parse(answer).ok()?;
    title_of(answer.root())
}

/// How much is used of a plan, each window under the plan's name.
pub(crate) fn windows(answer: Bytes) -> Vec<QuotaWindow> {
    let answer = Document::parse(answer).unwrap_or_default();
    let root = answer.root();
    let title = title_of(root);
    let resets_at = moment(root);
    let used = root.field("usageBreakdownList");
    let used = used.into_iter().flat_map(Value::items).take(WINDOWS);
    let windows = used.filter_map(|used| {
        let number = |exact: &str, rounded: &str| {
            let exact = used.field(exact).and_then(Value::as_f64);
            exact.or_else(|| used.field(rounded).and_then(Value::as_f64))
        };
        let limit = number("usageLimitWithPrecision", "usageLimit")?;
        let current = number("currentUsageWithPrecision", "currentUsage")?;
        let percent = current / limit * 100.0;
        let what = || used.text_of("displayName").map(|name| short(&name));
        let name = title.clone().or_else(what);
        percent.is_finite().then(|| QuotaWindow {
            name: Str::from(name.unwrap_or_else(|| UNNAMED.to_owned())),
            used_percent: Some(percent.clamp(0.0, 100.0)),
            resets_at: moment(used).or(resets_at),
            used_up: percent >= 100.0,
        })
    });
    windows.collect()
}

fn title_of(root: Value<'_>) -> Option<String> {
    let title = root
        .field("subscriptionInfo")?
        .text_of("subscriptionTitle")?;
    let title = short(title.trim());
    (!title.is_empty()).then_some(title)
}

fn short(name: &str) -> String {
    name.chars().take(LONGEST).collect()
}

fn moment(of: Value<'_>) -> Option<std::time::SystemTime> {
    let value = of.field("nextDateReset")?;
    let text = value.as_str().unwrap_or_else(|| value.source().into());
    retry_hint::moment(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &'static str) -> Vec<(String, Option<f64>, Option<u64>, bool)> {
        let windows = windows(Bytes::from_static(answer.as_bytes())).into_iter();
        let seconds = |at: std::time::SystemTime| {
            let since = at.duration_since(std::time::UNIX_EPOCH);
            since.unwrap().as_secs()
        };
        let told = windows.map(|window| {
            let resets = window.resets_at.map(seconds);
            (
                window.name.to_string(),
                window.used_percent,
                resets,
                window.used_up,
            )
        });
        told.collect()
    }

    #[test]
    fn a_plan_and_what_is_used_of_it_are_read() {
        let pro = r#"{"subscriptionInfo":{"subscriptionTitle":" KIRO PRO ","type":"x"},"nextDateReset":1.7905536E9,
            "usageBreakdownList":[{"currentUsageWithPrecision":250.5,"currentUsage":250,"usageLimitWithPrecision":1000.0,"usageLimit":1000}]}"#;
        let expected = (
            "KIRO PRO".to_owned(),
            Some(25.05),
            Some(1_790_553_600),
            false,
        );
        assert_eq!(read(pro), [expected]);
        assert_eq!(
            title(Bytes::from_static(pro.as_bytes())).as_deref(),
            Some("KIRO PRO")
        );
        let rounded = r#"{"usageBreakdownList":[{"displayName":"Vibe","currentUsage":60,"usageLimit":50,"nextDateReset":"2026-09-28T00:00:00Z"},
            {"currentUsage":1,"usageLimit":2}]}"#;
        let expected = [
            ("Vibe".to_owned(), Some(100.0), Some(1_790_553_600), true),
            ("requests".to_owned(), Some(50.0), None, false),
        ];
        assert_eq!(read(rounded), expected);
    }

    #[test]
    fn what_is_no_number_of_a_plan_is_left_out() {
        for odd in [
            "",
            "[]",
            "{}",
            r#"{"usageBreakdownList":{}}"#,
            r#"{"usageBreakdownList":[{"currentUsage":1}]}"#,
            r#"{"usageBreakdownList":[{"currentUsage":0,"usageLimit":0}]}"#,
            r#"{"usageBreakdownList":[{"currentUsage":"x","usageLimit":1}]}"#,
        ] {
            assert_eq!(read(odd), [], "{odd}");
        }
        assert_eq!(title(Bytes::from_static(b"{}")), None);
        let blank = br#"{"subscriptionInfo":{"subscriptionTitle":" "}}"#;
        assert_eq!(title(Bytes::from_static(blank)), None);
    }

    #[test]
    fn a_profile_is_read_in_both_shapes() {
        let read = |answer: &'static str| profile(Bytes::from_static(answer.as_bytes()));
        let listed = r#"{"profiles":[{"arn":" "},{"arn":"arn:a"},{"arn":"arn:b"}]}"#;
        assert_eq!(read(listed).as_deref(), Some("arn:a"));
        assert_eq!(read(r#"{"profileArn":"arn:c"}"#).as_deref(), Some("arn:c"));
        for nothing in ["", "{}", r#"{"profiles":[]}"#, r#"{"profiles":7}"#] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn only_usage_says_what_is_counted() {
        let body = About::Usage.body("AI_EDITOR", Some("arn:a"));
        let expected =
            r#"{"origin":"AI_EDITOR","profileArn":"arn:a","resourceType":"AGENTIC_REQUEST"}"#;
        assert_eq!(body, expected);
        assert_eq!(About::Profiles.body("CLI", None), r#"{"origin":"CLI"}"#);
    }
}
