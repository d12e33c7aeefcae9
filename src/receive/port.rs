//! Leg 2's port: where this program listens, RFC 8252 §7.3 and §8.3.
//!
//! ```text
//! http://localhost:8000/callback  →  127.0.0.1:8000 and [::1]:8000, a socket and a thread each
//! LISTEN=0.0.0.0                  →  0.0.0.0:8000, for a port that a container publishes
//! ```
//!
//! Left out: telling the browser from other programs of the same person, which may connect as it does.
//! Shown by `tests/suite/port.rs`.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use crate::error::Error;
use crate::protocol::callback::ExpectedCallback;
use crate::receive::inbox::Inbox;
use crate::receive::listener::Listener;
use crate::setup::limits::Limits;
use crate::wire::url::RedirectUri;

/// At most this many events wait for the main thread. A flood must not fill memory, so further ones are
/// dropped.
const MAX_EVENTS: usize = 16;

/// The sockets, bound and listening: from here on the port is ours.
#[derive(Debug)]
pub struct Port {
    /// The redirect URI, with the port that is listened on.
    pub redirect_uri: RedirectUri,
    sockets: Vec<TcpListener>,
}

impl Port {
    /// Listens where the redirect URI leads, on both address families if it names `localhost`, or on
    /// the one address that LISTEN names. Errors: [`Error::Listen`], also if only one of two addresses is
    /// in use. If this machine lacks one address family, the other is enough.
    pub fn open(redirect_uri: &RedirectUri, listen: Option<IpAddr>) -> Result<Self, Error> {
        if let Some(ip) = listen {
            let address = SocketAddr::new(ip, redirect_uri.port);
            return Self::bind(redirect_uri, &[address], "LISTEN");
        }
        let addresses = redirect_uri.addresses();
        match Self::bind(redirect_uri, &addresses, "REDIRECT_URI") {
            // A port that is free on one family may be taken on the other. Another one will do.
            Err(_) if redirect_uri.port == 0 => {
                Self::bind(redirect_uri, &addresses, "REDIRECT_URI")
            }
            bound => bound,
        }
    }

    fn bind(
        redirect_uri: &RedirectUri,
        addresses: &[SocketAddr],
        host_setting: &'static str,
    ) -> Result<Self, Error> {
        let mut port = redirect_uri.port;
        let mut sockets = Vec::new();
        let mut missing = None;
        for address in addresses {
            let address = SocketAddr::new(address.ip(), port);
            match TcpListener::bind(address) {
                Ok(socket) => {
                    port = socket.local_addr().map_err(Error::System)?.port();
                    sockets.push(socket);
                }
                Err(source) => {
                    let source = with_a_name(source);
                    let is_missing = source.kind() == ErrorKind::AddrNotAvailable;
                    let host_setting = Some(host_setting);
                    let port_setting = "REDIRECT_URI";
                    let error = Error::Listen { address, host_setting, port_setting, source };
                    // A stranger that listens there could receive the code, so the other family
                    // alone won't do.
                    if !is_missing {
                        return Err(error);
                    }
                    missing = Some(error);
                }
            }
        }
        match missing {
            Some(error) if sockets.is_empty() => Err(error),
            _ => Ok(Self { redirect_uri: redirect_uri.clone().on_port(port), sockets }),
        }
    }

    /// Answers, on a thread for each socket, until the inbox is closed. Errors: [`Error::System`].
    pub fn serve(self, expected: ExpectedCallback, limits: Limits) -> Result<Inbox, Error> {
        let (sender, events) = mpsc::sync_channel(MAX_EVENTS);
        let expected = Arc::new(expected);
        let mut inbox = Inbox { events, is_closed: Arc::default(), addresses: Vec::new() };
        for socket in self.sockets {
            inbox.addresses.push(socket.local_addr().map_err(Error::System)?);
            let listener = Listener {
                socket,
                connections: Vec::new(),
                expected: Arc::clone(&expected),
                is_closed: Arc::clone(&inbox.is_closed),
                events: sender.clone(),
                limits,
            };
            thread::Builder::new().spawn(move || listener.run()).map_err(Error::System)?;
        }
        Ok(inbox)
    }
}

/// The error by a name that std has. A machine that lacks an address family has no address of it. Any
/// other failure means that the address is there and can't be had, for example for want of a descriptor
/// or of memory.
fn with_a_name(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(EAFNOSUPPORT) {
        io::Error::new(ErrorKind::AddrNotAvailable, error)
    } else {
        error
    }
}

/// "Address family not supported by protocol", for which std has no name.
const EAFNOSUPPORT: i32 = if cfg!(windows) {
    10_047
} else if cfg!(target_os = "linux") {
    97
} else {
    47
};

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_missing_family_lets_the_other_one_do() {
        for (number, is_missing) in [
            // EADDRNOTAVAIL, EAFNOSUPPORT
            (99, true),
            (97, true),
            // EADDRINUSE, EACCES, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM
            (98, false),
            (13, false),
            (24, false),
            (23, false),
            (105, false),
            (12, false),
            (1, false),
        ] {
            let error = io::Error::from_raw_os_error(number);
            let is_told_so = with_a_name(error).kind() == ErrorKind::AddrNotAvailable;
            assert_eq!(is_told_so, is_missing, "{number}");
        }
    }
}
