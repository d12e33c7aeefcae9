//! The exam: runs any client of the authorization code flow, in any language, case by case,
//! against a provider and a browser that misbehave in one known way, and prints a report card.
//!
//! ```text
//! bare-oauth exam [OPTIONS] -- COMMAND [ARGUMENTS]
//! ```
//!
//! In reading order: `cases/` says what happens and what a careful client does; `run` is one run of
//! the client, between `provider` and `browser`; `seen` is what was written down of it; `judge/` looks
//! at that, and `marks` and `report` put it into words.
//!
//! Left out: clients that come back on a host other than this one. Shown by `tests/suite/exam.rs`.

mod address;
mod answers;
mod baseline;
mod basic;
mod books;
mod browser;
mod cases;
mod chosen;
mod client;
mod examiner;
mod export;
mod family;
mod files;
mod http;
mod interrupt;
mod judge;
mod kind;
mod links;
mod marks;
mod metadata;
mod opener;
mod options;
mod parameters;
mod person;
mod plan;
mod ports;
mod printed;
mod provider;
mod repeat;
mod report;
mod run;
mod secrets;
mod seen;
mod story;
mod stream;
mod tab;
mod talk;
mod verdict;
mod visit;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use self::baseline::Comparison;
use self::examiner::Outcome;
use self::options::{Format, Options, Task};
use crate::error::Error;
use crate::setup::cli::{help, usage};
use crate::show::terminal::write_result;

pub use self::opener::open_as_browser;

/// A case failed, or is unclear.
const FAILED: u8 = 1;
/// The client couldn't be examined at all.
const NOT_EXAMINED: u8 = 3;

/// Examines a client; the exit code says how that went. Errors: [`Error::Usage`], [`Error::Output`].
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    let mut options = options::parse(arguments)?;
    match options.task {
        Task::Help => write_result(&help())?,
        Task::List => write_result(&report::list(&options.cases))?,
        Task::Explain(case) => write_result(&report::explanation(case))?,
        Task::Show(case) => {
            options.cases = vec![case];
            return examine(arguments, &options);
        }
        Task::Examine => return examine(arguments, &options),
    }
    Ok(ExitCode::SUCCESS)
}

fn examine(arguments: &[OsString], options: &Options) -> Result<ExitCode, Error> {
    let known = match &options.baseline {
        Some(path) => Some(baseline::read(path)?),
        None => None,
    };
    if let Some(folder) = &options.save {
        if let Err(problem) = fs::create_dir_all(folder) {
            return cant_save(folder, &problem);
        }
    }
    // The process that hands the work over has nothing left to say.
    match interrupt::hand_over(arguments) {
        Ok(Some(code)) => return Ok(code),
        Ok(None) => {}
        Err(problem) => return usage(format!("nothing can be examined here: {problem}")),
    }
    let outcome = match repeat::examine(options) {
        Ok(outcome) => outcome,
        Err(problem) => return usage(format!("nothing can be examined here: {problem}")),
    };
    let comparison = match &known {
        Some(known) => baseline::compare(&outcome.marks, known, options.strict),
        None => Comparison::default(),
    };
    write_result(&text(options, &outcome, &comparison))?;
    if let Some(folder) = &options.save {
        if let Err(problem) = story::save(&outcome.runs, folder, options.reveal) {
            return cant_save(folder, &problem);
        }
    }
    if outcome.kind.is_none() {
        return Ok(ExitCode::from(NOT_EXAMINED));
    }
    let has_failed = if known.is_some() {
        !comparison.new.is_empty() || !comparison.stale.is_empty()
    } else {
        outcome.marks.iter().any(|mark| baseline::counts_as_failed(mark, options.strict))
    };
    Ok(if has_failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

fn cant_save(folder: &Path, problem: &io::Error) -> Result<ExitCode, Error> {
    usage(format!("`--save` can't write to `{}`: {problem}", folder.display()))
}

/// The text that is printed.
fn text(options: &Options, outcome: &Outcome, comparison: &Comparison) -> String {
    let mut text = String::new();
    if let Task::Show(case) = options.task {
        if let Some(mark) = outcome.marks.iter().find(|mark| mark.case.name == case.name) {
            text += &story::show(&outcome.runs, mark, options.reveal);
        }
    }
    text += &match options.format {
        Format::Lines => report::lines(outcome) + &baseline::lines(comparison),
        Format::Json => export::json(&options.command, outcome, comparison),
        Format::Junit => export::junit(outcome),
    };
    text
}
