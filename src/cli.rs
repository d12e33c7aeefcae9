//! The command line, read by hand.
//!
//! ```text
//! bare-oauth --token --timeout 60
//! bare-oauth practice --json
//! ```
//!
//! Left out: short options that can be joined, and `--` (there are no operands to protect).

use std::ffi::OsString;
use std::time::Duration;

use crate::error::Error;

/// What `--help` prints.
pub const HELP: &str = "\
Log in to GitHub by the OAuth 2.0 authorization code flow, and print who is logged in.

usage: bare-oauth [OPTIONS]            log in at github.com, or where the *_URL variables lead
       bare-oauth practice [OPTIONS]   log in at a practice provider that runs inside this program

options:
      --no-browser       open no browser; print the URL and wait
      --json             print the profile's JSON text and nothing else
      --token            print the access token instead of the profile: TOKEN=$(bare-oauth --token)
      --timeout SECONDS  how long to wait for the browser (default: 300)
  -h, --help             print this help
  -V, --version          print the version

environment:
  CLIENT_ID      the client id of the app, from https://github.com/settings/developers
  CLIENT_SECRET  its client secret
  REDIRECT_URI   where the browser comes back to; port 0 stands for any free port
                 (default: http://localhost:8000/callback)
  SCOPE          what to ask for, separated by spaces (default: read:user)
  AUTH_URL       the authorization endpoint (default: https://github.com/login/oauth/authorize)
  TOKEN_URL      the token endpoint (default: https://github.com/login/oauth/access_token)
  USER_URL       the profile (default: https://api.github.com/user)
  ISSUER         the issuer that callbacks may name (default: GitHub's, where AUTH_URL is GitHub's)
  BROWSER        the browser to open
  SSL_CERT_FILE  certificates to trust instead of the built-in ones, in PEM
  HTTPS_PROXY    the HTTP proxy to go through; otherwise ALL_PROXY, otherwise HTTP_PROXY
  NO_PROXY       hosts to reach directly, separated by commas; this machine always is
An empty variable counts as not set. practice reads REDIRECT_URI, SCOPE and BROWSER only.

exit status: 0 logged in, 1 not logged in, 2 wrong usage
";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Log in at the provider that the environment names.
    Login(Options),
    /// Log in at a provider that is started for it.
    Practice(Options),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// How to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Open no browser.
    pub no_browser: bool,
    /// What goes to standard output.
    pub output: Output,
    /// How long to wait for the callback.
    pub timeout: Duration,
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The profile, `key: value`.
    Lines,
    /// The profile's JSON text.
    Json,
    /// The access token.
    Token,
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// [`Error::Usage`] for anything that is not in [`HELP`].
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Error> {
    let mut options = Options {
        no_browser: false,
        output: Output::Lines,
        timeout: Duration::from_mins(5),
    };
    let (mut json, mut token, mut practice) = (false, false, false);

    let mut arguments = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .peekable();
    if arguments.next_if(|first| first == "practice").is_some() {
        practice = true;
    }
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--no-browser" => options.no_browser = true,
            "--json" => json = true,
            "--token" => token = true,
            "--timeout" => options.timeout = seconds(arguments.next().as_deref())?,
            option => match option.strip_prefix("--timeout=") {
                Some(value) => options.timeout = seconds(Some(value))?,
                None if option.starts_with('-') => {
                    return Err(Error::Usage(format!("unknown option `{option}`")));
                }
                None => return Err(Error::Usage(format!("unknown argument `{option}`"))),
            },
        }
    }
    options.output = match (json, token) {
        (true, true) => {
            return Err(Error::Usage(
                "`--json` and `--token` can't be used together".to_owned(),
            ));
        }
        (true, false) => Output::Json,
        (false, true) => Output::Token,
        (false, false) => Output::Lines,
    };
    Ok(if practice {
        Command::Practice(options)
    } else {
        Command::Login(options)
    })
}

fn seconds(value: Option<&str>) -> Result<Duration, Error> {
    let Some(value) = value else {
        return Err(Error::Usage(
            "`--timeout` needs a number of seconds".to_owned(),
        ));
    };
    let all_digits = value.bytes().all(|octet| octet.is_ascii_digit());
    match value.parse() {
        Ok(seconds) if all_digits && seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::Usage(format!(
            "`--timeout` needs a whole number of seconds above 0, not `{value}`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    fn options(no_browser: bool, output: Output, seconds: u64) -> Options {
        Options {
            no_browser,
            output,
            timeout: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn every_option_of_the_help_is_understood() {
        for (line, command) in [
            ("", Command::Login(options(false, Output::Lines, 300))),
            (
                "--no-browser",
                Command::Login(options(true, Output::Lines, 300)),
            ),
            (
                "--json --timeout 5",
                Command::Login(options(false, Output::Json, 5)),
            ),
            (
                "--timeout=007 --token",
                Command::Login(options(false, Output::Token, 7)),
            ),
            (
                "practice",
                Command::Practice(options(false, Output::Lines, 300)),
            ),
            (
                "practice --token --no-browser",
                Command::Practice(options(true, Output::Token, 300)),
            ),
            ("-h", Command::Help),
            ("practice --help", Command::Help),
            ("--json -V", Command::Version),
            ("--version", Command::Version),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for (line, problem) in [
            ("--bogus", "unknown option `--bogus`"),
            ("-j", "unknown option `-j`"),
            ("--", "unknown option `--`"),
            ("login", "unknown argument `login`"),
            ("--json practice", "unknown argument `practice`"),
            ("practice practice", "unknown argument `practice`"),
            (
                "--json --token",
                "`--json` and `--token` can't be used together",
            ),
            ("--timeout", "`--timeout` needs a number of seconds"),
            (
                "--timeout 0",
                "`--timeout` needs a whole number of seconds above 0, not `0`",
            ),
            (
                "--timeout -1",
                "`--timeout` needs a whole number of seconds above 0, not `-1`",
            ),
            (
                "--timeout +1",
                "`--timeout` needs a whole number of seconds above 0, not `+1`",
            ),
            (
                "--timeout 1.5",
                "`--timeout` needs a whole number of seconds above 0, not `1.5`",
            ),
            (
                "--timeout 5s",
                "`--timeout` needs a whole number of seconds above 0, not `5s`",
            ),
            (
                "--timeout=",
                "`--timeout` needs a whole number of seconds above 0, not ``",
            ),
            (
                "--timeout 99999999999999999999",
                "`--timeout` needs a whole number of seconds above 0, not `99999999999999999999`",
            ),
        ] {
            assert_eq!(parsed(line), Err(problem.to_owned()), "{line}");
        }
    }
}
