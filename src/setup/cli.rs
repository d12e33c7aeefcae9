//! The command line, read by hand. [`help`] has all of it.
//!
//! Left out: short options that can be joined, and `--` (there are no operands to protect).

use std::{ffi::OsString, num::NonZeroU64, str::FromStr, time::Duration};

use crate::error::Error;

/// What `--help` prints; of the login alone, no line about what it hasn't.
pub fn help() -> String {
    let (whole, alone) = (include_str!("help.txt"), include_str!("help-alone.txt"));
    if cfg!(feature = "classroom") { whole } else { alone }.to_owned()
}

/// What to do: practise with this button, or run the provider on this port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Login(Options),
    Practice(Options, Option<String>),
    Provider(u16),
    Exam(Vec<OsString>),
    Help,
    Version,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub no_browser: bool,
    pub paste: bool,
    pub output: Output,
    pub revoke: bool,
    pub timeout: Duration,
    pub explain: Option<Explanation>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    pub step: bool,
    pub reveal: bool,
}

/// What goes to standard output: the profile as lines or as JSON, the token, or the answer it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    #[default]
    Lines,
    Json,
    Token,
    Response,
}

/// Reads the arguments that follow the program's name.
/// Errors: [`Error::Usage`] for anything that isn't in [`help`].
pub fn parse(arguments: &[OsString]) -> Result<Command, Error> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let mut words = words.iter().map(AsRef::as_ref).peekable();
    if words.next_if_eq(&"exam").is_some() {
        return Ok(Command::Exam(arguments.iter().skip(1).cloned().collect()));
    }
    let subcommand = words.next_if(|first| matches!(*first, "practice" | "provider"));
    let is_provider = subcommand == Some("provider");
    let (mut no_browser, mut paste, mut flags) = (false, false, Vec::new());
    let (mut seconds, mut port, mut button) = (300, 8010, None);
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name @ ("--timeout" | "--port" | "--break"), value)) => (name, Some(value)),
            _ => (word, None),
        };
        let mut value = || value.or_else(|| words.next());
        match name {
            "-h" | "--help" => return Ok(Command::Help),
            "-V" | "--version" => return Ok(Command::Version),
            "--port" if is_provider => port = number(name, value())?,
            "--break" if subcommand == Some("practice") => button = value().or(Some("")),
            "--port" | "--break" if !is_provider => {
                let of =
                    if name == "--port" { "provider --port N" } else { "practice --break NAME" };
                return usage(format!("`{name}` goes with another command: `bare-oauth {of}`"));
            }
            "practice" | "provider" if subcommand.is_none() => {
                return usage(format!("`{name}` comes first: type `bare-oauth {name} OPTIONS`"));
            }
            _ if is_provider && name.starts_with("--") => {
                return usage(format!("`provider` has no option `{name}`, only `--port`"));
            }
            "--no-browser" => no_browser = true,
            "--paste" => paste = true,
            "--json" | "--token" | "--response" | "--revoke" | "--explain" | "--step"
            | "--reveal" => flags.push(name),
            "--timeout" => seconds = number::<NonZeroU64>(name, value())?.get(),
            _ if name.starts_with('-') => return usage(format!("unknown option `{name}`")),
            _ => return usage(format!("unknown argument `{name}`")),
        }
    }
    let has = |flag| flags.contains(&flag);
    let revoke = has("--revoke");
    let together = |one, other| usage(format!("`{one}` and `{other}` can't be used together"));
    let outputs = ["--json", "--token", "--response"].into_iter().filter(|flag| has(flag));
    let output = match *outputs.collect::<Vec<_>>() {
        [] => Output::Lines,
        ["--json"] => Output::Json,
        // Whoever wants the token wants it alive.
        [one] if revoke => return together(one, "--revoke"),
        ["--token"] => Output::Token,
        [_] => Output::Response,
        [one, other, ..] => return together(one, other),
    };
    if paste && button.is_some() {
        return together("--paste", "--break");
    }
    let (step, reveal) = (has("--step"), has("--reveal"));
    let explain = (step || has("--explain")).then_some(Explanation { step, reveal });
    if reveal && explain.is_none() {
        return usage("`--reveal` needs `--explain` or `--step`");
    }
    let timeout = Duration::from_secs(seconds);
    let options = Options { no_browser, paste, output, revoke, timeout, explain };
    Ok(match subcommand {
        None => Command::Login(options),
        Some("practice") => Command::Practice(options, button.map(str::to_owned)),
        Some(_) => Command::Provider(port),
    })
}

pub fn usage<T>(problem: impl Into<String>) -> Result<T, Error> {
    Err(Error::Usage(problem.into()))
}

/// The value of an option: digits, and nothing else.
fn number<T: FromStr>(option: &str, value: Option<&str>) -> Result<T, Error> {
    let Some(value) = value else { return usage(format!("`{option}` needs a number")) };
    let range = if option == "--port" { "from 0 to 65535" } else { "of seconds above 0" };
    match value.parse() {
        // `parse` takes `+1` too.
        Ok(number) if !value.starts_with('+') => Ok(number),
        _ => usage(format!("`{option}` needs a whole number {range}, not `{value}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    }

    fn options(no_browser: bool, output: Output, seconds: u64) -> Options {
        Options { no_browser, output, timeout: Duration::from_secs(seconds), ..Options::default() }
    }

    fn explained(step: bool, reveal: bool) -> Options {
        Options {
            explain: Some(Explanation { step, reveal }),
            ..options(false, Output::Lines, 300)
        }
    }

    fn practice(options: Options, button: &str) -> Command {
        Command::Practice(options, Some(button.to_owned()))
    }

    #[test]
    fn the_help_of_the_login_alone_is_the_help_without_the_classrooms_lines() {
        let others = ["practice", "provider", "bare-oauth exam", "with exam"];
        let is_left_out = |line: &str| others.iter().any(|it| line.contains(it));
        let lines = include_str!("help.txt").split_inclusive('\n');
        let alone: String = lines.filter(|line| !is_left_out(line)).collect();
        assert_eq!(alone, include_str!("help-alone.txt"));
    }

    #[test]
    fn every_option_of_the_help_is_understood() {
        for (line, command) in [
            ("", Command::Login(options(false, Output::Lines, 300))),
            ("--no-browser", Command::Login(options(true, Output::Lines, 300))),
            ("--json --timeout 5", Command::Login(options(false, Output::Json, 5))),
            ("--timeout=007 --token", Command::Login(options(false, Output::Token, 7))),
            ("practice", Command::Practice(options(false, Output::Lines, 300), None)),
            (
                "practice --token --no-browser",
                Command::Practice(options(true, Output::Token, 300), None),
            ),
            ("--explain", Command::Login(explained(false, false))),
            ("practice --step", Command::Practice(explained(true, false), None)),
            ("--explain --step", Command::Login(explained(true, false))),
            ("--reveal --step", Command::Login(explained(true, true))),
            ("--explain --reveal", Command::Login(explained(false, true))),
            (
                "practice --paste",
                Command::Practice(
                    Options { paste: true, ..options(false, Output::Lines, 300) },
                    None,
                ),
            ),
            ("practice --break=a --explain", practice(explained(false, false), "a")),
            ("practice --break", practice(options(false, Output::Lines, 300), "")),
            (
                "--response --response",
                Command::Login(Options {
                    output: Output::Response,
                    ..options(false, Output::Lines, 300)
                }),
            ),
            (
                "--json --revoke",
                Command::Login(Options { revoke: true, ..options(false, Output::Json, 300) }),
            ),
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
    fn anything_else_is_wrong_usage_and_says_what_to_type_instead() {
        let seconds = "`--timeout` needs a whole number of seconds above 0, not";
        let port = "`--port` needs a whole number from 0 to 65535, not";
        let breaks = "`--break` goes with another command: `bare-oauth practice --break NAME`";
        let provider = "`--port` goes with another command: `bare-oauth provider --port N`";
        for (line, problem) in [
            ("--bogus", "unknown option `--bogus`"),
            ("-j", "unknown option `-j`"),
            ("--", "unknown option `--`"),
            ("login", "unknown argument `login`"),
            ("--json practice", "`practice` comes first: type `bare-oauth practice OPTIONS`"),
            ("--explain provider", "`provider` comes first: type `bare-oauth provider OPTIONS`"),
            ("practice practice", "unknown argument `practice`"),
            ("--json --token", "`--json` and `--token` can't be used together"),
            ("--token --json --token", "`--json` and `--token` can't be used together"),
            ("--response --token", "`--token` and `--response` can't be used together"),
            ("--response --json", "`--json` and `--response` can't be used together"),
            ("--revoke --token", "`--token` and `--revoke` can't be used together"),
            ("--response --revoke", "`--response` and `--revoke` can't be used together"),
            ("--reveal", "`--reveal` needs `--explain` or `--step`"),
            ("--break no-state", breaks),
            ("provider --break=a", "`provider` has no option `--break`, only `--port`"),
            ("practice --break a --paste", "`--paste` and `--break` can't be used together"),
            ("--port 1", provider),
            ("practice --port=1", provider),
            ("provider --json", "`provider` has no option `--json`, only `--port`"),
            ("provider 80", "unknown argument `80`"),
            ("provider --port", "`--port` needs a number"),
            ("provider --port 65536", &format!("{port} `65536`")),
            ("provider --port=+1", &format!("{port} `+1`")),
            ("--timeout", "`--timeout` needs a number"),
            ("--timeout 0", &format!("{seconds} `0`")),
            ("--timeout -1", &format!("{seconds} `-1`")),
            ("--timeout +1", &format!("{seconds} `+1`")),
            ("--timeout 1.5", &format!("{seconds} `1.5`")),
            ("--timeout 5s", &format!("{seconds} `5s`")),
            ("--timeout=", &format!("{seconds} ``")),
            ("--timeout 99999999999999999999", &format!("{seconds} `99999999999999999999`")),
        ] {
            assert_eq!(parsed(line), Err(problem.to_owned()), "{line}");
        }
    }
}
