//! The judge: each check looks at what was seen of a run, and says what is wrong with it.
//!
//! ```text
//! "it was signed in as the stranger `mallory`"
//! ```
//!
//! Left out: what a client thinks. Only requests, pages, streams and exit statuses count.

pub(super) mod attributes;
pub(super) mod ends;
pub(super) mod entropy;
pub(super) mod leads;
pub(super) mod markup;
pub(super) mod pages;
pub(super) mod random;
pub(super) mod requests;
pub(super) mod secrets;
pub(super) mod streams;
