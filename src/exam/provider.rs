//! The exam's provider, one for each run. It has GitHub's shape, takes every request that can be
//! understood, because the judge looks at it later, and answers legs 3 and 4 as the case says.
//!
//! ```text
//! GET  /login/oauth/authorize       leg 1: written down; the browser brings the answer
//! POST /login/oauth/access_token    leg 3: code in, token out
//! GET  /user                        leg 4: token in, profile out
//! GET  /login/oauth/elsewhere       where a redirect leads that nobody should follow
//! GET  /.well-known/…               the metadata, RFC 8414
//! GET  /exam/opened?url=…           what the client's browser was asked to open
//! ```
//!
//! It is strict where being generous would make a careful client look careless: it binds a code to
//! its challenge, and takes a code once.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::answers;
use super::books::{Books, Grant};
use super::http::{self, Message};
use super::metadata::metadata;
use super::parameters;
use super::seen::{Account, Asked};
use super::talk::{Answer, HTML, JSON, Talk, start};
use crate::practice::lock::locked;
use crate::protocol::pkce;
use crate::secret::Verifier;
use crate::show::terminal::escape_message;

const TOKEN_ENDPOINT: &str = "/login/oauth/access_token";
/// Where this program says what a client has opened: `/exam/opened?url=…`
pub(super) const OPENED: &str = "/exam/opened";
/// How many connections it serves at a time; more are closed.
const MAX_CONNECTIONS: usize = 64;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the legs are answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers {
    pub(super) token: Answer,
    pub(super) profile: Answer,
}

/// A provider's socket, before it serves.
#[derive(Debug)]
pub(super) struct Provider {
    listener: TcpListener,
    pub(super) origin: String,
}

impl Provider {
    pub(super) fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, origin })
    }

    /// Serves on a thread of its own, until the books are closed.
    pub(super) fn start(self, books: &Arc<Books>, answers: Answers) -> io::Result<()> {
        let books = Arc::clone(books);
        let serve = move || {
            let open = Arc::new(AtomicUsize::new(0));
            for stream in self.listener.incoming() {
                if !books.goes_on() {
                    return;
                }
                if let Ok(stream) = stream {
                    serve_aside(stream, &books, answers, &open);
                }
            }
        };
        thread::Builder::new().name("provider".to_owned()).spawn(serve)?;
        Ok(())
    }
}

/// Wakes the provider, so that it sees that its books are closed.
pub(super) fn wake(books: &Books) {
    if let Some(address) = Address::parse(&books.origin) {
        for socket in address.sockets() {
            let _ = TcpStream::connect_timeout(&socket, PATIENCE);
        }
    }
}

/// Serves a connection on a thread of its own, if there aren't too many.
fn serve_aside(stream: TcpStream, books: &Arc<Books>, answers: Answers, open: &Arc<AtomicUsize>) {
    if open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
        return;
    }
    open.fetch_add(1, Ordering::SeqCst);
    let books = Arc::clone(books);
    let served = Arc::clone(open);
    let work = move || {
        // A peer that is gone has no use for an answer.
        let _ = serve(&stream, &books, answers);
        served.fetch_sub(1, Ordering::SeqCst);
    };
    if thread::Builder::new().name("request".to_owned()).spawn(work).is_err() {
        open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(stream: &TcpStream, books: &Books, answers: Answers) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    let goes_on = || Instant::now() < until && books.goes_on();
    let unread = if answers.token.leaves_a_byte { Some(TOKEN_ENDPOINT) } else { None };
    let Some(request) = http::read_request(stream, unread, &goes_on) else { return Ok(()) };
    if request.path() != OPENED {
        books.happens(format!("the provider hears {}", summary(&request)));
    }
    let nobody = Grant::nobody();
    let talk = Talk { stream, books, grant: &nobody };
    match request.path() {
        "/login/oauth/authorize" => show_consent(request, &talk),
        TOKEN_ENDPOINT => exchange(request, &talk, answers.token),
        "/user" => show_profile(request, &talk, answers.profile),
        "/login/oauth/elsewhere" => {
            let asked = asked(request);
            locked(&books.record).note_request(|record| &mut record.elsewhere, asked);
            talk.text(404, HTML, "<h1>Nothing here</h1>")
        }
        OPENED => note_opened(&request, &talk),
        path if path.contains("/.well-known/") => talk.text(200, JSON, &metadata(books)),
        _ => talk.text(404, HTML, "<h1>Nothing here</h1>"),
    }
}

/// A request in a few lines.
fn summary(request: &Message) -> String {
    let mut text = request.start.clone();
    for name in ["authorization", "accept", "content-type"] {
        if let Some(value) = request.header(name) {
            text += &format!("\n{name}: {value}");
        }
    }
    if !request.body.is_empty() {
        text += &format!("\n{}", request.body);
    }
    escape_message(text.as_bytes())
}

fn asked(request: Message) -> Asked {
    let parameters = parameters::parameters(&request);
    Asked { parameters, request, account: None, refused: None, was_granted: false }
}

/// This program was started as the client's browser, and says what it should open.
fn note_opened(request: &Message, talk: &Talk<'_>) -> io::Result<()> {
    for parameter in parameters::decode(request.query()) {
        talk.books.note_opened(parameter.value);
    }
    while talk.books.holds_opener() {
        thread::sleep(Duration::from_millis(10));
    }
    let mut stream = talk.stream;
    stream.write_all(start(204).as_bytes())?;
    stream.write_all(b"\r\n")
}

/// Leg 1. The browser doesn't look at the page.
fn show_consent(request: Message, talk: &Talk<'_>) -> io::Result<()> {
    let mut asked = asked(request);
    asked.refused = problem_of_leg_1(&asked);
    let page = match &asked.refused {
        Some(why) => format!("<h1>Refused</h1><p>{why}</p>"),
        None => "<h1>Do you agree?</h1>".to_owned(),
    };
    let status = if asked.refused.is_some() { 400 } else { 200 };
    locked(&talk.books.record).note_request(|record| &mut record.leg_1, asked);
    talk.text(status, HTML, &page)
}

/// Why no browser can go on from this authorization request.
fn problem_of_leg_1(asked: &Asked) -> Option<String> {
    if asked.request.method() != "GET" {
        return Some(format!("its method is `{}`", asked.request.method()));
    }
    if asked.parameter("client_id") != Some("practice") {
        return Some("its client_id isn't the CLIENT_ID (RFC 6749 §4.1.2.1)".to_owned());
    }
    if let Some(name) = parameters::repeated(&asked.parameters) {
        return Some(format!("it has `{name}` twice (RFC 6749 §3.1)"));
    }
    // RFC 6749 §3.1.2.3: it may be left out, and then the one that is registered counts.
    if let Some(redirect_uri) = asked.parameter("redirect_uri") {
        if redirect_uri.starts_with("https:") {
            let why = "its redirect_uri is https, and the exam has no certificate for a browser";
            return Some(why.to_owned());
        }
        if Address::parse(redirect_uri).is_none() {
            let why = "its redirect_uri isn't an http URL of this machine, and the exam's browser goes nowhere else";
            return Some(why.to_owned());
        }
    }
    None
}

/// Leg 3.
fn exchange(request: Message, talk: &Talk<'_>, answer: Answer) -> io::Result<()> {
    let mut asked = asked(request);
    // A client may have kept one of an earlier run. To refresh a token is no login.
    if asked.parameter("grant_type") == Some("refresh_token") {
        return talk.error(400, "invalid_grant", "This refresh token is no longer good.");
    }
    let grant = talk.books.of_code(asked.parameter("code").unwrap_or_default());
    asked.account = grant.as_ref().map(|grant| grant.account);
    asked.refused = problem_of_leg_3(&asked, grant.as_ref(), talk.books);
    asked.was_granted = asked.refused.is_none() && answer.grants;
    let refused = asked.refused.clone();
    locked(&talk.books.record).note_request(|record| &mut record.leg_3, asked);
    if let Some(why) = refused {
        return talk.error(200, "bad_verification_code", &why);
    }
    let Some(grant) = grant else { return Ok(()) };
    (answer.send)(&Talk { grant: &grant, ..*talk })
}

/// Why a token request gets no token.
fn problem_of_leg_3(asked: &Asked, grant: Option<&Grant>, books: &Books) -> Option<String> {
    let code = asked.parameter("code").unwrap_or_default();
    let Some(grant) = grant else {
        return Some("this code was never given (RFC 6749 §5.2)".to_owned());
    };
    // RFC 6749 §4.1.2: "If an authorization code is used more than once, the authorization server
    // MUST deny the request and SHOULD revoke (when possible) all tokens previously issued based on
    // that authorization code."
    if books.use_code(code) > 0 {
        return Some("this code was used before (RFC 6749 §4.1.2)".to_owned());
    }
    let verifier = asked.parameter("code_verifier");
    // RFC 9700 §4.8.2: a request with a verifier is refused if there was no challenge, because
    // somebody may have taken it out. RFC 7636 §4.6 refuses the opposite.
    match (verifier, &grant.challenge) {
        (Some(_), None) => {
            let why = "a code_verifier came, and no code_challenge before (RFC 9700 §4.8.2)";
            Some(why.to_owned())
        }
        (None, Some(_)) => {
            let why = "no code_verifier came, though there was a code_challenge (RFC 7636 §4.6)";
            Some(why.to_owned())
        }
        // The case `pkce` judges whether the person's own verifier fits.
        (Some(verifier), Some(challenge)) if grant.account == Account::Stranger => {
            let hash = pkce::challenge(&Verifier::new(verifier.to_owned()));
            let why = "the code_verifier isn't the one of this code (RFC 7636 §4.6)";
            if hash == *challenge { None } else { Some(why.to_owned()) }
        }
        _ => None,
    }
}

/// Leg 4.
fn show_profile(request: Message, talk: &Talk<'_>, answer: Answer) -> io::Result<()> {
    // A client tries the token that it has kept of an earlier run.
    if locked(&talk.books.record).leg_1.is_empty() {
        return answers::revoked(talk);
    }
    let mut asked = asked(request);
    let token = token(&asked);
    let grant = talk.books.of_token(&token);
    asked.account = grant.as_ref().map(|grant| grant.account);
    asked.refused = if asked.request.header("user-agent").is_none() {
        Some("it has no User-Agent (a rule of GitHub's)".to_owned())
    } else if token.is_empty() {
        Some("it has no token (RFC 6750 §2.1)".to_owned())
    } else if grant.is_none() {
        Some("its token was never given, or was revoked (RFC 6750 §3.1)".to_owned())
    } else {
        None
    };
    asked.was_granted = asked.refused.is_none() && answer.grants;
    let is_refused = asked.refused.is_some();
    locked(&talk.books.record).note_request(|record| &mut record.leg_4, asked);
    match grant {
        Some(grant) if !is_refused => (answer.send)(&Talk { grant: &grant, ..*talk }),
        _ => answers::revoked(talk),
    }
}

/// The token of a request, wherever it stands.
fn token(asked: &Asked) -> String {
    if let Some(value) = asked.request.header("authorization") {
        let (_, token) = value.split_once(' ').unwrap_or(("", value));
        return token.trim().to_owned();
    }
    asked.parameter("access_token").unwrap_or_default().to_owned()
}
