//! How a client begins logins, follows them, and ends them.

use modelgate_config::Secret;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::{Client, ClientError};
use crate::logins::{BegunAnswer, LoginBegun, LoginStatus, LoginWay, StatusAnswer};

impl Client {
    /// Begins a login. A browser on the gateway's machine comes back to it by itself.
    ///
    /// # Errors
    /// When the provider is not set up, or does not answer.
    pub async fn begin_login(&self, way: &LoginWay) -> Result<LoginBegun, ClientError> {
        let mut query = vec![("is_webui", "true")];
        query.extend(way.method.map(|method| ("method", method)));
        let begins = way.begins();
        let answer: BegunAnswer = self.ask(Method::GET, &[&begins], &query).await?;
        Ok(answer.into())
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
