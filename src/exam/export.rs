//! The report for programs: one JSON object, or XML as `JUnit` writes it.
//!
//! ```text
//! {"exam":"0.1.0","client":["./client"],"kind":"This client …","passed":58,…,"cases":[{"name":"login",…}]}
//! <testsuites><testsuite name="bare-oauth exam" tests="67" failures="1" …><testcase …/>…
//! ```

use std::ffi::OsString;

use serde_json::{Value, json};

use super::baseline::Comparison;
use super::examiner::Outcome;
use super::kind::Kind;
use super::marks::Mark;
use super::report::count;
use super::story::seconds;
use super::verdict::{Leg, Verdict};

/// The report as a JSON object.
pub(super) fn json(command: &[OsString], outcome: &Outcome, comparison: &Comparison) -> String {
    let marks = &outcome.marks;
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
            "what": case.what, "why": mark.why, "advice": mark.advice,
            "seconds": tenths(mark),
        }));
    }
    json!({
        "exam": env!("CARGO_PKG_VERSION"), "client": client,
        "kind": outcome.kind.map(Kind::sentence),
        "passed": count(marks, Verdict::Pass), "failed": count(marks, Verdict::Fail),
        "warned": count(marks, Verdict::Warn), "skipped": count(marks, Verdict::Skip),
        "unclear": count(marks, Verdict::Unclear), "not_run": count(marks, Verdict::NotRun),
        "new": comparison.new, "stale": comparison.stale,
        "cases": cases,
    })
    .to_string()
}

/// A leg as a number, where it is one.
fn leg(leg: Leg) -> Value {
    match leg {
        Leg::One => json!(1),
        Leg::Two => json!(2),
        Leg::Three => json!(3),
        Leg::Four => json!(4),
        Leg::All => json!("all"),
    }
}

/// How long a case took, to a tenth.
fn tenths(mark: &Mark) -> f64 {
    (mark.lasted.as_secs_f64() * 10.0).round() / 10.0
}

/// The report as `JUnit` writes it: a warning is a case that has passed, with a line about it.
pub(super) fn junit(outcome: &Outcome) -> String {
    let marks = &outcome.marks;
    let failures = count(marks, Verdict::Fail);
    let errors = count(marks, Verdict::Unclear);
    let skipped = count(marks, Verdict::Skip) + count(marks, Verdict::NotRun);
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    text += &format!(
        "<testsuite name=\"bare-oauth exam\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n",
        marks.len()
    );
    for mark in marks {
        text += &test_case(mark);
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn test_case(mark: &Mark) -> String {
    let leg = mark.case.leg.name();
    let name = mark.case.name;
    let start = format!(
        "<testcase classname=\"leg {leg}\" name=\"{name}\" time=\"{}\"",
        seconds(mark.lasted)
    );
    let seen = escaped(&mark.seen);
    let advice = escaped(&format!("{} {} ({})", mark.why, mark.advice, mark.case.rule));
    let inside = match mark.verdict {
        Verdict::Pass => return format!("{start}/>\n"),
        Verdict::Fail => format!("<failure message=\"{seen}\">{advice}</failure>"),
        Verdict::Unclear => format!("<error message=\"{seen}\"/>"),
        Verdict::Skip | Verdict::NotRun => format!("<skipped message=\"{seen}\"/>"),
        Verdict::Warn => format!("<system-out>warn: {seen}. {advice}</system-out>"),
    };
    format!("{start}>{inside}</testcase>\n")
}

/// XML 1.0 §2.4. The text has no control characters.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
