//! The practice provider's memory: its app, and for a while the tickets, codes and tokens that it has handed
//! out.
//!
//! ```text
//! authorization request ─► ticket ─► code ─► access token and refresh token
//!                          (ticket and code are good once, and die after 10 minutes)
//! ```

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::authorization_request::AuthorizationRequest;
use super::fault::{Breaks, CodeProblem, Fault};
use super::random_text::random_text;
use super::tokens::Tokens;
use crate::secret::{ClientSecret, Code};
use crate::wire::url::RedirectUri;

/// GitHub: "The temporary code will expire after 10 minutes."
pub(super) const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How many tickets and how many codes are kept; the oldest go first.
const MAX_KEPT: usize = 1000;

/// The app, as it is registered.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) client_id: String,
    pub(super) client_secret: ClientSecret,
    pub(super) redirect_uri: RedirectUri,
}

/// The app, and everything that was handed out.
#[derive(Debug)]
pub(super) struct Grants {
    /// The app.
    pub(super) registration: Registration,
    /// RFC 9207 §2: the name of the provider.
    pub(super) issuer: String,
    /// The time of the request that is answered; the tests needn't wait for it.
    pub(super) now: Instant,
    /// How many logins have begun.
    pub(super) logins: u32,
    tickets: Vec<Entry>,
    codes: Vec<Entry>,
    pub(super) tokens: Tokens,
}

/// A ticket or a code.
#[derive(Debug)]
struct Entry {
    value: Code,
    request: AuthorizationRequest,
    until: Instant,
    is_used: bool,
}

/// For the threads of the provider.
pub(super) type SharedGrants = Arc<Mutex<Grants>>;

impl Grants {
    /// A provider that has handed out nothing yet.
    pub(super) fn new(registration: Registration, issuer: String) -> Self {
        Self {
            registration,
            issuer,
            now: Instant::now(),
            logins: 0,
            tickets: Vec::new(),
            codes: Vec::new(),
            tokens: Tokens::default(),
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
    pub(super) fn add_code(&mut self, request: AuthorizationRequest) -> io::Result<String> {
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
            self.tokens.end_of_code(code);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::account::Account;
    use crate::practice::faults::callback::{EXPIRED_CODE, USED_CODE};

    fn nothing_yet() -> Grants {
        let registration = Registration {
            client_id: "app".to_owned(),
            client_secret: ClientSecret::new("secret".to_owned()),
            redirect_uri: RedirectUri::parse("http://localhost:8000/callback").unwrap(),
        };
        Grants::new(registration, "issuer".to_owned())
    }

    fn request(fault: Option<&'static Fault>) -> AuthorizationRequest {
        AuthorizationRequest {
            login: Some(1),
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: String::new(),
            challenge: None,
            account: Account::Octocat,
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
        assert!(grants.tokens.of_access_token(&ticket, grants.now).is_none());
        assert!(grants.of_ticket(&ticket).is_some());
        assert!(grants.of_ticket(&ticket).is_some());
        grants.use_ticket(&ticket);
        assert!(grants.of_ticket(&ticket).is_none());
        let late = grants.add_ticket(request(None)).unwrap();
        grants.now += LIFETIME;
        assert!(grants.of_ticket(&late).is_none());
        let code = grants.add_code(request(None)).unwrap();
        for guess in ["", "gho_", &code] {
            assert!(grants.tokens.of_access_token(guess, grants.now).is_none());
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
