//! The settings of a login: the command line, the environment, and the limits.

pub mod browser;
pub mod cli;
pub mod config;
pub(crate) mod in_time;
pub mod limits;
pub mod machine;
pub mod proxy;
pub mod roots;
mod variable;

/// Looks an environment variable up. The program passes [`std::env::var_os`].
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<std::ffi::OsString>;
