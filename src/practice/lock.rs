//! The lock around values that threads share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value, for the time that the guard lives. A thread that died with it has spoilt nothing.
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
