//! What may be shown: secrets are masked, and marks that could fool a terminal are spelled out.

mod coding;
pub mod hidden;
mod learn;
mod mask;
pub mod names;
mod parts;
pub mod terminal;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What threads share. A thread that panics ends the program, so that it is never half changed.
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
