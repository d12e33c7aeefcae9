//! Showing text: secrets are masked, and marks that could fool a terminal are spelled out.

pub mod coding;
pub mod hidden;
pub mod learn;
pub mod mask;
pub mod names;
pub mod parts;
pub mod terminal;
#[cfg(test)]
mod tests;

#[cfg(feature = "classroom")]
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that the threads of the exam share. A thread that panics ends the program, so the value is
/// never half changed.
#[cfg(feature = "classroom")]
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
