//! The person's browser: whether there is one to open, and opening it.
//!
//! `webbrowser` says `Ok` as soon as a process was started, and waits for text browsers (lynx, w3m) to end. So it runs
//! on a thread of its own, and the URL is printed in every case.

use std::env;
use std::thread;

use crate::terminal;

/// Why no browser is opened; `None` where one is.
#[must_use]
pub fn absence(no_browser: bool) -> Option<&'static str> {
    if no_browser {
        return Some("is left to you");
    }
    let is_set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    // Elsewhere a session without a desktop is rare, and the system's own opener knows.
    let may_have_one = !cfg!(target_os = "linux")
        || [
            "BROWSER",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "WSL_DISTRO_NAME",
            "WSL_INTEROP",
        ]
        .iter()
        .any(is_set);
    (!may_have_one).then_some("there is no browser to open here")
}

/// Whether this is a session on another machine than the person's.
#[must_use]
pub fn is_elsewhere() -> bool {
    ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
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
