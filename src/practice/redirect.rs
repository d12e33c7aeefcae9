//! The redirect to another origin, which a good client doesn't follow in legs 3 and 4. Shown by
//! `tests/suite/break_it.rs`.

use super::html_page::HtmlPage;

/// Where it leads, at the provider again.
pub(super) const ELSEWHERE: &str = "/login/oauth/elsewhere";

/// A redirect to another origin: `localhost` instead of `127.0.0.1`.
pub(super) fn redirect_elsewhere(status: u16, issuer: &str) -> HtmlPage {
    let location = issuer.replacen("127.0.0.1", "localhost", 1) + "/elsewhere";
    HtmlPage::new(status, "Elsewhere", "<p>Follow me.</p>").with("Location", location)
}
