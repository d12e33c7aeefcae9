//! One environment variable, and the errors that name it. An empty variable counts as not set.

use crate::error::Error;
use crate::setup::Variables;
use crate::wire::form::Problem;

/// The value of a variable; empty if it isn't set.
pub(super) fn text(variables: Variables<'_>, name: &'static str) -> Result<String, Error> {
    match variables(name).unwrap_or_default().into_string() {
        Ok(value) => Ok(value),
        Err(_) => bad(name, "isn't UTF-8: set it again"),
    }
}

/// The value as what it stands for, or an error that names the variable and shows the value.
pub(super) fn checked<T>(
    name: &'static str,
    value: &str,
    parsed: Result<T, Problem>,
) -> Result<T, Error> {
    match parsed {
        Ok(parsed) => Ok(parsed),
        Err(problem) => unusable(name, value, problem),
    }
}

/// An error that shows the value.
pub(super) fn unusable<T>(name: &'static str, value: &str, problem: Problem) -> Result<T, Error> {
    if value.contains('@') {
        let withheld = "its value isn't shown, because it has an `@` and may hold a password";
        bad(name, &format!("{problem}: {withheld}"))
    } else {
        bad(name, &format!("{problem}: it is `{value}`"))
    }
}

/// The error for a variable; the problem is the rest of the sentence.
pub(super) fn bad<T>(name: &'static str, problem: &str) -> Result<T, Error> {
    Err(Error::Variable { name, problem: problem.to_owned() })
}
