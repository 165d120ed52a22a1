//! What it costs to choose a credential, with one and with ten thousand of them; and to build their catalogue.
//!
//! `cargo bench -p modelgate-providers`

use divan::{Bencher, black_box};
use modelgate_config::model::Strategy;
use modelgate_config::{Config, Environment, parse};
use modelgate_providers::lists::ModelLists;
use modelgate_providers::{Catalog, Choosing, Healths, Member, Moment};

const COUNTS: [usize; 3] = [1, 100, 10_000];

fn main() {
    divan::main();
}

/// A provider with so many keys.
fn config(keys: usize) -> Config {
    let entries: String = (0..keys)
        .map(|number| format!("      - api-key: sk-{number:08}-0123456789abcdef0123456789abcdef\n"))
        .collect();
    let text = format!(
        "openai-compatibility:\n  - name: many\n    base-url: https://host/v1\n    models: [{{name: m}}]\n    api-key-entries:\n{entries}"
    );
    let path = std::path::Path::new("bench.yaml");
    parse(&text, path, &Environment::default())
        .expect("the file is right")
        .config
}

fn choose(bencher: Bencher<'_, '_>, keys: usize, strategy: Strategy) {
    let catalog = Catalog::build(
        &config(keys),
        &[],
        None,
        &Healths::default(),
        &ModelLists::default(),
    );
    bencher.bench_local(|| {
        let route = catalog.route(black_box("m")).expect("it is served");
        let fits: &dyn Fn(Member<'_>) -> bool = &|_| true;
        route.choose(&Choosing {
            strategy,
            bound: None,
            tried: &[],
            fits,
            dry: false,
            now: Moment::now(),
        })
    });
}

#[divan::bench(args = COUNTS)]
fn round_robin(bencher: Bencher<'_, '_>, keys: usize) {
    choose(bencher, keys, Strategy::RoundRobin);
}

#[divan::bench(args = COUNTS)]
fn weighted_round_robin(bencher: Bencher<'_, '_>, keys: usize) {
    choose(bencher, keys, Strategy::WeightedRoundRobin);
}

#[divan::bench(args = COUNTS)]
fn fill_first(bencher: Bencher<'_, '_>, keys: usize) {
    choose(bencher, keys, Strategy::FillFirst);
}

#[divan::bench(args = COUNTS)]
fn catalogue(bencher: Bencher<'_, '_>, keys: usize) {
    let config = config(keys);
    bencher.bench_local(|| {
        Catalog::build(
            black_box(&config),
            &[],
            None,
            &Healths::default(),
            &ModelLists::default(),
        )
    });
}
