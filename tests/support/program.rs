//! The shell: starts the program with an environment of its own, reads along, and waits for its
//! end.

use std::env;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::wire::form::Form;

use super::{CLIENT_SECRET, CODE, GRANTED, Page, Provider, REFRESH_TOKEN, TOKEN, get};

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(50);

/// The program: the one that cargo has built, or the file that `BARE_OAUTH_BIN` names, which may be
/// a static one, or a script that starts another system's.
pub(crate) fn program() -> String {
    env::var("BARE_OAUTH_BIN").unwrap_or(env!("CARGO_BIN_EXE_bare-oauth").to_owned())
}

/// A Python with `requests`, the interpreter itself; none where there is none.
pub(crate) fn python() -> Option<String> {
    // A Python of one's own may stand before the system's, and lack what the system installs.
    ["python3", "/usr/bin/python3"].iter().find_map(|name| {
        let mut python = Command::new(name);
        let found = python.args(["-c", "import requests, sys; print(sys.executable)"]);
        let found = found.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(found.stdout).unwrap().trim().to_owned())
    })
}

/// Runs a line in a shell, which must succeed.
pub(crate) fn run_in_shell(line: &str) {
    let status = Command::new("/bin/sh").args(["-c", line]).status().unwrap();
    assert!(status.success(), "{line}");
}

/// A port that is free on both address families, below those that the system gives out, so that no
/// other test takes it meanwhile.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap() + 10_000;
    let mut ports = (0..1000).map(|_| first + NEXT.fetch_add(1, Ordering::SeqCst));
    let is_free = |address: SocketAddr| match TcpListener::bind(address) {
        Ok(_) => true,
        // A machine without IPv6.
        Err(error) => error.kind() != ErrorKind::AddrInUse,
    };
    let free = ports.find(|&port| {
        is_free((Ipv4Addr::LOCALHOST, port).into()) && is_free((Ipv6Addr::LOCALHOST, port).into())
    });
    free.unwrap()
}

/// Opens something on such a port, and gives the port as well. Another suite that runs at the same time
/// may have taken the first one.
pub(crate) fn open_on_a_free_port<T>(open: impl Fn(u16) -> Option<T>) -> (T, u16) {
    let mut ports = std::iter::repeat_with(free_port).take(100);
    ports.find_map(|port| Some((open(port)?, port))).expect("a port")
}

/// Starts the practice provider alone, on any port.
pub(crate) fn start_practice_provider() -> Running {
    Program::bare(&["provider", "--port", "0"]).start()
}

/// Logs in with `--explain`.
pub(crate) fn log_in_explained(provider: &Provider) -> Finished {
    Program::at(provider, &["--explain"]).log_in().1
}

/// The beginning of a line of `provider` that sets a variable.
pub(crate) const EXPORT: &str = if cfg!(windows) { "$env:" } else { "export " };

/// A command that is not yet started.
pub(crate) struct Program(Command);

impl Program {
    /// The program with these arguments, and nothing in its environment.
    pub(crate) fn bare(arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.args(arguments).env_clear();
        // Windows has no sockets without it.
        command.envs(env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        Self(command)
    }

    /// The program, told to log in at this provider and to come back on any port.
    pub(crate) fn at(provider: &Provider, arguments: &[&str]) -> Self {
        Self::bare(arguments)
            .env("CLIENT_ID", "the-client")
            .env("CLIENT_SECRET", CLIENT_SECRET)
            .env("AUTH_URL", &provider.url("/authorize"))
            .env("TOKEN_URL", &provider.url("/token"))
            .env("USER_URL", &provider.url("/user"))
            .env("REDIRECT_URI", "http://localhost:0/callback")
    }

    /// The program, told to log in at the practice provider that runs beside it, and to come back
    /// on any port.
    pub(crate) fn at_practice_provider(provider: &mut Running) -> Self {
        Self::bare(&["--no-browser"])
            .with_exports(&provider.exports())
            .env("REDIRECT_URI", "http://localhost:0/callback")
    }

    /// The environment that a shell would have after the lines that `provider` prints. They have no
    /// quotes in quotes where it matters.
    pub(crate) fn with_exports(mut self, exports: &str) -> Self {
        for line in exports.lines() {
            let (name, value) = line.strip_prefix(EXPORT).unwrap().split_once('=').unwrap();
            self.0.env(name, value.trim_matches('\''));
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    pub(crate) fn with_argument(mut self, argument: &str) -> Self {
        self.0.arg(argument);
        self
    }

    /// The same environment, with another program around it.
    pub(crate) fn through(self, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.envs(self.0.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // `script` and `unshare` start a shell, which looks for programs.
        command.env("SHELL", "/bin/sh").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Self(command)
    }

    pub(crate) fn start(mut self) -> Running {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("the program starts");
        let stdin = child.stdin.take();
        let stdout = lines_of(child.stdout.take().unwrap());
        let lines = lines_of(child.stderr.take().unwrap());
        Running { child, stdin, stdout, lines, seen: Vec::new(), exports: String::new() }
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts it, and brings the callback: the page that the browser gets, and the end.
    pub(crate) fn log_in(self) -> (Page, Finished) {
        let mut running = self.start();
        let page = running.callback(GRANTED);
        (page, running.finish())
    }
}

/// The lines of a pipe, without their LF but with a CR before it; the last one may have none.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let line = String::from_utf8(line.unwrap()).expect("UTF-8");
            let _ = sender.send(line);
        }
    });
    lines
}

/// The running program. It is ended with the test.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    lines: Receiver<String>,
    seen: Vec<String>,
    exports: String,
}

impl Running {
    /// Waits for a line of stderr with this in it. That line and those before it are consumed.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) =
            self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
        panic!("no line with {part:?} in:\n{}", self.seen.join("\n"));
    }

    /// The lines of `provider` that set variables.
    pub(crate) fn exports(&mut self) -> String {
        if self.exports.is_empty() {
            self.exports = (0..8).map(|_| self.wait_for_stdout() + "\n").collect();
        }
        self.exports.clone()
    }

    /// The value of one of them.
    pub(crate) fn variable(&mut self, name: &str) -> String {
        let exports = self.exports();
        let start = format!("{EXPORT}{name}=");
        let mut values = exports.lines().filter_map(|line| line.strip_prefix(&start));
        values.next().expect(name).trim_matches('\'').to_owned()
    }

    /// Waits for the next line of stdout, and consumes it.
    pub(crate) fn wait_for_stdout(&mut self) -> String {
        let line = self.stdout.recv_timeout(PATIENCE);
        line.expect("a line on stdout")
    }

    /// The lines of stderr that were consumed so far.
    pub(crate) fn so_far(&self) -> String {
        self.seen.join("\n")
    }

    /// Waits for a line that may be among the consumed ones already, because another thread prints it.
    pub(crate) fn wait_for_earlier_or_later(&mut self, part: &str) {
        if !self.seen.iter().any(|line| line.contains(part)) {
            self.wait_for(part);
        }
    }

    /// Waits for the authorization URL, which stands alone on its line, and consumes what follows up to
    /// the last line before the callback.
    pub(crate) fn wait_for_authorization(&mut self) -> Authorization {
        let authorization = self.wait_for_url();
        self.wait_for("Waiting for authorization...");
        authorization
    }

    /// Waits for the authorization URL, and consumes nothing after it.
    pub(crate) fn wait_for_url(&mut self) -> Authorization {
        // A terminal ends its lines with a CR as well.
        Authorization::read(self.wait_for("code_challenge=").trim_end().to_owned())
    }

    /// The browser comes back with this query, `STATE` standing for the right state.
    pub(crate) fn callback(&mut self, query: &str) -> Page {
        let authorization = self.wait_for_authorization();
        get(&authorization.callback(query))
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        writeln!(stdin, "{line}").unwrap();
    }

    /// Types without Enter.
    pub(crate) fn type_text(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        write!(stdin, "{text}").unwrap();
    }

    /// Ends what the program can read.
    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                // The pipe ends with the program.
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("it does not end:\n{}", self.seen.join("\n"))
                }
            }
        }
        let status = self.child.wait().unwrap();
        let stdout = self.stdout.iter().map(|line| line + "\n");
        Finished {
            code: status.code(),
            stdout: stdout.collect(),
            stderr: std::mem::take(&mut self.seen).join("\n"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The authorization request, as the program printed it.
pub(crate) struct Authorization {
    pub(crate) url: String,
    pub(crate) endpoint: String,
    query: Form,
}

impl Authorization {
    /// Reads an authorization URL.
    pub(crate) fn read(url: String) -> Self {
        let (endpoint, query) = url.split_once('?').expect("a query");
        Self { endpoint: endpoint.to_owned(), query: Form::decode(query), url }
    }

    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).unwrap().unwrap_or_default()
    }

    /// The redirect URI with this query, `STATE` standing for the right state.
    pub(crate) fn callback(&self, query: &str) -> String {
        let query = query.replace("STATE", self.parameter("state"));
        format!("{}?{query}", self.parameter("redirect_uri"))
    }

    /// Where the practice provider listens.
    pub(crate) fn origin(&self) -> &str {
        let origin = self.endpoint.strip_suffix("/login/oauth/authorize");
        origin.expect("the practice provider's endpoint")
    }

    /// Host and port of the redirect URI.
    pub(crate) fn address(&self) -> &str {
        self.parameter("redirect_uri").split('/').nth(2).unwrap()
    }
}

/// The end of the program: its exit status, and all that it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The one `error:` line.
    pub(crate) fn error(&self) -> &str {
        let mut errors = self.stderr.lines().filter_map(|line| line.strip_prefix("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("no error in:\n{}", self.stderr));
        assert_eq!(errors.next(), None, "one error line, not more");
        error
    }

    /// It ended with a login.
    pub(crate) fn assert_success(&self) {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
    }

    /// It ended without a login, said why in one line, left stdout empty and showed nothing secret.
    pub(crate) fn assert_failure(&self, error: &str) {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        assert!(self.error().contains(error), "{:?} is not in {:?}", error, self.error());
        assert_eq!(self.stdout, "");
        self.assert_no_secret();
        for word in ["panicked", "backtrace", "RUST_"] {
            assert!(!self.stderr.contains(word), "{}", self.stderr);
        }
    }

    /// No eight characters in a row of a secret are on stderr.
    pub(crate) fn assert_no_part_of(&self, secret: &str) {
        for part in secret.as_bytes().windows(8) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!self.stderr.contains(part), "{part}\n{}", self.stderr);
        }
    }

    /// Neither stream holds a secret of the tests.
    pub(crate) fn assert_no_secret(&self) {
        for secret in [CLIENT_SECRET, CODE, TOKEN, REFRESH_TOKEN] {
            assert!(!self.stdout.contains(secret), "{secret} is on stdout:\n{}", self.stdout);
            assert!(!self.stderr.contains(secret), "{secret} is on stderr:\n{}", self.stderr);
        }
    }
}
