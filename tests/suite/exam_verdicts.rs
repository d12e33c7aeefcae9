//! Whether the exam's verdicts are right. `tests/climb` has the clients: each defect is the last of its
//! scripts with one thing changed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::exam::{CASES, Report, untold};
use crate::support::{Folder, python};

/// Of the cases that a defect has nothing to do with, one in so many is run, and others for the next
/// defect. Set `EVERY_CASE` to run them all.
const SHARE: usize = 16;

/// The first steps open the port in a thread, which is in time on a machine that isn't busy.
const LUCK: &str = "listens-first";

/// A file of the climb.
fn climb(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/climb").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(climb(file)).expect(file)
}

/// The names in a list, each that of a case; none where there is no list.
fn names(list: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for name in list.as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(CASES.iter().any(|case| case.name == name), "{name}");
        names.insert(name.to_owned());
    }
    names
}

/// Examines a script, which this program runs.
fn examine(program: &str, script: &Path, only: &str) -> Report {
    // Half the usual time, because some scripts wait for ever.
    let options = ["--timeout", "10", "--jobs", "4", "--only", only];
    Report::of(&options, &[program, script.to_str().unwrap()])
}

/// Where these verdicts aren't those that were expected, a line for each case.
fn differences(report: &Report, verdicts: &[&str], expected: &BTreeSet<String>) -> String {
    let found = report.with(verdicts);
    let mut text = String::new();
    for name in found.symmetric_difference(expected) {
        let is_expected = if expected.contains(name) { "isn't" } else { "is" };
        let verdicts = verdicts.join(" or ");
        text += &format!("  {name} {is_expected} {verdicts}: {}\n", report.seen(name));
    }
    text
}

/// Waits until no other test makes whole exams, which would make each other late.
pub(crate) fn wait_for_turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does this with each, several at a time, and with nothing else of the kind beside them. Most of an
/// exam is waiting, and the rest is the start of Python.
fn side_by_side<T: Sync, R: Send>(all: &[T], examine: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let _turn = wait_for_turn();
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some(one) = all.get(at) else { return };
            let result = examine(at, one);
            results.lock().unwrap().push((at, result));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    println!("{} exams took {:?}", all.len(), start.elapsed());
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A step of the climb.
struct Step {
    file: String,
    lines: usize,
    fail: BTreeSet<String>,
    warn: BTreeSet<String>,
    skip: BTreeSet<String>,
}

/// The scripts of a language, examined with the program that runs them.
fn steps(program: &str, language: &str) -> Vec<Step> {
    let mut files = Vec::new();
    for entry in fs::read_dir(climb("")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&file).extension().is_some_and(|end| end == language) {
            files.push(file);
        }
    }
    files.sort();
    let every: Vec<_> = CASES.iter().map(|case| &*case.name).collect();
    side_by_side(&files, |_, file| {
        let mut report = examine(program, &climb(file), &every.join(","));
        if report.with(&["warn"]).contains(LUCK) {
            report = examine(program, &climb(file), &every.join(","));
        }
        assert!(report.with(&["unclear"]).is_empty(), "{file}: {}", report.whole);
        Step {
            file: file.clone(),
            lines: read(file).lines().count(),
            fail: report.with(&["fail"]),
            warn: report.with(&["warn"]),
            skip: report.with(&["skip"]),
        }
    })
}

/// The table of the scripts in JavaScript, which have no steps between the first and the last.
fn short_table(steps: &[Step]) -> String {
    let mut text = "| script | lines | fail | warn |\n|---|---|---|---|\n".to_owned();
    for step in steps {
        let counts = format!("{} | {}", step.fail.len(), step.warn.len());
        text += &format!("| `{}` | {} | {counts} |\n", step.file, step.lines);
    }
    text
}

/// The handout with this table in the place of the one that begins so.
fn with_table(handout: &str, begin: &str, table: &str) -> String {
    let (before, rest) = handout.split_once(begin).expect("a table");
    let (_, after) = rest.split_once("\n\n").expect("an end of the table");
    format!("{before}{table}\n{after}")
}

/// The table of the steps.
fn table(steps: &[Step]) -> String {
    let mut text = "| step | lines | fail | warn | mends |\n|---|---|---|---|---|\n".to_owned();
    let mut left = BTreeSet::new();
    for step in steps {
        let wrong: BTreeSet<_> = step.fail.union(&step.warn).cloned().collect();
        let mut mended = Vec::new();
        for case in CASES.iter().filter(|case| left.contains(&case.name)) {
            if !wrong.contains(&case.name) {
                mended.push(format!("`{}`", case.name));
            }
        }
        let file = &step.file;
        let lines = step.lines;
        let counts = format!("{} | {}", step.fail.len(), step.warn.len());
        text += &format!("| `{file}` | {lines} | {counts} | {} |\n", mended.join(", "));
        left = wrong;
    }
    text
}

/// With `UPDATE=1`, the tables of the handout are written anew, and the file that they are made of.
#[test]
#[ignore = "needs python3 with requests, and node"]
fn each_step_of_the_climb_fails_the_cases_that_are_left() {
    let python = steps(&python().expect("python3 with requests"), "py");
    let node = steps("node", "mjs");
    for last in [python.last().unwrap(), node.last().unwrap()] {
        assert!(last.fail.is_empty() && last.warn.is_empty(), "{}: {:?}", last.file, last.fail);
        assert!(last.skip.iter().all(|name| untold().contains(&&**name)), "{:?}", last.skip);
    }
    let mut found = serde_json::Map::new();
    for step in python.iter().chain(&node) {
        let left = json!({ "fail": step.fail, "warn": step.warn, "skip": step.skip });
        found.insert(step.file.clone(), left);
    }
    let handout = read("README.md");
    let updated = with_table(&handout, "| step |", &table(&python));
    let updated = with_table(&updated, "| script |", &short_table(&node));
    if env::var_os("UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap();
        fs::write(climb("climb.json"), text + "\n").unwrap();
        fs::write(climb("README.md"), &updated).unwrap();
    }
    let known: Value = serde_json::from_str(&read("climb.json")).unwrap();
    for (file, left) in &found {
        for verdict in ["fail", "warn"] {
            assert_eq!(names(&left[verdict]), names(&known[file][verdict]), "{file}: {verdict}");
        }
    }
    assert_eq!(updated, read("README.md"), "UPDATE=1 writes the table anew");
}

/// The last script of the climb with a change.
fn changed(last: &str, change: &Value) -> String {
    let mut script = last.to_owned();
    let also = change["also"].as_array().cloned().unwrap_or_default();
    for change in [change].into_iter().chain(&also) {
        let old = change["old"].as_str().unwrap();
        assert_eq!(last.matches(old).count(), 1, "{old}");
        script = script.replace(old, change["new"].as_str().unwrap());
    }
    script
}

/// Examines the last script of the climb with each of these changes.
fn assert_verdicts(table: &str) {
    let python = python().expect("python3 with requests");
    let last = read("9-output.py");
    let changes: Vec<Value> = serde_json::from_str(&read(table)).unwrap();
    let folder = Folder::new(table);
    let share = if env::var_os("EVERY_CASE").is_some() { 1 } else { SHARE };
    let problems = side_by_side(&changes, |at, change| {
        let script = folder.join(format!("{at}.py"));
        fs::write(&script, changed(&last, change)).unwrap();
        let wrong = names(&change["cases"]);
        // The cases that look at every run find some defects in these runs only.
        let shown_in = names(&change["shown_in"]);
        let mut only = Vec::new();
        for (number, case) in CASES.iter().enumerate() {
            // In this case a careful client asks nothing, which no other verdict may depend on.
            let asks_nothing = case.name == "port-taken";
            let is_its_turn = asks_nothing || (at + number) % share == 0;
            let is_needed = wrong.contains(&case.name) || shown_in.contains(&case.name);
            if is_needed || needs_no_run(&case.name) || is_its_turn {
                only.push(&*case.name);
            }
        }
        let report = examine(&python, &script, &only.join(","));
        let mut problems = differences(&report, &["fail", "warn"], &wrong);
        problems += &differences(&report, &["unclear"], &BTreeSet::new());
        for (name, words) in change["says"].as_object().into_iter().flatten() {
            let seen = report.seen(name);
            let words = words.as_str().unwrap();
            if !seen.contains(words) {
                problems += &format!("  {name} doesn't say `{words}`: {seen}\n");
            }
        }
        for name in report.with(&["skip"]) {
            let is_known = names(&change["skip"]).contains(&name);
            if !is_known && !untold().contains(&&*name) {
                problems += &format!("  {name} is skipped: {}\n", report.seen(&name));
            }
        }
        let what = change["defect"].as_str().unwrap();
        if problems.is_empty() { problems } else { format!("{at}. {what}\n{problems}") }
    });
    let problems = problems.concat();
    assert!(problems.is_empty(), "{problems}");
}

/// Whether a case looks at the login, or at all runs.
fn needs_no_run(name: &str) -> bool {
    [
        "login",
        "response-type",
        "redirect-uri",
        "secret-in-url",
        "token-request",
        "accept",
        "bearer-header",
        "prints-no-secret",
        "page-secrets",
        "page-third-party",
    ]
    .contains(&name)
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

#[test]
#[ignore = "needs python3 with requests"]
fn eight_exams_side_by_side_say_the_same() {
    let python = python().expect("python3 with requests");
    let script = climb("1-state.py");
    let known: Value = serde_json::from_str(&read("climb.json")).unwrap();
    let known = &known["1-state.py"];
    let _turn = wait_for_turn();
    let reports = thread::scope(|scope| {
        let mut exams = Vec::new();
        for _ in 0..8 {
            let client = [&*python, script.to_str().unwrap()];
            exams.push(
                scope.spawn(move || Report::of(&["--jobs", "2", "--only", "leg:2"], &client)),
            );
        }
        let mut reports = Vec::new();
        for exam in exams {
            reports.push(exam.join().unwrap());
        }
        reports
    });
    for report in reports {
        for verdict in ["fail", "warn"] {
            let mut known = names(&known[verdict]);
            known.retain(|name| report.cases().iter().any(|case| case["name"] == name.as_str()));
            let mut found = report.with(&[verdict]);
            found.remove(LUCK);
            assert_eq!(found, known, "{verdict}: {}", report.whole);
        }
    }
}
