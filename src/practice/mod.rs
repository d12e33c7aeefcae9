//! The other side of the wire: a provider in GitHub's shape, to log in at without an account or a
//! network.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: the consent page            authorize.rs
//! POST /login/oauth/authorize       the person's decision              authorize.rs
//! POST /login/oauth/access_token    leg 3: code in, token out          token.rs
//! GET  /user                        leg 4: token in, profile out       user.rs
//! ```
//!
//! It is as strict as GitHub and as forgetful as a program: everything is gone when it ends.
//!
//! Left out: accounts, consent that is remembered, revoking, TLS. It serves this machine only.

pub mod authorize;
pub mod grants;
mod person;
pub mod provider;
pub mod token;
pub mod user;

use std::env;
use std::ffi::OsString;

use crate::browser::{self, Opener};
use crate::cli::Options;
use crate::config::Config;
use crate::error::Error;
use crate::explain::Explain;
use crate::login;
use crate::secret::{base64url, random};
use crate::terminal::say;
use crate::wire::client::Client;

/// Logs in at a provider that is started for it.
///
/// # Errors
/// Every [`Error`] of a login, and [`Error::Practice`] when the provider can't be started.
pub fn login(options: &Options) -> Result<(), Error> {
    let provider = provider::Provider::bind().map_err(Error::Practice)?;
    let secret = base64url::encode(&random::octets().map_err(Error::System)?);
    let origin = provider.origin().to_owned();
    // A login like any other: only its environment is made up.
    let variables = |name: &str| {
        let value = match name {
            "CLIENT_ID" => "practice".to_owned(),
            "CLIENT_SECRET" => secret.clone(),
            "AUTH_URL" => format!("{origin}/login/oauth/authorize"),
            "TOKEN_URL" => format!("{origin}/login/oauth/access_token"),
            "USER_URL" => format!("{origin}/user"),
            "ISSUER" => format!("{origin}/login/oauth"),
            "REDIRECT_URI" | "SCOPE" => match env::var_os(name).filter(|value| !value.is_empty()) {
                None if name == "REDIRECT_URI" => "http://localhost:0/callback".to_owned(),
                given => return given,
            },
            _ => return None,
        };
        Some(OsString::from(value))
    };
    let config = Config::read(&variables)?;
    // Neither a proxy nor a certificate is needed on this machine.
    let mut explain = Explain::new(options.explain);
    let endpoints = [&config.token_url, &config.user_url];
    let client = Client::new(&|_| None, &endpoints, explain.trace())?;

    let registration = grants::Registration {
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        redirect_uri: config.redirect_uri.clone(),
    };
    provider.serve(registration).map_err(Error::Practice)?;
    say(&format!("Practice provider running on {origin} ..."));
    if browser::opener(options.no_browser, true).0 == Opener::StandIn {
        say(
            "There is no browser to open here, so practice plays the person itself and presses Authorize.",
        );
    }
    let stand_in = Some(person::authorize as login::StandIn);
    login::login(&config, &client, options, &mut explain, stand_in)
}

pub fn serve(port: u16) -> Result<(), Error> {
    let _ = port;
    Ok(())
}
