//! The failures that are known: a file with the name of a case in each line. What fails and doesn't stand
//! there is new; what stands there and passes is stale. Both count.
//!
//! ```text
//! # until the library compares states
//! forged-state
//! ```

use std::fs;
use std::path::Path;

use super::chosen;
use super::marks::Mark;
use super::verdict::Verdict;
use crate::error::Error;
use crate::setup::cli::usage;

/// How an exam compares with the failures that are known.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) new: Vec<&'static str>,
    pub(super) stale: Vec<&'static str>,
}

/// The names in a file, each that of a case.
pub(super) fn read(path: &Path) -> Result<Vec<&'static str>, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(problem) => {
            return usage(format!("`--baseline` can't read `{}`: {problem}", path.display()));
        }
    };
    let mut names = Vec::new();
    for line in text.lines() {
        let (name, _) = line.split_once('#').unwrap_or((line, ""));
        if name.trim().is_empty() {
            continue;
        }
        names.push(chosen::one(name.trim())?.name);
    }
    Ok(names)
}

/// Compares the marks with the names that are known to fail.
pub(super) fn compare(marks: &[Mark], known: &[&str], is_strict: bool) -> Comparison {
    let mut comparison = Comparison::default();
    for mark in marks {
        let name = mark.case.name;
        let is_known = known.contains(&name);
        if counts_as_failed(mark, is_strict) && !is_known {
            comparison.new.push(name);
        }
        if is_known && mark.verdict == Verdict::Pass {
            comparison.stale.push(name);
        }
    }
    comparison
}

/// Whether a mark makes the exam fail.
pub(super) fn counts_as_failed(mark: &Mark, is_strict: bool) -> bool {
    match mark.verdict {
        Verdict::Fail | Verdict::Unclear => true,
        Verdict::Warn => is_strict,
        Verdict::Pass | Verdict::Skip | Verdict::NotRun => false,
    }
}

/// The lines about it.
pub(super) fn lines(comparison: &Comparison) -> String {
    let mut text = String::new();
    for name in &comparison.new {
        text += &format!("new: {name} isn't in the baseline\n");
    }
    for name in &comparison.stale {
        text += &format!("stale: {name} passes, and still stands in the baseline\n");
    }
    text
}
