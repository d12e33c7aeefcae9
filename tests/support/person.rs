//! The person at the practice provider's consent page.

use super::{Authorization, FORM, Page, get, send};

/// Sends a POST.
pub(crate) fn post(origin: &str, path: &str, headers: &str, body: &str) -> Page {
    let host = origin.strip_prefix("http://").unwrap();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    send(host, request.as_bytes())
}

/// The ticket of a consent page.
pub(crate) fn ticket(page: &Page) -> String {
    let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").expect("a consent page");
    rest.split('"').next().unwrap().to_owned()
}

/// Opens the consent page and presses a button: where the browser is sent.
pub(crate) fn press(authorization: &Authorization, button: &str) -> String {
    let body = format!("ticket={}&decision={button}", ticket(&get(&authorization.url)));
    let redirect = post(authorization.origin(), "/login/oauth/authorize", FORM, &body);
    assert_eq!(redirect.status, 302, "{}", redirect.body);
    redirect.header("location").unwrap().to_owned()
}
