//! The environment, turned into a [`Config`] that needs no further check.
//!
//! ```text
//! CLIENT_ID=Ov23li…  CLIENT_SECRET=…  bare-oauth
//! ```
//!
//! Everything is read and checked before anything else happens, so that a typing error costs no
//! login.

use std::ffi::OsString;

use crate::error::Error;
use crate::secret::ClientSecret;
use crate::wire::form::is_vschar;
use crate::wire::url::{Endpoint, RedirectUri};

/// Looks an environment variable up. The program passes [`std::env::var_os`].
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Everything a login needs to know beforehand.
#[derive(Clone, Debug)]
pub struct Config {
    /// `CLIENT_ID`
    pub client_id: String,
    /// `CLIENT_SECRET`
    pub client_secret: ClientSecret,
    /// `AUTH_URL`: the authorization endpoint.
    pub auth_url: Endpoint,
    /// `TOKEN_URL`: the token endpoint.
    pub token_url: Endpoint,
    /// `USER_URL`: the profile.
    pub user_url: Endpoint,
    /// `REDIRECT_URI`
    pub redirect_uri: RedirectUri,
    /// `SCOPE`: scope tokens, separated by spaces.
    pub scope: String,
    /// The issuer that a callback may name: `ISSUER`, or GitHub's where `AUTH_URL` is GitHub's.
    pub issuer: Option<String>,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`Error::MissingVariable`] or [`Error::BadVariable`], which name the variable.
    pub fn read(variables: Variables<'_>) -> Result<Self, Error> {
        let client_id = client_credential(variables, "CLIENT_ID")?;
        let client_secret = ClientSecret::new(client_credential(variables, "CLIENT_SECRET")?);
        let auth_url = endpoint(variables, "AUTH_URL", "https://github.com/login/oauth/authorize")?;
        if !auth_url.can_be_added_to() {
            let problem = "must not have a parameter of the authorization request in its query";
            return Err(bad("AUTH_URL", auth_url.as_str(), problem));
        }
        let token_url =
            endpoint(variables, "TOKEN_URL", "https://github.com/login/oauth/access_token")?;
        let user_url = endpoint(variables, "USER_URL", "https://api.github.com/user")?;
        let redirect_uri = redirect_uri(variables)?;
        let scope = scope(variables)?;
        let issuer = match text(variables, "ISSUER")? {
            Some(issuer) => Some(checked_issuer(issuer)?),
            None => github_issuer(&auth_url),
        };
        Ok(Self {
            client_id,
            client_secret,
            auth_url,
            token_url,
            user_url,
            redirect_uri,
            scope,
            issuer,
        })
    }
}

fn redirect_uri(variables: Variables<'_>) -> Result<RedirectUri, Error> {
    let value = text(variables, "REDIRECT_URI")?;
    // The original's value. RFC 8252 §8.3 prefers 127.0.0.1, because `localhost` may be two
    // addresses or none of this machine's; here both are listened on, and must both be free.
    let value = value.unwrap_or_else(|| "http://localhost:8000/callback".to_owned());
    RedirectUri::parse(&value).map_err(|problem| bad("REDIRECT_URI", &value, problem))
}

fn scope(variables: Variables<'_>) -> Result<String, Error> {
    let value = text(variables, "SCOPE")?.unwrap_or_else(|| "read:user".to_owned());
    // RFC 6749 §3.3: "scope-token = 1*( %x21 / %x23-5B / %x5D-7E )", with one space between two of
    // them.
    let is_token = |token: &str| {
        !token.is_empty()
            && token.bytes().all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\'))
    };
    if value.split(' ').all(is_token) {
        Ok(value)
    } else {
        Err(bad(
            "SCOPE",
            &value,
            "must be words with one space between them, such as `read:user user:email`",
        ))
    }
}

fn endpoint(
    variables: Variables<'_>,
    name: &'static str,
    default: &str,
) -> Result<Endpoint, Error> {
    let value = text(variables, name)?.unwrap_or_else(|| default.to_owned());
    Endpoint::parse(&value).map_err(|problem| bad(name, &value, problem))
}

/// A required variable. Its value appears in no error.
fn client_credential(variables: Variables<'_>, name: &'static str) -> Result<String, Error> {
    let value = text(variables, name)?.ok_or(Error::MissingVariable(name))?;
    // RFC 6749 appendix A.1 and A.2: "client-id = *VSCHAR", "client-secret = *VSCHAR". A line end
    // that was copied along would only be met as `incorrect_client_credentials`, long after.
    if !is_vschar(&value) {
        let problem =
            "must be printable ASCII: look for a line end or a quote that was copied along"
                .to_owned();
        return Err(Error::BadVariable { name, problem });
    }
    Ok(value)
}

fn checked_issuer(issuer: String) -> Result<String, Error> {
    // RFC 9207 §2: "Its value MUST be a URL that uses the "https" scheme without any query or
    // fragment components." This machine may do without https, as for the endpoints.
    match Endpoint::parse(&issuer) {
        Ok(_) if issuer.contains('?') => Err(bad("ISSUER", &issuer, "must not have a query")),
        Ok(_) => Ok(issuer),
        Err(problem) => Err(bad("ISSUER", &issuer, problem)),
    }
}

/// GitHub differs: it publishes no metadata, so its issuer is known by rule. It is the
/// authorization endpoint without its last segment.
fn github_issuer(auth_url: &Endpoint) -> Option<String> {
    (auth_url.host() == "github.com").then(|| "https://github.com/login/oauth".to_owned())
}

/// The value of a variable; an empty one counts as not set.
fn text(variables: Variables<'_>, name: &'static str) -> Result<Option<String>, Error> {
    let Some(value) = variables(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let problem = || Error::BadVariable { name, problem: "is not UTF-8: set it again".to_owned() };
    value.into_string().map(Some).map_err(|_| problem())
}

fn bad(name: &'static str, value: &str, problem: &str) -> Error {
    // A URL with user information may hold a password.
    let value = if value.contains('@') { "a URL with `@`" } else { &format!("`{value}`") };
    Error::BadVariable { name, problem: format!("{problem}: it is {value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let lookup = |name: &str| {
            let given = variables.iter().rev().find(|(known, _)| *known == name);
            given
                .map(|(_, value)| *value)
                .or(matches!(name, "CLIENT_ID" | "CLIENT_SECRET").then_some("12345678"))
                .map(OsString::from)
        };
        Config::read(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn githubs_values_are_the_defaults() {
        for variables in
            [&[] as &[_], &[("AUTH_URL", ""), ("REDIRECT_URI", ""), ("SCOPE", ""), ("ISSUER", "")]]
        {
            let config = read(variables).unwrap();
            assert_eq!(config.auth_url.as_str(), "https://github.com/login/oauth/authorize");
            assert_eq!(config.token_url.as_str(), "https://github.com/login/oauth/access_token");
            assert_eq!(config.user_url.as_str(), "https://api.github.com/user");
            assert_eq!(config.redirect_uri.as_str(), "http://localhost:8000/callback");
            assert_eq!(config.scope, "read:user");
            assert_eq!(config.issuer.as_deref(), Some("https://github.com/login/oauth"));
        }
    }

    #[test]
    fn the_issuer_is_known_for_github_and_where_it_is_told() {
        for (auth_url, issuer, known) in [
            (
                "https://github.com/login/oauth/authorize?allow_signup=false&a=/b",
                "",
                Some("https://github.com/login/oauth"),
            ),
            ("https://idp.example/authorize", "", None),
            ("https://idp.example/authorize", "https://idp.example", Some("https://idp.example")),
            ("https://github.com.example/login/oauth/authorize", "", None),
        ] {
            let config = read(&[("AUTH_URL", auth_url), ("ISSUER", issuer)]).unwrap();
            assert_eq!(config.issuer.as_deref(), known, "{auth_url}");
        }
    }

    #[test]
    fn each_bad_variable_is_named_with_its_problem() {
        for (name, value, problem) in [
            (
                "CLIENT_ID",
                "",
                "CLIENT_ID is not set: register an OAuth app at https://github.com/settings/developers",
            ),
            ("CLIENT_SECRET", "", "CLIENT_SECRET is not set: register an OAuth app"),
            ("CLIENT_SECRET", "5ecret\n", "CLIENT_SECRET must be printable ASCII"),
            (
                "AUTH_URL",
                "http://github.com/",
                "AUTH_URL must begin with https:// unless its host is this machine",
            ),
            (
                "AUTH_URL",
                "https://idp.example/?a=b&scope=c",
                "AUTH_URL must not have a parameter of the authorization request in its query",
            ),
            ("TOKEN_URL", "github.com", "TOKEN_URL is not an absolute URL: it is `github.com`"),
            ("USER_URL", "https://api.github.com/#a", "USER_URL must not have a fragment"),
            (
                "REDIRECT_URI",
                "http://example.com/callback",
                "REDIRECT_URI must have the host localhost",
            ),
            ("SCOPE", "a  b", "SCOPE must be words with one space between them"),
            ("SCOPE", "a\"b", "SCOPE must be words with one space between them"),
            ("ISSUER", "http://idp.example", "ISSUER must begin with https://"),
            ("ISSUER", "https://idp.example?a", "ISSUER must not have a query"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
            assert!(!error.contains("5ecret"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let lookup = |_: &str| Some(OsString::from_vec(vec![0xff]));
        assert_eq!(
            Config::read(&lookup).unwrap_err().to_string(),
            "CLIENT_ID is not UTF-8: set it again"
        );
    }
}
