//! The person at the browser, and the stranger: what a case's script says.
//!
//! ```text
//! browser.agrees()                       ?code=…&iss=…&state=…
//! browser.refuses("access_denied", …)    ?error=access_denied&error_description=…&iss=…&state=…
//! browser.meets_stranger(&["forged"], …)   ?code=(mallory's)&iss=…&state=forged
//! ```
//!
//! A *stranger's code* is one from another authorization request, made by another person. A client
//! that checks nothing is signed in as `mallory`.

use super::books::Grant;
use super::browser::{Browser, Parameters};
use super::parameters::Parameter;
use super::seen::Account;
use crate::practice::lock::locked;
use crate::wire::form::encode_value;

/// A state that isn't the client's.
pub(super) const FORGED: &str = "forged-forged-forged-forged-forged-forged-f";
/// The challenge of RFC 7636, appendix B.
const STRANGERS_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Whether the stranger's code was asked for with a challenge of the stranger's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pkce {
    None,
    Stranger,
}

/// A parameter.
pub(super) fn parameter(name: &str, value: &str) -> Parameter {
    Parameter { name: name.to_owned(), value: value.to_owned() }
}

impl Browser<'_> {
    /// The person agrees, and the browser brings the right callback.
    pub(super) fn agrees(&mut self) {
        let callback = self.right();
        self.brings_at_last(&callback);
    }

    /// The provider refuses with this error, and the browser brings that.
    pub(super) fn refuses(&mut self, error: &str, description: &str) {
        let callback = self.refusal(error, description);
        self.brings_at_last(&callback);
    }

    /// Brings a text wherever a page or a terminal may repeat it: with a wrong state, with a wrong issuer, in a
    /// path, and in a refusal.
    pub(super) fn brings_everywhere(&mut self, text: &str) {
        let mut callback = Vec::new();
        for name in ["code", "error", "error_description", "error_uri", text] {
            callback.push(parameter(name, text));
        }
        let mut wrong_state = callback.clone();
        wrong_state.push(parameter("state", text));
        wrong_state.push(self.issuer());
        self.brings(&wrong_state);
        callback.push(parameter("iss", text));
        let wrong_issuer = self.with_state(callback);
        self.brings(&wrong_issuer);
        // In a path a plus is a plus. Some clients answer one request and end: they get a callback first.
        let path = encode_value(text).replace('+', "%20");
        self.asks("GET", &format!("/{path}"));
        self.refuses(text, text);
    }

    /// A stranger's code comes with each of these states.
    pub(super) fn meets_stranger(&mut self, states: &[&str], pkce: Pkce) {
        let callback = self.strangers(states, pkce);
        self.brings(&callback);
    }

    /// The right callback.
    pub(super) fn right(&self) -> Parameters {
        let code = self.code(Account::Person, self.asked.parameter("code_challenge"));
        self.with_state(vec![parameter("code", &code), self.issuer()])
    }

    pub(super) fn refusal(&self, error: &str, description: &str) -> Parameters {
        let what = parameter("error_description", description);
        self.with_state(vec![parameter("error", error), what, self.issuer()])
    }

    /// A callback with a stranger's code and these states.
    pub(super) fn strangers(&self, states: &[&str], pkce: Pkce) -> Parameters {
        let challenge = match pkce {
            Pkce::None => None,
            Pkce::Stranger => Some(STRANGERS_CHALLENGE),
        };
        let code = self.code(Account::Stranger, challenge);
        let mut parameters = vec![parameter("code", &code), self.issuer()];
        for state in states {
            parameters.push(parameter("state", state));
        }
        parameters
    }

    pub(super) fn issuer(&self) -> Parameter {
        parameter("iss", &self.books.issuer())
    }

    /// RFC 6749 §4.1.2: the state is "REQUIRED if the "state" parameter was present in the client
    /// authorization request. The exact value received from the client."
    pub(super) fn with_state(&self, parameters: Parameters) -> Parameters {
        let mut parameters = parameters;
        if let Some(state) = self.asked.parameter("state") {
            parameters.push(parameter("state", state));
        }
        parameters
    }

    /// Makes a code.
    pub(super) fn code(&self, account: Account, challenge: Option<&str>) -> String {
        let code = self.books.random_text(20);
        self.gives(account, &code, challenge.map(str::to_owned));
        code
    }

    /// Gives this code.
    pub(super) fn gives(&self, account: Account, code: &str, challenge: Option<String>) {
        let token = format!("gho_{}", self.books.random_text(36));
        let scope = self.asked.parameter("scope").unwrap_or_default().to_owned();
        self.books.grant(Grant {
            account,
            code: code.to_owned(),
            token,
            challenge,
            scope,
            uses: 0,
        });
    }

    /// The codes of this callback are none that a careful client exchanges.
    pub(super) fn sets_a_trap(&self, callback: &Parameters) {
        for parameter in callback {
            if parameter.name == "code" {
                locked(&self.books.record).traps.push(parameter.value.clone());
            }
        }
    }
}
