//! The person, who carries leg 1 to the provider and leg 2 back, in a browser that this program
//! opens or in one that they open themselves. The address is printed in every case, because
//! `webbrowser` says `Ok` as soon as a process has started.
//!
//! Left out: text browsers (`webbrowser` gives them this program's standard output, where the token
//! belongs), and keeping the client secret in the environment from the browser, which is `unsafe`.

use std::{env, io, io::IsTerminal as _, thread};

use crate::error::Error;
use crate::secret::opaque;
use crate::setup::cli::Options;
use crate::show::terminal::escape;
use crate::show::terminal::say;

/// Who opens the address: this program; the person, because they want to or because there is no
/// browser here; or the practice provider's person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    Program,
    Person,
    NotFound,
    StandIn,
}

/// The person who logs in: who opens the address, and how. That returns before the callback comes.
pub struct Person<'a> {
    pub(crate) opener: Opener,
    pub(crate) open: &'a dyn Fn(&str) -> Result<(), Error>,
}

opaque!(Person<'_>);

impl Person<'_> {
    pub(crate) fn open(&self, url: &str) -> Result<(), Error> {
        (self.open)(url)
    }
}

/// The person at this machine.
pub fn person(options: &Options) -> Person<'static> {
    let signs = ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "WSL_INTEROP"];
    let is_there = match env::consts::OS {
        // A desktop leaves no sign in the environment of these two.
        "macos" => !is_over_ssh(),
        // A browser started here keeps standard output open, so that `--token` would seem not to end.
        "windows" => !is_over_ssh() && io::stdout().is_terminal(),
        _ => signs.iter().any(is_set),
    };
    match (options.no_browser || options.paste, is_there) {
        (true, _) => Person { opener: Opener::Person, open: &|_| Ok(()) },
        (false, true) => Person { opener: Opener::Program, open: &open },
        (false, false) => Person { opener: Opener::NotFound, open: &|_| Ok(()) },
    }
}

/// A browser may stay in the foreground, so it has a thread of its own.
fn open(url: &str) -> Result<(), Error> {
    let url = url.to_owned();
    let run = move || {
        if let Err(error) = webbrowser::open(&url) {
            let error = escape(&error.to_string());
            say(&format!("No browser could be opened ({error}). Open the address above in one."));
        }
    };
    thread::Builder::new().spawn(run).map(drop).map_err(Error::System)
}

/// Whether the person sits at another machine.
pub fn is_over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(is_set)
}

fn is_set(name: &&str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}
