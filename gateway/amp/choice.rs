//! Who answers what one of Amp's clients asks of a model.

use modelgate_config::model::{Ampcode, ModelMapping};
use modelgate_dialects::Str;
use url::Url;

use crate::suffix::Suffix;

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice<'c> {
    /// A provider of ours, or nobody.
    Here,
    /// A provider of ours, with this model.
    Instead(Str),
    /// Amp's own server, at this address.
    There(&'c Url),
}

/// How well a name is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Nobody serves it.
    Not,
    /// No list has it, but there is a server that takes any name.
    Perhaps,
    /// A list has it.
    Listed,
}

/// Who is known here.
pub(super) trait Menu {
    fn knows(&self, model: &str) -> Known;
    /// Whether the caller may use it.
    fn allows(&self, model: &str) -> bool;
}

/// Who answers: a provider of ours that lists the model, else one with a model that stands in for it, else one that may know
/// it, else Amp's own server. With `force-model-mappings`, what stands in comes first.
pub(super) fn choose<'c>(ampcode: &'c Ampcode, model: &str, menu: &impl Menu) -> Choice<'c> {
    let known = known(menu, model);
    if known == Known::Listed && !ampcode.mappings_first {
        return Choice::Here;
    }
    if let Some(instead) = instead(&ampcode.mappings, model, menu) {
        return Choice::Instead(instead);
    }
    let may_go = known == Known::Not && (menu.allows(bare(model)) || menu.allows(model));
    let upstream = ampcode.upstream.as_ref().filter(|_| may_go);
    upstream.map_or(Choice::Here, Choice::There)
}

/// The first model that stands in for another and is known here. How much to think is what it says; else what the client
/// says.
fn instead(mappings: &[ModelMapping], model: &str, menu: &impl Menu) -> Option<Str> {
    let name = bare(model);
    let serves = |mapping: &&ModelMapping| {
        let (to, target) = (&*mapping.to, bare(&mapping.to));
        known(menu, to) > Known::Not && (menu.allows(target) || menu.allows(to))
    };
    let mut fitting = mappings.iter().filter(|mapping| mapping.from.is(name));
    let target = &fitting.find(serves)?.to;
    let own = Suffix::split(target).is_some();
    let wish = if own { "" } else { &model[name.len()..] };
    Some(Str::from(format!("{target}{wish}")))
}

fn known(menu: &impl Menu, model: &str) -> Known {
    menu.knows(model).max(menu.knows(bare(model)))
}

/// The name without how much to think.
fn bare(model: &str) -> &str {
    Suffix::split(model).map_or(model, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use modelgate_config::{Environment, parse};

    use super::*;

    /// What is on a list, what a server may know, and what the caller may not use.
    struct Here {
        listed: &'static [&'static str],
        perhaps: &'static str,
        barred: &'static str,
    }

    impl Menu for Here {
        fn knows(&self, model: &str) -> Known {
            if self.listed.contains(&model) {
                Known::Listed
            } else if !self.perhaps.is_empty() && model.starts_with(self.perhaps) {
                Known::Perhaps
            } else {
                Known::Not
            }
        }

        fn allows(&self, model: &str) -> bool {
            self.barred.is_empty() || !model.starts_with(self.barred)
        }
    }

    const HERE: Here = Here {
        listed: &["gpt-5", "haiku", "odd(high)"],
        perhaps: "",
        barred: "",
    };
    const UPSTREAM: &str = "upstream-url: https://ampcode.com";
    const MAPPINGS: &str = "model-mappings: [{from: 'claude-opus.*', to: gpt-5, regex: true}, {from: Claude-Opus-4, to: gone}, \
                            {from: claude-opus-4-5, to: haiku(low)}, {from: haiku, to: gpt-5}, {from: lost, to: gone}]";

    #[track_caller]
    fn check(block: &[&str], here: &Here, rows: &[(&str, &str)]) {
        let text = format!("ampcode: {{{}}}", block.join(", "));
        let path = std::path::Path::new("c.yaml");
        let ampcode = parse(&text, path, &Environment::default())
            .unwrap()
            .config
            .ampcode;
        for (model, expected) in rows {
            let chosen = match choose(&ampcode, model, here) {
                Choice::Here => "here".to_owned(),
                Choice::There(_) => "there".to_owned(),
                Choice::Instead(model) => model.to_string(),
            };
            assert_eq!(chosen, *expected, "{model} {text}");
        }
    }

    #[test]
    fn a_model_of_ours_comes_before_what_stands_in_for_it() {
        check(
            &[UPSTREAM, MAPPINGS],
            &HERE,
            &[
                ("gpt-5", "here"),
                ("gpt-5(high)", "here"),
                ("odd(high)", "here"),
                ("haiku", "here"),
                // Its exact mapping leads nowhere, so that the expression counts.
                ("claude-opus-4", "gpt-5"),
                ("CLAUDE-opus-4-1", "gpt-5"),
                ("my-claude-opus", "gpt-5"),
                ("claude-opus-4-5", "haiku(low)"),
                ("lost", "there"),
                ("unheard-of", "there"),
                ("unheard-of(high)", "there"),
            ],
        );
    }

    #[test]
    fn mappings_can_be_forced() {
        check(
            &[UPSTREAM, MAPPINGS, "force-model-mappings: true"],
            &HERE,
            &[
                ("haiku", "gpt-5"),
                ("gpt-5", "here"),
                ("claude-opus-4", "gpt-5"),
                ("lost", "there"),
            ],
        );
    }

    #[test]
    fn the_word_of_the_mapping_on_thinking_is_the_last() {
        check(
            &[MAPPINGS],
            &HERE,
            &[
                ("claude-opus-4(high)", "gpt-5(high)"),
                ("claude-opus-9( 512 )", "gpt-5( 512 )"),
                ("claude-opus-4-5(high)", "haiku(low)"),
                ("claude-opus-4-5", "haiku(low)"),
            ],
        );
    }

    #[test]
    fn without_amps_server_nothing_leaves() {
        check(
            &[MAPPINGS],
            &HERE,
            &[("lost", "here"), ("unheard-of", "here")],
        );
        check(&[], &HERE, &[("claude-opus-4", "here")]);
    }

    #[test]
    fn a_guess_yields_to_a_mapping_but_not_to_amps_server() {
        let guessing = Here {
            perhaps: "claude",
            ..HERE
        };
        check(
            &[UPSTREAM, MAPPINGS],
            &guessing,
            &[("claude-opus-4", "gpt-5"), ("claude-sonnet", "here")],
        );
    }

    #[test]
    fn what_a_key_may_not_use_it_gets_neither_instead_nor_from_there() {
        let barred = Here {
            barred: "gpt",
            ..HERE
        };
        check(
            &[UPSTREAM, MAPPINGS],
            &barred,
            &[
                ("claude-opus-4", "there"),
                ("gpt-9", "here"),
                ("gpt-9(high)", "here"),
            ],
        );
    }
}
