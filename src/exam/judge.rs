//! The verdicts: each check looks at what was seen of a run, and says what is wrong with it.
//!
//! ```text
//! "it was signed in as the stranger `mallory`"
//! ```
//!
//! Left out: what a client thinks. Only requests, pages, streams and exit statuses count.

use super::browser::{MARKUP, Page, header};
use super::run::{Asked, End, Run};
use crate::flow::authentication;
use crate::secret::{ClientSecret, Verifier, pkce as hash};
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
        self.own.iter().try_for_each(|run| {
            // The login has shown that it makes one.
            if run.leg_1.is_empty() && self.all.len() > 1 {
                let why = format!("no authorization request came this time{}", last_line(run));
                return Err(Problem::Untold(why));
            }
            checks.iter().try_for_each(|check| check(run))
        })
    }

    pub(super) fn all(&self, checks: &[fn(&Run) -> Verdict]) -> Verdict {
        self.all.iter().try_for_each(|run| {
            checks.iter().try_for_each(|check| check(run)).map_err(|problem| match problem {
                Problem::Broken(seen) => Problem::Broken(format!("{seen} (in `{}`)", run.name)),
                other => other,
            })
        })
    }

    /// Each run beside those before it.
    pub(super) fn anew(&self, checks: &[fn(&Run, &[&Run]) -> Verdict]) -> Verdict {
        let mut asking = self.all.iter().enumerate().filter(|(_, run)| !run.leg_1.is_empty());
        let before = |at| self.all.get(..at).unwrap_or_default();
        asking.try_for_each(|(at, run)| checks.iter().try_for_each(|check| check(run, before(at))))
    }
}

/// The rule is broken, unless this holds.
pub(super) fn broken(holds: bool, seen: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(Problem::Broken(seen.into())) }
}

/// A check in one sentence: what has to hold, and what was seen otherwise.
macro_rules! checks {
    ($($name:ident($run:ident) $holds:expr, $seen:expr;)*) => {$(
        pub(super) fn $name($run: &Run) -> Verdict {
            broken($holds, $seen)
        }
    )*};
}

checks! {
    ends(run) matches!(run.end, End::Status(status) if status != Some(0)), ending(run);
    meets_no_stranger(run) !run.has_met_a_stranger(), "it was signed in as the stranger `mallory`";
    leaves_the_code(run) exchanges(run) == 0, "it exchanged the code of this callback";
    sends_the_code_once(run) exchanges(run) == 1, format!("the code was sent {} times", exchanges(run));
    sends_no_such_header(run) run.leg_4.iter().all(|it| it.request.header("x-injected").is_none()),
        "the header came with leg 4";
    brings_no_token_elsewhere(run) !run.elsewhere.iter().any(Asked::has_token),
        "the token came to the other origin";
    response_type(run) sent(run, "response_type").as_deref() == Some("code"), "it sent no response_type=code";
    repeats_no_markup(run) !run.seen.pages.iter().any(has_markup), "a page repeated the markup as it came";
    prints_no_escapes(run) !run.streams.iter().any(|it| has_escapes(it)), "a stream had them as they came";
}

/// Nothing goes wrong.
pub(super) fn signs_in(run: &Run) -> Verdict {
    if let End::NotStarted(why) = &run.end {
        return broken(false, format!("the command can't be started: {}", escape(why)));
    }
    let hint = " (start $BROWSER with the address or print it, and end after the login)";
    let legs = [
        ("authorization", &run.leg_1, hint),
        ("token", &run.leg_3, ""),
        ("profile", &run.leg_4, ""),
    ];
    for (name, asked, hint) in legs {
        let why = asked.iter().find_map(|asked| asked.refused.as_deref());
        let refused = format!("the provider refused the {name} request: ");
        broken(why.is_none(), refused + &escape(why.unwrap_or_default()))?;
        let count = asked.len();
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

pub(super) fn asks_no_profile(run: &Run) -> Verdict {
    let untold = || Problem::Untold(format!("no token request came this time{}", last_line(run)));
    run.leg_3.first().ok_or_else(untold)?;
    broken(run.leg_4.is_empty(), "it made a profile request all the same")
}

/// Neither the exit status nor the tab claims a login.
pub(super) fn fails(run: &Run) -> Verdict {
    ends(run)?;
    claims_no_success(run)
}

pub(super) fn claims_no_success(run: &Run) -> Verdict {
    let words = run.seen.pages.iter().find_map(success_words);
    let said = escape(words.as_deref().unwrap_or_default());
    broken(words.is_none(), format!("the tab said `{said}`, and nobody was signed in"))
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

pub(super) fn state(run: &Run, before: &[&Run]) -> Verdict {
    let state = sent(run, "state");
    let count = state.as_ref().map_or(0, |state| state.chars().count());
    if count == 0 && sent(run, "code_challenge").is_some() {
        // RFC 9700 §2.1 allows it, where the client knows that the provider looks at the challenge.
        return Err(Problem::Weak("it sent no state, and relies on PKCE alone".to_owned()));
    }
    broken(count > 0, "it sent no state")?;
    broken(count >= 22, format!("its state has {count} characters, and needs 22"))?;
    broken(before.iter().all(|it| sent(it, "state") != state), "two logins had the same state")
}

pub(super) fn pkce(run: &Run, before: &[&Run]) -> Verdict {
    let challenge = sent(run, "code_challenge");
    broken(challenge.is_some(), "it sent no code_challenge")?;
    let is_hash = sent(run, "code_challenge_method").as_deref() == Some("S256");
    broken(is_hash, "its code_challenge_method isn't S256")?;
    let is_new = before.iter().all(|it| sent(it, "code_challenge") != challenge);
    broken(is_new, "two logins had the same code_challenge")?;
    let Some(asked) = run.leg_3.first() else { return Ok(()) };
    let verifier = asked.parameter("code_verifier").unwrap_or_default();
    let is_char = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    let is_valid = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_char);
    broken(is_valid, "its code_verifier isn't 43 to 128 characters of the right kind")?;
    let fits = challenge == Some(hash::challenge(&Verifier::new(verifier)));
    broken(fits, "its code_verifier doesn't hash to the code_challenge")
}

pub(super) fn redirect_uri(run: &Run) -> Verdict {
    let asked = sent(run, "redirect_uri");
    broken(asked.is_some(), "leg 1 had no redirect_uri")?;
    let repeated = run.leg_3.first().and_then(|asked| asked.parameter("redirect_uri"));
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

pub(super) fn prints_no_secret(run: &Run) -> Verdict {
    for (stream, name) in run.streams.iter().zip(["standard output", "standard error"]) {
        let text = String::from_utf8_lossy(stream);
        let has = |secret: &str| !secret.is_empty() && text.contains(secret);
        // A token's beginning gives nothing away.
        let is_whole = |rest: &str| rest.bytes().take_while(u8::is_ascii_graphic).count() >= 30;
        for (is_there, what) in [
            (has(&run.secret), "the client secret"),
            (run.seen.codes.iter().any(|code| has(code)), "the code"),
            (verifiers(run).any(|verifier| has(&verifier)), "the verifier"),
            (["gho_", "ghr_"].iter().any(|it| text.split(it).skip(1).any(is_whole)), "a token"),
        ] {
            broken(!is_there, format!("{what} stands on {name}"))?;
        }
    }
    Ok(())
}

/// A parameter of leg 1.
fn sent(run: &Run, name: &str) -> Option<String> {
    let form = Form::decode(&run.leg_1.first()?.request.query).ok()?;
    form.get(name).ok()?.map(str::to_owned)
}

fn verifiers(run: &Run) -> impl Iterator<Item = String> {
    run.leg_3.iter().filter_map(|asked| asked.parameter("code_verifier"))
}

/// How often the first code came to the token endpoint.
fn exchanges(run: &Run) -> usize {
    let is_first = |it: &&Asked| it.parameter("code").as_ref() == run.seen.codes.first();
    run.leg_3.iter().filter(is_first).count()
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
    let mut said = run.streams.iter().rev().map(|stream| String::from_utf8_lossy(stream));
    let line = |text: &str| {
        Some(escape(
            text.lines()
                .rfind(|it| it.contains("rror"))
                .or_else(|| text.lines().rfind(|it| !it.trim().is_empty()))?,
        ))
    };
    let last = said.find_map(|text| line(&text));
    let short = |line: String| line.chars().take(200).collect::<String>();
    last.map_or(String::new(), |line| format!("; its last line is `{}`", short(line)))
}

fn has_escapes(stream: &[u8]) -> bool {
    // A line may end in CR LF.
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
    ["\u{1b}[31mThe", "The\r", "\u{202e}"].iter().any(|mark| text.contains(mark))
}

fn has_markup(page: &Page) -> bool {
    let media_type = header(&page.head, "content-type").unwrap_or("text/html");
    let is_obeyed = media_type.contains("html") || media_type.contains("xml");
    is_obeyed && page.body.contains(MARKUP.trim_start_matches(['"', '\'', '>']))
}

/// The words of a page that tell of a success.
fn success_words(page: &Page) -> Option<String> {
    let words = ["success", "signed in", "logged in", "authorized", "complete"];
    // Neither a style nor a script says anything.
    let parts = page.body.split("<style").flat_map(|it| it.split("<script")).map(|it| {
        let end = it.find("</style").or_else(|| it.find("</script")).unwrap_or_default();
        it.split_at(end).1
    });
    let body = parts.collect::<String>();
    let text = body.split('<').map(|it| it.split_once('>').map_or(it, |(_, text)| text));
    let text = text.collect::<Vec<_>>().join(" ").to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
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
