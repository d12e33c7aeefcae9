//! The command line, read by hand.
//!
//! ```text
//! bare-oauth --token --timeout 60
//! bare-oauth practice --json
//! bare-oauth provider --port 8010
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
       bare-oauth provider [--port N]  run the practice provider alone, for any client

options:
      --no-browser       open no browser; print the URL and wait
      --json             print the profile's JSON text and nothing else
      --token            print the access token instead of the profile: TOKEN=$(bare-oauth --token)
      --timeout SECONDS  how long to wait for the browser (default: 300)
      --explain          tell what happens in each leg, and show its bytes, secrets masked
      --step             the same, and wait for Enter before each leg, in a terminal
      --reveal           with --explain or --step: mask nothing
      --port N           of provider: the port to listen on, 0 for any (default: 8010)
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
  NO_COLOR       no colours in what --explain shows
An empty variable counts as not set. practice reads REDIRECT_URI, SCOPE, BROWSER and NO_COLOR only,
provider REDIRECT_URI, as the callback URL of its app.

exit status: 0 logged in, 1 not logged in, 2 wrong usage
";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Log in at the provider that the environment names.
    Login(Options),
    /// Log in at a provider that is started for it.
    Practice(Options),
    /// Run that provider alone, on this port.
    Provider(u16),
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
    /// Whether each leg is explained.
    pub explain: Option<Explanation>,
}

/// How the legs are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Wait for Enter before each leg.
    pub step: bool,
    /// Mask nothing.
    pub reveal: bool,
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
    let mut arguments =
        arguments.map(|argument| argument.to_string_lossy().into_owned()).peekable();
    if arguments.next_if(|first| first == "provider").is_some() {
        return provider(arguments);
    }
    let is_practice = arguments.next_if(|first| first == "practice").is_some();

    let (mut json, mut token, mut no_browser) = (false, false, false);
    let (mut explain, mut step, mut reveal) = (false, false, false);
    let mut timeout = Duration::from_mins(5);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--no-browser" => no_browser = true,
            "--json" => json = true,
            "--token" => token = true,
            "--explain" => explain = true,
            "--step" => step = true,
            "--reveal" => reveal = true,
            "--timeout" => timeout = seconds(arguments.next().as_deref())?,
            option => match option.strip_prefix("--timeout=") {
                Some(value) => timeout = seconds(Some(value))?,
                None => return Err(unknown(option)),
            },
        }
    }
    let output = match (json, token) {
        (true, true) => return Err(usage("`--json` and `--token` can't be used together")),
        (true, false) => Output::Json,
        (false, true) => Output::Token,
        (false, false) => Output::Lines,
    };
    if reveal && !(explain || step) {
        return Err(usage("`--reveal` needs `--explain` or `--step`"));
    }
    let options = Options {
        no_browser,
        output,
        timeout,
        explain: (explain || step).then_some(Explanation { step, reveal }),
    };
    Ok(if is_practice { Command::Practice(options) } else { Command::Login(options) })
}

/// The arguments of `provider`.
fn provider(mut arguments: impl Iterator<Item = String>) -> Result<Command, Error> {
    let mut number = 8010;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--port" => number = port(arguments.next().as_deref())?,
            option => match option.strip_prefix("--port=") {
                Some(value) => number = port(Some(value))?,
                None => return Err(unknown(option)),
            },
        }
    }
    Ok(Command::Provider(number))
}

fn usage(problem: &str) -> Error {
    Error::Usage(problem.to_owned())
}

fn unknown(argument: &str) -> Error {
    let kind = if argument.starts_with('-') { "option" } else { "argument" };
    usage(&format!("unknown {kind} `{argument}`"))
}

fn port(value: Option<&str>) -> Result<u16, Error> {
    let value = value.ok_or_else(|| usage("`--port` needs a number"))?;
    let all_digits = value.bytes().all(|octet| octet.is_ascii_digit());
    let port = value.parse().ok().filter(|_| all_digits);
    port.ok_or_else(|| usage(&format!("`--port` needs a number from 0 to 65535, not `{value}`")))
}

fn seconds(value: Option<&str>) -> Result<Duration, Error> {
    let value = value.ok_or_else(|| usage("`--timeout` needs a number of seconds"))?;
    let all_digits = value.bytes().all(|octet| octet.is_ascii_digit());
    match value.parse() {
        Ok(seconds) if all_digits && seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(usage(&format!(
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
        Options { no_browser, output, timeout: Duration::from_secs(seconds), explain: None }
    }

    fn explained(step: bool, reveal: bool) -> Options {
        Options {
            explain: Some(Explanation { step, reveal }),
            ..options(false, Output::Lines, 300)
        }
    }

    #[test]
    fn every_option_of_the_help_is_understood() {
        for (line, command) in [
            ("", Command::Login(options(false, Output::Lines, 300))),
            ("--no-browser", Command::Login(options(true, Output::Lines, 300))),
            ("--json --timeout 5", Command::Login(options(false, Output::Json, 5))),
            ("--timeout=007 --token", Command::Login(options(false, Output::Token, 7))),
            ("practice", Command::Practice(options(false, Output::Lines, 300))),
            ("practice --token --no-browser", Command::Practice(options(true, Output::Token, 300))),
            ("--explain", Command::Login(explained(false, false))),
            ("practice --step", Command::Practice(explained(true, false))),
            ("--explain --step", Command::Login(explained(true, false))),
            ("--reveal --step", Command::Login(explained(true, true))),
            ("--explain --reveal", Command::Login(explained(false, true))),
            ("provider", Command::Provider(8010)),
            ("provider --port 0", Command::Provider(0)),
            ("provider --port=65535", Command::Provider(65535)),
            ("provider --help", Command::Help),
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
            ("--json --token", "`--json` and `--token` can't be used together"),
            ("--reveal", "`--reveal` needs `--explain` or `--step`"),
            ("--port 1", "unknown option `--port`"),
            ("provider --json", "unknown option `--json`"),
            ("provider 80", "unknown argument `80`"),
            ("provider --port", "`--port` needs a number"),
            ("provider --port 65536", "`--port` needs a number from 0 to 65535, not `65536`"),
            ("provider --port=+1", "`--port` needs a number from 0 to 65535, not `+1`"),
            ("--timeout", "`--timeout` needs a number of seconds"),
            ("--timeout 0", "`--timeout` needs a whole number of seconds above 0, not `0`"),
            ("--timeout -1", "`--timeout` needs a whole number of seconds above 0, not `-1`"),
            ("--timeout +1", "`--timeout` needs a whole number of seconds above 0, not `+1`"),
            ("--timeout 1.5", "`--timeout` needs a whole number of seconds above 0, not `1.5`"),
            ("--timeout 5s", "`--timeout` needs a whole number of seconds above 0, not `5s`"),
            ("--timeout=", "`--timeout` needs a whole number of seconds above 0, not ``"),
            (
                "--timeout 99999999999999999999",
                "`--timeout` needs a whole number of seconds above 0, not `99999999999999999999`",
            ),
        ] {
            assert_eq!(parsed(line), Err(problem.to_owned()), "{line}");
        }
    }
}
