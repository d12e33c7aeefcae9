//! The person's browser: whether there is one to open, and opening it.
//!
//! ```text
//! BROWSER=firefox    or DISPLAY, WAYLAND_DISPLAY, WSL     there is one: webbrowser opens it
//! BROWSER=w3m                                             there is one, in this terminal
//! none of them                                            there is none: the person opens it
//! ```
//!
//! `webbrowser` says `Ok` as soon as a process was started, and a text browser runs until it is
//! left. So opening has a thread of its own, and the URL is printed in every case.
//!
//! Left out: waiting for a text browser that is still open when the login is done, and keeping the
//! environment, with the client secret in it, from the browsers that `webbrowser` starts: it has no
//! way to, and changing this program's own environment is `unsafe`.

use std::env;
use std::io::{self, IsTerminal};
use std::process::Command;
use std::thread;

use crate::terminal;
use crate::wire::url::RedirectUri;

/// Who opens the authorization URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// This program, in a browser of this machine.
    Program,
    /// The person, wherever the browser is.
    Person,
    /// Somebody who stands in for the person where there is no browser.
    StandIn,
}

/// Who opens the URL, and what is to be said about it.
#[must_use]
pub fn opener(no_browser: bool, has_stand_in: bool) -> (Opener, &'static str) {
    // Elsewhere a session without a desktop is rare, and the system's own opener knows.
    let signs = ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "WSL_INTEROP"];
    let is_there = !cfg!(target_os = "linux") || signs.iter().any(is_set);
    match (no_browser, is_there) {
        (true, _) => (Opener::Person, " is left to you: open this address in one."),
        (false, true) => (Opener::Program, ""),
        (false, false) if has_stand_in => (Opener::StandIn, " there is no browser to open here."),
        (false, false) => {
            (Opener::Person, " there is no browser to open here: open this address in one.")
        }
    }
}

fn is_set(name: &&str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Whether this is a session on another machine than the person's.
#[must_use]
pub fn is_over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(is_set)
}

/// The browsers that run in the terminal.
const TEXT_BROWSERS: [&str; 9] =
    ["lynx", "links", "links2", "elinks", "w3m", "eww", "netrik", "retawq", "curl"];

/// The command of `$BROWSER`, where its first one is a text browser.
fn text_browser() -> Option<String> {
    let commands = env::var("BROWSER").ok()?;
    let command = commands.split(':').find(|command| !command.trim().is_empty())?;
    let program = command.split_whitespace().next()?.rsplit('/').next()?;
    TEXT_BROWSERS.contains(&program).then(|| command.to_owned())
}

/// Whether the browser to open is one that needs this terminal's keyboard for itself.
#[must_use]
pub fn takes_keyboard() -> bool {
    text_browser().is_some()
}

/// Opens the browser and returns at once.
pub fn open(url: String) {
    let sorry = "No browser could be opened: open the address above in one.";
    let run = move || {
        let opened = match text_browser() {
            Some(command) => run_in_terminal(&command, &url).or_else(|error| match error.kind() {
                // The next one that `$BROWSER` names, then.
                io::ErrorKind::NotFound => webbrowser::open(&url),
                _ => Err(error),
            }),
            None => webbrowser::open(&url),
        };
        if let Err(error) = opened {
            terminal::say(&terminal::escape(&format!("{sorry} ({error})")));
        }
    };
    if thread::Builder::new().name("browser".to_owned()).spawn(run).is_err() {
        terminal::say(sorry);
    }
}

/// `webbrowser` gives a text browser this program's standard output, where it would mix with the
/// result: `TOKEN=$(bare-oauth --token)`. So it is run here, and shows itself where it can be seen.
fn run_in_terminal(command: &str, url: &str) -> io::Result<()> {
    let mut words = command.split_whitespace();
    let mut browser = Command::new(words.next().unwrap_or_default());
    browser.args(words.map(|word| word.replace("%s", url)));
    if !command.contains("%s") {
        browser.arg(url);
    }
    browser.env_remove("CLIENT_SECRET");
    if !io::stdout().is_terminal() {
        browser.stdout(io::stderr());
    }
    // How it ends is the person's affair.
    browser.status().map(drop)
}

/// The command that makes this machine's port reachable as the other machine's own.
#[must_use]
pub fn forwarding(redirect_uri: &RedirectUri) -> String {
    let port = redirect_uri.port();
    let host = if redirect_uri.origin().starts_with("http://[") { "[::1]" } else { "127.0.0.1" };
    let bind = if host == "[::1]" { "[::1]:" } else { "" };
    let plain = |text: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-:%".contains(&octet))
    };
    let variable = |name| env::var(name).ok();
    let user = variable("USER").filter(|user| plain(user)).unwrap_or_else(|| "USER".to_owned());
    // sshd sets it to: client address, client port, server address, server port.
    let connection = variable("SSH_CONNECTION").unwrap_or_default();
    let mut server = connection.split(' ').skip(2);
    let machine = server.next().filter(|machine| plain(machine)).unwrap_or("THIS-MACHINE");
    let ssh_port = server.next().filter(|port| plain(port) && *port != "22");
    let ssh_port = ssh_port.map(|port| format!(" -p {port}")).unwrap_or_default();
    format!("ssh -L {bind}{port}:{host}:{port} -N{ssh_port} {user}@{machine}")
}
