//! The words of a page: whether the tab claims that somebody is signed in.
//!
//! ```text
//! <h1>Login Successful!</h1>            it does
//! <h1>You are not logged in</h1>        it doesn't
//! ```

use super::seen::Page;

/// Words that tell of a success.
const SUCCESS: [&str; 5] = ["success", "signed in", "logged in", "authorized", "complete"];
/// Words beside them that take it back.
const DENIALS: [&str; 4] = [" not ", "n't ", "fail", "error"];
/// How far beside them these are looked for, in letters.
const NEARBY: usize = 30;

/// The words of a page that tell of a success.
pub(super) fn success_words(page: &Page) -> Option<String> {
    if page.status() >= 400 {
        return None;
    }
    let text = visible_text(page.body());
    for word in SUCCESS {
        for (at, _) in text.match_indices(word) {
            let phrase = phrase_around(&text, at, word);
            if !is_denied(&phrase) && !is_opposite(&text, at) {
                return Some(phrase);
            }
        }
    }
    None
}

/// What a person sees of a page, in small letters. Neither a style nor a script says anything.
fn visible_text(html: &str) -> String {
    let mut text = String::new();
    let mut is_visible = true;
    for part in html.to_lowercase().split('<') {
        let (tag, said) = part.split_once('>').unwrap_or(("", part));
        let name = tag.trim_start_matches('/');
        if name.starts_with("style") || name.starts_with("script") {
            is_visible = tag.starts_with('/');
        }
        if !is_visible {
            continue;
        }
        for word in said.split_whitespace() {
            text += word;
            text += " ";
        }
    }
    text
}

/// The word with what stands around it.
fn phrase_around(text: &str, at: usize, word: &str) -> String {
    let (before, after) = text.split_at(at);
    let letters: Vec<char> = before.chars().collect();
    let nearby = letters.len().saturating_sub(NEARBY);
    let mut phrase: String = letters.iter().skip(nearby).collect();
    phrase.extend(after.chars().take(word.len() + NEARBY));
    phrase
}

fn is_denied(phrase: &str) -> bool {
    let words = format!(" {phrase} ");
    DENIALS.iter().any(|denial| words.contains(denial))
}

/// `unsuccessful`, `unauthorized`, `incomplete`.
fn is_opposite(text: &str, at: usize) -> bool {
    let (before, _) = text.split_at(at);
    before.ends_with("un") || before.ends_with("in")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::http::Message;

    #[test]
    fn a_tab_hears_of_a_success_where_nothing_takes_it_back() {
        for (status, body, told) in [
            (200, "<h1>Login Successful!</h1>You can close this tab.", true),
            (200, "<p>Signed\n in</p>", true),
            (200, "The authentication flow has completed.", true),
            (200, "Your account is <b>authorized</b>", true),
            (200, "<h1>Not signed in</h1>", false),
            (200, "Unauthorized", false),
            (200, "Login was unsuccessful", false),
            (200, "The login failed to complete", false),
            (200, "Code received. Look at the terminal.", false),
            (502, "success", false),
            (200, "", false),
            (200, "<style>.success{}</style><script>complete()</script><h1>Denied</h1>", false),
            (200, "<style>p{}</style><h1>Success</h1>", true),
            (200, "Success. Nothing more to do.", true),
        ] {
            let start = format!("HTTP/1.1 {status} OK");
            let message = Message { start, headers: Vec::new(), body: body.to_owned() };
            assert_eq!(
                success_words(&Page { message, ..Page::default() }).is_some(),
                told,
                "{body}"
            );
        }
    }
}
