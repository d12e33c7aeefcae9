//! This program beside others that log in by a browser, measured in one run: `make bench-others` prints the
//! table of `tests/README.md`.
//!
//! Files of the program are measured where `make ports` and `make static` built them. GitHub CLI,
//! git-credential-oauth and rclone are Debian's; they are unpacked in `target/others`, and dpkg learns
//! nothing of them. `BENCH_ONLY=rclone` measures the rows with that in their name. Each logs in at
//! `bare-oauth provider`, but for the GitHub CLI: at github.com it has a code typed in (RFC 8628), and
//! opens no port. Needs Linux, `apt-get` and gcc.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// The two benches alone need Rust 1.87, for the pipe that takes both streams of a program.
#![allow(clippy::incompatible_msrv)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{
    Authorization, EXPORT, Folder, PATIENCE, Program, connect, get, press, python, request,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const WAIT: Duration = Duration::from_secs(5);
/// Where the others come back to; rclone's is always the same.
const RCLONE: &str = "http://127.0.0.1:53682/";

/// A program of the table.
struct Row {
    name: &'static str,
    file: PathBuf,
    /// What it may be a login of; none where only its size is measured.
    client: Client,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Ours,
    Original,
    GitCredentialOauth,
    Rclone,
    /// A listener that does nothing else.
    Least,
    /// It opens no port, or runs on another system.
    Unmeasured,
}

fn main() {
    let rows = rows();
    println!(
        "| file | bytes | start to listening | memory while waiting, at most | wake-ups in 5 s | callback to exit |"
    );
    println!("|---|---|---|---|---|---|");
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    for row in rows.iter().filter(|row| row.name.contains(&only)) {
        let Ok(metadata) = fs::metadata(&row.file) else {
            println!("| {} | not built, or not installed | | | | |", row.name);
            continue;
        };
        let mut cells = vec![row.name.to_owned(), metadata.len().to_string()];
        if row.client != Client::Unmeasured {
            cells.push(format!("{:.2?}", row.start()));
            let cost = row.wait();
            cells.push(format!("{} kB, {} kB", cost.resident, cost.peak));
            cells.push(cost.wake_ups.to_string());
            let exit = row.callback_to_exit();
            cells.push(exit.map(|time| format!("{time:.1?}")).unwrap_or_default());
        }
        cells.resize(6, String::new());
        println!("| {} |", cells.join(" | "));
    }
    assert_starts(&rows);
}

fn rows() -> Vec<Row> {
    let built = |file: &str| Path::new(ROOT).join("target").join(file);
    let row = |name, file: &str, client| Row { name, file: built(file), client };
    let mut rows = vec![
        row(MUSL, "ports/x86_64-unknown-linux-musl/bare-oauth", Client::Ours),
        row(
            "the same, with the classroom",
            "ports/x86_64-unknown-linux-musl/bare-oauth-classroom",
            Client::Ours,
        ),
        row("static, glibc (`make static`)", "static/bare-oauth", Client::Ours),
        row("release, with the classroom (`make build`)", "release/bare-oauth", Client::Ours),
        row("64-bit ARM, musl", "ports/aarch64-unknown-linux-musl/bare-oauth", Client::Unmeasured),
        row(
            "the same, with the classroom",
            "ports/aarch64-unknown-linux-musl/bare-oauth-classroom",
            Client::Unmeasured,
        ),
        row("Windows", "ports/x86_64-pc-windows-gnu/bare-oauth.exe", Client::Unmeasured),
        row(
            "the same, with the classroom",
            "ports/x86_64-pc-windows-gnu/bare-oauth-classroom.exe",
            Client::Unmeasured,
        ),
    ];
    rows.push(Row { name: LEAST, file: build_least(), client: Client::Least });
    rows.push(Row {
        name: "the script in Python (and Python, and requests)",
        file: Path::new(ROOT).join("tests/climb/0-original.py"),
        client: Client::Original,
    });
    let others = unpack_others();
    let other = |name, file: &str, client| Row { name, file: others.join(file), client };
    rows.push(other(
        "git-credential-oauth, Debian's",
        "usr/bin/git-credential-oauth",
        Client::GitCredentialOauth,
    ));
    rows.push(other("rclone, Debian's", "usr/bin/rclone", Client::Rclone));
    rows.push(other("gh, Debian's (it opens no port)", "usr/bin/gh", Client::Unmeasured));
    rows
}

const MUSL: &str = "x86-64, musl, the login alone (`make ports`)";
const LEAST: &str = "the least static listener (`tests/bench/listener.c`)";

/// The start is either short, or not much longer than that of a program which does nothing but listen. The two
/// take turns, because the machine is faster at one moment than at another.
fn assert_starts(rows: &[Row]) {
    let built = |name| rows.iter().find(|row| row.name == name && row.file.exists());
    let (Some(musl), Some(least)) = (built(MUSL), built(LEAST)) else { return };
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..201 {
        ours.push(Waiting::start(musl, Place::nowhere()).time);
        theirs.push(Waiting::start(least, Place::nowhere()).time);
    }
    let ours = median(ours.into_iter());
    let theirs = median(theirs.into_iter());
    let percent = ours.as_micros() * 100 / theirs.as_micros();
    println!(
        "\nIn turns, the musl file listens after {ours:.0?}, and the least static listener after \
         {theirs:.0?}: {percent} %."
    );
    let is_short = ours.as_micros() <= budget("MUSL_START_US").into();
    assert!(is_short || percent <= budget("MUSL_START_PERCENT").into(), "{ours:?}, {theirs:?}");
}

/// A line of `tests/budgets`.
fn budget(name: &str) -> u64 {
    number(include_str!("../budgets"), &format!("{name}="))
}

fn build_least() -> PathBuf {
    let file = Path::new(ROOT).join("target/others/listener");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let source = Path::new(ROOT).join("tests/bench/listener.c");
    // With musl, as the file that it is compared with, where musl is installed.
    for compiler in ["musl-gcc", "gcc"] {
        let built = Command::new(compiler)
            .args(["-Os", "-s", "-static", "-o"])
            .arg(&file)
            .arg(&source)
            .status();
        if built.is_ok_and(|status| status.success()) {
            break;
        }
    }
    file
}

fn unpack_others() -> PathBuf {
    let folder = Path::new(ROOT).join("target/others");
    let script = "cd \"$0\" && [ -e usr/bin/gh ] || { apt-get download -q gh git-credential-oauth rclone && \
                  for package in *.deb; do dpkg -x \"$package\" .; done; }";
    let done = Command::new("sh").args(["-c", script]).arg(&folder).stdout(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("Debian's packages could not be had");
    }
    folder
}

impl Row {
    /// The median time from its start to the line that says that it listens.
    fn start(&self) -> Duration {
        let runs = if matches!(self.client, Client::Ours | Client::Least) { 101 } else { 11 };
        median((0..runs).map(|_| Waiting::start(self, Place::nowhere()).time))
    }

    fn wait(&self) -> Cost {
        let runs = if self.client == Client::Rclone { 1 } else { 5 };
        let waiting: Vec<_> = (0..runs).map(|_| Waiting::start(self, Place::nowhere())).collect();
        // Until it has said what it has to say.
        thread::sleep(Duration::from_secs(1));
        let before: Vec<u64> = waiting.iter().map(Waiting::sleeps).collect();
        thread::sleep(WAIT);
        Cost {
            wake_ups: median(
                waiting.iter().zip(&before).map(|(one, before)| one.sleeps() - before),
            ),
            resident: median(waiting.iter().map(|one| one.status("VmRSS:"))),
            peak: median(waiting.iter().map(|one| one.status("VmHWM:"))),
        }
    }

    /// The median time from the callback to the end of the program, in a whole login.
    fn callback_to_exit(&self) -> Option<Duration> {
        if self.client == Client::Least {
            return None;
        }
        let runs = if self.client == Client::Ours { 31 } else { 5 };
        Some(median((0..runs).map(|_| self.log_in())))
    }

    fn log_in(&self) -> Duration {
        let redirect_uri = match self.client {
            Client::Rclone => RCLONE.to_owned(),
            _ => format!("http://127.0.0.1:{}/callback", free_port()),
        };
        let provider =
            Program::bare(&["provider", "--port", "0"]).env("REDIRECT_URI", &redirect_uri);
        let mut provider = provider.start();
        let place = Place::read(&provider.exports());
        let mut waiting = Waiting::start(self, place);
        let authorization = waiting.authorization();
        let callback = press(&authorization, "authorize");
        let (_, rest) = callback.split_once("://").unwrap();
        let address = rest.split('/').next().unwrap();
        let mut tab = connect(address);
        let start = Instant::now();
        tab.write_all(request("GET", &callback).as_bytes()).unwrap();
        tab.read_to_end(&mut Vec::new()).unwrap();
        drop(tab);
        let status = waiting.finish();
        let time = start.elapsed();
        assert!(status, "{} logs in: {}", self.name, waiting.seen.lock().unwrap());
        time
    }

    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(&self.file);
        match self.client {
            Client::Ours => {
                command.arg("--no-browser");
            }
            Client::Original => {
                command = Command::new(python().expect("a Python with requests"));
                command.arg(&self.file);
            }
            Client::GitCredentialOauth => {
                command.arg("get");
            }
            Client::Rclone => {
                command.args([
                    "--config",
                    &place.rclone_config(),
                    "--retries",
                    "1",
                    "config",
                    "create",
                ]);
                command.args(["bench", "drive", &format!("client_id={}", place.client_id)]);
                command.arg(format!("client_secret={}", place.client_secret));
                command.arg(format!("auth_url={}", place.auth_url));
                command.arg(format!("token_url={}", place.token_url));
                command.args(["scope=drive.readonly", "config_change_team_drive=false"]);
            }
            Client::Least | Client::Unmeasured => {}
        }
        command.env_clear();
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &*place.home)
            .env("BROWSER", place.browser());
        command.env("PYTHONUNBUFFERED", "1");
        for (name, value) in &place.variables {
            command.env(name, value);
        }
        if self.client == Client::GitCredentialOauth {
            place.configure_git(&mut command);
        }
        command
    }
}

/// The provider to log in at, and a home to do it in.
struct Place {
    variables: Vec<(String, String)>,
    client_id: String,
    client_secret: String,
    auth_url: String,
    token_url: String,
    redirect_uri: String,
    home: Folder,
}

impl Place {
    /// A provider that nobody asks.
    fn nowhere() -> Self {
        let redirect_uri = format!("http://127.0.0.1:{}/callback", free_port());
        Self::read(&format!(
            "{EXPORT}CLIENT_ID=id\n{EXPORT}CLIENT_SECRET=secret\n\
             {EXPORT}AUTH_URL=http://127.0.0.1:1/login/oauth/authorize\n\
             {EXPORT}TOKEN_URL=http://127.0.0.1:1/login/oauth/access_token\n\
             {EXPORT}USER_URL=http://127.0.0.1:1/user\n{EXPORT}REDIRECT_URI={redirect_uri}\n"
        ))
    }

    /// The one whose `provider` printed these lines.
    fn read(exports: &str) -> Self {
        let mut variables = Vec::new();
        for line in exports.lines() {
            let (name, value) = line.strip_prefix(EXPORT).unwrap().split_once('=').unwrap();
            variables.push((name.to_owned(), value.trim_matches('\'').to_owned()));
        }
        let value = |name: &str| {
            let found = variables.iter().find(|variable| variable.0 == name);
            found.expect(name).1.clone()
        };
        let home = Folder::new("compare");
        // A browser that tells where it was sent.
        let browser = home.join("browser");
        fs::write(
            &browser,
            format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > {}\n", home.join("url").display()),
        )
        .unwrap();
        Command::new("chmod").arg("+x").arg(&browser).status().unwrap();
        Self {
            client_id: value("CLIENT_ID"),
            client_secret: value("CLIENT_SECRET"),
            auth_url: value("AUTH_URL"),
            token_url: value("TOKEN_URL"),
            redirect_uri: value("REDIRECT_URI"),
            variables,
            home,
        }
    }

    fn browser(&self) -> PathBuf {
        self.home.join("browser")
    }

    fn rclone_config(&self) -> String {
        self.home.join("rclone.conf").display().to_string()
    }

    /// git's configuration says where it goes; see `tests/clients/git-credential-oauth`.
    fn configure_git(&self, command: &mut Command) {
        let origin = self.auth_url.split("/login/").next().unwrap();
        let settings = [
            ("oauthClientId", self.client_id.as_str()),
            ("oauthClientSecret", &self.client_secret),
            ("oauthAuthURL", self.auth_url.strip_prefix(origin).unwrap()),
            ("oauthTokenURL", self.token_url.strip_prefix(origin).unwrap()),
            ("oauthScopes", "read:user"),
            ("oauthRedirectURL", &self.redirect_uri),
        ];
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (name, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), format!("credential.{origin}.{name}"));
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        let host = origin.strip_prefix("http://").unwrap();
        fs::write(self.home.join("asked"), format!("protocol=http\nhost={host}\n\n")).unwrap();
        command.stdin(fs::File::open(self.home.join("asked")).unwrap());
    }
}

/// A program that waits for the callback. It is ended with its measurement.
struct Waiting {
    child: Child,
    /// What it said. A thread reads on, so that nothing it says fails.
    seen: Arc<Mutex<String>>,
    /// From its start to the line that says that it listens.
    time: Duration,
    place: Place,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program says as soon as it listens; rclone and git-credential-oauth open their port before.
const LISTENS: [&str; 3] =
    ["Callback server running on ", "complete authentication in your browser", "53682/auth?state="];

impl Waiting {
    fn start(row: &Row, place: Place) -> Self {
        let mut command = row.command(&place);
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let start = Instant::now();
        let child = command.spawn().unwrap();
        // Its copies of the pipe's other end would keep the pipe open.
        drop(command);
        let mut output = BufReader::new(reader);
        let mut seen = String::new();
        while !LISTENS.iter().any(|line| seen.contains(line)) {
            assert_ne!(output.read_line(&mut seen).unwrap(), 0, "it listens: {seen}");
        }
        let time = start.elapsed();
        let seen = Arc::new(Mutex::new(seen));
        let later = Arc::clone(&seen);
        thread::spawn(move || {
            let mut line = String::new();
            while output.read_line(&mut line).is_ok_and(|length| length > 0) {
                *later.lock().unwrap() += &std::mem::take(&mut line);
            }
        });
        Self { child, seen, time, place }
    }

    /// The authorization URL: printed, or where the browser was sent.
    fn authorization(&mut self) -> Authorization {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let opened = fs::read_to_string(self.place.home.join("url")).unwrap_or_default();
            let said = self.seen.lock().unwrap().clone() + &opened;
            for word in said.split_whitespace() {
                if word.contains("client_id=") {
                    return Authorization::read(word.to_owned());
                }
                // rclone has a page of its own, which leads there.
                if word.contains("/auth?state=") {
                    let leads_there = get(word).header("location").map(str::to_owned);
                    return Authorization::read(leads_there.expect("a redirect"));
                }
            }
            assert!(Instant::now() < deadline, "it asks: {said}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end: whether it ended well.
    fn finish(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// How often a thread went to sleep, over all threads.
    fn sleeps(&self) -> u64 {
        let mut sleeps = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap() {
            let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
            sleeps += number(&status, "voluntary_ctxt_switches:");
        }
        sleeps
    }

    /// A line of `/proc/[pid]/status`, proc(5).
    fn status(&self, name: &str) -> u64 {
        number(&fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap(), name)
    }
}

struct Cost {
    wake_ups: u64,
    resident: u64,
    peak: u64,
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
