//! Checks of what a person sees in the tab, and of the port that it comes to.

use crate::exam::judge::attributes::has_attribute;
use crate::exam::judge::leads::{is_attackers, is_script, linked, redirects};
use crate::exam::judge::markup::{addresses, is_foreign};
use crate::exam::seen::{Account, Page, Probe, Record};
use crate::exam::tab;
use crate::exam::verdict::Finding;

/// In no run in which nobody was signed in does the tab claim a success with the words of the good login.
pub(in crate::exam) fn claims_no_success(runs: &[Record], login: &str) -> Option<Finding> {
    let good = runs.iter().find(|run| run.name == login)?;
    let mut claims = Vec::new();
    for page in &good.pages {
        claims.extend(tab::success_words(page));
    }
    for run in runs {
        if run.signed_in_as(Account::Person) || run.signed_in_as(Account::Stranger) {
            continue;
        }
        for page in &run.pages {
            let Some(words) = tab::success_words(page) else { continue };
            if claims.contains(&words) {
                let name = run.name;
                let seen =
                    format!("the tab said `…{words}…`, and nobody was signed in (in `{name}`)");
                return Some(Finding::broken(seen));
            }
        }
    }
    None
}

pub(in crate::exam) fn repeats_no_markup(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        if !page.is_html() {
            continue;
        }
        if page.body().contains("<exam-mark>") {
            return Some(Finding::broken("a page repeated the markup as it came"));
        }
        if has_attribute(page.body(), "exam-mark") {
            let seen = "a page repeated a quotation mark within a tag, and what followed it became an attribute";
            let why = "Anyone who gets you to follow a link can add a script to this tag: onfocus=… is an attribute.";
            let advice = "Escape quotation marks as well as < and >.";
            return Some(Finding::broken(seen).because(why, advice));
        }
    }
    None
}

/// No page, no redirect and no browser of the client's leads where the callback said.
pub(in crate::exam) fn leads_nowhere(run: &Record) -> Option<Finding> {
    for url in &run.opened {
        if is_attackers(url) || is_script(url) {
            return Some(Finding::broken(format!("it started the browser with `{url}`")));
        }
    }
    for page in &run.pages {
        for target in redirects(page) {
            if is_attackers(target) || is_script(target) {
                let why = "RFC 9700 §4.11.1: a client MUST NOT be an open redirector, which sends the person wherever a link says.";
                let advice = "Redirect to nothing that a callback says.";
                let seen = format!("a redirect leads to `{target}`");
                return Some(Finding::broken(seen).because(why, advice));
            }
        }
        let mut urls = Vec::new();
        for url in linked(page) {
            urls.push(url.to_owned());
        }
        if page.is_html() {
            urls.extend(addresses(page.body()));
        }
        for url in urls {
            if let Some(finding) = link_finding(&url) {
                return Some(finding);
            }
        }
    }
    None
}

/// What is wrong with a link.
fn link_finding(url: &str) -> Option<Finding> {
    let seen = format!("a page leads to `{url}`");
    if is_script(url) {
        let why = "RFC 6749 §10.14: a client MUST sanitize what it receives. This script runs as if it were the page's own.";
        let advice = "Show error_uri as text, or not at all.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    if is_attackers(url) {
        let why = "Any web page can bring this address, and the person trusts it, because it stands on your page. RFC 9700 §4.2.4: this page SHOULD NOT link to other sites.";
        let advice = "Show error_uri as text, or not at all.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    None
}

/// No page has a header that a parameter has brought.
pub(in crate::exam) fn has_no_such_header(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        if page.message.header("x-injected").is_some() {
            return Some(Finding::broken("the answer had the header"));
        }
    }
    None
}

/// No page loads or links anything of another origin, or sets a cookie.
pub(in crate::exam) fn stays_at_home(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        if sets_a_cookie(page) {
            let why = "Cookies know no ports: every other program on this machine that serves pages gets it.";
            let advice = "Keep the state in memory. If you need a cookie, put nothing in it that those programs may not see.";
            return Some(Finding::broken("a page sets a cookie").because(why, advice));
        }
        // Nobody sees the body of a redirect.
        if !page.is_html() || (300..400).contains(&page.status()) {
            continue;
        }
        for address in addresses(page.body()) {
            // What the attacker has brought is another case.
            if is_foreign(&address) && !is_attackers(&address) {
                return Some(Finding::broken(format!("a page leads to `{address}`")));
            }
        }
    }
    None
}

/// Whether a page sets a cookie, and doesn't delete one: `login=; Max-Age=0`
fn sets_a_cookie(page: &Page) -> bool {
    for header in &page.message.headers {
        let (pair, _) = header.value.split_once(';').unwrap_or((&header.value, ""));
        let (_, value) = pair.split_once('=').unwrap_or(("", pair));
        let is_empty = value.trim_matches('"').is_empty();
        if header.name.eq_ignore_ascii_case("set-cookie") && !is_empty {
            return true;
        }
    }
    false
}

/// The result of a probe of the port or of the process.
pub(in crate::exam) fn probed(run: &Record) -> Option<Finding> {
    match &run.probe {
        Some(Probe::Fine) => None,
        Some(Probe::Wrong(seen)) => Some(Finding::broken(seen.clone())),
        Some(Probe::Untold(why)) => Some(Finding::not_here(why.clone())),
        None => Some(Finding::not_here("this system doesn't tell")),
    }
}

/// A client that ends does so soon after the callback that counts: within half of the usual limit.
pub(in crate::exam) fn is_done_soon(run: &Record) -> Option<Finding> {
    if run.end.is_none() || run.took < run.limit / 2 {
        return None;
    }
    let took = run.took.as_secs();
    let why = "The person waits, and doesn't know for what.";
    let advice = "Go on at once when the callback has come.";
    Some(Finding::broken(format!("it took {took} s after the callback")).because(why, advice))
}
