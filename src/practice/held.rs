//! The connections that a fault keeps open: silent ones to a client's callback port, and requests that
//! get no answer, or one without end.
//!
//! ```text
//! login 7   60 silent connections   until the client closes them, or login 7 ends
//! login 8   1 without an answer     until the client gives up, or login 8 ends
//! ```
//!
//! They take nobody's place (places.rs). A login has one such lot: another press ends the one before.
//! Those of the oldest login end when there are too many, or when the system has no descriptor left.
//! Shown by `tests/suite/neighbours.rs`.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use super::lock::locked;

/// How many connections may be held in all: two lots of silent ones to `localhost`.
const MAX_CONNECTIONS: usize = 120;
/// How many logins may hold some.
const MAX_LOTS: usize = 16;

/// The held connections of each login, the oldest first.
#[derive(Default)]
pub(super) struct Held(Mutex<Vec<Lot>>);

/// The held connections of one login.
#[derive(Clone)]
struct Lot {
    login: Option<u32>,
    connections: Arc<Vec<Arc<TcpStream>>>,
}

impl Held {
    /// Holds these connections until the guard is dropped, or until they have to end. None if there are
    /// none.
    pub(super) fn hold(
        self: &Arc<Self>,
        login: Option<u32>,
        connections: Vec<Arc<TcpStream>>,
    ) -> Option<Hold> {
        if connections.is_empty() {
            return None;
        }
        self.end(login);
        let lot = Lot { login, connections: Arc::new(connections) };
        let mut lots = locked(&self.0);
        lots.push(lot.clone());
        while is_too_much(&lots) {
            lots.remove(0).close();
        }
        Some(Hold { held: Arc::clone(self), lot })
    }

    /// Closes the connections of this login.
    pub(super) fn end(&self, login: Option<u32>) {
        locked(&self.0).retain(|lot| {
            let is_its = lot.login == login;
            if is_its {
                lot.close();
            }
            !is_its
        });
    }

    /// Closes the connections of the oldest login, so that their descriptors are free.
    pub(super) fn end_oldest(&self) {
        let mut lots = locked(&self.0);
        if !lots.is_empty() {
            lots.remove(0).close();
        }
    }
}

/// The newest lot stays in any case.
fn is_too_much(lots: &[Lot]) -> bool {
    let connections: usize = lots.iter().map(|lot| lot.connections.len()).sum();
    lots.len() > 1 && (lots.len() > MAX_LOTS || connections > MAX_CONNECTIONS)
}

impl Lot {
    /// Closes the connections, also where somebody waits at one.
    fn close(&self) {
        for connection in self.connections.iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Connections that are held. Dropped, they are closed.
pub(super) struct Hold {
    held: Arc<Held>,
    lot: Lot,
}

impl Hold {
    /// One of the connections.
    pub(super) fn first(&self) -> Option<&TcpStream> {
        let first = self.lot.connections.first()?;
        Some(first)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let ours = &self.lot.connections;
        locked(&self.held.0).retain(|lot| !Arc::ptr_eq(&lot.connections, ours));
        self.lot.close();
    }
}
