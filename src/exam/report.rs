//! The report card: lines for a person, or one JSON object.
//!
//! ```text
//! Leg 2: the callback
//!   fail  forged-state          it was signed in as the stranger `mallory`
//!         Any web page can send this callback, and you are signed in as somebody else.
//!         Compare state with the one you sent before you use the code. (RFC 6749 §10.12)
//! 31 passed, 5 failed, 1 warned, 0 skipped
//! ```

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::{env, io};

use serde_json::json;

use super::cases::{Case, Level};
use super::judge::Problem;

/// A case with its verdict.
pub(super) type Judged = (&'static Case, Result<(), Problem>);

/// The verdict in a word, its colour, and what was seen.
fn verdict((case, verdict): &Judged) -> (&'static str, &'static str, &str) {
    match (verdict, case.level) {
        (Ok(()), _) => ("pass", "\x1b[32m", ""),
        (Err(Problem::Broken(seen)), Level::Must) => ("fail", "\x1b[31m", seen),
        (Err(Problem::Broken(seen) | Problem::Weak(seen)), _) => ("warn", "\x1b[33m", seen),
        (Err(Problem::Untold(why)), _) => ("skip", "\x1b[2m", why),
    }
}

/// How many cases have this verdict.
pub(super) fn count(judged: &[Judged], word: &str) -> usize {
    judged.iter().filter(|it| verdict(it).0 == word).count()
}

pub(super) fn title(leg: u8) -> &'static str {
    match leg {
        1 => "Leg 1: the authorization request",
        2 => "Leg 2: the callback",
        3 => "Leg 3: the token request",
        4 => "Leg 4: the profile request",
        _ => "All legs",
    }
}

/// The report for a person.
pub(super) fn lines(_: &[OsString], judged: &[Judged]) -> String {
    let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_coloured = io::stdout().is_terminal() && !is_plain;
    let (mut text, mut leg) = (String::new(), None);
    for it in judged {
        let (case, (word, colour, seen)) = (it.0, verdict(it));
        if leg.replace(case.leg) != Some(case.leg) {
            text.extend([title(case.leg), "\n"]);
        }
        let (colour, plain) = if is_coloured { (colour, "\x1b[0m") } else { ("", "") };
        let line = format!("  {colour}{word}{plain}  {:<20}  {}", case.name, seen);
        text.extend([line.trim_end(), "\n"]);
        if matches!(word, "fail" | "warn") {
            let (gap, rule) = ("\n        ", case.rule);
            text.extend(["        ", case.why, gap, case.advice, " (", rule, ")\n"]);
        }
    }
    let [passed, failed, warned, skipped] =
        ["pass", "fail", "warn", "skip"].map(|word| count(judged, word));
    if judged.iter().any(|(case, verdict)| case.name == "login" && verdict.is_err()) {
        text += "The other cases need a login that works.\n";
    }
    text + &format!("{passed} passed, {failed} failed, {warned} warned, {skipped} skipped\n")
}

/// The report for a program.
pub(super) fn json(client: &[OsString], judged: &[Judged]) -> String {
    let client: Vec<_> = client.iter().map(|word| word.to_string_lossy()).collect();
    let cases = judged.iter().map(|it| {
        let (case, (word, _, seen)) = (it.0, verdict(it));
        let leg = if case.leg == 0 { json!("all") } else { json!(case.leg) };
        let level = if case.level == Level::Must { "must" } else { "should" };
        json!({
            "name": case.name, "leg": leg, "level": level, "verdict": word,
            "seen": seen, "rule": case.rule, "advice": case.advice,
        })
    });
    let report = json!({
        "client": client,
        "passed": count(judged, "pass"),
        "failed": count(judged, "fail"),
        "warned": count(judged, "warn"),
        "skipped": count(judged, "skip"),
        "cases": cases.collect::<Vec<_>>(),
    });
    report.to_string()
}

/// The list of the cases.
pub(super) fn list(cases: &[&Case]) -> String {
    let line = |case: &&Case| {
        let leg = if case.leg == 0 { "all".to_owned() } else { format!("leg {}", case.leg) };
        let level = if case.level == Level::Must { "must" } else { "should" };
        format!("{leg}  {level:<6}  {:<20}  {} ({})\n", case.name, case.what, case.rule)
    };
    cases.iter().map(line).collect()
}
