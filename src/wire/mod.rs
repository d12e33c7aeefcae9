//! The bytes of HTTP, forms and URLs, written by hand.

pub mod date;
pub mod form;
pub mod request;
pub mod response;
pub mod url;
