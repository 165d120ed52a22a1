use std::path::Path;
use std::time::Duration;

use modelgate_config::{Environment, Overrides, parse};
use modelgate_providers::Moment;
use tokio::time::sleep;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_catalogue_is_made_only_when_something_has_changed() {
    let directory = tempfile::tempdir().unwrap();
    let text = format!(
        "auth-dir: {}\nopenai-compatibility: [{{name: p, base-url: http://127.0.0.1:9/v1}}]\n",
        directory.path().display()
    );
    let loaded = parse(&text, Path::new("c.yaml"), &Environment::default()).unwrap();
    let state = Arc::new(State::new(
        Store::new(loaded, Overrides::default()).unwrap(),
    ));
    let followed = Arc::clone(&state);
    let following = tokio::spawn(async move { followed.follow().await });
    let settled = async || {
        sleep(Duration::from_secs(1)).await;
        state.snapshot()
    };
    let first = state.snapshot();
    assert!(Arc::ptr_eq(&first, &settled().await), "nothing has");
    let key = &first.catalog.lists()[0].key;
    let put = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let names = modelgate_providers::lists::Names {
            models: names,
            ..Default::default()
        };
        state.lists.put(key, Ok(names), Moment::now());
    };
    put(&["m"]);
    let second = settled().await;
    let models = second.catalog.models().iter().map(|model| &*model.id);
    assert_eq!(models.collect::<Vec<_>>(), ["m"]);
    put(&["m"]);
    assert!(
        Arc::ptr_eq(&second, &settled().await),
        "the same list again"
    );
    following.abort();
}
