//! Ten thousand random texts, the same ones in each run, made of secrets in random codings, of parts
//! of secrets, of masks and of markup: no part of a secret is shown, and no text is blown up.

use super::hidden::Hidden;
use crate::secret::{AccessToken, ClientSecret};
use crate::wire::form;

const TEXTS: u64 = 10_000;
/// This many characters of a secret in a row may not be shown.
const PART: usize = 8;
const MARKUP: [&str; 18] = [
    "\"",
    "\",\"message\":\"",
    "{\"error\":",
    "<p>",
    "&amp;",
    "&",
    "=",
    "%",
    "\\",
    "+",
    " ",
    "\n",
    "client_secret=",
    "… (8 characters)",
    "gho_…",
    "characters",
    "&lt;b&gt;",
    "%20",
];

/// Xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    fn secret(&mut self) -> String {
        let length = 16 + self.below(24);
        match self.below(6) {
            0 => self.text("0123456789abcdef", length),
            1 => self
                .text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", length),
            2 => format!("eyJhbGciOiJSUzI1NiIs{}", self.text("abcdefghij.", length)),
            3 => self.text("ab", length),
            4 => self.text("abc \"\\/%+&<>#;=éu0", length),
            _ => self.text("characters (8)…", length),
        }
    }

    /// A character as a coding may have it. Those that codings begin with are always coded, or nobody
    /// could undo it.
    fn escaped(&mut self, character: char) -> String {
        let is_special = "%\\&+ \"<>".contains(character);
        let bytes = |escape: fn(u8) -> String| -> String {
            character.to_string().bytes().map(escape).collect()
        };
        match self.below(if is_special { 5 } else { 10 }) {
            0 => bytes(|byte| format!("%{byte:02X}")),
            1 => bytes(|byte| format!("%{byte:02x}")),
            2 => format!("\\u{:04x}", u32::from(character)),
            3 => format!("&#{};", u32::from(character)),
            4 => format!("&#x{:X};", u32::from(character)),
            _ => character.to_string(),
        }
    }

    /// A secret or a part of it, character by character, in up to two layers of codings.
    fn coded(&mut self, secret: &str) -> Vec<String> {
        let mut characters: Vec<String> = secret.chars().map(String::from).collect();
        if self.below(3) == 0 {
            let start = self.below(characters.len());
            characters.drain(..start);
            characters.truncate(1 + self.below(characters.len()));
        }
        for _ in 0..self.below(3) {
            for character in &mut characters {
                *character = character.chars().map(|it| self.escaped(it)).collect();
            }
        }
        characters
    }
}

/// A secret as programs write it.
fn usual_codings(secret: &str) -> [String; 4] {
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    [secret.to_owned(), form::encode_value(secret), json.replace('/', "\\/"), json]
}

/// A text, and each row of eight characters in it that no reader may see.
struct Trial {
    hidden: Hidden,
    text: String,
    forbidden: Vec<String>,
}

impl Trial {
    fn new(random: &mut Random) -> Self {
        let mut trial =
            Self { hidden: Hidden::default(), text: String::new(), forbidden: Vec::new() };
        let secrets: Vec<String> = (0..=random.below(3)).map(|_| random.secret()).collect();
        for secret in &secrets {
            match random.below(3) {
                0 => trial.hidden.add(secret, &ClientSecret::new(secret.clone())),
                1 => trial.hidden.add(secret, &AccessToken::new(secret.clone())),
                _ => trial.hidden.learn(&serde_json::json!({ "tokens": [secret] }).to_string()),
            }
            let characters: Vec<String> = secret.chars().map(String::from).collect();
            trial.forbid(&characters);
        }
        for _ in 0..random.below(10) {
            let secret = &secrets[random.below(secrets.len())];
            match random.below(4) {
                0 => {
                    let coded = random.coded(secret);
                    // A `%` right before it would take two characters away from it.
                    trial.text += " ";
                    trial.text += &coded.concat();
                    trial.forbid(&coded);
                }
                1 => trial.text += &usual_codings(secret)[random.below(4)],
                _ => trial.text += MARKUP[random.below(MARKUP.len())],
            }
        }
        trial
    }

    fn forbid(&mut self, coded: &[String]) {
        self.forbidden.extend(coded.windows(PART).map(<[String]>::concat));
    }

    fn assert_safe(&self, shown: &str) {
        for part in &self.forbidden {
            assert!(!shown.contains(part), "`{part}` of `{}` is in `{shown}`", self.text);
        }
    }
}

#[test]
fn no_random_text_shows_eight_characters_of_a_secret_or_is_blown_up() {
    let mut random = Random(0x6261_7265_6f61_7574);
    let mut shown_at_all = 0;
    for _ in 0..TEXTS {
        let trial = Trial::new(&mut random);
        if random.below(4) == 0 {
            trial.assert_safe(&trial.hidden.quote(&trial.text));
        }
        match trial.hidden.body(&trial.text) {
            Ok(shown) => {
                shown_at_all += 1;
                trial.assert_safe(&shown);
                assert!(shown.len() <= 2 * trial.text.len() + 100, "{shown}");
            }
            // Nobody has to give up for its cost.
            Err(why) => assert_eq!(why, "it repeats a secret", "{}", trial.text),
        }
    }
    // Neither withholds everything nor shows everything.
    assert!((3_000..7_000).contains(&shown_at_all), "{shown_at_all}");
}
