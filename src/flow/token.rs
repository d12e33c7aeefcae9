//! Leg 3: the access token request and its answer, RFC 6749 §4.1.3, §5.1 and §5.2. This program
//! carries it itself.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1                              out
//! accept: application/json
//! content-type: application/x-www-form-urlencoded
//!
//! grant_type=authorization_code&code=4f2c…&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback
//!   &client_id=Ov23li…&client_secret=…&code_verifier=dBjf…
//!
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}   in, granted
//! {"error":"bad_verification_code","error_description":"…"}            in, refused
//! ```
//!
//! Left out: refreshing. New apps get tokens that expire, with a `refresh_token`; this program ends
//! long before, and neither keeps nor shows it.
//!
//! Shown octet by octet in `tests/suite/login.rs`, and refused in `tests/suite/endpoints.rs`.

use serde::Deserialize;
use serde_json::Value;

use crate::config::Config;
use crate::error::{Error, Leg};
use crate::secret::hidden::Hidden;
use crate::secret::{AccessToken, Code, Verifier};
use crate::wire::client::{Answer, Client};
use crate::wire::form::{self, Form, is_vschar};

/// What leg 3 brings.
#[derive(Debug)]
pub struct AccessTokenResponse {
    /// The token for leg 4.
    pub token: AccessToken,
    /// The scope that was granted, as the provider writes it; none where it is what was asked for.
    pub scope: Option<String>,
}

/// The members of an answer that are read; RFC 6749 §5.1: "The client MUST ignore unrecognized
/// value names in the response."
#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    access_token: Option<String>,
    token_type: Option<String>,
    /// Whatever it is: some providers send an array.
    scope: Value,
    error: Option<String>,
    error_description: Value,
    /// Read to be hidden, and for nothing else.
    refresh_token: Value,
}

/// Trades the code for a token. What it brings that must not be quoted goes into `hidden`.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::TokenRefused`] or [`Error::BadAnswer`].
pub fn exchange(
    client: &Client,
    config: &Config,
    redirect_uri: &str,
    code: &Code,
    verifier: &Verifier,
    hidden: &Hidden,
) -> Result<AccessTokenResponse, Error> {
    let body = form::encode(&[
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        // RFC 6749 §4.1.3: "REQUIRED, if the "redirect_uri" parameter was included in the
        // authorization request […], and their values MUST be identical."
        ("redirect_uri", redirect_uri),
        ("client_id", &config.client_id),
        // RFC 6749 §2.3.1 prefers HTTP Basic. GitHub differs: it documents the body only.
        ("client_secret", config.client_secret.expose()),
        ("code_verifier", verifier.expose()),
    ]);
    // GitHub differs: without this header its answer is a form.
    let headers = [("accept", "application/json")];
    let answer = client.post_form(&config.token_url, &headers, &body).map_err(|source| {
        let endpoint = config.token_url.without_query().to_owned();
        Error::NoAnswer { leg: Leg::Token, endpoint, source }
    })?;
    granted(&answer, hidden)
}

fn granted(answer: &Answer, hidden: &Hidden) -> Result<AccessTokenResponse, Error> {
    let members = match members(answer) {
        Ok(members) => members,
        Err(_) if answer.status != 200 => {
            return Err(unusable(answer.unexpected_status("TOKEN_URL")));
        }
        Err(problem) => return Err(unusable(problem)),
    };
    let given = [members.access_token.as_deref(), members.refresh_token.as_str()];
    // A refresh token is masked as an access token is.
    for token in given.into_iter().flatten() {
        hidden.add(&AccessToken::new(token.to_owned()));
    }

    // GitHub differs: its refusals have the status 200; RFC 6749 §5.2 gives them 400 or 401. So
    // `error` comes first.
    if let Some(error) = members.error.filter(|error| !error.is_empty()) {
        let description = members.error_description.as_str().filter(|text| !text.is_empty());
        let description = description.map(|text| hidden.quote(text));
        return Err(Error::TokenRefused { error: hidden.quote(&error), description });
    }
    if answer.status != 200 {
        return Err(unusable(answer.unexpected_status("TOKEN_URL")));
    }
    let token = members.access_token.filter(|token| !token.trim().is_empty());
    let Some(token) = token else {
        return Err(unusable("was answered without `access_token`: check TOKEN_URL".to_owned()));
    };
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Anything else could end the header line of
    // leg 4.
    if !is_vschar(&token) {
        let problem = "was answered with an `access_token` that is not printable ASCII: nothing \
                       was sent with it";
        return Err(unusable(problem.to_owned()));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    match members.token_type {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(kind) => {
            let kind = hidden.quote(&kind);
            return Err(unusable(format!(
                "was answered with the token type `{kind}`; only bearer tokens can be used here"
            )));
        }
        None => {
            return Err(unusable("was answered without `token_type`: check TOKEN_URL".to_owned()));
        }
    }
    let scope = members.scope.as_str().map(str::to_owned);
    Ok(AccessTokenResponse { token: AccessToken::new(token), scope })
}

/// The members of the answer's body, which is JSON, or a form as GitHub's is by default.
///
/// No text of a parser is passed on: it could quote the token.
fn members(answer: &Answer) -> Result<Members, String> {
    let text = str::from_utf8(&answer.body)
        .map_err(|_| "was answered with text that is not UTF-8: check TOKEN_URL")?;
    let media_type = answer.media_type();
    // Some say `text/plain`, or nothing, of a form.
    let may_be_form = text.contains('=') && !text.trim_start().starts_with('{');
    let is_form = match media_type.as_str() {
        "application/x-www-form-urlencoded" => true,
        "text/plain" | "" => may_be_form,
        _ => false,
    };
    if is_form {
        return form_members(text).map_err(|problem| {
            format!("was answered with a form that {problem}: check TOKEN_URL")
        });
    }
    // Read as any value first: that refuses what is nested without end, and tells an array from an
    // object.
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => {}
        Ok(_) => return Err("was answered with JSON that is no object: check TOKEN_URL".to_owned()),
        Err(_) => return Err(answer.no_json("TOKEN_URL")),
    }
    // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once", which
    // serde refuses here.
    serde_json::from_str(text).map_err(|_| {
        "was answered with JSON in which a member is no text or stands twice: check TOKEN_URL"
            .to_owned()
    })
}

fn form_members(text: &str) -> Result<Members, form::Problem> {
    let form = Form::decode(text.trim())?;
    let text = |name| form.get(name).map(|value| value.map(str::to_owned));
    Ok(Members {
        access_token: text("access_token")?,
        token_type: text("token_type")?,
        scope: text("scope")?.into(),
        error: text("error")?,
        error_description: text("error_description")?.into(),
        refresh_token: text("refresh_token")?.into(),
    })
}

fn unusable(problem: String) -> Error {
    Error::BadAnswer { leg: Leg::Token, problem }
}
