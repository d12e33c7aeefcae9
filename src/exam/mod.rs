//! The exam: runs any client of the authorization code flow, in any language, once for each case,
//! against a provider and a browser that misbehave in one known way, and prints a report card.
//!
//! ```text
//! bare-oauth exam [OPTIONS] -- COMMAND [ARGUMENTS]
//! ```
//!
//! The provider is the practice provider. It tells the exam what it sees, as it tells its log.
//!
//! Left out: clients that come back on a host other than this one. Shown by `tests/suite/exam.rs`.

mod browser;
mod cases;
mod judge;
mod report;
mod run;

use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::{
    env, ffi::OsString, process::ExitCode, str::FromStr, sync::Mutex, thread, time::Duration,
};

use self::cases::{CASES, Case, LOGIN, NOTHING};
use self::{judge::Evidence, report::Judged, run::Run, run::locked};
use crate::cli::{help, usage};
use crate::practice::{fault::Fault, mischief};
use crate::{error::Error, terminal::write_result};

/// Set for the client, so that this program knows when it is started as its browser.
const MARK: &str = "BARE_OAUTH_EXAM";

struct Options {
    json: bool,
    list: bool,
    jobs: usize,
    seconds: u32,
    cases: Vec<&'static Case>,
    client: Vec<OsString>,
}

/// Examines a client; the exit code says whether it fails a case. Errors: [`Error::Usage`], [`Error::Output`].
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    let (text, failed) = match parse(arguments)? {
        None => (help(), 0),
        Some(options) if options.list => (report::list(&options.cases), 0),
        Some(options) => {
            let judged = judged(&options);
            let [_, failed, ..] = report::counts(&judged);
            let report = if options.json { report::json } else { report::lines };
            (report(&options.client, &judged), failed)
        }
    };
    write_result(&text)?;
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// The cases with their verdicts: the login alone, if it doesn't work.
fn judged(options: &Options) -> Vec<Judged> {
    let judge = |case: &'static Case, runs: &[Run]| {
        let name = if case.plans.is_empty() { LOGIN } else { case.name };
        (case, (case.judge)(&Evidence { name, runs }))
    };
    let first = Run::of(LOGIN, options, NOTHING);
    // A client with a port of its own can't run twice at a time.
    let jobs = if first.has_own_port { 1 } else { options.jobs };
    let mut runs = vec![first];
    let login: Vec<_> = CASES.iter().take(1).map(|case| judge(case, &runs)).collect();
    if login.iter().any(|(_, verdict)| verdict.is_err()) {
        return login;
    }
    runs.extend(run_all(options, jobs));
    options.cases.iter().map(|case| judge(case, &runs)).collect()
}

/// The runs of the cases, as many at a time as there are jobs.
fn run_all(options: &Options, jobs: usize) -> Vec<Run> {
    let cases = options.cases.iter();
    let plans = cases.flat_map(|case| case.plans.iter().map(|plan| (case.name, *plan)));
    let mut plans: Vec<_> = plans.collect();
    let count = plans.len();
    // The one that takes longest goes first.
    plans.sort_by_key(|(_, plan)| plan.fault != Some(Fault::TokenSilence));
    let (plans, runs) = (Mutex::new(plans.into_iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some((name, plan)) = locked(&plans).next() else { return };
            let run = Run::of(name, options, plan);
            let mut runs = locked(&runs);
            runs.push(run);
            progress(&format!("{} of {count}: {name}", runs.len()));
        }
    };
    thread::scope(|scope| (0..jobs.min(count)).for_each(|_| drop(scope.spawn(work))));
    progress("");
    std::mem::take(&mut *locked(&runs))
}

/// One line that renews itself on a terminal, and nothing elsewhere.
fn progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}

/// Reads the options, and the command after `--`; none if the help is wanted.
fn parse(arguments: &[OsString]) -> Result<Option<Options>, Error> {
    let mut parts = arguments.splitn(2, |word| word == "--").map(<[_]>::to_vec);
    let (words, client) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let jobs = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let cases = CASES.iter().collect();
    let mut options = Options { json: false, list: false, jobs, seconds: 20, cases, client };
    // An option and its value are two words, or have `=` between them.
    let mut words = words.iter().flat_map(|word| word.splitn(2, '='));
    while let Some(name) = words.next() {
        let mut value = || match words.next() {
            Some(value) => Ok(value),
            None => usage(format!("`{name}` needs a value")),
        };
        match name {
            "-h" | "--help" => return Ok(None),
            "--json" => options.json = true,
            "--list" => options.list = true,
            "--jobs" => options.jobs = number(name, value()?)?,
            "--timeout" => options.seconds = number(name, value()?)?,
            "--only" | "--skip" => {
                let names: Vec<_> = value()?.split(',').collect();
                let is_known = |name| CASES.iter().any(|case| case.name == name);
                if let Some(name) = names.iter().find(|name| !is_known(**name)) {
                    let hint = "`bare-oauth exam --list` shows them";
                    return usage(format!("no case is called `{name}`: {hint}"));
                }
                options.cases.retain(|case| names.contains(&case.name) == (name == "--only"));
            }
            _ if name.starts_with('-') => return usage(format!("`exam` has no option `{name}`")),
            _ => {
                let hint = format!("`bare-oauth exam -- {name}`");
                return usage(format!("put `--` before the command: {hint}"));
            }
        }
    }
    match options {
        _ if options.cases.is_empty() => usage("no case is left"),
        _ if options.list || !options.client.is_empty() => Ok(Some(options)),
        _ => usage("`exam` needs a command: type `bare-oauth exam -- COMMAND`"),
    }
}

/// The value of an option: a number, and not zero.
fn number<T: FromStr + Default + PartialEq>(option: &str, value: &str) -> Result<T, Error> {
    match value.parse() {
        Ok(number) if number != T::default() => Ok(number),
        _ => usage(format!("`{option}` needs a whole number above 0, not `{value}`")),
    }
}

/// Whether this program was started as an examined client's browser. It has then opened the address.
pub fn is_browser() -> bool {
    let mut arguments = env::args_os().skip(1).map(OsString::into_string);
    let (Some(Ok(address)), None) = (arguments.next(), arguments.next()) else { return false };
    if env::var_os(MARK).is_none() || !address.starts_with("http") {
        return false;
    }
    let _ = mischief::visit(&address, None, Duration::from_secs(10));
    true
}
