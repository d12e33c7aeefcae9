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

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::{AccessToken, Code, Verifier, opaque};
use crate::setup::config::Config;
use crate::wire::form::is_vschar;
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
    let mut request = Request::post_form(Leg::Token, &config.token_url);
    // GitHub differs: without this header its answer is a form.
    request.header("accept", "application/json");
    request.parameter("grant_type", "authorization_code");
    request.secret_parameter("code", code.expose());
    // RFC 6749 §4.1.3: "REQUIRED, if the "redirect_uri" parameter was included in the authorization
    // request […], and their values MUST be identical."
    request.parameter("redirect_uri", &redirect_uri.text);
    // RFC 6749 §2.3.1 prefers HTTP Basic. GitHub differs: it documents the body only.
    client_auth::add(&mut request, config);
    request.secret_parameter("code_verifier", verifier.expose());

    let answer = client.send(&request)?;
    let granted = read(&answer);
    match &granted {
        Ok(_) | Err(Error::Refused { .. }) => answer.show(),
        Err(_) => answer.withhold(),
    }
    granted
}

/// Reads the answer to the token request.
pub fn read(answer: &Answer) -> Result<Granted, Error> {
    let object = match answer.object_or_form() {
        Err(_) if answer.status != 200 => return Err(answer.unexpected_status(None)),
        object => object?,
    };
    let text = |name| match object.text(name) {
        Ok(text) => Ok(text.filter(|text| !text.trim().is_empty())),
        Err(problem) => Err(answer.check(problem)),
    };
    // GitHub differs: its refusals have the status 200; RFC 6749 §5.2 gives them 400 or 401. So
    // `error` comes before the status.
    if let Some(error) = text("error")? {
        return Err(answer.refused(error, object.text("error_description").unwrap_or_default()));
    }
    if answer.status != 200 {
        return Err(answer.unexpected_status(None));
    }
    let Some(token) = text("access_token")? else {
        return Err(answer.check("no `access_token`"));
    };
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Else it could end leg 4's header line.
    if !is_vschar(token) {
        return Err(answer.check("an `access_token` that isn't printable ASCII"));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    let Some(token_type) = text("token_type")? else {
        return Err(answer.check("no `token_type`"));
    };
    if !token_type.eq_ignore_ascii_case("bearer") {
        let problem = "a token type other than bearer, which can't be used here";
        return Err(answer.unusable(
            problem,
            "ask the provider for bearer tokens",
            Some(token_type),
        ));
    }
    Ok(Granted {
        token: AccessToken::new(token.to_owned()),
        scope: object.text("scope").unwrap_or_default().map(str::to_owned),
        response: object.json.clone(),
    })
}
