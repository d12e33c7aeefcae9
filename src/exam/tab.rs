//! The words of a page: whether the tab claims that somebody is signed in.
//!
//! ```text
//! <h1>Login Successful!</h1>            it does
//! <h1>You are not logged in</h1>        it doesn't
//! ```

use super::seen::Page;

/// The words of a language, in small letters.
struct Language {
    /// They tell of a success.
    success: &'static [&'static str],
    /// They take it back, if they stand beside it.
    denials: &'static [&'static str],
}

static LANGUAGES: [Language; 15] = [
    // English.
    Language {
        success: &[
            "succe",
            "signed in",
            "logged in",
            "authorized",
            "authorised",
            "authenticated",
            "complete",
            "connected",
            "granted",
            "got access",
            "updated",
            "all set",
        ],
        denials: &[" not ", "n't ", " no ", "fail", "error", "denied"],
    },
    // German.
    Language {
        success: &["erfolg", "angemeldet", "eingeloggt", "abgeschlossen", "geklappt"],
        denials: &[" nicht ", " kein", "fehl", "erfolglos"],
    },
    // Dutch.
    Language {
        success: &["gelukt", "geslaagd", "aangemeld", "ingelogd", "voltooid"],
        denials: &[" niet ", " geen ", "mislukt", "fout"],
    },
    // Swedish, Danish and Norwegian.
    Language {
        success: &[
            "lyckad",
            "lyckats",
            "inloggad",
            "slutförd",
            "vellykket",
            "logget in",
            "fullført",
        ],
        denials: &[" inte ", " ikke ", "misslyckad", "mislykket", " fel "],
    },
    // Finnish.
    Language {
        success: &["onnistu", "kirjautunut", "valmis"],
        denials: &[" ei ", " et ", "virhe"],
    },
    // French.
    Language {
        success: &["réussi", "succès", "connecté", "terminé", "autorisé"],
        denials: &[" pas ", " non ", "échou", "échec", "erreur"],
    },
    // Spanish.
    Language {
        success: &[
            "éxito",
            "correctamente",
            "iniciado sesión",
            "conectado",
            "completad",
            "autorizad",
        ],
        denials: &[" no ", " sin ", "fall", "error"],
    },
    // Portuguese.
    Language {
        success: &["sucesso", "concluíd", "conectado", "autenticad", "autorizad"],
        denials: &[" não ", " sem ", "falh", "erro"],
    },
    // Italian.
    Language {
        success: &["successo", "riuscit", "completat", "effettuato", "autorizzat"],
        denials: &[" non ", "fallit", "errore"],
    },
    // Polish.
    Language {
        success: &["powodzeni", "pomyślnie", "zalogowan", "zakończon"],
        denials: &[" nie ", "niepowodzeni", "błąd"],
    },
    // Czech.
    Language {
        success: &["úspěšn", "přihlášen", "dokončen"], denials: &[" ne", "selhal", "chyb"]
    },
    // Russian and Ukrainian.
    Language {
        success: &["успешн", "успішн", "выполнен", "вошли", "завершен", "авторизован"],
        denials: &[" не ", "неуда", "ошибк", "помилк"],
    },
    // Turkish.
    Language {
        success: &["başarılı", "başarıyla", "giriş yapıldı", "tamamlandı"],
        denials: &[" değil", "hata"],
    },
    // Japanese and Chinese.
    Language {
        success: &[
            "成功",
            "完了",
            "完成",
            "ログインしました",
            "認証されました",
            "已登录",
            "已登入",
            "已授权",
            "已授權",
        ],
        denials: &["失敗", "失败", "ません", "エラー", "错误", "錯誤", "未", "不"],
    },
    // Korean.
    Language {
        success: &["성공", "완료", "로그인되었습니다"], denials: &["실패", "않", "오류"]
    },
];
/// Beginnings that turn a word into its opposite, or leave it open: `unsuccessful`, `disconnected`,
/// `to complete`, `whether you are logged in`.
const OPPOSITES: [&str; 14] = [
    "un",
    "in",
    "dis",
    "non-",
    "dé",
    "des",
    "nie",
    "ne",
    "не",
    "epä",
    "to ",
    "whether you are ",
    "if you are ",
    "once you are ",
];
/// How far beside the words of a success those are looked for that take it back, in letters.
const NEARBY: usize = 30;

/// The words of a page that tell of a success.
pub(super) fn success_words(page: &Page) -> Option<String> {
    if page.status() >= 400 {
        return None;
    }
    let text = visible_text(page.body());
    for language in &LANGUAGES {
        for word in language.success {
            for (at, _) in text.match_indices(word) {
                let phrase = phrase_around(&text, at, word);
                if !is_denied(&phrase, language.denials) && !is_opposite(&text, at) {
                    return Some(phrase);
                }
            }
        }
    }
    None
}

/// The text of a page that a person sees, in small letters. Neither a style nor a script says anything.
pub(super) fn visible_text(html: &str) -> String {
    let mut text = String::new();
    let mut is_visible = true;
    // Letter by letter, because `str::to_lowercase` brings tables for the small sigma that ends a Greek word.
    let html: String = html.chars().flat_map(char::to_lowercase).collect();
    for part in html.split('<') {
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
    let mut start = 0;
    if let Some((nearby, _)) = before.char_indices().nth_back(NEARBY - 1) {
        start = nearby;
    }
    let (_, before) = before.split_at(start);
    let mut phrase = before.to_owned();
    phrase.extend(after.chars().take(word.len() + NEARBY));
    phrase
}

fn is_denied(phrase: &str, denials: &[&str]) -> bool {
    let words = format!(" {phrase} ");
    denials.iter().any(|denial| words.contains(denial))
}

fn is_opposite(text: &str, at: usize) -> bool {
    let (before, _) = text.split_at(at);
    OPPOSITES.iter().any(|beginning| before.ends_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::http::Message;

    #[test]
    fn a_phrase_has_as_many_letters_before_the_word_as_count() {
        for (before, kept) in [
            ("", ""),
            ("é", "é"),
            (&*"é".repeat(NEARBY), &*"é".repeat(NEARBY)),
            (&format!("no {}", "é".repeat(NEARBY)), &"é".repeat(NEARBY)),
        ] {
            let text = format!("{before}succeeded");
            assert_eq!(phrase_around(&text, before.len(), "succe"), format!("{kept}succeeded"));
        }
    }

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
            (200, "Return to your terminal to complete the login.", false),
            (200, "See in the terminal whether you are logged in.", false),
            (200, "You are logged in.", true),
            (502, "success", false),
            (200, "", false),
            (200, "<style>.success{}</style><script>complete()</script><h1>Denied</h1>", false),
            (200, "<style>p{}</style><h1>Success</h1>", true),
            (200, "Success. Nothing more to do.", true),
            (200, "Authorization succeeded! You can close this.", true),
            (200, "Got Access Token: …", true),
            (200, "Your json file is updated.", true),
            (200, "Anmeldung erfolgreich", true),
            (200, "Die Anmeldung war nicht erfolgreich", false),
            (200, "Vous êtes connecté.", true),
            (200, "Vous n'êtes pas connecté.", false),
            (200, "Vous êtes déconnecté.", false),
            (200, "Inicio de sesión correctamente realizado", true),
            (200, "Přihlášení bylo neúspěšné", false),
            (200, "Kirjautuminen onnistui", true),
            (200, "Kirjautuminen epäonnistui", false),
            (200, "Вход выполнен", true),
            (200, "ログインに成功しました", true),
            (200, "登录未成功", false),
            (200, "로그인 성공", true),
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
