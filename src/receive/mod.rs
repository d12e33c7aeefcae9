//! Leg 2 arrives here: at a server for one request, or as a URL that the person pastes.

pub mod inbox;
pub mod listener;
pub mod page;
pub mod paste;
pub mod port;
mod steps;
