//! The handout, `README.md`: its commands are run, and its bytes, names and texts looked up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Program;

const HANDOUT: &str = include_str!("../../README.md");

/// A section of the handout, without its heading.
fn section(heading: &str) -> &'static str {
    let (_, rest) = HANDOUT.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap()
}

/// The blocks of a language in a text.
fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap()).collect()
}

/// The files below a folder of the project.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    below.collect()
}

fn project(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The source of a folder of the project, as one text on one line.
fn source(folder: &str) -> String {
    let texts = files(&project(folder)).into_iter().map(|path| fs::read_to_string(path).unwrap());
    let text = texts.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_handout_log_in() {
    for program in ["curl", "openssl"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("not run: {program} is not installed");
            return;
        }
    }
    let commands = blocks(section("The four steps, by hand"), "sh").concat();
    assert_eq!(commands.matches("curl ").count(), 4, "{commands}");
    let mut provider = Program::bare(&["provider", "--port", "0"]).start();
    let finished = Program::bare(&[])
        .with_exports(&provider.exports())
        .through("sh", &["-eu", "-c", &commands])
        .run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.starts_with("{\n  \"login\": \"octocat\",\n"), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
    for leg in ["leg 1: ", "leg 2: ", "leg 3: ", "leg 4: "] {
        let line = provider.line("leg ");
        assert!(
            line.starts_with(leg) && !line.contains("wrong") && !line.contains("missing"),
            "{line}"
        );
    }
}

#[test]
fn the_bytes_of_the_handout_are_those_of_the_trace() {
    let trace = Program::bare(&["practice", "--explain"]).run().stderr;
    let lines: Vec<&str> = trace.lines().collect();
    let blocks = blocks(HANDOUT, "http");
    assert_eq!(blocks.len(), 4);
    for line in blocks.iter().flat_map(|block| block.lines()) {
        let found = lines.iter().any(|seen| is_like(seen, line));
        assert!(found, "{line:?} is not in {trace}");
    }
}

/// Whether a line is the model, in which `…` stands for anything.
fn is_like(line: &str, model: &str) -> bool {
    let mut parts = model.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else {
        return false;
    };
    let mut end = "";
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        (rest, end) = (after, part);
    }
    rest.is_empty() || (end.is_empty() && model.ends_with('…'))
}

#[test]
fn every_file_and_every_test_that_the_handout_names_is_there() {
    let tests = source("tests");
    let folders = ["", "src", "tests", "tests/suite"].map(project);
    let mut counts = (0, 0);
    for word in HANDOUT.split('`').skip(1).step_by(2) {
        let is_name = word
            .bytes()
            .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_');
        // The names of parameters and errors are shorter.
        if is_name && word.matches('_').count() > 2 {
            counts.0 += 1;
            assert!(tests.contains(&format!("fn {word}()")), "there is no test {word}");
        }
        let is_file = [".rs", ".py"].iter().any(|end| word.ends_with(end)) && !word.contains(' ');
        if is_file || word == "practice/" {
            counts.1 += 1;
            assert!(
                folders.iter().any(|folder| folder.join(word).exists()),
                "there is no file {word}"
            );
        }
    }
    assert!(counts.0 > 18 && counts.1 > 45, "{counts:?}");
}

#[test]
fn every_text_that_the_handout_explains_is_one_of_the_programs() {
    let program = source("src");
    let mut count = 0;
    for row in section("When it does not work").lines().filter(|line| line.starts_with("| `")) {
        let text = row.split('|').nth(1).unwrap().trim().trim_matches('`');
        // What the program puts in stands in backticks, or is a number, or the name of a variable.
        let fixed = text.split(['`', '1']).map(|part| part.trim().trim_start_matches("CLIENT_ID "));
        let fixed = fixed.max_by_key(|part| part.len()).unwrap();
        count += 1;
        assert!(program.contains(fixed), "the program does not say {fixed:?}");
    }
    assert!(count > 10);
}

#[test]
fn every_option_of_the_help_is_in_the_handout_and_none_besides() {
    let help = Program::bare(&["--help"]).run().stdout;
    let options = |text: &str| {
        let words = text.split(|sign: char| !(sign.is_ascii_lowercase() || sign == '-'));
        let mut options: Vec<String> = words
            .filter(|word| word.len() > 4 && word.starts_with("--"))
            .map(str::to_owned)
            .collect();
        options.sort();
        options.dedup();
        options
    };
    let usage = blocks(section("Run it"), "text").concat();
    assert_eq!(options(&usage), options(&help));
}

#[test]
fn every_check_has_its_row_and_every_row_its_test() {
    let rows = section("Security").lines().filter(|line| line.starts_with('|'));
    let rows: Vec<&str> = rows.skip(2).collect();
    assert_eq!(rows.len(), 18);
    let tests = source("tests");
    for row in rows {
        let test = row.split('|').nth(4).unwrap().split('`').nth(1).expect(row);
        assert!(tests.contains(&format!("fn {test}()")), "{row}");
    }
}

#[test]
fn the_picture_has_no_sign_that_ends_a_statement_in_it() {
    let pictures = blocks(HANDOUT, "mermaid");
    assert_eq!(pictures.len(), 1);
    assert!(!pictures[0].contains([';', '#']), "{}", pictures[0]);
}
