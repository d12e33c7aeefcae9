//! The options of the exam, and the command after `--`.
//!
//! ```text
//! bare-oauth exam [OPTIONS] -- COMMAND [ARGUMENTS]
//! ```

use std::ffi::OsString;
use std::thread;
use std::time::Duration;

use super::cases;
use super::cases::case::Case;
use crate::error::Error;
use crate::setup::cli::usage;

/// How long a run may take, unless it is said.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Options {
    pub(super) wants_help: bool,
    pub(super) json: bool,
    pub(super) list: bool,
    /// How many runs at a time.
    pub(super) jobs: usize,
    /// How long a run may take.
    pub(super) limit: Duration,
    pub(super) cases: Vec<&'static Case>,
    pub(super) command: Vec<OsString>,
}

/// The words before `--`. An option and its value are two words, or have `=` between them.
struct Words {
    words: Vec<String>,
    /// The value that stood behind `=`.
    value: Option<String>,
}

impl Words {
    fn new(arguments: &[OsString]) -> Self {
        let mut words = Vec::new();
        for word in arguments {
            words.push(word.to_string_lossy().into_owned());
        }
        words.reverse();
        Self { words, value: None }
    }

    /// The next option.
    fn next(&mut self) -> Option<String> {
        let word = self.words.pop()?;
        if !word.starts_with("--") {
            return Some(word);
        }
        let Some((name, value)) = word.split_once('=') else { return Some(word) };
        self.value = Some(value.to_owned());
        Some(name.to_owned())
    }

    /// The value of an option.
    fn value(&mut self, name: &str) -> Result<String, Error> {
        match self.value.take().or_else(|| self.words.pop()) {
            Some(value) => Ok(value),
            None => usage(format!("`{name}` needs a value")),
        }
    }

    fn number(&mut self, name: &str) -> Result<u32, Error> {
        let text = self.value(name)?;
        match text.parse() {
            Ok(number @ 1..) => Ok(number),
            _ => usage(format!("`{name}` needs a whole number above 0, not `{text}`")),
        }
    }
}

/// Reads the options.
pub(super) fn parse(arguments: &[OsString]) -> Result<Options, Error> {
    let mut parts = arguments.splitn(2, |word| word == "--");
    let mut words = Words::new(parts.next().unwrap_or_default());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        wants_help: false,
        json: false,
        list: false,
        jobs: cores,
        limit: LIMIT,
        cases: cases::every(),
        command: parts.next().unwrap_or_default().to_vec(),
    };
    while let Some(name) = words.next() {
        match name.as_str() {
            "-h" | "--help" => options.wants_help = true,
            "--json" => options.json = true,
            "--list" => options.list = true,
            "--jobs" => options.jobs = words.number(&name)? as usize,
            "--timeout" => options.limit = Duration::from_secs(words.number(&name)?.into()),
            "--only" => {
                let chosen = named(&words.value(&name)?)?;
                options.cases.retain(|case| chosen.contains(&case.name));
            }
            "--skip" => {
                let chosen = named(&words.value(&name)?)?;
                options.cases.retain(|case| !chosen.contains(&case.name));
            }
            _ if name.starts_with('-') => return usage(format!("`exam` has no option `{name}`")),
            _ => {
                let problem = format!("put `--` before the command: `bare-oauth exam -- {name}`");
                return usage(problem);
            }
        }
        if words.value.is_some() {
            return usage(format!("`{name}` takes no value"));
        }
    }
    if options.wants_help {
        return Ok(options);
    }
    if options.cases.is_empty() {
        return usage("no case is left");
    }
    if !options.list && options.command.is_empty() {
        return usage("`exam` needs a command: type `bare-oauth exam -- COMMAND`");
    }
    Ok(options)
}

/// The names in a list, each that of a case.
fn named(list: &str) -> Result<Vec<&'static str>, Error> {
    let mut names = Vec::new();
    for name in list.split(',') {
        let Some(case) = cases::every().into_iter().find(|case| case.name == name) else {
            return usage(format!("no case is called `{name}`: see `bare-oauth exam --list`"));
        };
        names.push(case.name);
    }
    Ok(names)
}
