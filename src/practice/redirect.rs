//! The redirect to another origin, which a good client doesn't follow in legs 3 and 4. Shown by
//! `tests/suite/break_it.rs`.

use crate::receive::page;
use crate::wire::response::Response;

/// Where it leads, at the provider again.
pub(super) const ELSEWHERE: &str = "/login/oauth/elsewhere";

/// A redirect to another origin: `localhost` instead of `127.0.0.1`.
pub(super) fn redirect_elsewhere(status: u16, issuer: &str) -> Response {
    let location = issuer.replacen("127.0.0.1", "localhost", 1) + "/elsewhere";
    page::html(status, "Elsewhere", "<p>Follow me.</p>").with("Location", location)
}
