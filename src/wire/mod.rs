//! The octets: what is written by hand of HTTP, forms and URLs, and the one agent for what is not.

pub mod client;
pub mod date;
pub mod form;
pub mod proxy;
pub mod request;
pub mod response;
pub mod roots;
pub mod trace;
pub mod url;
