//! The command line, read by hand. [`help`] has all of it.
//!
//! ```text
//! bare-oauth --json --timeout 60        a login
//! bare-oauth practice --break=missing-state  a login at the practice provider
//! ```
//!
//! Left out: short options that can be joined, and `--` (there are no operands to protect).

use std::{ffi::OsString, time::Duration};

use crate::error::Error;

/// The text of `--help`. A build with the classroom has an appendix about it.
pub fn help() -> String {
    let mut help = include_str!("help.txt").to_owned();
    if cfg!(feature = "classroom") {
        help += include_str!("help-classroom.txt");
    }
    help
}

/// The thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Login(Options),
    /// Log in at the practice provider; the button to press there, if the program is to press it.
    Practice {
        options: Options,
        button: Option<String>,
    },
    /// Print the buttons of the practice provider.
    ListButtons,
    /// Run the practice provider alone.
    Provider {
        port: u16,
    },
    /// Examine a client; the arguments that follow.
    Exam(Vec<OsString>),
    /// Open the URL on standard input: [`crate::setup::browser`] starts this program once more to do so.
    OpenBrowser,
    Help,
    Version,
}

/// The options of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub no_browser: bool,
    pub paste: bool,
    pub output: Output,
    pub revoke: bool,
    pub timeout: Duration,
    /// None where nothing is explained.
    pub explain: Option<Explanation>,
}

/// How `--explain` is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    pub step: bool,
    pub reveal: bool,
}

/// The result that goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The profile as lines, unless an option says otherwise.
    Lines,
    Json,
    Token,
    Response,
}

impl Output {
    fn option(self) -> &'static str {
        match self {
            Self::Lines => "",
            Self::Json => "--json",
            Self::Token => "--token",
            Self::Response => "--response",
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            no_browser: false,
            paste: false,
            output: Output::Lines,
            revoke: false,
            timeout: Duration::from_secs(300),
            explain: None,
        }
    }
}

/// The argument that starts this program as the one that opens the browser.
pub(crate) const OPEN_BROWSER: &str = "open-browser";

/// Reads the arguments that follow the program's name.
/// Errors: [`Error::Usage`] for anything that isn't in [`help`].
pub fn parse(arguments: &[OsString]) -> Result<Command, Error> {
    let mut words = Vec::new();
    for argument in arguments {
        words.push(argument.to_string_lossy());
    }
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_first() {
        Some((&"practice", rest)) => parse_practice(rest),
        Some((&"provider", rest)) => parse_provider(rest),
        Some((&"exam", _)) => {
            let mut rest = arguments.to_vec();
            rest.remove(0);
            Ok(Command::Exam(rest))
        }
        Some((&OPEN_BROWSER, [])) => Ok(Command::OpenBrowser),
        _ => parse_login(&words),
    }
}

fn parse_login(words: &[&str]) -> Result<Command, Error> {
    let mut reader = OptionReader::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match Argument::from(*word) {
            Argument { name: "-h" | "--help", .. } => return Ok(Command::Help),
            Argument { name: "-V" | "--version", .. } => return Ok(Command::Version),
            Argument { name: "practice" | "provider" | "exam", .. } => {
                return usage(format!("`{word}` comes first: type `bare-oauth {word} OPTIONS`"));
            }
            Argument { name: "--break", .. } => return usage(BREAK_ELSEWHERE),
            Argument { name: "--port", .. } => return usage(PORT_ELSEWHERE),
            argument => reader.read(argument, &mut words)?,
        }
    }
    Ok(Command::Login(reader.options()?))
}

fn parse_practice(words: &[&str]) -> Result<Command, Error> {
    let mut reader = OptionReader::default();
    let mut button = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match Argument::from(*word) {
            Argument { name: "-h" | "--help", .. } => return Ok(Command::Help),
            Argument { name: "-V" | "--version", .. } => return Ok(Command::Version),
            Argument { name: "--list", value: None } => return Ok(Command::ListButtons),
            Argument { name: "--break", value: Some(name) } => button = Some(name.to_owned()),
            Argument { name: "--break", value: None } => {
                // No button has an empty name, so without a name the error lists the buttons.
                let name = words.next().copied().unwrap_or_default();
                button = Some(name.to_owned());
            }
            Argument { name: "--port", .. } => return usage(PORT_ELSEWHERE),
            argument => reader.read(argument, &mut words)?,
        }
    }
    if reader.options.paste && button.is_some() {
        return both("--paste", "--break");
    }
    Ok(Command::Practice { options: reader.options()?, button })
}

fn parse_provider(words: &[&str]) -> Result<Command, Error> {
    let mut port = 8010;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match Argument::from(*word) {
            Argument { name: "-h" | "--help", .. } => return Ok(Command::Help),
            Argument { name: "-V" | "--version", .. } => return Ok(Command::Version),
            Argument { name: "--port", value } => {
                let value = value.or_else(|| words.next().copied());
                port = number("--port", value, "from 0 to 65535")?;
            }
            Argument { name, .. } if name.starts_with("--") => {
                return usage(format!("`provider` has no option `{name}`, only `--port`"));
            }
            Argument { name, .. } => return usage(format!("unknown argument `{name}`")),
        }
    }
    Ok(Command::Provider { port })
}

const BREAK_ELSEWHERE: &str =
    "`--break` goes with another command: `bare-oauth practice --break NAME`";
const PORT_ELSEWHERE: &str = "`--port` goes with another command: `bare-oauth provider --port N`";

/// One argument: `--timeout`, or `--timeout=5` with its value.
#[derive(Clone, Copy)]
struct Argument<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(word: &'a str) -> Self {
        match word.split_once('=') {
            Some((name @ ("--timeout" | "--port" | "--break"), value)) => {
                Self { name, value: Some(value) }
            }
            _ => Self { name: word, value: None },
        }
    }
}

/// Reads the options that a login at any provider has.
#[derive(Default)]
struct OptionReader {
    options: Options,
    reveal: bool,
}

impl OptionReader {
    fn read<'a>(
        &mut self,
        argument: Argument<'a>,
        rest: &mut impl Iterator<Item = &'a &'a str>,
    ) -> Result<(), Error> {
        match argument.name {
            "--no-browser" => self.options.no_browser = true,
            "--paste" => self.options.paste = true,
            "--json" => self.set_output(Output::Json)?,
            "--token" => self.set_output(Output::Token)?,
            "--response" => self.set_output(Output::Response)?,
            "--revoke" => self.options.revoke = true,
            "--explain" => {
                // An earlier `--step` stays.
                self.options.explain.get_or_insert_default();
            }
            "--step" => self.options.explain.get_or_insert_default().step = true,
            "--reveal" => self.reveal = true,
            "--timeout" => {
                let value = argument.value.or_else(|| rest.next().copied());
                let seconds: u64 = number("--timeout", value, SECONDS)?;
                if seconds == 0 {
                    return usage(format!("`--timeout` needs a whole number {SECONDS}, not `0`"));
                }
                // A clock can't count much further, and nobody waits for a year.
                self.options.timeout = Duration::from_secs(seconds.min(A_YEAR));
            }
            name if name.starts_with('-') => return usage(format!("unknown option `{name}`")),
            name => return usage(format!("unknown argument `{name}`")),
        }
        Ok(())
    }

    fn set_output(&mut self, output: Output) -> Result<(), Error> {
        let earlier = self.options.output;
        if earlier != Output::Lines && earlier != output {
            return both(earlier.option(), output.option());
        }
        self.options.output = output;
        Ok(())
    }

    /// The options, once all of them have been read.
    fn options(mut self) -> Result<Options, Error> {
        // A token that has just been printed must not be revoked.
        let shows_token = matches!(self.options.output, Output::Token | Output::Response);
        if self.options.revoke && shows_token {
            return both(self.options.output.option(), "--revoke");
        }
        match &mut self.options.explain {
            Some(explain) => explain.reveal = self.reveal,
            None if self.reveal => return usage("`--reveal` needs `--explain` or `--step`"),
            None => {}
        }
        Ok(self.options)
    }
}

const SECONDS: &str = "of seconds above 0";
const A_YEAR: u64 = 365 * 24 * 60 * 60;

fn both<T>(one: &str, other: &str) -> Result<T, Error> {
    usage(format!("`{one}` and `{other}` can't be used together"))
}

/// The error for a command line that isn't in the help.
pub fn usage<T>(problem: impl Into<String>) -> Result<T, Error> {
    Err(Error::Usage(problem.into()))
}

/// The number of an option: digits, and nothing else.
fn number<N: std::str::FromStr>(
    option: &str,
    value: Option<&str>,
    range: &str,
) -> Result<N, Error> {
    let Some(value) = value else { return usage(format!("`{option}` needs a number")) };
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

    fn practised(options: Options) -> Command {
        Command::Practice { options, button: None }
    }

    fn practice(options: Options, button: &str) -> Command {
        Command::Practice { options, button: Some(button.to_owned()) }
    }

    #[test]
    fn the_help_of_the_login_alone_says_nothing_of_the_classroom() {
        let alone = include_str!("help.txt");
        for word in ["practice", "provider [", "exam"] {
            assert!(!alone.contains(word), "{word}");
        }
        assert_eq!(help().contains("bare-oauth practice"), cfg!(feature = "classroom"));
    }

    #[test]
    fn every_option_of_the_help_is_understood() {
        for (line, command) in [
            ("", Command::Login(options(false, Output::Lines, 300))),
            ("--no-browser", Command::Login(options(true, Output::Lines, 300))),
            ("--json --timeout 5", Command::Login(options(false, Output::Json, 5))),
            ("--timeout=007 --token", Command::Login(options(false, Output::Token, 7))),
            ("practice", practised(options(false, Output::Lines, 300))),
            ("practice --token --no-browser", practised(options(true, Output::Token, 300))),
            ("--explain", Command::Login(explained(false, false))),
            ("practice --step", practised(explained(true, false))),
            ("--explain --step", Command::Login(explained(true, false))),
            ("--reveal --step", Command::Login(explained(true, true))),
            ("--explain --reveal", Command::Login(explained(false, true))),
            (
                "practice --paste",
                practised(Options { paste: true, ..options(false, Output::Lines, 300) }),
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
            ("provider", Command::Provider { port: 8010 }),
            ("provider --port 0", Command::Provider { port: 0 }),
            ("provider --port=65535", Command::Provider { port: 65535 }),
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
            ("--json exam", "`exam` comes first: type `bare-oauth exam OPTIONS`"),
            ("open-browser --json", "unknown argument `open-browser`"),
            ("--json --token", "`--json` and `--token` can't be used together"),
            ("--token --json --token", "`--token` and `--json` can't be used together"),
            ("--response --token", "`--response` and `--token` can't be used together"),
            ("--response --json", "`--response` and `--json` can't be used together"),
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
