//! The other side of the wire: a provider in GitHub's shape, to log in at without an account or a
//! network.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: the consent page            authorize.rs, consent.rs
//! POST /login/oauth/authorize       leg 2: the person's decision       authorize.rs
//! POST /login/oauth/access_token    leg 3: code in, token out; or a refresh token   token.rs, token_request.rs
//! GET  /user                        leg 4: token in, profile out       user.rs
//! DELETE /applications/practice/token   leg 5: the token ends          revoke.rs
//! GET  /                            the board: every login so far      board.rs
//! GET  /.well-known/…               what it can do                     metadata.rs
//! ```
//!
//! It is as strict as GitHub and uses GitHub's names. It remembers nothing when it ends. What
//! differs from GitHub:
//!
//! - the person is `octocat`, signed in already, and is asked every time, also for an eleventh token in
//!   an hour; a forged callback brings a code of `mallory`, who is somebody else;
//! - one app is registered, with one callback URL, and its scopes allow and forbid nothing;
//! - the consent page can break things on purpose (fault.rs);
//! - the path of the redirect URI must be the registered one, not only begin with it.
//!
//! A request goes through provider.rs (sockets, with places.rs and held.rs), arrival.rs (bytes),
//! handler.rs (which file answers, after origin.rs has looked at who asks) and the file in the table, and
//! ends up on the board.
//!
//! Left out: TLS, because it serves this machine only.

mod account;
mod answer;
mod app;
mod arrival;
mod arrows;
mod authorization_request;
mod authorize;
mod basic;
mod board;
mod callback;
mod chunks;
mod consent;
pub mod fault;
pub mod faults;
mod grants;
mod handler;
mod held;
mod html_page;
mod http;
pub(crate) mod lock;
mod marks;
mod metadata;
mod mischief;
mod origin;
mod person;
mod places;
pub mod profile;
mod provider;
mod random_text;
mod redirect;
mod reply;
mod revoke;
mod route;
mod row;
mod scopes;
mod token;
mod token_request;
mod token_response;
mod tokens;
mod user;

use std::env;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use self::answer::Observer;
use self::app::{App, Shell, Variable};
use self::board::Board;
use self::fault::Fault;
use self::lock::locked;
use self::provider::{Provider, Service};
use crate::error::Error;
use crate::login;
use crate::receive::port::Port;
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
    let fault = match button {
        Some(name) => Some(fault_named(&name)?),
        None => None,
    };
    let provider = Provider::bind(0).map_err(Error::Practice)?;
    let app = App::new(provider.origin())?;
    // A login like any other, but for its environment. Neither a proxy nor a certificate is needed
    // on this machine.
    let any_port = "http://localhost:0/callback";
    let known = app.variables(any_port);
    let variables = |name: &str| match name {
        "SCOPE" => from_environment(name),
        "REDIRECT_URI" if options.paste => from_environment(name),
        "REDIRECT_URI" => from_environment(name).or_else(|| Some(any_port.into())),
        _ if machine::VARIABLES.contains(&name) => from_environment(name),
        _ => value_of(&known, name),
    };
    let mut config = Config::read(&variables, options)?;
    "the practice provider".clone_into(&mut config.provider);
    say(&format!("Practice provider running on {} ...", provider.origin()));
    let service = service(&app, &provider, &config.redirect_uri, Log::Silent);
    provider.start(service).map_err(Error::Practice)?;
    let button = fault.map_or("authorize", |fault| fault.name);
    let stand_in = |url: &str| person::press(button, url);
    let mut person = browser::person(options, config.machine);
    if fault.is_some() || person.opener == Opener::NotFound {
        person = Person { opener: Opener::StandIn, open: &stand_in };
        say(&what_the_person_does(fault));
    }
    login::run(&config, options, &person)
}

/// The buttons of *Break it*: the name of each, and what it does.
pub fn list_buttons() -> String {
    let mut list = String::new();
    for fault in faults::all() {
        list += &format!("{:<20}  {}\n", fault.name, fault.what);
    }
    list
}

fn fault_named(name: &str) -> Result<&'static Fault, Error> {
    let Some(fault) = faults::named(name) else {
        let mut names = Vec::new();
        for fault in faults::all() {
            names.push(fault.name);
        }
        let names = names.join(", ");
        let problem = format!("`--break` needs the name of a button, not `{name}`: {names}");
        return Err(Error::Usage(problem));
    };
    Ok(fault)
}

fn what_the_person_does(fault: Option<&Fault>) -> String {
    let label = fault.map_or("Authorize", |fault| fault.label);
    let presses = format!("Practice plays the person, who presses \"{label}\"");
    match fault {
        Some(fault) if fault.is_waited_past => {
            format!("{presses}, and goes back and chooses Authorize if the callback is ignored.")
        }
        _ => presses + ".",
    }
}

/// Runs the provider alone, and says a line for each request that it answers. The variables that a client
/// needs go to standard output, as a shell reads them.
/// Errors: when the port is taken, or `REDIRECT_URI` can't be a callback URL.
pub fn serve(port: u16) -> Result<(), Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let provider = match Provider::bind(port) {
        Ok(provider) => provider,
        Err(source) => {
            let port_setting = "--port";
            return Err(Error::Listen { address, host_setting: None, port_setting, source });
        }
    };
    let mut app = App::new(provider.origin())?;
    // Thirty people on one machine have thirty callbacks.
    let redirect_uri = if port == 0 { Some(free_redirect_uri()?) } else { None };
    let known = app.variables("");
    let variables = |name: &str| match name {
        "CLIENT_ID" | "CLIENT_SECRET" => from_environment(name).or_else(|| value_of(&known, name)),
        "REDIRECT_URI" => from_environment(name).or_else(|| redirect_uri.clone().map(Into::into)),
        _ => value_of(&known, name),
    };
    let config = Config::read(&variables, &Options::default())?;
    app.client_id = config.client_id;
    app.client_secret = config.client_secret.unwrap_or(app.client_secret);
    say_exports(&app, &config.redirect_uri)?;
    say(&format!(
        "Practice provider running on {0} ... Set these variables in another terminal, and log in from there \
         with any client. Every login is on the board at {0}/. Press Ctrl-C here when you are done.",
        provider.origin()
    ));
    let service = service(&app, &provider, &config.redirect_uri, Log::Said);
    provider.run(&service);
    Ok(())
}

/// Prints the variables for two shells. Those for this system's go to standard output, which a script may
/// read.
fn say_exports(app: &App, redirect_uri: &RedirectUri) -> Result<(), Error> {
    let shell = Shell::usual();
    say(shell.heading());
    write_result(&app.exports(redirect_uri, shell))?;
    let other = shell.other();
    say(other.heading());
    say(app.exports(redirect_uri, other).trim_end());
    Ok(())
}

fn free_redirect_uri() -> Result<String, Error> {
    let any = RedirectUri::parse("http://localhost:0/callback")
        .map_err(|problem| Error::Practice(std::io::Error::other(problem)))?;
    Ok(Port::open(&any, None)?.redirect_uri.text)
}

/// Whether the lines of the log are said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Said,
    Silent,
}

/// The values that the threads of the provider share: the grants, the board, and an observer that notes
/// each event on the board.
fn service(app: &App, provider: &Provider, redirect_uri: &RedirectUri, log: Log) -> Service {
    let board = Arc::new(Mutex::new(Board::new(app.exports(redirect_uri, Shell::usual()))));
    let noted = Arc::clone(&board);
    let observer: Arc<Observer> = Arc::new(move |seen| {
        let line = locked(&noted).note(&seen);
        if log == Log::Said {
            say(&line);
        }
    });
    let address = provider.origin().to_owned();
    Service { grants: app.grants(provider, redirect_uri), address, board, observer }
}

fn from_environment(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn value_of(variables: &[Variable], name: &str) -> Option<OsString> {
    let variable = variables.iter().find(|variable| variable.name == name)?;
    Some(variable.value.clone().into())
}
