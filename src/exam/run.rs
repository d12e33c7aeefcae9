//! One run of the client: a provider of its own, a port of its own, and a browser that does what the
//! case says.
//!
//! ```text
//! CLIENT_ID=… CLIENT_SECRET=… AUTH_URL=… TOKEN_URL=… USER_URL=… ISSUER=… SCOPE=read:user
//! REDIRECT_URI=http://localhost:20514/callback BROWSER=(this program) COMMAND ARGUMENTS
//! ```
//!
//! The client starts this program as its browser, or prints the address. The provider sees the
//! authorization request, and the exam's own browser goes on from there. The run ends with the
//! client, or with its time.

use std::ffi::OsString;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::process::{self as this, Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::browser::{Browser, Sight};
use super::{cases::Plan, process};
use crate::practice::grants::Registration;
use crate::practice::provider::Provider;
use crate::practice::{self, App, answer::Seen, authorize, examined, fault::Fault, mischief};
use crate::secret::ClientSecret;
use crate::wire::{form::Form, request::Request, url::RedirectUri};

/// The number of the login that a stranger has begun.
pub(super) const STRANGER: u32 = u32::MAX;
/// How much of each stream is kept, in bytes.
const KEPT: usize = 1 << 20;
const TICK: Duration = Duration::from_millis(10);

/// A request that came to the provider.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) body: String,
    /// The number of the login.
    login: u32,
    /// Why the provider refused it.
    pub(super) refused: Option<String>,
}

impl Asked {
    /// A parameter of leg 3, wherever it stands.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let form = Form::decode(&examined::parameters(&self.request, &self.body)).ok()?;
        form.get(name).ok()?.map(str::to_owned)
    }

    pub(super) fn has_token(&self) -> bool {
        let header = self.request.header("authorization").unwrap_or_default();
        [header, &self.request.query, &self.body].iter().any(|text| text.contains("gho_"))
    }
}

/// How a client ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    #[default]
    StillRunning,
    Status(Option<i32>),
    NotStarted(String),
}

/// What was seen of a run.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The name of the case that it was made for.
    pub(super) name: &'static str,
    pub(super) leg_1: Vec<Asked>,
    pub(super) leg_3: Vec<Asked>,
    pub(super) leg_4: Vec<Asked>,
    /// What followed a redirect.
    pub(super) elsewhere: Vec<Asked>,
    /// How much of an answer without end went out, in bytes.
    pub(super) sent: u64,
    /// By the browser.
    pub(super) seen: Sight,
    /// Standard output and standard error.
    pub(super) streams: [Vec<u8>; 2],
    pub(super) end: End,
    /// How long the client ran after the callback that counts.
    pub(super) took: Duration,
    pub(super) secret: String,
    /// The port that the client was given, and the one that it used.
    pub(super) ports: (u16, u16),
}

impl Run {
    /// Runs the client once, for this long at most.
    pub(super) fn of(name: &'static str, client: &[OsString], plan: Plan, limit: Duration) -> Self {
        let mut run = Self { name, ..Self::default() };
        if let Err(problem) = run.watch(client, plan, limit) {
            run.end = End::NotStarted(problem.to_string());
        }
        run
    }

    /// Whether a stranger's token came to leg 4.
    pub(super) fn has_met_a_stranger(&self) -> bool {
        self.leg_4.iter().any(|asked| asked.login == STRANGER)
    }

    fn watch(&mut self, client: &[OsString], plan: Plan, limit: Duration) -> io::Result<()> {
        let provider = Provider::bind(0)?;
        let origin = provider.origin().to_owned();
        let app = App::new(&origin).map_err(io::Error::other)?;
        self.secret = app.variable("CLIENT_SECRET").unwrap_or_default();
        self.ports.0 = free_port()?;
        let given = format!("http://localhost:{}/callback", self.ports.0);
        let grants = provider.grants(Registration {
            client_id: "practice".to_owned(),
            client_secret: ClientSecret::new(self.secret.clone()),
            redirect_uri: RedirectUri::parse(&given).map_err(io::Error::other)?,
            is_examined: true,
        });
        let (sender, events) = mpsc::channel();
        let observer = move |seen: Seen<'_>| {
            // Nobody listens any more once the run has ended.
            let _ = sender.send(match seen {
                Seen::Sent(bytes) => Err(bytes),
                Seen::Asked(request, body, answer) => Ok(request.map(|request| Asked {
                    request: request.clone(),
                    body: body.to_owned(),
                    login: answer.login,
                    refused: answer.is_refused.then(|| answer.said.clone()),
                })),
            });
        };
        provider.start(Arc::clone(&grants), Arc::new(observer))?;

        let mut child = start(client, &app, &given)?;
        let out = keep(child.stdout.take().map(|it| Box::new(it) as _))?;
        let streams = [out, keep(child.stderr.take().map(|it| Box::new(it) as _))?];
        let deadline = Instant::now() + limit;
        let (mut is_opened, mut has_acted) = (false, false);
        while child.try_wait()?.is_none() && Instant::now() < deadline {
            if let Ok(event) = events.recv_timeout(TICK) {
                self.note(event);
            }
            let asked = self.leg_1.iter().find(|asked| asked.refused.is_none());
            let read = |it: &Asked| authorize::read(&it.request.query, &locked(&grants)).ok();
            if let Some(mut request) = asked.and_then(read).filter(|_| !has_acted) {
                has_acted = true;
                request.fault = plan.fault;
                let redirect_uri = RedirectUri::parse(&request.redirect_uri);
                let redirect_uri = redirect_uri.map_err(io::Error::other)?;
                self.ports.1 = redirect_uri.port;
                let (grants, seen) = (Arc::clone(&grants), Sight::default());
                let mut browser =
                    Browser { request, redirect_uri, grants, client: child, deadline, seen };
                (plan.script)(&mut browser);
                (child, self.seen) = (browser.client, browser.seen);
            }
            // A client that opens nothing prints the address.
            let printed = printed_url(&streams, &origin).filter(|_| self.leg_1.is_empty());
            if let Some(url) = printed.filter(|_| !is_opened) {
                is_opened = true;
                thread::Builder::new().spawn(move || mischief::visit(&url, None, limit))?;
            }
        }
        let ended = Instant::now();
        self.took = ended.saturating_duration_since(self.seen.brought.unwrap_or(ended));
        self.end = child.try_wait()?.map_or(End::StillRunning, |it| End::Status(it.code()));
        if self.end == End::StillRunning {
            process::end(child.id());
            child.kill()?;
            child.wait()?;
        }
        // The provider may need a while to see that nobody reads any more.
        let waits = |run: &Self| plan.fault == Some(Fault::TokenEndless) && run.sent == 0;
        while let Ok(event) = events.recv_timeout(if waits(self) { 100 * TICK } else { TICK }) {
            self.note(event);
        }
        let until = Instant::now() + 50 * TICK;
        self.streams = streams.map(|(kept, reader)| {
            // A child of the client's may still hold the stream.
            while !reader.is_finished() && Instant::now() < until {
                thread::sleep(TICK);
            }
            std::mem::take(&mut *locked(&kept))
        });
        Ok(())
    }

    fn note(&mut self, event: Result<Option<Asked>, u64>) {
        let asked = match event {
            Ok(Some(asked)) => asked,
            Ok(None) => return,
            Err(bytes) => return self.sent = bytes,
        };
        match asked.request.path.as_str() {
            "/login/oauth/authorize" => self.leg_1.push(asked),
            "/login/oauth/access_token" => self.leg_3.push(asked),
            "/user" => self.leg_4.push(asked),
            "/login/oauth/elsewhere" => self.elsewhere.push(asked),
            _ => {}
        }
    }
}

fn start(client: &[OsString], app: &App, given: &str) -> io::Result<Child> {
    let (program, arguments) = client.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    for name in practice::VARIABLES {
        command.env(name, app.variable(name).unwrap_or_default());
    }
    command.env("REDIRECT_URI", given).env("SCOPE", "read:user");
    command.env("BROWSER", std::env::current_exe()?).env(super::MARK, "1");
    // A client in Python that prints its address shall print it at once.
    command.env("PYTHONUNBUFFERED", "1").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

type Stream = (Arc<Mutex<Vec<u8>>>, JoinHandle<()>);

/// Reads a stream to its end on a thread of its own, and keeps its beginning.
fn keep(stream: Option<Box<dyn Read + Send>>) -> io::Result<Stream> {
    let (kept, mut bytes) = (Arc::new(Mutex::new(Vec::new())), [0; 4096]);
    let shared = Arc::clone(&kept);
    let read = move || {
        let Some(mut stream) = stream else { return };
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            let mut kept = locked(&shared);
            let space = KEPT.saturating_sub(kept.len());
            kept.extend(bytes.iter().take(count.min(space)));
        }
    };
    Ok((kept, thread::Builder::new().spawn(read)?))
}

pub(super) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The authorization URL, where a stream has it with its end.
fn printed_url(streams: &[Stream; 2], origin: &str) -> Option<String> {
    let start = format!("{origin}/login/oauth/authorize?");
    streams.iter().find_map(|(kept, _)| {
        let kept = locked(kept);
        let text = String::from_utf8_lossy(&kept);
        let (_, rest) = text.split_once(&start)?;
        let is_end = |it: char| !it.is_ascii_graphic() || "\"'<>`".contains(it);
        Some(start.clone() + rest.split_at(rest.find(is_end)?).0)
    })
}

/// A port that is free on both loopback addresses, below those that the system gives to others.
fn free_port() -> io::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Exams that run side by side begin far from each other.
    let first = 10_000 + u16::try_from(this::id().wrapping_mul(97) % 20_000).unwrap_or_default();
    let is_taken = |ip: IpAddr, port| {
        let result = TcpListener::bind((ip, port));
        result.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    let mut ports = (0..1000).map(|_| first + NEXT.fetch_add(1, Ordering::SeqCst) % 2000);
    let free = ports.find(|&port| {
        !is_taken(Ipv4Addr::LOCALHOST.into(), port) && !is_taken(Ipv6Addr::LOCALHOST.into(), port)
    });
    free.ok_or_else(|| io::ErrorKind::AddrInUse.into())
}
