use std::path::Path;

use modelgate_config::Environment;
use reqwest::StatusCode;
use tokio::task::JoinHandle;

use super::*;
use crate::AccountKind;

/// A login whose browser comes back to a free port of this machine.
fn login(host: &str) -> BrowserLogin {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    let redirect = format!("http://{host}:{port}/callback");
    let environment = Environment::from_map([("MODELGATE_CLAUDE_REDIRECT_URL", redirect)]);
    let loaded = modelgate_config::parse("", Path::new("modelgate.yaml"), &environment).unwrap();
    BrowserLogin::begin(AccountKind::Claude, &loaded.config.oauth).unwrap()
}

fn state(login: &BrowserLogin) -> String {
    let mut pairs = login.url().query_pairs();
    let state = pairs.find(|(name, _)| name == "state");
    state.unwrap().1.into_owned()
}

/// A browser that came back, and the wait for it.
struct Scene {
    redirect: String,
    state: String,
    waiting: JoinHandle<Result<Secret, LoginError>>,
    client: reqwest::Client,
}

impl Scene {
    async fn start() -> Self {
        let login = login("localhost");
        let listener = Listener::bind(&login).unwrap();
        crate::client::install_tls();
        Self {
            redirect: login.redirect().to_string(),
            state: state(&login),
            waiting: tokio::spawn(async move { listener.code(&login).await }),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn get(&self, address: &str) -> (StatusCode, String) {
        let answer = self.client.get(address).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn the_code_of_this_login_ends_it() {
    let scene = Scene::start().await;
    let address = format!("{}?code=c-1&state={}", scene.redirect, scene.state);
    let (status, page) = scene.get(&address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Go back to where you began"), "{page}");
    assert!(!page.contains("c-1"), "{page}");
    let code = scene.waiting.await.unwrap().unwrap();
    assert_eq!(code.expose(), "c-1");
    // Nobody is there for a second one.
    let late = scene.client.get(address).send().await;
    assert!(late.is_err_and(|error| error.is_connect()));
}

#[tokio::test]
async fn what_is_no_answer_to_this_login_is_waited_past() {
    let scene = Scene::start().await;
    let redirect = &scene.redirect;
    let root = redirect.trim_end_matches("callback");
    // A browser that connects ahead of need, and says nothing.
    let port = Url::parse(redirect).unwrap().port().unwrap();
    let _silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    for (address, status) in [
        (format!("{root}favicon.ico"), StatusCode::NOT_FOUND),
        (redirect.clone(), StatusCode::BAD_REQUEST),
        (format!("{redirect}?code=c-2"), StatusCode::BAD_REQUEST),
        (
            format!("{redirect}?code=c-2&state=guessed"),
            StatusCode::BAD_REQUEST,
        ),
        (
            format!("{redirect}?error=no&state=guessed"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(scene.get(&address).await.0, status, "{address}");
    }
    let right = format!("{redirect}?code=c-1&state={}", scene.state);
    let posted = scene.client.post(&right).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::NOT_FOUND);
    assert!(!scene.waiting.is_finished());
    scene.get(&right).await;
    assert_eq!(scene.waiting.await.unwrap().unwrap().expose(), "c-1");
}

#[tokio::test]
async fn a_crowd_that_says_nothing_keeps_no_browser_out() {
    let scene = Scene::start().await;
    let port = Url::parse(&scene.redirect).unwrap().port().unwrap();
    let mut crowd = Vec::new();
    for _ in 0..3 * CONNECTIONS {
        crowd.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let address = format!("{}?code=c-1&state={}", scene.redirect, scene.state);
    assert_eq!(scene.get(&address).await.0, StatusCode::OK);
    let code = scene.waiting.await.unwrap().unwrap();
    assert_eq!(code.expose(), "c-1");
}

#[tokio::test]
async fn a_refusal_ends_it_and_is_only_text_on_the_page() {
    let scene = Scene::start().await;
    let (redirect, state) = (&scene.redirect, &scene.state);
    let query = "error=access_denied&error_description=%3Cscript%3Ex%3C/script%3E";
    let (status, page) = scene
        .get(&format!("{redirect}?{query}&state={state}"))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(page.contains("access_denied: &lt;script&gt;"), "{page}");
    let error = scene.waiting.await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the login was refused: access_denied: <script>x</script>"
    );
}

#[tokio::test]
async fn browsers_are_sent_on_with_what_they_bring_and_nothing_else_is() {
    let login = login("localhost");
    let listener = Listener::bind(&login).unwrap();
    let to = Url::parse("http://127.0.0.1:8317/anthropic/callback").unwrap();
    let forwarding = tokio::spawn(listener.forward(to));
    crate::client::install_tls();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let redirect = login.redirect().as_str();
    let get = async |address: String| {
        let answer = client.get(address).send().await.unwrap();
        let to = answer.headers().get("location").cloned();
        (
            answer.status(),
            to.map(|to| to.to_str().unwrap().to_owned()),
        )
    };
    for query in [
        "?code=c-1&state=s",
        "?error=access_denied&state=%22%3Cx%3E",
        "",
    ] {
        let to = format!("http://127.0.0.1:8317/anthropic/callback{query}");
        assert_eq!(
            get(format!("{redirect}{query}")).await,
            (StatusCode::FOUND, Some(to))
        );
    }
    let root = redirect.trim_end_matches("callback");
    let stray = get(format!("{root}favicon.ico?code=c-1")).await;
    assert_eq!(stray, (StatusCode::NOT_FOUND, None));
    forwarding.abort();
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_provider() {
    let login = login("127.0.0.1");
    let _first = Listener::bind(&login).unwrap();
    let error = Listener::bind(&login).unwrap_err().to_string();
    let port = login.redirect().port().unwrap().to_string();
    assert!(error.contains(&port) && error.contains("claude"), "{error}");
}

#[tokio::test]
async fn nothing_is_listened_on_for_another_machine() {
    for host in ["example.com", "10.0.0.1", "[::2]"] {
        let error = Listener::bind(&login(host)).unwrap_err();
        assert!(matches!(error, LoginError::Elsewhere), "{host}: {error}");
    }
}

#[tokio::test]
async fn only_this_machine_reaches_it() {
    let listener = Listener::bind(&login("localhost")).unwrap();
    let v6 = listener.v6.as_ref().map(|v6| v6.local_addr().unwrap());
    let addresses = [Some(listener.v4.local_addr().unwrap()), v6];
    for address in addresses.into_iter().flatten() {
        assert!(address.ip().is_loopback(), "{address}");
    }
}
