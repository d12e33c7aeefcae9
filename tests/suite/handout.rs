//! The handout, `README.md`: its commands are run, and its bytes, names and texts looked up.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Program, start_practice_provider};

const HANDOUT: &str = include_str!("../../README.md");

/// A section of the handout, with those below it.
fn section(heading: &str) -> &'static str {
    let (_, rest) = HANDOUT.split_once(&format!("\n{heading}\n")).expect(heading);
    let level = heading.split(' ').next().unwrap();
    let ends =
        (2..=level.len()).filter_map(|level| rest.find(&format!("\n{} ", "#".repeat(level))));
    &rest[..ends.min().unwrap_or(rest.len())]
}

/// The blocks of a language in a text.
fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks: Vec<_> =
        text.split(&fence).skip(1).map(|part| part.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "no {language}");
    blocks
}

/// What stands in backticks, one or two of them, in a text without blocks.
fn quoted(text: &'static str) -> Vec<&'static str> {
    let (mut quoted, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find('`') {
        let mark = if rest[start..].starts_with("``") { "``" } else { "`" };
        let Some((inside, after)) = rest[start + mark.len()..].split_once(mark) else { break };
        quoted.push(inside);
        rest = after;
    }
    quoted
}

/// The handout without its blocks.
fn prose() -> impl Iterator<Item = &'static str> {
    HANDOUT.split("```").step_by(2)
}

/// The rows of a table in a section, each with its cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let lines = section(heading).lines().filter(|line| line.starts_with('|'));
    let rows: Vec<Vec<_>> =
        lines.skip(2).map(|line| line.trim_matches('|').split(" | ").collect()).collect();
    assert!(!rows.is_empty(), "no table in {heading}");
    rows
}

/// The files below a folder of the project, or the file itself.
fn files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    below.collect()
}

fn project(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The source of a folder or a file of the project, as one text on one line.
fn source(folder: &str) -> String {
    let texts = files(&project(folder)).into_iter().map(|path| fs::read_to_string(path).unwrap());
    let text = texts.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(unix)]
#[test]
#[ignore = "needs curl and openssl"]
fn the_commands_of_the_handout_log_in() {
    let commands = blocks(section("## By hand"), "sh").concat();
    let mut provider = start_practice_provider();
    let finished = Program::bare(&[])
        .with_exports(&provider.exports())
        .through("sh", &["-eu", "-c", &commands])
        .run();
    finished.assert_success();
    assert!(finished.stdout.contains("{\n  \"login\": \"octocat\",\n"), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
    for leg in ["leg 1: ", "leg 2: ", "leg 3: ", "leg 4: "] {
        let line = provider.wait_for("leg ");
        let is_right = line.contains(leg) && !line.contains("wrong") && !line.contains("missing");
        assert!(is_right, "{line}");
    }
}

#[test]
fn the_bytes_of_the_handout_are_those_of_the_trace() {
    let trace = Program::bare(&["practice", "--explain"]).run().stderr;
    for line in blocks(HANDOUT, "http").iter().flat_map(|block| block.lines()) {
        let found = trace.lines().any(|seen| is_like(seen, line));
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

/// The tests that this suite runs, as it lists them itself: `module::name`.
pub(crate) fn tests_of_this_suite() -> Vec<String> {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(["--list", "--format", "terse"]).output().unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Whether a word is the name of a test: those of parameters and errors are shorter.
fn is_test(word: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    word.bytes().all(is_name) && word.matches('_').count() > 2
}

#[test]
fn every_file_and_every_test_that_the_handout_names_is_there() {
    let tests = source("tests") + &source("src");
    let folders = ["", "src", "tests", "tests/suite"].map(project);
    for word in prose().flat_map(quoted) {
        if is_test(word) {
            assert!(tests.contains(&format!("fn {word}()")), "there is no test {word}");
        }
        let ends = [".rs", ".py", "/"];
        let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
        let is_file = word.len() > 1 && ends.iter().any(|end| word.ends_with(end));
        if is_file && !word.starts_with('/') && word.bytes().all(is_path) {
            let is_there = folders.iter().any(|folder| folder.join(word).exists());
            assert!(is_there, "there is no file {word}");
        }
    }
}

#[test]
fn every_text_that_the_handout_explains_is_one_of_the_programs() {
    let program = source("src");
    for text in rows("### When it doesn't work").iter().flat_map(|row| quoted(row[0])) {
        // What the program puts in stands in backticks, is a number, or the name of a variable.
        let is_put_in = |word: &&str| {
            let is_variable =
                word.contains('_') && !word.contains(|sign: char| sign.is_lowercase());
            is_variable || word.contains(|sign: char| "`…".contains(sign) || sign.is_ascii_digit())
        };
        // A cause or a remedy has a text of its own.
        for part in text.split(": ") {
            let words: Vec<&str> = part.trim_end_matches('.').split(' ').collect();
            for fixed in words.split(|word| is_put_in(word)) {
                let fixed = fixed.join(" ");
                assert!(program.contains(&fixed), "the program does not say {fixed:?} ({text})");
            }
        }
    }
}

#[test]
fn every_option_of_the_help_is_in_the_handout_and_none_besides() {
    let help = Program::bare(&["--help"]).run().stdout;
    let options = |text: &str| -> BTreeSet<String> {
        let words = text.split(|sign: char| !(sign.is_ascii_lowercase() || sign == '-'));
        let options = words.filter(|word| word.len() > 4 && word.starts_with("--"));
        options.map(str::to_owned).collect()
    };
    assert_eq!(options(section("### Options")), options(&help));
    // The same goes for the variables, which are the first words of their lines.
    let (_, environment) = help.split_once("environment:\n").unwrap();
    let (environment, _) = environment.split_once("An empty variable").unwrap();
    for line in environment.lines().filter_map(|line| line.strip_prefix("  ")) {
        let name = line.split(' ').next().unwrap();
        assert!(section("### Environment").contains(name), "{name}");
    }
}

#[test]
fn every_check_has_its_test() {
    let tests = tests_of_this_suite();
    for row in rows("### Security") {
        let mut is_tested = false;
        // A name is followed by the file of its test.
        let words: Vec<_> = row.iter().flat_map(|cell| quoted(cell)).collect();
        for pair in words.windows(2) {
            let name = pair[0];
            let file = pair[1];
            let Some(module) = file.strip_suffix(".rs") else { continue };
            if !is_test(name) {
                continue;
            }
            is_tested = if module.contains('/') {
                // It belongs to another suite, which isn't asked.
                source(file).contains(&format!("] fn {name}()"))
            } else {
                tests.contains(&format!("{module}::{name}"))
            };
            assert!(is_tested, "{file} has no test {name}");
        }
        assert!(is_tested, "no test is named in {row:?}");
    }
}

#[test]
fn every_file_that_a_source_is_shown_by_is_there() {
    let mut count = 0;
    for word in source("src").split('`').filter(|word| word.starts_with("tests/")) {
        assert!(project(word).exists(), "there is no file {word}");
        count += 1;
    }
    assert!(count > 20, "{count} files are named");
}

#[test]
fn the_picture_has_no_sign_that_ends_a_statement_in_it() {
    for picture in blocks(HANDOUT, "mermaid") {
        assert!(!picture.contains([';', '#']), "{picture}");
    }
}
