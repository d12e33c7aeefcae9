//! Leg 1: the authorization request, RFC 6749 §4.1.1 with RFC 7636 §4.3. The browser carries it.
//!
//! ```text
//! https://github.com/login/oauth/authorize?response_type=code&client_id=Ov23li…
//!   &redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback&scope=read%3Auser
//!   &state=6GtQ…43 characters…&code_challenge=E9Me…43 characters…&code_challenge_method=S256
//! ```
//!
//! (on one line). This program remembers the state, to compare the callback's with it. The verifier
//! doesn't travel before leg 3.
//!
//! Left out: pushed requests (RFC 9126) and signed ones (RFC 9101), which GitHub doesn't offer.
//!
//! Shown by the tests below, and by `tests/suite/configuration.rs`.

use crate::protocol::pkce;
use crate::secret::State;
use crate::secret::Verifier;
use crate::setup::config::Config;
use crate::wire::form;
use crate::wire::url::RedirectUri;

/// The URL that the person's browser opens.
pub fn url(
    config: &Config,
    redirect_uri: &RedirectUri,
    state: &State,
    verifier: &Verifier,
) -> String {
    let endpoint = &config.auth_url.text;
    let challenge = pkce::challenge(verifier);
    let mut parameters = vec![
        // GitHub differs: it doesn't ask for this one. RFC 6749 §4.1.1: "REQUIRED. Value MUST be
        // set to "code"."
        ("response_type", "code"),
        ("client_id", &config.client_id),
        ("redirect_uri", &redirect_uri.text),
        ("scope", &config.scope),
        ("state", state.expose()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    // Only the scope can be empty, and then it is left out. RFC 6749 §3.3: the provider then uses a
    // "pre-defined default value" or refuses.
    parameters.retain(|(_, value)| !value.is_empty());
    let query = form::encode(&parameters);
    // RFC 6749 §3.1: "The endpoint URI MAY include an "application/x-www-form-urlencoded" formatted
    // […] query component […], which MUST be retained when adding additional query parameters."
    let joint = match endpoint.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{endpoint}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::cli::Options;
    use std::ffi::OsString;

    fn url_for(auth_url: &str) -> String {
        let variables = |name: &str| match name {
            "AUTH_URL" => Some(OsString::from(auth_url)),
            "TOKEN_URL" | "USER_URL" => Some(OsString::from("https://idp.example/")),
            "CLIENT_ID" | "CLIENT_SECRET" => Some(OsString::from("id&1")),
            "SCOPE" => Some(OsString::from("read:user gist")),
            _ => None,
        };
        let config = Config::read(&variables, &Options::default()).unwrap();
        let verifier = Verifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        url(&config, &config.redirect_uri, &State::new("st4te".to_owned()), &verifier)
    }

    const QUERY: &str = "response_type=code&client_id=id%261&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback\
        &scope=read%3Auser+gist&state=st4te&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    #[test]
    fn the_request_has_every_parameter_and_neither_verifier_nor_secret() {
        assert_eq!(
            url_for("https://idp.example/authorize"),
            format!("https://idp.example/authorize?{QUERY}")
        );
    }

    #[test]
    fn a_query_that_the_endpoint_has_is_kept() {
        for (endpoint, joint) in
            [("https://idp.example/a?b=c", "&"), ("https://idp.example/a?", "")]
        {
            assert_eq!(url_for(endpoint), format!("{endpoint}{joint}{QUERY}"));
        }
    }
}
