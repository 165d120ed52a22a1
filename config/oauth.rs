//! Whom logins are granted to, and where their tokens are renewed.

use url::Url;

use crate::environment::Environment;
use crate::error::Report;
use crate::model::{OAuth, OAuthClient};
use crate::tree::Position;
use crate::values;

/// Anthropic's own, public and without a secret (`providers.md` 2.2).
const CLAUDE_TOKEN_URL: &str = "https://platform.claude.com/v1/oauth/token";
const CLAUDE_CLIENT_ID: &str = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";

/// Reads what the environment says otherwise.
pub(crate) fn read(environment: &Environment, report: &mut Report) -> OAuth {
    let mut oauth = OAuth::default();
    let name = "MODELGATE_CLAUDE_TOKEN_URL";
    if let Some(text) = environment.get(name) {
        match values::base_url(text) {
            Ok(url) => oauth.claude.token_url = url,
            Err(complaint) => {
                report.problem(Position::default(), name, complaint.message, complaint.hint);
            }
        }
    }
    if let Some(id) = environment.get("MODELGATE_CLAUDE_CLIENT_ID") {
        id.clone_into(&mut oauth.claude.client_id);
    }
    oauth
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            claude: OAuthClient {
                token_url: Url::parse(CLAUDE_TOKEN_URL).expect("a constant address"),
                client_id: CLAUDE_CLIENT_ID.to_owned(),
            },
        }
    }
}
