//! The client as a process: its environment, its streams, and its end.
//!
//! ```text
//! CLIENT_ID=practice CLIENT_SECRET=… AUTH_URL=… TOKEN_URL=… USER_URL=… ISSUER=… SCOPE=read:user
//! REDIRECT_URI=http://localhost:20514/callback BROWSER=(this program) COMMAND ARGUMENTS
//! ```
//!
//! It is started without a shell, and reads nothing from standard input.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::books::{Books, random_hex};
use super::family;
use super::interrupt::WORKER;
use super::links::Links;
use super::stream::Stream;
use crate::practice::lock::locked;

/// Set for the client, so that this program knows when it is started as its browser, and for whom.
pub(super) const MARK: &str = "BARE_OAUTH_EXAM";
/// Where programs keep things, and the folder below HOME in which they do.
const HOME_FOLDERS: [(&str, &str); 4] = [
    ("XDG_CONFIG_HOME", ".config"),
    ("XDG_CACHE_HOME", ".cache"),
    ("XDG_DATA_HOME", ".local/share"),
    ("XDG_STATE_HOME", ".local/state"),
];
/// How often a process is looked at.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// The variables in the environment of a client.
#[derive(Clone, Debug)]
pub(super) struct Variables {
    pub(super) client_secret: String,
    pub(super) auth_url: String,
    pub(super) token_url: String,
    pub(super) user_url: String,
    pub(super) issuer: String,
    pub(super) redirect_uri: String,
    /// An empty folder to live in, if the client shall have one.
    pub(super) home: Option<PathBuf>,
}

impl Variables {
    pub(super) fn new(origin: &str, port: u16) -> io::Result<Self> {
        Ok(Self {
            client_secret: random_hex()?,
            auth_url: format!("{origin}/login/oauth/authorize"),
            token_url: format!("{origin}/login/oauth/access_token"),
            user_url: format!("{origin}/user"),
            issuer: format!("{origin}/login/oauth"),
            redirect_uri: format!("http://localhost:{port}/callback"),
            home: None,
        })
    }

    fn set(&self, command: &mut Command) {
        command.env("CLIENT_ID", "practice");
        command.env("CLIENT_SECRET", &self.client_secret);
        command.env("AUTH_URL", &self.auth_url);
        command.env("TOKEN_URL", &self.token_url);
        command.env("USER_URL", &self.user_url);
        command.env("ISSUER", &self.issuer);
        command.env("REDIRECT_URI", &self.redirect_uri);
        command.env("SCOPE", "read:user");
        if let Some(home) = &self.home {
            command.env("HOME", home);
            for (name, folder) in HOME_FOLDERS {
                command.env(name, home.join(folder));
            }
        }
    }
}

/// A client that runs.
#[derive(Debug)]
pub(super) struct Client {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    /// The variable by which its children are known.
    mark: String,
}

impl Client {
    pub(super) fn start(
        words: &[OsString],
        variables: &Variables,
        links: &Links,
        books: &Arc<Books>,
    ) -> io::Result<Self> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut command = Command::new(program);
        command.args(arguments);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command.env_remove(WORKER);
        variables.set(&mut command);
        command.env("BROWSER", &links.browser);
        if let Some(path) = links.path() {
            command.env("PATH", path);
        }
        command.env(MARK, &books.origin);
        // So that a client in Python prints its URL at once.
        command.env("PYTHONUNBUFFERED", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let out = child.stdout.take();
        let err = child.stderr.take();
        let mark = format!("{MARK}={}", books.origin);
        let mut client = Self { child, readers: Vec::new(), mark };
        client.keep(out, books, |books| &books.out)?;
        client.keep(err, books, |books| &books.err)?;
        Ok(client)
    }

    /// Reads a stream to its end on a thread of its own.
    fn keep(
        &mut self,
        source: Option<impl Read + Send + 'static>,
        books: &Arc<Books>,
        stream: fn(&Books) -> &Mutex<Stream>,
    ) -> io::Result<()> {
        let Some(mut source) = source else { return Ok(()) };
        let books = Arc::clone(books);
        let read = move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = source.read(&mut bytes) {
                let read = bytes.get(..count).unwrap_or_default();
                locked(stream(&books)).keep(read);
            }
        };
        self.readers.push(thread::Builder::new().name("stream".to_owned()).spawn(read)?);
        Ok(())
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended; none as long as it runs.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok()?
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.end().is_none()
    }

    /// Ends it with everything that it has left behind, and waits for its streams.
    pub(super) fn finish(&mut self) {
        if self.is_running() {
            family::end_with_children(self.child.id());
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        family::end_marked(&self.mark);
        // A child that still holds a stream is not waited for.
        for _ in 0..100 {
            if self.readers.iter().all(JoinHandle::is_finished) {
                return;
            }
            thread::sleep(TICK);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
