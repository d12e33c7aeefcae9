//! The report card: lines for a person, or one JSON object.
//!
//! ```text
//! Leg 2: the callback
//!   fail  forged-state          it was signed in as the stranger `mallory`
//!         A stranger's code comes with another state, then the right callback.
//!         Any web page can send this callback, and you are signed in as somebody else.
//!         Compare state with the one you sent before you use the code. (RFC 6749 §10.12)
//! 31 passed, 5 failed, 1 warned, 0 skipped
//! ```

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

use serde_json::{Value, json};

use super::cases::case::Case;
use super::marks::Mark;
use super::verdict::{Leg, Verdict};
use crate::setup::machine::Machine;

/// How many cases have a verdict.
pub(super) fn count(marks: &[Mark], verdict: Verdict) -> usize {
    marks.iter().filter(|mark| mark.verdict == verdict).count()
}

/// The last line. What is always counted stands there even if it is none.
fn counts(marks: &[Mark]) -> String {
    let mut counts = Vec::new();
    for verdict in Verdict::ALL {
        let count = count(marks, verdict);
        let is_rare = matches!(verdict, Verdict::Unclear | Verdict::NotRun);
        if count > 0 || !is_rare {
            counts.push(format!("{count} {}", verdict.counted()));
        }
    }
    counts.join(", ")
}

/// The report for a person.
pub(super) fn lines(marks: &[Mark]) -> String {
    let has_colour = Machine::read(&|name| std::env::var_os(name)).has_colour;
    let is_coloured = io::stdout().is_terminal() && has_colour;
    let mut text = String::new();
    let mut last_leg = None;
    for mark in marks {
        if last_leg != Some(mark.case.leg) {
            last_leg = Some(mark.case.leg);
            text += mark.case.leg.title();
            text += "\n";
        }
        text += &paragraph(mark, is_coloured);
    }
    text + &counts(marks) + "\n"
}

/// The lines of a case.
fn paragraph(mark: &Mark, is_coloured: bool) -> String {
    let case = mark.case;
    let word = format!("{:<4}", mark.verdict.name());
    let word = if is_coloured { in_colour(&word, mark.verdict) } else { word };
    let line = format!("  {word}  {:<20}  {}", case.name, mark.seen);
    let mut text = line.trim_end().to_owned();
    text += "\n";
    if matches!(mark.verdict, Verdict::Fail | Verdict::Warn) {
        for line in [case.what, case.why] {
            text += &format!("        {line}\n");
        }
        text += &format!("        {} ({})\n", case.advice, case.rule);
    }
    text
}

fn in_colour(word: &str, verdict: Verdict) -> String {
    let colour = match verdict {
        Verdict::Pass => "32",
        Verdict::Fail => "31",
        _ => "33",
    };
    format!("\x1b[{colour}m{word}\x1b[0m")
}

/// The report for a program.
pub(super) fn json(command: &[OsString], marks: &[Mark]) -> String {
    let mut client = Vec::new();
    for word in command {
        client.push(word.to_string_lossy());
    }
    let mut cases = Vec::new();
    for mark in marks {
        let case = mark.case;
        cases.push(json!({
            "name": case.name, "leg": leg(case.leg), "level": case.level.name(),
            "verdict": mark.verdict.name(), "seen": mark.seen, "rule": case.rule,
            "advice": case.advice,
        }));
    }
    json!({
        "client": client, "passed": count(marks, Verdict::Pass),
        "failed": count(marks, Verdict::Fail), "warned": count(marks, Verdict::Warn),
        "skipped": count(marks, Verdict::Skip), "unclear": count(marks, Verdict::Unclear),
        "cases": cases,
    })
    .to_string()
}

/// A leg as a number, where it is one.
fn leg(leg: Leg) -> Value {
    match leg.name().parse::<u8>() {
        Ok(number) => json!(number),
        Err(_) => json!(leg.name()),
    }
}

/// The list of the cases.
pub(super) fn list(cases: &[&Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let leg = case.leg.name();
        let level = case.level.name();
        text +=
            &format!("{leg:<3}  {level:<6}  {:<20}  {} ({})\n", case.name, case.what, case.rule);
    }
    text
}
