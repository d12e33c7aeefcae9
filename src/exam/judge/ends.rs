//! Checks of how a run ended: who was signed in, which requests came, and the exit status.

use crate::exam::seen::{Account, Asked, Record};
use crate::exam::verdict::Finding;
use crate::show::terminal::escape;

/// How much of a line is quoted, in characters.
const QUOTED: usize = 200;

/// The client is done, and says that it has gone well.
pub(in crate::exam) fn succeeds(run: &Record) -> Option<Finding> {
    if !run.signed_in_as(Account::Person) {
        return Some(Finding::broken(format!("nobody was signed in: {}", last(run))));
    }
    match run.end {
        Some(end) if end.success() => None,
        Some(_) => {
            let seen = format!("it was signed in, but {}", last(run));
            let why = "The program that started it takes a status other than 0 for a failure.";
            let advice = "End with 0 after a login that has worked.";
            Some(Finding::broken(seen).because(why, advice))
        }
        None => {
            let seen = "it was signed in, but it still ran when its time was over";
            let why = "The person has nothing left to do, and the program doesn't end.";
            let advice = "End once the login is done, and close what is still open: idle connections keep many servers (Node's closeAllConnections ends them).";
            Some(Finding::broken(seen).because(why, advice))
        }
    }
}

/// The client is done, and says that it hasn't gone well.
pub(in crate::exam) fn fails(run: &Record) -> Option<Finding> {
    let why =
        "The program that started it, a script for example, goes on as if somebody were signed in.";
    let advice = "End with a status other than 0 if nobody was signed in.";
    match run.end {
        Some(end) if !end.success() => None,
        Some(_) => Some(Finding::broken(ending(run)).because(why, advice)),
        None if asks_again(run) => {
            Some(Finding::unclear("it asked once more, and the exam answers one request"))
        }
        None => {
            let why = "The person waits for a program that never ends.";
            let advice = "End the program wherever an answer can't be used, or hasn't come after 30 seconds or so, also from another thread.";
            Some(Finding::broken(ending(run)).because(why, advice))
        }
    }
}

/// Whether the client has opened an authorization request after the first one, and another one.
fn asks_again(run: &Record) -> bool {
    let Some(asked) = run.request() else { return false };
    let path = asked.request.path();
    let query = asked.request.query();
    run.opened.iter().any(|url| url.contains(path) && !url.contains(query))
}

/// The client doesn't say that it has gone well. It may wait, as it was told to.
pub(in crate::exam) fn ends_with_no_success(run: &Record) -> Option<Finding> {
    if run.end.is_some() { fails(run) } else { None }
}

pub(in crate::exam) fn asks_no_token(run: &Record) -> Option<Finding> {
    if run.leg_3.is_empty() {
        return None;
    }
    let why = "There is no code that could be exchanged.";
    let advice = "Read error before code, and make no token request if there is one.";
    Some(Finding::broken("it made a token request").because(why, advice))
}

pub(in crate::exam) fn asks_no_profile(run: &Record) -> Option<Finding> {
    if run.leg_4.is_empty() {
        return None;
    }
    Some(Finding::broken("it made a profile request all the same"))
}

/// For a client that sends no state. RFC 9700 §2.1 allows it, where the provider looks at the challenge.
pub(in crate::exam) const PKCE_ALONE: &str = "Send a state and compare it. Rely on PKCE alone only where the provider's metadata announces it.";

/// Nobody is signed in as the stranger, and no stranger's code is exchanged.
pub(in crate::exam) fn meets_no_stranger(run: &Record) -> Option<Finding> {
    if run.signed_in_as(Account::Stranger) {
        return Some(Finding::broken("it was signed in as the stranger `mallory`"));
    }
    let is_strangers = |asked: &Asked| asked.account == Some(Account::Stranger);
    if !run.leg_3.iter().any(is_strangers) {
        return None;
    }
    let seen = "it sent the stranger's code to the token endpoint";
    let why = "A provider that doesn't look at the code challenge signs you in as somebody else.";
    if run.leg_1_parameter("state").is_some() {
        let advice =
            "Compare the state that comes back with the one you sent, before anything else.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    let seen = format!("{seen}, and only PKCE has kept the stranger out");
    Some(Finding::weak(seen).because(why, PKCE_ALONE))
}

/// No code is exchanged that a careful client leaves.
pub(in crate::exam) fn leaves_the_code(run: &Record) -> Option<Finding> {
    for trap in &run.traps {
        if run.exchanges_of(trap) > 0 {
            return Some(Finding::broken("it exchanged the code of this callback"));
        }
    }
    None
}

pub(in crate::exam) fn sends_the_code_once(run: &Record) -> Option<Finding> {
    let why = "A provider revokes the token when its code comes twice, and may have used the code up before the failure.";
    let advice = "Send each code once. Some libraries send it again by themselves, after an error or with other credentials: switch that off.";
    match run.exchanges() {
        1 => None,
        0 => Some(Finding::broken("the code of the right callback never came")),
        count => {
            let seen = format!("the code was sent {count} times");
            Some(Finding::broken(seen).because(why, advice))
        }
    }
}

/// How a run ended.
pub(in crate::exam) fn ending(run: &Record) -> String {
    let Some(end) = run.end else { return "it still ran when its time was over".to_owned() };
    match end.code() {
        Some(code) => format!("it exited with status {code}"),
        // `signal: 9 (SIGKILL)`
        None => format!("it ended by {}", end.to_string().replace(": ", " ")),
    }
}

/// How a run ended, and a line that the client said.
pub(in crate::exam) fn last(run: &Record) -> String {
    format!("{}{}", ending(run), last_line(run))
}

/// The last line that the client said: of those that tell of an error, if there are any.
pub(in crate::exam) fn last_line(run: &Record) -> String {
    for stream in run.streams() {
        let text = stream.text();
        let mut last = None;
        let mut error = None;
        for line in text.lines() {
            if !line.trim().is_empty() && !is_of_access_log(line) {
                last = Some(line);
            }
            if is_error(line) {
                error = Some(line);
            }
        }
        if let Some(line) = error.or(last) {
            let mut line = escape(line);
            if let Some((end, _)) = line.char_indices().nth(QUOTED) {
                line.truncate(end);
            }
            return format!("; it said `{line}`");
        }
    }
    String::new()
}

/// Whether a line tells of an error. A line of an access log, which has a target in it, Rust's hint about
/// backtraces and Node's marks of an error's kind don't.
fn is_error(line: &str) -> bool {
    let has_word = ["error", "Error", "ERROR"].iter().any(|word| line.contains(word));
    let is_remark = line.contains("RUST_BACKTRACE") || line.contains("[Symbol(");
    has_word && !is_remark && !is_of_access_log(line)
}

fn is_of_access_log(line: &str) -> bool {
    line.contains("HTTP/1.")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exam::http::Message;
    use crate::exam::seen::{LastLeg, Point};
    use crate::exam::verdict::Weight;

    /// A run that never ended, in which the client opened this as well.
    fn run_that_opened(url: &str) -> Record {
        let mut run = Record::new("profile-401", Point::Callback, LastLeg::Profile, Duration::ZERO);
        let start = "GET /login/oauth/authorize?state=first HTTP/1.1".to_owned();
        let request = Message { start, ..Message::default() };
        let parameters = Vec::new();
        run.leg_1.push(Asked {
            request,
            parameters,
            account: None,
            refused: None,
            was_granted: false,
        });
        run.opened.push(url.to_owned());
        run
    }

    #[test]
    fn a_client_that_asks_once_more_has_something_to_wait_for() {
        for (url, weight) in [
            ("http://127.0.0.1:1/login/oauth/authorize?state=second", Weight::Unclear),
            ("http://127.0.0.1:1/login/oauth/authorize?state=first", Weight::Broken),
            ("http://localhost:2/failed.html", Weight::Broken),
        ] {
            let finding = fails(&run_that_opened(url)).expect(url);
            assert_eq!(finding.weight, weight, "{url}");
        }
    }

    #[test]
    fn a_line_tells_of_an_error_unless_it_is_of_an_access_log_or_a_hint() {
        for (line, tells) in [
            ("Error: the state is wrong", true),
            ("requests.exceptions.InvalidHeader: Invalid ERROR value", true),
            ("json.decoder.JSONDecodeError: Expecting value", true),
            ("GET /?error=access_denied HTTP/1.1 200", false),
            ("note: run with `RUST_BACKTRACE=1` to see the error's backtrace", false),
            ("Done.", false),
        ] {
            assert_eq!(is_error(line), tells, "{line}");
        }
    }
}
