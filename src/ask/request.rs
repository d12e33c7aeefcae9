//! A request of legs 3 to 5, as its leg writes it down.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1
//! content-type: application/x-www-form-urlencoded
//! accept: application/json
//!
//! grant_type=authorization_code&code=4f2c…
//! ```
//!
//! The leg says what is secret in it, so that the client knows no parameter by its name.
//!
//! Left out: bodies that are streamed. Shown byte by byte in `tests/suite/login.rs`.

use ureq::http::Method;

use crate::error::Leg;
use crate::error::failure::Part;
use crate::secret::opaque;
use crate::setup::proxy::Destination;
use crate::wire::form;

/// Each line of a head must fit in here.
pub(super) const OUTPUT_BUFFER: usize = 32 * 1024;
/// The longest URL or credentials, in bytes. The rest of their line needs some room too.
const MAX_PART: usize = 32_000;

/// A request to one of the provider's endpoints.
pub struct Request<'a> {
    pub(super) leg: Leg,
    pub(super) method: Method,
    pub(super) destination: &'a Destination,
    pub(super) headers: Vec<Header>,
    /// Empty if there is none.
    pub(super) body: String,
    /// Each is hidden wherever it turns up from now on.
    pub(super) secrets: Vec<String>,
}

opaque!(Request<'_>);

/// A line of the head.
pub(super) struct Header {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl<'a> Request<'a> {
    fn new(leg: Leg, method: Method, destination: &'a Destination) -> Self {
        Self {
            leg,
            method,
            destination,
            headers: Vec::new(),
            body: String::new(),
            secrets: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(leg: Leg, destination: &'a Destination) -> Self {
        Self::new(leg, Method::GET, destination)
    }

    /// A POST of a form, which [`Self::parameter`] fills in.
    pub fn post_form(leg: Leg, destination: &'a Destination) -> Self {
        let mut request = Self::new(leg, Method::POST, destination);
        request.header("content-type", "application/x-www-form-urlencoded");
        request
    }

    /// A DELETE with a body of JSON.
    pub fn delete(leg: Leg, destination: &'a Destination, json: String) -> Self {
        let mut request = Self::new(leg, Method::DELETE, destination);
        request.header("content-type", "application/json");
        request.body = json;
        request
    }

    /// Adds a header.
    pub fn header(&mut self, name: &'static str, value: &str) {
        self.headers.push(Header { name, value: value.to_owned() });
    }

    /// Adds the `Authorization` header, such as `Bearer gho_…`, and hides what follows the scheme.
    pub fn authorize(&mut self, authorization: &str) {
        self.header("authorization", authorization);
        if let Some((_, credentials)) = authorization.split_once(' ') {
            self.hide(credentials);
        }
    }

    /// Adds a parameter to the form.
    pub fn parameter(&mut self, name: &str, value: &str) {
        if !self.body.is_empty() {
            self.body += "&";
        }
        self.body += &form::encode(&[(name, value)]);
    }

    /// Adds a parameter to the form, and hides its value.
    pub fn secret_parameter(&mut self, name: &str, value: &str) {
        self.parameter(name, value);
        self.hide(value);
    }

    /// Hides a text that the request holds.
    pub fn hide(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
    }

    /// The part that doesn't fit in a line, if there is one.
    pub(super) fn part_that_is_too_long(&self) -> Option<Part> {
        if self.destination.endpoint.text.len() > MAX_PART {
            return Some(Part::Url);
        }
        for header in &self.headers {
            if header.value.len() > MAX_PART {
                let is_bearer = header.value.starts_with("Bearer ");
                return Some(if is_bearer { Part::AccessToken } else { Part::ClientCredentials });
            }
        }
        None
    }
}
