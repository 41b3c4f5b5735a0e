//! What is searched for in a chart: words, what they are called otherwise, and classes of drugs.

use super::Entry;
use crate::note::laboratory_test;
use crate::note::problem_search;
use search::fold;
use std::sync::LazyLock;

/// The longest query that is read, in characters, and its most words.
const LENGTH_MAX: usize = 200;
const WORDS_MAX: usize = 12;
/// The longest name of several words.
const PHRASE_WORDS: usize = 4;
/// Words around a hit.
const AROUND: usize = 8;

/// A class of drugs: words for it, how the names of its members begin or end, and words that do and are none.
struct DrugClass {
    words: Vec<&'static str>,
    stems: Vec<&'static str>,
    others: Vec<&'static str>,
}

static DRUG_CLASSES: LazyLock<Vec<DrugClass>> = LazyLock::new(|| {
    let lines = include_str!("../../../../data/clinic/drug_stems.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut cell = |separator: char| -> Vec<&'static str> {
            let words = cells.next().unwrap_or_default().split(separator);
            words.filter(|word| !word.is_empty()).collect()
        };
        DrugClass { words: cell('|'), stems: cell(' '), others: cell(' ') }
    });
    rows.collect()
});

/// What is searched for. Everything of it must be there.
#[derive(Clone, Default)]
pub struct Query {
    needs: Vec<Need>,
}

/// Something that must be there: any of its alternatives.
#[derive(Clone, Default)]
struct Need {
    /// Words, of which the last may go on.
    words: String,
    /// A class of drugs.
    class: Option<&'static DrugClass>,
    /// How a code begins.
    codes: Vec<String>,
}

/// A piece of a text, and whether it is a hit.
pub type Piece = (String, bool);

/// The words around the first hit.
pub type Snippet = Vec<Piece>;

impl Query {
    /// Reads what was typed.
    pub fn read(text: &str) -> Self {
        let text: String = text.chars().take(LENGTH_MAX).collect();
        let folded = words_of(&text);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).take(WORDS_MAX).collect();
        let (mut needs, mut at) = (Vec::new(), 0);
        while at < words.len() {
            let longest = PHRASE_WORDS.min(words.len() - at);
            let known = (1..=longest)
                .rev()
                .find_map(|count| Some((count, Need::called(&words[at..at + count].join(" "))?)));
            let (count, need) =
                known.unwrap_or_else(|| (1, Need { words: words[at].to_owned(), ..Need::default() }));
            needs.push(need);
            at += count;
        }
        Self { needs }
    }

    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// Whether a text has all of it, or the codes that stand beside it, which are asked for when the text has not.
    pub(super) fn finds(&self, text: &str, codes: impl FnOnce() -> Vec<String>) -> bool {
        if self.needs.is_empty() {
            return true;
        }
        let words = format!(" {} ", words_of(text));
        let missing: Vec<&Need> = self.needs.iter().filter(|need| !need.is_in(&words)).collect();
        if missing.iter().any(|need| need.codes.is_empty()) {
            return false;
        }
        let codes = if missing.is_empty() { Vec::new() } else { codes() };
        missing.iter().all(|need| need.is_code(&codes))
    }

    /// Whether a resource's JSON may have all of it, told without reading it: most of a chart has not. What is not plain ASCII
    /// may always, for its letters may fold to others.
    pub(super) fn may_be_in(&self, json: &str) -> bool {
        if self.needs.is_empty() || !json.is_ascii() || json.contains("\\u") {
            return true;
        }
        let json = json.to_ascii_lowercase();
        self.needs.iter().all(|need| need.may_be_in(&json))
    }

    /// How likely an entry is what was meant: by how much of it its name has.
    pub(super) fn rank(&self, entry: &Entry) -> usize {
        let title = format!(" {} ", words_of(&entry.title));
        self.needs.iter().filter(|need| need.is_in(&title)).count()
    }

    /// The words around the first hit in an entry's text; nothing when all of it is in its name.
    pub(super) fn snippet(&self, entry: &Entry) -> Snippet {
        if self.rank(entry) == self.needs.len() {
            return Vec::new();
        }
        let is_hit = |word: &str| {
            let word = format!(" {} ", words_of(word));
            self.needs.iter().any(|need| need.has_part_in(&word))
        };
        for text in [&entry.detail, &entry.text] {
            let words: Vec<&str> = text.split_whitespace().collect();
            let Some(first) = words.iter().position(|word| is_hit(word)) else { continue };
            let around = &words[first.saturating_sub(AROUND)..(first + AROUND + 1).min(words.len())];
            return around.iter().map(|word| ((*word).to_owned(), is_hit(word))).collect();
        }
        Vec::new()
    }
}

/// Folded words with one space between: what is no letter and no digit parts them.
fn words_of(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

impl Need {
    /// What words are called otherwise; `None` when they are a name of nothing that is known.
    fn called(words: &str) -> Option<Self> {
        let mut need = Self { words: words.to_owned(), ..Self::default() };
        need.class = DRUG_CLASSES.iter().find(|class| class.words.contains(&words));
        // A category of ICD-10-CM is its first three characters.
        let diagnosis = problem_search::meant_by(words).and_then(|code| code.get(..3));
        need.codes.extend(diagnosis.map(str::to_owned));
        need.codes.extend(laboratory_test::named(words).map(|test| test.loinc.to_owned()));
        (need.class.is_some() || !need.codes.is_empty()).then_some(need)
    }

    /// Whether folded text with spaces around each word has it.
    fn is_in(&self, words: &str) -> bool {
        words.contains(&format!(" {}", self.words)) || self.has_stem_in(words)
    }

    /// Whether lower-case JSON has the first of its words, a stem, or a code.
    fn may_be_in(&self, json: &str) -> bool {
        let word = self.words.split(' ').next().unwrap_or_default();
        let stems = self.class.into_iter().flat_map(|class| &class.stems).map(|stem| stem.trim_matches('-'));
        let mut parts = stems.chain([word]);
        parts.any(|part| json.contains(part))
            || self.codes.iter().any(|code| json.contains(&code.to_ascii_lowercase()))
    }

    /// Whether a word is part of it.
    fn has_part_in(&self, word: &str) -> bool {
        let one = word.trim();
        let begins = |part: &str| !one.is_empty() && one.starts_with(part);
        self.words.split(' ').any(begins) || self.has_stem_in(word)
    }

    fn has_stem_in(&self, words: &str) -> bool {
        self.class.is_some_and(|class| words.split(' ').any(|word| class.has(word)))
    }

    fn is_code(&self, codes: &[String]) -> bool {
        self.codes.iter().any(|wanted| codes.iter().any(|code| code.starts_with(wanted.as_str())))
    }
}

impl DrugClass {
    fn has(&self, word: &str) -> bool {
        let is_one = |stem: &&str| match (stem.strip_prefix('-'), stem.strip_suffix('-')) {
            (Some(end), _) => word.ends_with(end),
            (_, Some(beginning)) => word.starts_with(beginning),
            _ => false,
        };
        self.stems.iter().any(is_one) && !self.others.contains(&word)
    }
}
