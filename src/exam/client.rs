//! The client as a process: its environment, its streams, what it uses, and its end.
//!
//! ```text
//! CLIENT_ID=… CLIENT_SECRET=… AUTH_URL=… TOKEN_URL=… USER_URL=… ISSUER=… SCOPE=read:user
//! REDIRECT_URI=http://localhost:20514/callback BROWSER=(this program) COMMAND ARGUMENTS
//! ```
//!
//! Left out: the end of a process that has left its parent, and systems without a shell.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, ffi::OsString, fs};

use super::seen::Run;
use crate::practice::app::App;
use crate::practice::lock::locked;
use crate::wire::url::RedirectUri;

/// Set for the client, so that this program knows when it is started as its browser.
pub(super) const MARK: &str = "BARE_OAUTH_EXAM";
/// How much of each stream is kept, in bytes.
const KEPT: usize = 1 << 20;
/// How often a process is looked at.
pub(super) const TICK: Duration = Duration::from_millis(10);

pub(super) type Shared = Arc<Mutex<Run>>;
type Reader = io::Result<JoinHandle<()>>;

pub(super) fn start(client: &[OsString], app: &App, given: &RedirectUri) -> io::Result<Child> {
    let (program, arguments) = client.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    for variable in app.variables(&given.text) {
        command.env(variable.name, variable.value);
    }
    command.env("SCOPE", "read:user");
    command.env("BROWSER", env::current_exe()?).env(MARK, "1");
    // A client in Python that prints its address shall print it at once.
    command.env("PYTHONUNBUFFERED", "1").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Reads a stream to its end on a thread of its own, and keeps its beginning.
pub(super) fn keep(
    run: &Shared,
    name: &'static str,
    stream: Option<impl Read + Send + 'static>,
) -> Reader {
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
pub(super) fn free_redirect_uri() -> io::Result<(RedirectUri, TcpListener)> {
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
pub(super) fn end_family(id: u32) {
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
