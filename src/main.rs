//! `bare-oauth`: arguments in, exit status out. The library's front page has the map.

use std::{env, process::ExitCode};

use bare_oauth::error::Error;
use bare_oauth::login;
use bare_oauth::setup::browser;
use bare_oauth::setup::cli::{self, Command};
use bare_oauth::setup::config::Config;
use bare_oauth::show::terminal::{say, say_error, write_result};

fn main() -> ExitCode {
    // An examined client may start this program as its browser, which then tells the exam what URL it got.
    #[cfg(feature = "classroom")]
    if bare_oauth::exam::open_as_browser() {
        return ExitCode::SUCCESS;
    }
    // The first is the program's own name.
    let arguments: Vec<_> = env::args_os().collect();
    match cli::parse(arguments.get(1..).unwrap_or_default()).and_then(run) {
        Ok(code) => code,
        Err(error) => {
            say_error(&error);
            if matches!(error, Error::Usage(_)) {
                say("try `bare-oauth --help`");
                return ExitCode::from(2);
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Help => write_result(&cli::help())?,
        Command::Version => write_result(concat!("bare-oauth ", env!("CARGO_PKG_VERSION"), "\n"))?,
        Command::Login(options) => {
            let config = Config::read(&|name| env::var_os(name), &options)?;
            login::run(&config, &options, &browser::person(&options, config.machine))?;
        }
        Command::OpenBrowser => browser::open_from_standard_input()?,
        #[cfg(feature = "classroom")]
        Command::Practice { options, button } => bare_oauth::practice::login(&options, button)?,
        #[cfg(feature = "classroom")]
        Command::ListButtons => write_result(&bare_oauth::practice::list_buttons())?,
        #[cfg(feature = "classroom")]
        Command::Provider { port } => bare_oauth::practice::serve(port)?,
        #[cfg(feature = "classroom")]
        Command::Exam(arguments) => return bare_oauth::exam::run(&arguments),
        #[cfg(not(feature = "classroom"))]
        Command::Practice { .. }
        | Command::ListButtons
        | Command::Provider { .. }
        | Command::Exam(_) => {
            let problem = "only bare-oauth-classroom has `practice`, `provider` and `exam`";
            return cli::usage(problem);
        }
    }
    Ok(ExitCode::SUCCESS)
}
