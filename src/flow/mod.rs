//! The four legs, in the order in which the bytes travel. None of them knows another;
//! [`crate::login`] knows the order.

pub mod authorize;
pub mod callback;
pub mod listener;
pub mod paste;
pub mod profile;
pub mod scope;
pub mod token;
mod turns;
