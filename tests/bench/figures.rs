//! What `tests/README.md` says of size, speed and memory, measured: `make bench` prints the table.
//!
//! A benchmark and no test: a figure is worth something on a quiet machine only. `BENCH_BUILD=0`
//! leaves the clean build out. Needs Linux; what else it needs and does not find, it names in the
//! row.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// The two benches alone need Rust 1.87, for the pipe that takes both of the original's streams.
#![allow(clippy::incompatible_msrv)]

#[path = "../support/mod.rs"]
mod support;

use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, PipeReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::tls::{TlsServer, certificates};
use support::{
    Folder, GRANTED, JSON, Program, Provider, Reply, TOKEN, connect, press, python, reply, request,
    send,
};

const BIN: &str = env!("CARGO_BIN_EXE_bare-oauth");
/// A file that may have been built.
struct Built {
    name: &'static str,
    /// Below `target`.
    file: &'static str,
    /// The command that builds it.
    how: &'static str,
    /// Whether it is started as well, and measured.
    is_started: bool,
}

const fn started(name: &'static str, file: &'static str, how: &'static str) -> Built {
    Built { name, file, how, is_started: true }
}

const fn weighed(name: &'static str, file: &'static str, how: &'static str) -> Built {
    Built { name, file, how, is_started: false }
}

const BUILT: [Built; 10] = [
    started("static, the login alone", "static/bare-oauth", "make static"),
    started("musl, the login alone", "ports/x86_64-unknown-linux-musl/bare-oauth", "make ports"),
    weighed("release, the login alone", "size/release/login", "make size"),
    weighed("release, the least program", "size/release/least", "make size"),
    weighed("static", "static/bare-oauth-classroom", "make static CLASSROOM=1"),
    weighed("musl", "ports/x86_64-unknown-linux-musl/bare-oauth-classroom", "make ports"),
    weighed("ARM, the login alone", "ports/aarch64-unknown-linux-musl/bare-oauth", "make ports"),
    weighed("ARM", "ports/aarch64-unknown-linux-musl/bare-oauth-classroom", "make ports"),
    weighed("Windows, the login alone", "ports/x86_64-pc-windows-gnu/bare-oauth.exe", "make ports"),
    weighed("Windows", "ports/x86_64-pc-windows-gnu/bare-oauth-classroom.exe", "make ports"),
];
const ORIGINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/climb/0-original.py");
const WAIT: Duration = Duration::from_secs(5);

fn main() {
    println!("| what | measured | runs |\n|---|---|---|");
    let binaries = sizes();
    let original = original();
    starts(&binaries, original.as_ref());
    let costs = waits(&binaries, original.as_ref());
    memory_over_tls();
    callbacks();
    answers();
    if std::env::var("BENCH_BUILD").as_deref() == Ok("0") {
        row("clean release build", "not measured: BENCH_BUILD=0", 0);
    } else {
        let (time, crates) = clean_build();
        row("clean release build", format!("{:.0} s, {crates} crates", time.as_secs_f64()), 1);
    }

    // The budgets of what no other load on the machine changes.
    for cost in costs {
        assert!(cost.peak <= budget("WAITING_KB") && cost.wake_ups <= budget("WAKE_UPS"));
    }
}

/// A program that is started.
struct Binary {
    /// The end of its rows' names.
    which: String,
    file: String,
}

/// The size of each file. Gives those that are started.
fn sizes() -> Vec<Binary> {
    let release = size(BIN).unwrap();
    row("size, release", format!("{release} bytes"), 1);
    let mut binaries = vec![Binary { which: String::new(), file: BIN.to_owned() }];
    for built in BUILT {
        let name = format!("size, {}", built.name);
        let file = format!("{}/target/{}", env!("CARGO_MANIFEST_DIR"), built.file);
        let Some(bytes) = size(&file) else {
            row(&name, format!("not measured: {}", built.how), 0);
            continue;
        };
        row(&name, format!("{bytes} bytes"), 1);
        if built.is_started {
            binaries.push(Binary { which: format!(", {}", built.name), file });
        }
    }
    binaries
}

/// The time from the start of each program to the line that says that it listens.
fn starts(binaries: &[Binary], original: Option<&impl Fn() -> Command>) {
    let runs = 101;
    let time = |file: &str| median((0..runs).map(|_| Waiting::start(bare_oauth(file)).started_in));
    let mut times = Vec::new();
    for binary in binaries {
        let time = time(&binary.file);
        row(&format!("start to listening{}", binary.which), format!("{time:.2?}"), runs);
        times.push(time);
    }
    if let Some(original) = original {
        let runs = 11;
        let theirs = median((0..runs).map(|_| Waiting::start(original()).started_in));
        let times = theirs.as_secs_f64() / times[0].as_secs_f64();
        let measured = format!("{theirs:.0?}, {times:.0} times as long");
        row("start to listening, the original", measured, runs);
    }
}

/// The cost of waiting for five seconds, for each program.
fn waits(binaries: &[Binary], original: Option<&impl Fn() -> Command>) -> Vec<Cost> {
    let mut costs = Vec::new();
    for binary in binaries {
        let cost = Waiting::five_seconds(|| bare_oauth(&binary.file), 15);
        cost.rows(&binary.which);
        costs.push(cost);
    }
    match original {
        Some(original) => Waiting::five_seconds(original, 1).rows(", the original"),
        None => row("the original", "not measured: python3 with requests is missing", 0),
    }
    costs
}

fn memory_over_tls() {
    if Command::new("openssl").arg("version").output().is_err() {
        row("memory at the end, over TLS", "not measured: no openssl", 0);
        return;
    }
    let runs = 11;
    let folder = certificates("bench");
    let most = median((0..runs).map(|_| memory_at_the_end(&folder)));
    row("memory at the end, over TLS", format!("{most} kB at most"), runs);
}

fn callbacks() {
    let runs = 31;
    for connections in [0, 50, 500] {
        let times = (0..runs).map(|_| callback_to_exit(connections));
        let name = match connections {
            0 => "callback to exit, practice".to_owned(),
            count => format!("the same after {count} connections opened and closed"),
        };
        row(&name, format!("{:.2?}", median(times)), runs);
    }
}

/// The cost of the answers that cost the most.
fn answers() {
    let runs = 5;
    for answers in dear_answers() {
        let measured: Vec<_> = (0..runs).map(|_| answers.explained()).collect();
        let time = median(measured.iter().map(|cost| cost.time));
        let most = median(measured.iter().map(|cost| cost.most));
        row(answers.name, format!("{time:.0?}, {most} kB at most"), runs);
    }
}

/// A line of `tests/budgets`.
fn budget(name: &str) -> u64 {
    number(include_str!("../budgets"), &format!("{name}="))
}

fn row(what: &str, measured: impl Display, runs: usize) {
    println!("| {what} | {measured} | {runs} |");
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn size(file: &str) -> Option<u64> {
    fs::metadata(file).ok().map(|metadata| metadata.len())
}

fn bare_oauth(binary: &str) -> Command {
    let mut command = Command::new(binary);
    command
        .arg("--no-browser")
        .env_clear()
        .env("CLIENT_ID", "id")
        .env("CLIENT_SECRET", "secret")
        .env("REDIRECT_URI", "http://localhost:0/callback");
    command
}

/// How to start the original, where there is a Python with `requests`.
fn original() -> Option<impl Fn() -> Command> {
    let python = python()?;
    Some(move || {
        let mut command = Command::new(&python);
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        command
            .arg(ORIGINAL)
            .env_clear()
            .env("BROWSER", "true")
            .env("PATH", "/usr/bin:/bin")
            .env("PYTHONUNBUFFERED", "1")
            .env("CLIENT_ID", "id")
            .env("CLIENT_SECRET", "secret")
            .env("REDIRECT_URI", format!("http://localhost:{port}/callback"));
        command
    })
}

/// A program that waits for the callback. It is ended with its measurement.
struct Waiting {
    child: Child,
    /// The time from its start to the line that says that it listens.
    started_in: Duration,
    /// Open, so that nothing it says fails.
    _output: BufReader<PipeReader>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What all threads of a program have used so far.
struct Used {
    /// Processor time.
    nanoseconds: u64,
    /// How often a thread went to sleep.
    sleeps: u64,
}

/// What it costs to wait for five seconds.
struct Cost {
    /// Processor time in nanoseconds.
    processor: u64,
    wake_ups: u64,
    resident: u64,
    peak: u64,
    runs: usize,
}

impl Waiting {
    /// Starts it, and waits for the line that it says when it listens.
    fn start(mut command: Command) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
        let start = Instant::now();
        let child = command.spawn().unwrap();
        // Its copies of the pipe's other end would keep the pipe open.
        drop(command);
        let mut output = BufReader::new(reader);
        let mut line = String::new();
        // The original has two threads that print, sometimes on one line.
        while !line.contains("Callback server running on ") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it listens");
        }
        Self { child, started_in: start.elapsed(), _output: output }
    }

    fn five_seconds(command: impl Fn() -> Command, runs: usize) -> Cost {
        let waiting: Vec<_> = (0..runs).map(|_| Self::start(command())).collect();
        // Until it has opened the browser and has nothing more to say.
        thread::sleep(Duration::from_secs(1));
        let before: Vec<_> = waiting.iter().map(Self::used).collect();
        thread::sleep(WAIT);
        let after: Vec<_> = waiting.iter().map(Self::used).collect();
        let used = || before.iter().zip(&after);
        let status = |name| median(waiting.iter().map(|one| one.status(name)));
        Cost {
            processor: median(used().map(|(before, after)| after.nanoseconds - before.nanoseconds)),
            wake_ups: median(used().map(|(before, after)| after.sleeps - before.sleeps)),
            resident: status("VmRSS:"),
            peak: status("VmHWM:"),
            runs,
        }
    }

    fn used(&self) -> Used {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let mut used = Used { nanoseconds: 0, sleeps: 0 };
        for task in tasks {
            let task = task.unwrap().path();
            let schedstat = fs::read_to_string(task.join("schedstat")).unwrap();
            used.nanoseconds += number(&schedstat, "");
            let status = fs::read_to_string(task.join("status")).unwrap();
            used.sleeps += number(&status, "voluntary_ctxt_switches:");
        }
        used
    }

    fn status(&self, name: &str) -> u64 {
        status(self.child.id(), name)
    }
}

impl Cost {
    fn rows(&self, whose: &str) {
        let processor = format!("{:.0?}", Duration::from_nanos(self.processor));
        let memory = format!("{} kB, {} kB at most", self.resident, self.peak);
        let row =
            |what: &str, measured: String| row(&format!("{what}{whose}"), measured, self.runs);
        row("processor time in 5 s of waiting", processor);
        row("wake-ups in 5 s of waiting", self.wake_ups.to_string());
        row("memory while waiting", memory);
    }
}

/// A line of `/proc/[pid]/status`, proc(5).
fn status(id: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    number(&text, name)
}

fn number(text: &str, name: &str) -> u64 {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The most memory that a login with https endpoints has taken when its page is in the tab, in kB.
fn memory_at_the_end(folder: &Folder) -> u64 {
    let token = TlsServer::start(folder);
    let user = TlsServer::start(folder);
    let mut running = Program::at(&Provider::friendly(), &["--no-browser"])
        .env("TOKEN_URL", &format!("https://localhost:{}/token", token.port))
        .env("USER_URL", &format!("https://localhost:{}/user", user.port))
        .env("SSL_CERT_FILE", &folder.file("ca.pem"))
        .start();
    token.answer("POST /token HTTP/1.1", &Provider::token());
    user.answer("GET /user HTTP/1.1", &Provider::profile());
    let authorization = running.wait_for_authorization();
    let callback = authorization.callback(GRANTED);
    let mut tab = connect(authorization.address());
    tab.write_all(request("GET", &callback).as_bytes()).unwrap();
    let mut page = String::new();
    tab.read_to_string(&mut page).unwrap();
    // It has sent the page, and waits until the tab is closed.
    let most = status(running.id(), "VmHWM:");
    drop(tab);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    running.finish().assert_success();
    most
}

/// The answers to legs 3 and 4.
struct Answers {
    name: &'static str,
    token: Reply,
    user: Reply,
}

/// The time from the callback to the page, and the most memory that was taken, in kB.
struct Explained {
    time: Duration,
    most: u64,
}

/// A short answer, and of the answers of nearly 1 MiB that were tried those that cost the most to read,
/// to mask and to show.
fn dear_answers() -> Vec<Answers> {
    const LENGTH: usize = (1 << 20) - 1000;
    let fill = |start: &str, part: &str, end: &str| {
        let count = (LENGTH - start.len() - end.len()) / part.len();
        reply(200, JSON, &format!("{start}{}{end}", part.repeat(count)))
    };
    let token = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer""#);
    // With signs that each coding writes in its own way.
    let mut tokens = String::new();
    for number in 0..24 {
        let mut token = String::new();
        for at in 0..4000 {
            token += &format!("{:x}/+", at * (number + 7) % 4093);
        }
        tokens += &format!(r#""{}","#, &token[..8000]);
    }
    let many = format!(r#"{token},"tokens":[{tokens}""],"x":""#);
    vec![
        Answers {
            name: "explained: callback to page",
            token: Provider::token(),
            user: Provider::profile(),
        },
        Answers {
            name: "the same, 24 tokens of 8,000 bytes in 1 MiB of escapes",
            token: fill(&many, "%2525", "\"}"),
            user: Provider::profile(),
        },
        Answers {
            name: "the same, 1 MiB of words",
            token: Provider::token(),
            user: fill(r#"{"login":"mona","bio":""#, "gho_t0ken", "\"}"),
        },
        Answers {
            name: "the same, 1 MiB of members",
            token: Provider::token(),
            user: fill(r#"{"login":"mona""#, r#","":1"#, "}"),
        },
        Answers {
            name: "the same, 1 MiB of objects",
            token: Provider::token(),
            user: fill(r#"{"login":"mona","x":["#, r#"{"":1},"#, "1]}"),
        },
    ]
}

impl Answers {
    fn explained(&self) -> Explained {
        let provider = Provider::start(self.token.clone(), self.user.clone());
        let mut running = Program::at(&provider, &["--no-browser", "--explain"]).start();
        let authorization = running.wait_for_authorization();
        let callback = request("GET", &authorization.callback(GRANTED));
        let start = Instant::now();
        let mut tab = connect(authorization.address());
        tab.write_all(callback.as_bytes()).unwrap();
        let mut page = String::new();
        tab.read_to_string(&mut page).unwrap();
        let time = start.elapsed();
        let most = status(running.id(), "VmHWM:");
        drop(tab);
        // A login that refuses such an answer has read it as well.
        let status = page.get(..12).unwrap_or_default();
        let code = running.finish().code;
        assert!(
            matches!((status, code), ("HTTP/1.1 200", Some(0)) | ("HTTP/1.1 502", Some(1))),
            "{page}"
        );
        Explained { time, most }
    }
}

/// The time from the callback to the end of the program, after so many connections were opened and
/// closed. The bench plays the browser.
fn callback_to_exit(connections: usize) -> Duration {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    let callback = request("GET", &press(&authorization, "authorize"));
    for _ in 0..connections {
        drop(connect(authorization.address()));
    }
    let start = Instant::now();
    let page = send(authorization.address(), callback.as_bytes());
    let finished = running.finish();
    let time = start.elapsed();
    assert_eq!((page.status, finished.code), (200, Some(0)));
    time
}

/// How long a build from nothing takes, the packages downloaded, and how many crates it compiles.
fn clean_build() -> (Duration, usize) {
    let folder = Folder::new("clean-build");
    let start = Instant::now();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(&*folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let time = start.elapsed();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    (time, said.matches("   Compiling ").count())
}
