//! `bare-oauth`: arguments in, exit status out. The library's front page has the map.

use std::{env, process::ExitCode};

use bare_oauth::cli::{self, Command, HELP};
use bare_oauth::terminal::{say, say_error, write_result};
use bare_oauth::{browser, config::Config, error::Error, exam, login, practice};

fn main() -> ExitCode {
    if exam::is_browser() {
        return ExitCode::SUCCESS;
    }
    let error = match cli::parse(env::args_os().skip(1)).and_then(run) {
        Ok(code) => return code,
        Err(error) => error,
    };
    say_error(&error);
    if !matches!(error, Error::Usage(_)) {
        return ExitCode::FAILURE;
    }
    say("try `bare-oauth --help`");
    ExitCode::from(2)
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Exam(arguments) => {
            let has_passed = exam::run(&arguments)?;
            return Ok(if has_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Help => write_result(HELP),
        Command::Version => write_result(concat!("bare-oauth ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Practice(options, button) => practice::login(&options, button.as_deref()),
        Command::Provider(port) => practice::serve(port),
        Command::Login(options) => {
            let variables = |name: &str| env::var_os(name);
            let config = Config::read(&variables, &options)?;
            login::run(&config, &variables, &options, &browser::person(&options))
        }
    }?;
    Ok(ExitCode::SUCCESS)
}
