//! The report card: lines for a person, or one JSON object.
//!
//! ```text
//! Leg 2: the callback
//!   fail  forged-state          it was signed in as the stranger `mallory`
//!         Any web page can send this callback, and you are signed in as somebody else.
//!         Compare state with the one you sent before you use the code. (RFC 6749 §10.12)
//! 31 passed, 5 failed, 1 warned, 0 skipped
//! ```

use std::{ffi::OsString, io, io::IsTerminal as _};

use serde_json::json;

use super::{cases::Case, seen::Verdict};
use crate::show::terminal::{has_colour, is_plain};

/// A case with its verdict.
pub(super) type Judged = (&'static Case, Verdict);

/// The verdict in a word, and what was seen.
fn word((case, verdict): &Judged) -> (&'static str, &str) {
    let [_, level, ..] = case.text();
    match verdict {
        Ok(()) => ("pass", ""),
        Err(("fail", seen)) if level == "should" => ("warn", seen),
        Err((word, seen)) => (word, seen),
    }
}

/// How many cases have each verdict.
pub(super) fn counts(judged: &[Judged]) -> [usize; 4] {
    let count = |wanted| judged.iter().filter(|it| word(it).0 == wanted).count();
    ["pass", "fail", "warn", "skip"].map(count)
}

/// The report for a person.
pub(super) fn lines(_: &[OsString], judged: &[Judged]) -> String {
    let is_coloured =
        io::stdout().is_terminal() && has_colour(is_plain(&|name| std::env::var_os(name)));
    let legs = ["", "authorization request", "callback", "token request", "profile request"];
    let (mut text, mut last_leg) = (String::new(), "");
    for it in judged {
        let ((word, seen), [leg, _, rule, _, why, advice]) = (word(it), it.0.text());
        if last_leg != leg {
            last_leg = leg;
            let subject = leg.parse().ok().and_then(|leg: usize| legs.get(leg));
            text += &subject.map_or("All legs\n".to_owned(), |it| format!("Leg {leg}: the {it}\n"));
        }
        let (colour, plain) = match word {
            _ if !is_coloured => ("", ""),
            "pass" => ("\x1b[32m", "\x1b[0m"),
            "fail" => ("\x1b[31m", "\x1b[0m"),
            _ => ("\x1b[33m", "\x1b[0m"),
        };
        let line = format!("  {colour}{word}{plain}  {:<20}  {seen}", it.0.name);
        text.extend([line.trim_end(), "\n"]);
        if matches!(word, "fail" | "warn") {
            text.extend(["        ", why, "\n        ", advice, " (", rule, ")\n"]);
        }
    }
    let [passed, failed, warned, skipped] = counts(judged);
    text + &format!("{passed} passed, {failed} failed, {warned} warned, {skipped} skipped\n")
}

/// The report for a program.
pub(super) fn json(client: &[OsString], judged: &[Judged]) -> String {
    let [passed, failed, warned, skipped] = counts(judged);
    let client: Vec<_> = client.iter().map(|word| word.to_string_lossy()).collect();
    let cases = judged.iter().map(|it| {
        let ((verdict, seen), [leg, level, rule, .., advice]) = (word(it), it.0.text());
        json!({
            "name": it.0.name, "leg": leg.parse().map_or(json!(leg), |leg: u8| json!(leg)),
            "level": level, "verdict": verdict, "seen": seen, "rule": rule, "advice": advice,
        })
    });
    json!({
        "client": client, "passed": passed, "failed": failed, "warned": warned,
        "skipped": skipped, "cases": cases.collect::<Vec<_>>(),
    })
    .to_string()
}

/// The list of the cases.
pub(super) fn list(cases: &[&Case]) -> String {
    let line = |case: &&Case| {
        let [leg, level, rule, what, ..] = case.text();
        format!("{leg:<3}  {level:<6}  {:<20}  {what} ({rule})\n", case.name)
    };
    cases.iter().map(line).collect()
}
