//! The verdicts: each check looks at what was seen of a run, and says what is wrong with it.
//!
//! ```text
//! "it was signed in as the stranger `mallory`"
//! ```
//!
//! Left out: what a client thinks. Only requests, pages, streams and exit statuses count.

use super::seen::{Asked, Page, Run, Verdict, broken};
use crate::protocol::client_auth;
use crate::protocol::pkce as hash;
use crate::secret::{ClientSecret, Verifier};
use crate::show::terminal::escape;

/// Looks at a run, and at all of them beside it.
pub(super) type Check = fn(&Run, &[Run]) -> Verdict;

/// Checks: what has to hold, and what was seen otherwise.
macro_rules! checks {
    ($($name:ident($run:ident) $($holds:expr => $seen:expr),+;)*) => {$(
        pub(super) fn $name($run: &Run, _: &[Run]) -> Verdict {
            $(broken($holds, $seen)?;)+
            Ok(())
        }
    )*};
}

checks! {
    starts(run) run.problem.is_empty() => format!("the command can't be started: {}", run.problem);
    ends(run) run.end.is_some_and(|end| !end.success()) => ending(run);
    succeeds(run) run.end.is_some_and(|end| end.success()) => ending(run) + &last_line(run),
        run.leg_4.iter().any(|asked| asked.refused.is_empty()) => "nobody was signed in";
    meets_no_stranger(run) run.leg_4.iter().all(|it| !it.is_strangers)
        => "it was signed in as the stranger `mallory`";
    asks_for_no_token(run) run.leg_3.is_empty() => "it made a token request";
    asks_no_profile(run) run.leg_4.is_empty() => "it made a profile request all the same";
    leaves_the_code(run) exchanges(run) == 0 => "it exchanged the code of this callback";
    sends_the_code_once(run) exchanges(run) == 1 => format!("the code was sent {} times", exchanges(run));
    goes_nowhere_else(run) run.elsewhere.is_empty() => "a request came there";
    brings_no_token_elsewhere(run) !run.elsewhere.iter().any(|it| [&it.request.query, &*it.body,
        it.request.header("authorization").unwrap_or_default()].concat().contains("gho_"))
        => "the token came to the other origin";
    sends_no_such_header(run) run.leg_4.iter().all(|it| it.request.header("x-injected").is_none())
        => "the header came with leg 4";
    stops_reading(run) run.sent <= 64 << 20 => format!("it read {} MiB", run.sent >> 20);
    repeats_no_markup(run) !run.pages.iter().any(|it| it.is_html && it.body.contains("<exam-mark>"))
        => "a page repeated the markup as it came";
    prints_no_escapes(run) !run.streams.values().any(|it| has_escapes(it)) => "a stream had them as they came";
    response_type(run) sent(&run.leg_1, "response_type").next().as_deref() == Some("code")
        => "it sent no response_type=code";
    redirect_uri(run) sent(&run.leg_1, "redirect_uri").next().is_some() => "leg 1 had no redirect_uri",
        sent(&run.leg_3, "redirect_uri").next().is_some() => "leg 3 had no redirect_uri",
        sent(&run.leg_1, "redirect_uri").next() == sent(&run.leg_3, "redirect_uri").next()
        => "leg 3 had another redirect_uri than leg 1";
    bearer(run) run.leg_4.iter().all(|it| it.request.header("authorization").unwrap_or_default()
        .to_ascii_lowercase().starts_with("bearer ")) => "it didn't send the token as Authorization: Bearer",
        run.leg_4.iter().all(|it| !it.request.query.contains("gho_")) => "the token was in the address";
    answers(run) !run.pages.is_empty() => "nobody answered on one of the two addresses";
}

/// Nothing goes wrong.
pub(super) fn signs_in(run: &Run, _: &[Run]) -> Verdict {
    let legs = [("authorization", &run.leg_1), ("token", &run.leg_3), ("profile", &run.leg_4)];
    for (name, asked) in legs {
        let why: String = asked.iter().map(|asked| &*asked.refused).collect();
        broken(why.is_empty(), format!("the provider refused the {name} request: {why}"))?;
        let count = asked.len();
        broken(count > 0, format!("no {name} request came{}", last_line(run)))?;
        broken(count == 1 || name == "authorization", format!("{count} {name} requests came"))?;
    }
    Ok(())
}

pub(super) fn claims_no_success(run: &Run, _: &[Run]) -> Verdict {
    let said = run.pages.iter().find_map(success_words).unwrap_or_default();
    broken(said.is_empty(), format!("the tab said `{said}`, and nobody was signed in"))
}

pub(super) fn within(run: &Run, seconds: u64) -> Verdict {
    let took = run.took.as_secs();
    broken(took < seconds, format!("it took {took} s after the callback"))
}

pub(super) fn probed(run: &Run, _: &[Run]) -> Verdict {
    let untold = "this system or this redirect URI doesn't tell";
    run.probe.clone().unwrap_or_else(|| Err(("skip", untold.to_owned())))
}

pub(super) fn state(run: &Run, all: &[Run]) -> Verdict {
    let count = sent(&run.leg_1, "state").next().map_or(0, |state| state.chars().count());
    if count == 0 && sent(&run.leg_1, "code_challenge").next().is_some() {
        // RFC 9700 §2.1 allows it, where the client knows that the provider looks at the challenge.
        return Err(("warn", "it sent no state, and relies on PKCE alone".to_owned()));
    }
    broken(count > 0, "it sent no state")?;
    broken(count >= 22, format!("its state has {count} characters, and needs 22"))?;
    broken(is_new(run, "state", all), "two logins had the same state")
}

pub(super) fn pkce(run: &Run, all: &[Run]) -> Verdict {
    let challenge = sent(&run.leg_1, "code_challenge").next();
    let method = sent(&run.leg_1, "code_challenge_method").next();
    broken(challenge.is_some(), "it sent no code_challenge")?;
    broken(method.as_deref() == Some("S256"), "its code_challenge_method isn't S256")?;
    broken(is_new(run, "code_challenge", all), "two logins had the same code_challenge")?;
    let Some(asked) = run.leg_3.first() else { return Ok(()) };
    let verifier = asked.parameter("code_verifier").unwrap_or_default();
    let is_char = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    let is_valid = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_char);
    broken(is_valid, "its code_verifier isn't 43 to 128 characters of the right kind")?;
    let fits = challenge == Some(hash::challenge(&Verifier::new(verifier)));
    broken(fits, "its code_verifier doesn't hash to the code_challenge")
}

pub(super) fn secret_in_url(run: &Run, _: &[Run]) -> Verdict {
    let asked = [&run.leg_1, &run.leg_3, &run.leg_4, &run.elsewhere].into_iter().flatten();
    let has = |secret: &str| asked.clone().any(|it| it.request.query.contains(secret));
    broken(!has(&run.secret), "the client secret was in an address")?;
    let has_verifier = sent(&run.leg_3, "code_verifier").any(|verifier| has(&verifier));
    broken(!has_verifier, "the verifier was in an address")
}

pub(super) fn token_request(run: &Run, _: &[Run]) -> Verdict {
    let Some(asked) = run.leg_3.first() else { return Ok(()) };
    let (request, get) = (&asked.request, |name| asked.parameter(name).unwrap_or_default());
    let media_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_form = media_type.starts_with("application/x-www-form-urlencoded");
    broken(request.method == "POST", format!("its method was {}", request.method))?;
    broken(is_form && asked.body.contains("code="), "its body wasn't a form with the code")?;
    broken(get("grant_type") == "authorization_code", "it had no grant_type=authorization_code")?;
    let basic = client_auth::basic("practice", &ClientSecret::new(run.secret.clone()));
    let is_known = get("client_id") == "practice" && get("client_secret") == run.secret
        || request.header("authorization") == Some(&basic);
    broken(is_known, "client_id and client_secret were neither in the body nor in HTTP Basic")
}

pub(super) fn prints_no_secret(run: &Run, _: &[Run]) -> Verdict {
    let verifiers: Vec<_> = sent(&run.leg_3, "code_verifier").collect();
    for (name, stream) in &run.streams {
        let text = String::from_utf8_lossy(stream);
        let has = |secret: &String| text.contains(secret);
        // A token's beginning gives nothing away.
        let is_whole = |rest: &str| rest.bytes().take_while(u8::is_ascii_graphic).count() >= 30;
        let has_token = ["gho_", "ghr_"].iter().any(|it| text.split(it).skip(1).any(is_whole));
        broken(!has(&run.secret), format!("the client secret stands on {name}"))?;
        broken(!run.codes.iter().any(has), format!("the code stands on {name}"))?;
        broken(!verifiers.iter().any(has), format!("the verifier stands on {name}"))?;
        broken(!has_token, format!("a token stands on {name}"))?;
    }
    Ok(())
}

/// What these requests had for a parameter.
fn sent(asked: &[Asked], name: &str) -> impl Iterator<Item = String> {
    let values = asked.iter().filter_map(|asked| asked.parameter(name));
    values.filter(|value| !value.is_empty())
}

fn is_new(run: &Run, name: &str, all: &[Run]) -> bool {
    let is_same = |it: &&Run| sent(&it.leg_1, name).next() == sent(&run.leg_1, name).next();
    all.iter().filter(is_same).count() == 1
}

/// How often the first code came to the token endpoint.
fn exchanges(run: &Run) -> usize {
    sent(&run.leg_3, "code").filter(|code| Some(code) == run.codes.first()).count()
}

fn ending(run: &Run) -> String {
    let still = "it still ran when its time was over".to_owned();
    run.end.map_or(still, |end| format!("it ended with the {end}"))
}

/// The last thing that the client said, and an error rather than anything else.
pub(super) fn last_line(run: &Run) -> String {
    let last = |stream: &Vec<u8>| {
        let text = String::from_utf8_lossy(stream);
        let error = text.lines().rfind(|line| line.contains("rror"));
        let line = error.or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))?;
        Some(escape(line).chars().take(200).collect::<String>())
    };
    // Standard error is the first of the two.
    let line = run.streams.values().find_map(last);
    line.map_or(String::new(), |line| format!("; its last line is `{line}`"))
}

fn has_escapes(stream: &[u8]) -> bool {
    // A line may end in CR LF.
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
    ["\u{1b}[31mThe", "The\r", "\u{202e}"].iter().any(|mark| text.contains(mark))
}

/// The words of a page that tell of a success.
fn success_words(page: &Page) -> Option<String> {
    let words = ["success", "signed in", "logged in", "authorized", "complete"];
    let (mut text, mut is_said) = (String::new(), true);
    for part in page.body.to_lowercase().split('<') {
        let (tag, said) = part.split_once('>').unwrap_or(("", part));
        // Neither a style nor a script says anything.
        if ["style", "script"].iter().any(|it| tag.trim_start_matches('/').starts_with(it)) {
            is_said = tag.starts_with('/');
        }
        text.extend(said.split_whitespace().filter(|_| is_said).flat_map(|word| [word, " "]));
    }
    let around = |(at, word): (usize, &str)| {
        let (before, after) = text.split_at_checked(at)?;
        let nearby = before.chars().rev().take(30).collect::<Vec<_>>().into_iter().rev();
        let around: String = nearby.chain(after.chars().take(word.len() + 30)).collect();
        let words = format!(" {around} ");
        let is_denied = [" not ", "n't ", "fail", "error"].iter().any(|it| words.contains(it));
        let is_opposite = before.ends_with("un") || before.ends_with("in");
        (!is_denied && !is_opposite).then_some(around)
    };
    let mut found = words.iter().flat_map(|word| text.match_indices(word));
    found.find_map(around).filter(|_| page.status < 400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_hears_of_a_success_where_nothing_takes_it_back() {
        for (status, body, told) in [
            (200, "<h1>Login Successful!</h1>You can close this tab.", true),
            (200, "<p>Signed\n in</p>", true),
            (200, "The authentication flow has completed.", true),
            (200, "Your account is <b>authorized</b>", true),
            (200, "<h1>Not signed in</h1>", false),
            (200, "Unauthorized", false),
            (200, "Login was unsuccessful", false),
            (200, "The login failed to complete", false),
            (200, "Code received. Look at the terminal.", false),
            (502, "success", false),
            (200, "", false),
            (200, "<style>.success{}</style><script>complete()</script><h1>Denied</h1>", false),
            (200, "<style>p{}</style><h1>Success</h1>", true),
            (200, "Success. Nothing more to do.", true),
        ] {
            let page = Page { status, body: body.to_owned(), ..Page::default() };
            assert_eq!(success_words(&page).is_some(), told, "{body}");
        }
    }
}
