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
mod process;
mod report;
mod run;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, ffi::OsString, num::NonZeroU32, process::ExitCode, sync::Mutex, thread};

use self::cases::{CASES, Case, NOTHING, Plan};
use self::{judge::Evidence, report::Judged, run::Run, run::locked};
use crate::practice::{fault::Fault, mischief};
use crate::{cli::help, error::Error, terminal::write_result, wire::ensure};

/// Set for the client, so that this program knows when it is started as its browser.
const MARK: &str = "BARE_OAUTH_EXAM";
/// How long that browser waits for a page.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
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
    let Some(options) = parse(arguments)? else {
        return write_result(&help()).map(|()| ExitCode::SUCCESS);
    };
    if options.list {
        return write_result(&report::list(&options.cases)).map(|()| ExitCode::SUCCESS);
    }
    let judged = judged(&options);
    let report = if options.json { report::json } else { report::lines };
    write_result(&report(&options.client, &judged))?;
    let [_, failed, ..] = report::counts(&judged);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The cases with their verdicts: the login alone, if it doesn't work.
fn judged(options: &Options) -> Vec<Judged> {
    let first = Run::of("login", &options.client, NOTHING, limit(options, NOTHING));
    let judge = |case: &'static Case, own: &[&Run], all: &[&Run]| {
        (case, (case.judge)(&Evidence { own, all }))
    };
    let login_run = [&first];
    let login = CASES.first().map(|login| judge(login, &login_run, &login_run));
    if let Some((_, Err(_))) = login {
        return login.into_iter().collect();
    }
    let cases = options.cases.iter();
    let plans = cases.flat_map(|case| case.plans.iter().map(|plan| (case.name, *plan)));
    let mut plans: Vec<_> = plans.collect();
    // The one that takes longest goes first.
    plans.sort_by_key(|(_, plan)| !is_long(*plan));
    // A client with a port of its own can't run twice at a time.
    let has_own_port = first.ports.0 != first.ports.1;
    let runs = run_all(options, &plans, if has_own_port { 1 } else { options.jobs });
    let all: Vec<_> = [&first].into_iter().chain(&runs).collect();
    let judge = |case: &&'static Case| {
        let own = plans.iter().zip(&runs).filter(|((name, _), _)| *name == case.name);
        let own: Vec<_> = own.map(|(_, run)| run).collect();
        judge(case, if own.is_empty() { &login_run } else { &own }, &all)
    };
    options.cases.iter().map(judge).collect()
}

fn is_long(plan: Plan) -> bool {
    plan.fault == Some(Fault::TokenSilence)
}

fn limit(options: &Options, plan: Plan) -> Duration {
    let times = if is_long(plan) { 3 } else { 1 };
    times * Duration::from_secs(options.seconds.into())
}

/// The runs, as many at a time as there are jobs.
fn run_all(options: &Options, plans: &[(&'static str, Plan)], jobs: u32) -> Vec<Run> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some((name, plan)) = plans.get(at) else { return };
            let run = Run::of(name, &options.client, *plan, limit(options, *plan));
            let mut done = locked(&done);
            done.push((at, run));
            progress(&format!("{} of {}: {name}", done.len(), plans.len()));
        }
    };
    thread::scope(|scope| plans.iter().zip(0..jobs).for_each(|_| drop(scope.spawn(work))));
    progress("");
    let mut done = std::mem::take(&mut *locked(&done));
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, run)| run).collect()
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
    let mut parts = arguments.splitn(2, |word| word == "--");
    let words: Vec<_> =
        parts.next().iter().flat_map(|it| it.iter().map(|it| it.to_string_lossy())).collect();
    let (cases, client) = (CASES.iter().collect(), parts.next().unwrap_or_default().to_vec());
    let jobs = thread::available_parallelism().ok().and_then(|it| it.get().try_into().ok());
    let jobs = jobs.unwrap_or(1);
    let mut options = Options { json: false, list: false, jobs, seconds: 20, cases, client };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) =
            word.split_once('=').map_or((&**word, None), |(name, it)| (name, Some(it)));
        let mut value = || {
            let value = value.or_else(|| words.next().map(|it| &**it));
            value.ok_or_else(|| usage(format!("`{name}` needs a value")))
        };
        let number = |text: &str| match text.parse::<NonZeroU32>() {
            Ok(number) => Ok(number.get()),
            Err(_) => Err(usage(format!("`{name}` needs a whole number above 0, not `{text}`"))),
        };
        match name {
            "-h" | "--help" => return Ok(None),
            "--json" => options.json = true,
            "--list" => options.list = true,
            "--jobs" => options.jobs = number(value()?)?,
            "--timeout" => options.seconds = number(value()?)?,
            "--only" | "--skip" => {
                let names = names(value()?)?;
                options.cases.retain(|case| names.contains(&case.name) == (name == "--only"));
            }
            _ if name.starts_with('-') => {
                return Err(usage(format!("`exam` has no option `{name}`")));
            }
            _ => {
                return Err(usage(format!(
                    "put `--` before the command: `bare-oauth exam -- {name}`"
                )));
            }
        }
    }
    let problem = "`exam` needs a command: type `bare-oauth exam -- COMMAND`";
    ensure(options.list || !options.client.is_empty(), usage(problem.to_owned()))?;
    ensure(!options.cases.is_empty(), usage("no case is left".to_owned()))?;
    Ok(Some(options))
}

fn usage(problem: String) -> Error {
    Error::Usage(problem)
}

/// The names of cases, separated by commas.
fn names(text: &str) -> Result<Vec<&str>, Error> {
    let is_known = |name: &&str| CASES.iter().any(|case| case.name == *name);
    let unknown = text.split(',').find(|name| !is_known(name));
    let problem = |name| format!("no case is called `{name}`: `bare-oauth exam --list` shows them");
    unknown.map_or_else(|| Ok(text.split(',').collect()), |name| Err(usage(problem(name))))
}

/// Whether this program was started as an examined client's browser. It has then opened the address.
pub fn is_browser() -> bool {
    let mut arguments = env::args_os().skip(1).map(OsString::into_string);
    let (Some(Ok(address)), None) = (arguments.next(), arguments.next()) else { return false };
    if env::var_os(MARK).is_none() || !address.starts_with("http") {
        return false;
    }
    let _ = mischief::visit(&address, None, PATIENCE);
    true
}
