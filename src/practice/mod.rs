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
//! It is as strict as GitHub, with GitHub's names, and as forgetful as a program: everything is
//! gone when it ends. What differs from GitHub:
//!
//! - everybody is `octocat`, signed in already, and is asked every time;
//! - one app is registered, with one callback URL, and scopes open and close nothing;
//! - the consent page can break things on purpose (fault.rs);
//! - the path of the redirect URI must be the registered one, not only begin with it;
//! - the pages are plain.
//!
//! Left out: accounts, consent that is remembered, revoking, TLS. It serves this machine only.

pub mod answer;
pub mod authorize;
pub mod fault;
pub mod grants;
mod mischief;
mod person;
pub mod provider;
pub mod token;
pub mod user;

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use crate::browser::{self, Opener};
use crate::cli::Options;
use crate::config::Config;
use crate::error::Error;
use crate::explain::Explain;
use crate::login;
use crate::secret::{base64url, random};
use crate::terminal::{say, write_result};
use crate::wire::client::Client;

/// Logs in at a provider that is started for it.
///
/// # Errors
/// Every [`Error`] of a login, and [`Error::Practice`] when the provider can't be started.
pub fn login(options: &Options) -> Result<(), Error> {
    let provider = provider::Provider::bind(0).map_err(Error::Practice)?;
    let secret = client_secret()?;
    let origin = provider.origin().to_owned();
    // A login like any other: only its environment is made up.
    let variables = |name: &str| match name {
        "REDIRECT_URI" => {
            Some(from_environment(name).unwrap_or("http://localhost:0/callback".into()))
        }
        "SCOPE" => from_environment(name),
        _ => of_the_app(name, &origin, &secret).map(OsString::from),
    };
    let config = Config::read(&variables)?;
    // Neither a proxy nor a certificate is needed on this machine.
    let mut explain = Explain::new(options.explain);
    let endpoints = [&config.token_url, &config.user_url];
    let client = Client::new(&|_| None, &endpoints, explain.trace())?;

    provider.start(registration(&config)).map_err(Error::Practice)?;
    say(&format!("Practice provider running on {origin} ..."));
    if browser::opener(options.no_browser, true).0 == Opener::StandIn {
        say(
            "There is no browser to open here, so practice plays the person itself and presses Authorize.",
        );
    }
    let stand_in = Some(person::authorize as login::StandIn);
    login::login(&config, &client, options, &mut explain, stand_in)
}

/// Runs the provider alone, and says a line for each request that it answers. What a client has to
/// know goes to standard output, as a shell reads it.
///
/// # Errors
/// When the port is taken, or `REDIRECT_URI` can't be a callback URL.
pub fn serve(port: u16) -> Result<(), Error> {
    let provider = provider::Provider::bind(port).map_err(|source| {
        let (address, setting) = (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "--port");
        match source.kind() {
            io::ErrorKind::AddrInUse => Error::PortInUse { address, setting },
            _ => Error::Listen { address, setting, source },
        }
    })?;
    let secret = client_secret()?;
    let origin = provider.origin().to_owned();
    let variables = |name: &str| match name {
        "REDIRECT_URI" => from_environment(name),
        _ => of_the_app(name, &origin, &secret).map(OsString::from),
    };
    let config = Config::read(&variables)?;
    let mut exports = String::new();
    for name in ["CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "USER_URL", "ISSUER"] {
        let value = of_the_app(name, &origin, &secret).unwrap_or_default();
        exports.extend(["export ", name, "=", &value, "\n"]);
    }
    // The only one that may need quotes: it is the person's own.
    let redirect_uri = config.redirect_uri.as_str().replace('\'', "'\\''");
    exports.extend(["export REDIRECT_URI='", &redirect_uri, "'\n"]);
    write_result(&exports)?;
    say(&format!(
        "Practice provider running on {origin} ... Set these variables in another terminal, log in from there \
         with any client, and press Ctrl-C here at the end."
    ));
    provider.run(registration(&config), true);
    Ok(())
}

fn client_secret() -> Result<String, Error> {
    let octets = random::octets().map_err(Error::System)?;
    Ok(base64url::encode(&octets))
}

fn from_environment(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// What a client needs to know of the one app, under the name of the variable that says it.
fn of_the_app(name: &str, origin: &str, secret: &str) -> Option<String> {
    Some(match name {
        "CLIENT_ID" => "practice".to_owned(),
        "CLIENT_SECRET" => secret.to_owned(),
        "AUTH_URL" => format!("{origin}/login/oauth/authorize"),
        "TOKEN_URL" => format!("{origin}/login/oauth/access_token"),
        "USER_URL" => format!("{origin}/user"),
        "ISSUER" => format!("{origin}/login/oauth"),
        _ => return None,
    })
}

fn registration(config: &Config) -> grants::Registration {
    grants::Registration {
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        redirect_uri: config.redirect_uri.clone(),
    }
}
