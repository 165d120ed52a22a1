//! A login with a code that is typed at the provider.

use modelgate_providers::oauth::{DeviceLogin, NewAccount, Reach};
use serde::Serialize;

use super::wait::{explained, spinner};
use crate::browser::open;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;

#[derive(Debug, Serialize)]
struct Waiting<'w> {
    waiting: Where<'w>,
}

#[derive(Debug, Serialize)]
struct Where<'w> {
    provider: &'w str,
    url: &'w str,
    code: &'w str,
}

/// Logs in, or tells why not.
pub(super) async fn log_in(
    context: &mut Context,
    login: &DeviceLogin,
    reach: Reach<'_>,
    no_browser: bool,
) -> Result<NewAccount, CommandError> {
    invite(context, login, no_browser)?;
    let _spinner = spinner(context, "waiting for the code to be typed");
    login.finish(reach).await.map_err(explained)
}

/// Tells where to go, and opens the browser there.
fn invite(
    context: &mut Context,
    login: &DeviceLogin,
    no_browser: bool,
) -> Result<(), CommandError> {
    let (url, code) = (login.url().as_str(), login.code());
    if context.output.is_json() {
        context.output.json_line(&Waiting {
            waiting: Where {
                provider: login.kind().name(),
                url,
                code,
            },
        })?;
    }
    context.output.note(&format!(
        "Open this address on any device:\n\n  {url}\n\nand type this code there, if it asks:\n\n  {}\n",
        inert(code)
    ));
    if !no_browser {
        open(context, url);
    }
    Ok(())
}
