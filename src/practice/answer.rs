//! What the provider answers, and what its log says about it.
//!
//! ```text
//! leg 1: GET /login/oauth/authorize: 200, checked client_id, redirect_uri, … (RFC 6749 §4.1.1)
//! leg 3: POST /login/oauth/access_token: 200, wrong: the code was used before (RFC 6749 §4.1.2)
//! ```

use super::fault::Fault;
use crate::wire::response::Response;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// What goes back over the connection.
    pub reply: Reply,
    /// What else the provider does before that.
    pub before: Option<Before>,
    /// What was checked, and what was wrong, with the rule.
    pub said: String,
}

/// What goes back over a connection.
#[derive(Debug)]
pub enum Reply {
    /// A response.
    Whole(Response),
    /// Nothing, while the peer waits.
    Silence,
    /// A response whose body ends when nobody reads it any more.
    WithoutEnd,
}

/// What the provider does to the callback's port.
#[derive(Debug)]
pub enum Before {
    /// Sends this callback itself.
    Deliver(String),
    /// Opens connections to this redirect URI, and says nothing on them.
    StaySilent(String),
}

impl Answer {
    /// A response to a request with which all is well.
    #[must_use]
    pub fn checked(response: Response, what: impl Into<String>) -> Self {
        Self {
            reply: Reply::Whole(response),
            before: None,
            said: format!("checked {}", what.into()),
        }
    }

    /// A response to a request with which something is wrong.
    #[must_use]
    pub fn wrong(response: Response, what: &str) -> Self {
        Self { reply: Reply::Whole(response), before: None, said: format!("wrong: {what}") }
    }

    /// The same, as a button of the consent page wants it.
    #[must_use]
    pub fn broken_by(mut self, fault: Fault) -> Self {
        self.said = format!("broken on purpose ({}), {}", fault.label(), self.said);
        self
    }
}
