//! The whole exam: the login first, which shows what kind of client it is, and then every other run.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::thread;

use super::cases;
use super::cases::case::{Case, LOGIN};
use super::marks::Mark;
use super::options::Options;
use super::plan::{NOTHING, Plan};
use super::run::{self, Setup};
use super::seen::{LastLeg, Record};
use super::verdict::Verdict;
use crate::show::locked;

/// A run that has to be made.
#[derive(Clone, Copy, Debug)]
struct Task {
    case: &'static str,
    plan: Plan,
}

/// The cases with their verdicts: the login alone, if it doesn't work.
pub(super) fn examine(options: &Options) -> Vec<Mark> {
    let setup = Setup {
        command: options.command.clone(),
        limit: options.limit,
        last_leg: LastLeg::Profile,
    };
    let mut runs = vec![run::once(LOGIN, &setup, NOTHING)];
    let mut marks = Vec::new();
    for case in cases::every() {
        if case.name != LOGIN {
            continue;
        }
        let login = Mark::of(case, &runs, setup.last_leg);
        if login.verdict != Verdict::Pass {
            return vec![login];
        }
    }
    run_all(options, &setup, &mut runs);
    for case in &options.cases {
        marks.push(Mark::of(case, &runs, setup.last_leg));
    }
    marks
}

/// Makes the runs of the cases: as many at a time as there are jobs, and those that want to be alone
/// one by one.
fn run_all(options: &Options, setup: &Setup, runs: &mut Vec<Record>) {
    let mut tasks = tasks(&options.cases);
    let count = tasks.len();
    let (alone, mut together): (Vec<_>, Vec<_>) =
        tasks.drain(..).partition(|task| task.plan.is_alone);
    // The one that takes longest goes first.
    together.sort_by_key(|task| std::cmp::Reverse(task.plan.patience));
    // A client with a port of its own can't run twice at a time.
    let has_own_port = runs.iter().any(|run| run.has_own_port);
    let jobs = if has_own_port { 1 } else { options.jobs };
    work(together, jobs, count, setup, runs);
    work(alone, 1, count, setup, runs);
    progress("");
}

fn tasks(cases: &[&'static Case]) -> Vec<Task> {
    let mut tasks = Vec::new();
    for case in cases {
        for plan in case.runs {
            tasks.push(Task { case: case.name, plan: *plan });
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
        loop {
            let task = locked(&tasks).next();
            let Some(task) = task else { return };
            let record = run::once(task.case, setup, task.plan);
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

/// One line that renews itself on a terminal, and nothing elsewhere.
fn progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}
