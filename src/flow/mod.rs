//! The legs. No leg knows another; [`crate::login`] knows the order.

pub mod authentication;
pub mod authorize;
pub mod callback;
pub mod paste;
pub mod port;
pub mod profile;
pub mod revoke;
pub mod token;
