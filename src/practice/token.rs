//! The practice provider's side of leg 3: code in, token out; or a refresh token in, new tokens out. RFC
//! 6749 §4.1.3, §5, §6; RFC 7636 §4.6.
//!
//! ```text
//! grant_type=…&code=…&redirect_uri=…&client_id=…&client_secret=…&code_verifier=…       in
//! grant_type=refresh_token&refresh_token=ghr_…&client_id=…&client_secret=…             in
//! access_token=gho_…&expires_in=28800&…&scope=read%3Auser&token_type=bearer            out
//! {"access_token":"gho_…","expires_in":28800,…}                                        out, as asked
//! error=bad_verification_code&error_description=…&error_uri=…                          out, with 200
//! ```
//!
//! Left out: refreshing for fewer scopes. Shown by the tests below, and by `tests/suite/provider.rs`.

use std::io;

use super::account::Account;
use super::answer::Answer;
use super::authorization_request::AuthorizationRequest;
use super::fault::Breaks;
use super::grants::Grants;
use super::reply::{Mischief, Reply};
use super::scopes;
use super::token_request::{GrantType, Redeemed, Refused, TokenRequest};
use super::token_response::{Format, TokenError, TokenResponse};
use super::tokens::{ACCESS_LIFETIME, Pair, REFRESH_LIFETIME};
use crate::wire::form::Form;
use crate::wire::request::Request;

/// Answers the token request.
pub(super) fn answer(request: &Request, body: &str, grants: &mut Grants) -> io::Result<Answer> {
    let authorization = request.header("authorization");
    let format = Format::asked_by(request.header("accept"));
    let asked = TokenRequest { form: Form::decode(body), authorization, format };
    let mut answer = respond(&asked, grants)?;
    asked.add_remarks(&mut answer);
    if format == Format::Form {
        answer.remarks("answered as a form: the request has no Accept: application/json");
    }
    Ok(answer)
}

fn respond(asked: &TokenRequest<'_>, grants: &mut Grants) -> io::Result<Answer> {
    match asked.grant_type(&grants.registration) {
        Ok(GrantType::AuthorizationCode) => match asked.redeem(grants) {
            Ok(redeemed) => exchange(&redeemed, asked.format, grants),
            Err(refused) => Ok(refuse(refused, asked, grants)),
        },
        Ok(GrantType::RefreshToken) => refresh(asked, grants),
        Err(refused) => Ok(refuse(refused, asked, grants)),
    }
}

/// The refusal, with the login that the code belongs to.
fn refuse(refused: Refused, asked: &TokenRequest<'_>, grants: &Grants) -> Answer {
    let mut answer = refused.answer(asked.format);
    if let Ok(Some(code)) = asked.form.get("code") {
        answer.login = grants.of_code(code).and_then(|request| request.login);
    }
    answer
}

/// A good code for tokens, or for what the login's fault puts in their place.
fn exchange(redeemed: &Redeemed, format: Format, grants: &mut Grants) -> io::Result<Answer> {
    let request = &redeemed.request;
    let reply = reply(redeemed, format, grants)?;
    let mut answer = Answer::right(reply, right(request));
    answer.login = request.login;
    answer.remarks(match (request.account, &request.challenge) {
        (Account::Mallory, _) => {
            "the code is mallory's, and for it PKCE is off, as at a provider that has none"
        }
        (_, Some(_)) => "code_verifier fits the code_challenge of leg 1 (RFC 7636 §4.6)",
        (_, None) => "missing: code_verifier, because leg 1 had no code_challenge (RFC 7636 §4.5)",
    });
    let Some(fault) = request.fault else { return Ok(answer) };
    if fault.breaks.leg() == 3 {
        answer.broken_by = Some(fault);
    }
    if let Breaks::CallbackTwice = fault.breaks {
        let callback = request.callback(&grants.issuer, &[("code", &redeemed.code)]);
        answer.mischief = Some(Mischief::DeliverAgain { callback: callback.url() });
    }
    if fault.is_waited_past {
        let label = fault.label;
        answer.falls_for_it(&format!(
            "this code came with \"{label}\": a good client would have stopped"
        ));
    }
    Ok(answer)
}

fn reply(redeemed: &Redeemed, format: Format, grants: &mut Grants) -> io::Result<Reply> {
    let request = &redeemed.request;
    let breaks = request.fault.map(|fault| fault.breaks);
    if let Some(Breaks::TokenReply(reply)) = breaks {
        return Ok(reply(&grants.issuer, format));
    }
    let pair = grants.tokens.add(&redeemed.code, request, grants.now)?;
    let mut response = token_response(&pair);
    if let Some(Breaks::TokenResponse(change) | Breaks::UnusableToken(change)) = breaks {
        change(&mut response);
    }
    Ok(Reply::Response(response.response(format)))
}

fn right(request: &AuthorizationRequest) -> &'static str {
    if request.names_redirect_uri {
        "client_id, client_secret, code and redirect_uri are right (RFC 6749 §4.1.3)"
    } else {
        "client_id, client_secret and code are right (RFC 6749 §4.1.3)"
    }
}

/// A refresh token for a new pair.
fn refresh(asked: &TokenRequest<'_>, grants: &mut Grants) -> io::Result<Answer> {
    let bad = |said| Ok(Refused::new(TokenError::BadRefreshToken, said).answer(asked.format));
    let token = match asked.parameter("refresh_token") {
        Ok(Some(token)) => token,
        Ok(None) => return bad("refresh_token is missing (RFC 6749 §6)"),
        Err(refused) => return Ok(refused.answer(asked.format)),
    };
    let Some(pair) = grants.tokens.refresh(token, grants.now)? else {
        return bad(
            "this refresh token was never given, has expired, or was used before (RFC 6749 §6)",
        );
    };
    let reply = Reply::Response(token_response(&pair).response(asked.format));
    let said =
        "the refresh token is right (RFC 6749 §6); it is spent now, and its access token with it";
    let mut answer = Answer::right(reply, said);
    answer.login = pair.request.login;
    Ok(answer)
}

fn token_response(pair: &Pair) -> TokenResponse {
    TokenResponse {
        access_token: pair.access_token.clone(),
        expires_in: ACCESS_LIFETIME.as_secs(),
        refresh_token: pair.refresh_token.clone(),
        refresh_token_expires_in: REFRESH_LIFETIME.as_secs(),
        scope: scopes::asked(&pair.request.scope).join(","),
        token_type: "bearer",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::practice::grants::Registration;
    use crate::practice::http::Page;
    use crate::protocol::pkce;
    use crate::secret::{ClientSecret, Verifier};
    use crate::wire::url::RedirectUri;

    const REDIRECT_URI: &str = "http://localhost:8000/callback";
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    /// A provider with a code, which stands for `CODE` in what it is asked.
    struct Practice {
        grants: Grants,
        code: String,
    }

    impl Practice {
        fn new() -> Self {
            let registration = Registration {
                client_id: "app".to_owned(),
                client_secret: ClientSecret::new("secret".to_owned()),
                redirect_uri: RedirectUri::parse(REDIRECT_URI).unwrap(),
            };
            let mut grants = Grants::new(registration, "issuer".to_owned());
            let request = AuthorizationRequest {
                login: Some(1),
                names_redirect_uri: true,
                redirect_uri: REDIRECT_URI.to_owned(),
                state: None,
                scope: "read:user gist".to_owned(),
                challenge: Some(pkce::challenge(&Verifier::new(VERIFIER.to_owned()))),
                account: Account::Octocat,
                fault: None,
            };
            let code = grants.add_code(request).unwrap();
            Self { grants, code }
        }

        fn exchange(&mut self, parameters: &str, format: Format) -> Page {
            let parameters = parameters.replace("CODE", &self.code);
            let form = Form::decode(&parameters);
            let asked = TokenRequest { form, authorization: None, format };
            let answer = respond(&asked, &mut self.grants).unwrap();
            let Reply::Response(response) = answer.reply else { panic!("no response") };
            Page::parse(&response.bytes("POST")).unwrap()
        }
    }

    #[test]
    fn the_token_endpoint_is_as_strict_as_githubs() {
        let good = format!(
            "client_id=app&client_secret=secret&code=CODE&redirect_uri={REDIRECT_URI}&code_verifier={VERIFIER}"
        );
        let bad_code = "error=bad_verification_code";
        let without_redirect_uri = format!("&redirect_uri={REDIRECT_URI}");
        let without_verifier = format!("&code_verifier={VERIFIER}");
        for (from, to, seconds, begin, uses_the_code) in [
            ("", "", 0, "access_token=gho_", true),
            ("", "grant_type=authorization_code&", 599, "access_token=gho_", true),
            (&without_redirect_uri, "", 0, "error=redirect_uri_mismatch", true),
            ("", "grant_type=password&", 0, "error=unsupported_grant_type", false),
            ("secret=secret", "secret=Secret", 0, "error=incorrect_client_credentials", false),
            ("&client_secret=secret", "", 0, "error=incorrect_client_credentials", false),
            ("client_id=app", "client_id=other", 0, "error=incorrect_client_credentials", false),
            ("client_id=app", "client_id=app&client_id=app", 0, "error=invalid_request", false),
            ("code=CODE", "code=guess", 0, bad_code, false),
            ("code=CODE", "", 0, bad_code, false),
            ("", "", 600, bad_code, true),
            ("8000/callback", "8001/callback", 0, "error=redirect_uri_mismatch", true),
            ("code_verifier=d", "code_verifier=e", 0, bad_code, true),
            (&without_verifier, "", 0, bad_code, true),
        ] {
            let mut practice = Practice::new();
            practice.grants.now += Duration::from_secs(seconds);
            let parameters = good.replacen(from, to, 1);
            let page = practice.exchange(&parameters, Format::Form);
            assert!(
                page.status == 200 && page.body.starts_with(begin),
                "{parameters}: {}",
                page.body
            );
            assert_eq!(
                page.header("content-type"),
                Some("application/x-www-form-urlencoded; charset=utf-8")
            );
            // Whatever came of it, a code that came is used up.
            let again = practice.exchange(&good, Format::Json);
            let refused = r#"{"error":"bad_verification_code","error_description":"#;
            let is_refused = seconds == 600 || uses_the_code;
            assert_eq!(again.body.starts_with(refused), is_refused, "{parameters}: {}", again.body);
        }
    }

    #[test]
    fn the_tokens_come_with_what_they_are_and_how_long_they_live() {
        let good = format!(
            "client_id=app&client_secret=secret&code=CODE&redirect_uri={REDIRECT_URI}&code_verifier={VERIFIER}"
        );
        let form = Practice::new().exchange(&good, Format::Form).body;
        for part in
            ["&expires_in=28800&refresh_token=ghr_", "&scope=read%3Auser%2Cgist&token_type=bearer"]
        {
            assert!(form.contains(part), "{form}");
        }
        let json = Practice::new().exchange(&good, Format::Json).body;
        for part in [
            r#","expires_in":28800,"refresh_token":"ghr_"#,
            r#","scope":"read:user,gist","token_type":"bearer""#,
        ] {
            assert!(json.contains(part), "{json}");
        }
    }
}
