//! The exam: runs any client of the authorization code flow, in any language, once for each case,
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
mod books;
mod browser;
mod cases;
mod client;
mod examiner;
mod family;
mod http;
mod judge;
mod marks;
mod opener;
mod options;
mod person;
mod plan;
mod ports;
mod printed;
mod provider;
mod report;
mod run;
mod seen;
mod tab;
mod verdict;
mod visit;

use std::ffi::OsString;
use std::process::ExitCode;

use self::verdict::Verdict;
use crate::error::Error;
use crate::setup::cli::help;
use crate::show::terminal::write_result;

pub use self::opener::open_as_browser;

/// Examines a client; the exit code says whether it fails a case. Errors: [`Error::Usage`], [`Error::Output`].
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    let options = options::parse(arguments)?;
    if options.wants_help {
        write_result(&help())?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.list {
        write_result(&report::list(&options.cases))?;
        return Ok(ExitCode::SUCCESS);
    }
    let marks = examiner::examine(&options);
    if options.json {
        write_result(&report::json(&options.command, &marks))?;
    } else {
        write_result(&report::lines(&marks))?;
    }
    let failed = report::count(&marks, Verdict::Fail) + report::count(&marks, Verdict::Unclear);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
