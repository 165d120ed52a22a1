//! The projects of an account: which there are, and making them ready for Code Assist (`providers.md` 6.2).

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use modelgate_config::{OAuthService, OAuthSetting, Secret};
use modelgate_dialects::Dialect;
use modelgate_dialects::json::{Document, RawJson, Value, Writer};
use tokio::time::sleep;
use url::Url;

use crate::AccountKind;
use crate::credential::join;
use crate::oauth::LoginError;
use crate::oauth::token::{Answer, send};

/// The service that a project must have.
const SERVICE: &str = "cloudaicompanion.googleapis.com";
/// What an account is on for which nothing else is said.
const LEGACY: &str = "legacy-tier";
const FREE: &str = "free-tier";
/// Between two questions whether a project is ready; the last one counts for all others.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];
/// How often it is asked.
const TRIES: usize = 14;
/// The same for Antigravity.
const ANTIGRAVITYS_PAUSES: [Duration; 1] = [Duration::from_secs(2)];
const ANTIGRAVITYS_TRIES: usize = 5;
/// Most pages of a list of projects.
const PAGES: usize = 10;

/// What is needed to ask for an account.
pub(super) struct Onboarding<'o> {
    pub(super) kind: AccountKind,
    pub(super) service: &'o OAuthService,
    pub(super) http: &'o reqwest::Client,
    pub(super) access: &'o Secret,
}

/// The projects of an account that are ready.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// At least one.
    pub(super) projects: Vec<String>,
    /// What the account is on, in Google's words.
    pub(super) plan: Option<String>,
    /// Projects that cannot be used, and why.
    pub(super) left_out: Vec<String>,
}

/// What Google says of an account and a project.
#[derive(Debug, Default, PartialEq, Eq)]
struct Loaded {
    /// The tier that the account is on; none: it is on none yet.
    current: Option<String>,
    /// The tier that somebody pays for, where that is another one.
    paid: Option<String>,
    /// The tier that it would get.
    offered: String,
    /// That tier wants a project of the account's own.
    wants_project: bool,
    project: Option<String>,
    /// Why there is no tier at all.
    refused: Option<String>,
}

impl Onboarding<'_> {
    /// Makes the named projects ready; without a name the one that Google gives the account.
    pub(super) async fn named(&self, names: &[String]) -> Result<Settled, LoginError> {
        if names.is_empty() {
            return self.one(None).await;
        }
        let mut settled = Settled::default();
        for name in names {
            self.enable(name).await?;
            settled.add(self.one(Some(name)).await?);
        }
        Ok(settled)
    }

    /// Makes every project ready that can be; others are left out.
    pub(super) async fn all(&self) -> Result<Settled, LoginError> {
        let mut settled = Settled::default();
        let mut last = None;
        for name in self.projects().await? {
            match self.named(std::slice::from_ref(&name)).await {
                Ok(one) => settled.add(one),
                Err(error) => {
                    let note = format!("the project {name} is left out: {error}");
                    settled.left_out.push(note);
                    last = Some(error);
                }
            }
        }
        if settled.projects.is_empty() {
            return Err(last.unwrap_or_else(|| self.unserved("there is no project")));
        }
        Ok(settled)
    }

    /// One project. What somebody has chosen counts before what Google says.
    async fn one(&self, chosen: Option<&str>) -> Result<Settled, LoginError> {
        let loaded = self.load(chosen).await?;
        let known = chosen.map(str::to_owned).or(loaded.project.clone());
        let plan = loaded.paid.as_ref().or(loaded.current.as_ref());
        let plan = plan.unwrap_or(&loaded.offered).clone();
        if let (Some(project), Some(_)) = (&known, &loaded.current) {
            return Ok(Settled {
                projects: vec![project.clone()],
                plan: Some(plan),
                left_out: Vec::new(),
            });
        }
        if let Some(reason) = loaded.refused.filter(|_| loaded.current.is_none()) {
            return Err(self.unserved(reason));
        }
        if known.is_none() && loaded.wants_project {
            let reason = format!("`{}` wants a project of your own", loaded.offered);
            return Err(self.unserved(reason));
        }
        let given = self.onboard(&loaded.offered, known.as_deref()).await?;
        let project = chosen.map(str::to_owned).or(given).or(loaded.project);
        let project = project.ok_or_else(|| self.unserved("it has no project"))?;
        Ok(Settled {
            projects: vec![project],
            plan: Some(plan),
            left_out: Vec::new(),
        })
    }

    async fn load(&self, project: Option<&str>) -> Result<Loaded, LoginError> {
        let body = RawJson::build(|writer| {
            writer.object(|writer| {
                writer.field_opt("cloudaicompanionProject", project.as_ref());
                writer.object_field("metadata", metadata);
            });
        });
        let url = method(&self.service.url(OAuthSetting::ApiUrl)?, "loadCodeAssist");
        let answer = self.post(url, &body).await?;
        let default = match self.kind {
            AccountKind::Antigravity => FREE,
            _ => LEGACY,
        };
        Ok(Loaded::read(answer.root(), default))
    }

    /// Puts the account on a tier: an operation that is asked for again until it is done.
    async fn onboard(
        &self,
        tier: &str,
        project: Option<&str>,
    ) -> Result<Option<String>, LoginError> {
        let body = RawJson::build(|writer| {
            writer.object(|writer| match self.kind {
                AccountKind::Antigravity => put_on_antigravitys(writer, tier, project),
                _ => put_on(writer, tier, project),
            });
        });
        let (url, tries, pauses) = match self.kind {
            AccountKind::Antigravity => (
                self.first_place()?,
                ANTIGRAVITYS_TRIES,
                &ANTIGRAVITYS_PAUSES[..],
            ),
            _ => (self.service.url(OAuthSetting::ApiUrl)?, TRIES, &PAUSES[..]),
        };
        let url = method(&url, "onboardUser");
        for number in 0..tries {
            let answer = self.post(url.clone(), &body).await?;
            let root = answer.root();
            if let Some(error) = root.field("error").filter(|error| error.is_object()) {
                let reason = error.text_of("message").unwrap_or_default();
                return Err(self.unserved(reason.to_string()));
            }
            if root.field("done").and_then(Value::as_bool) == Some(true) {
                return Ok(root.field("response").and_then(project_of));
            }
            sleep(pauses[number.min(pauses.len() - 1)]).await;
        }
        Err(self.unserved("it did not make a project ready in time"))
    }

    /// Sees to it that a project has the service. A project that may not be looked at is left to say so itself.
    async fn enable(&self, project: &str) -> Result<(), LoginError> {
        let Ok(base) = self.service.url(OAuthSetting::ServicesUrl) else {
            return Ok(());
        };
        let at = |last: &str| join(&base, &["projects", project, "services", last]);
        let asked = self.get(at(SERVICE)).await;
        let state = asked.as_ref().ok().and_then(|answer| {
            let state = answer.root().text_of("state")?;
            Some(state.to_string())
        });
        match state.as_deref() {
            None | Some("ENABLED") => return Ok(()),
            Some(_) => {}
        }
        let nothing = RawJson::build(|writer| writer.object(|_| {}));
        let enabled = self.post(at(&format!("{SERVICE}:enable")), &nothing).await;
        match enabled {
            Err(LoginError::Unserved { reason, .. }) if reason.contains("already enabled") => {
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    /// The projects that the account can see.
    async fn projects(&self) -> Result<Vec<String>, LoginError> {
        let first = self.service.url(OAuthSetting::ProjectsUrl)?;
        let (mut url, mut names) = (first.clone(), Vec::new());
        for _ in 0..PAGES {
            let answer = self.get(url).await?;
            let root = answer.root();
            let projects = root.field("projects").into_iter().flat_map(Value::items);
            names.extend(projects.filter_map(active));
            let Some(next) = root
                .text_of("nextPageToken")
                .filter(|next| !next.is_empty())
            else {
                break;
            };
            url = first.clone();
            url.query_pairs_mut().append_pair("pageToken", &next);
        }
        Ok(names)
    }

    /// The place that is asked first, where there are two; Antigravity puts accounts on their tiers there.
    fn first_place(&self) -> Result<Url, LoginError> {
        let first = self.service.url(OAuthSetting::FirstUrl);
        Ok(first.or_else(|_| self.service.url(OAuthSetting::ApiUrl))?)
    }

    async fn get(&self, url: Url) -> Result<Document, LoginError> {
        self.ask(self.http.get(url)).await
    }

    async fn post(&self, url: Url, body: &RawJson) -> Result<Document, LoginError> {
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json");
        self.ask(request.body(body.as_str().to_owned())).await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Document, LoginError> {
        let request = request.bearer_auth(self.access.expose());
        let answer = send(request, self.kind).await;
        let answer = answer.map_err(|refused| LoginError::refused(self.kind, refused))?;
        self.read(answer)
    }

    /// What Google says of a project is worth reading, and holds nothing that was sent.
    fn read(&self, answer: Answer) -> Result<Document, LoginError> {
        if !answer.status.is_success() {
            let status = answer.status.as_u16();
            let error = modelgate_dialects::decode_error(Dialect::Gemini, status, &answer.body);
            return Err(self.unserved(error.message.to_string()));
        }
        let body: Bytes = answer.body;
        Document::parse(body).map_err(|_| self.unserved("it answered with no JSON"))
    }

    fn unserved(&self, reason: impl Into<String>) -> LoginError {
        LoginError::Unserved {
            kind: self.kind,
            reason: reason.into(),
        }
    }
}

impl Settled {
    fn add(&mut self, one: Self) {
        for project in one.projects {
            if !self.projects.contains(&project) {
                self.projects.push(project);
            }
        }
        self.plan = self.plan.take().or(one.plan);
    }
}

impl Loaded {
    fn read(root: Value<'_>, default: &str) -> Self {
        let id = |tier: Value<'_>| tier.text_of("id").map(|id| id.to_string());
        let list = |name: &str| root.field(name).into_iter().flat_map(Value::items);
        let is = |tier: &Value<'_>, name: &str| tier.field(name).and_then(Value::as_bool);
        let offered = list("allowedTiers").find(|tier| is(tier, "isDefault") == Some(true));
        let wants = |tier: Value<'_>| is(&tier, "userDefinedCloudaicompanionProject");
        let reasons = list("ineligibleTiers").filter_map(|tier| tier.text_of("reasonMessage"));
        Self {
            current: root.field("currentTier").and_then(id),
            paid: root.field("paidTier").and_then(id),
            wants_project: offered.and_then(wants) == Some(true),
            refused: match offered {
                Some(_) => None,
                None => reasons.map(|reason| reason.to_string()).next(),
            },
            offered: offered.and_then(id).unwrap_or_else(|| default.to_owned()),
            project: project_of(root),
        }
    }
}

fn method(base: &Url, name: &str) -> Url {
    join(base, &[&format!("v1internal:{name}")])
}

/// The wish to be put on a tier.
fn put_on(writer: &mut Writer<'_>, tier: &str, project: Option<&str>) {
    writer.field("tierId", tier);
    writer.field_opt("cloudaicompanionProject", project.as_ref());
    writer.object_field("metadata", metadata);
}

/// The same in Antigravity's words (`providers.md` 8). It asks which program this is, and is told.
fn put_on_antigravitys(writer: &mut Writer<'_>, tier: &str, project: Option<&str>) {
    writer.field("tier_id", tier);
    writer.field_opt("cloudaicompanion_project", project.as_ref());
    writer.object_field("metadata", |writer| {
        writer.field("ide_type", "IDE_UNSPECIFIED");
        writer.field("ide_version", env!("CARGO_PKG_VERSION"));
        writer.field("ide_name", "modelgate");
    });
}

/// Who asks: the one answer that the tiers know (`providers.md` 17).
fn metadata(writer: &mut Writer<'_>) {
    writer.field("ideType", "IDE_UNSPECIFIED");
    writer.field("platform", "PLATFORM_UNSPECIFIED");
    writer.field("pluginType", "GEMINI");
}

/// The project of an answer: a text, or an object with an id.
fn project_of(answer: Value<'_>) -> Option<String> {
    let names = ["cloudaicompanionProject", "projectId", "project"];
    let mut found = names.into_iter().filter_map(|name| {
        let value = answer.field(name)?;
        let text = value.as_str().map(|text| text.trim().to_owned());
        let id = || value.text_of("id").map(|id| id.trim().to_owned());
        text.or_else(id).filter(|project| !project.is_empty())
    });
    found.next()
}

/// The id of a project that is not on its way out.
fn active(project: Value<'_>) -> Option<String> {
    let state = project.text_of("lifecycleState");
    let id = project.text_of("projectId")?;
    let is_active = state.is_none_or(|state| state == "ACTIVE");
    (is_active && super::is_project(&id)).then(|| id.to_string())
}

#[cfg(test)]
mod tests;
