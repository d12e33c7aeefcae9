//! One run of the client: a provider of its own, a port of its own, and a browser that does what the
//! case says.
//!
//! ```text
//! CLIENT_ID=… CLIENT_SECRET=… AUTH_URL=… TOKEN_URL=… USER_URL=… ISSUER=… SCOPE=read:user
//! REDIRECT_URI=http://localhost:20514/callback BROWSER=(this program) COMMAND ARGUMENTS
//! ```
//!
//! The client starts this program as its browser, or prints the address. From there the exam's own
//! browser goes on. The run ends with the client, or with its time.
//!
//! Left out: the end of a process that has left its parent, and systems without a shell.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{collections::BTreeMap, env, ffi::OsString, fs, thread, thread::JoinHandle};

use super::browser::{Browser, Page};
use super::{Options, cases::Plan, judge::Verdict};
use crate::practice::provider::{Provider, locked};
use crate::practice::{self, App, answer::Seen, authorize, examined, fault::Fault, mischief};
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
    pub(super) login: u32,
    /// Why the provider refused it; empty if it didn't.
    pub(super) refused: String,
}

impl Asked {
    /// A parameter, wherever it stands.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let form = Form::decode(&examined::parameters(&self.request, &self.body)).ok()?;
        form.get(name).ok()?.map(str::to_owned)
    }
}

type Shared = Arc<Mutex<Run>>;
type Reader = io::Result<JoinHandle<()>>;

/// What was seen of a run. The provider, the browser and the streams write it down as it comes.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The name of the case that it was made for.
    pub(super) name: &'static str,
    pub(super) secret: String,
    /// Whether the client used another port than the one that it was given.
    pub(super) has_own_port: bool,
    pub(super) leg_1: Vec<Asked>,
    pub(super) leg_3: Vec<Asked>,
    pub(super) leg_4: Vec<Asked>,
    /// What followed a redirect.
    pub(super) elsewhere: Vec<Asked>,
    /// How much of an answer without end went out, in bytes.
    pub(super) sent: u64,
    pub(super) pages: Vec<Page>,
    /// The codes, in the order in which they were brought.
    pub(super) codes: Vec<String>,
    /// When the callback came that counts.
    pub(super) brought: Option<Instant>,
    /// What a probe of the port or the process found.
    pub(super) probe: Option<Verdict>,
    /// What the client said on standard output and on standard error.
    pub(super) streams: BTreeMap<&'static str, Vec<u8>>,
    /// Why the client can't be started; empty if it can.
    pub(super) problem: String,
    /// How the client ended; none if it still ran when its time was over.
    pub(super) end: Option<ExitStatus>,
    /// How long it ran after the callback that counts.
    pub(super) took: Duration,
}

impl Run {
    /// Runs the client once.
    pub(super) fn of(name: &'static str, options: &Options, plan: Plan) -> Self {
        let shared = Arc::new(Mutex::new(Self { name, ..Self::default() }));
        let result = watch(&shared, options, plan);
        let problem = result.err().map_or_else(String::new, |problem| problem.to_string());
        Self { problem, ..std::mem::take(&mut *locked(&shared)) }
    }

    fn note(&mut self, seen: &Seen<'_>) {
        if let Seen::Sent(bytes) = *seen {
            self.sent = bytes;
        }
        let Seen::Asked(Some(request), body, answer) = *seen else { return };
        let leg = match request.path.as_str() {
            "/login/oauth/authorize" => &mut self.leg_1,
            "/login/oauth/access_token" => &mut self.leg_3,
            "/user" => &mut self.leg_4,
            "/login/oauth/elsewhere" => &mut self.elsewhere,
            _ => return,
        };
        let refused = if answer.is_refused { &*answer.said } else { "" }.to_owned();
        let (request, body, login) = (request.clone(), body.to_owned(), answer.login);
        leg.push(Asked { request, body, login, refused });
    }

    /// The authorization URL, where a stream has it with its end, and nobody has opened it yet.
    fn printed_url(&self, origin: &str) -> Option<String> {
        let start = format!("{origin}/login/oauth/authorize?");
        self.streams.values().filter(|_| self.leg_1.is_empty()).find_map(|stream| {
            let text = String::from_utf8_lossy(stream);
            let (_, rest) = text.split_once(&start)?;
            let is_end = |it: char| !it.is_ascii_graphic() || "\"'<>`".contains(it);
            Some(start.clone() + rest.split_at(rest.find(is_end)?).0)
        })
    }
}

fn watch(run: &Shared, options: &Options, plan: Plan) -> io::Result<()> {
    let provider = Provider::bind(0)?;
    let origin = provider.origin().to_owned();
    let app = App::new(&origin, true).map_err(io::Error::other)?;
    let (given, _claim) = free_redirect_uri()?;
    let (grants, shared) = (app.grants(&provider, &given), Arc::clone(run));
    locked(run).secret = app.variable("CLIENT_SECRET").unwrap_or_default();
    let observer = move |seen: Seen<'_>| locked(&shared).note(&seen);
    provider.start(Arc::clone(&grants), Arc::new(observer))?;

    let mut client = start(&options.client, &app, &given)?;
    let out = keep(run, "standard output", client.stdout.take())?;
    let readers = [out, keep(run, "standard error", client.stderr.take())?];
    let times = if plan.fault == Some(Fault::TokenSilence) { 3 } else { 1 };
    let mut deadline = Instant::now() + times * Duration::from_secs(options.seconds.into());
    let mut request = None;
    while request.is_none() && client.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(TICK);
        // A client that opens nothing prints the address.
        let printed = locked(run).printed_url(&origin);
        let _ = printed.map(|url| mischief::visit(&url, None, 100 * TICK));
        let read = |asked: &Asked| authorize::read(&asked.request.query, &locked(&grants)).ok();
        request = locked(run).leg_1.iter().find_map(read);
    }
    if let Some(mut request) = request {
        request.fault = plan.fault;
        let redirect_uri = RedirectUri::parse(&request.redirect_uri).map_err(io::Error::other)?;
        locked(run).has_own_port = redirect_uri.port != given.port;
        let (run, addresses, is_slow) = (Arc::clone(run), redirect_uri.addresses(), false);
        let mut browser =
            Browser { request, redirect_uri, addresses, grants, client, run, deadline, is_slow };
        (plan.script)(&mut browser);
        (client, deadline) = (browser.client, browser.deadline);
    }
    while client.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(TICK);
    }
    let brought = locked(run).brought;
    locked(run).took = brought.map_or(Duration::ZERO, |brought| brought.elapsed());
    locked(run).end = client.try_wait()?;
    if locked(run).end.is_none() {
        end_family(client.id());
        client.kill().and_then(|()| client.wait())?;
    }
    // A child of the client's may still hold a stream, and the provider needs a while to see that
    // nobody reads an answer without end any more.
    for _ in 0..100 {
        thread::sleep(TICK);
        let is_sending = plan.fault == Some(Fault::TokenEndless) && locked(run).sent == 0;
        if !is_sending && readers.iter().all(JoinHandle::is_finished) {
            break;
        }
    }
    Ok(())
}

fn start(client: &[OsString], app: &App, given: &RedirectUri) -> io::Result<Child> {
    let (program, arguments) = client.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.envs(practice::VARIABLES.map(|name| (name, app.variable(name).unwrap_or_default())));
    command.env("REDIRECT_URI", &given.text).env("SCOPE", "read:user");
    command.env("BROWSER", env::current_exe()?).env(super::MARK, "1");
    // A client in Python that prints its address shall print it at once.
    command.env("PYTHONUNBUFFERED", "1").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Reads a stream to its end on a thread of its own, and keeps its beginning.
fn keep(run: &Shared, name: &'static str, stream: Option<impl Read + Send + 'static>) -> Reader {
    let (run, mut bytes) = (Arc::clone(run), [0; 4096]);
    thread::Builder::new().spawn(move || {
        let Some(mut stream) = stream else { return };
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            let mut run = locked(&run);
            let kept = run.streams.entry(name).or_default();
            kept.extend(bytes.iter().take(count.min(KEPT.saturating_sub(kept.len()))));
        }
    })
}

/// A redirect URI whose port is free on both loopback addresses, and below those that the system
/// gives to others. Exams may run side by side: every 10 ms it is the next port's turn, and whoever
/// holds the port after it has the right to it. It comes again after 110 s, when the system has
/// forgotten its connections; until then a client that doesn't reuse addresses would find it taken.
fn free_redirect_uri() -> io::Result<(RedirectUri, TcpListener)> {
    let any = RedirectUri::parse("http://localhost:0/callback").map_err(io::Error::other)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() / 10;
    let claim = |later| {
        let port = u16::try_from(10_000 + (now + later) % 11_000 * 2).ok()?;
        let claim = TcpListener::bind(("127.0.0.1", port + 1)).ok()?;
        let uri = any.clone().on_port(port);
        let answers = |it| TcpStream::connect_timeout(it, TICK).is_ok();
        (!uri.addresses().iter().any(answers)).then_some((uri, claim))
    };
    (0..1000).find_map(claim).ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

/// The ticks that a process and its children have used; none where the system doesn't tell.
pub(super) fn ticks(id: u32) -> Option<u32> {
    let used = |id| Some(number(id, 11)? + number(id, 12)?);
    used(id).map(|_| family(id).into_iter().filter_map(used).sum())
}

/// Ends a process, and its children where the system tells of them.
fn end_family(id: u32) {
    // The standard library ends no process but its own child. Every shell has a `kill`.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -KILL \"$@\"", "sh"]).args(family(id).iter().map(u32::to_string));
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process and its children, with theirs.
fn family(id: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut family = vec![id];
    // They stand there in order, and a child comes after its parent.
    for id in ids {
        if number(id, 1).is_some_and(|parent| family.contains(&parent)) {
            family.push(id);
        }
    }
    family
}

/// A number in what Linux tells of a process, after its name, which may have spaces in it:
/// `4711 (python3) S 4700 … 12 3 …`, its parent, and its ticks in user and kernel mode.
fn number(id: u32, at: usize) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(at)?.parse().ok()
}
