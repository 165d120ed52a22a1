//! Whole sessions: five questions that lead to calls beside each other and to thoughts, with one provider or with three that
//! follow each other in the middle of it. Nothing of them may be lost, said twice or refused.

use super::{Client, Heard, Talk};
use crate::harness::{Gateway, Settings};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::{Value, json};

/// An upstream, by what it speaks and how it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Chat,
    Claude,
    Responses,
    Gemini25,
    Gemini3,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Chat,
        Self::Claude,
        Self::Responses,
        Self::Gemini25,
        Self::Gemini3,
    ];

    /// The name of a client's model there.
    fn model(self, client: Client) -> String {
        let prefix = match self {
            Self::Claude => "claude-sonnet-4-6-",
            Self::Gemini25 => "gemini-2.5-flash-",
            Self::Gemini3 => "gemini-3-flash-",
            _ => "",
        };
        format!("{prefix}{}", model(client))
    }

    /// Whether what was said is with the vendor, and clients have nothing but its names: nobody else can go on from them.
    fn has_it(self, client: Client) -> bool {
        self == Self::Responses && client == Client::AiSdk
    }

    /// How often a request says what only its maker can read.
    fn signatures(self, body: &str) -> usize {
        let key = match self {
            Self::Chat => return 0,
            Self::Claude => "signature",
            Self::Responses => "encrypted_content",
            Self::Gemini25 | Self::Gemini3 => "thoughtSignature",
        };
        body.matches(&format!("\"{key}\":\"")).count()
    }

    /// The entry of a provider, under the key of its list.
    fn entry(self, upstream: &Upstream, priority: u8) -> (&'static str, String) {
        let names = Client::ALL
            .map(|client| format!("{{name: {}, alias: {}}}", self.model(client), model(client)));
        let models = format!("models: [{}]\n    priority: {priority}", names.join(", "));
        let url = upstream.url();
        match self {
            Self::Chat => (
                "openai-compatibility",
                format!(
                    "  - name: chat{priority}\n    base-url: {url}/v1\n    api-key-entries: [{{api-key: sk-good}}]\n    {models}\n"
                ),
            ),
            Self::Claude => (
                "claude-api-key",
                format!("  - api-key: sk-good\n    base-url: {url}\n    {models}\n"),
            ),
            Self::Responses => (
                "codex-api-key",
                format!("  - api-key: sk-good\n    base-url: {url}/v1\n    {models}\n"),
            ),
            Self::Gemini25 | Self::Gemini3 => (
                "gemini-api-key",
                format!("  - api-key: sk-good\n    base-url: {url}\n    {models}\n"),
            ),
        }
    }
}

/// Every client has a model of its own, so that scripts for one are not the others'.
pub(super) fn model(client: Client) -> String {
    format!("up-session@{client:?}")
}

/// Providers that are asked in this order, and one gateway before them.
pub(super) struct Scene {
    kinds: Vec<Kind>,
    pub(super) upstreams: Vec<Upstream>,
    pub(super) gateway: Gateway,
}

impl Scene {
    pub(super) async fn start(kinds: &[Kind]) -> Self {
        Self::with(kinds, "").await
    }

    /// With these lines in the configuration.
    pub(super) async fn with(kinds: &[Kind], lines: &str) -> Self {
        let mut upstreams = Vec::new();
        let mut lists: std::collections::BTreeMap<&str, String> = std::collections::BTreeMap::new();
        for (kind, priority) in kinds.iter().zip((1..=9).rev()) {
            let upstream = Upstream::start().await;
            let (key, entry) = kind.entry(&upstream, priority);
            lists.entry(key).or_default().push_str(&entry);
            upstreams.push(upstream);
        }
        let mut settings = Settings::new().line("disable-cooling: true").line(lines);
        for (key, entries) in &lists {
            settings = settings.line(&format!("{key}:\n{}", entries.trim_end()));
        }
        Self {
            kinds: kinds.to_vec(),
            upstreams,
            gateway: settings.start().await,
        }
    }

    /// From now on this provider has nothing but errors for a client.
    fn ends(&self, place: usize, client: Client) {
        let model = self.kinds[place].model(client);
        self.upstreams[place].script(&model, Script::new(500));
    }

    /// The bodies of a client's requests that an upstream has answered.
    fn answered(&self, place: usize, client: Client) -> Vec<String> {
        let marks = [
            format!("@{client:?}\""),
            format!("@{client:?}:"),
            format!("%40{client:?}:"),
        ];
        let requests = self.upstreams[place].requests();
        let own = requests.iter().filter(|request| {
            let body = String::from_utf8_lossy(&request.body);
            marks
                .iter()
                .any(|mark| body.contains(mark) || request.path.contains(mark))
        });
        own.filter(|request| request.status != 500)
            .map(|request| {
                assert_eq!(
                    request.status,
                    200,
                    "{client:?} {:?}: {}",
                    self.kinds[place],
                    String::from_utf8_lossy(&request.body)
                );
                String::from_utf8(request.body.to_vec()).unwrap()
            })
            .collect()
    }
}

impl Drop for Scene {
    /// What an upstream has refused says best what is wrong.
    fn drop(&mut self) {
        let requests = self.upstreams.iter().flat_map(Upstream::requests);
        for request in requests.filter(|request| request.status == 400) {
            eprintln!("refused: {}", String::from_utf8_lossy(&request.body));
        }
    }
}

fn question(turn: usize) -> String {
    format!("Question {turn}, please.")
}

fn result(turn: usize) -> impl Fn(usize) -> String {
    move |place| format!("result {turn}{}", ["a", "b"][place])
}

/// What was said in one turn.
#[track_caller]
fn expect(heard: &Heard, text: &str, calls: usize, what: &str) {
    assert_eq!(heard.text.trim_end(), text, "{what}");
    assert_eq!(heard.calls.len(), calls, "{what}");
    let conversation = ["messages[", "input[", "contents["];
    let lost = heard.dropped.split(", ").find(|path| {
        // The message of role `system` that Claude Code puts behind the first words is told in another place, and who
        // has no word for a tool that failed is told the text of it.
        let is_of_it = conversation.iter().any(|key| path.starts_with(key));
        is_of_it && *path != "messages[1]" && !path.ends_with(".is_error")
    });
    assert_eq!(lost, None, "{what}");
}

/// Five turns; `then` is told before each request, by its number from 0.
async fn five_turns(scene: &Scene, client: Client, then: impl Fn(usize)) {
    let mut talk = Talk::begin(client, &scene.gateway, &model(client)).await;
    for turn in 1..=5 {
        let what = format!("{client:?} {:?} turn {turn}", scene.kinds);
        then(2 * (turn - 1));
        let heard = talk.says(&question(turn)).await;
        expect(&heard, &format!("Looking, turn {turn}."), 2, &what);
        then(2 * (turn - 1) + 1);
        let heard = talk.results(result(turn), None).await;
        let text = format!("Turn {turn} said: result {turn}a | result {turn}b.");
        expect(&heard, &text, 0, &what);
    }
}

/// The last request has everything once and in its order.
fn whole(body: &str, what: &str) {
    let mut at = 0;
    for turn in 1..=5 {
        let mut said = vec![
            question(turn),
            format!("Looking, turn {turn}."),
            result(turn)(0),
            result(turn)(1),
        ];
        if turn < 5 {
            said.push(format!("Turn {turn} said: "));
        }
        for words in said {
            let times = if words.starts_with("result") && turn < 5 {
                2
            } else {
                1
            };
            assert_eq!(
                body.matches(&words).count(),
                times,
                "{what}: {words} in {body}"
            );
            at += body[at..]
                .find(&words)
                .unwrap_or_else(|| panic!("{what}: {words} is not where it was said in {body}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_every_client_is_whole_with_every_provider() {
    for kind in Kind::ALL {
        let scene = Scene::start(&[kind]).await;
        for client in Client::ALL {
            five_turns(&scene, client, |_| {}).await;
            let answered = scene.answered(0, client);
            assert_eq!(answered.len(), 10, "{client:?} {kind:?}");
            let what = format!("{client:?} {kind:?}");
            if kind.has_it(client) {
                continue;
            }
            whole(&answered[9], &what);
            let expected = match (client, kind) {
                (_, Kind::Chat) => 0,
                // Of what is signed they keep calls only: one keeps no thoughts, and the other takes the last block for the
                // answer, which therefore is the text and not its signature.
                (Client::GeminiCli | Client::ClaudeCode, Kind::Gemini25 | Kind::Gemini3) => 5,
                (Client::GeminiCli, _) => 0,
                _ => 9,
            };
            assert_eq!(kind.signatures(&answered[9]), expected, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_with_other_providers_in_the_middle_of_it() {
    for first in Kind::ALL {
        for second in Kind::ALL {
            // The last one is another account of the first kind.
            let scene = Scene::start(&[first, second, first]).await;
            for client in Client::ALL {
                if scene.kinds.iter().any(|kind| kind.has_it(client)) {
                    continue;
                }
                five_turns(&scene, client, |request| match request {
                    // With the results of the second turn, and with the question of the fourth.
                    3 => scene.ends(0, client),
                    6 => scene.ends(1, client),
                    _ => {}
                })
                .await;
                let counts = [0, 1, 2].map(|place| scene.answered(place, client).len());
                assert_eq!(counts, [3, 3, 4], "{client:?} {:?}", scene.kinds);
                let last = scene.answered(2, client).pop().unwrap();
                whole(&last, &format!("{client:?} {:?}", scene.kinds));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_interrupted_goes_on() {
    for kind in Kind::ALL {
        let scene = Scene::start(&[kind]).await;
        for client in Client::ALL {
            let what = format!("{client:?} {kind:?}");
            let mut talk = Talk::begin(client, &scene.gateway, &model(client)).await;
            talk.says(&question(1)).await;
            // The tools are stopped, and the next words are there already.
            let heard = talk.results(result(1), Some(&question(2))).await;
            assert!(
                heard.text.starts_with("Turn 1 said: "),
                "{what} {}",
                heard.text
            );
            talk.leaves(&question(3)).await;
            let heard = talk.says(&question(3)).await;
            expect(&heard, "Looking, turn 2.", 2, &what);
            let heard = talk.results(result(2), None).await;
            let said = format!("Turn 2 said: {} | {}.", result(2)(0), result(2)(1));
            expect(&heard, &said, 0, &what);
            if kind.has_it(client) {
                continue;
            }
            let last = scene.answered(0, client).pop().unwrap();
            for words in [
                question(1),
                question(2),
                question(3),
                "Looking, turn 2.".to_owned(),
            ] {
                assert_eq!(last.matches(&words).count(), 1, "{what}: {words} in {last}");
            }
        }
    }
}

/// As one that was signed by another provider of the same dialect, which nobody can tell by looking at it.
fn signed_elsewhere(history: &mut [Value]) {
    for value in history {
        for key in ["signature", "thoughtSignature", "encrypted_content"] {
            if let Some(signature) = value.get_mut(key) {
                *signature = json!("c2lnbmVkIGVsc2V3aGVyZQ==");
            }
        }
        for list in ["content", "parts"] {
            let items = value.get_mut(list).and_then(Value::as_array_mut);
            signed_elsewhere(items.map_or(&mut [], Vec::as_mut_slice));
        }
    }
}

#[tokio::test]
async fn what_another_provider_of_the_same_dialect_has_signed_is_left_out_once_and_said_to_be() {
    for (client, kind, named) in [
        (Client::ClaudeCode, Kind::Claude, "signature"),
        (Client::GeminiCli, Kind::Gemini3, "thoughtSignature"),
        (Client::Codex, Kind::Responses, "encrypted_content"),
    ] {
        let scene = Scene::start(&[kind]).await;
        let mut talk = Talk::begin(client, &scene.gateway, &model(client)).await;
        talk.says(&question(1)).await;
        signed_elsewhere(&mut talk.history);
        let heard = talk.results(result(1), None).await;
        assert_eq!(
            heard.text, "Turn 1 said: result 1a | result 1b.",
            "{client:?}"
        );
        assert!(
            heard.dropped.split(", ").any(|path| path == named),
            "{client:?} {}",
            heard.dropped
        );
        let requests = scene.upstreams[0].requests();
        let statuses: Vec<u16> = requests.iter().map(|request| request.status).collect();
        assert_eq!(
            statuses,
            [200, 400, 200],
            "{client:?}: the same provider, once more"
        );
    }
}
