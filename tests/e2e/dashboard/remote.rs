//! The dashboard of a gateway on another machine: all that it has is an address and a management key.

use crate::harness::browser::free_port;
use crate::harness::process::PROGRAM;
use crate::harness::screen::Screen;
use crate::harness::{Home, Launch, PATIENCE, Settings, Speaks};
use modelgate_test_upstream::Upstream;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::timeout;

const SECRET: &str = "a-management-key-of-the-test";

/// A gateway at a port that stays, and clients of it.
struct Remote {
    port: u16,
    launch: Launch,
    child: Child,
    client: reqwest::Client,
}

impl Remote {
    async fn start(upstream: &Upstream) -> Self {
        let managed = format!("remote-management: {{secret-key: {SECRET}}}");
        let settings = Settings::upstream(Speaks::Chat, upstream).line(&managed);
        let (port, launch) = (free_port(), Launch::with(&settings.text()));
        Self {
            child: serve(&launch, port).await,
            port,
            launch,
            client: crate::harness::ask::client(reqwest::Client::builder()),
        }
    }

    async fn stop(&mut self) {
        self.child.kill().await.unwrap();
    }

    async fn start_again(&mut self) {
        self.child = serve(&self.launch, self.port).await;
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn ask(&self, model: &str) {
        let address = format!("{}{}", self.url(), Speaks::Chat.path());
        let body = Speaks::Chat.question(model, false).to_string();
        let request = self.client.post(address).body(body);
        let answer = request.bearer_auth(crate::harness::KEY).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    }
}

async fn serve(launch: &Launch, port: u16) -> Child {
    let (mut child, _) = launch.spawn(&["serve", "--port", &port.to_string(), "--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap();
    line.unwrap().expect("it starts");
    child
}

#[tokio::test]
async fn a_gateway_elsewhere_is_watched_and_found_again() {
    let upstream = Upstream::start().await;
    let mut remote = Remote::start(&upstream).await;
    let words = ["dashboard", "--url", &remote.url(), "--key", SECRET];
    let mut screen = Screen::open(&Home::new(), PROGRAM, &words);
    screen.shows("● live").await;
    screen.shows(&format!("127.0.0.1:{}", remote.port)).await;
    screen.press("2");
    remote.ask("up-text").await;
    screen.shows("up-text").await;

    remote.stop().await;
    screen.shows("✗ lost").await;
    screen.shows("does not answer").await;
    remote.start_again().await;
    screen.shows("● live").await;
    screen.hides(" open ").await;
    remote.ask("up-unicode").await;
    screen.shows("up-unicode").await;
    screen.press("\r");
    screen.shows("candidates, in the order").await;
    screen.press("qq");
    screen.ends().await;
    screen.is_given_back().await;
}

#[tokio::test]
async fn a_wrong_key_is_told_with_what_to_do() {
    let upstream = Upstream::start().await;
    let remote = Remote::start(&upstream).await;
    let home = Home::new();
    let url = remote.url();
    let words = ["dashboard", "--url", &url, "--key", crate::harness::KEY];
    let mut screen = Screen::open(&home, PROGRAM, &words);
    screen.shows("✗ lost").await;
    screen
        .shows("wrong management key; quit (q) and say the right one")
        .await;
    screen.press("q");
    screen.ends().await;
    screen.is_given_back().await;

    // Without a key nothing is drawn at all.
    let mut screen = Screen::open(&home, PROGRAM, &["dashboard", "--url", &url]);
    screen.ends().await;
    screen.shows("there is no management key").await;
    screen.shows("hint: set MODELGATE_MANAGEMENT_KEY").await;
}
