//! What the practice provider remembers, and for how long: consents that are asked for, codes, and
//! tokens.
//!
//! ```text
//! authorization request ─► ticket ─► code ─► token
//!                          (ticket and code are good once, and die after 10 minutes)
//! ```
//!
//! Left out: revoking at the client's wish, and keeping anything when the program ends.
//!
//! The time is an argument throughout, so that the tests need not wait for it.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use super::fault::Fault;
use crate::secret::{ClientSecret, base64url, random};
use crate::wire::url::RedirectUri;

/// GitHub: "The temporary code will expire after 10 minutes."
pub const LIFETIME: Duration = Duration::from_mins(10);

/// How many requests, codes and tokens are kept; the oldest go first.
const MOST_KEPT: usize = 1000;

/// The app, as it is registered.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: ClientSecret,
    /// The callback URL.
    pub redirect_uri: RedirectUri,
}

/// What was asked for in leg 1, and binds leg 3.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// `redirect_uri`, or the registered one where the request had none.
    pub redirect_uri: String,
    /// Whether the request had one, and leg 3 has to repeat it.
    pub names_redirect_uri: bool,
    /// `state`
    pub state: Option<String>,
    /// `scope`
    pub scope: String,
    /// `code_challenge`, whose method is S256
    pub challenge: Option<String>,
    /// What the person wants broken about it.
    pub fault: Option<Fault>,
}

// It holds a state.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Everything that was handed out.
#[derive(Default)]
pub struct Grants {
    tickets: Vec<Entry>,
    codes: Vec<Entry>,
    used_codes: Vec<String>,
    tokens: Vec<Token>,
}

/// Why a code is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCode {
    /// It was never given, or long ago.
    Unknown,
    /// It was used before.
    Used,
    /// Its ten minutes are over.
    Expired,
}

struct Token {
    value: String,
    code: String,
    fault: Option<Fault>,
}

// It holds codes and tokens.
impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

struct Entry {
    value: String,
    request: AuthorizationRequest,
    until: Instant,
}

impl Grants {
    /// Remembers a request and gives the ticket for its consent page.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn add_ticket(
        &mut self,
        request: AuthorizationRequest,
        now: Instant,
    ) -> io::Result<String> {
        let value = random_text(43)?;
        let until = now + LIFETIME;
        keep(&mut self.tickets, Entry { value: value.clone(), request, until });
        Ok(value)
    }

    /// The request of a ticket, which is used up, unless the person has broken something after
    /// which they will be back.
    pub fn take_ticket(
        &mut self,
        ticket: &str,
        fault: Option<Fault>,
        now: Instant,
    ) -> Option<AuthorizationRequest> {
        let entry = take(&mut self.tickets, ticket)?;
        let request = (now < entry.until).then(|| entry.request.clone());
        if fault.is_some_and(Fault::is_waited_past) {
            keep(&mut self.tickets, entry);
        }
        request
    }

    /// Makes a code for a request that the person has agreed to.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn add_code(&mut self, request: AuthorizationRequest, now: Instant) -> io::Result<String> {
        let value = random_text(20)?;
        match request.fault {
            Some(Fault::UsedCode) => keep(&mut self.used_codes, value.clone()),
            fault => {
                let is_over = fault == Some(Fault::ExpiredCode);
                let until = if is_over { now } else { now + LIFETIME };
                keep(&mut self.codes, Entry { value: value.clone(), request, until });
            }
        }
        Ok(value)
    }

    /// The request of a code, which is used up.
    ///
    /// # Errors
    /// When the code is not good. RFC 6749 §4.1.2: "If an authorization code is used more than
    /// once, the authorization server MUST deny the request and SHOULD revoke (when possible) all
    /// tokens previously issued based on that authorization code."
    pub fn take_code(&mut self, code: &str, now: Instant) -> Result<AuthorizationRequest, BadCode> {
        if self.used_codes.iter().any(|used| used == code) {
            self.tokens.retain(|token| token.code != code);
            return Err(BadCode::Used);
        }
        let entry = take(&mut self.codes, code).ok_or(BadCode::Unknown)?;
        keep(&mut self.used_codes, code.to_owned());
        if now < entry.until { Ok(entry.request) } else { Err(BadCode::Expired) }
    }

    /// Makes an access token for a code; the profile may be told to break on it.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn add_token(&mut self, code: &str, fault: Option<Fault>) -> io::Result<String> {
        let value = format!("gho_{}", random_text(36)?);
        keep(&mut self.tokens, Token { value: value.clone(), code: code.to_owned(), fault });
        Ok(value)
    }

    /// Whether this is one of the tokens, and what is to break on it.
    #[must_use]
    pub fn token(&self, token: &str) -> Option<Option<Fault>> {
        let known = self.tokens.iter().find(|known| known.value == token);
        known.map(|known| known.fault)
    }
}

fn keep<T>(kept: &mut Vec<T>, one: T) {
    if kept.len() >= MOST_KEPT {
        kept.remove(0);
    }
    kept.push(one);
}

fn take(entries: &mut Vec<Entry>, value: &str) -> Option<Entry> {
    let index = entries.iter().position(|entry| entry.value == value)?;
    Some(entries.remove(index))
}

/// Random text of up to 43 characters.
pub(super) fn random_text(length: usize) -> io::Result<String> {
    let text = base64url::encode(&random::octets()?);
    Ok(text.chars().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fault: Option<Fault>) -> AuthorizationRequest {
        AuthorizationRequest {
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: String::new(),
            challenge: None,
            fault,
        }
    }

    fn problem(taken: Result<AuthorizationRequest, BadCode>) -> Option<BadCode> {
        taken.err()
    }

    #[test]
    fn a_code_is_good_once_and_for_ten_minutes() {
        let (mut grants, start) = (Grants::default(), Instant::now());
        let code = grants.add_code(request(None), start).unwrap();
        assert_eq!(problem(grants.take_code("another", start)), Some(BadCode::Unknown));
        let in_time = start + Duration::from_secs(599);
        assert!(grants.take_code(&code, in_time).is_ok());
        assert_eq!(problem(grants.take_code(&code, start)), Some(BadCode::Used));

        let late = grants.add_code(request(None), start).unwrap();
        assert_eq!(problem(grants.take_code(&late, start + LIFETIME)), Some(BadCode::Expired));
    }

    #[test]
    fn a_code_can_be_used_or_expired_from_the_start() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        for (fault, bad) in
            [(Fault::UsedCode, BadCode::Used), (Fault::ExpiredCode, BadCode::Expired)]
        {
            let code = grants.add_code(request(Some(fault)), now).unwrap();
            assert_eq!(problem(grants.take_code(&code, now)), Some(bad));
        }
    }

    #[test]
    fn a_code_that_comes_again_takes_its_token_with_it() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let code = grants.add_code(request(None), now).unwrap();
        assert!(grants.take_code(&code, now).is_ok());
        let token = grants.add_token(&code, None).unwrap();
        assert!(grants.token(&token).is_some());
        assert_eq!(problem(grants.take_code(&code, now)), Some(BadCode::Used));
        assert!(grants.token(&token).is_none());
    }

    #[test]
    fn a_ticket_is_no_code_and_a_code_no_token() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let ticket = grants.add_ticket(request(None), now).unwrap();
        assert!(grants.take_code(&ticket, now).is_err());
        assert!(grants.token(&ticket).is_none());
        let fault = Some(Fault::NoState);
        assert!(grants.take_ticket(&ticket, fault, now).is_some());
        assert!(grants.take_ticket(&ticket, None, now).is_some());
        assert!(grants.take_ticket(&ticket, fault, now).is_none());
        let late = grants.add_ticket(request(None), now).unwrap();
        assert!(grants.take_ticket(&late, None, now + LIFETIME).is_none());
        assert!(grants.token("gho_").is_none());
    }

    #[test]
    fn the_oldest_requests_are_forgotten_when_there_are_too_many() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let first = grants.add_ticket(request(None), now).unwrap();
        for _ in 0..MOST_KEPT {
            grants.add_ticket(request(None), now).unwrap();
        }
        assert_eq!(grants.tickets.len(), MOST_KEPT);
        assert!(grants.take_ticket(&first, None, now).is_none());
    }
}
