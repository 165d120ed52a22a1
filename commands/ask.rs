//! `modelgate ask`.

use std::io::{self, IsTerminal as _, Read as _};

use modelgate_management::{Answer, AskError, Caller, Piece, Question};
use serde::Serialize;
use tokio::runtime::Builder;

use crate::complete;
use crate::context::Context;
use crate::endpoint::{Reach, not_running};
use crate::error::CommandError;
use crate::inert::{inert, inert_lines};

/// Whoever the gateway would ask anyway.
const AUTO: &str = "auto";
/// Larger questions are refused by the gateway.
const LARGEST: u64 = 64 << 20;

/// Ask a model something, to try it
///
/// The question goes to the gateway as any client's would, and the answer is printed as it comes. What stdin holds stands
/// behind the question, or is the question. Ctrl-C ends it.
///
/// With --json, one object when the answer is whole: {"model", "text", "thinking", "finish_reason", "input", "output",
/// "request_id", "dropped"}; what is not known is absent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  modelgate ask \"Why is the sky blue?\"
  modelgate ask --model claude-sonnet-5 --system 'Answer in one line.' \"What is a monad?\"
  git diff | modelgate ask --model gpt-5 'Review this change.'
  modelgate ask --model demo hello --json")]
pub(crate) struct Args {
    /// The question; several words are one
    #[arg(value_name = "QUESTION")]
    question: Vec<String>,
    /// The model; without it, one that can be asked now
    #[arg(long, short, value_name = "MODEL", default_value = AUTO, add = complete::models())]
    model: String,
    /// What the model is told before
    #[arg(long, short, value_name = "TEXT")]
    system: Option<String>,
    /// Print what the model thinks too, on stderr
    #[arg(long)]
    thinking: bool,
    #[command(flatten)]
    reach: Reach,
}

/// What `--json` prints.
#[derive(Debug, Default, Serialize)]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<String>,
}

pub(crate) fn run(context: &mut Context, args: &Args) -> Result<(), CommandError> {
    let question = question(&args.question)?;
    let model = Some(&*args.model).filter(|model| *model != AUTO);
    let endpoint = args.reach.find(context, model)?.ok_or_else(not_running)?;
    let caller = endpoint.caller()?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed(error.into()))?;
    let question = Question {
        model: &args.model,
        system: args.system.as_deref(),
        text: &question,
    };
    let mut printer = Printer {
        context,
        json: View::default(),
        thinking: args.thinking,
        for_eyes: io::stdout().is_terminal(),
        in_line: None,
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            answer = answered(&caller, question, &mut printer) => answer,
            _ = tokio::signal::ctrl_c() => Err(CommandError::interrupted()),
        }
    });
    printer.end_line();
    printer.finish(outcome?)
}

/// Prints the answer piece by piece, to its end.
async fn answered(
    caller: &Caller,
    question: Question<'_>,
    printer: &mut Printer<'_>,
) -> Result<Answer, CommandError> {
    let explained = |error| explained(error, question.model);
    let mut answer = caller.ask(question).await.map_err(explained)?;
    while let Some(piece) = answer.next().await.map_err(explained)? {
        printer.print(piece)?;
    }
    Ok(answer)
}

/// Where pieces go.
struct Printer<'c> {
    context: &'c mut Context,
    json: View,
    thinking: bool,
    /// A terminal shows the answer, so it must not be able to do anything there.
    for_eyes: bool,
    /// What stands in the line that is not ended.
    in_line: Option<Voice>,
}

/// Who says a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Answer,
    Thought,
}

impl Printer<'_> {
    fn print(&mut self, piece: Piece) -> Result<(), CommandError> {
        if self.context.output.is_json() {
            match piece {
                Piece::Text(text) => self.json.text.push_str(&text),
                Piece::Thinking(text) => {
                    self.json.thinking.get_or_insert_default().push_str(&text);
                }
            }
            return Ok(());
        }
        match piece {
            Piece::Text(text) => {
                self.begin(Voice::Answer, &text);
                let shown = if self.for_eyes {
                    inert_lines(&text)
                } else {
                    text.into()
                };
                self.context.output.piece(&shown)
            }
            Piece::Thinking(text) if self.thinking => {
                self.begin(Voice::Thought, &text);
                self.context.output.aside(&inert_lines(&text));
                Ok(())
            }
            Piece::Thinking(_) => Ok(()),
        }
    }

    /// Ends the line where somebody else spoke last.
    fn begin(&mut self, voice: Voice, text: &str) {
        if self.in_line.is_some_and(|last| last != voice) {
            self.end_line();
        }
        self.in_line = (!text.ends_with('\n')).then_some(voice);
    }

    fn end_line(&mut self) {
        match self.in_line.take() {
            // Nobody is left to be told that the end of the line could not be written.
            Some(Voice::Answer) => drop(self.context.output.piece("\n")),
            Some(Voice::Thought) => self.context.output.aside("\n"),
            None => {}
        }
    }

    fn finish(self, answer: Answer) -> Result<(), CommandError> {
        let outcome = &answer.outcome;
        if self.context.output.is_json() {
            return self.context.output.json(&View {
                model: outcome.model.clone(),
                finish_reason: outcome.finish_reason.clone(),
                input: outcome.input,
                output: outcome.output,
                request_id: answer.request_id,
                dropped: answer.dropped,
                ..self.json
            });
        }
        if let Some(reason) = outcome
            .finish_reason
            .as_deref()
            .filter(|why| *why != "stop")
        {
            let warning = format!("the answer ended early: {}", inert(reason));
            self.context.output.warning(&warning);
        }
        if let Some(dropped) = &answer.dropped {
            let note = format!("not carried to the provider: {}", inert(dropped));
            self.context.output.note(&note);
        }
        self.context.output.note(&summary(&answer));
        Ok(())
    }
}

/// `demo, 12 tokens in, 34 out; modelgate why 0199… tells more`
fn summary(answer: &Answer) -> String {
    let outcome = &answer.outcome;
    let model = outcome.model.as_deref().unwrap_or("the model");
    let mut text = inert(model).into_owned();
    if let (Some(input), Some(output)) = (outcome.input, outcome.output) {
        text.push_str(&format!(", {input} tokens in, {output} out"));
    }
    if let Some(id) = &answer.request_id {
        text.push_str(&format!("; `modelgate why {}` tells more", inert(id)));
    }
    text
}

/// The words, and what stdin holds.
fn question(words: &[String]) -> Result<String, CommandError> {
    let asked = words.join(" ");
    let mut input = String::new();
    if io::stdin().is_terminal() {
        if asked.trim().is_empty() {
            let error = anyhow::anyhow!("there is no question");
            return Err(CommandError::usage(error)
                .hint("modelgate ask \"Why is the sky blue?\", or pipe the question in"));
        }
        return Ok(asked);
    }
    io::stdin()
        .take(LARGEST)
        .read_to_string(&mut input)
        .map_err(|error| {
            let error = anyhow::Error::new(error).context("cannot read the question from stdin");
            CommandError::failed(error)
        })?;
    joined(&asked, &input)
}

fn joined(asked: &str, input: &str) -> Result<String, CommandError> {
    match (asked.trim().is_empty(), input.trim().is_empty()) {
        (true, true) => {
            let error = anyhow::anyhow!("there is no question");
            Err(CommandError::usage(error).hint("modelgate ask \"Why is the sky blue?\""))
        }
        (false, true) => Ok(asked.to_owned()),
        (true, false) => Ok(input.to_owned()),
        (false, false) => Ok(format!("{asked}\n\n{input}")),
    }
}

/// The error with the next command.
fn explained(error: AskError, model: &str) -> CommandError {
    let id = match &error {
        AskError::Client(_) => None,
        AskError::Refused { request_id, .. } | AskError::Cut { request_id } => request_id.clone(),
    };
    let hint = match &error {
        AskError::Refused {
            status: Some(401), ..
        } => Some("`modelgate keys` lists the client keys; say one in MODELGATE_KEY".to_owned()),
        AskError::Refused {
            status: Some(404), ..
        } => Some("`modelgate models` lists what can be asked".to_owned()),
        AskError::Refused {
            status: Some(429 | 503),
            ..
        } => Some(format!(
            "`modelgate route {}` tells who is resting",
            inert(model)
        )),
        _ => None,
    };
    let error = CommandError::from(error);
    match hint.or_else(|| id.map(|id| format!("`modelgate why {}` tells more", inert(&id)))) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdin_stands_behind_the_question_or_is_it() {
        for (asked, input, expected) in [
            ("why?", "", "why?"),
            ("", "hello\n", "hello\n"),
            ("why?", "log\n", "why?\n\nlog\n"),
        ] {
            assert_eq!(joined(asked, input).unwrap(), expected);
        }
        assert_eq!(joined(" ", "\n").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn every_refusal_has_a_next_command() {
        let refused = |status| AskError::Refused {
            status,
            message: "no".to_owned(),
            request_id: Some("r1".to_owned()),
        };
        for (error, expected) in [
            (refused(Some(401)), "modelgate keys"),
            (refused(Some(404)), "modelgate models"),
            (refused(Some(429)), "modelgate route gpt"),
            (refused(Some(400)), "modelgate why r1"),
            (refused(None), "modelgate why r1"),
        ] {
            let error = explained(error, "gpt");
            assert_eq!(error.exit_code(), 1);
            assert!(error.hints()[0].contains(expected), "{:?}", error.hints());
        }
    }
}
