//! A page of the provider's, for a browser. The band on top, which says who speaks and where, is added when
//! the page goes out, because only the socket knows where that is.

use crate::receive::page::{News, Page, Speaker};
use crate::secret::opaque;
use crate::show::drawing::Party;
use crate::wire::response::Response;

/// What the pages here have beside the style of every page.
const STYLE: &str = include_str!("style.css");

/// A page without its band. The body is HTML already.
#[derive(Clone)]
pub(super) struct HtmlPage {
    pub(super) status: u16,
    title: &'static str,
    news: News,
    body: String,
    header: Option<Header>,
}

// The ticket of a consent page is in it, or a redirect with a code.
opaque!(HtmlPage);

#[derive(Clone)]
struct Header {
    name: &'static str,
    value: String,
}

impl HtmlPage {
    /// A page whose title is neither good news nor bad.
    pub(super) fn new(status: u16, title: &'static str, body: impl Into<String>) -> Self {
        Self { status, title, news: News::Neither, body: body.into(), header: None }
    }

    /// The same with a title that is bad news.
    pub(super) fn bad_news(self) -> Self {
        Self { news: News::Bad, ..self }
    }

    /// The same with one more header, which has to be visible ASCII and spaces.
    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        Self { header: Some(Header { name, value: value.into() }), ..self }
    }

    /// The value of its header, if it has one of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        match &self.header {
            Some(header) if header.name == name => Some(&header.value),
            _ => None,
        }
    }

    /// The response that brings it, from the provider at this origin.
    pub(super) fn response(&self, origin: &str) -> Response {
        let speaker = Speaker { side: Party::Provider, name: "Practice", origin };
        let Self { status, title, news, body, header } = self;
        let page = Page {
            speaker,
            status: *status,
            title,
            news: *news,
            own_style: STYLE,
            body: body.as_str(),
        };
        match header {
            Some(Header { name, value }) => page.response().with(name, value.as_str()),
            None => page.response(),
        }
    }
}
