//! Rate limits: how a provider says that it was asked too often, and when to ask again.
//!
//! ```text
//! HTTP/1.1 429 Too Many Requests        RFC 6585 §4
//! retry-after: 60                       or a date, RFC 9110 §10.2.3
//!
//! HTTP/1.1 403 Forbidden                GitHub, or 429
//! x-ratelimit-remaining: 0
//! x-ratelimit-reset: 1372700873         seconds after 1970
//!
//! {"message":"You have exceeded a secondary rate limit. …"}   GitHub, without any of these headers
//! ```
//!
//! Left out: waiting, which is the person's choice. Shown by the tables below.

use std::time::{SystemTime, UNIX_EPOCH};

use ureq::http::HeaderMap;

use crate::wire::date::{http_date, read_http_date};

/// The beginning of the year 3000: a later end isn't worth showing.
const YEAR_3000: u64 = 32_503_680_000;

/// The time to ask again, in words, if an answer reports a rate limit: by its status, its headers or its
/// words.
pub(super) fn end_of_limit(status: u16, headers: &HeaderMap, words: &str) -> Option<String> {
    let is_limit = match status {
        429 => true,
        403 if headers.contains_key("retry-after") => true,
        403 if text(headers, "x-ratelimit-remaining") == Some("0") => true,
        400..500 => tells_of_a_limit(words),
        _ => false,
    };
    if is_limit { Some(end(headers, now())) } else { None }
}

/// The names that providers give it, in words and in error codes.
const NAMES: [&str; 6] = [
    "rate limit",
    "rate_limit",
    "ratelimit",
    "too many requests",
    "too_many_requests",
    "abuse detection",
];

fn tells_of_a_limit(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    for name in NAMES {
        for (at, _) in words.match_indices(name) {
            let (before, _) = words.split_at(at);
            // `corporate limits` holds `rate limit` as well.
            if !before.ends_with(|letter: char| letter.is_ascii_alphabetic()) {
                return true;
            }
        }
    }
    false
}

/// When to ask again, in words, if an answer says so; `later` otherwise.
pub(super) fn when_to_ask_again(headers: &HeaderMap) -> String {
    end(headers, now())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// When the limit ends, for somebody who reads this at `now`.
fn end(headers: &HeaderMap, now: u64) -> String {
    let end = match text(headers, "retry-after") {
        Some(after) => match after.parse::<u64>() {
            Ok(seconds) => Some(now.saturating_add(seconds)),
            Err(_) => read_http_date(after),
        },
        None => reset(headers),
    };
    match end {
        Some(end) if now < end && end < YEAR_3000 => {
            format!("in {} s, after {}", end - now, http_date(end))
        }
        _ => "later".to_owned(),
    }
}

/// The end of GitHub's primary limit. While some of it remains, another limit was met.
fn reset(headers: &HeaderMap) -> Option<u64> {
    match text(headers, "x-ratelimit-remaining") {
        None | Some("0") => text(headers, "x-ratelimit-reset")?.parse().ok(),
        Some(_) => None,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_limit_is_told_by_its_status_its_headers_or_its_words() {
        let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes.";
        for (status, lines, words, is_limit) in [
            (429, &[] as &[_], "", true),
            (403, &["retry-after: 60"], "", true),
            (403, &["x-ratelimit-remaining: 0"], "", true),
            (403, &["x-ratelimit-remaining: 12"], "Resource not accessible", false),
            (403, &["x-ratelimit-remaining: 12"], secondary, true),
            (403, &[], "You have triggered an abuse detection mechanism.", true),
            (400, &[], "rate_limit_exceeded", true),
            (403, &[], "Resource not accessible", false),
            (404, &["retry-after: 60"], "Not Found", false),
            (503, &["retry-after: 60"], "", false),
            (200, &["x-ratelimit-remaining: 0"], "rate limit", false),
            (400, &[], "invalid_scope The scopes exceed the corporate limits.", false),
            (403, &[], "slow_down_rate_limit", true),
        ] {
            let end = end_of_limit(status, &headers(lines), words);
            assert_eq!(end.is_some(), is_limit, "{status} {lines:?} {words}");
        }
    }

    #[test]
    fn a_limit_says_when_it_ends() {
        let now = 784_111_777;
        let in_a_minute = "in 60 s, after Sun, 06 Nov 1994 08:50:37 GMT";
        for (lines, expected) in [
            (&[] as &[_], "later"),
            (&["retry-after: 60"], in_a_minute),
            (&["retry-after:  60 "], in_a_minute),
            (&["retry-after: Sun, 06 Nov 1994 08:50:37 GMT"], in_a_minute),
            (&["x-ratelimit-reset: 784111837"], in_a_minute),
            (&["x-ratelimit-remaining: 0", "x-ratelimit-reset: 784111837"], in_a_minute),
            (&["retry-after: 60", "x-ratelimit-reset: 784111999"], in_a_minute),
            (&["x-ratelimit-remaining: 9", "x-ratelimit-reset: 784111837"], "later"),
            (&["retry-after: 0"], "later"),
            (&["retry-after: -1"], "later"),
            (&["retry-after: soon"], "later"),
            (&["retry-after: 18446744073709551615"], "later"),
            (&["retry-after: Sun, 06 Nov 1994 08:49:37 GMT"], "later"),
            (&["retry-after: Mon, 06 Nov 1994 08:50:37 GMT"], "later"),
            (&["x-ratelimit-reset: 5"], "later"),
            (&["x-ratelimit-reset: 99999999999"], "later"),
        ] {
            assert_eq!(end(&headers(lines), now), expected, "{lines:?}");
        }
    }
}
