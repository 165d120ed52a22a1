//! Logins that are begun over HTTP, and the browser of whoever began them.

use super::answer::Answer;
use super::process::Gateway;
use super::{ask, eventually};
use serde_json::Value;

/// A free port of this machine.
pub(crate) fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// The browser goes somewhere, and not on by itself.
pub(crate) async fn visit(address: &str) -> Answer {
    let client = ask::client(reqwest::Client::builder());
    Answer::read(client.get(address)).await
}

/// The value of a parameter of an address.
pub(crate) fn pair(address: &str, name: &str) -> String {
    let address = reqwest::Url::parse(address).unwrap();
    let mut pairs = address.query_pairs();
    let found = pairs.find(|(key, _)| key == name);
    let missing = || panic!("{name} is missing in {address}");
    found.unwrap_or_else(missing).1.into_owned()
}

impl Gateway {
    /// Asks the management API as a program of this machine does.
    pub(crate) async fn manage(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = self
            .keyless(method, &format!("/v0/management/{path}"))
            .header("x-management-key", self.token());
        Answer::read(request.body(body.to_owned())).await
    }

    /// Begins a login.
    ///
    /// # Panics
    ///
    /// When it does not begin.
    pub(crate) async fn begin_login(&self, path: &str) -> Value {
        let answer = self.manage("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let body = answer.json();
        assert_eq!(body["status"], "ok", "{path}: {body}");
        body
    }

    /// What becomes of a login.
    ///
    /// # Panics
    ///
    /// When nothing does.
    pub(crate) async fn login_ended(&self, state: &Value) -> Value {
        let path = format!("get-auth-status?state={}", state.as_str().unwrap());
        let mut status = Value::Null;
        eventually("the login ends", async || {
            status = self.manage("GET", &path, "").await.json();
            matches!(status["status"].as_str(), Some("ok" | "error"))
        })
        .await;
        status
    }
}
