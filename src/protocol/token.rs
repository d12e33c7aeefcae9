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
//! Left out: refreshing; whoever keeps the refresh token gets it with `--response`. Shown byte by byte
//! in `tests/suite/login.rs`, and refused in `tests/suite/token.rs`.

use crate::ask::client::{Answer, Client};
use crate::ask::json::Object;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::{AccessToken, Code, Verifier, opaque};
use crate::setup::config::Config;
use crate::wire::form::{Form, is_vschar};
use crate::wire::url::RedirectUri;

/// What leg 3 brings.
pub struct Granted {
    pub(crate) token: AccessToken,
    /// As the provider writes it; none if it is the requested one.
    pub(crate) scope: Option<String>,
    /// The whole answer, as JSON.
    pub(crate) response: String,
}

opaque!(Granted);

/// Trades the code for a token. Errors: [`Error::NoAnswer`], [`Error::Refused`], [`Error::BadAnswer`].
pub fn exchange(
    client: &Client,
    config: &Config,
    redirect_uri: &RedirectUri,
    code: &Code,
    verifier: &Verifier,
) -> Result<Granted, Error> {
    let (authorization, credentials) = client_auth::of(config);
    // GitHub differs: without this header its answer is a form.
    let mut headers = vec![("accept", "application/json")];
    if let Some(authorization) = &authorization {
        headers.push(("authorization", authorization));
    }
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        // RFC 6749 §4.1.3: "REQUIRED, if the "redirect_uri" parameter was included in the
        // authorization request […], and their values MUST be identical."
        ("redirect_uri", &redirect_uri.text),
    ];
    // RFC 6749 §2.3.1 prefers HTTP Basic. GitHub differs: it documents the body only.
    form.extend(credentials);
    form.push(("code_verifier", verifier.expose()));

    let answer = client.post_form(Leg::Token, &config.token_url, &headers, &form)?;
    let granted = read(&answer);
    answer.show(matches!(granted, Ok(_) | Err(Error::Refused { .. })));
    granted
}

/// Reads the answer to the token request.
fn read(answer: &Answer) -> Result<Granted, Error> {
    let (response, members) = match read_members(answer) {
        Err(_) if answer.status != 200 => return Err(answer.unexpected_status(None)),
        members => members?,
    };
    let text = |name| match members.text(name) {
        Ok(text) => Ok(text.filter(|text| !text.trim().is_empty())),
        Err(problem) => Err(answer.check(problem)),
    };
    // GitHub differs: its refusals have the status 200; RFC 6749 §5.2 gives them 400 or 401. So
    // `error` comes before the status.
    if let Some(error) = text("error")? {
        return Err(answer.refused(error, members.text("error_description").unwrap_or_default()));
    }
    if answer.status != 200 {
        return Err(answer.unexpected_status(None));
    }
    let token = text("access_token")?.ok_or_else(|| answer.check("no `access_token`"))?;
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Else it could end leg 4's header line.
    if !is_vschar(token) {
        return Err(answer.check("an `access_token` that isn't printable ASCII"));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    let kind = text("token_type")?.ok_or_else(|| answer.check("no `token_type`"))?;
    if !kind.eq_ignore_ascii_case("bearer") {
        let problem = "a token type other than bearer, which can't be used here";
        return Err(answer.unusable(problem, "ask the provider for bearer tokens", Some(kind)));
    }
    Ok(Granted {
        token: AccessToken::new(token.to_owned()),
        scope: members.text("scope").unwrap_or_default().map(str::to_owned),
        response,
    })
}

/// The answer as JSON, and its members: those of a JSON object, or of a form as GitHub's is by
/// default. RFC 6749 §5.1: "The client MUST ignore unrecognized value names in the response."
fn read_members(answer: &Answer) -> Result<(String, Object), Error> {
    let Ok(text) = std::str::from_utf8(&answer.body) else {
        return Err(answer.check("text that isn't UTF-8"));
    };
    let is_form = match answer.media_type().as_str() {
        "application/x-www-form-urlencoded" => true,
        // Some say this, or nothing, of a form.
        "text/plain" | "" => text.contains('=') && !text.trim_start().starts_with('{'),
        _ => false,
    };
    if !is_form {
        let members = Object::parse(&answer.body).map_err(|error| answer.no_object(&error))?;
        return Ok((text.to_owned(), members));
    }
    let Ok(form) = Form::decode(text.trim()) else {
        return Err(answer.check("a form that isn't UTF-8"));
    };
    let members = Object::from_form(&form);
    Ok((members.to_json(), members))
}
