//! Random streams, as disorderly as upstreams are: interleaved items, missing ends, repeated ends, text behind the stop,
//! no beginning.

use modelgate_dialects::Str;
use modelgate_dialects::ir::{
    Delta, Error, ErrorKind, Event, Extensions, ItemKind, ItemStart, Opaque, Part, Stop, Text,
};
use proptest::prelude::*;
use proptest::sample::Index;

use super::response::{stop, usage};
use super::{name, object, text};

/// A stream, and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) events: Vec<Event>,
    /// Item by item, in the order of their numbers.
    pub(crate) items: Vec<Item>,
    pub(crate) failed: bool,
}

/// What one item says.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) choice: u32,
    pub(crate) kind: ItemKind,
    /// All of its deltas.
    pub(crate) said: String,
    chunks: Vec<String>,
    ending: u8,
}

/// Streams of up to `choices` choices.
pub(crate) fn sample(choices: u32) -> impl Strategy<Value = Sample> {
    let items = prop::collection::vec(item(choices), 0..6);
    let order = prop::collection::vec(any::<Index>(), 64);
    let noise = prop::collection::vec((any::<Index>(), noise(choices)), 0..5);
    (any::<bool>(), items, order, noise, any::<bool>()).prop_map(
        |(begins, items, order, noise, failed)| {
            let mut events = interleaved(&items, &order);
            for (at, event) in noise {
                events.insert(at.index(events.len() + 1), event);
            }
            if begins {
                events.insert(0, start());
            }
            events.push(if failed {
                Event::Error(Error::new(ErrorKind::Overloaded, "too busy"))
            } else {
                Event::End
            });
            // Whatever comes behind the end must not be written.
            events.extend([
                Event::Ping,
                Event::End,
                delta(0, Delta::Text(Str::from_static("late"))),
            ]);
            Sample {
                events,
                items,
                failed,
            }
        },
    )
}

fn start() -> Event {
    Event::Start {
        id: Str::from_static("up"),
        model: Str::from_static("up"),
        created: None,
        usage: None,
        extensions: Extensions::default(),
    }
}

fn delta(item: u32, delta: Delta) -> Event {
    Event::Delta { item, delta }
}

fn item(choices: u32) -> impl Strategy<Value = Item> {
    let ids = prop_oneof![4 => "[a-z]{4,8}", 1 => "[a-z.: ]{1,70}"];
    let call = (
        ids,
        name(),
        object(),
        prop::collection::vec(any::<Index>(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(id, name, arguments, cuts, silent)| {
            let kind = ItemKind::ToolCall {
                id: Str::from(id),
                name: Str::from(name),
                custom: false,
                opaque: None,
            };
            (
                kind,
                if silent {
                    Vec::new()
                } else {
                    pieces(&arguments, &cuts)
                },
            )
        });
    let texts = prop::collection::vec(text(), 0..5);
    let spoken = prop_oneof![
        3 => Just(ItemKind::Text),
        2 => Just(ItemKind::Reasoning { redacted: false }),
        1 => Just(ItemKind::Refusal),
    ];
    let kind = prop_oneof![(spoken, texts), call];
    (kind, 0..choices, 0..4u8).prop_map(|((kind, chunks), choice, ending)| Item {
        choice,
        kind,
        said: chunks.concat(),
        chunks,
        ending,
    })
}

fn pieces(text: &str, cuts: &[Index]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut at: Vec<usize> = cuts
        .iter()
        .map(|cut| cut.index(characters.len() + 1))
        .collect();
    at.extend([0, characters.len()]);
    at.sort_unstable();
    at.windows(2)
        .map(|cut| characters[cut[0]..cut[1]].iter().collect())
        .collect()
}

impl Item {
    fn events(&self, item: u32) -> Vec<Event> {
        let spoken = |text: &String| {
            let text = Str::from(text.as_str());
            match self.kind {
                ItemKind::Reasoning { .. } => Delta::Reasoning(text),
                ItemKind::ToolCall { .. } => Delta::Arguments(text),
                _ => Delta::Text(text),
            }
        };
        let mut events = vec![Event::ItemStart(ItemStart {
            item,
            choice: self.choice,
            kind: self.kind.clone(),
        })];
        events.extend(self.chunks.iter().map(|text| delta(item, spoken(text))));
        if let ItemKind::Reasoning { .. } = self.kind {
            let opaque = Opaque {
                data: Str::from_static("sig"),
                provider: Str::from_static("claude"),
            };
            events.push(delta(item, Delta::Opaque(opaque)));
        }
        let end = |full| Event::ItemEnd { item, full };
        match self.ending {
            0 => {}
            1 => events.extend([end(None), end(None)]),
            2 if self.kind == ItemKind::Text => {
                let whole = Part::Text(Text::new(Str::from(self.said.as_str())));
                events.push(end(Some(Box::new(whole))));
            }
            _ => events.push(end(None)),
        }
        events
    }
}

/// The events of all items; within an item their order is kept, and items begin in the order of their numbers.
fn interleaved(items: &[Item], order: &[Index]) -> Vec<Event> {
    let mut queues: Vec<Vec<Event>> = items
        .iter()
        .zip(0..)
        .map(|(item, number)| item.events(number).into_iter().rev().collect())
        .collect();
    let mut events = Vec::new();
    let mut begun = 0;
    for pick in order.iter().cycle() {
        let ready: Vec<usize> = (0..queues.len().min(begun + 1))
            .filter(|queue| !queues[*queue].is_empty())
            .collect();
        if ready.is_empty() {
            break;
        }
        let queue = ready[pick.index(ready.len())];
        begun = begun.max(queue + 1);
        events.extend(queues[queue].pop());
    }
    events
}

fn noise(choices: u32) -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Ping),
        usage().prop_map(Event::Usage),
        (0..choices, stop()).prop_map(|(choice, stop)| Event::Stop {
            choice,
            stop: Stop {
                details: None,
                ..stop
            }
        }),
        Just(start()),
    ]
}
