//! `modelgate logs`.

use std::convert::Infallible;
use std::time::Duration;

use modelgate_management::logs::NOT_TO_FILE;
use modelgate_management::{Client, ClientError, LogLevel, LogLine, LogLines, LogQuery};
use serde::Serialize;
use tokio::time::sleep;

use crate::complete;
use crate::context::Context;
use crate::error::CommandError;
use crate::inert::inert;
use crate::remote::Remote;

/// Between two looks of `--follow`.
const PAUSE: Duration = Duration::from_millis(500);

/// Show what the gateway logs
///
/// The last lines of its log file, which it writes with `logging-to-file: true`, also where the file was put aside since. With
/// --request, also the log of that request, if it left one: with `request-log: true` every request does, without it those of
/// which a provider's answer was an error. Times are in UTC.
///
/// With --json, one line for each line of the log: {"time", "request_id", "level", "target", "text"}; what is not known is
/// absent. The log of a request is {"request_log"}.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  modelgate logs -f --level warn\n  modelgate logs --request 0199f0d2c5b77c1e8a3f6d0b2c4e5f60\n  modelgate logs --grep 'attempt failed' -n 20 --json"
)]
pub(crate) struct Args {
    /// How many of the last lines to show
    #[arg(long, short = 'n', value_name = "COUNT", default_value = "100",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Show what is logged from now on too, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only lines that matter so much, or more: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<LogLevel>,
    /// Only lines that hold this text
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// Only lines about this request, as `x-request-id` of its answer names it
    #[arg(long, value_name = "REQUEST-ID", add = complete::requests())]
    request: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

fn level(word: &str) -> Result<LogLevel, String> {
    LogLevel::from_name(word).ok_or_else(|| {
        let known = LogLevel::ALL.map(LogLevel::name).join(", ");
        format!("the levels are {known}")
    })
}

/// What `--json` prints of a line that is not the gateway's own.
#[derive(Debug, Serialize)]
struct Text<'a> {
    text: &'a str,
}

/// What `--json` prints of the log of a request.
#[derive(Debug, Serialize)]
struct RequestLog<'a> {
    request_log: &'a str,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let gateway = args.remote.open(context)?;
    let mut query = LogQuery {
        limit: Some(args.limit as usize),
        cursor: None,
        level: args.level,
        grep: args.grep.clone(),
        request: args.request.clone(),
    };
    if args.follow {
        let following = follow(context, &gateway.client, &mut query);
        return Err(gateway.until_interrupted(following));
    }
    let first = gateway.wait(ask(&gateway.client, &query))?;
    let text = match args.request.as_deref() {
        Some(id) => gateway.wait(gateway.client.request_log(id))?,
        None => None,
    };
    // The log of a request does not need the other one.
    let Some(lines) = first.or_else(|| text.is_some().then(LogLines::default)) else {
        return Err(not_to_file());
    };
    show(context, &lines)?;
    match &text {
        Some(text) => show_request(context, text, !lines.lines.is_empty())?,
        None if lines.lines.is_empty() => {
            context.output.note("there is no such line in the log");
        }
        None => {}
    }
    Ok(())
}

/// Shows the last lines and what is logged behind them, as long as anybody reads it.
async fn follow(
    context: &mut Context,
    client: &Client,
    query: &mut LogQuery,
) -> Result<Infallible, CommandError> {
    let mut lines = ask(client, query).await?.ok_or_else(not_to_file)?;
    show(context, &lines)?;
    query.limit = None;
    loop {
        sleep(PAUSE).await;
        context.output.is_read()?;
        query.cursor = lines.next_cursor.take();
        lines = ask(client, query).await?.ok_or_else(not_to_file)?;
        if lines.cursor_reset {
            let note = "the log was deleted meanwhile; it goes on with its last lines";
            context.output.note(note);
        }
        show(context, &lines)?;
    }
}

/// Lines of the log; none where it is not written to a file.
async fn ask(client: &Client, query: &LogQuery) -> Result<Option<LogLines>, ClientError> {
    match client.logs(query).await {
        Err(ClientError::Refused { message, .. }) if message == NOT_TO_FILE => Ok(None),
        answer => answer.map(Some),
    }
}

fn not_to_file() -> CommandError {
    CommandError::failed(anyhow::anyhow!("the gateway does not log to a file"))
        .hint("modelgate config set logging-to-file true")
}

fn show(context: &mut Context, lines: &LogLines) -> Result<(), CommandError> {
    if !context.output.is_json() {
        let lines = lines.lines.iter().map(|line| inert(line) + "\n");
        return context.output.data(&lines.collect::<String>());
    }
    for line in &lines.lines {
        match LogLine::parse(line) {
            Some(line) => context.output.json_line(&line)?,
            None => context.output.json_line(&Text { text: line })?,
        }
    }
    Ok(())
}

fn show_request(context: &mut Context, text: &str, behind: bool) -> Result<(), CommandError> {
    if context.output.is_json() {
        return context.output.json_line(&RequestLog { request_log: text });
    }
    let lines = text.lines().map(|line| inert(line) + "\n");
    let before = if behind { "\n" } else { "" };
    context
        .output
        .data(&format!("{before}{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use modelgate_config::Environment;

    use super::*;
    use crate::output::testing::captured;

    const LINE: &str = "[2026-03-04T05:06:07.000Z] [0199] [warn ] [t] attempt failed status=429";

    /// What is printed of these lines, and of the log of a request.
    fn printed(json: bool, lines: &[&str], request: Option<&str>) -> String {
        let (output, out, _) = captured(json);
        let mut context = Context::new(Environment::default(), None, output);
        let lines = LogLines {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..LogLines::default()
        };
        show(&mut context, &lines).unwrap();
        if let Some(text) = request {
            show_request(&mut context, text, !lines.lines.is_empty()).unwrap();
        }
        out.text()
    }

    #[test]
    fn lines_are_printed_as_they_are_and_cannot_move_the_cursor() {
        assert_eq!(
            printed(false, &[LINE, "a\u{1b}[2J"], None),
            format!("{LINE}\na\\u{{1b}}[2J\n")
        );
        assert_eq!(printed(false, &[], None), "");
        let request = "=== REQUEST INFO ===\nURL: /\u{1b}c\n";
        let expected = format!("{LINE}\n\n=== REQUEST INFO ===\nURL: /\\u{{1b}}c\n");
        assert_eq!(printed(false, &[LINE], Some(request)), expected);
    }

    #[test]
    fn scripts_get_one_object_for_each_line() {
        assert_eq!(
            printed(true, &[LINE, "no line of ours"], Some("a\nb")),
            "{\"time\":\"2026-03-04T05:06:07Z\",\"request_id\":\"0199\",\"level\":\"warn\",\"target\":\"t\",\
             \"text\":\"attempt failed status=429\"}\n{\"text\":\"no line of ours\"}\n{\"request_log\":\"a\\nb\"}\n"
        );
    }

    #[test]
    fn levels_are_words() {
        assert_eq!(level("WARN"), Ok(LogLevel::Warn));
        assert!(level("loud").unwrap_err().contains("error, warn"));
    }
}
