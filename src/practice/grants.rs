//! What the practice provider knows: its app, and for a while what it has handed out.
//!
//! ```text
//! authorization request ─► ticket ─► code ─► access token and refresh token
//!                          (ticket and code are good once, and die after 10 minutes)
//! ```

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::callback::Callback;
use super::fault::{Breaks, CodeProblem, Fault};
use super::profile::Account;
use super::strictness::Strictness;
use super::token_response::Tokens;
use crate::secret::{AccessToken, ClientSecret, Code, State, base64url, random};
use crate::wire::url::RedirectUri;

/// GitHub: "The temporary code will expire after 10 minutes."
pub(crate) const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How many tickets, how many codes and how many tokens are kept; the oldest go first.
const MAX_KEPT: usize = 1000;

/// The app, as it is registered.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) strictness: Strictness,
}

/// What the client asked for in leg 1, which binds leg 3.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    /// The number of the login that begins with it; none if it came from the exam.
    pub(crate) login: Option<u32>,
    /// Who agrees.
    pub(crate) account: Account,
    /// `redirect_uri`, or the registered one where the request had none.
    pub(crate) redirect_uri: String,
    /// Whether the request had one, so that leg 3 has to repeat it.
    pub(crate) names_redirect_uri: bool,
    pub(crate) state: Option<State>,
    pub(crate) scope: String,
    pub(crate) challenge: Option<String>,
    /// What the person wants to break.
    pub(crate) fault: Option<&'static Fault>,
}

impl AuthorizationRequest {
    /// The callback that brings this answer.
    pub(crate) fn callback(&self, issuer: &str, answer: &[(&'static str, &str)]) -> Callback {
        let mut parameters = Vec::new();
        for (name, value) in answer {
            parameters.push((*name, (*value).to_owned()));
        }
        Callback {
            redirect_uri: self.redirect_uri.clone(),
            answer: parameters,
            issuer: issuer.to_owned(),
            state: self.state.clone(),
        }
    }
}

/// The app, and everything that was handed out.
#[derive(Debug)]
pub(crate) struct Grants {
    /// The app.
    pub(crate) registration: Registration,
    /// RFC 9207 §2: the name of the provider.
    pub(crate) issuer: String,
    /// The time of the request that is answered; the tests needn't wait for it.
    pub(crate) now: Instant,
    /// How many logins have begun.
    pub(crate) logins: u32,
    tickets: Vec<Entry>,
    codes: Vec<Entry>,
    tokens: Vec<Granted>,
}

/// A ticket or a code.
#[derive(Debug)]
struct Entry {
    value: Code,
    request: AuthorizationRequest,
    until: Instant,
    is_used: bool,
}

/// A token, and what it was given for.
#[derive(Debug)]
struct Granted {
    access_token: AccessToken,
    code: Code,
    request: AuthorizationRequest,
}

/// For the threads of the provider, and for the exam.
pub(crate) type SharedGrants = Arc<Mutex<Grants>>;

impl Grants {
    /// A provider that has handed out nothing yet.
    pub(crate) fn new(registration: Registration, issuer: String) -> Self {
        Self {
            registration,
            issuer,
            now: Instant::now(),
            logins: 0,
            tickets: Vec::new(),
            codes: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Remembers a request, and makes the ticket for its consent page.
    /// Errors: when the system gives no random bytes.
    pub(super) fn add_ticket(&mut self, request: AuthorizationRequest) -> io::Result<String> {
        let ticket = random_text(43)?;
        keep(&mut self.tickets, Entry::new(&ticket, request, self.now));
        Ok(ticket)
    }

    /// The request of a ticket, if the ticket is good.
    pub(super) fn of_ticket(&mut self, ticket: &str) -> Option<AuthorizationRequest> {
        let entry = find(&mut self.tickets, ticket)?;
        if entry.is_used || self.now >= entry.until {
            return None;
        }
        Some(entry.request.clone())
    }

    /// Uses a ticket up.
    pub(super) fn use_ticket(&mut self, ticket: &str) {
        if let Some(entry) = find(&mut self.tickets, ticket) {
            entry.is_used = true;
        }
    }

    /// Makes the code for a request that the person has agreed to.
    /// Errors: when the system gives no random bytes.
    pub(crate) fn add_code(&mut self, request: AuthorizationRequest) -> io::Result<String> {
        let code = random_text(20)?;
        keep(&mut self.codes, Entry::new(&code, request, self.now));
        Ok(code)
    }

    /// The request that a code was given for, whether the code is still good or not.
    pub(super) fn of_code(&self, code: &str) -> Option<&AuthorizationRequest> {
        let entry = self.codes.iter().find(|entry| entry.value.expose() == code)?;
        Some(&entry.request)
    }

    /// The request of a code, or why the code is not good. That uses the code up.
    pub(super) fn take_code(&mut self, code: &str) -> Result<AuthorizationRequest, NoCode> {
        let Some(entry) = find(&mut self.codes, code) else {
            return Err(NoCode { problem: CodeProblem::Unknown, broken_by: None });
        };
        // RFC 6749 §4.1.2: "If an authorization code is used more than once, the authorization
        // server MUST deny the request and SHOULD revoke (when possible) all tokens previously
        // issued based on that authorization code."
        if entry.is_used {
            self.tokens.retain(|granted| granted.code.expose() != code);
            return Err(NoCode { problem: CodeProblem::Used, broken_by: None });
        }
        entry.is_used = true;
        if let Some(fault) = entry.request.fault {
            if let Breaks::Code(problem) = fault.breaks {
                return Err(NoCode { problem, broken_by: Some(fault) });
            }
        }
        if self.now >= entry.until {
            return Err(NoCode { problem: CodeProblem::Expired, broken_by: None });
        }
        Ok(entry.request.clone())
    }

    /// Makes the tokens for a code. Errors: when the system gives no random bytes.
    pub(super) fn add_tokens(
        &mut self,
        code: &str,
        request: &AuthorizationRequest,
    ) -> io::Result<Tokens> {
        let access_token = format!("gho_{}", random_text(36)?);
        let refresh_token = format!("ghr_{}", random_text(43)?);
        let granted = Granted {
            access_token: AccessToken::new(access_token.clone()),
            code: Code::new(code.to_owned()),
            request: request.clone(),
        };
        keep(&mut self.tokens, granted);
        let scopes: Vec<&str> = request.scope.split_whitespace().collect();
        Ok(Tokens { access_token, refresh_token, scope: scopes.join(","), token_type: "bearer" })
    }

    /// Ends a token; false if it isn't good.
    pub(super) fn end_token(&mut self, token: &str) -> bool {
        let count = self.tokens.len();
        self.tokens.retain(|granted| granted.access_token.expose() != token);
        self.tokens.len() < count
    }

    /// The request that a token was given for, if the token is good.
    pub(super) fn of_token(&self, token: &str) -> Option<&AuthorizationRequest> {
        let granted = self.tokens.iter().find(|granted| granted.access_token.expose() == token)?;
        Some(&granted.request)
    }
}

/// Why a code gives no token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoCode {
    pub(super) problem: CodeProblem,
    /// The fault that makes a good code a bad one.
    pub(super) broken_by: Option<&'static Fault>,
}

impl Entry {
    fn new(value: &str, request: AuthorizationRequest, now: Instant) -> Self {
        Self { value: Code::new(value.to_owned()), request, until: now + LIFETIME, is_used: false }
    }
}

fn keep<T>(kept: &mut Vec<T>, new: T) {
    if kept.len() >= MAX_KEPT {
        kept.remove(0);
    }
    kept.push(new);
}

fn find<'a>(entries: &'a mut [Entry], value: &str) -> Option<&'a mut Entry> {
    entries.iter_mut().find(|entry| entry.value.expose() == value)
}

/// Random text of up to 43 characters.
fn random_text(length: usize) -> io::Result<String> {
    let mut text = base64url::encode(&random::bytes()?);
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::faults::callback::{EXPIRED_CODE, USED_CODE};

    fn nothing_yet() -> Grants {
        let registration = Registration {
            client_id: "app".to_owned(),
            client_secret: ClientSecret::new("secret".to_owned()),
            redirect_uri: RedirectUri::parse("http://localhost:8000/callback").unwrap(),
            strictness: Strictness::GitHub,
        };
        Grants::new(registration, "issuer".to_owned())
    }

    fn request(fault: Option<&'static Fault>) -> AuthorizationRequest {
        AuthorizationRequest {
            login: Some(1),
            account: Account::Octocat,
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: String::new(),
            challenge: None,
            fault,
        }
    }

    #[test]
    fn a_code_can_be_used_or_expired_on_purpose_and_comes_again_by_itself() {
        let mut grants = nothing_yet();
        for (fault, problem) in
            [(&USED_CODE, CodeProblem::Used), (&EXPIRED_CODE, CodeProblem::Expired)]
        {
            let code = grants.add_code(request(Some(fault))).unwrap();
            let on_purpose = NoCode { problem, broken_by: Some(fault) };
            assert_eq!(grants.take_code(&code).unwrap_err(), on_purpose);
            let again = NoCode { problem: CodeProblem::Used, broken_by: None };
            assert_eq!(grants.take_code(&code).unwrap_err(), again);
        }
    }

    #[test]
    fn a_ticket_is_no_code_and_a_code_no_token() {
        let mut grants = nothing_yet();
        let ticket = grants.add_ticket(request(None)).unwrap();
        assert!(grants.take_code(&ticket).is_err());
        assert!(grants.of_token(&ticket).is_none());
        assert!(grants.of_ticket(&ticket).is_some());
        assert!(grants.of_ticket(&ticket).is_some());
        grants.use_ticket(&ticket);
        assert!(grants.of_ticket(&ticket).is_none());
        let late = grants.add_ticket(request(None)).unwrap();
        grants.now += LIFETIME;
        assert!(grants.of_ticket(&late).is_none());
        let code = grants.add_code(request(None)).unwrap();
        for guess in ["", "gho_", &code] {
            assert!(grants.of_token(guess).is_none());
        }
    }

    #[test]
    fn the_oldest_requests_are_forgotten_when_there_are_too_many() {
        let mut grants = nothing_yet();
        let first = grants.add_ticket(request(None)).unwrap();
        for _ in 0..MAX_KEPT {
            grants.add_ticket(request(None)).unwrap();
        }
        assert_eq!(grants.tickets.len(), MAX_KEPT);
        assert!(grants.of_ticket(&first).is_none());
    }
}
