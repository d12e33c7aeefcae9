//! The person's browser: whether there is one to open, and opening it.
//!
//! `webbrowser` says `Ok` as soon as a process was started, and waits for text browsers (lynx, w3m)
//! to end. So it runs on a thread of its own, and the URL is printed in every case.

use std::env;
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
    let signs = [
        "BROWSER",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "WSL_DISTRO_NAME",
        "WSL_INTEROP",
    ];
    let is_there = !cfg!(target_os = "linux") || signs.iter().any(is_set);
    match (no_browser, is_there) {
        (true, _) => (Opener::Person, " is left to you: open this address in one."),
        (false, true) => (Opener::Program, ""),
        (false, false) if has_stand_in => (Opener::StandIn, " there is no browser to open here."),
        (false, false) => (
            Opener::Person,
            " there is no browser to open here: open this address in one.",
        ),
    }
}

fn is_set(name: &&str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Whether this is a session on another machine than the person's.
#[must_use]
pub fn is_over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]
        .iter()
        .any(is_set)
}

/// The browsers that `webbrowser` runs in the foreground.
const TEXT_BROWSERS: [&str; 9] = [
    "lynx", "links", "links2", "elinks", "w3m", "eww", "netrik", "retawq", "curl",
];

/// Whether the browser to open is one that needs this terminal's keyboard for itself.
#[must_use]
pub fn takes_keyboard() -> bool {
    let commands = env::var("BROWSER").unwrap_or_default();
    commands
        .split(':')
        .filter_map(|command| command.split_whitespace().next())
        .any(|program| {
            let name = program.rsplit('/').next().unwrap_or_default();
            TEXT_BROWSERS.contains(&name)
        })
}

/// Opens the browser and returns at once.
pub fn open(url: String) {
    let run = move || {
        if let Err(error) = webbrowser::open(&url) {
            terminal::say(&terminal::escape(&format!(
                "No browser could be opened ({error}): open the address above in one."
            )));
        }
    };
    if thread::Builder::new()
        .name("browser".to_owned())
        .spawn(run)
        .is_err()
    {
        terminal::say("No browser could be opened: open the address above in one.");
    }
}

/// The command that makes this machine's port reachable as the other machine's own.
#[must_use]
pub fn forwarding(redirect_uri: &RedirectUri) -> String {
    let port = redirect_uri.port();
    let host = if redirect_uri.origin().starts_with("http://[") {
        "[::1]"
    } else {
        "127.0.0.1"
    };
    let bind = if host == "[::1]" { "[::1]:" } else { "" };
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"._-:".contains(&octet))
    };
    let variable = |name| env::var(name).ok();
    let user = variable("USER")
        .filter(|user| plain(user))
        .unwrap_or_else(|| "USER".to_owned());
    // sshd sets it to: client address, client port, server address, server port.
    let connection = variable("SSH_CONNECTION").unwrap_or_default();
    let mut server = connection.split(' ').skip(2).filter(|part| plain(part));
    let machine = server.next().unwrap_or("THIS-MACHINE");
    let ssh_port = server
        .next()
        .filter(|port| *port != "22")
        .map(|port| format!(" -p {port}"))
        .unwrap_or_default();
    format!("ssh -N{ssh_port} -L {bind}{port}:{host}:{port} {user}@{machine}")
}
