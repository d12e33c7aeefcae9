//! `bare-oauth`: arguments in, exit status out. The library's front page has the map.

use std::{env, process::ExitCode};

use bare_oauth::error::Error;
use bare_oauth::login;
use bare_oauth::setup::browser;
use bare_oauth::setup::cli::{self, Command};
use bare_oauth::setup::config::Config;
use bare_oauth::show::terminal::{say, say_error, write_result};

fn main() -> ExitCode {
    #[cfg(feature = "classroom")]
    if bare_oauth::exam::open_as_browser() {
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let error = match cli::parse(&arguments).and_then(run) {
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
        Command::Help => write_result(&cli::help()),
        Command::Version => write_result(concat!("bare-oauth ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Login(options) => {
            let variables = |name: &str| env::var_os(name);
            let config = Config::read(&variables, &options)?;
            login::run(&config, &variables, &options, &browser::person(&options))
        }
        #[cfg(feature = "classroom")]
        Command::Practice(options, button) => bare_oauth::practice::login(&options, button),
        #[cfg(feature = "classroom")]
        Command::Provider(port) => bare_oauth::practice::serve(port),
        #[cfg(feature = "classroom")]
        Command::Exam(arguments) => return bare_oauth::exam::run(&arguments),
        #[cfg(not(feature = "classroom"))]
        _ => cli::usage("only bare-oauth-classroom has `practice`, `provider` and `exam`"),
    }?;
    Ok(ExitCode::SUCCESS)
}
