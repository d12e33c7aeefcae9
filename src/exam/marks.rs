//! From runs to verdicts: which cases apply, which of them came to their point, and which are passed.

use std::time::Duration;

use super::cases::case::{Case, Check, LOGIN, Looks, Need};
use super::judge::ends::last;
use super::kind::{Credentials, Kind};
use super::seen::{LastLeg, Point, Record};
use super::verdict::{Finding, Verdict};
use crate::show::terminal::escape;

/// How much is told of what was seen, in characters: a name, a method or a URL of a client may be long.
const MAX_SEEN: usize = 1000;

/// A case with its verdict.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) case: &'static Case,
    pub(super) verdict: Verdict,
    /// What was seen; empty where nothing is wrong.
    pub(super) seen: String,
    pub(super) why: &'static str,
    pub(super) advice: &'static str,
    /// How long its longest run took.
    pub(super) lasted: Duration,
}

impl Mark {
    fn new(case: &'static Case, finding: Option<Finding>) -> Self {
        let mut mark = Self {
            case,
            verdict: Verdict::Pass,
            seen: String::new(),
            why: case.why,
            advice: case.advice,
            lasted: Duration::ZERO,
        };
        if let Some(finding) = finding {
            mark.verdict = finding.verdict(case.level);
            mark.seen = escape(&finding.seen);
            if let Some((end, _)) = mark.seen.char_indices().nth(MAX_SEEN) {
                mark.seen.truncate(end);
            }
            mark.why = finding.why.unwrap_or(case.why);
            mark.advice = finding.advice.unwrap_or(case.advice);
        }
        mark
    }

    /// Why a case doesn't apply to this client or on this system, if it doesn't.
    pub(super) fn missing(case: &'static Case, kind: Kind) -> Option<&'static str> {
        for need in case.needs {
            if !is_met(*need, kind) {
                return Some(without(*need, kind));
            }
        }
        None
    }

    /// Of a case that nobody could look at.
    pub(super) fn not_run(case: &'static Case, why: &str) -> Self {
        Self { verdict: Verdict::NotRun, seen: why.to_owned(), ..Self::new(case, None) }
    }

    /// The verdict on a case after these runs.
    pub(super) fn of(case: &'static Case, runs: &[Record], kind: Kind) -> Self {
        if let Some(why) = Self::missing(case, kind) {
            return Self::new(case, Some(Finding::not_here(why)));
        }
        let name = if case.runs.is_empty() { LOGIN } else { case.name };
        let own: Vec<_> = runs.iter().filter(|run| run.name == name).collect();
        if own.len() < case.runs.len() {
            return Self::not_run(case, "the exam was interrupted");
        }
        let mut mark = Self::new(case, heaviest(findings(case, &own, runs)));
        for run in own {
            mark.lasted = mark.lasted.max(run.lasted);
        }
        mark
    }
}

/// The findings in these runs.
fn findings(case: &'static Case, own: &[&Record], runs: &[Record]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut reached = Vec::new();
    for run in own {
        match stopped_before(run) {
            Some(why) if case.name != LOGIN => findings.push(Finding::unclear(why)),
            _ => reached.push(*run),
        }
    }
    match case.looks {
        Looks::OwnRuns(checks) => {
            for run in reached {
                findings.extend(at_run(checks, run));
            }
        }
        Looks::OwnRunsTogether(check) => findings.extend(check(&reached)),
        Looks::AllRuns(check) => findings.extend(check(runs)),
        Looks::EachRun(checks) => {
            for run in runs {
                for finding in at_run(checks, run) {
                    let seen = format!("{} (in `{}`)", finding.seen, run.name);
                    findings.push(Finding { seen, ..finding });
                }
            }
        }
    }
    findings
}

fn at_run(checks: &[Check], run: &Record) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in checks {
        findings.extend(check(run));
    }
    findings
}

/// The first of the heaviest.
fn heaviest(findings: Vec<Finding>) -> Option<Finding> {
    let mut heaviest: Option<Finding> = None;
    for finding in findings {
        let is_heavier = match &heaviest {
            Some(heaviest) => finding.weight > heaviest.weight,
            None => true,
        };
        if is_heavier {
            heaviest = Some(finding);
        }
    }
    heaviest
}

fn is_met(need: Need, kind: Kind) -> bool {
    match need {
        Need::Profile => kind.last_leg == LastLeg::Profile,
        Need::Secret => !matches!(kind.credentials, Credentials::None | Credentials::Assertion),
        Need::State => kind.has_state,
        Need::Get => !kind.wants_form_post,
        Need::Scope => kind.has_scope,
        Need::Linux => cfg!(target_os = "linux"),
        Need::Unix => cfg!(unix),
    }
}

/// Why a case is skipped whose need isn't met.
fn without(need: Need, kind: Kind) -> &'static str {
    match need {
        Need::Profile => "this client stops at the token",
        Need::Secret if kind.credentials == Credentials::Assertion => {
            "this client signs an assertion"
        }
        Need::Secret => "this client is public",
        Need::State => "this client sends no state",
        Need::Get => "this client takes its callback as a POST",
        Need::Scope => "this client asks for no scope",
        Need::Linux => "only Linux tells of its processes",
        Need::Unix => "this system has no such permissions",
    }
}

/// How far a run came, if it never came to its point.
fn stopped_before(run: &Record) -> Option<String> {
    if let Some(problem) = &run.problem {
        return Some(format!("the client can't be run: {problem}"));
    }
    if run.point == Point::Start {
        return None;
    }
    if run.request().is_none() {
        return Some(format!("no authorization request came: {}", last(run)));
    }
    if run.point == Point::AuthorizationRequest {
        return None;
    }
    if run.was_delivered != Some(true) {
        return Some(format!("nobody took the callback: {}", last(run)));
    }
    let missing = match run.point {
        Point::TokenRequest if run.leg_3.is_empty() => "token",
        Point::ProfileRequest if run.leg_4.is_empty() => "profile",
        _ => return None,
    };
    Some(format!("no {missing} request came: {}", last(run)))
}
