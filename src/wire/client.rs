//! The HTTP client of legs 3 to 5: what `ureq` does by default and must not do here (RFC 9110).
//!
//! | `ureq` by default | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | follows none |
//! | waits forever | gives up after [`Limits`]: 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB, with 256 KiB of buffers | reads 1 MiB, with 112 KiB |
//! | makes a 4xx an error and drops its body, which says why | returns the answer |
//! | speaks plain HTTP to any host | only to this machine |
//! | ignores an unusable proxy | says so ([`super::proxy`]) |
//! | knows only its built-in roots | honours `SSL_CERT_FILE` ([`super::roots`]) |
//!
//! Left out: keeping connections, compression, cookies. Shown by `tests/suite/endpoints.rs`.

pub use ureq::http::Method;
use ureq::http::{HeaderMap, Request};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, Proxy};

use super::trace::{Tap, Trace};
use super::{Variables, form, proxy::proxy_for, roots, url::Endpoint};
use crate::error::{Error, Leg};
use crate::limits::Limits;
use crate::secret::{ClientSecret, opaque};

/// The client. It hides the secrets that it sends, and those that it learns.
#[derive(Debug)]
pub struct Client {
    roots: RootCerts,
    proxies: Vec<(String, Option<Proxy>)>,
    limits: Limits,
    trace: Trace,
}

impl Client {
    /// A client for these endpoints. Errors: [`Error::Variable`] when `SSL_CERT_FILE`, or a proxy that an
    /// endpoint needs, can't be used.
    pub fn new(
        variables: Variables<'_>,
        endpoints: &[Option<&Endpoint>],
        limits: Limits,
        trace: &Trace,
    ) -> Result<Self, Error> {
        let roots = variables("SSL_CERT_FILE").filter(|path| !path.is_empty());
        let roots = roots.map(roots::read).transpose()?.unwrap_or(RootCerts::WebPki);
        let mut proxies = Vec::new();
        for endpoint in endpoints.iter().flatten() {
            proxies.push((endpoint.text.clone(), proxy_for(variables, endpoint)?));
        }
        Ok(Self { roots, proxies, limits, trace: trace.clone() })
    }

    /// What asks this endpoint, once.
    fn agent(&self, url: &Endpoint) -> Agent {
        let proxy = self.proxies.iter().find(|(endpoint, _)| *endpoint == url.text);
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .https_only(!url.is_loopback())
            .proxy(proxy.and_then(|(_, proxy)| proxy.clone()))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            // `ureq` reads a head of up to 64 KiB, and needs all of it in its buffer.
            .input_buffer_size(80 * 1024)
            // The longest header line fits, that of leg 4: a token may have 30 KiB.
            .output_buffer_size(32 * 1024)
            // RFC 9110 §10.1.5. GitHub differs: it requires this header, and answers 403 without.
            .user_agent(concat!("bare-oauth/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(self.limits.connect))
            .timeout_connect(Some(self.limits.connect))
            .timeout_global(Some(self.limits.exchange))
            .build();
        let (trace, limit) = (self.trace.clone(), self.limits.exchange);
        let tap = Tap { trace, endpoint: url.text.parse().ok(), limit };
        let connector = DefaultConnector::default().chain(tap);
        Agent::with_parts(config, connector, DefaultResolver::default())
    }

    /// Sends a form with a POST. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn post_form(
        &self,
        leg: Leg,
        url: &Endpoint,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        for &(name, value) in form {
            if matches!(name, "code" | "client_secret" | "code_verifier") {
                self.trace.hidden.add(value, &ClientSecret::new(value.to_owned()));
            }
        }
        let content_type = [("content-type", "application/x-www-form-urlencoded")];
        self.ask(leg, Method::POST, url, &[&content_type, headers].concat(), &form::encode(form))
    }

    /// Sends a request; `""` is no body. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn ask(
        &self,
        leg: Leg,
        method: Method,
        url: &Endpoint,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Error> {
        let mut request = Request::builder().method(method).uri(&url.text);
        for (name, value) in headers {
            request = request.header(*name, *value);
            if let Some(credentials) = value.strip_prefix("Basic ") {
                self.trace.hidden.add(credentials, &ClientSecret::new(credentials.to_owned()));
            }
        }
        let agent = self.agent(url);
        let answer = match body {
            "" => request.body(()).map_err(ureq::Error::from).and_then(|it| agent.run(it)),
            body => request.body(body).map_err(ureq::Error::from).and_then(|it| agent.run(it)),
        };
        let answer = answer.and_then(|answer| {
            let (head, mut body) = answer.into_parts();
            Ok((head, body.with_config().limit(self.limits.body).read_to_vec()?))
        });
        let (head, body) = answer.map_err(|source| {
            self.trace.exchanged(None);
            let endpoint = url.without_query().to_owned();
            Error::NoAnswer { leg, endpoint, source: Box::new(source) }
        })?;
        self.trace.hidden.learn(&String::from_utf8_lossy(&body));
        let (status, trace) = (head.status.as_u16(), self.trace.clone());
        Ok(Answer { status, body, is_understood: false, headers: head.headers, leg, trace })
    }
}

/// What an endpoint answered, whatever its status.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, up to 1 MiB.
    pub body: Vec<u8>,
    /// Whether the leg could read the body, so that a trace may show it.
    pub is_understood: bool,
    headers: HeaderMap,
    leg: Leg,
    trace: Trace,
}

opaque!(Answer);

impl Answer {
    /// The value of a header, if it is ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type without its parameters, in lower case; empty if the answer names none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The error for an answer that can't be used, with the provider's words, if it has some.
    pub fn unusable(&self, problem: impl Into<String>, said: Option<&str>) -> Error {
        Error::BadAnswer { leg: self.leg, problem: problem.into(), said: said.map(str::to_owned) }
    }

    /// The same, with advice to check the endpoint's variable.
    pub fn check(&self, problem: &str) -> Error {
        self.unusable(format!("{problem}: check {}", self.leg.names().1), None)
    }

    /// The error for a status other than 200.
    pub fn unexpected_status(&self, said: Option<&str>) -> Error {
        let (status, name) = (self.status, self.leg.names().1);
        let problem = match status {
            300..400 => format!("a redirect (`{status}`), which isn't followed: correct {name}"),
            500.. => format!("`{status}`: the provider has a problem; try again later"),
            _ => format!("`{status}`: check {name}"),
        };
        self.unusable(problem, said)
    }

    /// The error for a body that isn't a JSON object. It repeats neither the body's words nor the
    /// parser's, which could hold a secret.
    pub fn no_object(&self, error: &serde_json::Error) -> Error {
        self.check(match self.media_type().as_str() {
            _ if self.body.trim_ascii().is_empty() => "an empty body",
            _ if error.is_data() => "JSON that isn't an object",
            "application/json" => "JSON that is broken or nested more than 127 levels deep",
            "text/html" => "an HTML page instead of JSON",
            _ => "something other than JSON",
        })
    }
}

/// Dropping it shows the trace, whichever way its leg ends.
impl Drop for Answer {
    fn drop(&mut self) {
        self.trace.exchanged(self.is_understood.then_some(&self.body));
    }
}
