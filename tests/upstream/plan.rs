//! From an answer and its oddities to a script of bytes.

use crate::answer::Answer;
use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::fault::Fault;
use crate::render::{Delivery, Dress, Frame, Part, deliver, gzip};
use crate::script::Script;
use crate::{chat, claude, gemini, responses};
use bytes::Bytes;
use std::time::Duration;

/// What to do with one request.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Exactly this, whatever was asked.
    Script(Script),
    /// The vendor's error.
    Fault(Fault),
    /// A model answer.
    Reply(Box<Reply>),
}

/// A model answer and how it is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) quirk: Quirk,
    pub(crate) dress: Dress,
    pub(crate) delivery: Delivery,
    pub(crate) ending: Ending,
    pub(crate) form: Form,
}

/// A deviation in the content of the stream's frames, seen at real servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    None,
    LateUsage,
    UsageEverywhere,
    NameRepeats,
    LateId,
    WholeCall,
    Interleaved,
    EmptyToolCalls,
    MissingIndex,
    ReasoningField,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    /// The connection is closed in the middle.
    Cut,
    /// The body ends properly in the middle.
    CutClean,
    /// A vendor error after the first content.
    Error,
    /// A vendor error instead of the first frame.
    ErrorFirst,
    /// Nothing more after the first content.
    Hang,
    /// The first content over and over: far more than anybody should keep who does not get rid of it.
    Flood,
    /// Everything except the terminal frame (`[DONE]`, `message_stop`, a list's end; Responses has none).
    NoTerminal,
    /// Everything except the finish reason and what follows it.
    NoFinish,
}

/// Whether the body is what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    AsAsked,
    /// A JSON body for a stream request, or a stream for a plain request.
    Swapped,
    /// As asked, gzip-compressed.
    Gzip,
}

impl Reply {
    pub(crate) fn new(answer: Answer) -> Self {
        Self {
            answer,
            quirk: Quirk::None,
            dress: Dress::Plain,
            delivery: Delivery::Frames,
            ending: Ending::Complete,
            form: Form::AsAsked,
        }
    }

    fn to_script(&self, dialect: Dialect, facts: &Facts) -> Script {
        let stream = facts.stream != (self.form == Form::Swapped);
        if stream {
            self.to_stream(dialect, facts)
        } else {
            self.to_whole(dialect, facts)
        }
    }

    fn to_stream(&self, dialect: Dialect, facts: &Facts) -> Script {
        let frames = match dialect {
            Dialect::Chat => chat::stream(&self.answer, facts, self.quirk),
            Dialect::Claude => claude::stream(&self.answer, facts, self.quirk),
            Dialect::Gemini => gemini::stream(&self.answer, facts, self.quirk),
            Dialect::Responses => responses::stream(&self.answer, facts, self.quirk),
        };
        let frames: Vec<String> = self
            .cut(frames, dialect, facts)
            .iter()
            .map(|frame| match facts.list {
                // A list has nothing that could be dressed.
                true => frame.clone(),
                false => self.dress.dress(frame),
            })
            .collect();
        let head = if facts.list {
            Script::new(200).header("content-type", "application/json; charset=UTF-8")
        } else {
            Script::sse(std::iter::empty::<Bytes>())
        };
        if self.form == Form::Gzip {
            let body = gzip(frames.concat().as_bytes());
            return head.header("content-encoding", "gzip").chunk(body);
        }
        let script = deliver(self.delivery, &frames)
            .into_iter()
            .fold(head, Script::step);
        self.end(script)
    }

    fn to_whole(&self, dialect: Dialect, facts: &Facts) -> Script {
        let body = match dialect {
            Dialect::Chat => chat::whole(&self.answer, facts),
            Dialect::Claude => claude::whole(&self.answer, facts),
            Dialect::Gemini => gemini::whole(&self.answer, facts),
            Dialect::Responses => responses::whole(&self.answer, facts),
        };
        let text = body.to_string();
        let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
        let length = text.len().to_string();
        let head = Script::new(200).header("content-type", "application/json");
        match self.ending {
            Ending::Error | Ending::ErrorFirst => overloaded(dialect).to_script(dialect),
            Ending::CutClean => head.chunk(half),
            Ending::Cut | Ending::Hang => {
                self.end(head.header("content-length", &length).chunk(half))
            }
            Ending::Complete | Ending::NoTerminal | Ending::NoFinish | Ending::Flood
                if self.form == Form::Gzip =>
            {
                Script::whole(200, "application/json", gzip(text.as_bytes()))
                    .header("content-encoding", "gzip")
            }
            Ending::Complete | Ending::NoTerminal | Ending::NoFinish | Ending::Flood => {
                match self.delivery {
                    Delivery::Slow(wait) | Delivery::Late(wait) => {
                        Script::json(200, &body).wait_before_head(wait)
                    }
                    delivery => deliver(delivery, &[text])
                        .into_iter()
                        .fold(head.header("content-length", &length), Script::step),
                }
            }
        }
    }

    /// Keeps the frames this ending lets through.
    fn cut(&self, frames: Vec<Frame>, dialect: Dialect, facts: &Facts) -> Vec<String> {
        const CONTENT_BEFORE_CUT: usize = 2;
        let error = |first: bool| {
            let fault = overloaded(dialect);
            match (facts.list, first) {
                (false, _) => fault.to_frame(dialect),
                (true, true) => format!("[{}\n]", fault.to_body(dialect)),
                (true, false) => format!(",\r\n{}\n]", fault.to_body(dialect)),
            }
        };
        let mut content = 0;
        let begun = |frame: &Frame| match frame.part {
            Part::Opening => true,
            Part::Content => {
                content += 1;
                content <= CONTENT_BEFORE_CUT
            }
            Part::Finish | Part::Terminal => false,
        };
        match self.ending {
            Ending::Complete => frames.into_iter().map(|frame| frame.text).collect(),
            Ending::NoTerminal => frames
                .into_iter()
                .filter(|frame| frame.part != Part::Terminal)
                .map(|frame| frame.text)
                .collect(),
            Ending::NoFinish => frames
                .into_iter()
                .filter(|frame| matches!(frame.part, Part::Opening | Part::Content))
                .map(|frame| frame.text)
                .collect(),
            Ending::ErrorFirst => vec![error(true)],
            Ending::Error => {
                let begun = frames.into_iter().take_while(begun);
                let mut kept: Vec<String> = begun.map(|frame| frame.text).collect();
                kept.push(match dialect {
                    Dialect::Responses => {
                        responses::failed(facts, &overloaded(dialect), kept.len()).text
                    }
                    _ => error(false),
                });
                kept
            }
            Ending::Cut | Ending::CutClean | Ending::Hang | Ending::Flood => frames
                .into_iter()
                .take_while(begun)
                .map(|frame| frame.text)
                .collect(),
        }
    }

    fn end(&self, script: Script) -> Script {
        match self.ending {
            Ending::Cut => script.abort(),
            Ending::Hang => script.hang(),
            Ending::Flood => script.flood(),
            _ => script,
        }
    }
}

impl Plan {
    pub(crate) fn to_script(&self, dialect: Dialect, facts: &Facts) -> Script {
        match self {
            Self::Script(script) => script.clone(),
            Self::Fault(fault) if facts.list => fault.to_list(),
            Self::Fault(fault) => fault.to_script(dialect),
            Self::Reply(reply) => reply.to_script(dialect, facts),
        }
    }
}

/// The error inside streams.
pub(crate) fn overloaded(dialect: Dialect) -> Fault {
    match dialect {
        Dialect::Chat | Dialect::Responses => {
            Fault::new(503, "The server is overloaded or not ready yet.")
        }
        Dialect::Claude => Fault::new(529, "Overloaded"),
        Dialect::Gemini => Fault::new(503, "The model is overloaded. Please try again later."),
    }
}

/// The pause of `up-slow` between two writes.
pub(crate) const SLOW: Duration = Duration::from_millis(50);

/// Each of the two silences of `up-late`: long enough for a gateway that is told to keep lines open every second.
pub(crate) const LATE: Duration = Duration::from_millis(1300);
