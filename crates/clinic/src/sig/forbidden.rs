//! What must not be written because it was misread before: the Joint Commission's list of abbreviations not to use
//! (IM.02.02.01) and, of ISMP's list, what is met in sigs.

use super::token::{self, Kind, Token};

/// A word in small letters, what is written in its place, and what more there is to say.
const WORDS: [(&str, &str, &str); 16] = [
    ("u", "unit", ""),
    ("iu", "unit", ""),
    ("qd", "daily", ""),
    ("qod", "every other day", ""),
    ("ms", "morphine sulfate", "; if it is magnesium sulfate, change it"),
    ("mso", "morphine sulfate", ""),
    ("mgso", "magnesium sulfate", ""),
    ("ug", "mcg", ""),
    ("\u{b5}g", "mcg", ""),
    ("\u{3bc}g", "mcg", ""),
    ("cc", "mL", ""),
    ("hs", "at bedtime", ""),
    ("qhs", "at bedtime", ""),
    ("tsp", "teaspoon", "; doses are given in mL"),
    ("tbsp", "tablespoon", "; doses are given in mL"),
    ("sq", "subcutaneous", ""),
];

/// Words that may mean several things, so that nothing is written in their place, and what to write instead.
const REFUSED: [(&str, &str); 8] = [
    ("od", "od is read as right eye and as once daily; write `right eye` or `daily`"),
    ("os", "os is read as left eye and as by mouth; write `left eye` or `by mouth`"),
    ("ou", "ou is misread; write `both eyes`"),
    ("ad", "ad is misread; write `right ear`"),
    ("as", "as is misread; write `left ear`, or `as needed`"),
    ("au", "au is misread; write `both ears`"),
    ("biweekly", "biweekly is read as twice a week and as every two weeks; write which"),
    ("biw", "biw is read as twice a week and as every two weeks; write which"),
];

/// What joins parts of a word, each of which may be one that must not be written.
const JOINTS: [char; 3] = ['-', '\'', '\u{2019}'];

/// A word of free text with what is to be written in place of its parts.
pub fn replaced(text: &str) -> String {
    let part = |piece: &str| {
        let bare = piece.trim_end_matches(JOINTS);
        let instead = row(&token::word(bare)).map_or(bare, |(_, instead, _)| *instead);
        format!("{instead}{}", &piece[bare.len()..])
    };
    text.split_inclusive(JOINTS).map(part).collect()
}

fn row(word: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    WORDS.iter().find(|(forbidden, ..)| *forbidden == word)
}

/// Those that say how often: in a name they are left from something else.
const TIMES: [&str; 4] = ["qd", "qod", "hs", "qhs"];

/// Whether a part of a word can be in no name: it may mean several things, or says how often.
pub fn is_in_no_name(word: &str) -> bool {
    word.split(JOINTS).any(|part| TIMES.contains(&part) || (part != "as" && refusal(part).is_some()))
}

/// What to write instead of a word that may mean several things.
pub fn refusal(word: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(refused, _)| *refused == word).map(|(_, remedy)| *remedy)
}

/// What is to be said of a token that must not be written as it is.
pub fn notice(token: &Token<'_>) -> Option<String> {
    let text = token.text;
    match token.kind {
        Kind::Word => {
            let (_, instead, more) = token.word.split(JOINTS).find_map(row)?;
            Some(format!("`{text}` is written `{instead}`{more}"))
        }
        Kind::Number if text.starts_with('.') => {
            Some(format!("`{text}` is written `0{text}`: the point is easily overlooked"))
        }
        Kind::Number if has_trailing_zero(text) => {
            Some(format!("`{text}` is written without the zero at its end: the point is easily overlooked"))
        }
        _ => None,
    }
}

fn has_trailing_zero(number: &str) -> bool {
    number.contains('.') && number.ends_with('0')
}

/// Whether a text has something that must not be written.
pub fn is_forbidden(text: &str) -> bool {
    let is_forbidden = |token: &Token<'_>| notice(token).is_some() || is_in_no_name(&token.word);
    token::tokens(text).iter().any(is_forbidden)
}
