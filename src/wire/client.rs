//! The one HTTP client, for legs 3 and 4: what `ureq` would do by itself, and must not.
//!
//! | by itself | here |
//! |---|---|
//! | follows redirects, and a POST as a GET to any host | none is followed |
//! | waits for ever | 10 s to connect, 30 s for a whole exchange |
//! | reads 10 MiB | reads 1 MiB |
//! | makes a 4xx an error and drops its body, which says why | gives the answer |
//! | speaks plain HTTP to anybody | to this machine only |
//! | passes an unusable proxy by | says so |
//! | knows its built-in roots only | honours `SSL_CERT_FILE` |
//!
//! Left out: keeping connections, compression, cookies, SOCKS.

use std::ffi::OsString;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy, ProxyProtocol, RequestBuilder};

use super::url::Endpoint;
use crate::error::{Error, quote};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);
const BODY_LIMIT: u64 = 1024 * 1024;

/// RFC 9110 §10.1.5. GitHub differs: it requires this header, and answers 403 without it.
pub const USER_AGENT: &str = concat!("bare-oauth/", env!("CARGO_PKG_VERSION"));

/// The variables that may name a proxy, in the order in which they are asked.
const PROXY_VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "HTTP_PROXY",
    "http_proxy",
];

/// The client.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    proxy: Option<Proxy>,
    no_proxy: String,
}

/// What an endpoint answered, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, up to 1 MiB.
    pub body: Vec<u8>,
    headers: ureq::http::HeaderMap,
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
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
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
        let kind = match self.media_type() {
            _ if self.body.trim_ascii().is_empty() => "an empty body".to_owned(),
            kind if kind == "application/json" => {
                "JSON that is broken or nested too deep".to_owned()
            }
            kind if kind.is_empty() => "something other than JSON".to_owned(),
            kind => format!("`{}` instead of JSON", quote(&kind, &[])),
        };
        format!("was answered with {kind}: check {variable}")
    }
}

impl Client {
    /// A client for these endpoints, as the environment wants it; `variables` looks a variable up.
    ///
    /// # Errors
    /// [`Error::BadVariable`] or [`Error::UnreadableFile`] when `SSL_CERT_FILE` or the proxy that
    /// an endpoint needs can't be used.
    pub fn new(
        variables: &dyn Fn(&str) -> Option<OsString>,
        endpoints: &[&Endpoint],
    ) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = variables("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            let name = "SSL_CERT_FILE";
            let pem =
                std::fs::read(path).map_err(|source| Error::UnreadableFile { name, source })?;
            let roots = certificates(&pem).map_err(|problem| Error::BadVariable {
                name,
                problem: problem.to_owned(),
            })?;
            tls = tls.root_certs(RootCerts::new_with_certs(&roots));
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(EXCHANGE_TIMEOUT))
            .build()
            .new_agent();

        let text = |name: &str| {
            variables(name)
                .and_then(|value| value.into_string().ok())
                .filter(|value| !value.is_empty())
        };
        let no_proxy = text("NO_PROXY")
            .or_else(|| text("no_proxy"))
            .unwrap_or_default();
        let mut client = Self {
            agent,
            proxy: None,
            no_proxy,
        };
        if endpoints.iter().any(|endpoint| !client.is_direct(endpoint)) {
            let named = PROXY_VARIABLES
                .iter()
                .find_map(|name| text(name).map(|value| (*name, value)));
            client.proxy = named
                .map(|(name, value)| usable_proxy(name, &value))
                .transpose()?;
        }
        Ok(client)
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
        read(
            self.prepare(self.agent.get(endpoint.as_str()), endpoint, headers)
                .call(),
        )
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
        let request = self
            .agent
            .post(endpoint.as_str())
            .content_type("application/x-www-form-urlencoded");
        read(self.prepare(request, endpoint, headers).send(form))
    }

    fn prepare<B>(
        &self,
        request: RequestBuilder<B>,
        endpoint: &Endpoint,
        headers: &[(&str, &str)],
    ) -> RequestBuilder<B> {
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let proxy = self.proxy.clone().filter(|_| !self.is_direct(endpoint));
        request
            .config()
            .proxy(proxy)
            .https_only(!endpoint.is_loopback())
            .build()
    }

    /// Whether an endpoint is reached without the proxy: this machine always, other hosts where
    /// `NO_PROXY` names them or a domain above them.
    fn is_direct(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.host().trim_matches(['[', ']']);
        endpoint.is_loopback()
            || self
                .no_proxy
                .split(',')
                .map(|entry| entry.trim().to_ascii_lowercase())
                .any(|entry| {
                    let domain = entry
                        .trim_start_matches('*')
                        .trim_start_matches('.')
                        .trim_matches(['[', ']']);
                    entry == "*"
                        || host.strip_suffix(domain).is_some_and(|above| {
                            !domain.is_empty() && (above.is_empty() || above.ends_with('.'))
                        })
                })
    }
}

fn read(
    result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, Box<ureq::Error>> {
    let mut response = result.map_err(Box::new)?;
    let body = response
        .body_mut()
        .with_config()
        .limit(BODY_LIMIT)
        .read_to_vec()
        .map_err(Box::new)?;
    Ok(Answer {
        status: response.status().as_u16(),
        body,
        headers: response.headers().clone(),
    })
}

fn usable_proxy(name: &'static str, value: &str) -> Result<Proxy, Error> {
    // The value may hold a password, so no error shows it.
    let problem = |problem: &str| Error::BadVariable {
        name,
        problem: problem.to_owned(),
    };
    let proxy = Proxy::new(value)
        .map_err(|_| problem("is not the URL of a proxy: set it to one such as `http://proxy.example:3128`, or unset it"))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ => Err(problem(
            "names a SOCKS proxy, which this program can't use: set it to an http:// proxy, or unset it",
        )),
    }
}

/// The certificates of a PEM bundle.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, &'static str> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            // `ureq` would drop what is no certificate without a word.
            Ok(PemItem::Certificate(certificate)) if is_der_sequence(certificate.der()) => {
                certificates.push(certificate);
            }
            Ok(PemItem::Certificate(_)) | Err(_) => {
                return Err("names a file with a broken certificate: repair it, or unset it");
            }
            Ok(_) => {}
        }
    }
    if certificates.is_empty() {
        return Err("names a file without certificates: set it to a PEM bundle, or unset it");
    }
    Ok(certificates)
}

/// Whether these octets are one DER SEQUENCE (X.690 §8.9), as every certificate is: `30`, the
/// length, the content.
fn is_der_sequence(octets: &[u8]) -> bool {
    let (length, content) = match octets {
        [0x30, 0x82, high, low, content @ ..] => {
            (usize::from(*high) << 8 | usize::from(*low), content)
        }
        [0x30, 0x81, length, content @ ..] => (usize::from(*length), content),
        _ => return false,
    };
    content.len() == length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(variables: &[(&str, &str)], endpoint: &str) -> Result<Client, String> {
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        };
        Client::new(&lookup, &[&Endpoint::parse(endpoint).unwrap()])
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_proxy_variable_that_is_set_is_used() {
        for (variables, host) in [
            (
                &[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b")] as &[_],
                Some("a"),
            ),
            (
                &[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "")],
                Some("a"),
            ),
            (&[("ALL_PROXY", "b"), ("HTTP_PROXY", "c")], Some("b")),
            (&[("http_proxy", "c:3128")], Some("c")),
            (&[], None),
        ] {
            let client = client(variables, "https://idp.example/").unwrap();
            assert_eq!(
                client.proxy.as_ref().map(Proxy::host),
                host,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn a_proxy_that_can_not_be_used_is_an_error_that_shows_no_password() {
        for (value, problem) in [
            (
                "socks5://user:5ecret@a:1080",
                "ALL_PROXY names a SOCKS proxy",
            ),
            ("socks4://a", "ALL_PROXY names a SOCKS proxy"),
            ("ftp://user:5ecret@a", "ALL_PROXY is not the URL of a proxy"),
            ("http://", "ALL_PROXY is not the URL of a proxy"),
        ] {
            let error = client(&[("ALL_PROXY", value)], "https://idp.example/").unwrap_err();
            assert!(
                error.starts_with(problem) && !error.contains("5ecret"),
                "{error}"
            );
            // Where it is not needed it does not matter.
            client(&[("ALL_PROXY", value)], "http://localhost/").unwrap();
            client(
                &[("ALL_PROXY", value), ("NO_PROXY", "idp.example")],
                "https://idp.example/",
            )
            .unwrap();
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_the_domains_above_them() {
        for (no_proxy, endpoint, direct) in [
            ("", "https://idp.example/", false),
            ("", "https://localhost/", true),
            ("", "http://[::1]:1/", true),
            ("*", "https://idp.example/", true),
            ("idp.example", "https://IDP.example/", true),
            ("IDP.Example", "https://idp.example:8443/", true),
            ("a, idp.example ,b", "https://idp.example/", true),
            (".example", "https://idp.example/", true),
            ("*.example", "https://idp.example/", true),
            ("example", "https://idp.example/", true),
            ("example", "https://idpexample/", false),
            ("dp.example", "https://idp.example/", false),
            ("idp.example.org", "https://idp.example/", false),
            (",,", "https://idp.example/", false),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
        ] {
            let client = client(&[("NO_PROXY", no_proxy)], endpoint).unwrap();
            assert_eq!(
                client.is_direct(&Endpoint::parse(endpoint).unwrap()),
                direct,
                "{no_proxy} {endpoint}"
            );
        }
    }

    #[test]
    fn a_file_without_whole_certificates_is_refused() {
        let pem = |base64: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        };
        for (text, problem) in [
            (
                String::new(),
                "names a file without certificates: set it to a PEM bundle, or unset it",
            ),
            (
                "certificate".to_owned(),
                "names a file without certificates: set it to a PEM bundle, or unset it",
            ),
            (
                pem("bm8gY2VydGlmaWNhdGU="),
                "names a file with a broken certificate: repair it, or unset it",
            ),
            (
                pem("MIIBAA=="),
                "names a file with a broken certificate: repair it, or unset it",
            ),
            (
                pem("*"),
                "names a file with a broken certificate: repair it, or unset it",
            ),
        ] {
            assert_eq!(certificates(text.as_bytes()).err(), Some(problem), "{text}");
        }
    }
}
