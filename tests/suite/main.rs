//! The program as its users and its enemies meet it: the real binary as a child process, real
//! sockets, and each test a sentence. The pure parts have their tables beside them in `src`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// A table is one function.
#![allow(clippy::too_many_lines)]

#[path = "../support/mod.rs"]
mod support;

// Before the login: arguments and environment.
/// Arguments in, exit status out.
mod command_line;
/// The environment: each variable that is missing or wrong.
mod configuration;
/// The help, and the manual page and the completions that are made from it.
#[cfg(feature = "classroom")]
mod pages;

// The login as it should go.
/// A login as it should go, byte by byte, and the refusals on its way.
mod login;

// Leg 2: the callback.
/// Requests at the callback port: which of them brings the login.
mod callback;
/// Silent, slow and many connections at the callback port.
mod crowd;
/// `--paste`, and the port that SSH forwards.
#[cfg(unix)]
mod elsewhere;
/// A login that is over, ends, whatever the system denies.
#[cfg(unix)]
mod ending;
/// Random bytes, as a request and at the callback port.
mod fuzz;
/// The browser that the program opens, and what it gets to know.
#[cfg(unix)]
mod opener;
/// The callback port: its addresses, who else may hold them, and what waiting costs.
mod port;

// Legs 3 to 5: the provider.
/// Other providers: public clients, HTTP Basic, `--response`, and `--revoke`.
mod anywhere;
/// A certified authorization server that isn't ours.
mod certified;
/// Connections to the endpoints: broken, silent, slow or without end.
mod connections;
/// A provider's words, which are cut short, escaped and freed of secrets.
mod echoes;
/// Leg 4: answers that are no profile.
mod profile;
/// TLS with a CA of the suite's own, and proxies.
mod tls;
/// Leg 3: answers that bring a token, and those that don't.
mod token;

// `--explain`.
/// Each step with its standard, in the terminal and on the page.
mod lesson;
/// No secret is shown.
mod masking;
/// The bytes that are shown are those of the wire.
mod trace;

// The classroom.
/// `provider`: the practice provider for any client, its log and its board.
#[cfg(feature = "classroom")]
mod alone;
/// *Break it*: each button of the consent page.
#[cfg(feature = "classroom")]
mod break_it;
/// `exam`: its usage, its reports, and its runs.
#[cfg(feature = "classroom")]
mod exam;
/// `exam`: what hostile clients can do to it.
#[cfg(all(feature = "classroom", unix))]
mod exam_safety;
/// `exam`: its verdicts on clients with one defect, and the climb.
#[cfg(feature = "classroom")]
mod exam_verdicts;
/// The exercises, done as the handout says, with what it says that is then seen.
#[cfg(all(feature = "classroom", unix))]
mod exercises;
/// The READMEs: their commands, links, bytes, names and texts.
#[cfg(feature = "classroom")]
mod handout;
/// `provider`, and pages of other sites, crowds, and requests of no login.
#[cfg(feature = "classroom")]
mod neighbours;
/// The Python script that this program began as, at the practice provider.
#[cfg(all(feature = "classroom", unix))]
mod original;
/// `practice`: the login that needs nothing but the program.
#[cfg(feature = "classroom")]
mod practice;
/// `provider`, asked by hand: each leg, and the tokens it gives.
#[cfg(feature = "classroom")]
mod provider;
