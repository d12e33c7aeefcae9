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
mod client;
mod judge;
mod report;
mod run;
mod seen;

use std::io::{self, IsTerminal as _, Write as _};
use std::{env, ffi::OsString, process::ExitCode, sync::Mutex, thread, time::Duration};

use self::cases::{CASES, Case, LOGIN, NOTHING};
use self::{client::MARK, report::Judged, seen::Run};
use crate::error::Error;
use crate::practice::faults::token::TOKEN_SILENCE;
use crate::practice::http;
use crate::practice::lock::locked;
use crate::setup::cli::{help, usage};
use crate::show::terminal::write_result;

struct Options {
    json: bool,
    list: bool,
    jobs: u32,
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
    let mut runs = vec![run::once(LOGIN, &options.client, options.seconds, NOTHING)];
    let (login, _) = CASES.split_at(1);
    let works = login.iter().all(|case| case.verdict(&runs).is_ok());
    if works {
        run_all(options, &mut runs);
    }
    let cases = options.cases.iter().copied().filter(|_| works);
    login.iter().filter(|_| !works).chain(cases).map(|case| (case, case.verdict(&runs))).collect()
}

/// Makes the runs of the cases, as many at a time as there are jobs.
fn run_all(options: &Options, runs: &mut Vec<Run>) {
    // A client with a port of its own can't run twice at a time.
    let jobs = if runs.iter().any(|run| run.has_own_port) { 1 } else { options.jobs };
    let cases = options.cases.iter();
    let plans = cases.flat_map(|case| case.plans.iter().map(|plan| (case.name, *plan)));
    let mut plans: Vec<_> = plans.collect();
    let count = plans.len();
    // The one that takes longest goes first.
    plans.sort_by_key(|(_, plan)| plan.fault != Some(&TOKEN_SILENCE));
    let (plans, runs) = (Mutex::new(plans.into_iter()), Mutex::new(runs));
    let work = || {
        loop {
            let Some((name, plan)) = locked(&plans).next() else { return };
            let run = run::once(name, &options.client, options.seconds, plan);
            let mut runs = locked(&runs);
            progress(&format!("{} of {count}: {name}", runs.len()));
            runs.push(run);
        }
    };
    thread::scope(|scope| (0..jobs).zip(0..count).for_each(|_| drop(scope.spawn(work))));
    progress("");
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
    let jobs = thread::available_parallelism().map_or(1, |it| it.get().try_into().unwrap_or(1));
    let cases = CASES.iter().collect();
    let mut options = Options { json: false, list: false, jobs, seconds: 20, cases, client };
    // An option and its value are two words, or have `=` between them.
    let mut words = words.iter().flat_map(|word| word.splitn(2, '='));
    while let Some(name) = words.next() {
        let mut value = || match words.next() {
            Some(value) => Ok(value),
            None => usage(format!("`{name}` needs a value")),
        };
        let mut number = || {
            let text = value()?;
            let problem = format!("`{name}` needs a whole number above 0, not `{text}`");
            text.parse().ok().filter(|it| *it > 0).map_or_else(|| usage(problem), Ok)
        };
        match name {
            "-h" | "--help" => return Ok(None),
            "--json" => options.json = true,
            "--list" => options.list = true,
            "--jobs" => options.jobs = number()?,
            "--timeout" => options.seconds = number()?,
            "--only" | "--skip" => {
                let names: Vec<_> = value()?.split(',').collect();
                let is_known = |name| CASES.iter().any(|case| case.name == name);
                if let Some(name) = names.iter().find(|name| !is_known(**name)) {
                    return usage(format!(
                        "no case is called `{name}`: see `bare-oauth exam --list`"
                    ));
                }
                options.cases.retain(|case| names.contains(&case.name) == (name == "--only"));
            }
            _ if name.starts_with('-') => return usage(format!("`exam` has no option `{name}`")),
            _ => {
                return usage(format!("put `--` before the command: `bare-oauth exam -- {name}`"));
            }
        }
    }
    match options {
        _ if options.cases.is_empty() => usage("no case is left"),
        _ if options.list || !options.client.is_empty() => Ok(Some(options)),
        _ => usage("`exam` needs a command: type `bare-oauth exam -- COMMAND`"),
    }
}

/// Whether this program was started as an examined client's browser. It has then opened the address.
pub fn is_browser() -> bool {
    let arguments: Vec<_> = env::args_os().skip(1).map(OsString::into_string).collect();
    let [Ok(address)] = &*arguments else { return false };
    let is_browser = env::var_os(MARK).is_some() && address.starts_with("http");
    let _ = is_browser.then(|| http::get(address, Duration::from_secs(10)));
    is_browser
}
