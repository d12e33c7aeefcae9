//! Leg 2's sockets: on which addresses this program listens, and for how long. RFC 8252 §7.3, §8.3.
//!
//! ```text
//! http://localhost:8000/callback  →  127.0.0.1:8000 and [::1]:8000, a socket and a thread each
//! http://localhost:0/callback     →  any port that is free on both
//! ```
//!
//! What happens on a socket stands in `turns.rs`.
//!
//! Left out: listening on anything but loopback, and holding a port longer than one login.
//!
//! Shown by `tests/suite/port.rs`.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::callback::{Event, Expected};
use super::turns::Turns;
use crate::error::Error;
use crate::wire::response::LINGER;
use crate::wire::url::RedirectUri;

/// The sockets, bound and listening: from here on the port is ours.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    redirect_uri: RedirectUri,
}

impl Listener {
    /// Listens where the redirect URI leads to, on both address families where it names
    /// `localhost`.
    ///
    /// # Errors
    /// [`Error::PortInUse`] when another program holds one of the addresses, [`Error::Listen`]
    /// otherwise.
    pub fn bind(redirect_uri: RedirectUri) -> Result<Self, Error> {
        let any_port = redirect_uri.port() == 0;
        // A port that is free on one family may be taken on the other; with port 0, another one
        // will do.
        for _ in 0..16 {
            match bind_all(&redirect_uri) {
                Err(Error::PortInUse { .. }) if any_port => {}
                Err(error) => return Err(error),
                Ok((sockets, port)) => {
                    return Ok(Self { sockets, redirect_uri: redirect_uri.on_port(port) });
                }
            }
        }
        bind_all(&redirect_uri)
            .map(|(sockets, port)| Self { sockets, redirect_uri: redirect_uri.on_port(port) })
    }

    /// The redirect URI, with the port that is listened on.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Starts to answer, until the [`Server`] is dropped; what matters goes into the channel.
    ///
    /// # Errors
    /// [`Error::System`] when no thread can be started.
    pub fn serve(self, expected: &Arc<Expected>, events: &Sender<Event>) -> Result<Server, Error> {
        let closing = Arc::new(AtomicBool::new(false));
        let (ended, all_ended) = mpsc::channel();
        let mut addresses = Vec::new();
        for socket in self.sockets {
            addresses.extend(socket.local_addr());
            let mut turns =
                Turns::new(socket, Arc::clone(expected), events.clone(), Arc::clone(&closing));
            let ended = ended.clone();
            let run = move || {
                turns.run();
                drop(ended);
            };
            thread::Builder::new().name("callback".to_owned()).spawn(run).map_err(Error::System)?;
        }
        Ok(Server { addresses, closing, all_ended })
    }
}

/// Where the person chooses another port.
const SETTING: &str = "REDIRECT_URI";

fn bind_all(redirect_uri: &RedirectUri) -> Result<(Vec<TcpListener>, u16), Error> {
    let mut port = redirect_uri.port();
    let mut sockets: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for mut address in redirect_uri.addresses() {
        address.set_port(port);
        match TcpListener::bind(address).and_then(|socket| Ok((socket.local_addr()?, socket))) {
            Ok((bound, socket)) => {
                port = bound.port();
                sockets.push(socket);
            }
            // Whoever listens there could receive the code, so there is no going on with the other
            // family alone.
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                return Err(Error::PortInUse { address, setting: SETTING });
            }
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Error::Listen { address, setting: SETTING, source });
            }
            // A machine without this address family.
            Err(source) => {
                missing = Some(Error::Listen { address, setting: SETTING, source });
            }
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

/// The running listener. Dropped, it closes the port, and waits until the pages that were just sent
/// have been read: a moment with a browser, under three seconds with a peer that does not read.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    closing: Arc<AtomicBool>,
    all_ended: Receiver<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // RFC 8252 §8.3: "open the network port only when starting the authorization request and
        // close it once the response is returned."
        self.closing.store(true, Ordering::SeqCst);
        for address in &self.addresses {
            // Nothing but a connection wakes `accept`.
            let _ = TcpStream::connect_timeout(address, LINGER / 2);
        }
        // No message ever comes; the channel ends when the last thread has.
        let _ = self.all_ended.recv_timeout(LINGER + LINGER / 2);
    }
}
