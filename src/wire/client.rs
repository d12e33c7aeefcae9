//! The one HTTP client, for legs 3 and 4: what `ureq` would do by itself, and must not. RFC 9110.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1\r\n              HTTP/1.1 200 OK\r\n
//! user-agent: bare-oauth/0.1.0\r\n                 ───►    content-type: application/json\r\n
//! host: github.com\r\n                             ◄───    content-length: 96\r\n
//! …                                                        …
//! ```
//!
//! | `ureq` by itself | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | none is followed |
//! | waits for ever | 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB, by 256 KiB of buffers | reads 1 MiB, by 112 KiB |
//! | makes a 4xx an error and drops its body, which says why | gives the answer |
//! | speaks plain HTTP to anybody | to this machine only |
//! | passes an unusable proxy by | says so ([`super::proxy`]) |
//! | knows its built-in roots only | honours `SSL_CERT_FILE` ([`super::roots`]) |
//! | shows nothing of the wire | can be tapped ([`super::trace`]) |
//!
//! Left out: keeping connections, compression, cookies. Shown by `tests/suite/endpoints.rs`.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, RequestBuilder};

use super::proxy::Proxies;
use super::roots;
use super::trace::{Tap, Trace};
use super::url::Endpoint;
use crate::error::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);
const BODY_LIMIT: u64 = 1024 * 1024;
/// `ureq` reads a head of up to 64 KiB, and needs all of it in its buffer.
const INPUT_BUFFER: usize = 80 * 1024;
/// The longest header line fits, that of leg 4: a token may have 30 KiB.
const OUTPUT_BUFFER: usize = 32 * 1024;

/// RFC 9110 §10.1.5. GitHub differs: it requires this header, and answers 403 without it.
pub const USER_AGENT: &str = concat!("bare-oauth/", env!("CARGO_PKG_VERSION"));

/// The client.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    proxies: Proxies,
}

/// What an endpoint answered, whatever its status.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, up to 1 MiB.
    pub body: Vec<u8>,
    headers: ureq::http::HeaderMap,
}

// The body may hold the token.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// The value of a header field, where it is ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type without its parameters, in lower case; empty where the answer names none.
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// What to say of a status other than 200; `variable` is the one that names the endpoint.
    #[must_use]
    pub fn unexpected_status(&self, variable: &str) -> String {
        match self.status {
            300..400 => format!(
                "was answered with a redirect (`{}`), which is not followed: correct {variable}",
                self.status
            ),
            status @ 500.. => {
                format!("was answered `{status}`: the provider has a problem; try again later")
            }
            status => format!("was answered `{status}`: check {variable}"),
        }
    }

    /// What to say of a body that is no JSON.
    #[must_use]
    pub fn no_json(&self, variable: &str) -> String {
        // The provider's own words for it are not repeated: they could be a secret.
        let kind = match self.media_type().as_str() {
            _ if self.body.trim_ascii().is_empty() => "an empty body",
            "application/json" => "JSON that is broken or nested too deep",
            "text/html" => "an HTML page instead of JSON",
            _ => "something other than JSON",
        };
        format!("was answered with {kind}: check {variable}")
    }
}

impl Client {
    /// A client for these endpoints, as the environment wants it; `variables` looks a variable up.
    /// A trace shows what goes over the wire to them.
    ///
    /// # Errors
    /// [`Error::BadVariable`] or [`Error::UnreadableFile`] when `SSL_CERT_FILE` or the proxy that
    /// an endpoint needs can't be used.
    pub fn new(
        variables: &dyn Fn(&str) -> Option<OsString>,
        endpoints: &[&Endpoint],
        trace: Option<&Trace>,
    ) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = variables("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            tls = tls.root_certs(roots::read(&path)?);
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .user_agent(USER_AGENT)
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(EXCHANGE_TIMEOUT))
            .build();
        let tapped = endpoints.iter().filter_map(|endpoint| endpoint.as_str().parse().ok());
        let tap = Tap::new(trace.cloned(), tapped.collect());
        let connector = DefaultConnector::default().chain(tap);
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Self { agent, proxies: Proxies::read(variables, endpoints)? })
    }

    /// Sends a GET with these header fields.
    ///
    /// # Errors
    /// When no complete answer came in time, or a header value can't be sent.
    pub fn get(
        &self,
        endpoint: &Endpoint,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Box<ureq::Error>> {
        read(self.prepare(self.agent.get(endpoint.as_str()), endpoint, headers).call())
    }

    /// Sends a POST with a form as its body and these header fields.
    ///
    /// # Errors
    /// When no complete answer came in time.
    pub fn post_form(
        &self,
        endpoint: &Endpoint,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Result<Answer, Box<ureq::Error>> {
        let request =
            self.agent.post(endpoint.as_str()).content_type("application/x-www-form-urlencoded");
        read(self.prepare(request, endpoint, headers).send(form))
    }

    fn prepare<B>(
        &self,
        request: RequestBuilder<B>,
        endpoint: &Endpoint,
        headers: &[(&str, &str)],
    ) -> RequestBuilder<B> {
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let proxy = self.proxies.proxy_for(endpoint);
        request.config().proxy(proxy).https_only(!endpoint.is_loopback()).build()
    }
}

fn read(
    result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, Box<ureq::Error>> {
    let mut response = result.map_err(Box::new)?;
    let body =
        response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec().map_err(Box::new)?;
    Ok(Answer { status: response.status().as_u16(), body, headers: response.headers().clone() })
}
