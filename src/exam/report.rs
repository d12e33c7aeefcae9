//! The report card for a person.
//!
//! ```text
//! This client is confidential (its secret is in the body), uses state, but not PKCE, …
//! Leg 2: the callback
//!   fail  forged-state          it was signed in as the stranger `mallory`
//!         A stranger's code comes with another state, then the right callback.
//!         Any web page can send this callback, and you are signed in as somebody else.
//!         Compare state with the one you sent before you use the code. (RFC 6749 §10.12)
//! 60 passed, 5 failed, 2 warned, 0 skipped
//! ```

use std::env;
use std::io::{self, IsTerminal as _};

use super::cases::case::{Case, LOGIN};
use super::examiner::Outcome;
use super::marks::Mark;
use super::verdict::Verdict;
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

/// The report. Cases that weren't run are only counted.
pub(super) fn lines(outcome: &Outcome) -> String {
    let has_colour = Machine::read(&|name| env::var_os(name)).has_colour;
    let is_coloured = io::stdout().is_terminal() && has_colour;
    let mut text = String::new();
    if let Some(kind) = outcome.kind {
        text += &kind.sentence();
        text += "\n";
    }
    let mut last_leg = None;
    for mark in &outcome.marks {
        if mark.verdict == Verdict::NotRun && mark.case.name != LOGIN {
            continue;
        }
        if last_leg != Some(mark.case.leg) {
            last_leg = Some(mark.case.leg);
            text += mark.case.leg.title();
            text += "\n";
        }
        text += &paragraph(mark, is_coloured);
    }
    text + &counts(&outcome.marks) + "\n"
}

/// The lines of a case.
pub(super) fn paragraph(mark: &Mark, is_coloured: bool) -> String {
    let case = mark.case;
    let word = format!("{:<4}", mark.verdict.name());
    let word = if is_coloured { in_colour(&word, mark.verdict) } else { word };
    let line = format!("  {word}  {:<20}  {}", case.name, mark.seen);
    let mut text = line.trim_end().to_owned();
    text += "\n";
    if matches!(mark.verdict, Verdict::Fail | Verdict::Warn) {
        for line in [case.what, mark.why] {
            text += &format!("        {line}\n");
        }
        text += &format!("        {} ({})\n", mark.advice, case.rule);
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

/// The texts of a case.
pub(super) fn explanation(case: &Case) -> String {
    let leg = case.leg.title();
    let level = case.level.name();
    format!(
        "{}\n{leg}. A client {level} pass it: {}.\n\nThe exam:  {}\nPasses:    {}\nWhy:       {}\nTo do:     {}\n",
        case.name, case.rule, case.what, case.passes, case.why, case.advice
    )
}
