//! Accounts of Kiro: from a login to answers, in front of a stand-in for AWS.

mod provider;
mod told;
mod web;

use crate::harness::stand_in::Said;
use crate::harness::{Ending, Home, KEY, Launch, PATIENCE, Speaks, eventually};
use provider::{ARN, Aws, MODELS, USAGE, fresh, over};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

const MODEL: &str = "claude-sonnet-4.5";
const HELLO: &str = "assistantResponseEvent {\"content\":\"Hello\"}\nassistantResponseEvent {\"content\":\" there\"}\n\
    messageStopEvent {\"stopReason\":\"end_turn\"}";

/// A home whose accounts are those of the stand-in.
struct Scene {
    aws: Aws,
    home: Home,
}

impl Scene {
    async fn start() -> Self {
        let (aws, home) = (Aws::start().await, Home::new());
        let text = format!(
            "api-keys: [{KEY}]\nauth-dir: {}\nrequest-retry: 0\n",
            home.path("auth").display()
        );
        fs::write(home.path("modelgate.yaml"), text).unwrap();
        Self { aws, home }
    }

    fn launch(&self) -> Launch {
        let url = self.aws.url();
        let mut launch = Launch::in_home(&self.home)
            .arg("--config")
            .arg(self.home.path("modelgate.yaml").to_str().unwrap());
        for (name, path) in [
            ("REGISTER_URL", "client/register"),
            ("DEVICE_URL", "device_authorization"),
            ("TOKEN_URL", "token"),
            ("SOCIAL_AUTHORIZE_URL", "login"),
            ("SOCIAL_TOKEN_URL", "oauth/token"),
            ("SOCIAL_REFRESH_URL", "refreshToken"),
            ("START_URL", "start"),
            ("API_URL", ""),
            ("SOCIAL_API_URL", ""),
        ] {
            launch = launch.env(&format!("MODELGATE_KIRO_{name}"), &format!("{url}/{path}"));
        }
        launch
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path(&format!("auth/{name}.json"))
    }

    /// Puts an account there, with further fields.
    fn account(&self, name: &str, more: &Value) {
        let mut account = json!({
            "type": "kiro", "access_token": "access-0", "refresh_token": "refresh-0", "expires_at": fresh(),
            "base_url": self.aws.url(), "fetch_models": false,
        });
        let fields = account.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, account.to_string()).unwrap();
    }

    /// Says in a file where the stand-in is.
    fn place(&self, name: &str) {
        let mut saved = self.saved(name);
        saved["base_url"] = json!(self.aws.url());
        saved["fetch_models"] = json!(false);
        fs::write(self.file(name), saved.to_string()).unwrap();
    }

    fn saved(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file(name)).unwrap()).unwrap()
    }
}

fn social() -> Value {
    json!({"auth_method": "social", "provider": "Google", "profile_arn": ARN})
}

fn builder() -> Value {
    json!({"auth_method": "builder-id", "client_id": "client-1", "client_secret": "secret-1", "profile_arn": ARN})
}

#[tokio::test]
async fn an_account_is_logged_in_to_with_a_code_and_serves_the_next_request() {
    let scene = Scene::start().await;
    let words = [
        "login",
        "kiro",
        "--no-browser",
        "--json",
        "--yes",
        "--label",
    ];
    let login = scene.launch().run(&[&words[..], &["work"]].concat()).await;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    assert!(
        login.stderr.contains("AWS's own applications"),
        "{}",
        login.stderr
    );
    let lines: Vec<Value> = login
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["waiting"]["code"], "ABCD-EFGH");
    assert_eq!(lines[1]["account"]["id"], "kiro-work");
    for secret in ["access-0", "refresh-0", "secret-1", "device-1"] {
        assert!(!login.stdout.contains(secret) && !login.stderr.contains(secret));
    }
    let saved = scene.saved("kiro-work");
    assert_eq!(saved["auth_method"], "builder-id");
    assert_eq!(saved["client_id"], "client-1");
    assert_eq!(saved["client_secret"], "secret-1");

    scene.place("kiro-work");
    scene.aws.say_stream(HELLO);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    let asked = scene.aws.last_generate();
    assert_eq!(asked.header("authorization"), Some("Bearer access-0"));
    assert!(asked.user_agent().starts_with("modelgate/"), "{asked:?}");
}

#[tokio::test]
async fn every_client_is_answered_with_and_without_a_stream() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            scene.aws.say_stream(HELLO);
            let answer = gateway.question(dialect, MODEL, stream).await;
            answer.expect_text(dialect, "Hello there");
            assert_eq!(answer.is_stream(), stream);
        }
    }
    for stream in [false, true] {
        scene.aws.say_stream(HELLO);
        let body = json!({"model": MODEL, "input": "Hi", "stream": stream}).to_string();
        let request = gateway.request("POST", "/v1/responses");
        let request = request.header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert!(text.contains("Hello there"), "{text}");
        assert!(text.contains("\"status\":\"completed\""), "{text}");
    }
    assert_eq!(scene.aws.asked("/generateAssistantResponse").len(), 6);
    // Kiro counts nothing.
    let log = gateway.log();
    assert!(log.contains("tokens_estimated=true"), "{log}");
    assert!(!log.contains("tokens_estimated=false"), "{log}");
}

#[tokio::test]
async fn address_origin_and_target_belong_together_and_only_social_accounts_name_a_profile() {
    for (more, endpoint, path, origin, target, named) in [
        (
            social(),
            "",
            "/generateAssistantResponse",
            "AI_EDITOR",
            "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
            true,
        ),
        (
            builder(),
            "",
            "/generateAssistantResponse",
            "AI_EDITOR",
            "AmazonCodeWhispererStreamingService.GenerateAssistantResponse",
            false,
        ),
        (
            social(),
            "amazonq",
            "/",
            "CLI",
            "AmazonQDeveloperStreamingService.SendMessage",
            true,
        ),
        (
            builder(),
            "cli",
            "/",
            "CLI",
            "AmazonQDeveloperStreamingService.SendMessage",
            false,
        ),
    ] {
        let scene = Scene::start().await;
        let mut more = more;
        more["preferred_endpoint"] = json!(endpoint);
        scene.account("kiro-a", &more);
        scene.aws.say_stream(HELLO);
        let gateway = scene.launch().start().await;
        let answer = gateway.question(Speaks::Chat, MODEL, false).await;
        answer.expect_text(Speaks::Chat, "Hello there");
        let asked = scene.aws.asked(path).pop().unwrap();
        assert_eq!(asked.header("x-amz-target"), Some(target));
        let body = asked.json();
        let said = &body["conversationState"]["currentMessage"]["userInputMessage"];
        assert_eq!(said["origin"], origin);
        assert_eq!(said["modelId"], MODEL);
        assert_eq!(body.get("profileArn").is_some(), named, "{body}");
    }
}

#[tokio::test]
async fn a_call_and_its_result_make_the_round() {
    const CALL: &str = "assistantResponseEvent {\"content\":\"Let me see.\"}\n\
        toolUseEvent {\"toolUseId\":\"t-1\",\"name\":\"forecast\",\"input\":\"\"}\n\
        toolUseEvent {\"toolUseId\":\"t-1\",\"name\":\"forecast\",\"input\":\"{\\\"city\\\":\"}\n\
        toolUseEvent {\"toolUseId\":\"t-1\",\"name\":\"forecast\",\"input\":\"\\\"Oslo\\\"}\"}\n\
        toolUseEvent {\"toolUseId\":\"t-1\",\"name\":\"forecast\",\"stop\":true}\n\
        messageStopEvent {\"stopReason\":\"tool_use\"}";
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    for dialect in Speaks::BOTH {
        for stream in [false, true] {
            scene.aws.say_stream(CALL);
            let question = dialect.tool_question(MODEL, stream);
            let answer = gateway.ask(dialect, &question).await;
            assert!(answer.text().contains("Oslo"), "{}", answer.text());
            if stream {
                assert_eq!(answer.ending(dialect), Ending::Complete);
            }
            let next = dialect.continued(question, &answer, "Rain.");
            scene.aws.say_stream(HELLO);
            gateway
                .ask(dialect, &next)
                .await
                .expect_text(dialect, "Hello there");
            let body = scene.aws.last_generate().json();
            let state = &body["conversationState"];
            let current = &state["currentMessage"]["userInputMessage"];
            let result = &current["userInputMessageContext"]["toolResults"][0];
            assert_eq!(result["toolUseId"], "t-1");
            assert_eq!(result["content"][0]["text"], "Rain.");
            let call = &state["history"][1]["assistantResponseMessage"]["toolUses"][0];
            assert_eq!(call["input"], json!({"city": "Oslo"}));
        }
    }
}

#[tokio::test]
async fn thinking_is_asked_for_in_the_prompt_and_taken_out_of_the_answer() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    for stream in [false, true] {
        scene.aws.say_stream(
            "assistantResponseEvent {\"content\":\"<thin\"}\nassistantResponseEvent {\"content\":\"king>Rain it is.</think\"}\n\
             assistantResponseEvent {\"content\":\"ing>\\n\\nRain.\"}\nmessageStopEvent {\"stopReason\":\"end_turn\"}",
        );
        let question = Speaks::Claude.thinking(Speaks::Claude.question(MODEL, stream));
        let answer = gateway.ask(Speaks::Claude, &question).await;
        assert!(answer.text().contains("Rain it is."), "{}", answer.text());
        assert!(!answer.text().contains("king>"), "{}", answer.text());
        answer.expect_text(Speaks::Claude, "Rain.");
        let asked = scene.aws.last_generate().json().to_string();
        assert!(asked.contains("<max_thinking_length>2048<"), "{asked}");
    }
}

#[tokio::test]
async fn a_failure_in_a_stream_is_one_before_and_after_the_first_word() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    scene
        .aws
        .say_stream("exception ValidationException {\"message\":\"Improperly formed request.\"}");
    let answer = gateway.question(Speaks::Claude, MODEL, true).await;
    assert_eq!(answer.refusal(Speaks::Claude).status, 400);

    for (end, what) in [
        (
            "exception InternalServerException {\"message\":\"Sorry.\"}",
            "an exception",
        ),
        (
            "messageStopEvent {\"stopReason\":\"end_turn\"}\ndamaged",
            "a damaged frame",
        ),
        (
            "messageStopEvent {\"stopReason\":\"end_turn\"}\ncut",
            "a frame that is cut",
        ),
    ] {
        for dialect in Speaks::BOTH {
            let stream = format!("assistantResponseEvent {{\"content\":\"Hel\"}}\n{end}");
            scene.aws.say_stream(&stream);
            let answer = gateway.question(dialect, MODEL, true).await;
            let ending = answer.ending(dialect);
            assert!(matches!(ending, Ending::Failed(_)), "{what}: {ending:?}");
            scene.aws.say_stream(&stream);
            let answer = gateway.question(dialect, MODEL, false).await;
            assert!(answer.status >= 500, "{what}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn throttling_is_429_and_the_wait_is_told() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    let said = json!({"message": "Too many requests."});
    let throttled =
        Said::json(400, &said).header("x-amzn-errortype", "ThrottlingException:http://x");
    scene.aws.say(throttled.header("retry-after", "7"));
    let answer = gateway.question(Speaks::Chat, MODEL, false).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    // It rests now; nobody is asked.
    let answer = gateway.question(Speaks::Chat, MODEL, false).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(scene.aws.asked("/generateAssistantResponse").len(), 1);
}

#[tokio::test]
async fn the_second_quota_is_used_where_its_owner_wants_that_and_for_want_of_room_alone() {
    let throttled = || {
        let said = json!({"message": "Too many requests."});
        Said::json(429, &said).header("x-amzn-errortype", "ThrottlingException")
    };
    let suspended = || Said::json(403, &json!({"message": "TEMPORARILY_SUSPENDED"}));
    for (both, first, second, status) in [
        (true, throttled(), None, 200),
        (true, throttled(), Some(throttled()), 429),
        (true, suspended(), None, 403),
        (false, throttled(), None, 429),
    ] {
        let scene = Scene::start().await;
        let mut more = social();
        more["both_endpoints"] = json!(both);
        scene.account("kiro-a", &more);
        scene.aws.say(first);
        match second {
            Some(said) => scene.aws.say(said),
            None => scene.aws.say_stream(HELLO),
        }
        let gateway = scene.launch().start().await;
        let question = Speaks::Chat.tool_question(MODEL, false);
        let answer = gateway.ask(Speaks::Chat, &question).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let mut at_second = scene.aws.asked("/");
        at_second.retain(|asked| !asked.header("x-amz-target").unwrap().ends_with(USAGE));
        assert_eq!(at_second.len(), usize::from(both && status != 403));
        let Some(asked) = at_second.first() else {
            continue;
        };
        let target = "AmazonQDeveloperStreamingService.SendMessage";
        assert_eq!(asked.header("x-amz-target"), Some(target));
        let mut expected = scene.aws.last_generate().json();
        let user = &mut expected["conversationState"]["currentMessage"]["userInputMessage"];
        assert_eq!(user["origin"], "AI_EDITOR");
        user["origin"] = json!("CLI");
        assert_eq!(asked.json(), expected, "but for the origin");
    }
}

#[tokio::test]
async fn an_ended_token_is_renewed_where_its_account_belongs() {
    for (name, more, path) in [
        ("kiro-aws", builder(), "/token"),
        ("kiro-google", social(), "/refreshToken"),
    ] {
        let scene = Scene::start().await;
        let mut more = more;
        more["expires_at"] = json!(over());
        scene.account(name, &more);
        scene.aws.say_stream(HELLO);
        let gateway = scene.launch().start().await;
        let answer = gateway.question(Speaks::Claude, MODEL, false).await;
        answer.expect_text(Speaks::Claude, "Hello there");
        let asked = scene.aws.last_generate();
        assert_eq!(asked.header("authorization"), Some("Bearer access-1"));
        assert_eq!(scene.aws.asked(path).len(), 1);
        let saved = scene.saved(name);
        assert_eq!(saved["access_token"], "access-1");
        assert_eq!(saved["refresh_token"], "refresh-1");
        assert!(saved["expires_at"].as_str().unwrap() > over());
        // A builder's account has no profile, whatever a refresh says.
        let body = asked.json();
        assert_eq!(body.get("profileArn").is_some(), path == "/refreshToken");
    }
}

#[tokio::test]
async fn a_social_login_that_is_over_is_said_so() {
    let scene = Scene::start().await;
    let mut more = social();
    more["expires_at"] = json!(over());
    more["refresh_token"] = json!("refresh-over");
    scene.account("kiro-a", &more);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains("modelgate login kiro"), "{text}");
    let accounts = scene.launch().run(&["accounts", "--json"]).await.json();
    assert_eq!(accounts["accounts"][0]["state"], "log_in_again");
    assert_eq!(scene.aws.asked("/refreshToken").len(), 1);
    assert!(scene.aws.asked("/generateAssistantResponse").is_empty());
}

#[tokio::test]
async fn a_token_that_aws_does_not_take_any_more_is_renewed_once() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    let said = json!({"message": "The bearer token included in the request is invalid."});
    scene.aws.say(Said::json(403, &said));
    scene.aws.say_stream(HELLO);
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    assert_eq!(scene.aws.asked("/refreshToken").len(), 1);
    let asked = scene.aws.last_generate();
    assert_eq!(asked.header("authorization"), Some("Bearer access-1"));
}

#[tokio::test]
async fn a_suspended_account_is_left_alone() {
    let scene = Scene::start().await;
    scene.account("kiro-a", &social());
    let gateway = scene.launch().start().await;
    let said = json!({"message": "Your User ID temporarily is suspended.", "reason": "TEMPORARILY_SUSPENDED"});
    scene.aws.say(Said::json(403, &said));
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(scene.aws.asked("/refreshToken").is_empty());
}

#[tokio::test]
async fn the_list_of_the_account_is_served_and_a_name_that_is_not_on_it_is_not_guessed() {
    let scene = Scene::start().await;
    let mut more = social();
    more["fetch_models"] = json!(true);
    scene.account("kiro-a", &more);
    let gateway = scene.launch().start().await;
    eventually("the list is there", async || {
        let answer = gateway.request("GET", "/v1/models").send().await.unwrap();
        answer.text().await.unwrap().contains("claude-new-9.9")
    })
    .await;
    let asked = scene.aws.asked_about(MODELS).pop().unwrap();
    assert_eq!(
        asked.json(),
        json!({"origin": "AI_EDITOR", "profileArn": ARN})
    );
    let answer = gateway
        .question(Speaks::Claude, "claude-unheard-of", false)
        .await;
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[tokio::test]
async fn a_social_account_is_logged_in_to_by_pasting_where_the_browser_ended() {
    let scene = Scene::start().await;
    let words = [
        "login",
        "kiro",
        "--yes",
        "--no-browser",
        "--json",
        "--with",
        "github",
    ];
    let (mut child, stderr) = scene.launch().typing().spawn(&words);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let back = scene.aws.agree(line["waiting"]["url"].as_str().unwrap());
    assert!(
        back.starts_with("kiro://kiro.kiroAgent/authenticate-success?"),
        "{back}"
    );
    let pasted = format!("{}\n{back}\n", back.replace("state=", "state=x"));
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(pasted.as_bytes()).await.unwrap();
    let status = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    let log = fs::read_to_string(stderr).unwrap();
    assert!(status.success(), "{log}");
    assert!(log.contains("the answer to another login"), "{log}");
    let saved = scene.saved("kiro-github-ABC");
    assert_eq!(saved["auth_method"], "social");
    assert_eq!(saved["provider"], "Github");
    assert_eq!(saved["profile_arn"], ARN);
    scene.place("kiro-github-ABC");
    scene.aws.say_stream(HELLO);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    assert_eq!(scene.aws.last_generate().json()["profileArn"], ARN);

    let words = ["login", "qwen", "--with", "github"];
    assert_eq!(scene.launch().run(&words).await.code, Some(2));
}

#[tokio::test]
async fn an_account_of_kiros_own_application_is_taken_over() {
    let scene = Scene::start().await;
    let file = scene.home.path("kiro-auth-token.json");
    let text = json!({
        "accessToken": "access-0", "refreshToken": "refresh-0", "expiresAt": over(), "authMethod": "IdC",
        "provider": "BuilderId", "clientIdHash": "abc123", "region": "us-east-1",
    });
    fs::write(&file, text.to_string()).unwrap();
    let words = [
        "login",
        "kiro",
        "--yes",
        "--label",
        "mine",
        "--import",
        file.to_str().unwrap(),
    ];
    let refused = scene.launch().run(&words).await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("abc123.json beside it"),
        "{}",
        refused.stderr
    );

    let client = json!({"clientId": "client-1", "clientSecret": "secret-1"});
    fs::write(scene.home.path("abc123.json"), client.to_string()).unwrap();
    let taken = scene.launch().run(&words).await;
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    scene.place("kiro-mine");
    scene.aws.say_stream(HELLO);
    let gateway = scene.launch().start().await;
    let answer = gateway.question(Speaks::Claude, MODEL, false).await;
    answer.expect_text(Speaks::Claude, "Hello there");
    assert_eq!(scene.aws.asked("/token").len(), 1, "it was over");

    let words = [
        "login",
        "claude",
        "--yes",
        "--import",
        file.to_str().unwrap(),
    ];
    let refused = scene.launch().run(&words).await;
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}
