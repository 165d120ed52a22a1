use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::logs::names::Series;

/// A directory of logs whose lines are numbered, one in each second.
struct Scene {
    home: TempDir,
    next: usize,
}

fn line(number: usize, level: &str) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!(
        "[2026-03-04T05:{minute:02}:{second:02}.000Z] [id{number}] [{level:<5}] [t] line {number}"
    )
}

/// The second of a line.
fn second(number: usize) -> i64 {
    LogLine::time_of(&line(number, "info")).unwrap().as_second()
}

impl Scene {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            next: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Appends so many lines.
    fn write(&mut self, count: usize) {
        let lines: String = (self.next..self.next + count)
            .map(|number| line(number, "info") + "\n")
            .collect();
        self.next += count;
        self.append(&lines);
    }

    fn append(&self, text: &str) {
        let path = self.path(Series::Lines.current());
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).unwrap();
    }

    fn rotate(&self, number: usize) {
        let name = format!("main-2026-03-04T05-06-07.{number:03}.log");
        fs::rename(self.path(Series::Lines.current()), self.path(&name)).unwrap();
    }

    fn read(&self, wanted: &Wanted) -> LogLines {
        read(self.home.path(), wanted).unwrap()
    }

    fn behind(&self, cursor: &LogLines) -> LogLines {
        self.read(&Wanted {
            cursor: cursor.next_cursor.clone(),
            ..Wanted::default()
        })
    }
}

fn last(limit: usize) -> Wanted {
    Wanted {
        limit: Some(limit),
        ..Wanted::default()
    }
}

/// The numbers of the lines.
fn numbers(lines: &LogLines) -> Vec<usize> {
    let number = |line: &String| line.rsplit(' ').next().unwrap().parse().unwrap();
    lines.lines.iter().map(number).collect()
}

#[test]
fn the_last_lines_may_be_in_several_files() {
    let mut scene = Scene::new();
    for file in 0..3 {
        scene.write(10);
        scene.rotate(file);
    }
    scene.write(2);
    for (limit, first) in [
        (1, 31),
        (2, 30),
        (3, 29),
        (12, 20),
        (13, 19),
        (32, 0),
        (99, 0),
    ] {
        let lines = scene.read(&last(limit));
        assert_eq!(numbers(&lines), Vec::from_iter(first..32), "{limit}");
        assert_eq!(lines.line_count, lines.lines.len() as u64);
        assert_eq!(lines.latest_timestamp, second(31));
    }
}

#[test]
fn a_line_that_is_being_written_is_left_for_later() {
    let mut scene = Scene::new();
    scene.write(2);
    scene.append("[2026-03-04T05:00:02.000Z] [id2] [info ] [t] lin");
    let first = scene.read(&last(9));
    assert_eq!(numbers(&first), [0, 1]);
    scene.append("e 2\n");
    assert_eq!(numbers(&scene.behind(&first)), [2]);
}

#[test]
fn only_later_lines_are_told_and_all_are_counted() {
    let mut scene = Scene::new();
    scene.write(5);
    scene.append("  at a place without a time 5\n");
    scene.next = 6;
    scene.write(2);
    let after = |after, limit| {
        scene.read(&Wanted {
            after: Some(after),
            limit,
            ..Wanted::default()
        })
    };
    let lines = after(second(3), None);
    assert_eq!((numbers(&lines), lines.line_count), (vec![4, 5, 6, 7], 8));
    assert_eq!(
        numbers(&after(second(4), None)),
        [6, 7],
        "it goes with the line before"
    );
    assert_eq!(numbers(&after(second(0), Some(2))), [6, 7]);
    let none = after(second(50), None);
    assert_eq!((none.lines.len(), none.latest_timestamp), (0, second(50)));
}

#[test]
fn a_cursor_goes_on_over_rotation() {
    let mut scene = Scene::new();
    scene.write(3);
    let first = scene.read(&last(1));
    scene.write(2);
    scene.rotate(1);
    scene.write(2);
    scene.rotate(2);
    scene.write(1);
    let rest = scene.behind(&first);
    assert_eq!(numbers(&rest), [3, 4, 5, 6, 7]);
    assert!(!rest.cursor_reset);
    let nothing = scene.behind(&rest);
    assert_eq!(
        (nothing.lines.len(), nothing.latest_timestamp),
        (0, second(7))
    );
    // Everything was read when it was put aside, and nothing is written yet.
    scene.rotate(3);
    let nothing = scene.behind(&nothing);
    scene.write(1);
    assert_eq!(numbers(&scene.behind(&nothing)), [8]);
    assert_eq!(numbers(&scene.behind(&rest)), [8]);
}

#[test]
fn a_cursor_of_nothing_begins_with_the_first_line() {
    let mut scene = Scene::new();
    let nothing = scene.read(&last(5));
    assert_eq!(nothing.lines.len(), 0);
    scene.write(2);
    scene.rotate(1);
    scene.write(1);
    let all = scene.behind(&nothing);
    assert_eq!((numbers(&all), all.cursor_reset), (vec![0, 1, 2], false));
}

#[test]
fn a_cursor_that_leads_nowhere_is_told_and_the_last_lines_are() {
    let mut scene = Scene::new();
    scene.write(4);
    let first = scene.read(&last(1));
    fs::write(scene.path(Series::Lines.current()), "").unwrap();
    scene.write(6);
    let reset = scene.read(&Wanted {
        cursor: first.next_cursor,
        ..last(2)
    });
    assert_eq!((numbers(&reset), reset.cursor_reset), (vec![8, 9], true));
    for foreign in [
        "",
        "x",
        "1.2.3",
        "1.9.0.",
        "eyJ2IjoxfQ",
        "2.0.0.0",
        "1.-1.0.zz",
        "\u{0}",
    ] {
        let reset = scene.read(&Wanted {
            cursor: Some(foreign.to_owned()),
            ..last(1)
        });
        assert_eq!(
            (numbers(&reset), reset.cursor_reset),
            (vec![9], true),
            "{foreign}"
        );
    }
}

#[test]
fn what_is_behind_a_cursor_comes_in_pieces_and_none_is_missed() {
    let mut scene = Scene::new();
    scene.write(1);
    let mut place = scene.read(&last(1));
    let long = format!("{} {}\n", "x".repeat(1_000), 7).repeat(3_000);
    scene.append(&long);
    scene.rotate(1);
    scene.write(1);
    let mut pieces = Vec::new();
    loop {
        place = scene.behind(&place);
        if place.lines.is_empty() {
            break;
        }
        pieces.push(place.lines.len());
    }
    assert_eq!(pieces.iter().sum::<usize>(), 3_001);
    assert!(pieces.len() > 2, "{pieces:?}");
}

#[test]
fn memory_is_bounded_whatever_is_in_the_files() {
    let mut scene = Scene::new();
    scene.write(1);
    scene.append(&"y".repeat(3 << 20));
    scene.append("\n");
    scene.append(&format!("{} 7\n", "x".repeat(60_000)).repeat(300));
    let all = scene.read(&Wanted::default());
    assert_eq!(all.line_count, 302);
    let bytes: usize = all.lines.iter().map(String::len).sum();
    assert!(bytes <= MOST && bytes > MOST - 100_000, "{bytes}");
    let many = scene.read(&last(1_000));
    let bytes: usize = many.lines.iter().map(String::len).sum();
    assert!(bytes <= MOST && bytes > MOST - 200_000, "{bytes}");
    // A line that is too long is cut, and those behind it are whole.
    scene.write(1);
    assert_eq!(numbers(&scene.read(&last(1))), [1]);
    let lines = scene.read(&Wanted {
        limit: Some(1),
        filter: Filter {
            text: Some("yy".to_owned()),
            ..Filter::default()
        },
        ..Wanted::default()
    });
    assert_eq!(lines.lines[0].len(), 64 << 10);
}

#[test]
fn levels_requests_and_texts_choose_lines() {
    let scene = Scene::new();
    for (number, level) in ["error", "warn", "info", "debug", "trace"]
        .iter()
        .enumerate()
    {
        scene.append(&(line(number, level) + "\n"));
    }
    scene.append("a line of somebody else 5\n");
    let chosen = |level: Option<LogLevel>, text: Option<&str>, request: Option<&str>| {
        numbers(&scene.read(&Wanted {
            filter: Filter {
                level,
                text: text.map(str::to_owned),
                request: request.map(str::to_owned),
            },
            limit: Some(2),
            ..Wanted::default()
        }))
    };
    assert_eq!(chosen(Some(LogLevel::Warn), None, None), [0, 1]);
    assert_eq!(chosen(Some(LogLevel::Trace), None, None), [3, 4]);
    assert_eq!(chosen(None, Some("somebody"), None), [5]);
    assert_eq!(chosen(None, None, Some("id2")), [2]);
    assert_eq!(
        chosen(Some(LogLevel::Warn), None, Some("id2")),
        Vec::<usize>::new()
    );
}

#[test]
fn a_file_that_is_put_aside_while_it_is_listed_is_not_read_twice() {
    let mut scene = Scene::new();
    scene.write(2);
    // Two names of one file, as a reader meets it that opened the old name and lists the new one.
    fs::hard_link(
        scene.path(Series::Lines.current()),
        scene.path("main-2026-03-04T05-06-07.001.log"),
    )
    .unwrap();
    assert_eq!(numbers(&scene.read(&Wanted::default())), [0, 1]);
}
