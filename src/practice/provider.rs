//! The practice provider's socket: one thread for each connection, one request on each, then the
//! connection ends.
//!
//! ```text
//! accept ─► a thread ─► arrival.rs ─► handler.rs ─► the observer ─► the reply ─► the end
//! ```
//!
//! Unlike the callback's listener it can afford a thread for each: no browser has to get past a
//! crowd here.
//!
//! Left out: connections that stay open, TLS. Shown by `tests/suite/alone.rs`.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::answer::{Answer, Observer, Seen};
use super::arrival::{self, Arrival};
use super::board::Board;
use super::grants::{Grants, Registration, SharedGrants};
use super::handler;
use super::lock::locked;
use super::mischief;
use super::reply::{Mischief, Reply};
use super::strictness::Strictness;
use crate::wire::response::send_and_close;

const MAX_CONNECTIONS: usize = 64;
/// How long a peer may wait for an answer that never comes, or read one that never ends.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// The pause of an answer that comes late.
const LATE: Duration = Duration::from_secs(1);

/// The provider, on a loopback port of its own.
#[derive(Debug)]
pub(crate) struct Provider {
    socket: TcpListener,
    origin: String,
}

/// What the threads of a provider share.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) grants: SharedGrants,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) observer: Arc<Observer>,
}

impl Provider {
    /// Takes a port; 0 stands for any free one.
    pub(crate) fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What it knows when it begins to serve this app.
    pub(crate) fn grants(&self, registration: Registration) -> SharedGrants {
        let issuer = format!("{}/login/oauth", self.origin);
        Arc::new(Mutex::new(Grants::new(registration, issuer)))
    }

    /// Serves on a thread of its own, until the program ends.
    pub(crate) fn start(self, service: Service) -> io::Result<()> {
        let run = move || self.run(&service);
        thread::Builder::new().name("provider".to_owned()).spawn(run)?;
        Ok(())
    }

    /// Serves until the program ends.
    pub(super) fn run(self, service: &Service) {
        let places = Arc::new(AtomicUsize::new(0));
        for stream in self.socket.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors for a moment, perhaps.
                thread::sleep(Duration::from_millis(16));
                continue;
            };
            let Some(place) = Place::take(&places) else { continue };
            let service = service.clone();
            let request = move || {
                // A peer that is gone has no use for an answer.
                let _ = serve(&stream, &service);
                drop(place);
            };
            let _ = thread::Builder::new().name("request".to_owned()).spawn(request);
        }
    }
}

/// One of the places for connections. Dropped, it is free again.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(taken: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(taken));
        let others = taken.fetch_add(1, Ordering::SeqCst);
        if others < MAX_CONNECTIONS { Some(place) } else { None }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers one request.
fn serve(stream: &TcpStream, service: &Service) -> io::Result<()> {
    let Service { grants, board, observer } = service;
    match arrival::read(stream)? {
        Arrival::Refused(answer) => {
            observer(Seen::Asked { request: None, body: "", answer: &answer });
            reply(stream, "GET", &answer, service)
        }
        Arrival::Whole { request, body } => {
            let answer = handler::answer(&request, &body, &mut locked(grants), &locked(board));
            let mut answer =
                answer.unwrap_or_else(|_| Answer::problem(502, "the system gives no random bytes"));
            let silent = do_mischief(&mut answer);
            observer(Seen::Asked { request: Some(&request), body: &body, answer: &answer });
            reply(stream, &request.method, &answer, service)?;
            if !silent.is_empty() {
                // They stay open.
                thread::sleep(PATIENCE);
            }
            Ok(())
        }
    }
}

/// What happens before the reply. Gives the connections that stay open.
fn do_mischief(answer: &mut Answer) -> Vec<TcpStream> {
    match answer.mischief.take() {
        None => Vec::new(),
        Some(Mischief::DeliverAgain { callback }) => {
            mischief::deliver_again(&callback, answer);
            Vec::new()
        }
        Some(Mischief::StaySilent { redirect_uri }) => {
            let silent = mischief::stay_silent(&redirect_uri);
            answer.remarks(&format!("opened {} silent connections first", silent.len()));
            silent
        }
    }
}

fn reply(
    mut stream: &TcpStream,
    method: &str,
    answer: &Answer,
    service: &Service,
) -> io::Result<()> {
    match &answer.reply {
        Reply::Response(response) => send_and_close(stream, &response.bytes(method)),
        Reply::Late(response) => {
            thread::sleep(LATE);
            send_and_close(stream, &response.bytes(method))
        }
        Reply::Silence => {
            // Until the peer has had enough.
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.read(&mut [0]).map(drop)
        }
        Reply::Endless => {
            let strictness = locked(&service.grants).registration.strictness;
            // 80 MiB tell an exam enough.
            let most = if strictness == Strictness::Examined { 80 << 20 } else { u64::MAX };
            let bytes = mischief::send_without_end(stream, most, PATIENCE);
            (service.observer)(Seen::Sent { login: answer.login, bytes });
            Ok(())
        }
    }
}
