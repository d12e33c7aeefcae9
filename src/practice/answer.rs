//! What the provider answers, and what its log (board.rs) says about it.

use super::fault::Fault;
use crate::receive::page;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// What goes back over the connection.
    pub response: Response,
    /// The number of the login that it belongs to; 0 if that isn't known.
    pub login: u32,
    /// The fault that shows here.
    pub broken_by: Option<Fault>,
    /// The fault that does something to the callback or to this connection, and the callback.
    pub mischief: Option<(Fault, String)>,
    /// Whether something was wrong with the request.
    pub is_refused: bool,
    /// What was right and what was missing, or what was wrong; with the rule.
    pub said: String,
}

/// What the provider sees: the log prints it, and the exam judges it.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A request, with its body and its answer; none if it can't be read.
    Asked(Option<&'a Request>, &'a str, &'a Answer),
    /// How much of an answer without end went out, in bytes.
    Sent(u64),
}

/// Is told what the provider sees, before the answer goes out.
pub type Observer = dyn Fn(Seen<'_>) + Send + Sync;

impl Answer {
    /// A response to a request that is right.
    pub(super) fn right(response: Response, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { response, login: 0, broken_by: None, mischief: None, is_refused: false, said }
    }

    /// A response to a request that is wrong.
    pub(super) fn refused(response: Response, said: impl Into<String>) -> Self {
        Self { is_refused: true, ..Self::right(response, said) }
    }

    /// A page for a request that is wrong.
    pub(super) fn problem(status: u16, said: impl Into<String>) -> Self {
        let said = said.into();
        let text = page::paragraph(&format!("the provider refused this: {said}"));
        Self::refused(page::html(status, "Refused", &text), said)
    }
}

/// What a client wrote, where the log may show it. Codes, tokens and secrets, GitHub's included,
/// have 20 characters or more and none of `/:.`, so there is none where every part is shorter.
pub(super) fn shown(text: &str) -> &str {
    let is_short = text.len() <= 100 && text.split(['/', ':', '.']).all(|part| part.len() < 20);
    if is_short { text } else { "(withheld, because it may hold a secret)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_shown_and_what_may_be_a_secret_is_not() {
        for text in [
            "GET",
            "/",
            "/login/oauth/acces_token",
            "http://127.0.0.1:65535/callback",
            "urn:ietf:wg:oauth:2.0:oob",
        ] {
            assert_eq!(shown(text), text);
        }
        for secret in [
            "4b2f6c1d9e8a7f305162",
            "gho_16C7e42F292c6912E7710c838347Ae178B4a",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ] {
            for text in [format!("/{secret}"), format!("/user/{secret}/"), format!("a={secret}")] {
                assert_eq!(shown(&text), "(withheld, because it may hold a secret)");
            }
        }
        assert_ne!(shown(&"/a".repeat(51)), "/a".repeat(51));
    }
}
