//! The verdicts: each looks at what was seen of a run, and says what is wrong with it.
//!
//! ```text
//! "it was signed in as the stranger `mallory`"
//! ```
//!
//! Left out: what a client thinks. Only requests, pages, streams and exit statuses count.

use super::browser::{MARKUP, Page, header};
use super::run::{Asked, End, Run};
use crate::flow::authentication;
use crate::practice::examined;
use crate::secret::{ClientSecret, Verifier, pkce};
use crate::terminal::escape;
use crate::wire::form::Form;

/// What a verdict looks at: the runs of the case (or the login, if it has none), and all of them.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) own: &'a [&'a Run],
    pub(super) all: &'a [&'a Run],
}

/// Why a case isn't passed: the rule is broken; it is kept, but weakly; or nobody can tell.
#[derive(Debug)]
pub(super) enum Problem {
    Broken(String),
    Weak(String),
    Untold(String),
}

pub(super) type Verdict = Result<(), Problem>;

impl Evidence<'_> {
    pub(super) fn own(&self, checks: &[fn(&Run) -> Verdict]) -> Verdict {
        let each = |run: &&Run| checks.iter().try_for_each(|check| check(run));
        // The login has shown that it makes one.
        let silent = self.own.iter().find(|run| run.leg_1.is_empty() && self.all.len() > 1);
        let why = |run| format!("no authorization request came this time{}", last_line(run));
        silent.map_or(Ok(()), |run| Err(Problem::Untold(why(run))))?;
        self.own.iter().try_for_each(each)
    }

    pub(super) fn all(&self, checks: &[fn(&Run) -> Verdict]) -> Verdict {
        self.all.iter().try_for_each(|run| checks.iter().try_for_each(|check| check(run)))
    }

    /// Each run beside those before it.
    pub(super) fn each_anew(&self, checks: &[fn(&Run, &[&Run]) -> Verdict]) -> Verdict {
        let asking: Vec<_> = self.all.iter().copied().filter(|it| !it.leg_1.is_empty()).collect();
        let before = |at| asking.get(..at).unwrap_or_default();
        let mut runs = asking.iter().enumerate();
        runs.try_for_each(|(at, run)| checks.iter().try_for_each(|check| check(run, before(at))))
    }
}

/// The rule is broken, unless this holds.
pub(super) fn broken(holds: bool, seen: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(Problem::Broken(seen.into())) }
}

// Whether there is a login.

pub(super) fn signs_in(run: &Run) -> Verdict {
    if let End::NotStarted(why) = &run.end {
        return broken(false, format!("the command can't be started: {}", escape(why)));
    }
    let hint = " (start $BROWSER with the address or print it, and end after the login)";
    for (asked, name) in
        [(&run.leg_1, "authorization"), (&run.leg_3, "token"), (&run.leg_4, "profile")]
    {
        let why = asked.iter().find_map(|asked| asked.refused.as_deref());
        broken(
            why.is_none(),
            format!("the provider refused the {name} request: {}", why.unwrap_or_default()),
        )?;
        let (count, hint) = (asked.len(), if name == "authorization" { hint } else { "" });
        broken(count > 0, format!("no {name} request came{hint}{}", last_line(run)))?;
        broken(count == 1 || name == "authorization", format!("{count} {name} requests came"))?;
    }
    succeeds(run)
}

pub(super) fn succeeds(run: &Run) -> Verdict {
    broken(run.end == End::Status(Some(0)), ending(run) + &last_line(run))?;
    let is_good = run.leg_4.iter().any(|asked| asked.refused.is_none());
    broken(is_good && !run.has_met_a_stranger(), "the right person isn't signed in")
}

/// Neither the exit status nor the tab claims a login.
pub(super) fn fails(run: &Run) -> Verdict {
    ends(run)?;
    claims_no_success(run)
}

pub(super) fn ends(run: &Run) -> Verdict {
    broken(matches!(run.end, End::Status(status) if status != Some(0)), ending(run))
}

pub(super) fn claims_no_success(run: &Run) -> Verdict {
    let words = run.seen.pages.iter().find_map(success_words);
    let seen = format!(
        "the tab said `{}`, and nobody was signed in",
        escape(words.as_deref().unwrap_or_default())
    );
    broken(words.is_none(), seen)
}

fn ending(run: &Run) -> String {
    match run.end {
        End::Status(Some(status)) => format!("it ended with the status {status}"),
        End::Status(None) => "a signal ended it".to_owned(),
        _ => "it still ran when its time was over".to_owned(),
    }
}

/// The last thing that the client said.
fn last_line(run: &Run) -> String {
    let said = run.streams.iter().rev().map(|stream| String::from_utf8_lossy(stream));
    let line = said.filter_map(|text| text.lines().rfind(|it| !it.trim().is_empty()).map(escape));
    let short = |line: String| {
        format!("; its last line is `{}`", line.chars().take(200).collect::<String>())
    };
    line.take(1).map(short).collect()
}

pub(super) fn within(run: &Run, seconds: u64) -> Verdict {
    let took = run.took.as_secs();
    broken(took < seconds, format!("it took {took} s after the callback"))
}

/// What a probe of the port or the process found.
pub(super) fn probed(run: &Run) -> Verdict {
    let untold = || Problem::Untold("this system or this redirect URI doesn't tell".to_owned());
    let (went_well, found) = run.seen.probe.as_ref().ok_or_else(untold)?;
    broken(*went_well, found)
}

// Which requests it makes.

pub(super) fn asks_no_profile(run: &Run) -> Verdict {
    broken(run.leg_4.is_empty(), "it made a profile request all the same")
}

pub(super) fn meets_no_stranger(run: &Run) -> Verdict {
    broken(!run.has_met_a_stranger(), "it was signed in as the stranger `mallory`")
}

/// How often the first code came to the token endpoint.
fn exchanges(run: &Run) -> usize {
    let is_first = |asked: &&Asked| parameter(asked, "code").as_ref() == run.seen.codes.first();
    run.leg_3.iter().filter(is_first).count()
}

pub(super) fn leaves_the_code(run: &Run) -> Verdict {
    broken(exchanges(run) == 0, "it exchanged the code of this callback")
}

pub(super) fn sends_the_code_once(run: &Run) -> Verdict {
    let count = exchanges(run);
    broken(count == 1, format!("the code was sent {count} times"))
}

pub(super) fn brings_no_token_elsewhere(run: &Run) -> Verdict {
    let has_token = |it: &Asked| {
        let header = it.request.header("authorization").unwrap_or_default();
        [header, &it.request.query, &it.body].iter().any(|text| text.contains("gho_"))
    };
    broken(!run.elsewhere.iter().any(has_token), "the token came to the other origin")
}

pub(super) fn sends_no_such_header(run: &Run) -> Verdict {
    let has_it = |asked: &Asked| asked.request.header("x-injected").is_some();
    broken(!run.leg_4.iter().any(has_it), "the header came with leg 4")
}

// What stands in them.

pub(super) fn response_type(run: &Run) -> Verdict {
    let kind = run.leg_1.first().and_then(|asked| query(asked, "response_type"));
    broken(kind.as_deref() == Some("code"), "it sent no response_type=code")
}

pub(super) fn state(run: &Run, before: &[&Run]) -> Verdict {
    let of = |run: &Run, name| run.leg_1.first().and_then(|asked| query(asked, name));
    let state = of(run, "state");
    let count = state.as_ref().map_or(0, |state| state.chars().count());
    if count == 0 && of(run, "code_challenge").is_some() {
        // RFC 9700 §2.1 allows it, where the client knows that the provider looks at the challenge.
        return Err(Problem::Weak("it sent no state, and relies on PKCE alone".to_owned()));
    }
    broken(count > 0, "it sent no state")?;
    broken(count >= 22, format!("its state has {count} characters, and needs 22"))?;
    broken(before.iter().all(|it| of(it, "state") != state), "two logins had the same state")
}

pub(super) fn pkce(run: &Run, before: &[&Run]) -> Verdict {
    let of = |run: &Run, name| run.leg_1.first().and_then(|asked| query(asked, name));
    let challenge = of(run, "code_challenge");
    broken(challenge.is_some(), "it sent no code_challenge")?;
    let method = of(run, "code_challenge_method");
    broken(method.as_deref() == Some("S256"), "its code_challenge_method isn't S256")?;
    let is_new = before.iter().all(|it| of(it, "code_challenge") != challenge);
    broken(is_new, "two logins had the same code_challenge")?;
    let Some(asked) = run.leg_3.first() else { return Ok(()) };
    let verifier = parameter(asked, "code_verifier").unwrap_or_default();
    let is_char = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    let is_valid = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_char);
    broken(is_valid, "its code_verifier isn't 43 to 128 characters of the right kind")?;
    let fits = challenge == Some(pkce::challenge(&Verifier::new(verifier)));
    broken(fits, "its code_verifier doesn't hash to the code_challenge")
}

pub(super) fn redirect_uri(run: &Run) -> Verdict {
    let asked = run.leg_1.first().and_then(|asked| query(asked, "redirect_uri"));
    broken(asked.is_some(), "leg 1 had no redirect_uri")?;
    let repeated = run.leg_3.first().and_then(|asked| parameter(asked, "redirect_uri"));
    broken(repeated.is_some(), "leg 3 had no redirect_uri")?;
    broken(repeated == asked, "leg 3 had another redirect_uri than leg 1")
}

pub(super) fn secret_in_url(run: &Run) -> Verdict {
    let asked = [&run.leg_1, &run.leg_3, &run.leg_4, &run.elsewhere].into_iter().flatten();
    let has = |secret: &str| asked.clone().any(|it| it.request.query.contains(secret));
    broken(!has(&run.secret), "the client secret was in an address")?;
    broken(!verifiers(run).any(|verifier| has(&verifier)), "the verifier was in an address")
}

pub(super) fn token_request(run: &Run) -> Verdict {
    let Some(Asked { request, body, .. }) = run.leg_3.first() else { return Ok(()) };
    let form = Form::decode(body).ok();
    let get = |name| form.as_ref().and_then(|form| form.get(name).ok()?);
    let media_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_form = media_type.starts_with("application/x-www-form-urlencoded");
    broken(request.method == "POST", format!("its method was {}", escape(&request.method)))?;
    broken(is_form && get("code").is_some(), "its body wasn't a form with the code")?;
    let is_code = get("grant_type") == Some("authorization_code");
    broken(is_code, "it had no grant_type=authorization_code")?;
    let basic = authentication::basic("practice", &ClientSecret::new(run.secret.clone()));
    let in_body = (get("client_id"), get("client_secret")) == (Some("practice"), Some(&run.secret));
    let is_known = in_body || request.header("authorization") == Some(&basic);
    broken(is_known, "client_id and client_secret were neither in the body nor in HTTP Basic")
}

pub(super) fn bearer(run: &Run) -> Verdict {
    let Some(Asked { request, .. }) = run.leg_4.first() else { return Ok(()) };
    let header = request.header("authorization").unwrap_or_default().to_ascii_lowercase();
    broken(header.starts_with("bearer "), "it didn't send the token as Authorization: Bearer")?;
    broken(!request.query.contains("gho_"), "the token was in the address")
}

/// A parameter of leg 1.
fn query(asked: &Asked, name: &str) -> Option<String> {
    Form::decode(&asked.request.query).ok()?.get(name).ok()?.map(str::to_owned)
}

/// A parameter of leg 3, wherever it stands.
fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let form = Form::decode(&examined::parameters(&asked.request, &asked.body)).ok()?;
    form.get(name).ok()?.map(str::to_owned)
}

fn verifiers(run: &Run) -> impl Iterator<Item = String> {
    run.leg_3.iter().filter_map(|asked| parameter(asked, "code_verifier"))
}

// What its pages and its streams show.

pub(super) fn repeats_no_markup(run: &Run) -> Verdict {
    let tag = MARKUP.trim_start_matches(['"', '\'', '>']);
    let is_raw = |page: &Page| {
        let media_type = header(&page.head, "content-type").unwrap_or("text/html");
        let is_obeyed = media_type.contains("html") || media_type.contains("xml");
        is_obeyed && page.body.contains(tag)
    };
    broken(!run.seen.pages.iter().any(is_raw), "a page repeated the markup as it came")
}

pub(super) fn prints_no_escapes(run: &Run) -> Verdict {
    let is_raw = |stream: &Vec<u8>| {
        // A line may end in CR LF.
        let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
        ["\u{1b}[31mThe", "The\r", "\u{202e}"].iter().any(|mark| text.contains(mark))
    };
    broken(!run.streams.iter().any(is_raw), "a stream had them as they came")
}

pub(super) fn prints_no_secret(run: &Run) -> Verdict {
    for (stream, name) in run.streams.iter().zip(["standard output", "standard error"]) {
        let text = String::from_utf8_lossy(stream);
        let has = |secret: &str| !secret.is_empty() && text.contains(secret);
        broken(!has(&run.secret), format!("the client secret stands on {name}"))?;
        broken(!run.seen.codes.iter().any(|code| has(code)), format!("the code stands on {name}"))?;
        broken(!verifiers(run).any(|it| has(&it)), format!("the verifier stands on {name}"))?;
        // A token's beginning gives nothing away.
        let is_whole = |rest: &str| rest.bytes().take_while(u8::is_ascii_graphic).count() >= 30;
        let has_token = ["gho_", "ghr_"].iter().any(|it| text.split(it).skip(1).any(is_whole));
        broken(!has_token, format!("a token stands on {name}"))?;
    }
    Ok(())
}

/// The words of a page that tell of a success.
fn success_words(page: &Page) -> Option<String> {
    let words = ["success", "signed in", "logged in", "authorized", "complete"];
    let text = page.body.split('<').map(|it| it.split_once('>').map_or(it, |(_, text)| text));
    let text = text.collect::<Vec<_>>().join(" ").to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let around = |(at, word): (usize, &str)| {
        let start = text.floor_char_boundary(at.saturating_sub(30));
        let around = text.get(start..text.floor_char_boundary(at + word.len() + 30))?;
        let is_opposite = |it: &&str| text.get(..at).is_some_and(|before| before.ends_with(it));
        let is_denied = ["not", "n't", "fail", "error"].iter().any(|it| around.contains(it))
            || ["un", "in"].iter().any(is_opposite);
        (!is_denied).then(|| around.to_owned())
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
        ] {
            let page = Page { status, body: body.to_owned(), ..Page::default() };
            assert_eq!(success_words(&page).is_some(), told, "{body}");
        }
    }
}
