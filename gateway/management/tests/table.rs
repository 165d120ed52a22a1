//! Every method, path and body of the family's configuration endpoints, and what becomes of it.

use std::fs;

use modelgate_config::document;
use modelgate_config::load;
use tempfile::TempDir;

use super::*;

pub(super) const SETTINGS: &str = "\
# The gateway of the team.
port: 8400
debug: true   # loud

api-keys:
  - mg-ann   # Ann's
  - {key: mg-bob, name: bob}
  - key-hash: sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    name: carol

routing:
  strategy: ff
  max-cooldown: 10m

claude-api-key:
  # the first
  - api-key: sk-ant-1
    base-url: https://c1.example
    priority: 3
    models: [{name: claude-sonnet-4-5, alias: sonnet}]
  - api-key: sk-ant-2   # the second

gemini-api-key:
  - {api-key: AIza-1, base-url: 'https://g1.example'}
  - {api-key: AIza-1, base-url: 'https://g2.example'}
codex-api-key: [{api-key: sk-codex, base-url: 'https://x.example/v1'}]
openai-compatibility:
  - name: deep
    base-url: https://d.example/v1
    api-key-entries: [{api-key: sk-d1}, {api-key: sk-d2}]
    models: [{name: chat}]

oauth-excluded-models: {Claude: ['claude-haiku-*']}
oauth-model-alias:
  codex: [{name: gpt-5, alias: big}]
ampcode:
  upstream-url: https://amp.example
  model-mappings: [{from: a, to: b}, {from: c, to: d}]
  upstream-api-keys:
    - {upstream-api-key: amp-1, api-keys: [mg-ann]}
# The end.
";

/// A gateway with a file and accounts of its own.
pub(super) struct Scene {
    pub(super) home: TempDir,
    pub(super) state: Arc<State>,
}

impl Scene {
    pub(super) fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("auth")).unwrap();
        for (name, text) in [
            (
                "claude-ada@example.com",
                r#"{"type":"claude","email":"ada@example.com","access_token":"secret-access-token","refresh_token":"secret-refresh-token","expired":"2099-01-01T00:00:00Z","note":"mine"}"#,
            ),
            (
                "qwen-1",
                r#"{"type":"qwen","access_token":"secret-access-token","disabled":true}"#,
            ),
            ("broken", "{"),
        ] {
            fs::write(at("auth").join(format!("{name}.json")), text).unwrap();
        }
        let auth = format!("auth-dir: {}\n", at("auth").display());
        fs::write(at("c.yaml"), format!("{auth}{text}")).unwrap();
        let loaded = load(&at("c.yaml"), &Environment::default()).unwrap();
        let store = Store::new(loaded, Overrides::default()).unwrap();
        let state = Arc::new(State::new(store).managed_with(&Secret::from(TOKEN)));
        Self { home, state }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        fs::read_to_string(self.home.path().join("c.yaml")).unwrap()
    }

    async fn ask(&self, ask: &str, body: &str) -> (u16, Value) {
        let (status, _, body) = sent(&self.state, ask, &[KEY], body).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

/// Whether a value has at least what another has.
fn has(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part
            .iter()
            .all(|(key, part)| value.get(key).is_some_and(|value| has(value, part))),
        (Value::Array(value), Value::Array(part)) if part.is_empty() => value.is_empty(),
        (Value::Array(value), Value::Array(part)) => {
            value.len() >= part.len()
                && value.iter().zip(part).all(|(value, part)| has(value, part))
        }
        (value, part) => value == part,
    }
}

/// What is wrong with a row; nothing, if all is well.
async fn wrong_with(row: &str) -> Option<String> {
    let (asked, expected) = row.split_once(" => ").unwrap();
    let mut words = asked.splitn(3, ' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let body = words.next().unwrap_or_default();
    let mut parts = expected.split(" ; ");
    let (status, answer) = parts.next().unwrap().split_once(' ').unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    let scene = Scene::new(SETTINGS);
    let before = scene.text();
    let (got, told) = scene.ask(&format!("{method} {path}"), body).await;
    let after = scene.text();
    let wrong = |what: &str| Some(format!("{row}\n  {what}: {got} {told}\n{after}"));
    if got.to_string() != status || !has(&told, &answer) {
        return wrong("answers otherwise");
    }
    if got >= 300 && after != before {
        return wrong("was refused and changed something");
    }
    if scene.state.store.text() != after {
        return wrong("is in the file and not in use");
    }
    let kept = ["# The gateway of the team.", "# The end."];
    if path != "config.yaml" && !kept.iter().all(|comment| after.contains(comment)) {
        return wrong("loses a comment");
    }
    let document = document::clear(&after, Path::new("")).unwrap();
    for part in parts {
        let (path, expected) = part.split_once(" = ").unwrap();
        let expected = match expected {
            "absent" => None,
            json => Some(serde_json::from_str::<Value>(json).unwrap()),
        };
        if document::find(&document, path) != expected.as_ref() {
            return wrong(path);
        }
    }
    None
}

async fn check(rows: impl IntoIterator<Item = String>) {
    let mut wrong = Vec::new();
    for row in rows {
        wrong.extend(wrong_with(&row).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_row_of_the_table() {
    let rows: Vec<&str> = include_str!("table.txt")
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 400, "{}", rows.len());
    check(rows.into_iter().map(str::to_owned)).await;
}

/// Settings of one value: path, place in the file, default, a value, and one of a wrong type.
const SCALARS: [(&str, &str, &str, &str, &str); 19] = [
    ("debug", "debug", "true", "false", "\"yes\""),
    ("logging-to-file", "logging-to-file", "false", "true", "1"),
    (
        "logs-max-total-size-mb",
        "logs-max-total-size-mb",
        "0",
        "50",
        "\"50\"",
    ),
    (
        "error-logs-max-files",
        "error-logs-max-files",
        "10",
        "3",
        "true",
    ),
    (
        "usage-statistics-enabled",
        "usage-statistics-enabled",
        "true",
        "false",
        "\"true\"",
    ),
    ("request-log", "request-log", "false", "true", "[]"),
    ("ws-auth", "ws-auth", "true", "false", "0"),
    ("request-retry", "request-retry", "0", "3", "\"3\""),
    ("max-retry-interval", "max-retry-interval", "0", "30", "{}"),
    (
        "max-retry-credentials",
        "max-retry-credentials",
        "0",
        "2",
        "2.5",
    ),
    (
        "proxy-url",
        "proxy-url",
        "\"\"",
        "\"http://p.example:1\"",
        "7",
    ),
    (
        "quota-exceeded/switch-project",
        "quota-exceeded.switch-project",
        "false",
        "true",
        "1",
    ),
    (
        "quota-exceeded/switch-preview-model",
        "quota-exceeded.switch-preview-model",
        "false",
        "true",
        "\"\"",
    ),
    (
        "force-model-prefix",
        "force-model-prefix",
        "false",
        "true",
        "\"on\"",
    ),
    (
        "routing/strategy",
        "routing.strategy",
        "\"fill-first\"",
        "\"round-robin\"",
        "1",
    ),
    (
        "ampcode/upstream-url",
        "ampcode.upstream-url",
        "\"https://amp.example\"",
        "\"https://b.example\"",
        "1",
    ),
    (
        "ampcode/upstream-api-key",
        "ampcode.upstream-api-key",
        "\"\"",
        "\"amp-9\"",
        "[]",
    ),
    (
        "ampcode/restrict-management-to-localhost",
        "ampcode.restrict-management-to-localhost",
        "true",
        "false",
        "\"\"",
    ),
    (
        "ampcode/force-model-mappings",
        "ampcode.force-model-mappings",
        "false",
        "true",
        "1",
    ),
];

#[tokio::test]
async fn every_scalar_is_read_and_written_in_the_same_way() {
    for (path, at, default, value, wrong) in SCALARS {
        let key = at.rsplit('.').next().unwrap();
        let deletable = [
            "proxy-url",
            "ampcode/upstream-url",
            "ampcode/upstream-api-key",
        ]
        .contains(&path);
        let rows = [
            format!("GET {path} => 200 {{\"{key}\":{default}}}"),
            format!(
                "PUT {path} {{\"value\":{value}}} => 200 {{\"status\":\"ok\"}} ; {at} = {value}"
            ),
            format!(
                "PATCH {path} {{\"value\":{value}}} => 200 {{\"status\":\"ok\"}} ; {at} = {value}"
            ),
            format!("PUT {path} {{\"value\":{wrong}}} => 400 {{\"error\":\"invalid body\"}}"),
            format!("PATCH {path} {{\"value\":null}} => 400 {{\"error\":\"invalid body\"}}"),
            format!("PUT {path} {{}} => 400 {{\"error\":\"invalid body\"}}"),
            format!("PUT {path} {value} => 400 {{\"error\":\"invalid body\"}}"),
            format!("PUT {path} => 400 {{\"error\":\"invalid body\"}}"),
            format!("POST {path} {{\"value\":{value}}} => 405 {{}}"),
        ];
        let delete = match deletable {
            true => format!("DELETE {path} => 200 {{\"status\":\"ok\"}}"),
            false => format!("DELETE {path} => 405 {{}}"),
        };
        check(rows.into_iter().chain([delete])).await;
        let scene = Scene::new("");
        let body = format!("{{\"value\":{value}}}");
        assert_eq!(
            scene.ask(&format!("PUT {path}"), &body).await.0,
            200,
            "{path}"
        );
        let (_, told) = scene.ask(&format!("GET {path}"), "").await;
        assert_eq!(
            told[key],
            serde_json::from_str::<Value>(value).unwrap(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_read_and_written_back_changes_nothing() {
    for path in [
        "config",
        "api-keys",
        "claude-api-key",
        "gemini-api-key",
        "codex-api-key",
        "openai-compatibility",
        "oauth-model-alias",
        "vertex-api-key",
    ] {
        let scene = Scene::new(SETTINGS);
        let before = scene.text();
        let (_, told) = scene.ask(&format!("GET {path}"), "").await;
        let body = if path == "config" {
            told
        } else {
            told[path].clone()
        };
        let (status, answer) = scene.ask(&format!("PUT {path}"), &body.to_string()).await;
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(scene.text(), before, "{path}");
    }
}

#[tokio::test]
async fn the_whole_configuration_leaves_out_how_the_gateway_is_reached() {
    let text =
        format!("remote-management: {{secret-key: hush-hush-hush}}\nhost: 127.0.0.1\n{SETTINGS}");
    let scene = Scene::new(&text);
    let (_, told) = scene.ask("GET config", "").await;
    for hidden in ["host", "port", "auth-dir", "remote-management"] {
        assert!(told.get(hidden).is_none(), "{hidden}");
    }
    assert!(!told.to_string().contains("hush-hush"));
    let scene = Scene::new("");
    let (_, told) = scene.ask("GET config", "").await;
    for empty in ["oauth-excluded-models", "oauth-model-alias", "ampcode"] {
        assert!(told.get(empty).is_none(), "{empty}");
    }
}

#[tokio::test]
async fn what_stands_under_an_older_name_moves_with_the_first_change() {
    let text = "# top\ngenerative-language-api-key: [AIza-old]\noauth-model-mappings: {codex: [{name: a, alias: b}]}\n# end\n";
    let scene = Scene::new(text);
    let (_, told) = scene.ask("GET gemini-api-key", "").await;
    assert_eq!(told["gemini-api-key"][0]["api-key"], "AIza-old");
    let (_, told) = scene.ask("GET oauth-model-alias", "").await;
    assert_eq!(told["oauth-model-alias"]["codex"][0]["alias"], "b");
    let (_, told) = scene.ask("GET config", "").await;
    assert_eq!(told["gemini-api-key"][0]["api-key"], "AIza-old");
    assert_eq!(told["oauth-model-alias"]["codex"][0]["name"], "a");
    assert!(told.get("generative-language-api-key").is_none());
    let before = scene.text();
    assert_eq!(scene.ask("PUT config", &told.to_string()).await.0, 200);
    assert_eq!(scene.text(), before, "nothing was changed");

    let patch = r#"{"match":"AIza-old","value":{"priority":1}}"#;
    assert_eq!(scene.ask("PATCH gemini-api-key", patch).await.0, 200);
    let patch = r#"{"channel":"kimi","aliases":[{"name":"c","alias":"d"}]}"#;
    assert_eq!(scene.ask("PATCH oauth-model-alias", patch).await.0, 200);
    let text = scene.text();
    let document = document::clear(&text, Path::new("")).unwrap();
    assert_eq!(
        document["gemini-api-key"],
        serde_json::json!([{"api-key": "AIza-old", "priority": 1}])
    );
    assert_eq!(document["oauth-model-alias"]["codex"][0]["name"], "a");
    assert!(
        !text.contains("generative-language") && !text.contains("mappings"),
        "{text}"
    );
    assert!(text.contains("# top") && text.contains("# end"), "{text}");
}

#[tokio::test]
async fn older_keys_about_amp_move_into_their_block() {
    let text = "amp-upstream-url: https://amp.example\namp-model-mappings: [{from: a, to: b}]\n";
    let scene = Scene::new(text);
    let (_, told) = scene.ask("GET config", "").await;
    assert_eq!(told["ampcode"]["upstream-url"], "https://amp.example");
    assert!(told.get("amp-upstream-url").is_none(), "{told}");
    let put = r#"{"value":"https://other.example"}"#;
    assert_eq!(scene.ask("PUT ampcode/upstream-url", put).await.0, 200);
    let text = scene.text();
    assert!(!text.contains("amp-upstream-url"), "{text}");
    let (_, told) = scene.ask("GET ampcode", "").await;
    let expected = serde_json::json!([{"from": "a", "to": "b"}]);
    assert_eq!(told["ampcode"]["model-mappings"], expected);
    assert_eq!(told["ampcode"]["upstream-url"], "https://other.example");
}
