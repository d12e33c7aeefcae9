//! The exam: its usage, its reports, what it does with clients that are no use, and whether its
//! verdicts are right. `tests/climb` has the clients: each defect is the last of its scripts with
//! one place changed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Finished, Folder, Program, Provider, program, python};

static BARE_OAUTH: LazyLock<String> = LazyLock::new(program);

/// Leg, level, name, and where the rule begins.
const CASES: [(&str, &str, &str, &str); 37] = [
    ("1", "must", "login", "RFC 6749 §4.1"),
    ("1", "must", "response-type", "RFC 6749 §4.1.1"),
    ("1", "must", "state", "RFC 6749 §10.10, §10.12"),
    ("1", "must", "pkce", "RFC 8252 §6, RFC 7636 §4"),
    ("1", "must", "redirect-uri", "RFC 6749 §4.1.3, RFC 8252 §7.3"),
    ("1", "must", "secret-in-url", "RFC 6749 §2.3.1"),
    ("2", "must", "forged-state", "RFC 6749 §10.12"),
    ("2", "must", "missing-state", "RFC 6749 §10.12"),
    ("2", "should", "survives-forgery", "RFC 6749 §10.12"),
    ("2", "must", "access-denied", "RFC 6749 §4.1.2.1"),
    ("2", "must", "wrong-issuer", "RFC 9207 §2.4"),
    ("2", "should", "repeated-parameter", "RFC 6749 §3.1"),
    ("2", "must", "code-twice", "RFC 6749 §4.1.2"),
    ("2", "should", "stray-requests", "RFC 9110 §15.5"),
    ("2", "should", "silent-connections", "browsers open them ahead of need"),
    ("2", "must", "split-request", "RFC 9112 §2.2"),
    ("2", "must", "reflected-markup", "RFC 6749 §10.14"),
    ("2", "should", "both-families", "RFC 8252 §7.3"),
    ("2", "should", "loopback-only", "RFC 8252 §8.3"),
    ("2", "should", "idle", ""),
    ("3", "must", "token-request", "RFC 6749 §4.1.3, §2.3.1"),
    ("3", "must", "token-error-200", "GitHub"),
    ("3", "must", "token-error-400", "RFC 6749 §5.2"),
    ("3", "must", "token-500", "RFC 6749 §4.1.2"),
    ("3", "must", "token-html", ""),
    ("3", "must", "token-redirect", "RFC 6749 §10.3"),
    ("3", "should", "token-silence", ""),
    ("3", "should", "token-endless", ""),
    ("3", "must", "token-type", "RFC 6749 §7.1"),
    ("3", "must", "token-newline", "RFC 6749 appendix A.12"),
    ("3", "should", "early-success", ""),
    ("4", "must", "bearer-header", "RFC 6750 §2.1, RFC 9700 §4.3.2"),
    ("4", "must", "profile-401", "RFC 6750 §3.1"),
    ("4", "must", "profile-rate-limit", "GitHub"),
    ("4", "must", "profile-redirect", "RFC 6750 §5.3"),
    ("all", "must", "terminal-escapes", "RFC 6749 §10.14"),
    ("all", "must", "prints-no-secret", "RFC 6749 §10.3"),
];

/// Examines a client.
fn exam(options: &[&str], client: &[&str]) -> Finished {
    Program::bare(&[&["exam"], options, &["--"], client].concat()).run()
}

/// The report of an exam, for a program.
struct Report {
    whole: Value,
    code: Option<i32>,
}

impl Report {
    fn of(options: &[&str], client: &[&str]) -> Self {
        let arguments = [&["exam", "--json"], options, &["--"], client].concat();
        // An exam may take longer than the patience of the other tests.
        let output = Command::new(&*BARE_OAUTH).args(arguments).env_clear().output().unwrap();
        assert!(output.stderr.is_empty(), "a pipe hears of no progress");
        Self { whole: serde_json::from_slice(&output.stdout).unwrap(), code: output.status.code() }
    }

    fn cases(&self) -> &[Value] {
        self.whole["cases"].as_array().unwrap()
    }

    /// The cases that have one of these verdicts.
    fn with(&self, verdicts: &[&str]) -> BTreeSet<String> {
        let is_wanted = |case: &&Value| verdicts.contains(&case["verdict"].as_str().unwrap());
        let names = self.cases().iter().filter(is_wanted).map(|case| &case["name"]);
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Nothing is wrong, and where something can't be told, it is one of these cases.
    fn assert_full_marks(&self, count: usize, skipped: &[&str]) {
        assert_eq!((self.cases().len(), self.code), (count, Some(0)), "{}", self.whole);
        assert!(self.with(&["fail", "warn"]).is_empty(), "{}", self.whole);
        assert!(self.with(&["skip"]).iter().all(|it| skipped.contains(&&**it)), "{}", self.whole);
    }

    /// What was seen in a case.
    fn seen(&self, name: &str) -> &str {
        let case = self.cases().iter().find(|case| case["name"] == name);
        case.expect(name)["seen"].as_str().unwrap()
    }
}

/// What can't be told on every machine.
fn untold() -> &'static [&'static str] {
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    match (cfg!(target_os = "linux"), has_ipv6) {
        (true, true) => &[],
        (true, false) => &["both-families"],
        (false, _) => &["both-families", "loopback-only", "idle"],
    }
}

#[test]
fn bare_oauth_has_full_marks_wherever_nobody_has_to_wait_long() {
    let report = Report::of(&["--skip", "token-silence", "--jobs", "8"], &[&BARE_OAUTH]);
    report.assert_full_marks(36, untold());
}

#[test]
#[ignore = "needs half a minute"]
fn bare_oauth_has_full_marks_within_a_minute() {
    let start = Instant::now();
    Report::of(&[], &[&BARE_OAUTH]).assert_full_marks(37, untold());
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn the_list_names_every_case_with_its_leg_its_level_and_its_rule() {
    // Nothing is run, so that it doesn't matter what.
    let unlisted = exam(&["--list"], &["/no/such/program"]);
    let finished = Program::bare(&["exam", "--list"]).run();
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""));
    assert_eq!(unlisted.stdout, finished.stdout);
    assert_eq!(finished.stdout.lines().count(), CASES.len());
    for (line, (leg, level, name, rule)) in finished.stdout.lines().zip(CASES) {
        let words: Vec<_> = line.split_whitespace().take(3).collect();
        assert_eq!(words, [leg, level, name]);
        let (what, found) = line.trim_end_matches(')').rsplit_once(" (").expect(line);
        assert!(found.starts_with(rule) && what.ends_with('.'), "{line}");
    }
}

#[test]
fn the_report_for_a_program_is_one_object() {
    let report =
        Report::of(&["--only", "login,idle,prints-no-secret"], &[&BARE_OAUTH, "--no-browser"]);
    let object = report.whole.as_object().unwrap();
    let keys: Vec<_> = object.keys().collect();
    assert_eq!(keys, ["client", "passed", "failed", "warned", "skipped", "cases"]);
    assert_eq!(object["client"], serde_json::json!([*BARE_OAUTH, "--no-browser"]));
    let (passed, failed) = (&object["passed"], &object["failed"]);
    assert_eq!((passed.as_u64(), failed.as_u64()), (Some(3 - untold_of_idle()), Some(0)));
    let legs = [serde_json::json!(1), serde_json::json!(2), serde_json::json!("all")];
    for (case, leg) in report.cases().iter().zip(legs) {
        let keys: Vec<_> = case.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["name", "leg", "level", "verdict", "seen", "rule", "advice"]);
        let known = CASES.iter().find(|(_, _, name, _)| case["name"] == *name);
        assert_eq!((&case["leg"], case["level"].as_str()), (&leg, known.map(|it| it.1)));
        assert!(case["advice"].as_str().unwrap().ends_with('.'), "{case}");
    }
}

/// 1 where the system doesn't tell how busy a process is.
fn untold_of_idle() -> u64 {
    u64::from(untold().contains(&"idle"))
}

#[test]
fn the_report_for_a_person_counts_in_its_last_line() {
    let finished = exam(&["--only", "login,forged-state,profile-401"], &[&BARE_OAUTH]);
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""));
    let expected = "Leg 1: the authorization request\n  pass  login\n\
        Leg 2: the callback\n  pass  forged-state\n\
        Leg 4: the profile request\n  pass  profile-401\n\
        3 passed, 0 failed, 0 warned, 0 skipped\n";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn cases_are_chosen_by_their_names() {
    let listed = |options: &[&str]| {
        let finished = Program::bare(&[&["exam", "--list"], options].concat()).run();
        let names = finished.stdout.lines().map(|line| line.split_whitespace().nth(2).unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["--only", "pkce,idle"]), ["pkce", "idle"]);
    assert_eq!(listed(&["--only=idle,pkce", "--skip=idle"]), ["pkce"]);
    let all_but_one = listed(&["--skip", "idle"]);
    assert!(all_but_one.len() == CASES.len() - 1 && !all_but_one.contains(&"idle".to_owned()));
}

#[test]
fn wrong_usage_of_the_exam_is_two_lines_on_stderr_and_exit_2() {
    for (arguments, problem) in [
        (&[] as &[&str], "`exam` needs a command"),
        (&["--"], "`exam` needs a command"),
        (&["--json"], "`exam` needs a command"),
        (&[&BARE_OAUTH], "put `--` before the command"),
        (&["--jobs", "0", "--", &BARE_OAUTH], "`--jobs` needs a whole number above 0, not `0`"),
        (&["--jobs=-1", "--", &BARE_OAUTH], "`--jobs` needs a whole number above 0, not `-1`"),
        (&["--timeout", "1s", "--", &BARE_OAUTH], "`--timeout` needs a whole number above 0"),
        (&["--timeout"], "`--timeout` needs a value"),
        (&["--explain", "--", &BARE_OAUTH], "`exam` has no option `--explain`"),
        (&["--only", "login,guess", "--", &BARE_OAUTH], "`guess`"),
        (&["--skip", "Login", "--", &BARE_OAUTH], "`Login`"),
        (&["--only", "idle", "--skip", "idle", "--", &BARE_OAUTH], "no case is left"),
    ] {
        let finished = Program::bare(&[&["exam"], arguments].concat()).run();
        assert_eq!((finished.code, &*finished.stdout), (Some(2), ""), "{arguments:?}");
        assert!(finished.error().contains(problem), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.ends_with("try `bare-oauth --help`"), "{}", finished.stderr);
    }
}

/// Examines a client without a login: the report says so, and has no other case.
fn assert_stops_at_login(client: &[&str], seen: &str) {
    let finished = exam(&["--timeout", "1"], client);
    assert_eq!((finished.code, &*finished.stderr), (Some(1), ""), "{}", finished.stdout);
    let lines: Vec<_> = finished.stdout.lines().collect();
    assert_eq!(lines[0], "Leg 1: the authorization request");
    assert!(lines[1].starts_with("  fail  login  ") && lines[1].ends_with(seen), "{}", lines[1]);
    assert_eq!(lines[2].trim(), "Every other case needs a login that works.");
    let end = ["0 passed, 1 failed, 0 warned, 0 skipped"];
    assert_eq!((lines.len(), &lines[4..]), (5, &end[..]), "{}", finished.stdout);
}

#[test]
fn a_command_that_cant_be_started_fails_the_login() {
    assert_stops_at_login(
        &["/no/such/program"],
        "the command can't be started: No such file or directory (os error 2)",
    );
}

#[cfg(unix)]
#[test]
fn a_client_that_never_logs_in_fails_the_login() {
    for (line, last_line) in [
        ("exit 0", ""),
        ("echo There is nothing to do", "; its last line is `There is nothing to do`"),
        ("echo I wait >&2; exec sleep 100", "; its last line is `I wait`"),
        // What a client says does no harm here.
        ("printf 'a\\033[31mb\\n'", "; its last line is `a\\u001b[31mb`"),
    ] {
        let seen = format!("no authorization request came{last_line}");
        assert_stops_at_login(&["/bin/sh", "-c", line], &seen);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_still_runs_is_killed_with_its_children() {
    let line = "sleep 100 & echo $!; wait";
    let report = Report::of(&["--timeout", "1"], &["/bin/sh", "-c", line]);
    let seen = report.seen("login");
    let (_, id) = seen.trim_end_matches('`').rsplit_once('`').expect(seen);
    id.parse::<u32>().expect(seen);
    let deadline = Instant::now() + Duration::from_secs(10);
    // Who has nobody left to wait for it is a zombie.
    while fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "the child still runs");
        thread::yield_now();
    }
}

#[test]
fn a_client_that_prints_the_address_and_opens_nothing_is_served() {
    let cases =
        "login,state,pkce,forged-state,access-denied,token-500,profile-401,prints-no-secret";
    let report = Report::of(&["--only", cases], &[&BARE_OAUTH, "--no-browser"]);
    report.assert_full_marks(8, &[]);
}

#[cfg(unix)]
#[test]
fn a_client_with_a_redirect_uri_of_its_own_runs_once_at_a_time() {
    let folder = Folder::new("runs-once-at-a-time");
    // Nobody can make a folder that is there already.
    let line = "mkdir \"$1\" || exit 9; REDIRECT_URI=http://127.0.0.1:0/cb \"$0\"; code=$?; \
        rmdir \"$1\"; exit $code";
    let client = ["/bin/sh", "-c", line, &BARE_OAUTH, &folder.file("one")];
    let cases = "login,state,forged-state,both-families,token-error-400,profile-401";
    let report = Report::of(&["--only", cases, "--jobs", "6"], &client);
    report.assert_full_marks(6, &["both-families"]);
    assert!(report.with(&["skip"]).contains("both-families"), "{}", report.whole);
}

#[test]
fn started_as_a_clients_browser_the_program_opens_the_address_and_ends() {
    let provider = Provider::friendly();
    let address = provider.url("/a?b=c");
    let finished = Program::bare(&[&address]).env("BARE_OAUTH_EXAM", "1").run();
    assert_eq!((finished.code, &*finished.stdout, &*finished.stderr), (Some(0), "", ""));
    let requests = provider.requests();
    assert!(
        requests.len() == 1 && requests[0].starts_with("GET /a?b=c HTTP/1.1\r\n"),
        "{requests:?}"
    );
    // Nobody else has such a browser.
    assert_eq!(Program::bare(&[&address]).run().code, Some(2));
    assert_eq!(provider.requests().len(), 1);
}

/// A file of the climb.
fn climb(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/climb").join(file);
    fs::read_to_string(path).expect(file)
}

fn names(list: &Value) -> BTreeSet<String> {
    let names: Vec<_> = list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(names.iter().all(|name| CASES.iter().any(|case| case.2 == *name)), "{names:?}");
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
    let every = CASES.map(|case| case.2).join(",");
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
        let is_chosen = |(number, case): &(usize, &(&str, &str, &str, &str))| {
            wrong.contains(case.2) || needs_no_run(case.2) || (at + number) % share == 0
        };
        let only = CASES.iter().enumerate().filter(is_chosen).map(|(_, case)| case.2);
        let only = only.collect::<Vec<_>>().join(",");
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
