//! The HTTP client of legs 3 to 5: what `ureq` does by default and must not do here (RFC 9110).
//!
//! | `ureq` by default | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | follows none |
//! | waits forever | gives up after [`Limits`]: 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB, with 256 KiB of buffers | reads 1 MiB, with 112 KiB |
//! | makes a 4xx an error and drops its body, which says why | returns the answer |
//! | speaks plain HTTP to any host | only to this machine |
//! | ignores an unusable proxy | says so ([`crate::setup::proxy`]) |
//! | knows only its built-in roots | honours `SSL_CERT_FILE` ([`crate::setup::roots`]) |
//!
//! Left out: keeping connections, compression, cookies. Shown by `tests/suite/connections.rs`.

use ureq::http::response::Parts;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, Proxy};

use crate::ask::answer::Answer;
use crate::ask::request::Request;
use crate::ask::tap::Tap;
use crate::ask::trace::{Body, Trace};
use crate::error::Error;
use crate::secret::masked;
use crate::setup::Variables;
use crate::setup::config::Config;
use crate::setup::limits::Limits;
use crate::setup::proxy::proxy_for;
use crate::setup::roots;
use crate::wire::url::Endpoint;

/// The client. It hides the secrets that it sends, and those that it learns.
#[derive(Debug)]
pub struct Client {
    roots: RootCerts,
    routes: Vec<Route>,
    limits: Limits,
    trace: Trace,
}

/// The way to an endpoint.
#[derive(Debug)]
struct Route {
    endpoint: Endpoint,
    proxy: Option<Proxy>,
}

/// An answer before its leg reads it.
struct Received {
    head: Parts,
    body: Vec<u8>,
}

impl Client {
    /// A client for the endpoints of legs 3 to 5. Errors: [`Error::Variable`] when `SSL_CERT_FILE`, or
    /// a proxy that an endpoint needs, can't be used.
    pub fn new(config: &Config, variables: Variables<'_>, trace: &Trace) -> Result<Self, Error> {
        let roots = match variables("SSL_CERT_FILE") {
            Some(path) if !path.is_empty() => roots::read(path)?,
            _ => RootCerts::WebPki,
        };
        let mut routes = Vec::new();
        let endpoints =
            [Some(&config.token_url), config.user_url.as_ref(), config.revoke_url.as_ref()];
        for endpoint in endpoints.into_iter().flatten() {
            let proxy = proxy_for(variables, endpoint)?;
            routes.push(Route { endpoint: endpoint.clone(), proxy });
        }
        Ok(Self { roots, routes, limits: config.limits, trace: trace.clone() })
    }

    /// Sends a request. Errors: [`Error::NoAnswer`] when no whole answer came in time.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer, Error> {
        for secret in &request.secrets {
            self.trace.hidden.add(secret, &masked(secret, 0));
        }
        match self.exchange(request) {
            Ok(Received { head, body }) => {
                let status = head.status.as_u16();
                Ok(Answer::new(request.leg, status, head.headers, body, &self.trace))
            }
            Err(source) => {
                self.trace.exchanged(Body::UNREADABLE);
                let endpoint = request.url.without_query().to_owned();
                Err(Error::NoAnswer { leg: request.leg, endpoint, source: Box::new(source) })
            }
        }
    }

    fn exchange(&self, request: &Request<'_>) -> Result<Received, ureq::Error> {
        let mut head =
            ureq::http::Request::builder().method(request.method.clone()).uri(&request.url.text);
        for header in &request.headers {
            head = head.header(header.name, &header.value);
        }
        let agent = self.agent(request.url);
        let answer = if request.body.is_empty() {
            agent.run(head.body(())?)?
        } else {
            agent.run(head.body(request.body.as_str())?)?
        };
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(self.limits.body).read_to_vec()?;
        Ok(Received { head, body })
    }

    /// What asks this endpoint, once.
    fn agent(&self, url: &Endpoint) -> Agent {
        let route = self.routes.iter().find(|route| route.endpoint == *url);
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .https_only(!url.is_loopback())
            .proxy(route.and_then(|route| route.proxy.clone()))
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
}
