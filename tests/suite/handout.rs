//! The handout: `README.md`, and a README in each room. Its commands are run, and its links, bytes, names
//! and texts looked up.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Program, start_practice_provider};

/// A README.
struct Readme {
    file: &'static str,
    text: &'static str,
}

static HANDOUT: [Readme; 6] = [
    Readme { file: "README.md", text: include_str!("../../README.md") },
    Readme { file: "src/README.md", text: include_str!("../../src/README.md") },
    Readme { file: "src/practice/README.md", text: include_str!("../../src/practice/README.md") },
    Readme { file: "src/exam/README.md", text: include_str!("../../src/exam/README.md") },
    Readme { file: "tests/README.md", text: include_str!("../README.md") },
    Readme { file: "tests/climb/README.md", text: include_str!("../climb/README.md") },
];

/// The text of a README.
pub(crate) fn readme(file: &str) -> &'static str {
    HANDOUT.iter().find(|readme| readme.file == file).expect(file).text
}

/// A section of a README, with those below it; of the title, what stands before the first section.
pub(crate) fn section(file: &str, heading: &str) -> &'static str {
    let text = readme(file);
    let start = if text.starts_with(&format!("{heading}\n")) {
        0
    } else {
        text.find(&format!("\n{heading}\n")).expect(heading) + 1
    };
    let rest = &text[start + heading.len()..];
    let level = heading.split(' ').next().unwrap().len().max(2);
    let ends = (2..=level).filter_map(|level| rest.find(&format!("\n{} ", "#".repeat(level))));
    &rest[..ends.min().unwrap_or(rest.len())]
}

/// The blocks of a language in a text.
pub(crate) fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|part| part.split("```").next().unwrap()).collect()
}

/// What stands in backticks, one or two of them, in a text without blocks.
pub(crate) fn quoted(text: &'static str) -> Vec<&'static str> {
    let mut quoted = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let mark = if rest[start..].starts_with("``") { "``" } else { "`" };
        let Some((inside, after)) = rest[start + mark.len()..].split_once(mark) else { break };
        quoted.push(inside.trim());
        rest = after;
    }
    quoted
}

/// A text without its blocks.
fn prose(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split("```").step_by(2)
}

/// The whole handout without its blocks.
fn all_prose() -> impl Iterator<Item = &'static str> {
    HANDOUT.iter().flat_map(|readme| prose(readme.text))
}

/// The rows of the tables in a section, each with its cells.
pub(crate) fn rows(file: &str, heading: &str) -> Vec<Vec<&'static str>> {
    let lines = section(file, heading).lines().filter(|line| line.starts_with('|'));
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

pub(crate) fn project(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The source of a folder or a file of the project, as one text on one line.
fn source(folder: &str) -> String {
    let mut texts = Vec::new();
    for path in files(&project(folder)) {
        if !path.ends_with("README.md") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    let text = texts.join("\n").replace("\\\n", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_readme_is_one_that_people_read_to_the_end() {
    let text = readme("README.md");
    assert!(text.len() <= 10_000, "{} bytes", text.len());
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
    assert!(text.contains("\nMIT License. Copyright (c) "), "its licence");
    let manifest = fs::read_to_string(project("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nlicense = \"MIT\"\n"));
}

/// The headings of a text that have commands below them, a name for each block.
fn sections_with_commands(readme: &Readme, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut heading = "";
    let mut is_inside = false;
    for line in readme.text.lines() {
        if line == format!("```{language}") {
            found.push(format!("{} {heading}", readme.file));
        }
        if line.starts_with("```") {
            is_inside = !is_inside;
        }
        if line.starts_with('#') && !is_inside {
            heading = line;
        }
    }
    found
}

/// Each block of commands is under a heading that a test below runs all blocks of.
#[test]
fn every_block_of_commands_is_run_by_a_test() {
    let run = [
        "README.md ## See a login",
        "README.md ## Install it",
        "README.md ## Log in at GitHub",
        "README.md ## Learn",
        "src/practice/README.md ### Before: three helpers",
        "src/practice/README.md ### Leg 1: ask the person",
        "src/practice/README.md ### Leg 2: the person agrees",
        "src/practice/README.md ### Leg 3: trade the code for a token",
        "src/practice/README.md ### Leg 4: use the token",
        "src/practice/README.md ### Exercise 3: the refresh token",
        "src/exam/README.md # The exam",
        "src/exam/README.md ## In CI",
        "tests/README.md ## What each target needs",
        "tests/climb/README.md # The climb",
    ];
    let mut found = Vec::new();
    for readme in &HANDOUT {
        found.extend(sections_with_commands(readme, "sh"));
        assert!(blocks(readme.text, "console").is_empty(), "{}", readme.file);
    }
    assert_eq!(found.join("\n"), run.join("\n"));
    // What is there for sh is there for PowerShell as well.
    let practice = &HANDOUT[2];
    assert_eq!(
        sections_with_commands(practice, "sh"),
        sections_with_commands(practice, "powershell")
    );
}

#[cfg(unix)]
mod commands {
    use super::*;
    use crate::exam_verdicts::wait_for_turn;
    use crate::support::{Folder, get, press};

    /// The commands of a section.
    fn commands(file: &str, heading: &str) -> String {
        blocks(section(file, heading), "sh").concat()
    }

    /// Where a shell finds this program, and the system's.
    fn path() -> String {
        let bin = Path::new(env!("CARGO_BIN_EXE_bare-oauth")).parent().unwrap();
        format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
    }

    /// A shell with these commands, which stops at the first that fails.
    fn shell(commands: &str) -> Program {
        let arguments = ["-eu", "-c", commands];
        Program::bare(&[]).through("sh", &arguments).env("PATH", &path())
    }

    /// What commands have said, which may take minutes.
    struct Said {
        is_success: bool,
        stdout: String,
        stderr: String,
    }

    /// Runs commands where the project is.
    fn run_in(folder: &Path, commands: &str) -> Said {
        let mut shell = Command::new("sh");
        shell.args(["-u", "-c", commands]).current_dir(folder).env("PATH", path());
        // A browser of this machine stays closed.
        for name in ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY"] {
            shell.env_remove(name);
        }
        let output = shell.output().unwrap();
        Said {
            is_success: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn assert_says(text: &str, parts: &[&str]) {
        let mut rest = text;
        for part in parts {
            let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?}: {text}"));
            rest = after;
        }
    }

    #[test]
    #[ignore = "needs curl and openssl"]
    fn the_commands_by_hand_log_in_and_refresh() {
        let practice = "src/practice/README.md";
        let by_hand = commands(practice, "## By hand");
        let refresh = commands(practice, "### Exercise 3: the refresh token");
        let mut provider = start_practice_provider();
        let exports = provider.exports();
        let finished = shell(&(exports + &by_hand + &refresh)).run();
        finished.assert_success();
        assert_says(
            &finished.stdout,
            &[
                "a random value: ",
                "\nstate: ",
                "\nchallenge: ",
                "\nticket: ",
                "\ncallback: http://localhost:",
                "\ncode: ",
                "\nanswer: {\"access_token\":\"gho_",
                "\ntoken: gho_",
                "{\n  \"login\": \"octocat\",\n",
                "\nonce: {\"access_token\":\"gho_",
                "\ntwice: {\"error\":\"bad_refresh_token\"",
                "\nthe old token: {\"message\":\"Bad credentials\"",
            ],
        );
        assert_eq!(finished.stderr, "");
        for leg in ["leg 1: ", "leg 2: ", "leg 3: ", "leg 4: "] {
            let line = provider.wait_for("leg ");
            let is_right =
                line.contains(leg) && !line.contains("wrong") && !line.contains("missing");
            assert!(is_right, "{line}");
        }
    }

    #[test]
    #[ignore = "needs curl"]
    fn the_commands_of_a_login_at_github_log_in_at_the_practice_provider() {
        let mut provider = start_practice_provider();
        let exports = provider.exports();
        let commands = commands("README.md", "## Log in at GitHub");
        // The app and the API are the practice provider's.
        let (app, commands) = commands.split_once('\n').unwrap();
        assert!(app.starts_with("export CLIENT_ID="), "{app}");
        assert_eq!(commands.matches("https://api.github.com/user").count(), 1);
        let commands = commands.replace("https://api.github.com/user", "\"$USER_URL\"");
        let mut running = shell(&(exports + &commands)).env("BROWSER", "/nowhere/browser").start();
        for _ in 0..2 {
            let authorization = running.wait_for_authorization();
            assert_eq!(get(&press(&authorization, "authorize")).status, 200);
        }
        let finished = running.finish();
        finished.assert_success();
        assert!(finished.stdout.starts_with("login: octocat\n"), "{}", finished.stdout);
        assert!(finished.stdout.ends_with("\n}\n"), "{}", finished.stdout);
        assert!(!finished.stdout.contains("gho_"), "{}", finished.stdout);
    }

    #[test]
    #[ignore = "needs make, and a minute for the release build"]
    fn the_first_commands_show_a_login_and_install_the_program() {
        let see = commands("README.md", "## See a login").replacen("cd bare-oauth ", "cd . ", 1);
        let said = run_in(&project(""), &see);
        assert!(said.is_success, "{}", said.stderr);
        assert_says(&said.stderr, &["\nLeg 1: ", "\nLeg 2: ", "\nLeg 3: ", "\nLeg 4: "]);

        let home = Folder::new("home");
        let home = home.to_str().unwrap();
        let install = commands("README.md", "## Install it").replace("$HOME", home);
        let said = run_in(&project(""), &format!("{install}\n{home}/.local/bin/bare-oauth -V"));
        assert!(said.is_success, "{}", said.stderr);
        assert_says(&said.stdout, &["bare-oauth 0."]);
    }

    #[test]
    #[ignore = "needs python3 with requests, node, and minutes"]
    fn the_commands_of_the_exam_grade_clients() {
        let _turn = wait_for_turn();
        let said = run_in(&project(""), &commands("README.md", "## Learn"));
        let stranger = "fail  forged-state          it was signed in as the stranger `mallory`";
        assert_says(&said.stdout, &[" passed, 0 failed, ", stranger, " passed, "]);
        let said = run_in(&project(""), &commands("src/exam/README.md", "# The exam"));
        assert_says(&said.stdout, &[stranger, " passed, 0 failed, ", "\nforged-state\nLeg 2: "]);
        let said = run_in(&project(""), &commands("tests/climb/README.md", "# The climb"));
        assert_says(
            &said.stdout,
            &[" fail  forged-state ", "\n+STATE = ", " pass  forged-state", " failed, "],
        );
    }

    #[test]
    #[ignore = "needs a minute"]
    fn the_command_of_the_exam_for_ci_writes_a_report() {
        let _turn = wait_for_turn();
        let folder = Folder::new("report");
        let said = run_in(&folder, &commands("src/exam/README.md", "## In CI"));
        assert!(said.is_success, "{}", said.stderr);
        let report = fs::read_to_string(folder.join("report.xml")).unwrap();
        assert!(report.contains("failures=\"0\" errors=\"0\""), "{report}");
    }

    #[test]
    #[ignore = "needs make"]
    fn make_help_names_the_targets_that_the_handout_names() {
        let help = run_in(&project(""), &commands("tests/README.md", "## What each target needs"));
        assert!(help.is_success, "{}", help.stderr);
        for word in all_prose().flat_map(quoted) {
            let word = word.trim_start_matches("UPDATE=1 ");
            let Some(rest) = word.strip_prefix("make ") else { continue };
            let target = rest.split(' ').next().unwrap();
            assert!(help.stdout.contains(&format!("make {target} ")), "make {target}");
        }
    }
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let mut anchor = String::new();
    for sign in heading.trim_start_matches('#').trim().to_lowercase().chars() {
        match sign {
            ' ' => anchor.push('-'),
            '-' | '_' => anchor.push(sign),
            _ if sign.is_alphanumeric() => anchor.push(sign),
            _ => {}
        }
    }
    anchor
}

/// The anchors of a file.
fn anchors(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let prose = text.split("```").step_by(2);
    prose.flat_map(str::lines).filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn every_link_of_the_handout_leads_somewhere() {
    let mut count = 0;
    for readme in &HANDOUT {
        let this = project(readme.file);
        for part in prose(readme.text).flat_map(|text| text.split("](").skip(1)) {
            let link = part.split(')').next().unwrap();
            assert!(!link.starts_with("http"), "{link} isn't here");
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match file {
                "" => this.clone(),
                _ => this.parent().unwrap().join(file),
            };
            assert!(file.exists(), "{}: {link}", readme.file);
            let is_there = anchor.is_empty() || anchors(&file).contains(anchor);
            assert!(is_there, "{}: {link}", readme.file);
            count += 1;
        }
    }
    assert!(count > 20, "{count} links");
    // And each of the others is reached from the first.
    for readme in &HANDOUT[1..] {
        assert!(HANDOUT[0].text.contains(&format!("]({}", readme.file)), "{}", readme.file);
    }
}

#[test]
fn the_bytes_of_the_handout_are_those_of_the_trace() {
    let trace = Program::bare(&["practice", "--explain"]).run().stderr;
    let bytes = blocks(readme("README.md"), "http");
    assert!(!bytes.is_empty());
    for line in bytes.iter().flat_map(|block| block.lines()) {
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
    let folders = ["", "src", "tests", "tests/suite", "tests/climb"].map(project);
    for word in all_prose().flat_map(quoted) {
        if is_test(word) {
            let is_there = tests.contains(&format!("fn {word}()"));
            // The climb names functions of its scripts.
            let is_pythons = tests.contains(&format!("def {word}("));
            assert!(is_there || is_pythons, "there is no test {word}");
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
    for text in
        rows("src/README.md", "## When it doesn't work").iter().flat_map(|row| quoted(row[0]))
    {
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

/// `--help` is the reference of options and variables; the handout names none that it lacks.
#[test]
fn every_option_and_variable_of_the_handout_is_one_of_the_help() {
    let help = Program::bare(&["--help"]).run().stdout;
    let is_of_the_help = |name: &str| {
        let is_end = |sign: char| !(sign.is_ascii_alphanumeric() || "-_".contains(sign));
        help.split(is_end).any(|word| word == name)
    };
    let mut options = BTreeSet::new();
    let mut variables = BTreeSet::new();
    for text in all_prose().flat_map(quoted) {
        let words: Vec<_> = text.split([' ', '=', '"', '(', ')']).collect();
        // Other programs have options, too.
        let is_ours = ["bare-oauth", "practice", "provider", "exam"].contains(&words[0])
            || words.contains(&"bare-oauth")
            || words[0].starts_with("--");
        if is_ours {
            for word in words.iter().take_while(|word| **word != "--") {
                if word.starts_with("--") {
                    options.insert(*word);
                }
            }
        }
        let is_name = |sign: u8| sign.is_ascii_uppercase() || sign == b'_';
        if words[0].contains('_') && words[0].bytes().all(is_name) {
            variables.insert(words[0]);
        }
    }
    // The first is not read, and the handout says so. The others are a library's.
    variables.remove("HTTP_PROXY");
    variables.retain(|name| !name.starts_with("OAUTHLIB_"));
    for name in options.iter().chain(&variables) {
        assert!(is_of_the_help(name), "{name}");
    }
    assert!(options.len() > 15 && variables.len() > 8, "{options:?} {variables:?}");
}

#[test]
fn every_check_has_its_test() {
    let tests = tests_of_this_suite();
    for row in rows("src/README.md", "## The checks") {
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
    let pictures = blocks(readme("README.md"), "mermaid");
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(!picture.contains([';', '#']), "{picture}");
    }
}

/// With `UPDATE=1`, the chapter is written anew.
#[test]
fn every_case_of_the_exam_is_in_its_handout_as_the_program_explains_it() {
    let file = "src/exam/README.md";
    let (head, old) = readme(file).split_once("\n### ").expect("the cases");
    let mut chapter = String::new();
    let mut leg = String::new();
    for line in Program::bare(&["exam", "--list"]).run().stdout.lines() {
        let name = line.split_whitespace().nth(2).unwrap();
        let text = Program::bare(&["exam", "--explain", name]).run().stdout;
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(name));
        // `Leg 2: the callback. A client must pass it: RFC 6749 §10.12.`
        let (title, level) = lines.next().unwrap().split_once(". ").unwrap();
        if leg != title {
            title.clone_into(&mut leg);
            chapter += &format!("\n### {title}\n");
        }
        chapter += &format!("\n#### {name}\n\n{level}\n\n");
        for line in lines.filter(|line| !line.is_empty()) {
            let (what, text) = line.split_once(':').unwrap();
            chapter += &format!("- **{what}:** {}\n", text.trim());
        }
    }
    let updated = format!("{head}{chapter}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(project(file), &updated).unwrap();
        return;
    }
    let is_current = format!("{head}\n### {old}") == updated;
    assert!(is_current, "the cases have changed: UPDATE=1 writes the chapter anew");
}
