//! The bytes: HTTP, forms and URLs by hand where the program receives, and one client where it asks.

pub mod client;
pub mod date;
pub mod form;
pub mod hidden;
pub mod proxy;
pub mod request;
pub mod response;
pub mod roots;
pub mod trace;
pub mod url;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Looks an environment variable up. The program passes [`std::env::var_os`].
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<std::ffi::OsString>;

/// What threads share. A thread that panics ends the program, so that it is never half changed.
pub fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error, unless this holds.
pub fn ensure<E>(holds: bool, error: E) -> Result<(), E> {
    if holds { Ok(()) } else { Err(error) }
}
