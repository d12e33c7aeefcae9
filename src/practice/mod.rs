//! The other side of the wire: a provider in GitHub's shape, to log in at without an account or a
//! network.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: the consent page            authorize.rs, consent.rs
//! POST /login/oauth/authorize       leg 2: the person's decision       authorize.rs
//! POST /login/oauth/access_token    leg 3: code in, token out          token.rs
//! GET  /user                        leg 4: token in, profile out       user.rs
//! DELETE /applications/practice/token   leg 5: the token ends          revoke.rs
//! GET  /                            the board: every login so far      board.rs
//! GET  /.well-known/…               what it can do                     metadata.rs
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
//! Left out: TLS, because it serves this machine only.

pub mod answer;
pub mod authorize;
pub mod board;
mod consent;
pub(crate) mod examined;
pub mod fault;
pub mod grants;
mod metadata;
pub(crate) mod mischief;
mod person;
pub mod provider;
mod revoke;
pub mod token;
pub mod user;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::{env, ffi::OsString};

use self::answer::Observer;
use self::grants::{Registration, SharedGrants};
use self::{fault::Fault, provider::Provider, provider::locked};
use crate::error::Error;
use crate::login;
use crate::receive::port::Port;
use crate::secret::{ClientSecret, base64url, random};
use crate::setup::browser::{self, Opener, Person};
use crate::setup::cli::Options;
use crate::setup::config::Config;
use crate::setup::machine;
use crate::show::terminal::{say, write_result};
use crate::wire::url::RedirectUri;

/// Logs in at a provider that is started for it. Where a button is named, the program is the person
/// who presses it. Errors: every [`Error`] of a login, [`Error::Usage`] when there is no such
/// button, and [`Error::Practice`] when the provider can't start.
pub fn login(options: &Options, button: Option<String>) -> Result<(), Error> {
    let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.button().name).collect();
    let names = names.join(", ");
    let problem = |it: &str| format!("`--break` needs the name of a button, not `{it}`: {names}");
    let find = |name: String| Fault::named(&name).ok_or_else(|| Error::Usage(problem(&name)));
    let fault = button.map(find).transpose()?;
    let provider = Provider::bind(0).map_err(Error::Practice)?;
    let app = App::new(provider.origin(), false)?;
    // A login like any other, but for its environment. Neither a proxy nor a certificate is needed
    // on this machine.
    let variables = |name: &str| match (name, from_environment(name)) {
        ("REDIRECT_URI", None) if !options.paste => Some("http://localhost:0/callback".into()),
        ("REDIRECT_URI" | "SCOPE", value) => value,
        (name, value) if machine::VARIABLES.contains(&name) => value,
        _ => app.variable(name).map(OsString::from),
    };
    let mut config = Config::read(&variables, options)?;
    "the practice provider".clone_into(&mut config.provider);
    let grants = app.grants(&provider, &config.redirect_uri);
    let observer = observer(&grants, false);
    provider.start(grants, observer).map_err(Error::Practice)?;
    say(&format!("Practice provider running on {} ...", app.origin));
    let (button, label) = fault
        .map_or(("authorize", "Authorize"), |fault| (fault.button().name, fault.button().label));
    let stand_in = |url: &str| person::press(button, url);
    let person = match browser::person(options, config.machine) {
        person if fault.is_none() && person.opener != Opener::NotFound => person,
        _ => {
            let waits = ", and goes back and chooses Authorize if the callback is ignored";
            let then = if fault.is_some_and(Fault::is_waited_past) { waits } else { "" };
            say(&format!("Practice plays the person, who presses \"{label}\"{then}."));
            Person { opener: Opener::StandIn, open: &stand_in }
        }
    };
    login::run(&config, options, &person)
}

/// Runs the provider alone, and says a line for each request that it answers. What a client has to
/// know goes to standard output, as a shell reads it.
/// Errors: when the port is taken, or `REDIRECT_URI` can't be a callback URL.
pub fn serve(port: u16) -> Result<(), Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let provider = Provider::bind(port).map_err(|source| Error::Listen {
        address,
        setting: "--port",
        source,
    })?;
    let mut app = App::new(provider.origin(), false)?;
    let free = RedirectUri::parse("http://localhost:0/callback").ok().filter(|_| port == 0);
    // Thirty people on one machine have thirty callbacks.
    let free =
        free.map(|uri| Port::open(&uri, None)).transpose()?.map(|port| port.redirect_uri.text);
    let variables = |name: &str| match (name, from_environment(name)) {
        ("CLIENT_ID" | "CLIENT_SECRET", Some(value)) => Some(value),
        ("REDIRECT_URI", value) => value.or(free.clone().map(OsString::from)),
        _ => app.variable(name).map(OsString::from),
    };
    let config = Config::read(&variables, &Options::default())?;
    app.client_id.clone_from(&config.client_id);
    app.client_secret = config.client_secret.clone().unwrap_or(app.client_secret);
    write_result(&app.exports(&config.redirect_uri))?;
    say(&format!(
        "Practice provider running on {0} ... Set these variables in another terminal and log in from there \
         with any client. Every login is on the board at {0}/. Press Ctrl-C here when you are done.",
        app.origin
    ));
    let grants = app.grants(&provider, &config.redirect_uri);
    provider.run(&grants, &observer(&grants, true));
    Ok(())
}

/// Notes what the provider sees on its board, and says it as well if it `logs`.
fn observer(grants: &SharedGrants, logs: bool) -> Arc<Observer> {
    let grants = Arc::clone(grants);
    Arc::new(move |seen| {
        let line = locked(&grants).board.note(&seen);
        if logs {
            say(&line);
        }
    })
}

fn from_environment(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The variables that every client needs, beside the redirect URI.
pub(crate) const VARIABLES: [&str; 6] =
    ["CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "USER_URL", "ISSUER"];

/// The one app, as a client has to know it.
pub(crate) struct App {
    client_id: String,
    client_secret: ClientSecret,
    origin: String,
    is_examined: bool,
}

impl App {
    pub(crate) fn new(origin: &str, is_examined: bool) -> Result<Self, Error> {
        let client_secret = base64url::encode(&random::bytes().map_err(Error::System)?);
        let (client_id, client_secret) = ("practice".to_owned(), ClientSecret::new(client_secret));
        Ok(Self { client_id, client_secret, origin: origin.to_owned(), is_examined })
    }

    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let origin = &self.origin;
        Some(match name {
            "CLIENT_ID" => self.client_id.clone(),
            "CLIENT_SECRET" => self.client_secret.expose().to_owned(),
            "AUTH_URL" => format!("{origin}/login/oauth/authorize"),
            "TOKEN_URL" => format!("{origin}/login/oauth/access_token"),
            "USER_URL" => format!("{origin}/user"),
            "REVOKE_URL" => origin.clone() + &revoke::path(&self.client_id),
            "ISSUER" => format!("{origin}/login/oauth"),
            _ => return None,
        })
    }

    /// Every variable, as PowerShell reads it on Windows, and a shell elsewhere.
    fn exports(&self, uri: &RedirectUri) -> String {
        let (set, quote) = if cfg!(windows) { ("$env:", "''") } else { ("export ", "'\\''") };
        let export = |name: &str| {
            let value = self.variable(name).unwrap_or_else(|| uri.text.clone());
            format!("{set}{name}='{}'\n", value.replace('\'', quote))
        };
        VARIABLES.iter().copied().chain(["REDIRECT_URI", "REVOKE_URL"]).map(export).collect()
    }

    /// What the provider knows when it begins.
    pub(crate) fn grants(&self, provider: &Provider, uri: &RedirectUri) -> SharedGrants {
        let (client_id, client_secret) = (self.client_id.clone(), self.client_secret.clone());
        let (redirect_uri, is_examined) = (uri.clone(), self.is_examined);
        let app = Registration { client_id, client_secret, redirect_uri, is_examined };
        let grants = provider.grants(app);
        locked(&grants).board.exports = self.exports(uri);
        grants
    }
}
