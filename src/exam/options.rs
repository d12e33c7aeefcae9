//! The options of the exam, and the command after `--`.
//!
//! ```text
//! bare-oauth exam [OPTIONS] -- COMMAND [ARGUMENTS]
//! ```

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::cases;
use super::cases::case::Case;
use super::chosen;
use crate::error::Error;
use crate::setup::cli::usage;

/// How long a run may take, unless it is said.
const LIMIT: Duration = Duration::from_secs(20);
/// How many runs a core has at a time. Most of an exam is waiting.
const JOBS_PER_CORE: usize = 3;

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Lines,
    Json,
    Junit,
}

/// The work that the options ask for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    Help,
    /// Prints the cases.
    List,
    /// Prints what a case is about.
    Explain(&'static Case),
    /// Runs a case, and prints all that happens.
    Show(&'static Case),
    Examine,
}

#[derive(Debug)]
pub(super) struct Options {
    pub(super) task: Task,
    pub(super) format: Format,
    /// How many runs at a time.
    pub(super) jobs: usize,
    /// How long a run may take.
    pub(super) limit: Duration,
    /// How many exams are made.
    pub(super) repeat: u32,
    /// Whether a warning counts as a failure.
    pub(super) strict: bool,
    /// A file with the failures that are known.
    pub(super) baseline: Option<PathBuf>,
    /// Where everything that was seen is kept.
    pub(super) save: Option<PathBuf>,
    /// Whether secrets stand there as they are.
    pub(super) reveal: bool,
    pub(super) cases: Vec<&'static Case>,
    pub(super) command: Vec<OsString>,
}

impl Options {
    /// Whether somebody wants to read what happened in each run.
    pub(super) fn wants_events(&self) -> bool {
        self.save.is_some() || matches!(self.task, Task::Show(_))
    }
}

/// The words before `--`. An option and its value are two words, or have `=` between them.
struct Words {
    /// The next one stands last.
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
        let value = match self.value.take() {
            Some(value) => Some(value),
            None => self.words.pop(),
        };
        match value {
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
        task: Task::Examine,
        format: Format::Lines,
        jobs: JOBS_PER_CORE * cores,
        limit: LIMIT,
        repeat: 1,
        strict: false,
        baseline: None,
        save: None,
        reveal: false,
        cases: cases::every(),
        command: parts.next().unwrap_or_default().to_vec(),
    };
    while let Some(name) = words.next() {
        read_option(&mut options, &name, &mut words)?;
        if words.value.is_some() {
            return usage(format!("`{name}` takes no value"));
        }
    }
    check(options)
}

fn read_option(options: &mut Options, name: &str, words: &mut Words) -> Result<(), Error> {
    match name {
        "-h" | "--help" => options.task = Task::Help,
        "--list" => options.task = Task::List,
        "--explain" => options.task = Task::Explain(chosen::one(&words.value(name)?)?),
        "--show" => options.task = Task::Show(chosen::one(&words.value(name)?)?),
        "--json" => options.format = Format::Json,
        "--junit" => options.format = Format::Junit,
        "--strict" => options.strict = true,
        "--reveal" => options.reveal = true,
        "--jobs" => options.jobs = words.number(name)? as usize,
        "--timeout" => options.limit = Duration::from_secs(words.number(name)?.into()),
        "--repeat" => options.repeat = words.number(name)?,
        "--baseline" => options.baseline = Some(words.value(name)?.into()),
        "--save" => options.save = Some(words.value(name)?.into()),
        "--only" => {
            let chosen = chosen::names(&words.value(name)?)?;
            options.cases.retain(|case| chosen.contains(&case.name));
        }
        "--skip" => {
            let chosen = chosen::names(&words.value(name)?)?;
            options.cases.retain(|case| !chosen.contains(&case.name));
        }
        _ if name.starts_with('-') => return usage(format!("`exam` has no option `{name}`")),
        _ => {
            return usage(format!("put `--` before the command: `bare-oauth exam -- {name}`"));
        }
    }
    Ok(())
}

/// Looks at all of the options together.
fn check(options: Options) -> Result<Options, Error> {
    if options.reveal && !options.wants_events() {
        return usage("`--reveal` needs `--show` or `--save`");
    }
    if matches!(options.task, Task::Help | Task::Explain(_)) {
        return Ok(options);
    }
    if options.cases.is_empty() {
        return usage("`--only` and `--skip` leave no case");
    }
    if options.command.is_empty() && !matches!(options.task, Task::List) {
        return usage("`exam` needs a command: type `bare-oauth exam -- COMMAND`");
    }
    Ok(options)
}
