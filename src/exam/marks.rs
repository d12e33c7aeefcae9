//! From runs to verdicts: which cases apply, which of them came to their point, and which are passed.

use super::cases::case::{Case, LOGIN, Looks, Need};
use super::judge::ends::last;
use super::seen::{LastLeg, Point, Record};
use super::verdict::{Finding, Verdict, Weight};
use crate::show::terminal::escape;

/// A case with its verdict.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) case: &'static Case,
    pub(super) verdict: Verdict,
    /// What was seen; empty where nothing is wrong.
    pub(super) seen: String,
}

impl Mark {
    fn new(case: &'static Case, finding: Option<Finding>) -> Self {
        let Some(finding) = finding else {
            let seen = String::new();
            return Self { case, verdict: Verdict::Pass, seen };
        };
        Self { case, verdict: finding.verdict(case.level), seen: escape(&finding.seen) }
    }

    /// The verdict on a case after these runs.
    pub(super) fn of(case: &'static Case, runs: &[Record], last_leg: LastLeg) -> Self {
        if let Some(finding) = missing(case.needs, last_leg) {
            return Self::new(case, Some(finding));
        }
        let mut findings = Vec::new();
        let name = if case.runs.is_empty() { LOGIN } else { case.name };
        for run in runs.iter().filter(|run| run.name == name) {
            let unclear = stopped_before(run);
            let is_judged = unclear.is_none() || name == LOGIN;
            findings.extend(if name == LOGIN { None } else { unclear });
            if let (Looks::OwnRuns(checks), true) = (case.looks, is_judged) {
                findings.extend(checks.iter().filter_map(|check| check(run)));
            }
        }
        match case.looks {
            Looks::OwnRuns(_) => {}
            Looks::EachRun(checks) => findings.extend(at_each(checks, runs)),
            Looks::AllRuns(check) => findings.extend(check(runs)),
        }
        // The first of the heaviest.
        findings.reverse();
        Self::new(case, findings.into_iter().max_by_key(|finding| finding.weight))
    }
}

/// The findings of checks that look at each run, with the run that they are from.
fn at_each(checks: &[fn(&Record) -> Option<Finding>], runs: &[Record]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for run in runs {
        for check in checks {
            if let Some(finding) = check(run) {
                let seen = format!("{} (in `{}`)", finding.seen, run.name);
                findings.push(Finding { seen, ..finding });
            }
        }
    }
    findings
}

/// What a case can't do without, and this client or this system hasn't got.
fn missing(needs: &[Need], last_leg: LastLeg) -> Option<Finding> {
    for need in needs {
        let why = match need {
            Need::Profile if last_leg == LastLeg::Token => "this client stops at the token",
            Need::Linux if !cfg!(target_os = "linux") => "this system doesn't tell",
            _ => continue,
        };
        return Some(Finding::new(Weight::NotHere, why));
    }
    None
}

/// How far a run came, if it never came to its point.
fn stopped_before(run: &Record) -> Option<Finding> {
    if let Some(problem) = &run.problem {
        return Some(unclear(format!("the client can't be run: {problem}")));
    }
    if run.request().is_none() {
        return Some(unclear(format!("no authorization request came: {}", last(run))));
    }
    if run.point == Point::AuthorizationRequest {
        return None;
    }
    if run.was_delivered != Some(true) {
        return Some(unclear(format!("nobody took the callback: {}", last(run))));
    }
    let missing = match run.point {
        Point::TokenRequest if run.leg_3.is_empty() => "token",
        Point::ProfileRequest if run.leg_4.is_empty() => "profile",
        _ => return None,
    };
    Some(unclear(format!("no {missing} request came: {}", last(run))))
}

fn unclear(seen: String) -> Finding {
    Finding::new(Weight::Unclear, seen)
}
