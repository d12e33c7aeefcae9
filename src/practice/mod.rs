//! The other side of the wire: a provider in GitHub's shape, to log in at without an account or a
//! network.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: the consent page            authorize.rs, consent.rs
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
mod consent;
pub(crate) mod examined;
pub mod fault;
pub mod grants;
pub(crate) mod mischief;
mod person;
pub mod provider;
mod revoke;
pub mod token;
pub mod user;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::{env, ffi::OsString};

use self::answer::Seen;
use crate::browser::{self, Opener, Person};
use crate::secret::{ClientSecret, base64url, random};
use crate::terminal::{say, write_result};
use crate::{cli::Options, config::Config, error::Error, login};
use fault::Fault;

/// Logs in at a provider that is started for it. Where a button is named, the program is the person
/// who presses it. Errors: every [`Error`] of a login, [`Error::Usage`] when there is no such
/// button, and [`Error::Practice`] when the provider can't start.
pub fn login(options: &Options, button: Option<&str>) -> Result<(), Error> {
    let fault = button.map(|name| Fault::named(name).ok_or_else(|| no_button(name))).transpose()?;
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
    let grants = provider.grants(registration(&config, &secret));
    provider.start(grants, Arc::new(|_| ())).map_err(Error::Practice)?;
    say(&format!("Practice provider running on {origin} ..."));
    let button = fault.map_or("authorize", |fault| fault.button().name);
    let stand_in = |url: &str| person::press(button, url);
    let stand_in = Person { opener: Opener::StandIn, open: &stand_in };
    let person = match (fault, browser::person(options)) {
        (Some(fault), _) => {
            let waits = ", and goes back and chooses Authorize if the callback is ignored";
            let then = if fault.is_waited_past() { waits } else { "" };
            let label = fault.button().label;
            say(&format!(
                "Practice plays the person, who presses \"{label}\" under Break it{then}."
            ));
            stand_in
        }
        (None, Person { opener: Opener::NotFound, .. }) => {
            say("No browser found here, so practice plays the person, who chooses Authorize.");
            stand_in
        }
        (None, person) => person,
    };
    login::run(&config, &variables, options, &person)
}

fn no_button(name: &str) -> Error {
    let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.button().name).collect();
    let names = names.join(", ");
    Error::Usage(format!("`--break` needs the name of a button, not `{name}`: {names}"))
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
    let mut exports = String::new();
    for name in ["CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "USER_URL", "ISSUER"] {
        let value = of_the_app(name, &origin, &secret).unwrap_or_default();
        exports.extend(["export ", name, "=", &value, "\n"]);
    }
    // The only one that may need quotes: it is the person's own.
    let redirect_uri = config.redirect_uri.text.replace('\'', "'\\''");
    exports.extend(["export REDIRECT_URI='", &redirect_uri, "'\n"]);
    let revoke_url = of_the_app("REVOKE_URL", &origin, &secret).unwrap_or_default();
    exports.extend(["export REVOKE_URL=", &revoke_url, "\n"]);
    write_result(&exports)?;
    say(&format!(
        "Practice provider running on {origin} ... Set these variables in another terminal and log in \
         from there with any client. Press Ctrl-C here when you are done."
    ));
    let grants = provider.grants(registration(&config, &secret));
    provider.run(&grants, &(Arc::new(|seen: Seen<'_>| say(&provider::log_line(&seen))) as _));
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
        is_examined: false,
    }
}
