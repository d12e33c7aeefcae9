//! Leg 5, with `--revoke`: this program gives the token back, RFC 7009 §2.1.
//!
//! ```text
//! POST /revoke HTTP/1.1                                          out
//! content-type: application/x-www-form-urlencoded
//!
//! token=…&token_type_hint=access_token&client_id=…&client_secret=…
//!
//! HTTP/1.1 200 OK                                                in
//!
//! GitHub differs: it takes no form, and has an API of its own:
//!
//! DELETE /applications/Ov23li…/token HTTP/1.1                    out
//! authorization: Basic T3YyM2xp…
//!
//! {"access_token":"gho_…"}
//!
//! HTTP/1.1 204 No Content                                        in
//! ```
//!
//! A refresh token goes first, in the same way. GitHub differs: its API ends the access token alone.
//!
//! Left out: GitHub's way to end every token of the person for this app.
//!
//! Shown by `tests/suite/anywhere.rs` and `tests/suite/certified.rs`.

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::json::quoted;
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::{AccessToken, ClientSecret, RefreshToken};
use crate::setup::config::Config;
use crate::setup::proxy::Destination;
use crate::wire::form::encode_value;

/// The tokens that are revoked.
#[derive(Debug, PartialEq, Eq)]
pub enum Revoked {
    AccessToken,
    BothTokens,
    /// The refresh token lives on.
    AllButRefreshToken,
}

/// Revokes the tokens. After an error a token may still work.
/// Errors: [`Error::NoAnswer`], [`Error::RateLimited`], [`Error::Refused`], [`Error::BadAnswer`].
pub fn revoke(
    client: &Client,
    config: &Config,
    revoke_url: &Destination,
    token: &AccessToken,
    refresh_token: Option<&RefreshToken>,
) -> Result<Revoked, Error> {
    match &config.client_secret {
        // GitHub's API signs in with the client secret, so a public client can't use it.
        Some(secret) if is_githubs(revoke_url, &config.client_id) => {
            let request = github_request(revoke_url, &config.client_id, secret, token);
            send(client, &request)?;
            let has_refresh_token = refresh_token.is_some();
            Ok(if has_refresh_token { Revoked::AllButRefreshToken } else { Revoked::AccessToken })
        }
        _ => revoke_by_the_standard(client, config, revoke_url, token, refresh_token),
    }
}

/// GitHub's API is known by its path.
fn is_githubs(revoke_url: &Destination, client_id: &str) -> bool {
    let path = format!("/applications/{}/token", encode_value(client_id));
    revoke_url.endpoint.without_query().ends_with(&path)
}

fn revoke_by_the_standard(
    client: &Client,
    config: &Config,
    revoke_url: &Destination,
    token: &AccessToken,
    refresh_token: Option<&RefreshToken>,
) -> Result<Revoked, Error> {
    let access_request = standard_request(config, revoke_url, token.expose(), "access_token");
    let Some(refresh_token) = refresh_token else {
        send(client, &access_request)?;
        return Ok(Revoked::AccessToken);
    };
    // The refresh token goes first, because it could bring new access tokens. Even if it can't be
    // revoked, the access token is.
    let refresh_request =
        standard_request(config, revoke_url, refresh_token.expose(), "refresh_token");
    let refresh_result = send(client, &refresh_request);
    let access_result = send(client, &access_request);
    both_revoked(refresh_result, access_result)
}

/// How it went with a refresh token, and then with its access token.
fn both_revoked(refresh: Result<(), Error>, access: Result<(), Error>) -> Result<Revoked, Error> {
    // RFC 7009 §2.1: with a refresh token "the authorization server SHOULD also invalidate all access
    // tokens". By §2.2 a token that has ended is no error, but some providers say that it is one.
    let has_ended =
        matches!(&access, Err(Error::Refused { error, .. }) if error == "invalid_token");
    if refresh.is_err() || !has_ended {
        access?;
    }
    refresh?;
    Ok(Revoked::BothTokens)
}

fn send(client: &Client, request: &Request<'_>) -> Result<(), Error> {
    let answer = client.send(request)?;
    // For --explain. If this leg can't read a body, it is withheld: its secrets are unknown.
    match answer.object() {
        Ok(_) => answer.show(),
        Err(_) => answer.withhold(),
    }
    read(&answer)
}

fn standard_request<'a>(
    config: &Config,
    revoke_url: &'a Destination,
    token: &str,
    hint: &str,
) -> Request<'a> {
    let mut request = Request::post_form(Leg::Revocation, revoke_url);
    // RFC 7009 §2.1: "The client constructs the request by including the following parameters […]:
    // token REQUIRED. […] token_type_hint OPTIONAL. […] The client also includes its authentication
    // credentials".
    request.secret_parameter("token", token);
    request.parameter("token_type_hint", hint);
    client_auth::add(&mut request, config);
    request
}

fn github_request<'a>(
    revoke_url: &'a Destination,
    client_id: &str,
    secret: &ClientSecret,
    token: &AccessToken,
) -> Request<'a> {
    let body = format!(r#"{{"access_token":{}}}"#, quoted(token.expose()));
    let mut request = Request::delete(Leg::Revocation, revoke_url, body);
    request.hide(token.expose());
    request.header("accept", "application/vnd.github+json");
    request.authorize(&client_auth::basic(client_id, secret));
    request.header("x-github-api-version", "2022-11-28");
    request
}

/// Reads the answer to a revocation.
pub fn read(answer: &Answer) -> Result<(), Error> {
    // RFC 7009 §2.2: "The authorization server responds with HTTP status code 200 if the token has
    // been revoked successfully". GitHub differs: it responds with 204.
    answer.ensure_accepted()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_is_told_from_a_refusal() {
        for status in [200, 202, 204] {
            read(&Answer::example(Leg::Revocation, status, &[], "")).unwrap();
        }
        for (status, body, problem) in [
            (404, "", "`404`: check `REVOKE_URL`"),
            (503, "<p>", "`503`: the provider has a problem; try again later"),
            (
                410,
                "",
                "`410`, so the provider has retired this version of its API: get a newer bare-oauth",
            ),
            (
                422,
                r#"{"message":"Validation Failed"}"#,
                "`422` (the provider says: Validation Failed): check `REVOKE_URL`",
            ),
        ] {
            let answer = Answer::example(Leg::Revocation, status, &[], body);
            let said = read(&answer).unwrap_err().to_string();
            assert_eq!(said, format!("leg 5, the revocation, was answered with {problem}"));
        }
    }

    #[test]
    fn an_access_token_may_end_with_its_refresh_token() {
        let refused = |error: &str| {
            let error = error.to_owned();
            Err(Error::Refused {
                leg: Leg::Revocation,
                status: Some(400),
                error,
                description: None,
            })
        };
        assert_eq!(both_revoked(Ok(()), Ok(())).unwrap(), Revoked::BothTokens);
        assert_eq!(both_revoked(Ok(()), refused("invalid_token")).unwrap(), Revoked::BothTokens);
        for (refresh, access) in [
            (Ok(()), refused("invalid_request")),
            (refused("invalid_token"), refused("invalid_token")),
            (refused("unsupported_token_type"), Ok(())),
        ] {
            assert!(both_revoked(refresh, access).is_err());
        }
    }
}
