//! The places for connections: how many there are, and who leaves when there is none.
//!
//! ```text
//! accept ─► a place ─► the request arrives ─► it is handled ─► the place is free ─► the answer is read
//!           └─ full: whoever has sent no whole request for the longest time has to leave
//! ```
//!
//! Browsers open connections ahead of need, and say nothing on them; a client with a defect may do so too,
//! or leave its answers unread. Neither costs another login its place. Shown by
//! `tests/suite/neighbours.rs`.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use super::lock::locked;

const MAX_PLACES: usize = 64;
/// How many may be on their way out beside those, each for two seconds at most.
const MAX_LEAVING: usize = 256;

/// Who is connected, the oldest first.
#[derive(Default)]
pub(super) struct Places(Mutex<Vec<Guest>>);

struct Guest {
    stream: Arc<TcpStream>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its request has not arrived yet.
    Arriving,
    /// Its answer is made.
    Handled,
    /// Its answer is read, or it has to go without one.
    Leaving,
}

impl Places {
    /// A place for this connection; none if nobody can leave.
    pub(super) fn admit(self: &Arc<Self>, stream: &Arc<TcpStream>) -> Option<Place> {
        let mut guests = locked(&self.0);
        let leaving = guests.iter().filter(|guest| guest.state == State::Leaving).count();
        if leaving >= MAX_LEAVING {
            return None;
        }
        if guests.len() - leaving >= MAX_PLACES {
            let oldest = guests.iter_mut().find(|guest| guest.state == State::Arriving)?;
            oldest.state = State::Leaving;
            // That ends its wait.
            let _ = oldest.stream.shutdown(Shutdown::Both);
        }
        guests.push(Guest { stream: Arc::clone(stream), state: State::Arriving });
        Some(Place { places: Arc::clone(self), stream: Arc::clone(stream) })
    }
}

/// A place. Dropped, it is free again.
pub(super) struct Place {
    places: Arc<Places>,
    stream: Arc<TcpStream>,
}

impl Place {
    /// The request has arrived: from here on nobody takes the place away.
    pub(super) fn is_handled(&self) {
        self.set(State::Handled);
    }

    /// The answer is made: somebody else may have the place while it is read.
    pub(super) fn is_left(&self) {
        self.set(State::Leaving);
    }

    fn set(&self, state: State) {
        for guest in locked(&self.places.0).iter_mut() {
            if Arc::ptr_eq(&guest.stream, &self.stream) {
                guest.state = state;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.places.0).retain(|guest| !Arc::ptr_eq(&guest.stream, &self.stream));
    }
}
