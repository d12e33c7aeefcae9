//! The provider's answers, with the words of its log (board.rs) about them.

use super::account::Account;
use super::fault::Fault;
use super::html_page::HtmlPage;
use super::reply::{Mischief, Reply};
use crate::show::html::paragraph;
use crate::wire::request::Request;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// The bytes that go back over the connection, or none.
    pub(super) reply: Reply,
    /// The mischief that comes before.
    pub(super) mischief: Option<Mischief>,
    /// The number of the login that it belongs to, if that is known.
    pub(super) login: Option<u32>,
    /// The person whose profile it is, if it is one.
    pub(super) account: Option<Account>,
    /// The fault that shows here.
    pub(super) broken_by: Option<&'static Fault>,
    /// The verdict on the client.
    pub(super) verdict: Verdict,
    /// The things that were right and those that were missing, or what was wrong; with the rule.
    pub(super) said: String,
}

/// The verdict on the client, as far as one request shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It did nothing wrong.
    Right,
    /// It made a request that is wrong.
    Refused,
    /// It did what a good client doesn't do when this goes wrong.
    FellForIt,
}

/// An event that the log and the board are told of.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    /// A request that can't be read, before its answer goes out.
    Unreadable { answer: &'a Answer },
    /// A request with its body, before its answer goes out.
    Asked { request: &'a Request, body: &'a str, answer: &'a Answer },
    /// How much of an answer without end went out, in bytes.
    Sent { login: Option<u32>, bytes: u64 },
    /// The client has given up a request that gets no answer.
    GaveUp { login: Option<u32> },
}

/// Is told each event.
pub(super) type Observer = dyn Fn(Seen<'_>) + Send + Sync;

impl Answer {
    /// An answer to a request that is right.
    pub(super) fn right(reply: impl Into<Reply>, said: impl Into<String>) -> Self {
        Self {
            reply: reply.into(),
            mischief: None,
            login: None,
            account: None,
            broken_by: None,
            verdict: Verdict::Right,
            said: said.into(),
        }
    }

    /// An answer to a request that is wrong.
    pub(super) fn refused(reply: impl Into<Reply>, said: impl Into<String>) -> Self {
        Self { verdict: Verdict::Refused, ..Self::right(reply, said) }
    }

    /// A page for a request that is wrong.
    pub(super) fn problem(status: u16, said: impl Into<String>) -> Self {
        let said = said.into();
        let page = Self::page_of_problem(status, &said);
        Self::refused(page, said)
    }

    /// The page that says so.
    pub(super) fn page_of_problem(status: u16, said: &str) -> HtmlPage {
        let text = paragraph(&format!("the provider refused this: {said}"));
        HtmlPage::new(status, "Refused", text).bad_news()
    }

    /// The client did what a good one doesn't do, and this says what.
    pub(super) fn falls_for_it(&mut self, said: &str) {
        self.verdict = Verdict::FellForIt;
        self.said.push_str("; ");
        self.said.push_str(said);
    }

    /// More about a request that stays as right or as wrong as it was.
    pub(super) fn remarks(&mut self, said: &str) {
        self.said.push_str("; ");
        self.said.push_str(said);
    }
}

/// The client's own words, where the log may show them. Codes, tokens and secrets, GitHub's included,
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
