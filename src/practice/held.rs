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
//! Shown by `tests/suite/provider.rs`.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use super::lock::locked;

/// How many connections may be held in all: two lots of silent ones to `localhost`.
const MAX_CONNECTIONS: usize = 120;
/// How many logins may hold some.
const MAX_LOTS: usize = 16;

/// What is held, the oldest first.
#[derive(Default)]
pub(super) struct Held(Mutex<Vec<Lot>>);

/// What one login holds.
struct Lot {
    login: Option<u32>,
    connections: Arc<Vec<Arc<TcpStream>>>,
}

impl Held {
    /// Holds these connections while this is done, which has to end when they do.
    pub(super) fn during<T>(
        &self,
        login: Option<u32>,
        connections: Vec<Arc<TcpStream>>,
        act: impl FnOnce() -> T,
    ) -> T {
        let connections = Arc::new(connections);
        self.end(login);
        self.add(Lot { login, connections: Arc::clone(&connections) });
        let result = act();
        locked(&self.0).retain(|lot| !Arc::ptr_eq(&lot.connections, &connections));
        result
    }

    fn add(&self, lot: Lot) {
        let mut lots = locked(&self.0);
        lots.push(lot);
        loop {
            let connections: usize = lots.iter().map(|lot| lot.connections.len()).sum();
            let is_too_much = connections > MAX_CONNECTIONS || lots.len() > MAX_LOTS;
            if !is_too_much || lots.len() == 1 {
                return;
            }
            lots.remove(0).close();
        }
    }

    /// Ends what this login holds.
    pub(super) fn end(&self, login: Option<u32>) {
        locked(&self.0).retain(|lot| {
            if lot.login == login {
                lot.close();
            }
            lot.login != login
        });
    }

    /// Ends what the oldest login holds, so that its descriptors are free.
    pub(super) fn end_oldest(&self) {
        let mut lots = locked(&self.0);
        if !lots.is_empty() {
            lots.remove(0).close();
        }
    }
}

impl Lot {
    /// Closes the connections, also where somebody waits at one.
    fn close(&self) {
        for connection in self.connections.iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
