//! `modelgate panel`, and the page it leads to.

use super::{FILE, run};
use crate::harness::{Answer, Launch};

#[tokio::test]
async fn the_command_leads_to_the_page_and_tells_the_key_that_opens_it() {
    let gateway = Launch::with(FILE).start().await;
    let told = run(&gateway.home, &["panel", "--json"]).await.json();
    let (url, key) = (told["url"].as_str().unwrap(), told["key"].as_str().unwrap());
    assert_eq!(url, format!("{}/management.html", gateway.url()));
    let page = Answer::read(gateway.keyless("GET", "/management.html")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("<title>modelgate</title>"),
        "{}",
        page.text()
    );
    for file in ["main.js", "style.css", "views/overview.js"] {
        let path = format!("/management/{file}");
        assert_eq!(
            Answer::read(gateway.keyless("GET", &path)).await.status,
            200,
            "{file}"
        );
    }
    // As the page asks, and as another one would.
    let asks = async |origin: &str, site: &str| {
        let request = gateway.keyless("POST", "/v0/management/keys");
        let request = request
            .header("origin", origin)
            .header("sec-fetch-site", site);
        let request = request.header("x-management-key", key).body("{}");
        Answer::read(request).await.status
    };
    assert_eq!(asks(&gateway.url(), "same-origin").await, 201);
    assert_eq!(asks("https://evil.example", "cross-site").await, 403);
}

#[tokio::test]
async fn where_the_page_is_switched_off_that_is_said() {
    let text = format!("{FILE}remote-management: {{disable-control-panel: true}}\n");
    let gateway = Launch::with(&text).start().await;
    let page = Answer::read(gateway.keyless("GET", "/management.html")).await;
    assert_eq!(page.status, 404);
    let refused = run(&gateway.home, &["panel", "--no-browser"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("shows no control panel"),
        "{}",
        refused.stderr
    );
}
