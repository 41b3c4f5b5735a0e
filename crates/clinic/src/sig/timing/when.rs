//! Events of the day (R4 value set `event-timing`).

/// An event of the day, such as the morning or a meal.
#[derive(Clone, Copy, Debug)]
pub struct When(&'static Row);

#[derive(Debug)]
struct Row {
    /// Its words when they are all that says how often.
    alone: &'static str,
    /// Its words behind a pattern.
    beside: &'static str,
    code: &'static str,
    /// What says the same in GTSAbbreviation.
    abbreviation: Option<&'static str>,
    words: &'static [&'static str],
}

const fn row(
    alone: &'static str,
    beside: &'static str,
    code: &'static str,
    words: &'static [&'static str],
) -> Row {
    Row { alone, beside, code, abbreviation: None, words }
}

const fn same(words: &'static str, code: &'static str, others: &'static [&'static str]) -> Row {
    row(words, words, code, others)
}

/// Every event; `PM` of GTSAbbreviation is the afternoon, so `qpm`, which means the evening, has no abbreviation.
static EVENTS: [Row; 20] = [
    Row {
        abbreviation: Some("AM"),
        ..row("every morning", "in the morning", "MORN", &["qam", "q am", "each morning", "in am"])
    },
    same("at noon", "NOON", &[]),
    row("every afternoon", "in the afternoon", "AFT", &["each afternoon"]),
    row("every evening", "in the evening", "EVE", &["qpm", "q pm", "each evening"]),
    row("every night", "at night", "NIGHT", &["nightly", "each night", "q night"]),
    Row {
        abbreviation: Some("BED"),
        ..same("at bedtime", "HS", &["qhs", "q hs", "hs", "before bed", "every night at bedtime"])
    },
    same("on waking", "WAKE", &["upon waking"]),
    same("before meals", "AC", &["ac"]),
    same("after meals", "PC", &["pc"]),
    same("with meals", "C", &[]),
    same("with food", "C", &["with a meal"]),
    same("before breakfast", "ACM", &[]),
    same("with breakfast", "CM", &[]),
    same("after breakfast", "PCM", &[]),
    same("before lunch", "ACD", &[]),
    same("with lunch", "CD", &[]),
    same("after lunch", "PCD", &[]),
    same("before dinner", "ACV", &["before supper"]),
    same("with dinner", "CV", &["with supper"]),
    same("after dinner", "PCV", &["after supper"]),
];

/// Parts of the day, and events within them.
const WITHIN: [(&str, &[&str]); 4] = [
    ("MORN", &["ACM", "CM", "PCM", "WAKE"]),
    ("NOON", &["ACD", "CD", "PCD"]),
    ("EVE", &["ACV", "CV", "PCV"]),
    ("NIGHT", &["HS"]),
];

impl When {
    /// Every word and group of words for an event, with the event.
    pub fn all_words() -> impl Iterator<Item = (&'static str, Self)> {
        let words = |row: &'static Row| {
            [row.alone, row.beside]
                .into_iter()
                .chain(row.words.iter().copied())
                .map(move |word| (word, Self(row)))
        };
        EVENTS.iter().flat_map(words)
    }

    /// Its words; beside a pattern it need not say that it is every day.
    pub fn words(self, is_beside: bool) -> &'static str {
        if is_beside { self.0.beside } else { self.0.alone }
    }

    /// Its code in FHIR's value set.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// Whether it is at any meal, whenever that is.
    pub fn is_meal(self) -> bool {
        self.0.code == "C"
    }

    /// Whether it says another event more exactly.
    pub(super) fn is_within(self, other: Self) -> bool {
        WITHIN.iter().any(|(part, exact)| *part == other.0.code && exact.contains(&self.0.code))
    }

    pub(super) fn abbreviation(self) -> Option<&'static str> {
        self.0.abbreviation
    }
}

impl PartialEq for When {
    fn eq(&self, other: &Self) -> bool {
        self.0.alone == other.0.alone
    }
}

impl Eq for When {}
