//! What goes wrong with a login in the command line: each is said, and nothing half is kept.
//!
//! A busy port, another login's answer and a refusal are in the file above; codes that are typed elsewhere in `logins/devices.rs`;
//! logins over HTTP in `logins/web.rs`; a clock that goes wrong in `logins/vertex.rs` and in the tests of `providers/oauth`.

use super::*;
use futures_util::StreamExt as _;

/// A token endpoint that says this to whatever it is asked, and closes the connection.
async fn says(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

fn granted(email: &str) -> String {
    let account = json!({"uuid": "u-1", "email_address": email});
    let body = json!({
        "access_token": "sk-ant-oat-1", "refresh_token": "refresh-1", "expires_in": 28800, "account": account,
    });
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

impl Scene {
    /// A login that somebody agrees to, whose tokens are asked for elsewhere.
    async fn agreed_at(&self, token_url: &str) -> Finished {
        let launch = self.launch().env("MODELGATE_CLAUDE_TOKEN_URL", token_url);
        let (mut login, back) = self.begin_by(launch, &["--yes"]).await;
        login.paste(&back).await;
        login.end().await
    }

    /// How many accounts there are.
    fn accounts(&self) -> usize {
        fs::read_dir(self.home.path("auth")).map_or(0, Iterator::count)
    }
}

fn expect(finished: &Finished, code: i32, told: &[&str]) {
    assert_eq!(finished.code, Some(code), "{}", finished.stderr);
    for told in told {
        assert!(
            finished.stderr.contains(told),
            "{told}: {}",
            finished.stderr
        );
    }
    for secret in ["sk-ant-oat-1", "refresh-1", "code-1"] {
        assert!(!finished.stderr.contains(secret), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn network_lost_while_the_provider_answers_saves_nothing() {
    let scene = Scene::start().await;
    let whole = granted("ada@example.com");
    for answer in [&whole[..whole.len() - 20], ""] {
        let finished = scene.agreed_at(&says(answer.to_owned()).await).await;
        let told = [
            "claude gave no tokens: ",
            "run the command again; nothing was saved",
        ];
        expect(&finished, 1, &told);
        assert_eq!(scene.accounts(), 0);
    }
    // Nobody is there at all.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", gone.local_addr().unwrap());
    drop(gone);
    let finished = scene.agreed_at(&url).await;
    expect(
        &finished,
        1,
        &["claude gave no tokens: ", "nothing was saved"],
    );
    assert_eq!(scene.accounts(), 0);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named_with_what_is_lost() {
    let scene = Scene::start().await;
    let auth = scene.home.path("auth");
    let (mut login, back) = scene.begin(&["--yes"]).await;
    // Permissions would not keep everybody out.
    fs::write(&auth, "no directory").unwrap();
    login.paste(&back).await;
    let finished = login.end().await;
    let place = auth.to_str().unwrap();
    let told = [
        "the account could not be saved: ",
        place,
        "`auth-dir`",
        "is lost",
    ];
    expect(&finished, 1, &told);
    assert_eq!(fs::read_to_string(&auth).unwrap(), "no directory");

    // The next login does not come so far.
    let words = ["login", "claude", "--no-browser", "--json", "--yes"];
    let finished = scene.launch().run(&words).await;
    expect(
        &finished,
        1,
        &["the accounts cannot be read: ", place, "`auth-dir`"],
    );
    assert_eq!(finished.stdout, "", "nobody is sent to the provider");
}

#[tokio::test]
async fn a_hostile_mail_address_leads_nowhere_and_does_nothing_to_the_terminal() {
    let scene = Scene::start().await;
    let email = "../../..\\..\u{1b}[2J\u{7}<b>%2fetc\u{202e}@x";
    let url = says(granted(email)).await;
    let launch = scene.launch().env("MODELGATE_CLAUDE_TOKEN_URL", &url);
    // As a person sees it.
    let words = ["login", "claude", "--no-browser", "--yes"];
    let (mut child, stderr) = launch.typing().spawn(&words);
    let mut address = None;
    crate::harness::eventually("the address is shown", async || {
        let shown = fs::read_to_string(&stderr).unwrap();
        address = shown
            .split_whitespace()
            .find(|word| word.contains("/authorize?"))
            .filter(|_| shown.contains("paste the address"))
            .map(str::to_owned);
        address.is_some()
    })
    .await;
    let back = scene.provider.agree(&address.unwrap());
    let stdin = child.stdin.as_mut().unwrap();
    stdin
        .write_all(format!("{back}\n").as_bytes())
        .await
        .unwrap();
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    let said = [
        String::from_utf8(output.stdout).unwrap(),
        fs::read_to_string(&stderr).unwrap(),
    ];
    let said = said.concat();
    assert!(output.status.success(), "{said}");
    let harmless = |char: char| char == '\n' || !(char.is_control() || char == '\u{202e}');
    assert!(said.chars().all(harmless), "{said:?}");
    assert!(said.contains("logged in to claude as ../../"), "{said}");

    let files = scene.home.files();
    let holds =
        |path: &&PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("refresh-1"));
    let found: Vec<_> = files.iter().filter(holds).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].parent(), Some(&*scene.home.path("auth")));
}

#[tokio::test]
async fn a_callback_flood_ends_no_login() {
    let scene = Scene::start().await;
    let (login, back) = scene.begin(&["--yes"]).await;
    let port = reqwest::Url::parse(&scene.redirect)
        .unwrap()
        .port()
        .unwrap();
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let client = ask::client(reqwest::Client::builder());
    let strays = futures_util::stream::iter(0..300).map(|number| {
        let query = match number % 3 {
            0 => format!("code=code-1&state={number}"),
            1 => "code=code-1".to_owned(),
            _ => format!("error=access_denied&state={number}"),
        };
        let address = format!("{}?{query}", scene.redirect);
        let sent = client.get(address).send();
        async { sent.await.unwrap().status() }
    });
    let answers: Vec<_> = strays.buffer_unordered(8).collect().await;
    assert!(answers.iter().all(|status| *status == 400), "{answers:?}");
    assert_eq!(visit(&back).await.status(), 200);
    let finished = login.end().await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(scene.account()["access_token"], "sk-ant-oat-1");
}

#[tokio::test]
async fn nobody_can_paste_where_the_input_has_ended() {
    let scene = Scene::start().await;
    let port = reqwest::Url::parse(&scene.redirect)
        .unwrap()
        .port()
        .unwrap();
    let _taken = StdListener::bind(("127.0.0.1", port)).unwrap();
    let words = ["login", "claude", "--no-browser", "--yes"];
    let finished = scene.launch().run(&words).await;
    let busy = format!("port {port}, which claude sends the browser back to, is in use");
    expect(
        &finished,
        1,
        &[&busy, "nobody can paste the address", "in a terminal"],
    );
}

#[tokio::test]
async fn a_revoked_login_is_told_with_what_to_type() {
    let scene = Scene::start().await;
    fs::create_dir(scene.home.path("auth")).unwrap();
    let account = json!({
        "type": "claude", "email": "ada@example.com", "access_token": "old", "refresh_token": "revoked",
        "expired": "2020-01-01T00:00:00Z",
    });
    fs::write(scene.file(), account.to_string()).unwrap();
    let refused = "{\"error\":\"invalid_grant\"}";
    let url = says(format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{refused}",
        refused.len()
    ));
    let launch = scene.launch().env("MODELGATE_CLAUDE_TOKEN_URL", &url.await);
    let gateway = launch.start().await;
    let answer = gateway
        .question(Speaks::Claude, "claude-sonnet-4-5", false)
        .await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(
        answer.text().contains("modelgate login claude"),
        "{}",
        answer.text()
    );
}
