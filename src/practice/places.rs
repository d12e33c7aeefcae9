//! The places for connections: how many there are, and who leaves when there is none.
//!
//! ```text
//! accept ─► a place ─► the request arrives ─► it is handled ─► the place is free ─► the answer is read
//!           └─ full: the connection that has sent no whole request for the longest time has to leave
//! ```
//!
//! Browsers open connections ahead of need, and say nothing on them; a client with a defect may do so too,
//! or leave its answers unread. Neither costs another login its place. Shown by
//! `tests/suite/neighbours.rs`.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::lock::locked;

const MAX_PLACES: usize = 64;
/// How many may be on their way out beside those, each for two seconds at most.
const MAX_LEAVING: usize = 256;
/// How long nobody has to leave: a request that was sent at once has arrived by then.
const GRACE: Duration = Duration::from_secs(1);

/// Who is connected, the oldest first.
#[derive(Default)]
pub(super) struct Places {
    guests: Mutex<Vec<Guest>>,
    /// Tells that somebody has left.
    has_changed: Condvar,
}

struct Guest {
    stream: Arc<TcpStream>,
    since: Instant,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its request has not arrived yet.
    Arriving,
    /// Its request has arrived, and its answer is being made.
    Handled,
    /// Its answer is read, or it has to go without one.
    Leaving,
}

impl Places {
    /// A place for this connection, as soon as there is one. Others wait in the system's queue meanwhile.
    pub(super) fn admit(self: &Arc<Self>, stream: &Arc<TcpStream>) -> Place {
        let mut guests = locked(&self.guests);
        while !make_room(&mut guests) {
            guests = self.wait(guests);
        }
        let stream = Arc::clone(stream);
        let since = Instant::now();
        guests.push(Guest { stream: Arc::clone(&stream), since, state: State::Arriving });
        Place { places: Arc::clone(self), stream }
    }

    /// Waits until somebody has left, or until somebody else may have to leave.
    fn wait<'a>(&self, guests: MutexGuard<'a, Vec<Guest>>) -> MutexGuard<'a, Vec<Guest>> {
        let waited = self.has_changed.wait_timeout(guests, GRACE / 10);
        let (guests, _) = waited.unwrap_or_else(PoisonError::into_inner);
        guests
    }
}

/// Makes room, if that takes nobody's place who may still need it. Gives whether there is room.
fn make_room(guests: &mut [Guest]) -> bool {
    let leaving = guests.iter().filter(|guest| guest.state == State::Leaving).count();
    if leaving >= MAX_LEAVING {
        return false;
    }
    if guests.len() - leaving < MAX_PLACES {
        return true;
    }
    let Some(oldest) = guests.iter_mut().find(|guest| guest.state == State::Arriving) else {
        return false;
    };
    if oldest.since.elapsed() < GRACE {
        return false;
    }
    oldest.state = State::Leaving;
    // That ends its wait.
    let _ = oldest.stream.shutdown(Shutdown::Both);
    true
}

/// A place. Dropped, it is free again.
pub(super) struct Place {
    places: Arc<Places>,
    stream: Arc<TcpStream>,
}

impl Place {
    /// The request has arrived: from here on nobody takes the place away.
    pub(super) fn begins_to_answer(&self) {
        self.set(State::Handled);
    }

    /// The answer is made: somebody else may have the place while it is read.
    pub(super) fn leaves(&self) {
        self.set(State::Leaving);
    }

    fn set(&self, state: State) {
        for guest in locked(&self.places.guests).iter_mut() {
            if Arc::ptr_eq(&guest.stream, &self.stream) {
                guest.state = state;
            }
        }
        self.places.has_changed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.places.guests).retain(|guest| !Arc::ptr_eq(&guest.stream, &self.stream));
        self.places.has_changed.notify_one();
    }
}
