//! The exam's own safety: a client is a stranger. Whatever it does, the exam ends in time, leaves nothing
//! running, uses bounded memory, and says what it knows.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::exam::{BARE_OAUTH, Report};
use crate::support::Folder;

/// A client that logs in once, and does this from then on.
fn logs_in_once(folder: &Folder, then: &str) -> Vec<String> {
    let line = format!("if [ -e \"$1\" ]; then {then}; fi; : > \"$1\"; exec \"$0\"");
    let first = folder.file("first");
    ["/bin/sh", "-c", &line, &BARE_OAUTH, &first].map(str::to_owned).to_vec()
}

fn examine(options: &[&str], client: &[String]) -> Report {
    let client: Vec<_> = client.iter().map(String::as_str).collect();
    Report::of(options, &client)
}

#[test]
fn a_client_that_crashes_hangs_or_says_nothing_after_its_first_login_is_unclear() {
    for (name, then) in [("crashes", "exit 9"), ("hangs", "exec sleep 100"), ("ends", "exit 0")] {
        let folder = Folder::new(&format!("exam-{name}"));
        let client = logs_in_once(&folder, then);
        let cases = "login,forged-state,access-denied,token-500,profile-401,state";
        let report = examine(&["--timeout", "2", "--jobs", "6", "--only", cases], &client);
        assert_eq!(report.code, Some(1), "{then}: {}", report.whole);
        let unclear = report.with(&["unclear"]);
        for case in ["forged-state", "access-denied", "token-500", "profile-401", "state"] {
            assert!(unclear.contains(case), "{then}: {}", report.whole);
            let seen = report.seen(case);
            assert!(seen.starts_with("no authorization request came: it "), "{then}: {seen}");
        }
        assert!(report.with(&["pass"]).contains("login"), "{then}: {}", report.whole);
    }
}

/// A time to sleep that no other run of these tests has, so that a process can be known by it.
fn nap(number: u32) -> String {
    (number * 10_000_000 + std::process::id()).to_string()
}

/// The processes that have this in their command line.
#[cfg(target_os = "linux")]
fn running(mark: &str) -> usize {
    let mut count = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        count += usize::from(String::from_utf8_lossy(&line).contains(mark));
    }
    count
}

#[cfg(target_os = "linux")]
fn assert_none_is_left(mark: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    while running(mark) > 0 {
        assert!(Instant::now() < until, "{mark} still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn children_that_leave_are_ended() {
    let nap = nap(1);
    for line in [
        "sleep $1 & exec \"$0\"",
        "(setsid sleep $1 &) ; exec \"$0\"",
        "(setsid sleep $1 > /dev/null 2>&1 < /dev/null &) ; exec \"$0\"",
    ] {
        let client = ["/bin/sh", "-c", line, &BARE_OAUTH, &nap].map(str::to_owned);
        let start = Instant::now();
        let report = examine(&["--only", "login,forged-state"], &client);
        assert_eq!(report.code, Some(0), "{line}: {}", report.whole);
        assert!(start.elapsed() < Duration::from_secs(30), "{line}: {:?}", start.elapsed());
        assert_none_is_left(&format!("sleep\0{nap}"));
    }
}

/// What the exam of a client said and needed.
#[cfg(target_os = "linux")]
#[derive(Default)]
struct Cost {
    report: String,
    /// The memory, at its most.
    kib: u64,
    /// The processor's time, which a busy machine doesn't make longer, as it does the clock's.
    seconds: u64,
}

/// More than any exam here needs. One that is caught in a loop is ended then.
#[cfg(target_os = "linux")]
const MAX_SECONDS: u64 = 200;

#[cfg(target_os = "linux")]
fn measure(cases: &str, client: &[&str]) -> Cost {
    let mut exam = Command::new(&*BARE_OAUTH)
        .args(["exam", "--only", cases, "--"])
        .args(client)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut cost = Cost::default();
    while exam.try_wait().unwrap().is_none() {
        for worker in children(exam.id()) {
            cost.kib = cost.kib.max(peak_memory(worker));
            cost.seconds = cost.seconds.max(processor_seconds(worker));
        }
        if cost.seconds > MAX_SECONDS {
            exam.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    exam.stdout.take().unwrap().read_to_string(&mut cost.report).unwrap();
    cost
}

#[cfg(target_os = "linux")]
#[test]
fn whatever_a_client_prints_the_exam_needs_at_most_64_mib() {
    let lines = "yes http://127.0.0.1:1/login/oauth/authorize?client_id=practice | head -c 50000000 & \
        yes no end of it | head -c 50000000 >&2 & exec \"$0\"";
    let client = ["/bin/sh", "-c", lines, &BARE_OAUTH];
    let cost = measure("login,state,pkce,prints-no-secret", &client);
    assert!(cost.report.contains("passed"), "{}", cost.report);
    assert!(cost.kib > 0 && cost.kib <= 64 * 1024, "{} KiB", cost.kib);
    assert!(cost.seconds <= MAX_SECONDS, "{} s", cost.seconds);
}

/// A client whose page is full of addresses, and that sends large requests as fast as it can.
#[cfg(target_os = "linux")]
const FLOOD: &str = r#"
import http.server, json, os, queue, socket, threading, urllib.parse, urllib.request

PAGE = b"<a " + b"src=" * 32000
PARAMETERS = b"a&" * 64000
FIELDS = b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(7000))
ENDPOINT = urllib.parse.urlparse(os.environ["AUTH_URL"])
CALLBACK = os.environ["REDIRECT_URI"]
codes = queue.Queue()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE)
        for code in query.get("code", []):
            codes.put(code)

    def log_message(self, *args):
        pass

def flood(request):
    for _ in range(20):
        try:
            with socket.create_connection((ENDPOINT.hostname, ENDPOINT.port)) as connection:
                connection.sendall(request)
                connection.recv(1)
        except OSError:
            pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", urllib.parse.urlparse(CALLBACK).port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
ask = {"client_id": "practice", "redirect_uri": CALLBACK}
print(os.environ["AUTH_URL"] + "?" + urllib.parse.urlencode(ask), flush=True)
code = codes.get()
floods = []
for request in (
    b"GET /user?%s HTTP/1.1\r\n\r\n" % PARAMETERS,
    b"GET /login/oauth/authorize?%s HTTP/1.1\r\n\r\n" % PARAMETERS,
    b"GET /login/oauth/elsewhere HTTP/1.1\r\n%s\r\n" % FIELDS,
    b"POST /login/oauth/elsewhere HTTP/1.1\r\nContent-Length: 128000\r\n\r\n" + PARAMETERS,
):
    floods.append(threading.Thread(target=flood, args=(request,)))
form = {"code": code, "redirect_uri": CALLBACK, "client_id": "practice",
        "client_secret": os.environ["CLIENT_SECRET"]}
form = urllib.parse.urlencode(form).encode()
token = json.load(urllib.request.urlopen(os.environ["TOKEN_URL"], form))["access_token"]
headers = {"Authorization": "Bearer " + token}
urllib.request.urlopen(urllib.request.Request(os.environ["USER_URL"], headers=headers))
for thread in floods:
    thread.start()
for thread in floods:
    thread.join()
"#;

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs python3"]
fn whatever_a_client_sends_and_serves_the_exam_needs_at_most_64_mib() {
    let cases = "login,survives-forgery,stray-requests,page-third-party";
    let cost = measure(cases, &["python3", "-c", FLOOD]);
    assert!(cost.report.contains("  pass  login\n"), "{}", cost.report);
    assert!(cost.kib > 0 && cost.kib <= 64 * 1024, "{} KiB", cost.kib);
    // A page that was looked at again for each of its addresses would take hours.
    assert!(cost.seconds <= MAX_SECONDS, "{} s", cost.seconds);
}

#[cfg(target_os = "linux")]
fn children(id: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// In KiB.
#[cfg(target_os = "linux")]
fn peak_memory(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).map_or(0, |number| number.parse().unwrap())
}

/// That this process has used so far, in all its threads.
#[cfg(target_os = "linux")]
fn processor_seconds(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Behind the name, which may have blanks: the times in user and kernel mode are the fields 14 and 15
    // of proc(5), in hundredths.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|time| time.parse::<u64>().unwrap()).sum::<u64>() / 100
}

/// As under nohup, and then in every program that is started from here.
#[cfg(unix)]
fn is_hup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t"));
    ignored.is_some_and(|set| u64::from_str_radix(set, 16).unwrap() & 1 == 1)
}

#[cfg(unix)]
#[test]
fn an_exam_that_is_interrupted_ends_its_clients_and_says_what_it_knows() {
    let nap = nap(2);
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        if signal == "HUP" && is_hup_ignored() {
            // Under nohup an exam is to go on.
            continue;
        }
        let folder = Folder::new(&format!("exam-signal-{signal}"));
        let then = format!("echo > \"$1.again\"; exec sleep {nap}");
        let client = logs_in_once(&folder, &then);
        let mut exam = Command::new(&*BARE_OAUTH)
            .args(["exam", "--json", "--only", "login,forged-state", "--"])
            .args(&client)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while !Path::new(&folder.file("first.again")).exists() {
            assert!(Instant::now() < until, "{signal}: the second run never began");
            std::thread::sleep(Duration::from_millis(10));
        }
        let kill = Command::new("kill").args(["-s", signal, &exam.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let mut report = String::new();
        exam.stdout.take().unwrap().read_to_string(&mut report).unwrap();
        exam.wait().unwrap();
        let report: Value = serde_json::from_str(&report).expect(&report);
        assert_eq!(report["cases"][0]["verdict"], "pass", "{signal}: {report}");
        assert_eq!(report["cases"][1]["verdict"], "not run", "{signal}: {report}");
        #[cfg(target_os = "linux")]
        assert_none_is_left(&format!("sleep\0{nap}"));
    }
}

#[cfg(unix)]
#[test]
fn a_client_that_prints_a_thousand_urls_and_never_asks_ends_in_time() {
    let line = "i=0; while [ $i -lt 1000 ]; do echo http://127.0.0.1:9/$i; i=$((i+1)); done; exec sleep 100";
    let start = Instant::now();
    let report = Report::of(&["--timeout", "3"], &["/bin/sh", "-c", line]);
    assert_eq!(report.code, Some(3), "{}", report.whole);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
