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

use serde::Deserialize;
use serde_json::Value;

use crate::config::Config;
use crate::error::{Error, Leg, quote};
use crate::secret::{AccessToken, Code, Verifier};
use crate::wire::client::{Answer, Client};
use crate::wire::form::{self, Form};

/// What leg 3 brings.
#[derive(Debug)]
pub struct Granted {
    /// The token for leg 4.
    pub token: AccessToken,
    /// The scope that was granted, as the provider writes it; none where it is what was asked for.
    pub scope: Option<String>,
}

/// The members of an answer that are read; RFC 6749 §5.1: "The client MUST ignore unrecognized
/// value names in the response."
#[derive(Deserialize)]
struct Members {
    access_token: Option<String>,
    token_type: Option<String>,
    scope: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Trades the code for a token.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::TokenRefused`] or [`Error::BadAnswer`].
pub fn exchange(
    client: &Client,
    config: &Config,
    redirect_uri: &str,
    code: &Code,
    verifier: &Verifier,
) -> Result<Granted, Error> {
    let secrets = [
        code.expose(),
        verifier.expose(),
        config.client_secret.expose(),
    ];
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
    let answer = client
        .post_form(&config.token_url, &headers, &body)
        .map_err(|source| Error::NoAnswer {
            leg: Leg::Token,
            endpoint: config.token_url.without_query().to_owned(),
            source,
        })?;
    granted(&answer, &secrets)
}

fn granted(answer: &Answer, secrets: &[&str]) -> Result<Granted, Error> {
    let read = members(answer);
    // GitHub differs: its refusals have the status 200; RFC 6749 §5.2 gives them 400 or 401. So
    // `error` comes first.
    if let Ok(Members {
        error: Some(error),
        error_description,
        ..
    }) = &read
        && !error.is_empty()
    {
        let description = error_description.as_ref().filter(|text| !text.is_empty());
        return Err(Error::TokenRefused {
            error: quote(error, secrets),
            description: description.map(|text| quote(text, secrets)),
        });
    }
    if answer.status != 200 {
        return Err(unusable(answer.unexpected_status("TOKEN_URL")));
    }
    let members = read.map_err(unusable)?;

    let token = members.access_token.filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| {
        unusable("was answered without `access_token`: check TOKEN_URL".to_owned())
    })?;
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Anything else could end the header line of
    // leg 4.
    if !token.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return Err(unusable("was answered with an `access_token` that is not printable ASCII: nothing was sent with it".to_owned()));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    match members.token_type {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(kind) => {
            let secrets: Vec<&str> = secrets.iter().copied().chain([token.as_str()]).collect();
            let kind = quote(&kind, &secrets);
            return Err(unusable(format!(
                "was answered with the token type `{kind}`; only bearer tokens can be used here"
            )));
        }
        None => {
            return Err(unusable(
                "was answered without `token_type`: check TOKEN_URL".to_owned(),
            ));
        }
    }
    Ok(Granted {
        token: AccessToken::new(token),
        scope: members.scope,
    })
}

/// The members of the answer's body, which is JSON, or a form as GitHub's is by default.
///
/// No text of a parser is passed on: it could quote the token.
fn members(answer: &Answer) -> Result<Members, String> {
    let text = str::from_utf8(&answer.body)
        .map_err(|_| "was answered with text that is not UTF-8: check TOKEN_URL")?;
    let media_type = answer.media_type();
    let is_json = text.trim_start().starts_with('{');
    if media_type == "application/x-www-form-urlencoded" || (media_type == "text/plain" && !is_json)
    {
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
    let get = |name| form.get(name).map(|value| value.map(str::to_owned));
    Ok(Members {
        access_token: get("access_token")?,
        token_type: get("token_type")?,
        scope: get("scope")?,
        error: get("error")?,
        error_description: get("error_description")?,
    })
}

fn unusable(problem: String) -> Error {
    Error::BadAnswer {
        leg: Leg::Token,
        problem,
    }
}

/// The scope tokens that were asked for and not granted.
#[must_use]
pub fn missing_scopes(asked: &str, granted: &str) -> Vec<String> {
    // GitHub differs: it separates by commas what RFC 6749 §3.3 separates by spaces.
    let granted: Vec<&str> = granted
        .split([' ', ','])
        .filter(|scope| !scope.is_empty())
        .collect();
    let covered = |asked: &str| granted.iter().any(|granted| covers(granted, asked));
    asked
        .split([' ', ','])
        .filter(|asked| !asked.is_empty() && !covered(asked))
        .map(str::to_owned)
        .collect()
}

/// Whether a granted scope includes the one asked for. GitHub differs: it leaves a scope out of its
/// answer when a wider one includes it, so that `user` stands for `user read:user user:email`.
fn covers(granted: &str, asked: &str) -> bool {
    let (verb, noun) = asked.split_once(':').unwrap_or(("", asked));
    let wider: &[&str] = match verb {
        "read" => &["write", "admin"],
        "write" => &["admin"],
        _ => &[],
    };
    granted == asked
        || (asked == "public_repo" && granted == "repo")
        || (verb == granted && !verb.is_empty())
        || (matches!(verb, "read" | "write") && granted == noun)
        || wider
            .iter()
            .any(|wider| granted.split_once(':') == Some((wider, noun)))
}

#[cfg(test)]
mod tests {
    use super::missing_scopes;

    #[test]
    fn a_scope_is_missing_when_neither_it_nor_a_wider_one_was_granted() {
        for (asked, granted, missing) in [
            ("read:user", "read:user", ""),
            ("read:user gist", "gist,read:user", ""),
            ("read:user gist", "gist read:user extra", ""),
            ("read:user,gist", "read:user", "gist"),
            ("read:user", "", "read:user"),
            ("read:user user:email", "user", ""),
            ("read:user", "user:email", "read:user"),
            ("user", "read:user", "user"),
            ("repo:status public_repo", "repo", ""),
            ("read:org", "write:org", ""),
            ("read:org write:org", "admin:org", ""),
            ("write:org", "read:org", "write:org"),
            ("admin:org", "write:org", "admin:org"),
            ("openid profile", "openid", "profile"),
            ("read:org", "read:user", "read:org"),
            ("repo", "public_repo", "repo"),
        ] {
            assert_eq!(
                missing_scopes(asked, granted).join(" "),
                missing,
                "{asked} {granted}"
            );
        }
    }
}
