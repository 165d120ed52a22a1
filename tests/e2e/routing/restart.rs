//! What a gateway still knows when it is started again.

use super::{keys, refusal};
use crate::harness::settings::SCRIPTED;
use crate::harness::{Home, Launch, Settings, Speaks, eventually};
use modelgate_test_upstream::{Script, Upstream};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn launch(home: &Home) -> Launch {
    let config = home.path("modelgate.yaml");
    Launch::in_home(home)
        .arg("--config")
        .arg(config.to_str().unwrap())
}

#[tokio::test]
async fn who_rests_rests_on_after_a_restart_where_that_is_wanted() {
    for (wanted, signal) in [(true, "TERM"), (true, "KILL"), (false, "TERM")] {
        let upstream = Upstream::start().await;
        let limit =
            json!({"error": {"message": "sk-a has had enough.", "type": "rate_limit_error"}});
        let limit = Script::json(429, &limit).header("retry-after", "300");
        upstream.script(SCRIPTED, limit);
        let home = Home::new();
        let settings = Settings::new()
            .line(&format!("save-cooldown-status: {wanted}"))
            .provider(Speaks::Chat, &upstream.url(), &["sk-a"], "");
        fs::write(home.path("modelgate.yaml"), settings.text()).unwrap();
        let mut gateway = launch(&home).start().await;
        assert_eq!(refusal(&gateway, SCRIPTED).await.0, 429);
        assert_eq!(keys(&upstream).len(), 1);
        let file = home.path("state/modelgate/cooldowns.json");
        if signal == "KILL" {
            eventually("it is written", async || file.exists()).await;
        }
        gateway.signal(signal);
        gateway.exit_code().await;
        assert_eq!(file.exists(), wanted);
        if wanted {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("sk-a"), "{text}");
        }
        let gateway = launch(&home).start().await;
        let answer = gateway.question(Speaks::Chat, SCRIPTED, false).await;
        assert_eq!(answer.status, 429);
        assert_eq!(keys(&upstream).len(), usize::from(!wanted));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((280..=300).contains(&wait), "{wait}");
    }
}
