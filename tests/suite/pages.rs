//! The help, and what is made from it: the manual page and the completions of three shells.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::Program;

/// The files that read the command line.
const READERS: [&str; 2] =
    [include_str!("../../src/setup/cli.rs"), include_str!("../../src/exam/options.rs")];
const HELP: [&str; 2] =
    [include_str!("../../src/setup/help.txt"), include_str!("../../src/setup/help-classroom.txt")];

/// The long options that a program reads: its literals that are an option and nothing else.
fn read_by(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let mut options = BTreeSet::new();
    for literal in code.split('"') {
        let name = literal.strip_prefix("--").unwrap_or_default();
        if name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            options.insert(literal.to_owned());
        }
    }
    options
}

/// The long options that a text names.
fn named_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !(sign.is_ascii_lowercase() || sign == '-'));
    words.filter(|word| word.len() > 4 && word.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn the_help_has_every_option_that_the_program_reads_and_none_besides() {
    let mut read = BTreeSet::new();
    for reader in READERS {
        read.extend(read_by(reader));
    }
    assert_eq!(named_in(&HELP.concat()), read);
}

/// Runs a script that makes a page, and gives the page.
fn made_by(script: &str, arguments: &[&str]) -> String {
    let script = format!("{}/tests/dist/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3").arg("-B").arg(&script).args(arguments).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "{script}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs python3"]
fn the_manual_page_has_every_option_and_every_variable_of_the_help() {
    // troff shows `\-` as the sign that a shell reads.
    let manual = made_by("manual.py", &[]).replace("\\-", "-");
    assert_eq!(named_in(&manual), named_in(&HELP.concat()));
    let (_, environment) = HELP[0].split_once("environment:\n").unwrap();
    let mut count = 0;
    for line in environment.lines() {
        let name = line.trim_start().split(' ').next().unwrap();
        if name.len() > 4 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            assert!(manual.contains(&format!("\n.B {name}\n")), "{name}");
            count += 1;
        }
    }
    assert_eq!(count, 16, "the variables of the help");
}

#[test]
#[ignore = "needs python3"]
fn the_completions_have_every_option_of_the_help_and_none_besides() {
    for (arguments, help) in
        [(&["bare-oauth", "--alone"][..], HELP[0].to_owned()), (&["bare-oauth"], HELP.concat())]
    {
        let expected = named_in(&help);
        for shell in ["bash", "zsh", "fish"] {
            let file = made_by("completions.py", &[&[shell], arguments].concat());
            // fish writes `-l timeout`.
            let file = file.replace(" -l ", " --");
            assert_eq!(named_in(&file), expected, "{shell} {arguments:?}");
        }
    }
}

#[test]
fn an_option_of_the_help_is_one_that_the_program_takes() {
    for option in named_in(HELP[0]) {
        let finished = Program::bare(&[&option]).run();
        assert!(!finished.stderr.contains("unknown option"), "{option}: {}", finished.stderr);
    }
}
