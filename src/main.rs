//! `bare-oauth`: arguments in, exit code out. The library's front page has the map.

use std::env;
use std::process::ExitCode;

use bare_oauth::cli::{self, Command, HELP};
use bare_oauth::config::Config;
use bare_oauth::error::Error;
use bare_oauth::explain::Explain;
use bare_oauth::wire::client::Client;
use bare_oauth::{login, practice, terminal};

fn main() -> ExitCode {
    match cli::parse(env::args_os().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ Error::Usage(_)) => {
            terminal::say_error(&error);
            terminal::say("try `bare-oauth --help`");
            ExitCode::from(2)
        }
        Err(error) => {
            terminal::say_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Help => terminal::write_result(HELP),
        Command::Version => {
            terminal::write_result(concat!("bare-oauth ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Command::Practice(options) => practice::login(&options),
        Command::Provider(port) => practice::serve(port),
        Command::Login(options) => {
            let variables = |name: &str| env::var_os(name);
            let config = Config::read(&variables)?;
            let mut explain = Explain::new(options.explain);
            let endpoints = [&config.token_url, &config.user_url];
            let client = Client::new(&variables, &endpoints, explain.trace())?;
            login::login(&config, &client, &options, &mut explain, None)
        }
    }
}
