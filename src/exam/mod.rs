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

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, thread};

use self::cases::{CASES, Case, NOTHING, Plan};
use self::report::Judged;
use self::run::Run;
use crate::cli::HELP;
use crate::error::{Error, Leg};
use crate::limits::Limits;
use crate::practice::fault::Fault;
use crate::terminal::write_result;
use crate::wire::{client::Client, trace::Trace, url::Endpoint};

/// Set for the client, so that this program knows when it is started as its browser.
const MARK: &str = "BARE_OAUTH_EXAM";

#[derive(Debug)]
struct Options {
    json: bool,
    list: bool,
    jobs: usize,
    limit: Duration,
    cases: Vec<&'static Case>,
    client: Vec<OsString>,
}

/// Examines a client, and says whether it fails no case. Errors: [`Error::Usage`], [`Error::Output`].
pub fn run(arguments: Vec<OsString>) -> Result<bool, Error> {
    let Some(options) = parse(arguments)? else { return write_result(HELP).map(|()| true) };
    if options.list {
        return write_result(&report::list(&options.cases)).map(|()| true);
    }
    let judged = judged(&options);
    let report = if options.json { report::json } else { report::lines };
    write_result(&report(&options.client, &judged))?;
    Ok(report::count(&judged, "fail") == 0)
}

/// The cases with their verdicts: the login alone, if it doesn't work.
fn judged(options: &Options) -> Vec<Judged> {
    let first = Run::of(&options.client, NOTHING, options.limit);
    let login = CASES.iter().find(|case| case.name == "login");
    let works = login.map(|case| (case, case.verdict(&[&first], &[&first])));
    if let Some((_, Err(_))) = works {
        return works.into_iter().collect();
    }
    let cases = options.cases.iter();
    let plans = cases.flat_map(|case| case.plans.iter().map(|plan| (case.name, *plan)));
    let mut plans: Vec<_> = plans.collect();
    // The one that takes longest goes first.
    plans.sort_by_key(|(_, plan)| !is_long(plan));
    // A client with a port of its own can't run twice at a time.
    let jobs = if first.ports.0 == first.ports.1 { options.jobs } else { 1 };
    let runs = run_all(&options.client, &plans, jobs, options.limit);
    let all: Vec<_> = [&first].into_iter().chain(&runs).collect();
    let judge = |case: &&'static Case| {
        let own = plans.iter().zip(&runs).filter(|((name, _), _)| *name == case.name);
        let mut own: Vec<_> = own.map(|(_, run)| run).collect();
        if own.is_empty() {
            own.push(&first);
        }
        (*case, case.verdict(&own, &all))
    };
    options.cases.iter().map(judge).collect()
}

fn is_long(plan: &Plan) -> bool {
    plan.fault == Some(Fault::TokenSilence)
}

/// The runs, as many at a time as there are jobs.
fn run_all(client: &[OsString], plans: &[(&str, Plan)], jobs: usize, limit: Duration) -> Vec<Run> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some((name, plan)) = plans.get(at) else { return };
            let limit = if is_long(plan) { 3 * limit } else { limit };
            let run = Run::of(client, *plan, limit);
            let mut done = run::locked(&done);
            done.push((at, run));
            progress(&format!("{} of {}: {name}", done.len(), plans.len()));
        }
    };
    thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    progress("");
    let mut done = std::mem::take(&mut *run::locked(&done));
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
fn parse(arguments: Vec<OsString>) -> Result<Option<Options>, Error> {
    let mut words = arguments.into_iter();
    let (mut json, mut list, mut only, mut skip) = (false, false, None, Vec::new());
    let mut jobs = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut seconds = 20;
    let mut client = Vec::new();
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        let (name, value) =
            word.split_once('=').map_or((&*word, None), |(name, value)| (name, Some(value)));
        let mut value = || {
            let value = value.map(str::to_owned);
            let next = value.or_else(|| words.next().map(|it| it.to_string_lossy().into_owned()));
            next.ok_or_else(|| usage(format!("`{name}` needs a value")))
        };
        let number = |text: String| match text.parse::<NonZeroU64>() {
            Ok(number) => Ok(number.get()),
            Err(_) => Err(usage(format!("`{name}` needs a whole number above 0, not `{text}`"))),
        };
        match name {
            "-h" | "--help" => return Ok(None),
            "--" => {
                client.extend(words);
                break;
            }
            "--json" => json = true,
            "--list" => list = true,
            "--jobs" => jobs = usize::try_from(number(value()?)?).unwrap_or(jobs),
            "--timeout" => seconds = number(value()?)?,
            "--only" => only.get_or_insert_with(Vec::new).extend(names(&value()?)?),
            "--skip" => skip.extend(names(&value()?)?),
            _ if name.starts_with('-') => {
                return Err(usage(format!("`exam` has no option `{name}`")));
            }
            _ => {
                return Err(usage(format!(
                    "put `--` before the command: `bare-oauth exam -- {name} …`"
                )));
            }
        }
    }
    if client.is_empty() && !list {
        return Err(usage("`exam` needs a command: `bare-oauth exam -- COMMAND`".to_owned()));
    }
    let is_chosen = |case: &&Case| {
        only.as_ref().is_none_or(|only| only.contains(&case.name)) && !skip.contains(&case.name)
    };
    let cases: Vec<_> = CASES.iter().filter(is_chosen).collect();
    if cases.is_empty() {
        return Err(usage("no case is left".to_owned()));
    }
    let limit = Duration::from_secs(seconds.min(86_400));
    Ok(Some(Options { json, list, jobs, limit, cases, client }))
}

fn usage(problem: String) -> Error {
    Error::Usage(problem)
}

/// The names of cases, separated by commas.
fn names(text: &str) -> Result<Vec<&'static str>, Error> {
    let known = |name| CASES.iter().map(|case| case.name).find(|known| *known == name);
    let unknown =
        |name| format!("there is no case `{name}`: `bare-oauth exam --list` shows them all");
    text.split(',').map(|name| known(name).ok_or_else(|| usage(unknown(name)))).collect()
}

/// Whether this program was started as an examined client's browser. It has then opened the address.
pub fn is_browser() -> bool {
    let mut arguments = env::args_os().skip(1);
    let (Some(url), None) = (arguments.next(), arguments.next()) else { return false };
    let url = url.to_str().filter(|url| url.starts_with("http")).map(str::to_owned);
    let Some(url) = url.filter(|_| env::var_os(MARK).is_some()) else { return false };
    browse(&url);
    true
}

/// Opens an address as a browser would, and follows its redirects.
fn browse(url: &str) {
    let Ok(client) = Client::new(&|_| None, &[], Limits::default(), &Trace::new(false, false))
    else {
        return;
    };
    let mut url = url.to_owned();
    for _ in 0..4 {
        let Ok(endpoint) = Endpoint::parse(&url) else { return };
        let answer = client.get(Leg::Authorization, &endpoint, &[]);
        let location = answer.ok().and_then(|it| it.header("location").map(str::to_owned));
        let Some(location) = location else { return };
        url = location;
    }
}
