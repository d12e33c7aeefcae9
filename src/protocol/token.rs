//! Leg 3: this program asks for a token, RFC 6749 §4.1.3, §5.1 and §5.2.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1                              out
//! accept: application/json
//! content-type: application/x-www-form-urlencoded
//!
//! grant_type=authorization_code&code=4f2c…&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback
//!   &client_id=Ov23li…&client_secret=…&code_verifier=dBjf…
//!
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}   received: granted
//! {"error":"bad_verification_code","error_description":"…"}            received: refused
//! ```
//!
//! Left out: refreshing; with `--response` you get the refresh token to keep.
//!
//! Shown byte by byte by `tests/suite/login.rs`, and refused by `tests/suite/token.rs`.

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::json::{Object, Value};
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::{AccessToken, Code, RefreshToken, Verifier, is_vschar, opaque};
use crate::setup::config::Config;
use crate::wire::url::RedirectUri;

/// The tokens from leg 3.
pub struct Granted {
    pub(crate) token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    /// How long the refresh token lives, in seconds. GitHub differs: RFC 6749 §5.1 has no such member.
    pub(crate) refresh_token_expires_in: Option<u64>,
    pub(crate) scope: Scope,
    /// The whole answer, as JSON.
    pub(crate) response: String,
}

// `{:?}` prints only the name of the type, because it holds secrets.
opaque!(Granted);

/// The scope that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The answer doesn't name it. RFC 6749 §5.1: "OPTIONAL, if identical to the scope requested by the
    /// client".
    AsRequested,
    /// As the provider writes it.
    Named(String),
    /// The answer names it in a form that this program can't read.
    Unknown,
}

/// Trades the code for a token.
/// Errors: [`Error::NoAnswer`], [`Error::RateLimited`], [`Error::Refused`], [`Error::BadAnswer`].
pub fn exchange(
    client: &Client,
    config: &Config,
    redirect_uri: &RedirectUri,
    code: &Code,
    verifier: &Verifier,
) -> Result<Granted, Error> {
    let mut request = Request::post_form(Leg::Token, &config.token_url);
    // GitHub differs: without this header its answer is a form.
    request.header("accept", "application/json");
    request.parameter("grant_type", "authorization_code");
    request.secret_parameter("code", code.expose());
    // RFC 6749 §4.1.3: "REQUIRED, if the "redirect_uri" parameter was included in the authorization
    // request […], and their values MUST be identical."
    request.parameter("redirect_uri", &redirect_uri.text);
    // RFC 6749 §2.3.1 prefers HTTP Basic. GitHub differs: it documents only the body, but other clients
    // use HTTP Basic there.
    client_auth::add(&mut request, config);
    request.secret_parameter("code_verifier", verifier.expose());

    let answer = client.send(&request)?;
    let granted = read(&answer);
    // For --explain. If this leg can't use the answer, the body is withheld: its secrets may be unknown.
    match &granted {
        Ok(_) | Err(Error::Refused { .. }) => answer.show(),
        Err(_) => answer.withhold(),
    }
    granted
}

/// Reads the answer to the token request.
pub fn read(answer: &Answer) -> Result<Granted, Error> {
    answer.ensure_accepted()?;
    let object = answer.object_or_form()?;
    let token = required_text(answer, object, "access_token")?;
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Otherwise a line end in the token could end leg
    // 4's header line.
    if !is_vschar(token) {
        return Err(answer.bad_answer("an `access_token` that isn't printable ASCII"));
    }
    // RFC 6750 §2.1: "b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="". Some
    // providers use other marks, but a space would end the token.
    if token.contains(' ') {
        return Err(answer.bad_answer("an `access_token` with a space in it"));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    let token_type = required_text(answer, object, "token_type")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        let problem = "a token type other than bearer, which can't be used here";
        let advice = "ask the provider for bearer tokens";
        return Err(answer.bad_answer_with_advice(problem, advice, Some(token_type)));
    }
    Ok(Granted {
        token: AccessToken::new(token.to_owned()),
        refresh_token: refresh_token(object),
        refresh_token_expires_in: object.number("refresh_token_expires_in"),
        scope: scope(object),
        response: object.json.clone(),
    })
}

/// The text of a member that must be there.
fn required_text<'a>(answer: &Answer, object: &'a Object, name: &str) -> Result<&'a str, Error> {
    match object.text(name) {
        Ok(Some(text)) if !text.trim().is_empty() => Ok(text),
        Ok(_) => Err(answer.bad_answer(&format!("no `{name}`"))),
        Err(problem) => Err(answer.bad_answer(&format!("{problem}: `{name}`"))),
    }
}

fn refresh_token(object: &Object) -> Option<RefreshToken> {
    match object.text("refresh_token") {
        Ok(Some(token)) if !token.is_empty() => Some(RefreshToken::new(token.to_owned())),
        _ => None,
    }
}

fn scope(object: &Object) -> Scope {
    match object.value("scope") {
        Ok(None | Some(Value::Null)) => Scope::AsRequested,
        Ok(Some(Value::Text(scope))) => Scope::Named(scope.clone()),
        // Some providers write a list.
        Ok(Some(list)) => match list.texts() {
            Some(scopes) => Scope::Named(scopes.join(" ")),
            None => Scope::Unknown,
        },
        Err(_) => Scope::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "content-type: application/json";
    const FORM: &str = "content-type: application/x-www-form-urlencoded; charset=utf-8";
    const HTML: &str = "content-type: text/html; charset=utf-8";

    fn answer(status: u16, media_type: &'static str, body: &str) -> Answer {
        Answer::example(Leg::Token, status, &[media_type], body)
    }

    #[test]
    fn an_answer_that_brings_a_token_is_read() {
        let json = r#"{"token_type":"Bearer","scope":"read:user","access_token":"gho_1"}"#;
        let form = "access_token=gho_1&scope=read%3Auser&token_type=bearer";
        let from_form = r#"{"access_token":"gho_1","scope":"read:user","token_type":"bearer"}"#;
        for (media_type, body, response) in [
            (JSON, json, json),
            ("x-none: a", json, json),
            (HTML, json, json),
            (FORM, form, from_form),
            ("content-type: text/plain", form, from_form),
            ("content-type: text/plain", json, json),
            ("x-none: a", form, from_form),
        ] {
            let granted = read(&answer(200, media_type, body)).unwrap();
            assert_eq!(granted.token.expose(), "gho_1", "{media_type} {body}");
            assert_eq!(granted.scope, Scope::Named("read:user".to_owned()));
            assert_eq!(granted.response, response);
        }
    }

    #[test]
    fn members_that_are_not_needed_may_be_anything() {
        for member in
            [r#""scope":["a"]"#, r#""error":null"#, r#""error_description":7"#, r#""x":[{}]"#]
        {
            let body = format!(r#"{{"access_token":"a","token_type":"bearer",{member}}}"#);
            read(&answer(200, JSON, &body)).expect(member);
        }
    }

    #[test]
    fn an_answer_that_brings_no_token_is_told_apart() {
        for (status, media_type, body, error) in [
            (500, HTML, "<h1>Oops</h1>", "`500`: the provider has a problem; try again later"),
            (404, HTML, "<h1>Oops</h1>", "`404`: check `TOKEN_URL`"),
            (302, HTML, "", "a redirect (`302`), which isn't followed: correct `TOKEN_URL`"),
            (200, HTML, "<h1>Hello</h1>", "an HTML page instead of JSON: check `TOKEN_URL`"),
            (200, JSON, "", "an empty body: check `TOKEN_URL`"),
            (200, "x-none: a", "hello", "something other than JSON: check `TOKEN_URL`"),
            (200, JSON, "{", "broken JSON: check `TOKEN_URL`"),
            (200, JSON, "[]", "JSON that isn't an object: check `TOKEN_URL`"),
            (200, JSON, "\"gho_1\"", "JSON that isn't an object: check `TOKEN_URL`"),
            (200, JSON, r#"{"token_type":"bearer"}"#, "no `access_token`: check `TOKEN_URL`"),
            (
                200,
                JSON,
                r#"{"access_token":"","token_type":"bearer"}"#,
                "no `access_token`: check `TOKEN_URL`",
            ),
            (200, JSON, r#"{"access_token":"gho_1"}"#, "no `token_type`: check `TOKEN_URL`"),
            (
                200,
                JSON,
                r#"{"access_token":["gho_1"],"token_type":"bearer"}"#,
                "a member that isn't text: `access_token`: check `TOKEN_URL`",
            ),
            (
                200,
                JSON,
                r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
                "a member that appears twice: `access_token`: check `TOKEN_URL`",
            ),
            (
                200,
                JSON,
                r#"{"access_token":"gho_45678","token_type":"mac gho_45678"}"#,
                "a token type other than bearer, which can't be used here (the provider says: mac gho_… (9 \
                 characters)): ask the provider for bearer tokens",
            ),
            (
                200,
                JSON,
                r#"{"access_token":"gho_\r\nX-Evil: 1","token_type":"bearer"}"#,
                "an `access_token` that isn't printable ASCII: check `TOKEN_URL`",
            ),
            (
                200,
                FORM,
                "access_token=a&access_token=b",
                "a member that appears twice: `access_token`: check `TOKEN_URL`",
            ),
            (
                200,
                FORM,
                "access_token=%FF",
                "an `access_token` that isn't printable ASCII: check `TOKEN_URL`",
            ),
            (
                200,
                JSON,
                r#"{"access_token":"gho_1 2","token_type":"bearer"}"#,
                "an `access_token` with a space in it: check `TOKEN_URL`",
            ),
            (
                200,
                JSON,
                r#"{"message":"Bad code"}"#,
                "no `access_token` (the provider says: Bad code): check `TOKEN_URL`",
            ),
            (
                200,
                JSON,
                r#"{"errors":["Bad code"]}"#,
                "`200` (the provider says: Bad code): check `TOKEN_URL`",
            ),
            (
                400,
                JSON,
                r#"{"message":"Bad code"}"#,
                "`400` (the provider says: Bad code): check `TOKEN_URL`",
            ),
            (
                403,
                JSON,
                r#"{"detail":"No","title":"Forbidden"}"#,
                "`403` (the provider says: No): check `TOKEN_URL`",
            ),
            (410, JSON, "{}", "`410`: check `TOKEN_URL`"),
        ] {
            let said = read(&answer(status, media_type, body)).unwrap_err().to_string();
            assert_eq!(said, format!("leg 3, the token request, was answered with {error}"));
        }
    }

    #[test]
    fn a_refusal_is_reported_with_its_words() {
        for (status, media_type, body, error) in [
            (
                200,
                JSON,
                r#"{"error":"bad_verification_code","error_description":"Not good.","error_uri":"https://a"}"#,
                ": `bad_verification_code` (Not good.): a code works only once, and only for a few minutes; run this again",
            ),
            (400, JSON, r#"{"error":"custom"}"#, " with `400`: `custom`"),
            (
                400,
                JSON,
                r#"{"error":{"message":"Invalid code","type":"OAuthException","code":100}}"#,
                " with `400`: `OAuthException` (Invalid code)",
            ),
            (
                401,
                FORM,
                "error=invalid_client&error_description=No.",
                " with `401`: `invalid_client` (No.): check `CLIENT_ID`, `CLIENT_SECRET` and `CLIENT_AUTH`",
            ),
        ] {
            let said = read(&answer(status, media_type, body)).unwrap_err().to_string();
            assert_eq!(said, format!("leg 3, the token request, was refused{error}"));
        }
    }

    #[test]
    fn a_rate_limit_is_reported() {
        let limited = Answer::example(Leg::Token, 429, &["retry-after: 1"], "");
        let said = read(&limited).unwrap_err().to_string();
        assert!(
            said.starts_with("leg 3, the token request, met a rate limit: try again in 1 "),
            "{said}"
        );
    }

    #[test]
    fn a_scope_may_be_a_list_or_missing_or_unreadable() {
        let named = |scope: &str| Scope::Named(scope.to_owned());
        for (member, scope) in [
            (r#""scope":"a,b""#, named("a,b")),
            (r#""scope":"""#, named("")),
            (r#""scope":["a","b"]"#, named("a b")),
            (r#""scope":[]"#, named("")),
            (r#""scope":null"#, Scope::AsRequested),
            (r#""x":"a""#, Scope::AsRequested),
            (r#""scope":{"a":true}"#, Scope::Unknown),
            (r#""scope":["a",1]"#, Scope::Unknown),
            (r#""scope":1"#, Scope::Unknown),
            (r#""scope":"a","scope":"b""#, Scope::Unknown),
        ] {
            let body = format!(r#"{{"access_token":"a","token_type":"bearer",{member}}}"#);
            assert_eq!(read(&answer(201, JSON, &body)).unwrap().scope, scope, "{member}");
        }
    }

    #[test]
    fn a_refresh_token_is_kept_with_its_lifetime() {
        let body = r#"{"access_token":"a","token_type":"bearer","refresh_token":"ghr_1","refresh_token_expires_in":15897600}"#;
        let granted = read(&answer(200, JSON, body)).unwrap();
        assert_eq!(granted.refresh_token.unwrap().expose(), "ghr_1");
        assert_eq!(granted.refresh_token_expires_in, Some(15_897_600));
    }
}
