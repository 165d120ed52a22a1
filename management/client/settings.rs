//! What a client changes in the configuration of a gateway: client keys and single settings.

use modelgate_config::Secret;
use modelgate_config::keys::{self, KeyChange, KeyError, NewKey};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::{Client, ClientError};
use crate::keys::{ClientKey, listed};

/// How often a change is made again because somebody else was quicker.
const TRIES: usize = 5;

impl Client {
    /// Every client key, without the keys.
    ///
    /// # Errors
    /// When the gateway has no configuration file, or it cannot be read.
    pub async fn client_keys(&self) -> Result<Vec<ClientKey>, ClientError> {
        let read = self.config().await?;
        listed(&read.text).map_err(|error| ClientError::Key(error.into()))
    }

    /// Makes a new client key, which is told only here.
    ///
    /// # Errors
    /// When its name is taken, or what it may do makes no sense.
    pub async fn add_key(&self, new: &NewKey) -> Result<Secret, ClientError> {
        self.change_config(|text| keys::add(text, new)).await
    }

    /// Ends a client key, by its id or its name, and tells its id.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn revoke_key(&self, who: &str) -> Result<String, ClientError> {
        self.change_config(|text| keys::revoke(text, who)).await
    }

    /// Changes what a client key may do, by its id or its name, and tells its id.
    ///
    /// # Errors
    /// When there is no such key, or what it may do makes no sense.
    pub async fn change_key(&self, who: &str, change: &KeyChange) -> Result<String, ClientError> {
        self.change_config(|text| keys::change(text, who, change))
            .await
    }

    /// Gives a client key another secret, which is told only here; who presents the old one is refused.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn rotate_key(&self, who: &str) -> Result<Secret, ClientError> {
        let rotate = |text: &str| {
            let (text, key, _) = keys::rotate(text, who)?;
            Ok((text, key))
        };
        self.change_config(rotate).await
    }

    /// What the configuration says, with the defaults of what it does not say. It holds secrets in clear.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn settings(&self) -> Result<Map<String, Value>, ClientError> {
        self.ask(Method::GET, &["config"], &[]).await
    }

    /// Sets one setting, by its dotted path.
    ///
    /// # Errors
    /// When there is no such setting, or it cannot have the value.
    pub async fn set(&self, path: &str, value: &Value) -> Result<(), ClientError> {
        let segments: Vec<&str> = path.split('.').collect();
        let request = self.prepare(Method::PUT, &segments, &[]);
        let body = json!({ "value": value }).to_string();
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        self.send(request).await.map(drop)
    }

    /// Makes a change of the file, again where somebody else was quicker, and tells what came of it.
    async fn change_config<T>(
        &self,
        change: impl Fn(&str) -> Result<(String, T), KeyError>,
    ) -> Result<T, ClientError> {
        let mut tries = 1;
        loop {
            let read = self.config().await?;
            let (text, made) = change(&read.text)?;
            match self.replace_config(&read, text).await {
                Err(error) if error.is_stale() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
                Ok(_) => return Ok(made),
            }
        }
    }
}
