//! What is told of the files.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use modelgate_management::Account as View;
use modelgate_management::accounts;
use modelgate_management::time::timestamp;
use modelgate_providers::store::{Snapshot, Trouble};
use modelgate_providers::{Account, CredentialKey};
use serde_json::{Map, Value as Json, json};
use tokio::task::spawn_blocking;
use warp::reply::Response;

use super::{ok, unavailable};
use crate::management::key_usage::Calls;
use crate::management::refused::Refused;
use crate::management::settings::Ask;
use crate::management::views;
use crate::state::State;

/// `GET /auth-files`.
pub(super) async fn list(state: &State, ask: &Ask) -> Result<Response, Refused> {
    let logins = state.logins.as_ref().ok_or_else(unavailable)?;
    let (snapshot, views) = (
        logins.accounts().snapshot(),
        views::accounts(state).accounts,
    );
    let used = used(state);
    let directory = logins.accounts().directory().to_owned();
    let files = spawn_blocking(move || files(&snapshot, &views, &used, &directory)).await?;
    let (name, index) = (ask.parameter("name"), ask.parameter("auth_index"));
    let wanted = |file: &Json| {
        let is = |wanted: &Option<String>, fields: &[&str]| {
            wanted
                .as_deref()
                .is_none_or(|text| fields.iter().any(|field| file[*field] == text))
        };
        is(&name, &["name", "id"]) && is(&index, &["auth_index"])
    };
    let files: Vec<Json> = files.into_iter().filter(wanted).collect();
    Ok(ok(&json!({ "files": files })))
}

/// `GET /auth-files/models`: what one of them serves.
pub(super) fn models(state: &State, ask: &Ask) -> Result<Response, Refused> {
    let name = ask
        .parameter("name")
        .ok_or_else(|| Refused::bad("name is required"))?;
    let snapshot = state.snapshot();
    let catalog = &snapshot.catalog;
    let serves = |id: &str| {
        let route = catalog.route(id)?;
        let mut members = route.members();
        let member = members.find(|member| member.credential.file() == Some(&*name))?;
        Some(member.credential.provider.to_string())
    };
    let models = catalog.models().iter().filter_map(|model| {
        let owner = serves(&model.id)?;
        Some(json!({ "id": &*model.id, "type": owner, "owned_by": owner }))
    });
    Ok(ok(&json!({ "models": models.collect::<Vec<Json>>() })))
}

/// What is known of accounts by their credentials.
struct Used {
    key: CredentialKey,
    calls: Calls,
}

/// The same of every account that has credentials, by its file.
fn used(state: &State) -> HashMap<String, Used> {
    let (snapshot, now) = (state.snapshot(), SystemTime::now());
    let mut used: HashMap<String, Used> = HashMap::new();
    for credential in snapshot.catalog.credentials() {
        let Some(file) = credential.file() else {
            continue;
        };
        let first = || Used {
            key: credential.key,
            calls: Calls::default(),
        };
        let used = used.entry(file.to_owned()).or_insert_with(first);
        used.calls.add(&Calls::of(credential, now));
    }
    used
}

/// What the family's programs know an account by; stays the same when the gateway is started again.
fn index(account: &Account, used: Option<&Used>) -> String {
    let unused = || CredentialKey::new(account.kind.name(), "", &account.file);
    used.map_or_else(unused, |used| used.key).to_string()
}

/// The file of the account of an index.
pub(super) fn file_of(state: &State, wanted: &str) -> Option<String> {
    let snapshot = state.logins.as_ref()?.accounts().snapshot();
    let used = used(state);
    let mut accounts = snapshot.accounts().iter();
    let account = accounts.find(|one| index(one, used.get(&*one.file)) == wanted)?;
    Some(account.file.to_string())
}

fn files(
    snapshot: &Snapshot,
    views: &[View],
    used: &HashMap<String, Used>,
    directory: &Path,
) -> Vec<Json> {
    let accounts = snapshot.accounts().iter().filter_map(|account| {
        let mut own = views
            .iter()
            .filter(|view| view.file.as_deref() == Some(&*account.file));
        let first = own.clone().next()?;
        // Of an account with several projects one is enough.
        let view = own
            .find(|view| view.state == accounts::State::Ready)
            .unwrap_or(first);
        Some(file(account, view, used.get(&*account.file), directory))
    });
    let unusable = snapshot.troubles().iter().filter(|trouble| !trouble.usable);
    let mut files: Vec<Json> = accounts
        .chain(unusable.map(|trouble| broken(trouble, directory)))
        .collect();
    files.sort_by_cached_key(|file| file["name"].as_str().unwrap_or_default().to_lowercase());
    files
}

fn file(account: &Account, view: &View, used: Option<&Used>, directory: &Path) -> Json {
    let settings = &account.settings;
    let (status, unavailable) = match view.state {
        accounts::State::Ready | accounts::State::OnTrial | accounts::State::Unknown => {
            ("active", false)
        }
        accounts::State::Disabled if settings.disabled => ("disabled", false),
        accounts::State::Disabled => ("pending", true),
        accounts::State::Cooling | accounts::State::LogInAgain => ("error", true),
    };
    let label = view
        .email
        .as_ref()
        .or(view.label.as_ref())
        .unwrap_or(&view.provider);
    let mut file = Map::from_iter([
        ("id".to_owned(), json!(&*account.file)),
        ("auth_index".to_owned(), json!(index(account, used))),
        ("name".to_owned(), json!(&*account.file)),
        ("type".to_owned(), json!(account.kind.name())),
        ("provider".to_owned(), json!(account.kind.name())),
        ("label".to_owned(), json!(label)),
        ("status".to_owned(), json!(status)),
        (
            "status_message".to_owned(),
            json!(view.reason.as_deref().unwrap_or_default()),
        ),
        ("disabled".to_owned(), json!(settings.disabled)),
        ("unavailable".to_owned(), json!(unavailable)),
        ("runtime_only".to_owned(), json!(false)),
        ("source".to_owned(), json!("file")),
    ]);
    on_disk(&mut file, &account.file, directory);
    let mut add = |name: &str, value: Json| {
        if !value.is_null() {
            file.insert(name.to_owned(), value);
        }
    };
    let since = |time: Option<SystemTime>| time.map(timestamp);
    add("email", json!(view.email));
    add("account_type", json!("oauth"));
    add("account", json!(view.email));
    add("last_refresh", json!(since(account.tokens.last_refresh)));
    add("success", json!(view.succeeded));
    add("failed", json!(view.failed));
    let zone = TimeZone::system();
    add(
        "recent_requests",
        json!(used.map(|used| used.calls.stretches(&zone))),
    );
    add("next_retry_after", json!(view.next_try));
    add("project_id", json!(settings.project_id));
    add("prefix", json!(settings.prefix));
    add("note", json!(settings.note));
    add("request_retry", json!(settings.request_retry));
    add("weight", json!(settings.weight));
    if settings.priority != 0 {
        add("priority", json!(settings.priority));
    }
    file.into()
}

/// A file that is no account.
fn broken(trouble: &Trouble, directory: &Path) -> Json {
    let mut file = Map::from_iter([
        ("id".to_owned(), json!(&*trouble.file)),
        ("name".to_owned(), json!(&*trouble.file)),
        ("type".to_owned(), json!("unknown")),
        ("provider".to_owned(), json!("unknown")),
        ("status".to_owned(), json!("error")),
        ("status_message".to_owned(), json!(&*trouble.reason)),
        ("disabled".to_owned(), json!(false)),
        ("unavailable".to_owned(), json!(true)),
        ("runtime_only".to_owned(), json!(false)),
        ("source".to_owned(), json!("file")),
    ]);
    on_disk(&mut file, &trouble.file, directory);
    file.into()
}

fn on_disk(file: &mut Map<String, Json>, name: &str, directory: &Path) {
    let path = directory.join(name);
    let Ok(metadata) = fs::metadata(&path) else {
        return;
    };
    file.insert("size".to_owned(), json!(metadata.len()));
    file.insert("path".to_owned(), json!(path.to_string_lossy()));
    if let Ok(time) = metadata.modified() {
        file.insert("modtime".to_owned(), json!(timestamp(time)));
        file.insert("updated_at".to_owned(), json!(timestamp(time)));
    }
}
