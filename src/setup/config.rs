//! The environment and the options, turned into a [`Config`] that needs no further check.
//! Everything is checked before anything else happens, so that a typing error costs no login.

use std::net::IpAddr;
use std::time::Duration;

use ureq::tls::RootCerts;

use crate::error::Error;
use crate::secret::{ClientSecret, is_vschar};
use crate::setup::Variables;
use crate::setup::cli::{Options, Output};
use crate::setup::limits::Limits;
use crate::setup::machine::Machine;
use crate::setup::proxy::Destination;
use crate::setup::roots;
use crate::setup::variable::{bad, checked, text, unusable};
use crate::wire::form::encode_value;
use crate::wire::url::{Endpoint, RedirectUri};

/// Everything that a login needs to know beforehand. A field has the name of its variable or option.
#[derive(Clone, Debug)]
pub struct Config {
    pub client_id: String,
    /// None for a public client.
    pub client_secret: Option<ClientSecret>,
    pub client_auth: ClientAuth,
    pub auth_url: Endpoint,
    pub token_url: Destination,
    /// None with --token and --response.
    pub user_url: Option<Destination>,
    /// None without --revoke.
    pub revoke_url: Option<Destination>,
    pub redirect_uri: RedirectUri,
    /// The address to listen on in the place of the loopback addresses, for a published port.
    pub listen: Option<IpAddr>,
    pub scope: String,
    pub issuer: Issuer,
    pub is_github: bool,
    /// The provider's name for the person: `GitHub`, or its host.
    pub provider: String,
    /// The certificates that legs 3 to 5 trust.
    pub roots: RootCerts,
    pub machine: Machine,
    pub paste: bool,
    pub timeout: Duration,
    pub limits: Limits,
}

/// The place where a client puts its id and secret in legs 3 and 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the body.
    Post,
    /// In a header.
    Basic,
}

/// The issuer that a callback may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// Any, because nobody has said which.
    Unknown,
    /// This one, or none: GitHub's, which isn't always sent.
    Known(String),
    /// This one, which must be there: ISSUER says that the provider sends it.
    Required(String),
}

const AUTH_URL: &str = "https://github.com/login/oauth/authorize";
const TOKEN_URL: &str = "https://github.com/login/oauth/access_token";
const USER_URL: &str = "https://api.github.com/user";
const ISSUER: &str = "https://github.com/login/oauth";
// RFC 8252 §8.3 prefers 127.0.0.1, because `localhost` depends on how this machine resolves names. Here
// `localhost` means both loopback addresses, and both must be free.
const REDIRECT_URI: &str = "http://localhost:8000/callback";

impl Config {
    /// Reads the environment. Errors: [`Error::Variable`], which names the variable.
    pub fn read(variables: Variables<'_>, options: &Options) -> Result<Self, Error> {
        let auth_url = auth_url(variables)?;
        let is_github = auth_url.host == "github.com";
        let client_id = client_id(variables, is_github)?;
        let client_secret = client_secret(variables, is_github)?;
        let client_auth = client_auth(variables, client_secret.is_some())?;
        let revoke_url = if options.revoke {
            let url = revoke_url(variables, is_github, &client_id)?;
            Some(Destination::new(url, variables)?)
        } else {
            None
        };
        let issuer = issuer(variables, is_github)?;
        let token_url = endpoint(variables, "TOKEN_URL", TOKEN_URL)?;
        let user_url = match options.output {
            Output::Lines | Output::Json => {
                let url = endpoint(variables, "USER_URL", USER_URL)?;
                Some(Destination::new(url, variables)?)
            }
            Output::Token | Output::Response => None,
        };
        Ok(Self {
            client_id,
            client_secret,
            client_auth,
            token_url: Destination::new(token_url, variables)?,
            user_url,
            revoke_url,
            redirect_uri: redirect_uri(variables, options.paste)?,
            listen: listen(variables)?,
            scope: scope(variables, &auth_url)?,
            issuer,
            is_github,
            provider: if is_github { "GitHub".to_owned() } else { auth_url.host.clone() },
            auth_url,
            roots: roots::read(variables)?,
            machine: Machine::read(variables),
            paste: options.paste,
            timeout: options.timeout,
            limits: Limits::default(),
        })
    }
}

/// RFC 6749 appendix A.1: "client-id = *VSCHAR".
fn client_id(variables: Variables<'_>, is_github: bool) -> Result<String, Error> {
    let id = text(variables, "CLIENT_ID")?;
    if has_stray_characters(&id) {
        return bad("CLIENT_ID", STRAY);
    }
    if !id.is_empty() {
        return Ok(id);
    }
    if !is_github {
        return bad("CLIENT_ID", "is not set: set it to this app's client id at the provider");
    }
    if text(variables, "CLIENT_SECRET")?.is_empty() {
        let problem = format!("are not set: {REGISTER} them to what its page shows{OR_PRACTISE}");
        bad("CLIENT_ID and CLIENT_SECRET", &problem)
    } else {
        bad("CLIENT_ID", &format!("is not set: {REGISTER} it to what its page shows{OR_PRACTISE}"))
    }
}

/// RFC 6749 appendix A.2: "client-secret = *VSCHAR". No error shows the secret.
fn client_secret(variables: Variables<'_>, is_github: bool) -> Result<Option<ClientSecret>, Error> {
    let secret = text(variables, "CLIENT_SECRET")?;
    if has_stray_characters(&secret) {
        return bad("CLIENT_SECRET", STRAY);
    }
    if !secret.is_empty() {
        return Ok(Some(ClientSecret::new(secret)));
    }
    if is_github {
        let problem = format!(
            "is not set, and GitHub requires it: {REGISTER} it to what its page shows{OR_PRACTISE}"
        );
        return bad("CLIENT_SECRET", &problem);
    }
    Ok(None)
}

/// A line end or a space copied along with an id or a secret would otherwise surface only as
/// `incorrect_client_credentials`.
fn has_stray_characters(text: &str) -> bool {
    !is_vschar(text) || text.trim() != text
}

const STRAY: &str = "must be printable ASCII: look for a line end, a space or a quote copied along";
const REGISTER: &str = "register an OAuth app at https://github.com/settings/developers and set";
const OR_PRACTISE: &str =
    if cfg!(feature = "classroom") { ", or run `bare-oauth practice`" } else { "" };

fn client_auth(variables: Variables<'_>, has_secret: bool) -> Result<ClientAuth, Error> {
    let value = text(variables, "CLIENT_AUTH")?;
    match value.as_str() {
        "" | "post" => Ok(ClientAuth::Post),
        "basic" if has_secret => Ok(ClientAuth::Basic),
        "basic" => unusable("CLIENT_AUTH", &value, "must be `post` where CLIENT_SECRET is not set"),
        _ => unusable("CLIENT_AUTH", &value, "must be `post` or `basic`"),
    }
}

fn auth_url(variables: Variables<'_>) -> Result<Endpoint, Error> {
    let url = endpoint(variables, "AUTH_URL", AUTH_URL)?;
    if url.has_room_for_the_request() {
        Ok(url)
    } else {
        let problem = "must not have a parameter of the authorization request in its query";
        unusable("AUTH_URL", &url.text, problem)
    }
}

/// One of the endpoints. All three are GitHub's, or none is: a forgotten one must not send another
/// provider's secrets there.
fn endpoint(
    variables: Variables<'_>,
    name: &'static str,
    default: &str,
) -> Result<Endpoint, Error> {
    let value = text(variables, name)?;
    if !value.is_empty() {
        return checked(name, &value, Endpoint::parse(&value));
    }
    for other in ["USER_URL", "TOKEN_URL", "AUTH_URL"] {
        if !text(variables, other)?.is_empty() {
            let problem = format!("is not set, but {other} is: set all the endpoints, or none");
            return bad(name, &problem);
        }
    }
    checked(name, default, Endpoint::parse(default))
}

fn revoke_url(
    variables: Variables<'_>,
    is_github: bool,
    client_id: &str,
) -> Result<Endpoint, Error> {
    let mut value = text(variables, "REVOKE_URL")?;
    if value.is_empty() && is_github {
        value = format!("https://api.github.com/applications/{}/token", encode_value(client_id));
    }
    if value.is_empty() {
        bad("REVOKE_URL", "is not set: --revoke needs the provider's revocation endpoint")
    } else {
        checked("REVOKE_URL", &value, Endpoint::parse(&value))
    }
}

fn redirect_uri(variables: Variables<'_>, paste: bool) -> Result<RedirectUri, Error> {
    let mut value = text(variables, "REDIRECT_URI")?;
    if value.is_empty() {
        REDIRECT_URI.clone_into(&mut value);
    }
    let uri = checked("REDIRECT_URI", &value, RedirectUri::parse(&value))?;
    if paste && uri.port == 0 {
        unusable("REDIRECT_URI", &value, "must name a port for --paste, which opens none")
    } else {
        Ok(uri)
    }
}

fn listen(variables: Variables<'_>) -> Result<Option<IpAddr>, Error> {
    let value = text(variables, "LISTEN")?;
    if value.is_empty() {
        return Ok(None);
    }
    match value.parse() {
        Ok(ip) => Ok(Some(ip)),
        Err(_) => {
            unusable("LISTEN", &value, "must be an IP address of this machine, such as 0.0.0.0")
        }
    }
}

fn issuer(variables: Variables<'_>, is_github: bool) -> Result<Issuer, Error> {
    let value = text(variables, "ISSUER")?;
    if value.is_empty() {
        // GitHub differs: its metadata is a preview, so its issuer is known by rule. It is the
        // authorization endpoint without its last segment.
        return Ok(if is_github { Issuer::Known(ISSUER.to_owned()) } else { Issuer::Unknown });
    }
    // RFC 9207 §2: "Its value MUST be a URL that uses the "https" scheme without any query or
    // fragment components." This machine may do without https, as for the endpoints.
    let url = checked("ISSUER", &value, Endpoint::parse(&value))?;
    if url.text.contains('?') {
        unusable("ISSUER", &value, "must not have a query")
    } else {
        Ok(Issuer::Required(url.text))
    }
}

fn scope(variables: Variables<'_>, auth_url: &Endpoint) -> Result<String, Error> {
    let value = text(variables, "SCOPE")?;
    // GitHub Enterprise and the practice provider have GitHub's path, and its scopes.
    if value.is_empty() && auth_url.without_query().ends_with("/login/oauth/authorize") {
        return Ok("read:user".to_owned());
    }
    if value.is_empty() || value.split(' ').all(is_scope_token) {
        Ok(value)
    } else {
        let problem = "must be words with one space between them, such as `read:user user:email`";
        unusable("SCOPE", &value, problem)
    }
}

/// RFC 6749 §3.3: "scope-token = 1*( %x21 / %x23-5B / %x5D-7E )".
fn is_scope_token(word: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !word.is_empty() && word.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    const ELSEWHERE: &str = "https://idp.example/";

    fn read_with(variables: &[(&str, &str)], options: &Options) -> Result<Config, String> {
        let lookup = |name: &str| {
            let given = variables.iter().find(|(known, _)| *known == name);
            let credential = matches!(name, "CLIENT_ID" | "CLIENT_SECRET").then_some("12345678");
            given.map(|(_, value)| *value).or(credential).map(OsString::from)
        };
        Config::read(&lookup, options).map_err(|error| error.to_string())
    }

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        read_with(variables, &Options::default())
    }

    /// With endpoints that aren't GitHub's, unless the variable is one of them.
    fn read_elsewhere(variables: &[(&str, &str)]) -> Result<Config, String> {
        let endpoints = ["AUTH_URL", "TOKEN_URL", "USER_URL"].map(|name| (name, ELSEWHERE));
        read(&[variables, &endpoints].concat())
    }

    #[test]
    fn githubs_values_are_the_defaults() {
        for variables in
            [&[] as &[_], &[("AUTH_URL", ""), ("REDIRECT_URI", ""), ("SCOPE", ""), ("ISSUER", "")]]
        {
            let config = read(variables).unwrap();
            assert_eq!(config.auth_url.text, "https://github.com/login/oauth/authorize");
            assert_eq!(
                config.token_url.endpoint.text,
                "https://github.com/login/oauth/access_token"
            );
            assert_eq!(config.user_url.unwrap().endpoint.text, "https://api.github.com/user");
            assert_eq!(config.redirect_uri.text, "http://localhost:8000/callback");
            assert_eq!(config.scope, "read:user");
            assert_eq!(config.issuer, Issuer::Known("https://github.com/login/oauth".to_owned()));
        }
    }

    #[test]
    fn the_issuer_is_known_for_github_and_must_come_where_it_is_set() {
        let githubs = "https://github.com/login/oauth/authorize?allow_signup=false&a=/b";
        let known = Issuer::Known("https://github.com/login/oauth".to_owned());
        let required = Issuer::Required("https://idp.example".to_owned());
        for (auth_url, issuer, expected, provider) in [
            (githubs, "", known, "GitHub"),
            (githubs, "https://idp.example", required.clone(), "GitHub"),
            ("https://idp.example/authorize", "", Issuer::Unknown, "idp.example"),
            ("https://IDP.example/", "https://idp.example", required, "idp.example"),
            (
                "https://github.com.example/login/oauth/authorize",
                "",
                Issuer::Unknown,
                "github.com.example",
            ),
        ] {
            let config = read_elsewhere(&[("AUTH_URL", auth_url), ("ISSUER", issuer)]).unwrap();
            assert_eq!(config.issuer, expected, "{auth_url}");
            assert_eq!(config.provider, provider);
        }
    }

    #[test]
    fn all_endpoints_are_set_or_none_and_a_token_needs_no_profile() {
        let problem = |name, other| {
            format!("{name} is not set, but {other} is: set all the endpoints, or none")
        };
        for (given, name, other) in [
            (&["AUTH_URL"] as &[_], "TOKEN_URL", "AUTH_URL"),
            (&["TOKEN_URL"], "AUTH_URL", "TOKEN_URL"),
            (&["USER_URL"], "AUTH_URL", "USER_URL"),
            (&["AUTH_URL", "USER_URL"], "TOKEN_URL", "USER_URL"),
            (&["AUTH_URL", "TOKEN_URL"], "USER_URL", "TOKEN_URL"),
        ] {
            let variables: Vec<_> = given.iter().map(|name| (*name, ELSEWHERE)).collect();
            assert_eq!(read(&variables).unwrap_err(), problem(name, other));
            let options = Options { output: Output::Token, ..Options::default() };
            let user_url = read_with(&variables, &options).map(|config| config.user_url.is_some());
            let expected = if name == "USER_URL" { Ok(false) } else { Err(problem(name, other)) };
            assert_eq!(user_url, expected);
        }
    }

    #[test]
    fn both_missing_credentials_are_named_at_once() {
        let none = &[("CLIENT_ID", ""), ("CLIENT_SECRET", "")];
        let rest =
            "not set: register an OAuth app at https://github.com/settings/developers and set";
        let start = format!("CLIENT_ID and CLIENT_SECRET are {rest} them to what its page shows");
        assert!(read(none).unwrap_err().starts_with(&start));
        for (name, value) in none {
            let error = read(&[(name, value)]).unwrap_err().replace(", and GitHub requires it", "");
            assert!(error.starts_with(&format!("{name} is {rest} it to what its page shows")));
        }
        let error = read(&[("CLIENT_SECRET", "")]).unwrap_err();
        assert!(error.contains("CLIENT_SECRET is not set, and GitHub requires it: register"));
    }

    #[test]
    fn away_from_github_a_client_needs_its_id_and_no_secret() {
        assert!(read_elsewhere(&[("CLIENT_SECRET", "")]).unwrap().client_secret.is_none());
        assert_eq!(
            read_elsewhere(&[("CLIENT_ID", "")]).unwrap_err(),
            "CLIENT_ID is not set: set it to this app's client id at the provider"
        );
    }

    #[test]
    fn the_scope_is_read_user_at_github_and_none_elsewhere() {
        assert_eq!(read_elsewhere(&[]).unwrap().scope, "");
        let ghes = ("AUTH_URL", "https://ghes.example/login/oauth/authorize?a=b");
        assert_eq!(read_elsewhere(&[ghes]).unwrap().scope, "read:user");
        assert_eq!(read_elsewhere(&[("SCOPE", "openid email")]).unwrap().scope, "openid email");
    }

    #[test]
    fn a_client_without_a_secret_has_nothing_for_a_header() {
        let auth = |auth| read_elsewhere(&[("CLIENT_AUTH", auth)]).unwrap().client_auth;
        assert_eq!(auth("basic"), ClientAuth::Basic);
        assert_eq!(auth(""), ClientAuth::Post);
        assert_eq!(auth("post"), ClientAuth::Post);
        for (secret, auth, problem) in [
            (
                "",
                "basic",
                "CLIENT_AUTH must be `post` where CLIENT_SECRET is not set: it is `basic`",
            ),
            ("5ecret", "Basic", "CLIENT_AUTH must be `post` or `basic`: it is `Basic`"),
        ] {
            let given = [("CLIENT_SECRET", secret), ("CLIENT_AUTH", auth)];
            assert_eq!(read_elsewhere(&given).unwrap_err(), problem);
        }
    }

    #[test]
    fn the_place_to_revoke_is_known_at_github_and_named_elsewhere() {
        let options = Options { revoke: true, ..Options::default() };
        let url = |given: &[_]| {
            read_with(given, &options).map(|config| config.revoke_url.unwrap().endpoint.text)
        };
        let githubs = "https://api.github.com/applications/12345678/token";
        assert_eq!(url(&[]).unwrap(), githubs);
        assert_eq!(url(&[("CLIENT_ID", "a/b?")]).unwrap(), githubs.replace("12345678", "a%2Fb%3F"));
        let there = ["AUTH_URL", "TOKEN_URL", "USER_URL"].map(|name| (name, ELSEWHERE));
        let missing = "REVOKE_URL is not set: --revoke needs the provider's revocation endpoint";
        assert_eq!(url(&there).unwrap_err(), missing);
        let both = [there.as_slice(), &[("REVOKE_URL", "https://idp.example/revoke")]].concat();
        assert_eq!(url(&both).unwrap(), "https://idp.example/revoke");
        assert!(read(&both).unwrap().revoke_url.is_none());
    }

    #[test]
    fn each_bad_variable_is_named_with_its_problem() {
        for (name, value, problem) in [
            ("CLIENT_SECRET", "5ecret\n", "must be printable ASCII"),
            ("CLIENT_ID", "\u{7}", "must be printable ASCII"),
            (
                "AUTH_URL",
                "http://github.com/",
                "must begin with https:// unless it leads to this machine",
            ),
            (
                "AUTH_URL",
                "https://idp.example/?a=b&scope=c",
                "must not have a parameter of the authorization request in its query",
            ),
            ("TOKEN_URL", "github.com", "isn't an absolute URL: it is `github.com`"),
            ("USER_URL", "https://api.github.com/#a", "must not have a fragment"),
            ("REDIRECT_URI", "http://example.com/callback", "must have the host localhost"),
            ("SCOPE", "a  b", "must be words with one space between them"),
            ("SCOPE", "a\"b", "must be words with one space between them"),
            ("ISSUER", "http://idp.example", "must begin with https://"),
            ("ISSUER", "https://idp.example?a", "must not have a query"),
            ("LISTEN", "eth0", "must be an IP address of this machine, such as 0.0.0.0"),
        ] {
            let error = read_elsewhere(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(&format!("{name} {problem}")), "{error}");
            assert!(!error.contains("5ecret"), "{error}");
        }
        let paste = Options { paste: true, ..Options::default() };
        let error = read_with(&[("REDIRECT_URI", "http://localhost:0/cb")], &paste).unwrap_err();
        assert!(error.starts_with("REDIRECT_URI must name a port for --paste"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let lookup = |_: &str| Some(OsString::from_vec(vec![0xff]));
        assert_eq!(
            Config::read(&lookup, &Options::default()).unwrap_err().to_string(),
            "AUTH_URL isn't UTF-8: set it again"
        );
    }
}
