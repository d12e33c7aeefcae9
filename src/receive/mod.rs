//! Leg 2 arrives here: a server for one request, or an address that the person pastes.

pub mod inbox;
pub mod page;
pub mod paste;
pub mod port;
