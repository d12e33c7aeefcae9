//! What the practice provider knows: its app, and for a while what it has handed out.
//!
//! ```text
//! authorization request ─► ticket ─► code ─► token
//!                          (ticket and code are good once, and die after 10 minutes)
//! ```

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{board::Board, fault::Fault};
use crate::secret::{AccessToken, ClientSecret, Code, State, base64url, random};
use crate::wire::url::RedirectUri;

/// GitHub: "The temporary code will expire after 10 minutes."
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How many tickets and how many codes are kept; the oldest go first.
const MOST_KEPT: usize = 1000;

/// The app, as it is registered.
#[derive(Clone, Debug)]
pub struct Registration {
    pub client_id: String,
    pub client_secret: ClientSecret,
    pub redirect_uri: RedirectUri,
    /// Whether every request that can be understood is taken, because the exam judges it.
    pub is_examined: bool,
}

/// What the client asked for in leg 1, which binds leg 3.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The number of the login that begins with it.
    pub login: u32,
    /// Who agrees: `octocat`, or a stranger.
    pub account: &'static str,
    /// `redirect_uri`, or the registered one where the request had none.
    pub redirect_uri: String,
    /// Whether the request had one, so that leg 3 has to repeat it.
    pub names_redirect_uri: bool,
    pub state: Option<State>,
    pub scope: String,
    pub challenge: Option<String>,
    /// What the person wants to break.
    pub fault: Option<Fault>,
}

/// The app, and everything that was handed out.
#[derive(Debug)]
pub struct Grants {
    /// The app.
    pub registration: Registration,
    /// RFC 9207 §2: the name of the provider.
    pub issuer: String,
    /// The time of the request that is answered; the tests needn't wait for it.
    pub now: Instant,
    /// How many logins have begun.
    pub logins: u32,
    /// What the board shows of them.
    pub board: Board,
    tickets: Vec<Entry>,
    codes: Vec<Entry>,
}

/// A ticket, or a code and the token that it gave.
#[derive(Debug)]
struct Entry {
    value: Code,
    request: AuthorizationRequest,
    until: Instant,
    is_used: bool,
    token: Option<AccessToken>,
}

/// For the threads of the provider, and for whoever looks at it.
pub(crate) type SharedGrants = Arc<Mutex<Grants>>;

impl Grants {
    /// A provider that has handed out nothing yet.
    pub fn new(registration: Registration, issuer: String) -> Self {
        let (now, board) = (Instant::now(), Board::default());
        Self { registration, issuer, now, logins: 0, board, tickets: vec![], codes: vec![] }
    }

    /// Remembers a request, and makes the ticket for its consent page.
    pub(super) fn add_ticket(&mut self, request: AuthorizationRequest) -> io::Result<String> {
        Ok(add(&mut self.tickets, random_text(43)?, request, self.now))
    }

    /// The request of a ticket. Keep the ticket if the person will come back to the page.
    pub(super) fn take_ticket(&mut self, ticket: &str, keep: bool) -> Option<AuthorizationRequest> {
        let now = self.now;
        let is_good = |entry: &&mut Entry| !entry.is_used && now < entry.until;
        let entry = find(&mut self.tickets, ticket).filter(is_good)?;
        entry.is_used = !keep;
        Some(entry.request.clone())
    }

    /// Makes the code for a request that the person has agreed to.
    /// Errors: when the system gives no random bytes.
    pub fn add_code(&mut self, request: AuthorizationRequest) -> io::Result<String> {
        Ok(add(&mut self.codes, random_text(20)?, request, self.now))
    }

    /// The number of the login that a code belongs to; 0 if the code was never given.
    pub(super) fn login_of(&self, code: &str) -> u32 {
        let entry = self.codes.iter().find(|entry| entry.value.expose() == code);
        entry.map_or(0, |entry| entry.request.login)
    }

    /// The request of a code, or why the code is not good. That uses the code up.
    pub(super) fn take_code(&mut self, code: &str) -> Result<AuthorizationRequest, &'static str> {
        let unknown = "no such code was given (RFC 6749 §5.2)";
        let entry = find(&mut self.codes, code).ok_or(unknown)?;
        // RFC 6749 §4.1.2: "If an authorization code is used more than once, the authorization
        // server MUST deny the request and SHOULD revoke (when possible) all tokens previously
        // issued based on that authorization code."
        if entry.is_used {
            entry.token = None;
            return Err("the code was used before, so its token is revoked (RFC 6749 §4.1.2)");
        }
        entry.is_used = true;
        let expired = "the code has expired (RFC 6749 §4.1.2)";
        if self.now < entry.until { Ok(entry.request.clone()) } else { Err(expired) }
    }

    /// Makes the access token for a code.
    pub(super) fn add_token(&mut self, code: &str) -> io::Result<String> {
        let token = format!("gho_{}", random_text(36)?);
        if let Some(entry) = find(&mut self.codes, code) {
            entry.token = Some(AccessToken::new(token.clone()));
        }
        Ok(token)
    }

    /// Ends a token; false if it isn't good.
    pub(super) fn end_token(&mut self, token: &str) -> bool {
        let is_its = |known: &mut AccessToken| known.expose() == token;
        self.codes.iter_mut().any(|entry| entry.token.take_if(is_its).is_some())
    }

    /// The request that a token was given for, if the token is good.
    pub(super) fn of_token(&self, token: &str) -> Option<&AuthorizationRequest> {
        let is_its = |known: &AccessToken| known.expose() == token;
        let entry = self.codes.iter().find(|entry| entry.token.as_ref().is_some_and(is_its));
        entry.map(|entry| &entry.request)
    }
}

fn add(kept: &mut Vec<Entry>, value: String, asked: AuthorizationRequest, now: Instant) -> String {
    if kept.len() >= MOST_KEPT {
        kept.remove(0);
    }
    // A code can be used or old from the start.
    let until = if asked.fault == Some(Fault::ExpiredCode) { now } else { now + LIFETIME };
    let is_used = asked.fault == Some(Fault::UsedCode);
    let secret = Code::new(value.clone());
    kept.push(Entry { value: secret, request: asked, until, is_used, token: None });
    value
}

fn find<'a>(entries: &'a mut [Entry], value: &str) -> Option<&'a mut Entry> {
    entries.iter_mut().find(|entry| entry.value.expose() == value)
}

/// Random text of up to 43 characters.
pub(super) fn random_text(length: usize) -> io::Result<String> {
    let text = base64url::encode(&random::bytes()?);
    Ok(text.chars().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USED: &str = "the code was used before, so its token is revoked";
    const EXPIRED: &str = "the code has expired";

    fn nothing_yet() -> Grants {
        let client_secret = ClientSecret::new("secret".to_owned());
        let redirect_uri = RedirectUri::parse("http://localhost:8000/callback").unwrap();
        let (client_id, is_examined) = ("app".to_owned(), false);
        let registration = Registration { client_id, client_secret, redirect_uri, is_examined };
        Grants::new(registration, "issuer".to_owned())
    }

    fn request(fault: Option<Fault>) -> AuthorizationRequest {
        AuthorizationRequest {
            login: 1,
            account: "octocat",
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: String::new(),
            challenge: None,
            fault,
        }
    }

    /// Why, without the rule.
    fn refused(grants: &mut Grants, code: &str) -> &'static str {
        grants.take_code(code).unwrap_err().split(" (RFC").next().unwrap()
    }

    #[test]
    fn a_code_can_be_used_or_expired_from_the_start() {
        let mut grants = nothing_yet();
        for (fault, why) in [(Fault::UsedCode, USED), (Fault::ExpiredCode, EXPIRED)] {
            let code = grants.add_code(request(Some(fault))).unwrap();
            assert_eq!(refused(&mut grants, &code), why);
        }
    }

    #[test]
    fn a_ticket_is_no_code_and_a_code_no_token() {
        let mut grants = nothing_yet();
        let ticket = grants.add_ticket(request(None)).unwrap();
        assert!(grants.take_code(&ticket).is_err());
        assert!(grants.of_token(&ticket).is_none());
        assert!(grants.take_ticket(&ticket, true).is_some());
        assert!(grants.take_ticket(&ticket, false).is_some());
        assert!(grants.take_ticket(&ticket, true).is_none());
        let late = grants.add_ticket(request(None)).unwrap();
        grants.now += LIFETIME;
        assert!(grants.take_ticket(&late, false).is_none());
        let code = grants.add_code(request(None)).unwrap();
        for guess in ["", "gho_", &code] {
            assert!(grants.of_token(guess).is_none());
        }
    }

    #[test]
    fn the_oldest_requests_are_forgotten_when_there_are_too_many() {
        let mut grants = nothing_yet();
        let first = grants.add_ticket(request(None)).unwrap();
        for _ in 0..MOST_KEPT {
            grants.add_ticket(request(None)).unwrap();
        }
        assert_eq!(grants.tickets.len(), MOST_KEPT);
        assert!(grants.take_ticket(&first, false).is_none());
    }
}
