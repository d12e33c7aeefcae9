//! The whole exam: the login first, which shows what kind of client it is, and then every other run.

use std::cmp::Reverse;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::books::is_interrupted;
use super::cases;
use super::cases::case::{Case, LOGIN, Looks};
use super::family;
use super::kind::Kind;
use super::links::Links;
use super::marks::Mark;
use super::options::Options;
use super::plan::{NOTHING, Plan};
use super::run::{self, Setup};
use super::seen::{LastLeg, Record};
use super::verdict::Verdict;
use crate::practice::lock::locked;

/// How long Linux keeps a port in TIME-WAIT (RFC 9293 §3.6.1), with some room.
const TIME_WAIT: Duration = Duration::from_secs(70);

/// How many runs may be late by the machine's fault.
const MAX_LATE: usize = 6;

/// A run that has to be made.
#[derive(Clone, Copy, Debug)]
struct Task {
    case: &'static str,
    /// Which of the runs of its case it is.
    number: usize,
    plan: Plan,
}

/// The result of an exam.
#[derive(Debug)]
pub(super) struct Outcome {
    /// None where no login has worked.
    pub(super) kind: Option<Kind>,
    pub(super) marks: Vec<Mark>,
    pub(super) runs: Vec<Record>,
}

/// The cases with their verdicts. Errors: where the system doesn't let the exam run anything.
pub(super) fn examine(options: &Options) -> io::Result<Outcome> {
    let mut setup = Setup {
        command: options.command.clone(),
        limit: options.limit,
        kind: Kind::default(),
        links: Links::make()?,
        own_port: None,
        wants_events: options.wants_events(),
    };
    let mut login = run::once(LOGIN, &setup, NOTHING);
    if login.leg_4.is_empty() {
        login.last_leg = LastLeg::Token;
    }
    let kind = Kind::of(&login);
    if kind.has_own_port {
        setup.own_port = login.home.as_ref().map(|home| home.port);
    }
    setup.kind = kind;
    let mut runs = vec![login];
    if let Some(marks) = failed_login(options, &runs, kind) {
        return Ok(Outcome { kind: None, marks, runs });
    }
    run_all(options, &setup, &mut runs);
    let mut marks = Vec::new();
    for case in &options.cases {
        let mark = Mark::of(case, &runs, kind);
        let needs_every_run = matches!(case.looks, Looks::EachRun(_) | Looks::AllRuns(_));
        if is_interrupted() && needs_every_run && mark.verdict == Verdict::Pass {
            marks.push(Mark::not_run(case, "the exam was interrupted"));
        } else {
            marks.push(mark);
        }
    }
    Ok(Outcome { kind: Some(kind), marks, runs })
}

/// The marks where the client can't log in: none of the other cases is run.
fn failed_login(options: &Options, runs: &[Record], kind: Kind) -> Option<Vec<Mark>> {
    let every = cases::every();
    let case = every.iter().find(|case| case.name == LOGIN)?;
    let login = if is_interrupted() {
        Mark::not_run(case, "the exam was interrupted")
    } else {
        Mark::of(case, runs, kind)
    };
    if login.verdict == Verdict::Pass {
        return None;
    }
    let mut marks = vec![login];
    for case in &options.cases {
        if case.name != LOGIN {
            marks.push(Mark::not_run(case, "no login has worked"));
        }
    }
    Some(marks)
}

/// Makes the runs of the cases: as many at a time as there are jobs, and those that want to be alone
/// one by one.
fn run_all(options: &Options, setup: &Setup, runs: &mut Vec<Record>) {
    let mut alone = Vec::new();
    let mut together = Vec::new();
    for task in tasks(&options.cases, setup.kind) {
        if task.plan.is_alone {
            alone.push(task);
        } else {
            together.push(task);
        }
    }
    let count = alone.len() + together.len();
    // Those that take longest go first.
    together.sort_by_key(|task| Reverse(task.plan.patience));
    // A client with a port of its own can't run twice at a time.
    let jobs = if setup.own_port.is_some() { 1 } else { options.jobs };
    work(together, jobs, count, setup, runs);
    work(alone, 1, count, setup, runs);
    make_again(options, setup, runs);
    progress("");
}

/// Makes the few runs alone once more whose time was over, because that may have been the machine's fault.
/// Where there are many, it is the client's.
fn make_again(options: &Options, setup: &Setup, runs: &mut [Record]) {
    let mut late = Vec::new();
    for run in runs.iter_mut() {
        if run.end.is_none() && run.name != LOGIN {
            late.push(run);
        }
    }
    if late.len() > MAX_LATE {
        return;
    }
    for run in late {
        let case = options.cases.iter().find(|case| case.name == run.name);
        let plan = case.and_then(|case| case.runs.get(run.number));
        let Some(plan) = plan else { continue };
        // A client that has asked may take all its time, and take it again.
        let takes_its_time = plan.patience > 1 && run.request().is_some();
        if is_interrupted() || takes_its_time {
            continue;
        }
        progress(&format!("once more: {}", run.name));
        let again = once(Task { case: run.name, number: run.number, plan: *plan }, setup);
        if !is_interrupted() {
            *run = again;
        }
    }
}

/// The runs of the cases that apply.
fn tasks(cases: &[&'static Case], kind: Kind) -> Vec<Task> {
    let mut tasks = Vec::new();
    for case in cases {
        if Mark::missing(case, kind).is_some() {
            continue;
        }
        for (number, plan) in case.runs.iter().enumerate() {
            tasks.push(Task { case: case.name, number, plan: *plan });
        }
    }
    tasks
}

/// Makes these runs, this many at a time.
fn work(tasks: Vec<Task>, jobs: usize, count: usize, setup: &Setup, runs: &mut Vec<Record>) {
    let workers = jobs.min(tasks.len());
    let tasks = Mutex::new(tasks.into_iter());
    let runs = Mutex::new(runs);
    let work = || {
        while !is_interrupted() {
            let task = locked(&tasks).next();
            let Some(task) = task else { return };
            let record = once(task, setup);
            if is_interrupted() {
                return;
            }
            let mut runs = locked(&runs);
            progress(&format!("{} of {count}: {}", runs.len(), task.case));
            runs.push(record);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
}

/// Makes a run, and makes it again if the client couldn't open its own port, which the system holds for
/// a while after the last run.
fn once(task: Task, setup: &Setup) -> Record {
    let record = run_once(task, setup);
    let Some(port) = setup.own_port else { return record };
    let has_listened = record.was_delivered == Some(true) || !record.held.is_empty();
    if has_listened || !family::is_port_waiting(port) {
        return record;
    }
    progress(&format!("{}: waiting until the system has let port {port} go", task.case));
    let until = Instant::now() + TIME_WAIT;
    while family::is_port_waiting(port) && Instant::now() < until && !is_interrupted() {
        thread::sleep(Duration::from_millis(100));
    }
    run_once(task, setup)
}

fn run_once(task: Task, setup: &Setup) -> Record {
    let mut record = run::once(task.case, setup, task.plan);
    record.number = task.number;
    record
}

/// One line that renews itself on a terminal, and nothing elsewhere.
fn progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}
