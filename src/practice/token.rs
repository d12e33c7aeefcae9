//! The practice provider's side of leg 3: code in, token out. RFC 6749 §4.1.3, §5; RFC 7636 §4.6.
//!
//! ```text
//! grant_type=…&code=…&redirect_uri=…&client_id=…&client_secret=…&code_verifier=…       in
//! access_token=gho_…&expires_in=28800&…&scope=read%3Auser&token_type=bearer            out
//! {"access_token":"gho_…","expires_in":28800,…}                                        out, as asked
//! error=bad_verification_code&error_description=…&error_uri=…                          out, with 200
//! ```
//!
//! Left out: HTTP Basic, which GitHub doesn't document, and refreshing. Shown by
//! `tests/suite/practice.rs`.

use std::io;

use super::answer::{Answer, shown};
use super::fault::{Breaks, CodeProblem, Fault};
use super::grants::{AuthorizationRequest, Grants, NoCode, Registration};
use super::reply::Mischief;
use super::token_response::{Format, TokenError};
use crate::protocol::pkce;
use crate::secret::Verifier;
use crate::wire::form::{Form, Problem};
use crate::wire::request::Request;

/// Answers the token request, whose parameters are these.
pub(super) fn exchange(
    parameters: &str,
    format: Format,
    grants: &mut Grants,
) -> io::Result<Answer> {
    let form = match Form::decode(parameters) {
        Ok(form) => form,
        Err(problem) => return Ok(unreadable(problem).answer(format)),
    };
    match redeem(&form, grants) {
        Ok(redeemed) => grant(&redeemed, format, grants),
        Err(refused) => {
            let mut answer = refused.answer(format);
            if let Ok(Some(code)) = form.get("code") {
                answer.login = grants.of_code(code).and_then(|request| request.login);
            }
            Ok(answer)
        }
    }
}

/// A good code, and the request that it was given for.
struct Redeemed {
    code: String,
    request: AuthorizationRequest,
}

/// Why there is no token. RFC 6749 §5.2: `error`, and what the log says about it.
struct Refused {
    error: TokenError,
    said: String,
    /// The fault because of which there is none.
    broken_by: Option<&'static Fault>,
}

impl Refused {
    fn new(error: TokenError, said: impl Into<String>) -> Self {
        Self { error, said: said.into(), broken_by: None }
    }

    fn answer(self, format: Format) -> Answer {
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

fn unreadable(problem: Problem) -> Refused {
    Refused::new(TokenError::InvalidRequest, format!("{problem} (RFC 6749 §3.2, appendix B)"))
}

fn parameter<'a>(form: &'a Form, name: &str) -> Result<Option<&'a str>, Refused> {
    form.get(name).map_err(unreadable)
}

/// Checks the request, and uses its code up.
fn redeem(form: &Form, grants: &mut Grants) -> Result<Redeemed, Refused> {
    check_credentials(form, &grants.registration)?;
    // GitHub differs: it does not require `grant_type`.
    let kind = parameter(form, "grant_type")?.unwrap_or("authorization_code");
    if kind != "authorization_code" {
        let said = "grant_type is not authorization_code (RFC 6749 §4.1.3)";
        return Err(Refused::new(TokenError::UnsupportedGrantType, said));
    }
    let Some(code) = parameter(form, "code")? else {
        let said = "code is missing (RFC 6749 §4.1.3)";
        return Err(Refused::new(TokenError::BadVerificationCode, said));
    };
    let request = grants.take_code(code).map_err(bad_code)?;
    check_redirect_uri(form, &request, &grants.registration)?;
    check_verifier(form, &request, &grants.registration)?;
    Ok(Redeemed { code: code.to_owned(), request })
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

fn check_credentials(form: &Form, app: &Registration) -> Result<(), Refused> {
    if app.strictness.takes_any_credentials() {
        return Ok(());
    }
    let wrong = |said: &str| {
        let said = format!("{said} (RFC 6749 §2.3.1)");
        Err(Refused::new(TokenError::IncorrectClientCredentials, said))
    };
    let Some(client_id) = parameter(form, "client_id")? else {
        return wrong("client_id is missing from the body");
    };
    let Some(client_secret) = parameter(form, "client_secret")? else {
        return wrong("client_secret is missing from the body");
    };
    if client_id != app.client_id {
        return wrong("no app with this client_id is registered here");
    }
    if client_secret != app.client_secret.expose() {
        return wrong("client_secret is wrong");
    }
    Ok(())
}

fn check_redirect_uri(
    form: &Form,
    request: &AuthorizationRequest,
    app: &Registration,
) -> Result<(), Refused> {
    let given = parameter(form, "redirect_uri")?;
    // RFC 6749 §4.1.3: the authorization server MUST "ensure that the "redirect_uri" parameter is
    // present if the "redirect_uri" parameter was included in the initial authorization request
    // […], and if included ensure that their values are identical."
    let is_needed = given.is_some() || request.names_redirect_uri;
    let is_right = given == Some(&request.redirect_uri);
    if is_right || !is_needed || app.strictness.takes_any_redirect_uri() {
        return Ok(());
    }
    let given = given.map_or("missing", shown);
    let asked = shown(&request.redirect_uri);
    let said = format!("redirect_uri is {given}, but was {asked} in leg 1 (RFC 6749 §4.1.3)");
    Err(Refused::new(TokenError::RedirectUriMismatch, said))
}

fn check_verifier(
    form: &Form,
    request: &AuthorizationRequest,
    app: &Registration,
) -> Result<(), Refused> {
    let verifier = parameter(form, "code_verifier")?;
    let Some(challenge) = &request.challenge else { return Ok(()) };
    if app.strictness.takes_any_pkce() {
        return Ok(());
    }
    // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" […]
    // MUST be returned."
    let fits = match verifier {
        Some(verifier) => pkce::challenge(&Verifier::new(verifier.to_owned())) == *challenge,
        None => false,
    };
    if fits {
        return Ok(());
    }
    let said = "code_verifier is missing, or doesn't hash to the code_challenge (RFC 7636 §4.6)";
    Err(Refused::new(TokenError::BadVerificationCode, said))
}

/// Answers a good request: with tokens, or as the login's fault has it.
fn grant(redeemed: &Redeemed, format: Format, grants: &mut Grants) -> io::Result<Answer> {
    let request = &redeemed.request;
    let mut tokens = grants.add_tokens(&redeemed.code, request)?;
    let said = if request.names_redirect_uri {
        "client_id, client_secret, code and redirect_uri are right (RFC 6749 §4.1.3)"
    } else {
        "client_id, client_secret and code are right (RFC 6749 §4.1.3)"
    };
    let mut reply = None;
    let mut mischief = None;
    let mut shows = true;
    if let Some(fault) = request.fault {
        match fault.breaks {
            Breaks::TokenReply(broken) => reply = Some(broken(&grants.issuer, format)),
            Breaks::Tokens(change) | Breaks::UnusableTokens(change) => change(&mut tokens),
            Breaks::CallbackTwice => {
                let callback = request.callback(&grants.issuer, &[("code", &redeemed.code)]);
                mischief = Some(Mischief::DeliverAgain { callback: callback.url() });
            }
            // The others have had their effect in leg 2, or will have it in leg 4.
            _ => shows = false,
        }
    }
    let mut answer = Answer::right(tokens.response(format), said);
    if let Some(reply) = reply {
        answer.reply = reply;
    }
    answer.mischief = mischief;
    answer.login = request.login;
    answer.account = Some(request.account);
    if shows {
        answer.broken_by = request.fault;
    }
    answer.remarks(match request.challenge {
        Some(_) => "code_verifier fits the code_challenge of leg 1 (RFC 7636 §4.6)",
        None => "missing: code_verifier, because leg 1 had no code_challenge (RFC 7636 §4.5)",
    });
    if let Some(fault) = request.fault.filter(|fault| fault.is_waited_past) {
        let label = fault.label;
        answer.falls_for_it(&format!(
            "this code came with \"{label}\": a good client would have stopped"
        ));
    }
    Ok(answer)
}

/// What a client may have meant.
pub(super) fn add_remarks(answer: &mut Answer, request: &Request) {
    if request.header("authorization").is_some() {
        answer.remarks(
            "an Authorization header isn't read, because GitHub wants client_id and \
             client_secret in the body (client_secret_post)",
        );
    }
    if Format::asked_by(request.header("accept")) == Format::Form {
        answer.remarks("answered as a form: the request has no Accept: application/json");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::practice::http::Page;
    use crate::practice::profile::Account;
    use crate::practice::reply::Reply;
    use crate::practice::strictness::Strictness;
    use crate::secret::ClientSecret;
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
                strictness: Strictness::GitHub,
            };
            let mut grants = Grants::new(registration, "issuer".to_owned());
            let request = AuthorizationRequest {
                login: Some(1),
                account: Account::Octocat,
                names_redirect_uri: true,
                redirect_uri: REDIRECT_URI.to_owned(),
                state: None,
                scope: "read:user gist".to_owned(),
                challenge: Some(pkce::challenge(&Verifier::new(VERIFIER.to_owned()))),
                fault: None,
            };
            let code = grants.add_code(request).unwrap();
            Self { grants, code }
        }

        fn exchange(&mut self, parameters: &str, format: Format) -> Page {
            let parameters = parameters.replace("CODE", &self.code);
            let answer = exchange(&parameters, format, &mut self.grants).unwrap();
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
