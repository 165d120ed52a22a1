//! From the request to an upstream's body.

mod fields;

use super::marks;
use super::messages::{self, Arranged, Message, Speaker};
use super::thinking::{self, Obstacle, Plan};
use super::tools::Tools;
use crate::Dialect;
use crate::claude::wire::{write_cache_mark, write_rest};
use crate::error::EncodeError;
use crate::ir::{CacheMark, Part, Request, Setting, SystemBlock, Text};
use crate::json::{Str, Writer};
use crate::losses::Losses;
use crate::names::Names;
use crate::target::{Asked, Encoded, Target};

use fields::Fields;

/// Writes a request.
pub fn encode(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let draft = Draft::of(request, target)?;
    Ok(draft.finish(|draft, writer| {
        writer.field("model", &target.model);
        writer.field("max_tokens", &draft.plan.max_tokens);
        if request.stream {
            writer.field("stream", &true);
        }
        draft.write_prompt(writer);
        draft.fields.write(writer, &draft.plan, request);
        write_cache_mark(writer, draft.top_mark.as_ref());
    }))
}

/// Writes the body of `count_tokens`, which takes the prompt and nothing else.
pub fn encode_count(request: &Request, target: &Target) -> Result<Encoded, EncodeError> {
    let draft = Draft::of(request, target)?;
    Ok(draft.finish(|draft, writer| {
        writer.field("model", &target.model);
        draft.write_prompt(writer);
    }))
}

/// A body before it is written.
struct Draft<'r> {
    request: &'r Request,
    system: Vec<System<'r>>,
    messages: Vec<Message<'r>>,
    tools: Tools<'r>,
    plan: Plan,
    fields: Fields<'r>,
    top_mark: Option<CacheMark>,
    losses: Losses,
    names: Names,
}

/// A block of the system prompt.
struct System<'r> {
    text: Str,
    cache: Option<CacheMark>,
    /// The client's block, for its extensions.
    block: Option<&'r SystemBlock>,
}

impl<'r> Draft<'r> {
    fn of(request: &'r Request, target: &Target) -> Result<Self, EncodeError> {
        let mut losses = Losses::default();
        let mut names = Names::default();
        fields::refuse(request)?;
        let mut tools = Tools::of(request, target, &mut names, &mut losses)?;
        let Arranged {
            mut messages,
            leading,
        } = messages::arrange(request, target, &mut names, &mut losses)?;
        let profile = &target.model_profile;
        let obstacle = if tools.forced() {
            Some(Obstacle::ForcedTool)
        } else {
            lost_thinking(&messages).then_some(Obstacle::LostThinking)
        };
        let plan = thinking::plan(request, profile, obstacle, &mut losses);
        if request.dialect == Dialect::Responses {
            let path = || request.setting_path(Setting::Thinking).to_owned();
            messages::report_foreign(&mut losses, &request.reasoning.extensions, path);
        }
        end(&mut messages, request, target, &plan, &mut losses);
        let mut system = system(request, &mut losses);
        system.extend(leading.iter().flat_map(|turn| turn_texts(turn)));
        let fields = Fields::of(request, profile, &plan, &mut losses);
        system.extend(fields.instruction.clone().map(System::own));
        let top_mark = request.caching.mark.as_ref().map(marks::fit);
        let prefix = tools
            .marks()
            .chain(system.iter_mut().map(|block| &mut block.cache));
        marks::limit(
            prefix,
            &mut messages,
            usize::from(top_mark.is_some()),
            &mut losses,
        );
        Ok(Self {
            request,
            system,
            messages,
            tools,
            plan,
            fields,
            top_mark,
            losses,
            names,
        })
    }

    fn finish(self, fill: impl FnOnce(&Self, &mut Writer<'_>)) -> Encoded {
        let mut body = self.request.draft();
        Writer::of_body(&mut body).object(|writer| fill(&self, writer));
        Encoded {
            body: body.finish(),
            losses: self.losses,
            names: self.names,
            asked: Asked::default(),
        }
    }

    fn write_prompt(&self, writer: &mut Writer<'_>) {
        self.write_system(writer);
        self.tools.write(writer);
        writer.array_field("messages", |writer| {
            for message in &self.messages {
                messages::write(writer, message, self.request.dialect);
            }
        });
        self.plan.write(writer, self.request);
    }

    fn write_system(&self, writer: &mut Writer<'_>) {
        match &self.system[..] {
            [] => {}
            [one] if one.is_plain() => writer.field("system", &one.text),
            blocks => writer.array_field("system", |writer| {
                for block in blocks {
                    writer.object(|writer| {
                        writer.field("type", "text");
                        writer.field("text", &block.text);
                        if let Some(block) = block.block {
                            write_rest(writer, &block.extensions);
                        }
                        write_cache_mark(writer, block.cache.as_ref());
                    });
                }
            }),
        }
    }
}

impl System<'_> {
    fn own(text: Str) -> Self {
        Self {
            text,
            cache: None,
            block: None,
        }
    }

    /// It was a bare string, or is one of ours, and a bare string says all of it.
    fn is_plain(&self) -> bool {
        let said = |block: &SystemBlock| {
            block.bare && block.extensions.of(Dialect::Claude).next().is_none()
        };
        self.cache.is_none() && self.block.is_none_or(said)
    }
}

fn system<'r>(request: &'r Request, losses: &mut Losses) -> Vec<System<'r>> {
    let mut blocks: Vec<System<'r>> = Vec::with_capacity(request.system.len() + 1);
    for (index, message, part, block) in request.system_blocks() {
        let path = request.system_path(index, message);
        if block.name.is_some() {
            losses.dropped(format!("{path}.name"), "Claude's messages have no name");
        }
        let path = || request.system_block_path(index, message, part);
        messages::report_foreign(losses, &block.extensions, path);
        let cache = block.cache.as_ref().map(marks::fit);
        if block.text.is_blank() {
            // Claude refuses texts without a word; the boundary they mark moves to the text before.
            if let Some(last) = blocks.last_mut() {
                last.cache = last.cache.take().or(cache);
            }
            continue;
        }
        blocks.push(System {
            text: block.text.clone(),
            cache,
            block: Some(block),
        });
    }
    blocks
}

/// The texts of a system turn that came before anybody spoke.
fn turn_texts<'r>(turn: &'r crate::ir::Turn) -> impl Iterator<Item = System<'r>> {
    let texts = turn.parts.iter().filter_map(|part| match part {
        Part::Text(text) if !text.text.is_blank() => Some(text),
        _ => None,
    });
    let count = texts.clone().count();
    texts.enumerate().map(move |(index, text): (usize, &Text)| {
        let of_turn = turn.cache.as_ref().filter(|_| index + 1 == count);
        System {
            text: text.text.clone(),
            cache: text.cache.as_ref().or(of_turn).map(marks::fit),
            block: None,
        }
    })
}

/// The tool loop that goes on has lost the thinking its last assistant message began with (trap 12).
fn lost_thinking(messages: &[Message<'_>]) -> bool {
    let mut spoken = messages
        .iter()
        .rev()
        .filter(|message| message.speaker != Speaker::System);
    let Some(results) = spoken.next().filter(|last| !last.results.is_empty()) else {
        return false;
    };
    debug_assert!(results.speaker == Speaker::User);
    let first = spoken.next().and_then(|calls| calls.blocks.first());
    !first.is_some_and(|block| matches!(block.content, messages::Content::Thinking(_)))
}

/// What may stand at the end: a user, a system prompt, or an assistant to be continued where the model does that.
/// Thinking models continue nobody; answers paused by Anthropic's servers are always continued.
fn end(
    messages: &mut Vec<Message<'_>>,
    request: &Request,
    target: &Target,
    plan: &Plan,
    losses: &mut Losses,
) {
    let Some(last) = messages.last_mut() else {
        return;
    };
    if last.speaker != Speaker::Assistant {
        return;
    }
    let Some(block) = last.blocks.last_mut() else {
        return;
    };
    let path = request.turn_path(block.origin.turn);
    match &mut block.content {
        messages::Content::Raw(_) => {}
        _ if !target.model_profile.prefill || plan.thinks() => {
            let why =
                "the model does not continue assistant messages: a user's `(continue)` was added";
            losses.changed(path, why);
            messages.push(Message::of_text(Speaker::User, "(continue)"));
        }
        messages::Content::Text { text, .. } if text.trim_end().len() < text.len() => {
            *text = text.slice_ref(text.trim_end());
            losses.changed(
                path,
                "Claude refuses white space at the end of a text to be continued",
            );
        }
        _ => {}
    }
}
