//! Whether the exam's verdicts are right. `tests/climb` has the clients: each defect is the last of its
//! scripts with one place changed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::exam::{CASES, Report, untold};
use crate::support::{Folder, python};

/// A file of the climb.
fn climb(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/climb").join(file);
    fs::read_to_string(path).expect(file)
}

fn names(list: &Value) -> BTreeSet<String> {
    let names: Vec<_> = list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(names.iter().all(|name| CASES.iter().any(|case| case.name == *name)), "{names:?}");
    names.into_iter().map(str::to_owned).collect()
}

/// Examines a script, and says where the verdicts aren't those that were expected: the names of the
/// cases that fail and of those that warn, or of both if it doesn't matter.
fn differences(
    python: &str,
    script: &Path,
    only: &str,
    expected: &[(&[&str], BTreeSet<String>)],
) -> String {
    // Half the usual time, because some wait for ever, three times as long in `token-silence`. Others
    // take a second or two with their neighbours, and five more where the script has to give up.
    let options = ["--timeout", "10", "--jobs", "4", "--only", only];
    let report = Report::of(&options, &[python, script.to_str().unwrap()]);
    let skipped = report.with(&["skip"]);
    let mut text = String::new();
    for name in skipped.iter().filter(|name| !untold().contains(&&***name)) {
        text.extend(["  ", name, " is skipped: ", report.seen(name), "\n"]);
    }
    for (verdicts, names) in expected {
        let found = report.with(verdicts);
        for name in found.symmetric_difference(names).filter(|name| !skipped.contains(*name)) {
            let is_expected = if names.contains(name) { "isn't" } else { "is" };
            let verdicts = verdicts.join(" or ");
            text.extend([
                "  ",
                name,
                " ",
                is_expected,
                " ",
                &verdicts,
                ": ",
                report.seen(name),
                "\n",
            ]);
        }
    }
    text
}

/// Does this with each, several at a time, and with nothing else of the kind beside them. Most of an
/// exam is waiting, and the rest is the start of Python.
fn side_by_side<T: Sync>(all: &[T], examine: impl Fn(usize, &T) -> String + Sync) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Instant::now();
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(String::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some(one) = all.get(at) else { return };
            let problem = examine(at, one);
            problems.lock().unwrap().push_str(&problem);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    println!("{} exams took {:?}", all.len(), start.elapsed());
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{problems}");
}

#[test]
#[ignore = "needs python3 with requests"]
fn each_step_of_the_climb_fails_the_cases_that_are_left() {
    let python = python().expect("python3 with requests");
    let table: Value = serde_json::from_str(&climb("climb.json")).unwrap();
    let steps: Vec<_> = table.as_object().unwrap().iter().collect();
    let last = steps.last().unwrap().1;
    assert_eq!((&last["fail"], &last["warn"]), (&serde_json::json!([]), &serde_json::json!([])));
    let every = CASES.iter().map(|case| &*case.name).collect::<Vec<_>>().join(",");
    side_by_side(&steps, |_, (name, left)| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/climb").join(name);
        let expected = ["fail", "warn"].map(|verdict| ([verdict], names(&left[verdict])));
        let expected = expected.each_ref().map(|(verdict, names)| (&verdict[..], names.clone()));
        let problems = differences(&python, &script, &every, &expected);
        if problems.is_empty() { problems } else { format!("{name}:\n{problems}") }
    });
}

/// Of the cases that a defect has nothing to do with, one in so many is run, and others for the next
/// defect. Set `EVERY_CASE` to run them all.
const SHARE: usize = 8;

/// Examines the last script of the climb with each of these changes.
fn assert_verdicts(table: &str) {
    let python = python().expect("python3 with requests");
    let last = climb("9-output.py");
    let changes: Vec<Value> = serde_json::from_str(&climb(table)).unwrap();
    let folder = Folder::new(table);
    let share = if env::var_os("EVERY_CASE").is_some() { 1 } else { SHARE };
    side_by_side(&changes, |at, change| {
        let [what, old, new] = ["defect", "old", "new"].map(|name| change[name].as_str().unwrap());
        assert_eq!(last.matches(old).count(), 1, "{what}");
        let script = folder.join(format!("{at}.py"));
        fs::write(&script, last.replace(old, new)).unwrap();
        let wrong = names(&change["cases"]);
        let mut only = Vec::new();
        for (number, case) in CASES.iter().enumerate() {
            let is_its_turn = (at + number) % share == 0;
            if wrong.contains(&case.name) || needs_no_run(&case.name) || is_its_turn {
                only.push(&*case.name);
            }
        }
        let only = only.join(",");
        let problems = differences(&python, &script, &only, &[(&["fail", "warn"], wrong.clone())]);
        if problems.is_empty() { problems } else { format!("{at}. {what}\n{problems}") }
    });
}

/// Whether a case looks at the login, or at all runs.
fn needs_no_run(name: &str) -> bool {
    ["login", "response-type", "redirect-uri", "secret-in-url", "token-request", "bearer-header"]
        .contains(&name)
        || name == "prints-no-secret"
}

#[test]
#[ignore = "needs python3 with requests"]
fn each_defect_fails_its_cases_and_no_others() {
    assert_verdicts("defects.json");
}

#[test]
#[ignore = "needs python3 with requests"]
fn what_is_no_defect_fails_nothing() {
    assert_verdicts("harmless.json");
}
