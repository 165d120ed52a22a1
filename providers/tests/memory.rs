//! What ten thousand credentials with thirty models each cost. In a process of its own, so that its memory can be measured.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it measured"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use modelgate_config::model::{CompatibleKey, Proxy};
use modelgate_config::{Config, Environment, Secret, parse};
use modelgate_providers::lists::ModelLists;
use modelgate_providers::{Accounts, Catalog, Healths};

const CREDENTIALS: usize = 10_000;
const MODELS: usize = 30;

/// Most bytes of a credential, with all that belongs to it.
const LARGEST: usize = 3 * 1024;

/// Models in the form of an entry.
fn models() -> String {
    let names = (0..MODELS).map(|number| format!("{{name: model-{number}}}"));
    format!("models: [{}]", names.collect::<Vec<_>>().join(", "))
}

fn config(text: &str) -> Config {
    let path = Path::new("c.yaml");
    parse(text, path, &Environment::default()).unwrap().config
}

/// One provider with many keys. They are not read from a text: what a parser lets go of would hide what is measured.
fn keys_of_one_entry() -> Config {
    let mut config = config(&format!(
        "openai-compatibility: [{{name: many, base-url: https://host/v1, {}}}]\n",
        models()
    ));
    let key = |number| CompatibleKey {
        api_key: Some(Secret::from(format!(
            "sk-{number:08}-0123456789abcdef0123456789abcdef"
        ))),
        proxy: Proxy::Inherit,
        weight: 1,
    };
    config.compatible[0].keys = (0..CREDENTIALS).map(key).collect();
    config
}

/// Many accounts, each with a file of its own and the same names for its models.
fn accounts(directory: &Path) -> Config {
    for number in 0..CREDENTIALS {
        let json = format!(
            r#"{{"type":"claude","access_token":"sk-ant-oat01-{number:08}-0123456789abcdef0123456789abcdef","refresh_token":"sk-ant-ort01-{number:08}-0123456789abcdef0123456789abcdef","email":"user{number}@example.com","expired":"2099-01-01T00:00:00Z"}}"#
        );
        fs::write(
            directory.join(format!("claude-user{number}@example.com.json")),
            json,
        )
        .unwrap();
    }
    let mut text = format!(
        "auth-dir: {}\noauth-model-alias:\n  claude:\n",
        directory.display()
    );
    for number in 0..MODELS {
        writeln!(
            text,
            "    - {{name: model-{number}, alias: alias-{number}}}"
        )
        .unwrap();
    }
    config(&text)
}

/// Bytes of this process in memory, where the system tells.
fn resident() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Builds a catalogue, and checks what each of its credentials costs.
fn measure(what: &str, build: impl FnOnce(&Healths) -> Catalog) -> Catalog {
    let healths = Healths::default();
    let before = resident();
    let catalog = build(&healths);
    assert_eq!(catalog.credentials().len(), CREDENTIALS);
    if let (Some(before), Some(after)) = (before, resident()) {
        let each = after.saturating_sub(before) / CREDENTIALS;
        println!("{each} bytes for each of the {what}");
        assert!(each < LARGEST, "{each} bytes for each of the {what}");
    }
    catalog
}

/// One after the other: they share the memory that is measured.
#[test]
fn ten_thousand_credentials_are_small() {
    let lists = ModelLists::default();
    let one = keys_of_one_entry();
    let first = measure("keys", |healths| {
        Catalog::build(&one, &[], None, healths, &lists)
    });
    let directory = tempfile::tempdir().unwrap();
    let many = accounts(directory.path());
    let second = measure("accounts", |healths| {
        let accounts = Accounts::open(directory.path()).unwrap();
        let snapshot = accounts.snapshot();
        let catalog = Catalog::build(&many, snapshot.accounts(), None, healths, &lists);
        assert!(catalog.models().len() >= MODELS);
        std::mem::forget(accounts);
        catalog
    });
    drop((first, second));
}
