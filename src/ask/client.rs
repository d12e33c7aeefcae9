//! The HTTP client of legs 3 to 5: what `ureq` does by default and must not do here (RFC 9110).
//!
//! | `ureq` by default | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | follows none |
//! | waits forever | gives up after [`Limits`]: 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB, with 256 KiB of buffers | reads 1 MiB, with 112 KiB |
//! | accepts an answer that is cut short as a whole one | refuses it (`tap.rs`) |
//! | panics where there is no thread to look a name up | says so (`resolve.rs`) |
//! | spends half of its time on one address that leads nowhere | spends a share of a second on it (`connect.rs`) |
//! | makes a 4xx an error and drops its body, which says why | returns the answer |
//! | speaks plain HTTP to any host | only to this machine |
//! | ignores an unusable proxy | says so ([`Destination`]) |
//! | knows only its built-in roots | honours `SSL_CERT_FILE` ([`crate::setup::roots`]) |
//!
//! Left out: keeping connections, compression, cookies. Shown by `tests/suite/connections.rs`.

use ureq::http::response::Parts;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Proxy};

use crate::ask::answer::Answer;
use crate::ask::broken::{self, Roots};
use crate::ask::connect::{AskProxy, Dial};
use crate::ask::request::{OUTPUT_BUFFER, Request};
use crate::ask::resolve::Names;
use crate::ask::tap::Tap;
use crate::ask::trace::{Body, Trace};
use crate::error::Error;
use crate::error::failure::{Cause, Failure};
use crate::secret::masked;
use crate::setup::config::Config;
use crate::setup::limits::Limits;
use crate::setup::proxy::Destination;

/// The client. It hides the secrets that it sends, and those that it learns.
#[derive(Debug)]
pub struct Client {
    roots: RootCerts,
    limits: Limits,
    trace: Trace,
}

/// An answer before its leg reads it.
struct Received {
    head: Parts,
    body: Vec<u8>,
}

impl Client {
    /// A client that trusts the certificates of this configuration, and shows its bytes in this trace.
    pub fn new(config: &Config, trace: &Trace) -> Self {
        Self { roots: config.roots.clone(), limits: config.limits, trace: trace.clone() }
    }

    /// Sends a request. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer, Error> {
        for secret in &request.secrets {
            // 0: the mask shows no character of the secret.
            self.trace.hidden.add(secret, &masked(secret, 0));
        }
        if let Some(part) = request.part_that_is_too_long() {
            let failure = Failure::RequestTooLong(part);
            return Err(no_answer(request, failure, "nothing was sent".to_owned()));
        }
        match self.exchange(request) {
            Ok(Received { head, body }) => {
                let status = head.status.as_u16();
                Ok(Answer::new(request.leg, status, head.headers, body, &self.trace))
            }
            Err(error) => {
                self.trace.show_exchange(Body::UNUSABLE);
                let roots = match self.roots {
                    RootCerts::Specific(_) => Roots::FromFile,
                    _ => Roots::BuiltIn,
                };
                let proxy = request.destination.proxy.as_ref().map(proxy_name);
                let failure = broken::kind(&error, proxy.as_deref(), roots);
                let words = self.trace.hidden.quote(&broken::words(&error));
                Err(no_answer(request, failure, words))
            }
        }
    }

    fn exchange(&self, request: &Request<'_>) -> Result<Received, ureq::Error> {
        let mut head = ureq::http::Request::builder()
            .method(request.method.clone())
            .uri(&request.destination.endpoint.text);
        for header in &request.headers {
            head = head.header(header.name, &header.value);
        }
        let agent = self.agent(request.destination);
        let answer = if request.body.is_empty() {
            agent.run(head.body(())?)?
        } else {
            agent.run(head.body(request.body.as_str())?)?
        };
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(self.limits.body).read_to_vec()?;
        Ok(Received { head, body })
    }

    /// An agent for one request to this endpoint.
    fn agent(&self, destination: &Destination) -> Agent {
        let url = &destination.endpoint;
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .https_only(!url.is_loopback())
            .proxy(destination.proxy.clone())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            // `ureq` reads a head of up to 64 KiB, and needs all of it in its buffer.
            .input_buffer_size(80 * 1024)
            .output_buffer_size(OUTPUT_BUFFER)
            // RFC 9110 §10.1.5. GitHub differs: it requires this header, and answers 403 without.
            .user_agent(concat!("bare-oauth/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(self.limits.connect))
            .timeout_connect(Some(self.limits.connect))
            .timeout_global(Some(self.limits.exchange))
            .build();
        let tap = Tap {
            trace: self.trace.clone(),
            endpoint: url.text.parse().ok(),
            limit: self.limits.exchange,
        };
        // Each piece passes its connection on to the next. `()` is the empty beginning.
        let connector =
            ().chain(AskProxy::default())
                .chain(Dial::default())
                .chain(RustlsConnector::default())
                .chain(tap);
        Agent::with_parts(config, connector, Names)
    }
}

fn no_answer(request: &Request<'_>, failure: Failure, words: String) -> Error {
    let endpoint = request.destination.endpoint.without_query().to_owned();
    Error::NoAnswer { leg: request.leg, endpoint, failure, cause: Cause::new(words) }
}

/// The URL of a proxy, without the password that may stand in it.
fn proxy_name(proxy: &Proxy) -> String {
    let scheme = proxy.uri().scheme_str().unwrap_or("http");
    format!("{scheme}://{}:{}", proxy.host(), proxy.port())
}
