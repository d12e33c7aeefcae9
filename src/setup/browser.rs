//! The person, who carries leg 1 to the provider and leg 2 back, in a browser that this program
//! opens or in one that they open themselves. The URL is printed in every case, because a browser that
//! has started may still not show it.
//!
//! ```text
//! bare-oauth                      waits for the callback
//!  └─ bare-oauth open-browser     without CLIENT_SECRET, GITHUB_TOKEN and the like; its standard
//!      └─ the browser             output is standard error, and its standard input brought the URL
//! ```
//!
//! So the browser inherits no variable whose name ends in token, secret, assertion or password, a text
//! browser's screen doesn't end up in `TOKEN=$(…)`, and a browser that stays in the foreground holds up
//! nobody.
//!
//! Left out: secrets in variables of other names, such as `AWS_SECRET_ACCESS_KEY`, and hiding the URL, and
//! with it `state`. Both stand on the browser's command line, where other programs of the same person can
//! read them. Shown by `tests/suite/opener.rs`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::secret::opaque;
use crate::setup::cli::{OPEN_BROWSER, Options};
use crate::setup::machine::Machine;
use crate::show::names::is_secret_name;
use crate::show::terminal::{escape, say};

/// The one who opens the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// This program.
    Program,
    /// The person, because they want to.
    Person,
    /// The person, because there is no browser here.
    NotFound,
    /// The practice provider's own person.
    StandIn,
}

/// The person who logs in. `open` must return before the callback arrives.
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
pub fn person(options: &Options, machine: Machine) -> Person<'static> {
    if options.no_browser || options.paste {
        Person { opener: Opener::Person, open: &|_| Ok(()) }
    } else if machine.has_browser {
        let open = &|url: &str| {
            open(url);
            Ok(())
        };
        Person { opener: Opener::Program, open }
    } else {
        Person { opener: Opener::NotFound, open: &|_| Ok(()) }
    }
}

/// Starts this program once more, to open the URL. A failure ends no login: the person can open it.
fn open(url: &str) {
    if let Err(error) = start_opener(url) {
        say_that_no_browser_opened(&error.to_string());
    }
}

/// The new process isn't waited for: it ends with the browser, perhaps after the login.
fn start_opener(url: &str) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(OPEN_BROWSER).stdin(Stdio::piped()).stdout(io::stderr());
    for (name, _) in env::vars_os() {
        if is_secret_name(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let mut child = command.spawn()?;
    match child.stdin.take() {
        Some(mut stdin) => stdin.write_all(url.as_bytes()),
        None => Ok(()),
    }
}

/// Opens the URL that standard input brings, as `bare-oauth open-browser`.
pub fn open_from_standard_input() -> Result<(), Error> {
    let mut url = String::new();
    let read = io::stdin().lock().take(MAX_URL).read_to_string(&mut url);
    // `webbrowser` opens files as well, and starts a program for them.
    if read.is_err() || !(url.starts_with("https://") || url.starts_with("http://")) {
        let problem = format!("`{OPEN_BROWSER}` needs a URL on standard input");
        return Err(Error::Usage(problem));
    }
    let browser = env::var_os("BROWSER").unwrap_or_default();
    let opened =
        if browser.is_empty() { webbrowser::open(&url) } else { run_browser(&browser, &url) };
    if let Err(error) = opened {
        say_that_no_browser_opened(&error.to_string());
    }
    Ok(())
}

const MAX_URL: u64 = 64 * 1024;

fn say_that_no_browser_opened(problem: &str) {
    let problem = escape(problem);
    say(&format!("No browser could be opened ({problem}). Open the URL above in a browser."));
}

/// Runs the first command of `$BROWSER` that starts.
fn run_browser(browser: &OsStr, url: &str) -> io::Result<()> {
    let mut last_error = io::Error::other("BROWSER names no program");
    for command in commands(browser, url) {
        match command.prepare().spawn() {
            Ok(child) => match failure(child)? {
                Some(status) => {
                    last_error = io::Error::other(in_words(status));
                }
                None => return Ok(()),
            },
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(number) => format!("BROWSER exited with status {number}"),
        None => "BROWSER was ended by a signal".to_owned(),
    }
}

/// The status of a browser that fails at once, and so has shown nothing. A browser that ends later may
/// have been closed by the person.
fn failure(mut browser: Child) -> io::Result<Option<ExitStatus>> {
    for _ in 0..20 {
        match browser.try_wait()? {
            Some(status) if status.success() => return Ok(None),
            Some(status) => return Ok(Some(status)),
            None => thread::sleep(Duration::from_millis(100)),
        }
    }
    Ok(None)
}

/// A command line, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct CommandLine {
    program: OsString,
    arguments: Vec<String>,
}

impl CommandLine {
    /// The command, with streams. The chatter of a graphical browser isn't ours to show; a text browser
    /// needs the terminal, on which standard error is.
    fn prepare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let name = Path::new(&self.program).file_stem().unwrap_or_default();
        let is_text_browser = TEXT_BROWSERS.iter().any(|known| name == *known);
        match File::open("/dev/tty") {
            Ok(terminal) if is_text_browser => {
                command.stdin(terminal);
            }
            _ => {
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            }
        }
        command
    }
}

const TEXT_BROWSERS: [&str; 6] = ["www-browser", "lynx", "links", "links2", "elinks", "w3m"];

/// The separator between the commands of `$BROWSER`, as in `PATH`.
const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// `$BROWSER` is the path of a program, or commands to try one after the other. In a command, `%s`
/// stands for the URL, which comes last if there is no `%s`; words may be quoted.
fn commands(browser: &OsStr, url: &str) -> Vec<CommandLine> {
    let text = browser.to_string_lossy();
    let unquoted = text.trim_matches(['"', '\'']);
    if Path::new(browser).is_file() {
        let program = browser.to_owned();
        return vec![CommandLine { program, arguments: vec![url.to_owned()] }];
    }
    if Path::new(unquoted).is_file() {
        let program = OsString::from(unquoted);
        return vec![CommandLine { program, arguments: vec![url.to_owned()] }];
    }
    let mut commands = Vec::new();
    for words in split_words(&text) {
        let Some((program, rest)) = words.split_first() else { continue };
        let mut arguments = Vec::new();
        for word in rest {
            arguments.push(word.replace("%s", url));
        }
        if !rest.iter().any(|word| word.contains("%s")) {
            arguments.push(url.to_owned());
        }
        commands.push(CommandLine { program: OsString::from(program), arguments });
    }
    commands
}

/// The words of each command of `$BROWSER`.
fn split_words(browser: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for character in browser.chars().chain([SEPARATOR]) {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, ' ' | '\t' | SEPARATOR) => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if character == SEPARATOR {
                    commands.push(std::mem::take(&mut words));
                }
            }
            _ => word.push(character),
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(browser: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for command in commands(OsStr::new(browser), "http://a/?b") {
            lines.push(format!(
                "{} | {}",
                command.program.to_string_lossy(),
                command.arguments.join(" | ")
            ));
        }
        lines
    }

    #[cfg(unix)]
    #[test]
    fn browser_is_a_list_of_commands_in_which_words_may_be_quoted() {
        for (browser, commands) in [
            ("firefox", &["firefox | http://a/?b"] as &[_]),
            ("firefox --new-window", &["firefox | --new-window | http://a/?b"]),
            ("a --url=%s -x", &["a | --url=http://a/?b | -x"]),
            ("a:b c", &["a | http://a/?b", "b | c | http://a/?b"]),
            (":a::", &["a | http://a/?b"]),
            ("'/no such/browser' \"-a b\" %s", &["/no such/browser | -a b | http://a/?b"]),
            ("'a:b'", &["a:b | http://a/?b"]),
            ("\"unfinished", &[]),
            ("", &[]),
        ] {
            assert_eq!(lines(browser), commands, "{browser}");
        }
    }
}
