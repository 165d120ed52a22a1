use super::*;

fn code(line: &str) -> u8 {
    run(&words(line))
}

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

fn pages(command: &mut clap::Command, pages: &mut Vec<(String, String)>) {
    let name = command
        .get_display_name()
        .unwrap_or(command.get_name())
        .to_owned();
    pages.push((name, command.render_long_help().to_string()));
    for child in command.get_subcommands_mut() {
        pages_of_child(child, pages);
    }
}

fn pages_of_child(child: &mut clap::Command, all: &mut Vec<(String, String)>) {
    if child.get_name() != "help" {
        pages(child, all);
    }
}

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn the_help_of_every_command() {
    let mut command = command().term_width(100);
    command.build();
    let mut all = Vec::new();
    pages(&mut command, &mut all);
    assert!(all.len() >= 10, "{}", all.len());
    for (name, help) in all {
        insta::assert_snapshot!(name, help);
    }
}

#[test]
fn summaries_have_no_full_stop_and_every_flag_is_explained() {
    fn check(command: &clap::Command) {
        let about = command.get_about().map(ToString::to_string);
        let about = about.unwrap_or_else(|| panic!("{} has no summary", command.get_name()));
        assert!(!about.ends_with('.'), "{about}");
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{} {} has no help",
                command.get_name(),
                argument.get_id()
            );
        }
        command.get_subcommands().for_each(check);
    }
    check(&command());
}

/// The words of the command in a line of a shell: from `modelgate` to whatever is not its own any more.
fn typed(line: &str) -> Vec<String> {
    let begin = line.find("modelgate ").unwrap_or_else(|| panic!("{line}"));
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for char in line[begin..].chars() {
        match (char, quote) {
            (char, Some(end)) if char == end => quote = None,
            (char, Some(_)) => word.push(char),
            ('\'' | '"', None) => quote = Some(char),
            ('|' | '<' | '>' | ')', None) => break,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (char, None) => word.push(char),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_has_examples_that_can_be_typed() {
    fn check(command: &clap::Command) {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_else(|| panic!("{} has no examples", command.get_name()));
        let examples = help.strip_prefix("Examples:\n");
        let examples = examples.unwrap_or_else(|| panic!("{}: {help}", command.get_name()));
        for line in examples.lines().take_while(|line| !line.is_empty()) {
            assert!(line.starts_with("  "), "{line}");
            let words = typed(line);
            let parsed = super::command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{words:?}: {parsed:?}");
        }
        command.get_subcommands().for_each(check);
    }
    check(&command());
}

#[test]
fn exit_codes() {
    for (line, expected) in [
        ("modelgate version --quiet", 0),
        ("modelgate --version", 0),
        ("modelgate serve --help", 0),
        // On a terminal `modelgate` alone is the dashboard, which has no end of its own.
        ("modelgate --json", 0),
        ("modelgate sreve", 2),
        ("modelgate serve --port 70000", 2),
        ("modelgate serve --log loud", 2),
        ("modelgate completions tcsh", 2),
        ("modelgate config", 2),
        ("modelgate config check --config /nonexistent/c.yaml", 2),
    ] {
        assert_eq!(code(line), expected, "{line}");
    }
}

#[test]
fn colour_is_known_before_the_arguments_are_understood() {
    for (line, expected) in [
        ("modelgate", Color::Auto),
        ("modelgate --color never --nonsense", Color::Never),
        ("modelgate --nonsense --color=always", Color::Always),
        ("modelgate --color", Color::Auto),
        ("modelgate --color purple", Color::Auto),
    ] {
        assert_eq!(color_of(&words(line)), expected, "{line}");
    }
}
