//! What the practice provider remembers, and for how long: consents that are asked for, codes, and
//! tokens.
//!
//! ```text
//! authorization request ─► ticket ─► code ─► token
//!                          (each is good once; code and ticket die after 10 minutes)
//! ```
//!
//! Left out: revoking, and keeping anything when the program ends.
//!
//! The time is an argument throughout, so that the tests need not wait for it.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use crate::secret::{ClientSecret, base64url, random};
use crate::wire::url::RedirectUri;

/// GitHub: "The temporary code will expire after 10 minutes."
pub const LIFETIME: Duration = Duration::from_mins(10);

/// How many unanswered requests and unredeemed codes are kept; the oldest go first.
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
}

// It holds a state.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// Everything that was handed out and not yet used.
#[derive(Default)]
pub struct Grants {
    tickets: Vec<Entry>,
    codes: Vec<Entry>,
    tokens: Vec<String>,
}

// It holds codes and tokens.
impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").finish_non_exhaustive()
    }
}

struct Entry {
    name: String,
    request: AuthorizationRequest,
    since: Instant,
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
        add(&mut self.tickets, request, now, 43)
    }

    /// The request of a ticket, which is used up.
    pub fn take_ticket(&mut self, ticket: &str, now: Instant) -> Option<AuthorizationRequest> {
        take(&mut self.tickets, ticket, now)
    }

    /// Makes a code for a request that the person has agreed to.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn add_code(&mut self, request: AuthorizationRequest, now: Instant) -> io::Result<String> {
        add(&mut self.codes, request, now, 20)
    }

    /// The request of a code, which is used up. RFC 6749 §4.1.2: "If an authorization code is used
    /// more than once, the authorization server MUST deny the request and SHOULD revoke (when
    /// possible) all tokens previously issued based on that authorization code." The revoking is
    /// left out.
    pub fn take_code(&mut self, code: &str, now: Instant) -> Option<AuthorizationRequest> {
        take(&mut self.codes, code, now)
    }

    /// Makes an access token.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn add_token(&mut self) -> io::Result<String> {
        let token = format!("gho_{}", random_text(36)?);
        self.tokens.push(token.clone());
        Ok(token)
    }

    /// Whether this is one of the tokens.
    #[must_use]
    pub fn knows_token(&self, token: &str) -> bool {
        self.tokens.iter().any(|known| known == token)
    }
}

fn add(
    entries: &mut Vec<Entry>,
    request: AuthorizationRequest,
    since: Instant,
    length: usize,
) -> io::Result<String> {
    let name = random_text(length)?;
    if entries.len() >= MOST_KEPT {
        entries.remove(0);
    }
    entries.push(Entry {
        name: name.clone(),
        request,
        since,
    });
    Ok(name)
}

fn take(entries: &mut Vec<Entry>, name: &str, now: Instant) -> Option<AuthorizationRequest> {
    entries.retain(|entry| now.duration_since(entry.since) < LIFETIME);
    let index = entries.iter().position(|entry| entry.name == name)?;
    Some(entries.remove(index).request)
}

/// Random text of up to 43 characters.
pub(super) fn random_text(length: usize) -> io::Result<String> {
    let text = base64url::encode(&random::octets()?);
    Ok(text.chars().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> AuthorizationRequest {
        AuthorizationRequest {
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: String::new(),
            challenge: None,
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_ten_minutes() {
        let (mut grants, start) = (Grants::default(), Instant::now());
        let code = grants.add_code(request(), start).unwrap();
        assert!(grants.take_code("another", start).is_none());
        assert!(
            grants
                .take_code(&code, start + Duration::from_secs(599))
                .is_some()
        );
        assert!(grants.take_code(&code, start).is_none());

        let late = grants.add_code(request(), start).unwrap();
        assert!(grants.take_code(&late, start + LIFETIME).is_none());
    }

    #[test]
    fn a_ticket_is_no_code_and_a_code_no_token() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let ticket = grants.add_ticket(request(), now).unwrap();
        assert!(grants.take_code(&ticket, now).is_none());
        assert!(!grants.knows_token(&ticket));
        assert!(grants.take_ticket(&ticket, now).is_some());
        let token = grants.add_token().unwrap();
        assert!(grants.knows_token(&token) && !grants.knows_token("gho_"));
    }

    #[test]
    fn the_oldest_requests_are_forgotten_when_there_are_too_many() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let first = grants.add_ticket(request(), now).unwrap();
        for _ in 0..MOST_KEPT {
            grants.add_ticket(request(), now).unwrap();
        }
        assert_eq!(grants.tickets.len(), MOST_KEPT);
        assert!(grants.take_ticket(&first, now).is_none());
    }
}
