//! The other side of the wire: a provider in GitHub's shape, to log in at without an account or a
//! network.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: the consent page            authorize.rs
//! POST /login/oauth/authorize       leg 2: the person's decision       authorize.rs
//! POST /login/oauth/access_token    leg 3: code in, token out          token.rs
//! GET  /user                        leg 4: token in, profile out       user.rs
//! DELETE /applications/practice/token   leg 5: the token ends          revoke.rs
//! ```
//!
//! It is as strict as GitHub and uses GitHub's names. It remembers nothing when it ends. What
//! differs from GitHub:
//!
//! - everybody is `octocat`, signed in already, and is asked every time;
//! - one app is registered, with one callback URL, and its scopes allow and forbid nothing;
//! - the consent page can break things on purpose (fault.rs);
//! - the path of the redirect URI must be the registered one, not only begin with it.
//!
//! Left out: accounts, consent that is remembered, TLS. It serves this machine only.

pub mod answer;
pub mod authorize;
pub mod fault;
pub mod grants;
mod mischief;
mod person;
pub mod provider;
mod revoke;
pub mod token;
pub mod user;

use std::net::{Ipv4Addr, SocketAddr};
use std::{env, ffi::OsString};

use crate::browser::{self, Opener, Person};
use crate::secret::{ClientSecret, base64url, random};
use crate::terminal::{say, write_result};
use crate::{cli::Options, config::Config, error::Error, login};

/// Logs in at a provider that is started for it.
/// Errors: every [`Error`] of a login, and [`Error::Practice`] when the provider can't start.
pub fn login(options: &Options) -> Result<(), Error> {
    let provider = provider::Provider::bind(0).map_err(Error::Practice)?;
    let (origin, secret) = (provider.origin().to_owned(), client_secret()?);
    // A login like any other, but for its environment. Neither a proxy nor a certificate is needed
    // on this machine.
    let variables = |name: &str| match (name, from_environment(name)) {
        ("REDIRECT_URI", None) if !options.paste => Some("http://localhost:0/callback".into()),
        ("REDIRECT_URI" | "SCOPE", value) => value,
        _ => of_the_app(name, &origin, &secret).map(OsString::from),
    };
    let mut config = Config::read(&variables, options)?;
    "the practice provider".clone_into(&mut config.provider);
    provider.start(registration(&config, &secret)).map_err(Error::Practice)?;
    say(&format!("Practice provider running on {origin} ..."));
    let person = match browser::person(options) {
        Person { opener: Opener::NotFound, .. } => {
            Person { opener: Opener::StandIn, open: &person::authorize }
        }
        person => person,
    };
    login::run(&config, &variables, options, &person)
}

/// Runs the provider alone, and says a line for each request that it answers. What a client has to
/// know goes to standard output, as a shell reads it.
/// Errors: when the port is taken, or `REDIRECT_URI` can't be a callback URL.
pub fn serve(port: u16) -> Result<(), Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let provider = provider::Provider::bind(port).map_err(|source| Error::Listen {
        address,
        setting: "--port",
        source,
    })?;
    let (origin, secret) = (provider.origin().to_owned(), client_secret()?);
    let variables = |name: &str| match name {
        "REDIRECT_URI" => from_environment(name),
        _ => of_the_app(name, &origin, &secret).map(OsString::from),
    };
    let config = Config::read(&variables, &Options::default())?;
    let names = ["CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "USER_URL", "ISSUER"];
    // PowerShell on Windows, and a shell elsewhere. The redirect URI is the person's own, so that it
    // may hold a quote.
    let (set, quote) = if cfg!(windows) { ("$env:", "''") } else { ("export ", "'\\''") };
    let mut exports = String::new();
    for name in names.into_iter().chain(["REDIRECT_URI", "REVOKE_URL"]) {
        let value = of_the_app(name, &origin, &secret);
        let value = value.unwrap_or_else(|| config.redirect_uri.text.replace('\'', quote));
        exports.extend([set, name, "='", &value, "'\n"]);
    }
    write_result(&exports)?;
    say(&format!(
        "Practice provider running on {origin} ... Set these variables in another terminal and log in \
         from there with any client. Press Ctrl-C here when you are done."
    ));
    provider.run(registration(&config, &secret), true);
    Ok(())
}

fn client_secret() -> Result<String, Error> {
    let bytes = random::bytes().map_err(Error::System)?;
    Ok(base64url::encode(&bytes))
}

fn from_environment(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// What a client needs to know of the one app, by the name of the variable that says it.
fn of_the_app(name: &str, origin: &str, secret: &str) -> Option<String> {
    Some(match name {
        "CLIENT_ID" => "practice".to_owned(),
        "CLIENT_SECRET" => secret.to_owned(),
        "AUTH_URL" => format!("{origin}/login/oauth/authorize"),
        "TOKEN_URL" => format!("{origin}/login/oauth/access_token"),
        "USER_URL" => format!("{origin}/user"),
        "REVOKE_URL" => format!("{origin}/applications/practice/token"),
        "ISSUER" => format!("{origin}/login/oauth"),
        _ => return None,
    })
}

fn registration(config: &Config, secret: &str) -> grants::Registration {
    grants::Registration {
        client_id: config.client_id.clone(),
        client_secret: ClientSecret::new(secret.to_owned()),
        redirect_uri: config.redirect_uri.clone(),
    }
}
