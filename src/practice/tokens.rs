//! The tokens that were handed out: pairs of an access token, for leg 4, and a refresh token, for the next
//! pair. RFC 6749 §1.5 and §6.
//!
//! ```text
//! code ─► gho_… and ghr_… ─► refresh: a new pair, and both old ones are spent
//!         └─ the eleventh pair of a person for the same scopes ends the oldest
//! ```
//!
//! Left out: GitHub's other limit, ten new tokens an hour. Shown by the tests below, and by
//! `tests/suite/provider.rs`.

use std::io;
use std::time::{Duration, Instant};

use super::authorization_request::AuthorizationRequest;
use super::random_text::random_text;
use super::scopes;
use crate::secret::opaque;

/// GitHub: the access token expires after eight hours, and the refresh token after six months.
pub(super) const ACCESS_LIFETIME: Duration = Duration::from_secs(28_800);
pub(super) const REFRESH_LIFETIME: Duration = Duration::from_secs(15_897_600);

/// GitHub: "There is a limit of ten tokens that are issued per user/application/scope combination".
const MAX_ALIKE: usize = 10;
/// How many pairs are kept in all; the oldest go first.
const MAX_KEPT: usize = 1000;

/// Every pair, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Tokens(Vec<Pair>);

/// An access token and its refresh token.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// The request that they were given for.
    pub(super) request: AuthorizationRequest,
    code: String,
    given: Instant,
    /// Whether the access token was ended alone.
    is_ended: bool,
}

opaque!(Pair);

impl Tokens {
    /// Makes the pair for a code. Errors: when the system gives no random bytes.
    pub(super) fn add(
        &mut self,
        code: &str,
        request: &AuthorizationRequest,
        now: Instant,
    ) -> io::Result<Pair> {
        let pair = Pair {
            access_token: format!("gho_{}", random_text(36)?),
            refresh_token: format!("ghr_{}", random_text(43)?),
            request: request.clone(),
            code: code.to_owned(),
            given: now,
            is_ended: false,
        };
        self.end_the_oldest_alike(request);
        if self.0.len() >= MAX_KEPT {
            self.0.remove(0);
        }
        self.0.push(pair.clone());
        Ok(pair)
    }

    fn end_the_oldest_alike(&mut self, request: &AuthorizationRequest) {
        let scopes = scopes::granted(&request.scope);
        // There is one app.
        let is_alike = |pair: &Pair| {
            pair.request.account == request.account
                && scopes::granted(&pair.request.scope) == scopes
        };
        let count = self.0.iter().filter(|pair| is_alike(pair)).count();
        if count >= MAX_ALIKE {
            if let Some(oldest) = self.0.iter().position(is_alike) {
                self.0.remove(oldest);
            }
        }
    }

    /// Makes a new pair for a refresh token, which is spent, and its access token with it; none if the
    /// refresh token isn't good. Errors: when the system gives no random bytes.
    pub(super) fn refresh(
        &mut self,
        refresh_token: &str,
        now: Instant,
    ) -> io::Result<Option<Pair>> {
        let is_its = |pair: &Pair| pair.refresh_token == refresh_token;
        let Some(index) = self.0.iter().position(is_its) else { return Ok(None) };
        let old = self.0.remove(index);
        if now >= old.given + REFRESH_LIFETIME {
            return Ok(None);
        }
        Ok(Some(self.add(&old.code, &old.request, now)?))
    }

    /// The request that an access token was given for, if the token is good.
    pub(super) fn of_access_token(
        &self,
        token: &str,
        now: Instant,
    ) -> Option<&AuthorizationRequest> {
        let pair = self.0.iter().find(|pair| pair.access_token == token)?;
        let is_good = !pair.is_ended && now < pair.given + ACCESS_LIFETIME;
        if is_good { Some(&pair.request) } else { None }
    }

    /// Ends an access token. The refresh token beside it lives on.
    pub(super) fn end_access_token(&mut self, token: &str) {
        for pair in &mut self.0 {
            if pair.access_token == token {
                pair.is_ended = true;
            }
        }
    }

    /// Ends every token that came of a code.
    pub(super) fn end_of_code(&mut self, code: &str) {
        self.0.retain(|pair| pair.code != code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::account::Account;

    fn request(scope: &str) -> AuthorizationRequest {
        AuthorizationRequest {
            login: Some(1),
            redirect_uri: String::new(),
            names_redirect_uri: true,
            state: None,
            scope: scope.to_owned(),
            challenge: None,
            account: Account::Octocat,
            fault: None,
        }
    }

    #[test]
    fn the_eleventh_token_of_a_person_for_the_same_scopes_ends_the_oldest() {
        let now = Instant::now();
        let mut tokens = Tokens::default();
        let other = tokens.add("code", &request("gist"), now).unwrap();
        let mut pairs = Vec::new();
        // The same scopes, in another order.
        for scope in ["repo user", "user,repo"].repeat(6) {
            pairs.push(tokens.add("code", &request(scope), now).unwrap());
        }
        for (index, pair) in pairs.iter().enumerate() {
            let is_good = tokens.of_access_token(&pair.access_token, now).is_some();
            assert_eq!(is_good, index >= 2, "{index}");
        }
        assert!(tokens.refresh(&pairs[1].refresh_token, now).unwrap().is_none());
        assert!(tokens.of_access_token(&other.access_token, now).is_some());
    }

    #[test]
    fn a_refresh_token_gives_one_new_pair_and_ends_the_old_one() {
        let now = Instant::now();
        let mut tokens = Tokens::default();
        let first = tokens.add("code", &request("gist"), now).unwrap();
        let second = tokens.refresh(&first.refresh_token, now).unwrap().unwrap();
        assert_ne!(first.access_token, second.access_token);
        assert_ne!(first.refresh_token, second.refresh_token);
        assert!(tokens.of_access_token(&first.access_token, now).is_none());
        assert!(tokens.of_access_token(&second.access_token, now).is_some());
        // Neither an old one nor an access token is a refresh token.
        for spent in [&first.refresh_token, &second.access_token, ""] {
            assert!(tokens.refresh(spent, now).unwrap().is_none());
        }
        assert!(tokens.refresh(&second.refresh_token, now).unwrap().is_some());
    }

    #[test]
    fn tokens_expire_and_end_alone_or_with_their_code() {
        let now = Instant::now();
        let eight_hours = now + Duration::from_secs(8 * 60 * 60);
        let second = Duration::from_secs(1);
        let mut tokens = Tokens::default();
        let pair = tokens.add("code", &request("gist"), now).unwrap();
        assert!(tokens.of_access_token(&pair.access_token, now + second * 28_799).is_some());
        assert!(tokens.of_access_token(&pair.access_token, eight_hours).is_none());
        tokens.end_access_token(&pair.access_token);
        assert!(tokens.of_access_token(&pair.access_token, now).is_none());
        let late = now + second * 15_897_599;
        let pair = tokens.refresh(&pair.refresh_token, late).unwrap().unwrap();
        assert!(tokens.refresh(&pair.refresh_token, late + REFRESH_LIFETIME).unwrap().is_none());
        let pair = tokens.add("code", &request("gist"), now).unwrap();
        tokens.end_of_code("code");
        assert!(tokens.of_access_token(&pair.access_token, now).is_none());
        assert!(tokens.refresh(&pair.refresh_token, now).unwrap().is_none());
    }

    #[test]
    fn the_oldest_tokens_are_forgotten_when_there_are_too_many() {
        let now = Instant::now();
        let mut tokens = Tokens::default();
        for number in 0..=MAX_KEPT {
            tokens.add("code", &request(&number.to_string()), now).unwrap();
        }
        assert_eq!(tokens.0.len(), MAX_KEPT);
    }
}
