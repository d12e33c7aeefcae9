//! The environment and the options, turned into a [`Config`] that needs no further check.
//! Everything is checked before anything else happens, so that a typing error costs no login.

use std::time::Duration;

use crate::error::Error;
use crate::secret::ClientSecret;
use crate::setup::Variables;
use crate::setup::cli::{Options, Output};
use crate::setup::limits::Limits;
use crate::wire::form::{Problem, encode_value, is_vschar};
use crate::wire::url::{Endpoint, RedirectUri};

/// Everything that a login needs to know beforehand.
#[derive(Clone, Debug)]
pub struct Config {
    pub client_id: String,
    /// None for a public client.
    pub client_secret: Option<ClientSecret>,
    /// Whether both travel in a header.
    pub uses_basic: bool,
    pub auth_url: Endpoint,
    pub token_url: Endpoint,
    /// None where nobody has asked for the profile.
    pub user_url: Option<Endpoint>,
    /// Where to end the token; None where nobody has asked for that.
    pub revoke_url: Option<Endpoint>,
    pub redirect_uri: RedirectUri,
    pub scope: String,
    /// The issuer that a callback may name, if it is known.
    pub issuer: Option<String>,
    /// What to call the provider: `GitHub`, or its host.
    pub provider: String,
    pub paste: bool,
    pub timeout: Duration,
    pub limits: Limits,
}

/// What a variable that isn't set counts as.
const DEFAULTS: [(&str, &str); 5] = [
    ("AUTH_URL", "https://github.com/login/oauth/authorize"),
    ("TOKEN_URL", "https://github.com/login/oauth/access_token"),
    ("USER_URL", "https://api.github.com/user"),
    // The original's value. RFC 8252 §8.3 prefers 127.0.0.1, because `localhost` may be two
    // addresses or none of this machine's; here both are listened on, and must both be free.
    ("REDIRECT_URI", "http://localhost:8000/callback"),
    ("CLIENT_AUTH", "post"),
];

impl Config {
    /// Reads the environment. Errors: [`Error::Variable`], which names the variable.
    pub fn read(variables: Variables<'_>, options: &Options) -> Result<Self, Error> {
        let auth_url = endpoint(variables, "AUTH_URL")?;
        let is_github = auth_url.host == "github.com";
        let (client_id, client_secret) = client_credentials(variables, is_github)?;
        let uses_basic = checked(variables, "CLIENT_AUTH", |value| match value {
            "post" => Ok(false),
            "basic" if client_secret.is_some() => Ok(true),
            "basic" => Err("must be `post` where CLIENT_SECRET is not set"),
            _ => Err("must be `post` or `basic`"),
        })?;
        let revoke_url =
            if options.revoke { Some(revoke_url(variables, is_github, &client_id)?) } else { None };
        // GitHub differs: it publishes no metadata, so its issuer is known by rule. It is the
        // authorization endpoint without its last segment.
        let issuer = match checked(variables, "ISSUER", issuer)? {
            None if is_github => Some("https://github.com/login/oauth".to_owned()),
            issuer => issuer,
        };
        let token_url = endpoint(variables, "TOKEN_URL")?;
        let user_url = match options.output {
            Output::Lines | Output::Json => Some(endpoint(variables, "USER_URL")?),
            Output::Token | Output::Response => None,
        };
        let redirect_uri = checked(variables, "REDIRECT_URI", RedirectUri::parse)?;
        if options.paste && redirect_uri.port == 0 {
            let problem = "must name a port for --paste, which opens none";
            return Err(unusable("REDIRECT_URI", &redirect_uri.text, problem));
        }
        let mut scope = checked(variables, "SCOPE", scope)?;
        // GitHub Enterprise and the practice provider have GitHub's path, and its scopes.
        if scope.is_empty() && auth_url.without_query().ends_with("/login/oauth/authorize") {
            "read:user".clone_into(&mut scope);
        }
        Ok(Self {
            client_id,
            client_secret,
            uses_basic,
            provider: if is_github { "GitHub".to_owned() } else { auth_url.host.clone() },
            auth_url,
            token_url,
            user_url,
            revoke_url,
            redirect_uri,
            scope,
            issuer,
            paste: options.paste,
            timeout: options.timeout,
            limits: Limits::default(),
        })
    }
}

fn revoke_url(
    variables: Variables<'_>,
    is_github: bool,
    client_id: &str,
) -> Result<Endpoint, Error> {
    let id = encode_value(client_id);
    checked(variables, "REVOKE_URL", |value| match value {
        "" if is_github => {
            Endpoint::parse(&format!("https://api.github.com/applications/{id}/token"))
        }
        "" => Err("is not set: --revoke needs the provider's revocation endpoint"),
        value => Endpoint::parse(value),
    })
}

/// The id, and the secret of a client that has one. Neither value appears in an error.
fn client_credentials(
    variables: Variables<'_>,
    is_github: bool,
) -> Result<(String, Option<ClientSecret>), Error> {
    let (id, secret) = (text(variables, "CLIENT_ID")?, text(variables, "CLIENT_SECRET")?);
    let bad = |name, problem: &str| Err(Error::Variable { name, problem: problem.to_owned() });
    let missing = |verb, them| {
        let why = if id.is_empty() { "" } else { ", and GitHub requires it" };
        let or = if cfg!(feature = "classroom") { ", or run `bare-oauth practice`" } else { "" };
        format!(
            "{verb} not set{why}: register an OAuth app at https://github.com/settings/developers and set {them} to what its page shows{or}"
        )
    };
    // RFC 6749 appendix A.1 and A.2: "client-id = *VSCHAR", "client-secret = *VSCHAR". A line end
    // that was copied along would show only as `incorrect_client_credentials`.
    let stray = "must be printable ASCII: look for a line end or a quote that was copied along";
    match (id.is_empty(), secret.is_empty()) {
        (true, _) if !is_github => {
            bad("CLIENT_ID", "is not set: set it to this app's client id at the provider")
        }
        (true, true) => bad("CLIENT_ID and CLIENT_SECRET", &missing("are", "them")),
        (true, false) => bad("CLIENT_ID", &missing("is", "it")),
        (false, true) if is_github => bad("CLIENT_SECRET", &missing("is", "it")),
        _ if !is_vschar(&id) => bad("CLIENT_ID", stray),
        _ if !is_vschar(&secret) => bad("CLIENT_SECRET", stray),
        _ if secret.is_empty() => Ok((id, None)),
        _ => Ok((id, Some(ClientSecret::new(secret)))),
    }
}

/// One of the endpoints. All three are GitHub's, or none is: a forgotten one must not send another
/// provider's secrets there.
fn endpoint(variables: Variables<'_>, name: &'static str) -> Result<Endpoint, Error> {
    let is_set = |name: &&str| variables(name).is_some_and(|value| !value.is_empty());
    match ["AUTH_URL", "TOKEN_URL", "USER_URL"].into_iter().rfind(is_set) {
        Some(other) if !is_set(&name) => {
            let problem = format!("is not set, but {other} is: set all the endpoints, or none");
            Err(Error::Variable { name, problem })
        }
        _ => checked(variables, name, |value| match Endpoint::parse(value) {
            Ok(url) if name == "AUTH_URL" && !url.has_room_for_the_request() => {
                Err("must not have a parameter of the authorization request in its query")
            }
            parsed => parsed,
        }),
    }
}

fn issuer(value: &str) -> Result<Option<String>, Problem> {
    // RFC 9207 §2: "Its value MUST be a URL that uses the "https" scheme without any query or
    // fragment components." This machine may do without https, as for the endpoints.
    if value.is_empty() {
        return Ok(None);
    }
    let url = Endpoint::parse(value)?;
    if url.text.contains('?') { Err("must not have a query") } else { Ok(Some(url.text)) }
}

fn scope(value: &str) -> Result<String, Problem> {
    // RFC 6749 §3.3: "scope-token = 1*( %x21 / %x23-5B / %x5D-7E )", one space between two.
    let is_in_token = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let is_token = |word: &str| !word.is_empty() && word.bytes().all(is_in_token);
    if value.is_empty() || value.split(' ').all(is_token) {
        Ok(value.to_owned())
    } else {
        Err("must be words with one space between them, such as `read:user user:email`")
    }
}

/// The value of a variable as what it stands for, or an error that names it.
fn checked<T>(
    variables: Variables<'_>,
    name: &'static str,
    check: impl Fn(&str) -> Result<T, Problem>,
) -> Result<T, Error> {
    let value = text(variables, name)?;
    check(&value).map_err(|problem| unusable(name, &value, problem))
}

fn unusable(name: &'static str, value: &str, problem: Problem) -> Error {
    let problem = match value {
        "" => problem.to_owned(),
        // A URL with user information may hold a password.
        value if value.contains('@') => format!("{problem}: it is a URL with `@`"),
        value => format!("{problem}: it is `{value}`"),
    };
    Error::Variable { name, problem }
}

/// The value of a variable, or else its default, or nothing.
fn text(variables: Variables<'_>, name: &'static str) -> Result<String, Error> {
    let value = variables(name).unwrap_or_default();
    if value.is_empty() {
        let default = DEFAULTS.iter().find(|(known, _)| *known == name);
        return Ok(default.map_or("", |(_, value)| value).to_owned());
    }
    let problem = "isn't UTF-8: set it again".to_owned();
    value.into_string().map_err(|_| Error::Variable { name, problem })
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
            assert_eq!(config.token_url.text, "https://github.com/login/oauth/access_token");
            assert_eq!(config.user_url.unwrap().text, "https://api.github.com/user");
            assert_eq!(config.redirect_uri.text, "http://localhost:8000/callback");
            assert_eq!(config.scope, "read:user");
            assert_eq!(config.issuer.as_deref(), Some("https://github.com/login/oauth"));
        }
    }

    #[test]
    fn the_issuer_is_known_for_github_and_where_it_is_set() {
        for (auth_url, issuer, known, provider) in [
            (
                "https://github.com/login/oauth/authorize?allow_signup=false&a=/b",
                "",
                Some("https://github.com/login/oauth"),
                "GitHub",
            ),
            ("https://idp.example/authorize", "", None, "idp.example"),
            (
                "https://IDP.example/",
                "https://idp.example",
                Some("https://idp.example"),
                "idp.example",
            ),
            ("https://github.com.example/login/oauth/authorize", "", None, "github.com.example"),
        ] {
            let config = read_elsewhere(&[("AUTH_URL", auth_url), ("ISSUER", issuer)]).unwrap();
            assert_eq!(config.issuer.as_deref(), known, "{auth_url}");
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
            let config = read_with(&variables, &options).map(|config| config.user_url);
            let expected = if name == "USER_URL" { Ok(None) } else { Err(problem(name, other)) };
            assert_eq!(config, expected);
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
        assert_eq!(read_elsewhere(&[("CLIENT_SECRET", "")]).unwrap().client_secret.map(drop), None);
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
        assert!(read_elsewhere(&[("CLIENT_AUTH", "basic")]).unwrap().uses_basic);
        for auth in ["", "post"] {
            assert!(!read_elsewhere(&[("CLIENT_AUTH", auth)]).unwrap().uses_basic);
        }
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
        let url =
            |given: &[_]| read_with(given, &options).map(|config| config.revoke_url.unwrap().text);
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
