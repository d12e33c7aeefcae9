//! The exam: its usage, its reports, and what it does with clients that are no use.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Finished, Folder, Program, Provider, assert_golden, program};

pub(crate) static BARE_OAUTH: LazyLock<String> = LazyLock::new(program);

/// What a line of `exam --list` says, beside the leg and the texts.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) level: String,
    pub(crate) name: String,
}

/// Every case.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let finished = Program::bare(&["exam", "--list"]).run();
    let mut cases = Vec::new();
    for line in finished.stdout.lines() {
        let mut words = line.split_whitespace().skip(1).map(str::to_owned);
        cases.push(Case { level: words.next().unwrap(), name: words.next().unwrap() });
    }
    cases
});

/// Examines a client.
fn exam(options: &[&str], client: &[&str]) -> Finished {
    Program::bare(&[&["exam"], options, &["--"], client].concat()).run()
}

/// The report of an exam, for a program.
pub(crate) struct Report {
    pub(crate) whole: Value,
    pub(crate) code: Option<i32>,
}

impl Report {
    pub(crate) fn of(options: &[&str], client: &[&str]) -> Self {
        let arguments = [&["exam", "--json"], options, &["--"], client].concat();
        // An exam may take longer than the patience of the other tests.
        let output = Command::new(&*BARE_OAUTH).args(arguments).env_clear().output().unwrap();
        assert!(output.stderr.is_empty(), "a pipe hears of no progress");
        Self { whole: serde_json::from_slice(&output.stdout).unwrap(), code: output.status.code() }
    }

    pub(crate) fn cases(&self) -> &[Value] {
        self.whole["cases"].as_array().unwrap()
    }

    /// The cases that have one of these verdicts.
    pub(crate) fn with(&self, verdicts: &[&str]) -> BTreeSet<String> {
        let is_wanted = |case: &&Value| verdicts.contains(&case["verdict"].as_str().unwrap());
        let names = self.cases().iter().filter(is_wanted).map(|case| &case["name"]);
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Nothing is wrong, and where something can't be told, it is one of these cases.
    pub(crate) fn assert_full_marks(&self, skipped: &[&str]) {
        assert_eq!(self.code, Some(0), "{}", self.whole);
        assert!(self.with(&["fail", "warn", "unclear"]).is_empty(), "{}", self.whole);
        assert!(self.with(&["skip"]).iter().all(|it| skipped.contains(&&**it)), "{}", self.whole);
    }

    /// What was seen in a case.
    pub(crate) fn seen(&self, name: &str) -> &str {
        let case = self.cases().iter().find(|case| case["name"] == name);
        case.expect(name)["seen"].as_str().unwrap()
    }
}

/// What can't be told on every machine.
pub(crate) fn untold() -> &'static [&'static str] {
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    match (cfg!(target_os = "linux"), has_ipv6) {
        (true, true) => &[],
        (true, false) => &["both-families"],
        (false, _) => &["both-families", "loopback-only", "idle"],
    }
}

#[test]
fn bare_oauth_has_full_marks_wherever_nobody_has_to_wait_long() {
    let report =
        Report::of(&["--skip", "*-silence,*-drip,*-endless", "--jobs", "8"], &[&BARE_OAUTH]);
    report.assert_full_marks(untold());
}

#[test]
#[ignore = "needs half a minute"]
fn bare_oauth_has_full_marks_within_a_minute() {
    let start = Instant::now();
    Report::of(&[], &[&BARE_OAUTH]).assert_full_marks(untold());
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn the_list_is_the_one_that_was_agreed_on() {
    // Nothing is run, so that it doesn't matter what.
    let unlisted = exam(&["--list"], &["/no/such/program"]);
    let finished = Program::bare(&["exam", "--list"]).run();
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""));
    assert_eq!(unlisted.stdout, finished.stdout);
    assert_golden("exam-list.txt", &finished.stdout);
}

#[test]
fn the_report_for_a_program_is_one_object() {
    let report =
        Report::of(&["--only", "login,idle,prints-no-secret"], &[&BARE_OAUTH, "--no-browser"]);
    let object = report.whole.as_object().unwrap();
    let keys: Vec<_> = object.keys().map(String::as_str).collect();
    assert_eq!(
        keys.join(" "),
        "exam client kind passed failed warned skipped unclear not_run new stale cases"
    );
    assert_eq!(object["exam"], env!("CARGO_PKG_VERSION"));
    assert_eq!(object["client"], serde_json::json!([*BARE_OAUTH, "--no-browser"]));
    let passed = &object["passed"];
    let failed = &object["failed"];
    assert_eq!((passed.as_u64(), failed.as_u64()), (Some(3 - untold_of_idle()), Some(0)));
    let legs = [serde_json::json!(1), serde_json::json!(2), serde_json::json!("all")];
    for (case, leg) in report.cases().iter().zip(legs) {
        let keys: Vec<_> = case.as_object().unwrap().keys().collect();
        let keys: Vec<_> = keys.into_iter().map(String::as_str).collect();
        assert_eq!(keys.join(" "), "name leg level verdict seen rule what why advice seconds");
        let known = CASES.iter().find(|known| case["name"] == *known.name).unwrap();
        assert_eq!((&case["leg"], case["level"].as_str()), (&leg, Some(&*known.level)));
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
    let expected = "This client is confidential (its secret is in the body), uses state and PKCE, asks \
        for a profile, and takes its callback as a GET on the given port.\n\
        Leg 1: the authorization request\n  pass  login\n\
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
    assert_eq!(
        listed(&["--only", "token-error-*,pk*e"]),
        ["pkce", "token-error-200", "token-error-400", "token-error-401"]
    );
    assert_eq!(
        listed(&["--only", "leg:1,idle", "--skip", "*-*"]),
        ["login", "state", "pkce", "idle"]
    );
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
        (&["--explain", "--", &BARE_OAUTH], "`--explain` needs a value"),
        (&["--explain", "guess"], "`guess`"),
        (&["--tell", "--", &BARE_OAUTH], "`exam` has no option `--tell`"),
        (&["--json=yes", "--", &BARE_OAUTH], "`--json` takes no value"),
        (&["--reveal", "--", &BARE_OAUTH], "`--reveal` needs `--show` or `--save`"),
        (&["--baseline", "/no/such", "--", &BARE_OAUTH], "`--baseline` can't read `/no/such`"),
        (&["--only", "login,guess", "--", &BARE_OAUTH], "`guess`"),
        (
            &["--save", "/dev/null/saved", "--", &BARE_OAUTH],
            "`--save` can't write to `/dev/null/saved`",
        ),
        (&["--skip", "Login", "--", &BARE_OAUTH], "`Login`"),
        (
            &["--only", "idle", "--skip", "idle", "--", &BARE_OAUTH],
            "`--only` and `--skip` leave no case",
        ),
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
    assert_eq!((finished.code, &*finished.stderr), (Some(3), ""), "{}", finished.stdout);
    let lines: Vec<_> = finished.stdout.lines().collect();
    assert_eq!(lines[0], "Leg 1: the authorization request");
    assert!(lines[1].starts_with("  fail  login  ") && lines[1].contains(seen), "{}", lines[1]);
    let counts = format!("0 passed, 1 failed, 0 warned, 0 skipped, {} not run", CASES.len() - 1);
    assert_eq!((lines.len(), lines[5]), (6, &*counts), "{}", finished.stdout);
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
    for (line, why) in [
        ("exit 0", ": it exited with status 0"),
        (
            "echo There is nothing to do",
            ": it exited with status 0; it said `There is nothing to do`",
        ),
        (
            "echo I wait >&2; exec sleep 100",
            ": it still ran when its time was over; it said `I wait`",
        ),
        // What a client says does no harm here.
        ("printf 'a\\033[31mb\\n'", ": it exited with status 0; it said `a\\u001b[31mb`"),
        ("exec sleep 100", ", and nothing was opened or printed"),
    ] {
        let seen = format!("no authorization request came{why}");
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
    // A process that nobody waits for stays as a zombie.
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
    report.assert_full_marks(&[]);
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
    report.assert_full_marks(&["both-families"]);
    assert!(report.with(&["skip"]).contains("both-families"), "{}", report.whole);
}

#[test]
fn started_as_a_clients_browser_the_program_tells_the_exam_what_to_open_and_ends() {
    let provider = Provider::friendly();
    let url = "http://localhost/a?b=c";
    let started = Program::bare(&[url]).env("BARE_OAUTH_EXAM", &provider.url(""));
    let finished = started.run();
    assert_eq!((finished.code, &*finished.stdout, &*finished.stderr), (Some(0), "", ""));
    let requests = provider.requests();
    let told = "GET /exam/opened?url=http%3A%2F%2Flocalhost%2Fa%3Fb%3Dc HTTP/1.1\r\n";
    assert!(requests.len() == 1 && requests[0].starts_with(told), "{requests:?}");
    // Nobody else has such a browser.
    assert_eq!(Program::bare(&[url]).run().code, Some(2));
    assert_eq!(provider.requests().len(), 1);
}

#[cfg(unix)]
#[test]
fn an_exam_compares_with_the_failures_that_are_known_and_keeps_what_it_has_seen() {
    let folder = Folder::new("exam-baseline");
    let known = folder.file("known.txt");
    // It takes no part of the environment that tells it which issuer to expect.
    let client = ["/bin/sh", "-c", "unset ISSUER; exec \"$0\"", &BARE_OAUTH];
    let cases = ["--only", "login,wrong-issuer,pkce"];
    let run = |more: &[&str]| exam(&[&cases, more].concat(), &client);

    let finished = run(&[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stdout);
    assert!(finished.stdout.contains("  warn  wrong-issuer"), "{}", finished.stdout);
    assert_eq!(run(&["--strict"]).code, Some(1));

    for (text, strict, code, line) in [
        ("# nothing\n", true, 1, "new: wrong-issuer isn't in the baseline"),
        ("wrong-issuer # until it can be told\n", true, 0, "1 warned"),
        ("pkce\n", false, 1, "stale: pkce passes, and still stands in the baseline"),
    ] {
        fs::write(&known, text).unwrap();
        let mut options = vec!["--baseline", &known];
        if strict {
            options.push("--strict");
        }
        let finished = run(&options);
        assert_eq!(finished.code, Some(code), "{text}: {}", finished.stdout);
        assert!(finished.stdout.contains(line), "{text}: {}", finished.stdout);
    }

    fs::write(&known, "wrong-isuer\n").unwrap();
    let finished = run(&["--baseline", &known]);
    assert_eq!((finished.code, &*finished.stdout), (Some(2), ""));
    assert!(finished.error().contains("no case is called `wrong-isuer`"), "{}", finished.stderr);

    let saved = folder.file("saved");
    let finished = run(&["--junit", "--save", &saved, "--repeat", "2"]);
    assert!(finished.stdout.contains("tests=\"3\" failures=\"0\" errors=\"0\""));
    let mut files = 0;
    for entry in fs::read_dir(&saved).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.contains("the browser sends GET /callback?code="), "{text}");
        assert!(text.contains("&client_secret=") && text.contains("gho_…"), "{text}");
        files += 1;
    }
    // The login, three runs of wrong-issuer and one of pkce, twice.
    assert_eq!(files, 10);
}

#[test]
fn a_case_is_explained_and_shown() {
    let finished = Program::bare(&["exam", "--explain", "forged-state"]).run();
    assert_eq!((finished.code, &*finished.stderr), (Some(0), ""));
    for text in ["Leg 2: the callback", "A client must pass it", "Compare state"] {
        assert!(finished.stdout.contains(text), "{text}: {}", finished.stdout);
    }
    let finished = exam(&["--show", "forged-state"], &[&BARE_OAUTH]);
    assert_eq!(finished.code, Some(0), "{}", finished.stdout);
    for text in ["state=forged-", "the provider hears POST /login/oauth/access_token", "gho_…"] {
        assert!(finished.stdout.contains(text), "{text}: {}", finished.stdout);
    }
    assert!(finished.stdout.contains("  pass  forged-state\n"), "{}", finished.stdout);
}

#[cfg(unix)]
#[test]
fn a_case_is_shown_without_its_secrets() {
    let client = ["/bin/sh", "-c", "CLIENT_AUTH=basic exec \"$0\"", &BARE_OAUTH];
    let shown = |more: &[&str]| exam(&[more, &["--show", "odd-secret"]].concat(), &client).stdout;
    // practice:a%2Bb%2Fc%3Dd%26e%25f%3Ag
    let credentials = "cHJhY3RpY2U6YSUyQmIlMkZjJTNEZCUyNmUlMjVmJTNBZw==";
    let masked = shown(&[]);
    assert!(masked.contains("authorization: Basic cHJh…\n"), "{masked}");
    assert!(!masked.contains(credentials), "{masked}");
    let revealed = shown(&["--reveal"]);
    assert!(revealed.contains(&format!("authorization: Basic {credentials}\n")), "{revealed}");
}
