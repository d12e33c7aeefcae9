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

/// Looks an environment variable up. The program passes [`std::env::var_os`].
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<std::ffi::OsString>;

/// The error, unless this holds.
pub fn ensure<E>(holds: bool, error: E) -> Result<(), E> {
    if holds { Ok(()) } else { Err(error) }
}
