//! What was seen of a run: the provider, the browser and the streams write it down as it comes, and
//! the judge reads it. This file knows nobody else of the exam.

use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crate::practice::answer::{Seen, Verdict as Judgement};
use crate::practice::profile::Account;
use crate::practice::strictness::parameters;
use crate::show::terminal::escape;
use crate::wire::form::Form;
use crate::wire::request::Request;

/// Why a case isn't passed, and what was seen: `fail` where its rule is broken, `warn` where it is
/// kept but weakly, `skip` where nobody can tell.
pub(super) type Verdict = Result<(), (&'static str, String)>;

/// The rule is broken, unless this holds.
pub(super) fn broken(holds: bool, seen: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(("fail", escape(&seen.into()))) }
}

/// A request that came to the provider.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) body: String,
    /// Whether a stranger's code or token came.
    pub(super) is_strangers: bool,
    /// Why the provider refused it; empty if it didn't.
    pub(super) refused: String,
}

impl Asked {
    /// A parameter, wherever it stands.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let form = Form::decode(&parameters(&self.request, &self.body)).ok()?;
        form.get(name).ok()?.map(str::to_owned)
    }
}

/// A page that the tab got.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) status: u16,
    /// Whether a browser takes its markup for markup.
    pub(super) is_html: bool,
    pub(super) body: String,
}

/// What was seen of a run. The provider, the browser and the streams write it down as it comes.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The name of the case that it was made for.
    pub(super) name: &'static str,
    pub(super) secret: String,
    /// Whether the client used another port than the one that it was given.
    pub(super) has_own_port: bool,
    pub(super) leg_1: Vec<Asked>,
    pub(super) leg_3: Vec<Asked>,
    pub(super) leg_4: Vec<Asked>,
    /// What followed a redirect.
    pub(super) elsewhere: Vec<Asked>,
    /// How much of an answer without end went out, in bytes.
    pub(super) sent: u64,
    pub(super) pages: Vec<Page>,
    /// The codes, in the order in which they were brought.
    pub(super) codes: Vec<String>,
    /// When the callback came that counts.
    pub(super) brought: Option<Instant>,
    /// What a probe of the port or the process found.
    pub(super) probe: Option<Verdict>,
    /// What the client said on standard output and on standard error.
    pub(super) streams: BTreeMap<&'static str, Vec<u8>>,
    /// Why the client can't be started; empty if it can.
    pub(super) problem: String,
    /// How the client ended; none if it still ran when its time was over.
    pub(super) end: Option<ExitStatus>,
    /// How long it ran after the callback that counts.
    pub(super) took: Duration,
}

impl Run {
    pub(super) fn note(&mut self, seen: &Seen<'_>) {
        if let Seen::Sent { bytes, .. } = *seen {
            self.sent = bytes;
        }
        let Seen::Asked { request: Some(request), body, answer } = *seen else { return };
        let leg = match request.path.as_str() {
            "/login/oauth/authorize" => &mut self.leg_1,
            "/login/oauth/access_token" => &mut self.leg_3,
            "/user" => &mut self.leg_4,
            "/login/oauth/elsewhere" => &mut self.elsewhere,
            _ => return,
        };
        let is_refused = answer.verdict == Judgement::Refused;
        leg.push(Asked {
            request: request.clone(),
            body: body.to_owned(),
            is_strangers: answer.account == Some(Account::Mallory),
            refused: if is_refused { answer.said.clone() } else { String::new() },
        });
    }

    /// The authorization URL, where a stream has it with its end, and nobody has opened it yet.
    pub(super) fn printed_url(&self, origin: &str) -> Option<String> {
        let start = format!("{origin}/login/oauth/authorize?");
        self.streams.values().filter(|_| self.leg_1.is_empty()).find_map(|stream| {
            let text = String::from_utf8_lossy(stream);
            let (_, rest) = text.split_once(&start)?;
            let is_end = |it: char| !it.is_ascii_graphic() || "\"'<>`".contains(it);
            Some(start.clone() + rest.split_at(rest.find(is_end)?).0)
        })
    }
}
