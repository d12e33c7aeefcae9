//! Several exams of one client, as one: each case has its worst verdict.

use std::io;

use super::books::is_interrupted;
use super::examiner::{self, Outcome};
use super::marks::Mark;
use super::options::Options;
use super::verdict::Verdict;

/// As many exams as were asked for.
pub(super) fn examine(options: &Options) -> io::Result<Outcome> {
    let mut whole = examiner::examine(options)?;
    let mut all = vec![whole.marks.clone()];
    for _ in 1..options.repeat {
        if is_interrupted() || whole.kind.is_none() {
            break;
        }
        let next = examiner::examine(options)?;
        all.push(next.marks);
        if options.save.is_some() {
            whole.runs.extend(next.runs);
        }
    }
    if all.len() > 1 {
        for mark in &mut whole.marks {
            *mark = worst(mark.case.name, &all).unwrap_or_else(|| mark.clone());
        }
    }
    Ok(whole)
}

/// The worst mark of a case, and how often it came.
fn worst(name: &str, all: &[Vec<Mark>]) -> Option<Mark> {
    let mut marks = Vec::new();
    for exam in all {
        marks.extend(exam.iter().filter(|mark| mark.case.name == name));
    }
    let mut worst = (*marks.iter().max_by_key(|mark| badness(mark.verdict))?).clone();
    let count = marks.iter().filter(|mark| mark.verdict == worst.verdict).count();
    if count < marks.len() {
        worst.seen = format!("{} (in {count} of {} exams)", worst.seen, marks.len());
    }
    Some(worst)
}

fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::NotRun => 1,
        Verdict::Skip => 2,
        Verdict::Warn => 3,
        Verdict::Unclear => 4,
        Verdict::Fail => 5,
    }
}
