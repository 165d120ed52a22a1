use std::time::{Duration, SystemTime};

use modelgate_management::events::AccountRemoved;
use modelgate_management::requests::{Cost, CostPart, Usage};
use modelgate_management::time::timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// Any text: control characters, quotes and what some escape are in it.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec!['"', '\\', '\n', '\u{7f}', '\u{2028}', '\0', '/']);
    let character = prop_oneof![4 => any::<char>(), 4 => prop::char::range(' ', '~'), 1 => odd];
    vec(character, 0..40).prop_map(String::from_iter)
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<(bool, u64)>().prop_map(|(after, micros)| {
        // Some are beyond every calendar.
        let distance = Duration::from_micros(micros / 16);
        let epoch = SystemTime::UNIX_EPOCH;
        timestamp(if after {
            epoch + distance
        } else {
            epoch - distance
        })
    })
}

fn usage() -> impl Strategy<Value = Usage> {
    let count = || option::of(any::<u64>());
    (count(), count(), count()).prop_map(|(input, cached, output)| Usage {
        input,
        cached,
        output,
    })
}

fn cost() -> impl Strategy<Value = Cost> {
    let part = (text(), any::<u64>(), any::<u64>()).prop_map(|(what, tokens, price)| CostPart {
        what,
        tokens,
        price,
    });
    let nanodollars = option::of(any::<u64>());
    (nanodollars, text(), vec(part, 0..2)).prop_map(|(nanodollars, basis, parts)| Cost {
        nanodollars,
        basis: basis.into(),
        parts,
    })
}

prop_compose! {
    fn a_start()(
        (id, dialect, model) in (text(), text(), text()),
        time in time(),
        (client_key, client_name) in (option::of(text()), option::of(text())),
        stream: bool,
    ) -> RequestStarted {
        RequestStarted { id, time, client_key, client_name, dialect, model, stream }
    }
}

prop_compose! {
    fn a_first_byte()(
        id in text(),
        (credential, provider) in (option::of(text()), option::of(text())),
        (upstream_dialect, upstream_model) in (option::of(text()), option::of(text())),
        ms: u64,
    ) -> RequestFirstByte {
        RequestFirstByte { id, credential, provider, upstream_dialect, upstream_model, ms }
    }
}

prop_compose! {
    fn some_progress()(
        id in text(),
        (ms, chunks, bytes) in any::<(u64, u64, u64)>(),
        tokens: Option<u64>,
    ) -> RequestProgress {
        RequestProgress { id, ms, chunks, tokens, bytes }
    }
}

prop_compose! {
    fn an_end()(
        start in a_start(),
        first in a_first_byte(),
        (status, complete, attempts) in any::<(u16, bool, usize)>(),
        (first_byte_ms, total_ms) in any::<(Option<u64>, u64)>(),
        (usage, cost) in (usage(), option::of(cost())),
        error in option::of(text()),
    ) -> RequestSummary {
        RequestSummary {
            id: start.id,
            time: start.time,
            client_key: start.client_key,
            client_name: start.client_name,
            dialect: start.dialect,
            model: start.model,
            stream: start.stream,
            status,
            complete,
            credential: first.credential,
            provider: first.provider,
            upstream_dialect: first.upstream_dialect,
            upstream_model: first.upstream_model,
            attempts,
            first_byte_ms,
            total_ms,
            usage,
            cost,
            error,
        }
    }
}

fn an_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        a_start().prop_map(Event::RequestStarted),
        a_first_byte().prop_map(Event::RequestFirstByte),
        some_progress().prop_map(Event::RequestProgress),
        an_end().prop_map(Event::RequestEnded),
        text().prop_map(|id| Event::AccountRemoved(AccountRemoved { id })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bytes_are_those_of_serde(event in an_event()) {
        let mut out = Vec::new();
        write(&mut out, &event);
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&event).unwrap());
    }
}
