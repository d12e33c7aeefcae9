//! What the README says of speed and size, measured: `make bench` prints it, on the release build.
//!
//! A benchmark and no test: a figure is worth something on a quiet machine only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 101;
const WAIT: Duration = Duration::from_secs(10);

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bare-oauth"));
    command
        .args(arguments)
        .env_clear()
        .env("CLIENT_ID", "id")
        .env("CLIENT_SECRET", "secret");
    command.env("REDIRECT_URI", "http://localhost:0/callback");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Starts it, and waits for the line that it says when it listens.
fn listening() -> (Child, Duration) {
    let start = Instant::now();
    let mut child = program(&["--no-browser"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let time = start.elapsed();
    assert!(line.starts_with("Callback server running on "), "{line}");
    // The rest of what it says, so that the pipe is not closed on it.
    for _ in 0..4 {
        stderr.read_line(&mut line).unwrap();
    }
    child.stderr = Some(stderr.into_inner());
    (child, time)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A number of a file in `/proc`, summed over the threads.
fn sum(id: u32, file: &str, name: &str) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let texts = tasks.map(|task| fs::read_to_string(task.unwrap().path().join(file)).unwrap());
    texts.map(|text| number(&text, name)).sum()
}

fn number(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn main() {
    let size = fs::metadata(env!("CARGO_BIN_EXE_bare-oauth"))
        .unwrap()
        .len();
    println!("size of the binary       {size} bytes");

    let times = (0..RUNS).map(|_| {
        let (mut child, time) = listening();
        child.kill().unwrap();
        child.wait().unwrap();
        time
    });
    println!(
        "start to listening       {:?}, the median of {RUNS} starts",
        median(times.collect())
    );

    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        assert!(program(&["practice"]).output().unwrap().status.success());
        start.elapsed()
    });
    println!(
        "a whole practice login   {:?}, the median of {RUNS} logins",
        median(times.collect())
    );

    let (mut child, _) = listening();
    let id = child.id();
    std::thread::sleep(Duration::from_millis(500));
    let figures = || {
        let switches = sum(id, "status", "voluntary_ctxt_switches:");
        let time = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let after_name = time.rsplit_once(") ").unwrap().1;
        let ticks: u64 = after_name
            .split(' ')
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum();
        (switches, ticks)
    };
    let before = figures();
    std::thread::sleep(WAIT);
    let after = figures();
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    println!(
        "memory while waiting     {} kB resident, {} kB at most",
        number(&status, "VmRSS:"),
        number(&status, "VmHWM:")
    );
    println!(
        "wake-ups while waiting   {} in {WAIT:?}",
        after.0 - before.0
    );
    println!(
        "processor while waiting  {} ticks in {WAIT:?}",
        after.1 - before.1
    );
    child.kill().unwrap();
    child.wait().unwrap();

    // What must stay, of what no other load on the machine changes.
    assert!(size < 2_000_000 && number(&status, "VmHWM:") < 4096 && after == before);
}
