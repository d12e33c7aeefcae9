//! The HTTP client of legs 3 to 5: what `ureq` does by default and must not do here (RFC 9110).
//!
//! | `ureq` by default | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | follows none |
//! | waits forever | gives up after [`Limits`]: 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB, with 256 KiB of buffers | reads 1 MiB, with 112 KiB |
//! | makes a 4xx an error and drops its body, which says why | returns the answer |
//! | speaks plain HTTP to any host | only to this machine |
//! | ignores an unusable proxy | says so ([`Destination`]) |
//! | knows only its built-in roots | honours `SSL_CERT_FILE` ([`crate::setup::roots`]) |
//!
//! Left out: keeping connections, compression, cookies. Shown by `tests/suite/connections.rs`.

use ureq::Agent;
pub use ureq::http::Method;
use ureq::http::request::Builder;
use ureq::http::response::Parts;
use ureq::http::{HeaderMap, Request};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};

use crate::ask::json::Object;
use crate::ask::trace::{Tap, Trace};
use crate::error::{Error, Leg};
use crate::secret::{ClientSecret, opaque};
use crate::setup::config::Config;
use crate::setup::limits::Limits;
use crate::setup::proxy::Destination;
use crate::show::names::is_secret_name;
use crate::wire::form;

/// The client. It hides the secrets that it sends, and those that it learns.
#[derive(Debug)]
pub struct Client {
    roots: RootCerts,
    limits: Limits,
    trace: Trace,
}

impl Client {
    /// A client that trusts the certificates of this configuration, and shows its bytes in this trace.
    pub fn new(config: &Config, trace: &Trace) -> Self {
        Self { roots: config.roots.clone(), limits: config.limits, trace: trace.clone() }
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
            // The longest header line fits, that of leg 4: a token may have 30 KiB.
            .output_buffer_size(32 * 1024)
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
        let connector = DefaultConnector::default().chain(tap);
        Agent::with_parts(config, connector, DefaultResolver::default())
    }

    /// Sends a form with a POST. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn post_form(
        &self,
        leg: Leg,
        destination: &Destination,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        for &(name, value) in form {
            if matches!(name, "code" | "client_secret" | "code_verifier") {
                self.trace.hidden.add(value, &ClientSecret::new(value.to_owned()));
            }
        }
        let content_type = [("content-type", "application/x-www-form-urlencoded")];
        self.ask(
            leg,
            Method::POST,
            destination,
            &[&content_type, headers].concat(),
            &form::encode(form),
        )
    }

    /// Sends a request; `""` is no body. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn ask(
        &self,
        leg: Leg,
        method: Method,
        destination: &Destination,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Error> {
        let mut request = Request::builder().method(method).uri(&destination.endpoint.text);
        for (name, value) in headers {
            request = request.header(*name, *value);
            if let Some(credentials) = value.strip_prefix("Basic ") {
                self.trace.hidden.add(credentials, &ClientSecret::new(credentials.to_owned()));
            }
        }
        match self.exchange(destination, request, body) {
            Ok((head, body)) => {
                self.trace.hidden.learn(&String::from_utf8_lossy(&body));
                let status = head.status.as_u16();
                Ok(Answer { status, body, headers: head.headers, leg, trace: self.trace.clone() })
            }
            Err(source) => {
                self.trace.exchanged(None);
                let endpoint = destination.endpoint.without_query().to_owned();
                Err(Error::NoAnswer { leg, endpoint, source: Box::new(source) })
            }
        }
    }

    fn exchange(
        &self,
        destination: &Destination,
        request: Builder,
        body: &str,
    ) -> Result<(Parts, Vec<u8>), ureq::Error> {
        let agent = self.agent(destination);
        let answer = match body {
            "" => agent.run(request.body(())?)?,
            body => agent.run(request.body(body)?)?,
        };
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(self.limits.body).read_to_vec()?;
        Ok((head, body))
    }
}

/// What an endpoint answered, whatever its status.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, up to 1 MiB.
    pub body: Vec<u8>,
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

    /// Shows the answer to whoever has asked for an explanation: its body only if the leg could read
    /// it, because its secrets are unknown otherwise.
    pub fn show(&self, is_understood: bool) {
        // A token that isn't text, say a number, can't be masked.
        let members = Object::parse(&self.body).map_or(Vec::new(), |object| object.0);
        let mut tokens = members.iter().filter(|(name, _)| is_secret_name(name));
        let can_mask = tokens.all(|(_, value)| value.is_string() || value.is_null());
        self.trace.exchanged(if is_understood && can_mask { Some(&self.body) } else { None });
    }

    /// The provider's refusal, with its words.
    pub fn refused(&self, error: &str, description: Option<&str>) -> Error {
        let hidden = &self.trace.hidden;
        let description = description.map(|words| hidden.quote(words));
        Error::Refused { leg: self.leg, error: hidden.quote(error), description }
    }

    /// The error for an answer that can't be used, with the provider's words, if it has some.
    pub fn unusable(&self, problem: &str, advice: &str, said: Option<&str>) -> Error {
        Error::BadAnswer {
            leg: self.leg,
            problem: problem.to_owned(),
            advice: advice.to_owned(),
            said: said.map(|words| self.trace.hidden.quote(words)),
        }
    }

    /// The same, with advice to check the endpoint's variable.
    pub fn check(&self, problem: &str) -> Error {
        self.unusable(problem, &format!("check `{}`", self.leg.variable()), None)
    }

    /// The error for a status other than 200.
    pub fn unexpected_status(&self, said: Option<&str>) -> Error {
        let status = self.status;
        let variable = self.leg.variable();
        let is_redirect = (300..400).contains(&status);
        let problem = if is_redirect {
            format!("a redirect (`{status}`), which isn't followed")
        } else {
            format!("`{status}`")
        };
        let advice = match status {
            300..400 => format!("correct `{variable}`"),
            500.. => "the provider has a problem; try again later".to_owned(),
            _ => format!("check `{variable}`"),
        };
        self.unusable(&problem, &advice, said)
    }

    /// The error for a body that isn't a JSON object. It repeats neither the body's words nor the
    /// parser's, which could hold a secret.
    pub fn no_object(&self, error: &serde_json::Error) -> Error {
        if self.body.trim_ascii().is_empty() {
            return self.check("an empty body");
        }
        if error.is_data() {
            return self.check("JSON that isn't an object");
        }
        self.check(match self.media_type().as_str() {
            "application/json" => "JSON that is broken or nested more than 127 levels deep",
            "text/html" => "an HTML page instead of JSON",
            _ => "something other than JSON",
        })
    }
}
