//! This machine, as the environment describes it: whether a browser, a person and colours are here.
//!
//! ```text
//! DISPLAY=:0          a desktop, and so a browser
//! SSH_TTY=/dev/pts/3  the person sits at another machine
//! NO_COLOR=1          no colours (https://no-color.org)
//! ```

use std::env;
use std::io::{self, IsTerminal};

use crate::setup::Variables;

/// The variables that this file reads.
pub const VARIABLES: [&str; 11] = [
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "SSH_CONNECTION",
    "SSH_CLIENT",
    "SSH_TTY",
    "NO_COLOR",
    "TERM",
    "WT_SESSION",
];

/// This machine, as far as the environment describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Whether a browser can be opened here.
    pub has_browser: bool,
    /// Whether the person sits at another machine.
    pub is_over_ssh: bool,
    /// Whether standard error may be coloured.
    pub has_colour: bool,
}

impl Machine {
    /// Reads the environment.
    pub fn read(variables: Variables<'_>) -> Self {
        let is_set = |name: &str| variables(name).is_some_and(|value| !value.is_empty());
        let is_over_ssh = is_set("SSH_CONNECTION") || is_set("SSH_CLIENT") || is_set("SSH_TTY");
        let has_browser = match env::consts::OS {
            // A desktop leaves no sign in the environment of these two.
            "macos" | "windows" => !is_over_ssh,
            _ => {
                is_set("BROWSER")
                    || is_set("DISPLAY")
                    || is_set("WAYLAND_DISPLAY")
                    || is_set("WSL_DISTRO_NAME")
                    || is_set("WSL_INTEROP")
            }
        };
        let has_colour = !is_plain(variables) && io::stderr().is_terminal();
        Self { has_browser, is_over_ssh, has_colour }
    }
}

/// Whether the environment asks for plain text: by `NO_COLOR` (<https://no-color.org>), by a terminal
/// that is dumb, or, on Windows, by the classic one, which shows no colours.
fn is_plain(variables: Variables<'_>) -> bool {
    if variables("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return true;
    }
    match variables("TERM") {
        Some(terminal) => terminal == "dumb",
        None => cfg!(windows) && variables("WT_SESSION").is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn the_environment_can_ask_for_plain_text() {
        for (variables, plain) in [
            (&[("TERM", "xterm")] as &[(&str, &str)], false),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], false),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], true),
            (&[("TERM", "dumb")], true),
            (&[("WT_SESSION", "1")], false),
            (&[], cfg!(windows)),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(is_plain(&variable), plain, "{variables:?}");
        }
    }
}
