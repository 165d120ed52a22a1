//! How a client begins logins, follows them, and ends them.

use modelgate_config::Secret;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::{Client, ClientError};
use crate::logins::{
    BegunAnswer, LoginBegun, LoginStatus, LoginWay, LoginWishes, MadeAnswer, StatusAnswer,
};

impl Client {
    /// Begins a login. A browser on the gateway's machine comes back to it by itself.
    ///
    /// # Errors
    /// When the provider is not set up, or does not answer.
    pub async fn begin_login(
        &self,
        way: &LoginWay,
        wishes: &LoginWishes,
    ) -> Result<LoginBegun, ClientError> {
        let mut query = vec![("is_webui", "true")];
        query.extend(way.method.map(|method| ("method", method)));
        query.extend(named("label", &wishes.label));
        query.extend(named("project_id", &wishes.projects));
        let begins = way.begins();
        let answer: BegunAnswer = self.ask(Method::GET, &[&begins], &query).await?;
        Ok(answer.into())
    }

    /// Logs in with the cookie of the provider's page, and tells whose account it is where the gateway does.
    ///
    /// # Errors
    /// When the provider does not take it, or its account is there already.
    pub async fn login_by_cookie(
        &self,
        way: &LoginWay,
        cookie: &Secret,
        label: &Option<String>,
    ) -> Result<Option<String>, ClientError> {
        let body = json!({ "cookie": cookie.expose() }).to_string();
        self.make(
            &[&way.begins()],
            Vec::from_iter(named("label", label)),
            body,
        )
        .await
    }

    /// Makes an account of the key of a service account, and tells whose it is where the gateway does.
    ///
    /// # Errors
    /// When it is no such key, or there is no such location.
    pub async fn import_key_file(
        &self,
        key: &Secret,
        location: &Option<String>,
        label: &Option<String>,
    ) -> Result<Option<String>, ClientError> {
        let query = named("label", label).chain(named("location", location));
        let body = key.expose().to_owned();
        self.make(&["vertex", "import"], query.collect(), body)
            .await
    }

    async fn make(
        &self,
        path: &[&str],
        query: Vec<(&str, &str)>,
        body: String,
    ) -> Result<Option<String>, ClientError> {
        let request = self.prepare(Method::POST, path, &query);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let (_, body) = self.send(request).await?;
        let answer: MadeAnswer = self.parsed(&body)?;
        Ok(answer.email)
    }

    /// How a login stands.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn login_status(&self, state: &Secret) -> Result<LoginStatus, ClientError> {
        let query = [("state", state.expose())];
        let path = ["get-auth-status"];
        let answer: StatusAnswer = self.ask(Method::GET, &path, &query).await?;
        Ok(answer.into())
    }

    /// Ends the login that a person has pasted the end of: the address that the browser came to, or `code#state`. What
    /// becomes of it, its status says.
    ///
    /// # Errors
    /// When it cannot be read, or is of no login that waits.
    pub async fn end_login(&self, pasted: &Secret) -> Result<(), ClientError> {
        let body = json!({ "redirect_url": pasted.expose() }).to_string();
        let request = self.prepare(Method::POST, &["oauth-callback"], &[]);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        self.send(request).await.map(drop)
    }

    /// Calls a login off.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn cancel_login(&self, state: &Secret) -> Result<(), ClientError> {
        let query = [("state", state.expose())];
        let request = self.prepare(Method::DELETE, &["oauth-session"], &query);
        self.send(request).await.map(drop)
    }
}

/// A part of a query, where it has a value.
fn named<'v>(
    name: &'static str,
    value: &'v Option<String>,
) -> impl Iterator<Item = (&'static str, &'v str)> {
    value.iter().map(move |value| (name, value.as_str()))
}
