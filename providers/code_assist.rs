//! Google's Code Assist, where accounts of Gemini's command line are served (`providers.md` 6.3): Gemini's dialect in an
//! envelope that names the model and the project. Antigravity (`providers.md` 8) is the same service with other wishes.

mod beside;
mod opened;

use bytes::Bytes;
use http::StatusCode;
use modelgate_config::model::ProviderEntry;
use modelgate_config::{OAuthService, OAuthSetting};
use modelgate_dialects::gemini::envelope::{Envelope, PROMPT_ID, wrap_request};
use modelgate_dialects::ir::{Error, ErrorKind};
use modelgate_dialects::json::{Document, RawJson, Value, Writer};
use modelgate_dialects::{Dialect, Str, Target};
use url::Url;

pub use beside::{Beside, beside};
pub(crate) use opened::opened;

use crate::credential::{self, Credential, Login, Urls};
use crate::forge::{Forge, Raw};
use crate::store::lookup;
use crate::{
    Account, AccountKind, Call, CallError, Operation, ProviderKind, antigravity, gemini, retry_hint,
};

/// Whose thought signatures these upstreams accept: nothing says that those of the Gemini API are valid here.
const REASONING_TAG: &str = "gemini-cli";

/// What tells the prompt from others, in the envelope.
const PROMPT: Str = Str::from_static(PROMPT_ID);

/// What is told of an account in every envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Billed {
    /// The project that requests are for.
    project: Option<Str>,
    /// How the envelope calls the program, where the owner of the account wants it to.
    agent: Option<Str>,
}

/// The places of the service, and the one for lists of models.
#[derive(Debug, PartialEq)]
pub(crate) struct Places {
    /// Asked one after the other.
    pub(crate) hosts: Vec<Url>,
    pub(crate) models: Option<Url>,
}

impl Places {
    /// The address of a method at one of the places.
    pub(crate) fn url(&self, call: &Call<'_>, place: usize) -> Option<Url> {
        let name = method(call.operation, call.stream)?;
        let mut url = at(self.hosts.get(place)?, name);
        if call.stream {
            url.set_query(Some("alt=sse"));
        }
        Some(url)
    }
}

/// The method that is an operation; `None` where the service has none.
pub(crate) fn method(operation: Operation, stream: bool) -> Option<&'static str> {
    match operation {
        Operation::Generate | Operation::CountTokens => gemini::method(operation, stream),
        Operation::Compact | Operation::Embed | Operation::EmbedBatch | Operation::Predict => None,
    }
}

fn at(host: &Url, method: &str) -> Url {
    credential::join(host, &[&format!("v1internal:{method}")])
}

/// Where an account is served, where its file does not say it.
pub(crate) fn base_url(service: Option<&OAuthService>) -> Option<String> {
    let url = service?.url(OAuthSetting::ApiUrl).ok()?;
    Some(url.to_string())
}

/// The credentials of an account that somebody logged in to: one for each of its projects, which share its tokens. They take
/// turns; where somebody wants to `switch` instead, each is asked when those before it cannot be.
pub(crate) fn accounts(
    account: &Account,
    entry: &ProviderEntry,
    login: &Login,
    service: Option<&OAuthService>,
    switch: bool,
    forge: &mut Forge<'_>,
) -> Vec<Credential> {
    let agent = account.extra("user_agent");
    let agent = agent.map(|agent| Str::from(agent.expose()));
    let projects = projects(account);
    let make = |(place, project): (i32, &Option<Str>)| {
        let named = project.as_ref().filter(|_| projects.len() > 1);
        let made = credential(account, entry, login, service, named, forge);
        let behind = if switch { place } else { 0 };
        Credential {
            priority: entry.priority.saturating_sub(behind),
            billed: Some(Box::new(Billed {
                project: project.clone(),
                agent: agent.clone(),
            })),
            ..made
        }
    };
    (0..).zip(&projects).map(make).collect()
}

/// One of them; `named` is the project that tells it from the others.
fn credential(
    account: &Account,
    entry: &ProviderEntry,
    login: &Login,
    service: Option<&OAuthService>,
    named: Option<&Str>,
    forge: &mut Forge<'_>,
) -> Credential {
    let (kind, provider) = match account.kind {
        AccountKind::Antigravity => (ProviderKind::Antigravity, "antigravity"),
        _ => (ProviderKind::CodeAssist, "gemini-cli"),
    };
    let (id, secret) = match named {
        Some(project) => (
            format!("{}[{project}]", account.id()),
            format!("{}#{project}", account.file),
        ),
        None => (account.id().to_owned(), account.file.to_string()),
    };
    let raw = Raw {
        id,
        secret: &secret,
        ..Raw::of_account(kind, provider, account, entry, login.clone())
    };
    let first = service.and_then(|service| service.url(OAuthSetting::FirstUrl).ok());
    // Whoever names a place means that one.
    let first = first.filter(|_| account.settings.base_url.is_none());
    let list = || at(&entry.base_url, antigravity::LIST);
    let places = Places {
        hosts: first.into_iter().chain([entry.base_url.clone()]).collect(),
        models: (kind == ProviderKind::Antigravity).then(list),
    };
    let urls = Urls::CodeAssist(Box::new(places));
    forge.make(raw, urls, credential::common_headers())
}

/// The projects of an account; a single nothing where its file names none.
fn projects(account: &Account) -> Vec<Option<Str>> {
    let named = account.settings.project_id.as_deref().unwrap_or_default();
    let mut projects: Vec<Option<Str>> = Vec::new();
    for name in named.split(',').map(str::trim) {
        let project = Some(Str::from(name));
        if !name.is_empty() && !projects.contains(&project) {
            projects.push(project);
        }
    }
    if projects.is_empty() {
        projects.push(None);
    }
    projects
}

/// What an encoder must know of one of its models.
pub(crate) fn target(credential: &Credential, model: &str) -> Target {
    Target {
        provider: Str::from_static(REASONING_TAG),
        ..gemini::target(credential, model)
    }
}

/// A request in its envelope.
pub(crate) fn fit(call: &Call<'_>) -> Result<Bytes, CallError> {
    let credential = call.credential;
    let (project, agent) = match credential.billed.as_deref() {
        Some(billed) => (billed.project.clone(), billed.agent.clone()),
        None => (None, None),
    };
    let project = project.or_else(|| found(credential));
    let project = project.ok_or_else(|| no_project(credential))?;
    let model = call.model.strip_prefix("models/").unwrap_or(call.model);
    if call.operation == Operation::CountTokens {
        return Ok(counted(&call.body.to_bytes(), model));
    }
    let body = call.body.to_bytes();
    let mut envelope = Envelope::new(Str::from(model), Some(project));
    envelope.rest = match credential.kind {
        ProviderKind::Antigravity => antigravity::beside(model, &body, agent.as_ref()),
        _ => vec![(PROMPT, RawJson::build(|writer| writer.value(call.id)))],
    };
    Ok(wrap_request(&envelope, &body))
}

/// The project that the account was given after the credential was made.
fn found(credential: &Credential) -> Option<Str> {
    let login = credential.account.as_ref()?;
    let accounts = login.refresher.as_ref()?.accounts().snapshot();
    projects(accounts.get(&login.file)?).swap_remove(0)
}

/// An account without a project is never given one that somebody made up.
fn no_project(credential: &Credential) -> CallError {
    let file = credential.file().unwrap_or_default();
    let kind = match credential.kind {
        ProviderKind::Antigravity => "antigravity",
        _ => "gemini",
    };
    let message = format!(
        "{file} has no `project_id`; name one there, or log in again with `modelgate login {kind}`"
    );
    let error = Error::new(ErrorKind::Authentication, Str::from(message));
    CallError::answered(credential.provider.clone(), error.with_code("no_project"))
}

/// What a failure means. When a quota begins anew may be told as a moment, where it is not told how long that takes.
pub(crate) fn failure(status: StatusCode, body: &Bytes) -> Error {
    let mut error = modelgate_dialects::decode_error(Dialect::Gemini, status.as_u16(), body);
    let details = error.details.as_ref().map(RawJson::document);
    let details = details.iter().flat_map(|details| details.root().items());
    let mut moments = details.filter_map(|detail| {
        let moment = detail.field("metadata")?.text_of("quotaResetTimeStamp")?;
        retry_hint::moment(moment.trim())
    });
    error.retry_at = error.retry_at.or_else(|| moments.next());
    error
}

/// Whether nothing is left of a quota until it begins anew (`providers.md` 8).
pub(crate) fn is_used_up(error: &CallError) -> bool {
    error.error.code.as_deref() == Some("QUOTA_EXHAUSTED")
}

/// Whether the service's number of tokens is only about right: of what counts beside contents it is told in a way that costs a
/// little more or less.
pub(crate) fn counts_roughly(request: Value<'_>) -> bool {
    let root = lookup(request, "generateContentRequest").unwrap_or(request);
    ["systemInstruction", "tools"]
        .iter()
        .any(|name| lookup(root, name).is_some())
}

/// The body of `countTokens`, which takes contents alone: what counts beside them is told at the beginning of the first.
fn counted(body: &Bytes, model: &str) -> Bytes {
    let document = Document::parse(body.clone()).unwrap_or_default();
    let root = document.root();
    let root = lookup(root, "generateContentRequest").unwrap_or(root);
    let counted = RawJson::build(|writer| {
        writer.object(|writer| {
            writer.object_field("request", |writer| {
                writer.field("model", &format!("models/{model}"));
                writer.array_field("contents", |writer| contents(writer, root));
            });
        });
    });
    counted.to_text().into_bytes()
}

fn contents(writer: &mut Writer<'_>, request: Value<'_>) {
    let contents = lookup(request, "contents");
    let mut contents = contents.into_iter().flat_map(Value::items).peekable();
    let is_users = |content: &Value<'_>| {
        lookup(*content, "role").is_none_or(|role| role.as_str().as_deref() == Some("user"))
    };
    // Turns take turns: one of the user's is not put before another.
    let first = contents.next_if(is_users);
    let system = lookup(request, "systemInstruction");
    let tools = lookup(request, "tools").filter(|tools| tools.is_array());
    if first.is_some() || system.is_some() || tools.is_some() {
        writer.object(|writer| {
            writer.field("role", "user");
            writer.array_field("parts", |writer| {
                parts(system).for_each(|part| part.write_compact(writer));
                if let Some(tools) = tools {
                    writer.object(|writer| writer.field("text", tools.source()));
                }
                parts(first).for_each(|part| part.write_compact(writer));
            });
        });
    }
    for content in contents {
        content.write_compact(writer);
    }
}

fn parts(content: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    let parts = content.and_then(|content| lookup(content, "parts"));
    parts.into_iter().flat_map(Value::items)
}

#[cfg(test)]
mod tests;
