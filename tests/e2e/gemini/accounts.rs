//! Accounts of Gemini's command line and of Antigravity in front of Code Assist, which takes and gives envelopes.

use super::{Form, Said, arguments, continued, expect_error, post, question, tool_question};
use crate::harness::stand_in::{Said as Answered, StandIn};
use crate::harness::{Answer, Gateway, HELLO, Home, KEY, Launch, Speaks};
use modelgate_test_upstream::{Recorded, Upstream};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// A home with accounts of Google's, whose models are those of the upstream.
pub(super) struct Scene {
    pub(super) upstream: Upstream,
    pub(super) home: Home,
}

impl Scene {
    pub(super) async fn start() -> Self {
        let (upstream, home) = (Upstream::start().await, Home::new());
        let auth = home.path("auth");
        let text = format!(
            "api-keys: [{KEY}]\nauth-dir: {}\nrequest-retry: 0\n",
            auth.display()
        );
        fs::write(home.path("modelgate.yaml"), text).unwrap();
        Self { upstream, home }
    }

    pub(super) fn launch(&self) -> Launch {
        let config = self.home.path("modelgate.yaml");
        Launch::in_home(&self.home)
            .arg("--config")
            .arg(config.to_str().unwrap())
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.path(&format!("auth/{name}.json"))
    }

    pub(super) fn saved(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file(name)).unwrap()).unwrap()
    }

    /// Changes fields of an account, or makes one of them.
    pub(super) fn change(&self, name: &str, fields: &Value) {
        let path = self.file(name);
        let known = fs::read_to_string(&path).unwrap_or("{}".to_owned());
        let mut account: Value = serde_json::from_str(&known).unwrap();
        let changed = account.as_object_mut().unwrap();
        changed.extend(fields.as_object().unwrap().clone());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, account.to_string()).unwrap();
    }

    /// An account of Gemini's command line, as the family writes them.
    pub(super) fn gemini(&self, more: &Value) {
        let token = json!({"access_token": "access-0", "refresh_token": "refresh-0", "expiry": "2999-01-01T00:00:00Z"});
        self.change(
            "gemini-a",
            &json!({"type": "gemini", "token": token, "project_id": "p-1", "base_url": self.upstream.url()}),
        );
        self.change("gemini-a", more);
    }

    /// An account of Antigravity with models under these names: of Google's and of Anthropic's.
    pub(super) fn antigravity(&self, more: &Value) {
        let aliases = json!({
            "ag": "gemini-3-flash-up-text", "ag-tools": "gemini-3-flash-up-tools", "cl": "claude-sonnet-4-5-up-text",
            "cl-tools": "claude-sonnet-4-5-up-tools", "cl-thinking": "claude-sonnet-4-5-thinking-up-thinking",
        });
        self.change(
            "antigravity-a",
            &json!({
                "type": "antigravity", "access_token": "access-0", "refresh_token": "refresh-0",
                "expired": "2999-01-01T00:00:00Z", "project_id": "p-2", "base_url": self.upstream.url(),
                "fetch_models": false, "model_aliases": aliases,
            }),
        );
        self.change("antigravity-a", more);
    }

    fn last(&self) -> (Recorded, Value) {
        let sent = self.upstream.last_request();
        let body = serde_json::from_slice(&sent.body).unwrap();
        (sent, body)
    }
}

/// Everybody is answered, with and without a stream.
pub(super) async fn expect_hello(gateway: &Gateway, model: &str) {
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            let answer = gateway.question(dialect, model, stream).await;
            answer.expect_text(dialect, HELLO);
            assert_eq!(answer.is_stream(), stream);
        }
    }
    for form in Form::ALL {
        let answer = form.ask(gateway, model, &question()).await;
        assert!(!answer.text().contains("traceId"), "{}", answer.text());
        let said = Said::read(form, &answer);
        assert_eq!((&*said.text, &*said.finish), (HELLO, "STOP"), "{form:?}");
        assert_eq!(said.model, model);
        assert!(said.usage["totalTokenCount"].is_u64(), "{:?}", said.usage);
    }
}

#[tokio::test]
async fn every_client_is_answered_out_of_the_envelope() {
    let scene = Scene::start().await;
    scene.gemini(&json!({}));
    let gateway = scene.launch().start().await;
    for scenario in [
        "up-text",
        "up-late-usage",
        "up-comments",
        "up-crlf",
        "up-sse-for-plain",
        "up-json-for-stream",
        "up-one-byte",
    ] {
        expect_hello(&gateway, &format!("gemini-2.5-flash-{scenario}")).await;
    }
    let (sent, body) = scene.last();
    assert_eq!(sent.path, "/v1internal:streamGenerateContent");
    assert_eq!(sent.query, "alt=sse");
    assert_eq!(sent.header("authorization"), Some("Bearer access-0"));
    assert!(sent.header("user-agent").unwrap().starts_with("modelgate/"));
    let model = "gemini-2.5-flash-up-one-byte";
    let id = body["user_prompt_id"].as_str().unwrap();
    assert!(!id.is_empty());
    let expected =
        json!({"model": model, "project": "p-1", "user_prompt_id": id, "request": question()});
    assert_eq!(body, expected);

    // Google's own command line, whose envelope is opened and made anew.
    let mut envelope =
        json!({"model": "gemini-2.5-flash-up-text", "project": "theirs", "request": question()});
    for (own, is_kept) in [
        (json!("theirs"), true),
        (json!(" "), false),
        (json!(7), false),
    ] {
        envelope["user_prompt_id"] = own.clone();
        let path = "/v1internal:generateContent";
        let answer = Answer::read(post(&gateway, path, envelope.to_string())).await;
        let inner = &answer.json()["response"]["candidates"][0]["content"]["parts"][0];
        assert_eq!(inner["text"], HELLO, "{}", answer.text());
        let sent = scene.last().1;
        assert_eq!(sent["project"], "p-1");
        assert_eq!(sent["user_prompt_id"] == own, is_kept, "{sent}");
        assert!(sent["user_prompt_id"].is_string(), "{sent}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_complete() {
    let scene = Scene::start().await;
    scene.gemini(&json!({}));
    let gateway = scene.launch().start().await;
    for scenario in ["up-cut", "up-cut-clean", "up-error-in-stream"] {
        let model = format!("gemini-2.5-flash-{scenario}");
        for dialect in Speaks::BOTH {
            let answer = gateway.question(dialect, &model, true).await;
            answer.expect_failed_stream(dialect);
        }
        let answer = Form::Events.ask(&gateway, &model, &question()).await;
        let last = Form::Events.responses(&answer).pop().unwrap();
        assert!(last["error"]["code"].is_u64(), "{scenario} {last}");
    }
}

#[tokio::test]
async fn calls_make_the_round_and_tokens_are_counted() {
    let scene = Scene::start().await;
    scene.gemini(&json!({}));
    scene.antigravity(&json!({}));
    let gateway = scene.launch().start().await;
    for model in ["gemini-3-flash-up-tools", "ag-tools", "cl-tools"] {
        for form in Form::ALL {
            let asked = tool_question();
            let first = Said::read(form, &form.ask(&gateway, model, &asked).await);
            assert_eq!(first.calls, [("forecast".to_owned(), arguments())]);
            let body = continued(asked, &first, "sunny");
            let second = Said::read(form, &form.ask(&gateway, model, &body).await);
            assert_eq!(second.text, "The tool said: sunny", "{model} {form:?}");
        }
        for dialect in Speaks::BOTH {
            for stream in [false, true] {
                let asked = dialect.tool_question(model, stream);
                let answer = gateway.ask(dialect, &asked).await;
                let body = dialect.continued(asked, &answer, "sunny");
                let answer = gateway.ask(dialect, &body).await;
                answer.expect_text(dialect, "The tool said: sunny");
            }
        }
        let count = Answer::read(post(
            &gateway,
            &format!("/v1beta/models/{model}:countTokens"),
            json!({"contents": question()["contents"]}).to_string(),
        ))
        .await;
        assert!(
            count.json()["totalTokens"].as_u64().unwrap() > 5,
            "{}",
            count.text()
        );
        assert_eq!(count.header("x-modelgate-estimated"), None);
        let body = Speaks::Claude.tool_question(model, false).to_string();
        let count = gateway.request("POST", "/v1/messages/count_tokens");
        let count = Answer::read(count.header("content-type", "application/json").body(body)).await;
        assert!(
            count.json()["input_tokens"].as_u64().unwrap() > 5,
            "{}",
            count.text()
        );
        assert_eq!(scene.last().0.path, "/v1internal:countTokens");
        // Tools are told as a text, for want of a place.
        assert_eq!(count.header("x-modelgate-estimated"), Some("true"));
    }
}

#[tokio::test]
async fn antigravitys_models_get_their_requests_in_their_way() {
    let scene = Scene::start().await;
    scene.antigravity(&json!({}));
    let gateway = scene.launch().start().await;
    for model in ["ag", "cl"] {
        expect_hello(&gateway, model).await;
    }
    let (_, body) = scene.last();
    assert_eq!(body["model"], "claude-sonnet-4-5-up-text");
    assert_eq!(body["project"], "p-2");
    assert!(body["requestId"].as_str().unwrap().starts_with("agent-"));
    assert!(body.get("userAgent").is_none(), "nobody said so: {body}");

    // What Google's clients may say and this service does not take.
    let mut wild = tool_question();
    wild["safetySettings"] = json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]);
    wild["generationConfig"] =
        json!({"maxOutputTokens": 2000, "thinkingConfig": {"thinkingBudget": 1000}});
    let schema = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "b": {"type": "array", "minItems": 1, "items": {"type": "string"}}},
    });
    wild["tools"] =
        json!([{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]);
    for model in ["ag", "cl"] {
        let answer = Form::Whole.ask(&gateway, model, &wild).await;
        assert_eq!(answer.status, 200, "{model} {}", answer.text());
        let dropped = answer.header("x-modelgate-dropped").unwrap();
        let mut dropped: Vec<&str> = dropped.split(", ").collect();
        dropped.sort_unstable();
        const FUNCTION: &str = "tools[0].functionDeclarations[0].parametersJsonSchema";
        let of_schema = ["additionalProperties", "properties.b.minItems", "required"]
            .map(|lost| format!("{FUNCTION}.{lost}"));
        let expected = match model {
            "ag" => vec!["generationConfig.maxOutputTokens", "safetySettings"],
            _ => vec![
                "generationConfig.thinkingConfig",
                "safetySettings",
                &of_schema[0],
                &of_schema[1],
                &of_schema[2],
            ],
        };
        assert_eq!(dropped, expected, "{model}");
    }
    let answer = gateway.question(Speaks::Chat, "ag", false).await;
    assert_eq!(answer.header("x-modelgate-dropped"), Some("max_tokens"));
    let thinking = Speaks::Claude.thinking(Speaks::Claude.question("cl-thinking", true));
    let answer = gateway.ask(Speaks::Claude, &thinking).await;
    assert!(
        answer.text().contains("thinking_delta"),
        "{}",
        answer.text()
    );

    // Whoever owns the account may say how the program is called.
    scene.antigravity(&json!({"user_agent": "somebody"}));
    let gateway = scene.launch().start().await;
    gateway.question(Speaks::Chat, "ag", false).await;
    assert_eq!(scene.last().1["userAgent"], "somebody");
}

#[tokio::test]
async fn a_place_that_is_busy_or_gone_leaves_it_to_the_next_one() {
    let scene = Scene::start().await;
    scene.antigravity(&json!({"base_url": null}));
    let busy = StandIn::start(|_| {
        let error =
            json!({"code": 503, "message": "No capacity available.", "status": "UNAVAILABLE"});
        Answered::json(503, &json!({"error": error}))
    })
    .await;
    for first in [&*busy.url, "http://127.0.0.1:1"] {
        let gateway = scene
            .launch()
            .env("MODELGATE_ANTIGRAVITY_FIRST_URL", first)
            .env("MODELGATE_ANTIGRAVITY_API_URL", &scene.upstream.url())
            .start()
            .await;
        for stream in [false, true] {
            let answer = gateway.question(Speaks::Chat, "ag", stream).await;
            answer.expect_text(Speaks::Chat, HELLO);
        }
    }
    assert_eq!(busy.asked("/v1internal:generateContent").len(), 1);
    assert_eq!(scene.upstream.requests().len(), 4);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_so_everywhere_until_the_moment_that_is_told() {
    let scene = Scene::start().await;
    scene.antigravity(&json!({"base_url": null}));
    let first = StandIn::start(|_| {
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "QUOTA_EXHAUSTED",
            "metadata": {"quotaResetTimeStamp": "2099-01-01T00:00:00Z"},
        });
        let error = json!({"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED", "details": [info]});
        Answered::json(429, &json!({"error": error}))
    })
    .await;
    let gateway = scene
        .launch()
        .env("MODELGATE_ANTIGRAVITY_FIRST_URL", &first.url)
        .env("MODELGATE_ANTIGRAVITY_API_URL", &scene.upstream.url())
        .start()
        .await;
    for _ in 0..2 {
        let answer = gateway.question(Speaks::Chat, "ag", false).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(wait > 1500, "{wait}");
    }
    assert_eq!(first.everything().len(), 1);
    assert!(scene.upstream.requests().is_empty());
}

#[tokio::test]
async fn antigravitys_own_list_says_what_there_is() {
    let scene = Scene::start().await;
    let service = StandIn::start(|asked| {
        assert_eq!(asked.path, "/v1internal:fetchAvailableModels");
        assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
        assert_eq!(asked.json(), json!({}));
        let models =
            json!({"gemini-3-pro-high": {}, "chat_1": {}, "claude-new": {"displayName": "New"}});
        Answered::json(200, &json!({"models": models, "webSearchModelIds": []}))
    })
    .await;
    scene.antigravity(&json!({"base_url": service.url, "fetch_models": true, "model_aliases": {}}));
    let gateway = scene.launch().start().await;
    crate::harness::eventually("the list comes", async || {
        let list = Answer::read(gateway.request("GET", "/v1/models"))
            .await
            .json();
        let names: Vec<&str> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap())
            .collect();
        names == ["claude-new", "gemini-3-pro-preview"]
    })
    .await;
}

#[tokio::test]
async fn a_project_that_is_used_up_rests_and_the_next_one_answers() {
    let scene = Scene::start().await;
    scene.gemini(&json!({"project_id": "p-used-up, p-3"}));
    let gateway = scene.launch().start().await;
    let model = "gemini-2.5-flash-up-text";
    for _ in 0..4 {
        let answer = gateway.question(Speaks::Chat, model, false).await;
        answer.expect_text(Speaks::Chat, HELLO);
    }
    let projects: Vec<Value> = scene
        .upstream
        .requests()
        .iter()
        .map(|sent| serde_json::from_slice::<Value>(&sent.body).unwrap()["project"].clone())
        .collect();
    let used_up = projects.iter().filter(|project| **project == "p-used-up");
    assert_eq!(used_up.count(), 1, "{projects:?}");
    let accounts = scene.launch().run(&["accounts", "--json"]).await.json();
    let rows = accounts["accounts"].as_array().unwrap().iter();
    let rows: Vec<_> = rows
        .map(|row| {
            (
                row["id"].as_str().unwrap(),
                row["models"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(rows, [("gemini-a[p-used-up]", 1), ("gemini-a[p-3]", 0)]);

    // With no other project the client learns how long it takes.
    scene.gemini(&json!({"project_id": "p-used-up"}));
    let gateway = scene.launch().start().await;
    let answer = Form::Whole.ask(&gateway, model, &question()).await;
    let body = expect_error(&answer, 429, "RESOURCE_EXHAUSTED");
    assert!(body.to_string().contains("QUOTA_EXHAUSTED"), "{body}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((4500..=4561).contains(&wait), "{wait}");
    // Another model has a quota of its own.
    let sent = scene.upstream.requests().len();
    gateway.question(Speaks::Chat, model, false).await;
    assert_eq!(scene.upstream.requests().len(), sent, "it rests");
    gateway
        .question(Speaks::Chat, "gemini-2.5-pro-up-text", false)
        .await;
    assert_eq!(scene.upstream.requests().len(), sent + 1);
}

#[tokio::test]
async fn projects_take_turns_unless_somebody_wants_them_one_after_the_other() {
    for (switch, expected) in [(false, ["p-1", "p-3", "p-1", "p-3"]), (true, ["p-1"; 4])] {
        let scene = Scene::start().await;
        scene.gemini(&json!({"project_id": "p-1,p-3"}));
        let config = scene.home.path("modelgate.yaml");
        let text = fs::read_to_string(&config).unwrap();
        let line = format!("quota-exceeded: {{switch-project: {switch}}}\n");
        fs::write(&config, text + &line).unwrap();
        let gateway = scene.launch().start().await;
        for number in 0..expected.len() {
            let mut body = Speaks::Chat.question("gemini-2.5-flash-up-text", false);
            body["messages"][0]["content"] = json!(format!("Question {number}"));
            gateway.ask(Speaks::Chat, &body).await;
        }
        let requests = scene.upstream.requests();
        let bodies = requests
            .iter()
            .map(|sent| serde_json::from_slice::<Value>(&sent.body).unwrap());
        let projects: Vec<Value> = bodies.map(|body| body["project"].clone()).collect();
        assert_eq!(projects, expected, "{switch}");
    }
}

#[tokio::test]
async fn a_project_is_never_made_up() {
    let scene = Scene::start().await;
    scene.gemini(&json!({"project_id": null}));
    let gateway = scene.launch().start().await;
    let answer = gateway
        .question(Speaks::Chat, "gemini-2.5-flash-up-text", false)
        .await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(
        answer.text().contains("gemini-a.json has no `project_id`"),
        "{}",
        answer.text()
    );
    assert!(scene.upstream.requests().is_empty());
}

/// Google's token endpoint, which knows one client.
async fn tokens() -> StandIn {
    StandIn::start(|asked| {
        let form = asked.form();
        let field = |name: &str| form.get(name).map(String::as_str);
        if (field("client_id"), field("client_secret")) != (Some("client-1"), Some("secret-1")) {
            return Answered::json(401, &json!({"error": "invalid_client"}));
        }
        if (field("grant_type"), field("refresh_token")) != (Some("refresh_token"), Some("refresh-0")) {
            return Answered::json(400, &json!({"error": "invalid_grant"}));
        }
        Answered::json(
            200,
            &json!({"access_token": "access-1", "expires_in": 3599, "token_type": "Bearer", "scope": "x"}),
        )
    })
    .await
}

#[tokio::test]
async fn tokens_are_renewed_and_the_refresh_token_stays() {
    let scene = Scene::start().await;
    let tokens = tokens().await;
    let launch = || {
        scene
            .launch()
            .env("MODELGATE_GEMINI_TOKEN_URL", &tokens.url)
            .env("MODELGATE_GEMINI_CLIENT_ID", "client-1")
    };
    let model = "gemini-2.5-flash-up-text";
    // Ended by the clock, and ended by Google before its time.
    for (access, expiry) in [
        ("old", "2020-01-01T00:00:00Z"),
        ("fail-401", "2999-01-01T00:00:00Z"),
    ] {
        scene.gemini(&json!({"token": {"access_token": access, "refresh_token": "refresh-0", "expiry": expiry}}));
        let gateway = launch()
            .env("MODELGATE_GEMINI_CLIENT_SECRET", "secret-1")
            .start()
            .await;
        let answer = gateway.question(Speaks::Chat, model, false).await;
        answer.expect_text(Speaks::Chat, HELLO);
        let saved = scene.saved("gemini-a");
        assert_eq!(saved["token"]["access_token"], "access-1");
        assert_eq!(saved["token"]["refresh_token"], "refresh-0");
        assert!(saved.get("access_token").is_none(), "{saved}");
    }
    let old = |refresh: &str| json!({"token": {"access_token": "old", "refresh_token": refresh, "expiry": "2020-01-01T00:00:00Z"}});
    // A secret that nobody has set is asked for by its name.
    scene.gemini(&old("refresh-0"));
    let gateway = launch().start().await;
    let answer = gateway.question(Speaks::Chat, model, false).await;
    assert_ne!(answer.status, 200);
    let text = answer.text();
    assert!(text.contains("MODELGATE_GEMINI_CLIENT_SECRET"), "{text}");
    // A login that Google has ended is over.
    scene.gemini(&old("revoked"));
    let asked = tokens.asked("/").len();
    let gateway = launch()
        .env("MODELGATE_GEMINI_CLIENT_SECRET", "secret-1")
        .start()
        .await;
    for status in [401, 503] {
        let answer = gateway.question(Speaks::Chat, model, false).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(
            answer.text().contains("modelgate login gemini"),
            "{}",
            answer.text()
        );
    }
    assert_eq!(tokens.asked("/").len(), asked + 1, "it is final");
    // A file of the family may know its own client.
    let mut own = old("refresh-0");
    own["token"]["client_id"] = json!("client-1");
    own["token"]["client_secret"] = json!("secret-1");
    scene.gemini(&own);
    let gateway = launch().start().await;
    let answer = gateway.question(Speaks::Chat, model, false).await;
    answer.expect_text(Speaks::Chat, HELLO);
}
