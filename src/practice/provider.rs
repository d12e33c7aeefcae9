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

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::answer::{Answer, Observer, Seen, Verdict};
use super::arrival::{self, Arrival};
use super::board::Board;
use super::grants::{Grants, Registration, SharedGrants};
use super::handler;
use super::held::{Held, Hold};
use super::lock::locked;
use super::mischief;
use super::places::{Place, Places};
use super::reply::{Mischief, Reply};
use super::route::Route;
use crate::wire::request::Request;
use crate::wire::response::send_and_close;

/// The pause before the next connection, where one couldn't be accepted.
const PAUSE: Duration = Duration::from_millis(16);
/// The pause of an answer that comes late.
const LATE: Duration = Duration::from_secs(1);

/// The provider, on a loopback port of its own.
#[derive(Debug)]
pub(super) struct Provider {
    socket: TcpListener,
    origin: String,
}

/// The values that the threads of a provider share.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) grants: SharedGrants,
    /// Where it listens, for the band of its pages.
    pub(super) address: String,
    pub(super) board: Arc<Mutex<Board>>,
    pub(super) observer: Arc<Observer>,
}

impl Provider {
    /// Takes a port; 0 stands for any free one.
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The grants of a provider that begins to serve this app.
    pub(super) fn grants(&self, registration: Registration) -> SharedGrants {
        let issuer = format!("{}/login/oauth", self.origin);
        Arc::new(Mutex::new(Grants::new(registration, issuer)))
    }

    /// Serves on a thread of its own, until the program ends.
    pub(super) fn start(self, service: Service) -> io::Result<()> {
        let run = move || self.run(&service);
        thread::Builder::new().name("provider".to_owned()).spawn(run)?;
        Ok(())
    }

    /// Serves until the program ends.
    pub(super) fn run(self, service: &Service) {
        let places = Arc::new(Places::default());
        let held = Arc::new(Held::default());
        for stream in self.socket.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors for a moment, perhaps.
                held.end_oldest();
                thread::sleep(PAUSE);
                continue;
            };
            let stream = Arc::new(stream);
            let place = places.admit(&stream);
            let connection =
                Connection { stream, place, held: Arc::clone(&held), service: service.clone() };
            // A peer that is gone has no use for an answer.
            let serve = move || drop(connection.serve());
            let _ = thread::Builder::new().name("request".to_owned()).spawn(serve);
        }
    }
}

/// A connection, with what its thread needs to answer it.
struct Connection {
    stream: Arc<TcpStream>,
    place: Place,
    held: Arc<Held>,
    service: Service,
}

impl Connection {
    /// Answers one request.
    fn serve(self) -> io::Result<()> {
        let arrival = arrival::read(&self.stream)?;
        self.place.begins_to_answer();
        let observer = &self.service.observer;
        match arrival {
            Arrival::Refused(answer) => {
                observer(Seen::Unreadable { answer: &answer });
                self.reply("GET", answer, None)
            }
            Arrival::Whole { request, body } => {
                let mut answer = self.answer(&request, &body);
                if ends_a_login(&request, &answer) {
                    self.held.end(answer.login);
                }
                let silent = do_mischief(&mut answer);
                let hold = self.held.hold(answer.login, self.connections_of(&answer, silent));
                observer(Seen::Asked { request: &request, body: &body, answer: &answer });
                self.reply(&request.method, answer, hold.as_ref())
            }
        }
    }

    fn answer(&self, request: &Request, body: &str) -> Answer {
        let grants = &mut locked(&self.service.grants);
        let board = &locked(&self.service.board);
        let answer = handler::answer(request, body, grants, board);
        answer.unwrap_or_else(|_| Answer::problem(502, "the system gives no random bytes"))
    }

    /// The connections that stay open longer than an answer takes.
    fn connections_of(&self, answer: &Answer, silent: Vec<TcpStream>) -> Vec<Arc<TcpStream>> {
        let mut connections = Vec::new();
        for stream in silent {
            connections.push(Arc::new(stream));
        }
        if let Reply::Silence | Reply::Endless = answer.reply {
            connections.push(Arc::clone(&self.stream));
        }
        connections
    }

    /// Sends the reply. Connections that are held stay open afterwards.
    fn reply(self, method: &str, answer: Answer, hold: Option<&Hold>) -> io::Result<()> {
        let Self { stream, place, service, .. } = self;
        place.leaves();
        match answer.reply {
            Reply::Response(response) => send_and_close(&stream, &response.bytes(method))?,
            Reply::Page(page) => {
                let response = page.response(&service.address);
                send_and_close(&stream, &response.bytes(method))?;
            }
            Reply::Late(response) => {
                thread::sleep(LATE);
                send_and_close(&stream, &response.bytes(method))?;
            }
            Reply::Silence => {
                drop(place);
                if mischief::waits_until_peer_leaves(&stream) {
                    (service.observer)(Seen::GaveUp { login: answer.login });
                }
                return Ok(());
            }
            Reply::Endless => {
                drop(place);
                let bytes = mischief::send_without_end(&stream);
                (service.observer)(Seen::Sent { login: answer.login, bytes });
                return Ok(());
            }
        }
        drop(place);
        drop(stream);
        if let Some(connection) = hold.and_then(Hold::first) {
            mischief::waits_until_peer_leaves(connection);
        }
        Ok(())
    }
}

/// Whether a login has come to its end with this: its profile, or a refusal of its code.
fn ends_a_login(request: &Request, answer: &Answer) -> bool {
    match Route::of(request) {
        Route::ProfileRequest => answer.login.is_some(),
        Route::TokenRequest => answer.login.is_some() && answer.verdict == Verdict::Refused,
        _ => false,
    }
}

/// Does to the client's callback port what the fault wants before the reply. Gives the silent
/// connections.
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
