//! The token request as it came: who asks, for what, and whether the rules are kept. RFC 6749 §2.3.1,
//! §4.1.3; RFC 7636 §4.6.
//!
//! ```text
//! grant_type=…&code=…&redirect_uri=…&client_id=…&client_secret=…&code_verifier=…
//! authorization: Basic …                                    instead of the two in the middle
//! ```
//!
//! Shown by the tests of token.rs, and by `tests/suite/provider.rs`.

use super::account::Account;
use super::answer::{Answer, shown};
use super::authorization_request::AuthorizationRequest;
use super::basic;
use super::fault::{CodeProblem, Fault};
use super::grants::{Grants, NoCode, Registration};
use super::token_response::{Format, TokenError};
use crate::protocol::pkce;
use crate::secret::Verifier;
use crate::wire::form::{Form, Problem};

/// The token request.
pub(super) struct TokenRequest<'a> {
    pub(super) form: Form,
    /// The header of this name.
    pub(super) authorization: Option<&'a str>,
    pub(super) format: Format,
}

/// RFC 6749 §4.1.3 and §6.
pub(super) enum GrantType {
    AuthorizationCode,
    RefreshToken,
}

/// A good code, and the request that it was given for.
pub(super) struct Redeemed {
    pub(super) code: String,
    pub(super) request: AuthorizationRequest,
}

/// Why there is no token. RFC 6749 §5.2: `error`, and what the log says about it.
pub(super) struct Refused {
    error: TokenError,
    said: String,
    /// The fault because of which there is none.
    broken_by: Option<&'static Fault>,
}

impl Refused {
    pub(super) fn new(error: TokenError, said: impl Into<String>) -> Self {
        Self { error, said: said.into(), broken_by: None }
    }

    pub(super) fn answer(self, format: Format) -> Answer {
        let response = self.error.response(200, format);
        match self.broken_by {
            // The client did nothing wrong.
            Some(fault) => {
                let mut answer = Answer::right(response, self.said);
                answer.broken_by = Some(fault);
                answer
            }
            None => Answer::refused(response, self.said),
        }
    }
}

pub(super) fn unreadable(problem: Problem) -> Refused {
    Refused::new(TokenError::InvalidRequest, format!("{problem} (RFC 6749 §3.2)"))
}

impl TokenRequest<'_> {
    pub(super) fn parameter(&self, name: &str) -> Result<Option<&str>, Refused> {
        self.form.get(name).map_err(unreadable)
    }

    /// The grant that the client asks for, once it has proved who it is.
    pub(super) fn grant_type(&self, app: &Registration) -> Result<GrantType, Refused> {
        self.check_credentials(app)?;
        match self.parameter("grant_type")? {
            // GitHub differs: it does not require `grant_type`.
            None | Some("authorization_code") => Ok(GrantType::AuthorizationCode),
            Some("refresh_token") => Ok(GrantType::RefreshToken),
            Some(_) => {
                let said = "grant_type is neither authorization_code nor refresh_token (RFC 6749 §4.1.3, §6)";
                Err(Refused::new(TokenError::UnsupportedGrantType, said))
            }
        }
    }

    fn check_credentials(&self, app: &Registration) -> Result<(), Refused> {
        let wrong = |said: &str| {
            let said = format!("{said} (RFC 6749 §2.3.1)");
            Err(Refused::new(TokenError::IncorrectClientCredentials, said))
        };
        let client_id = self.parameter("client_id")?;
        let client_secret = self.parameter("client_secret")?;
        if client_id.is_some_and(|client_id| client_id != app.client_id) {
            return wrong("no app with this client_id is registered here");
        }
        if let (Some(header), None) = (self.authorization, client_secret) {
            if basic::is_of(app, header) {
                return Ok(());
            }
            if basic::is_basic(header) {
                return wrong("the client_id or the client_secret of HTTP Basic is wrong");
            }
        }
        if client_id.is_none() {
            return wrong("client_id is missing from the body");
        }
        match client_secret {
            None => wrong("client_secret is missing from the body"),
            Some(secret) if secret == app.client_secret.expose() => Ok(()),
            Some(_) => wrong("client_secret is wrong"),
        }
    }

    /// Says in the log what became of an Authorization header.
    pub(super) fn add_remarks(&self, answer: &mut Answer) {
        let Some(header) = self.authorization else { return };
        if !basic::is_basic(header) {
            answer.remarks("the Authorization header isn't read, because it isn't HTTP Basic");
        } else if self.has_secret_in_body() {
            answer.remarks(
                "client_secret came twice, in the body and by HTTP Basic: one of them is enough (RFC 6749 §2.3)",
            );
        } else {
            answer.remarks(
                "HTTP Basic is taken (client_secret_basic), but GitHub documents client_id and \
                 client_secret in the body (client_secret_post)",
            );
        }
    }

    fn has_secret_in_body(&self) -> bool {
        matches!(self.form.get("client_secret"), Ok(Some(_)))
    }

    /// Checks the request, and uses its code up.
    pub(super) fn redeem(&self, grants: &mut Grants) -> Result<Redeemed, Refused> {
        let Some(code) = self.parameter("code")? else {
            let said = "code is missing (RFC 6749 §4.1.3)";
            return Err(Refused::new(TokenError::BadVerificationCode, said));
        };
        let request = grants.take_code(code).map_err(bad_code)?;
        self.check_redirect_uri(&request)?;
        self.check_verifier(&request)?;
        Ok(Redeemed { code: code.to_owned(), request })
    }

    fn check_redirect_uri(&self, request: &AuthorizationRequest) -> Result<(), Refused> {
        let given = self.parameter("redirect_uri")?;
        // RFC 6749 §4.1.3: the authorization server MUST "ensure that the "redirect_uri" parameter is
        // present if the "redirect_uri" parameter was included in the initial authorization request
        // […], and if included ensure that their values are identical."
        let is_needed = given.is_some() || request.names_redirect_uri;
        let is_right = given == Some(&request.redirect_uri);
        if is_right || !is_needed {
            return Ok(());
        }
        let given = given.map_or("missing", shown);
        let asked = shown(&request.redirect_uri);
        let said = format!("redirect_uri is {given}, but was {asked} in leg 1 (RFC 6749 §4.1.3)");
        Err(Refused::new(TokenError::RedirectUriMismatch, said))
    }

    fn check_verifier(&self, request: &AuthorizationRequest) -> Result<(), Refused> {
        let verifier = self.parameter("code_verifier")?;
        // On purpose: for a stranger's code this is a provider without PKCE, so that nothing but the
        // client's own check of state stands in between.
        if request.account == Account::Mallory {
            return Ok(());
        }
        let wrong = match (&request.challenge, verifier) {
            (None, None) => return Ok(()),
            // RFC 9700 §2.1.1: "Authorization servers MUST mitigate PKCE downgrade attacks by ensuring
            // that a token request containing a code_verifier parameter is accepted only if a
            // code_challenge parameter was present in the authorization request".
            (None, Some(_)) => {
                "code_verifier came, but leg 1 had no code_challenge: somebody may have taken it out (RFC 9700 §4.8.2)"
            }
            (Some(_), None) => {
                "code_verifier is missing, but leg 1 had a code_challenge (RFC 7636 §4.5)"
            }
            // RFC 7636 §4.6: "If the values are not equal, an error response indicating
            // "invalid_grant" […] MUST be returned."
            (Some(challenge), Some(verifier)) => {
                if pkce::challenge(&Verifier::new(verifier.to_owned())) == *challenge {
                    return Ok(());
                }
                "code_verifier doesn't hash to the code_challenge (RFC 7636 §4.6)"
            }
        };
        Err(Refused::new(TokenError::BadVerificationCode, wrong))
    }
}

fn bad_code(why: NoCode) -> Refused {
    let said = match (why.problem, why.broken_by) {
        (CodeProblem::Unknown, _) => "no such code was given (RFC 6749 §5.2)",
        (CodeProblem::Used, None) => {
            "the code was used before, so its token is revoked (RFC 6749 §4.1.2)"
        }
        (CodeProblem::Used, Some(_)) => {
            "refused as if the code had been used before (RFC 6749 §4.1.2)"
        }
        (CodeProblem::Expired, None) => "the code has expired (RFC 6749 §4.1.2)",
        (CodeProblem::Expired, Some(_)) => "refused as if the code had expired (RFC 6749 §4.1.2)",
    };
    Refused { broken_by: why.broken_by, ..Refused::new(TokenError::BadVerificationCode, said) }
}
