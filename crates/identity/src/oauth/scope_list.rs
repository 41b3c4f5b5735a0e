//! What a program asks for: scopes of resources, and words that are about the launch and the person (SMART App Launch 2.2,
//! section 3.0).

use access::Scope;
use std::fmt;

/// A scope that is about no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// An identity token.
    OpenId,
    /// Who the person is in the record.
    FhirUser,
    /// The person's name.
    Profile,
    /// What was open when the program was opened from a chart.
    Launch,
    /// A patient, chosen when the program begins by itself.
    LaunchPatient,
    /// The encounter that was open.
    LaunchEncounter,
    /// Tokens after the person is gone.
    OfflineAccess,
    /// Tokens as long as the person is signed in.
    OnlineAccess,
}

/// How words are written.
const WORDS: [(&str, Word); 8] = [
    ("openid", Word::OpenId),
    ("fhirUser", Word::FhirUser),
    ("profile", Word::Profile),
    ("launch", Word::Launch),
    ("launch/patient", Word::LaunchPatient),
    ("launch/encounter", Word::LaunchEncounter),
    ("offline_access", Word::OfflineAccess),
    ("online_access", Word::OnlineAccess),
];

impl Word {
    /// All words.
    pub const ALL: [Self; 8] = [
        Self::OpenId,
        Self::FhirUser,
        Self::Profile,
        Self::Launch,
        Self::LaunchPatient,
        Self::LaunchEncounter,
        Self::OfflineAccess,
        Self::OnlineAccess,
    ];

    fn text(self) -> &'static str {
        WORDS.iter().find(|(_, word)| *word == self).map_or("", |(text, _)| text)
    }
}

/// One scope of a list.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Resource(Scope),
    Word(Word),
}

/// Scopes in the order in which they were asked for, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScopeList(Vec<Item>);

impl ScopeList {
    /// Reads a list separated by spaces. What is not understood is left out, as RFC 6749 §3.3 allows: the program is told
    /// what it got.
    pub fn parse(text: &str) -> Self {
        let mut list = Self::default();
        for scope in text.split_ascii_whitespace() {
            let word = WORDS.iter().find(|(name, _)| *name == scope).map(|(_, word)| Item::Word(*word));
            let item = word.or_else(|| Scope::parse(scope).ok().map(Item::Resource));
            if let Some(item) = item.filter(|item| !list.0.contains(item)) {
                list.0.push(item);
            }
        }
        list
    }

    /// What of a list is not understood, and why.
    pub fn problems(text: &str) -> Vec<String> {
        let is_word = |scope: &str| WORDS.iter().any(|(name, _)| *name == scope);
        let others = text.split_ascii_whitespace().filter(|scope| !is_word(scope));
        others.filter_map(|scope| Scope::parse(scope).err()).map(|error| error.to_string()).collect()
    }

    /// Those of resources.
    pub fn resources(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter().filter_map(|item| match item {
            Item::Resource(scope) => Some(scope),
            Item::Word(_) => None,
        })
    }

    /// Whether a word is among them.
    pub fn has(&self, word: Word) -> bool {
        self.0.contains(&Item::Word(word))
    }

    /// Whether one of these words is among them.
    pub fn has_any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.has(*word))
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are within another list: words that it has, and resources that one of its scopes allows.
    pub fn within(&self, other: &Self) -> Self {
        self.only(|item| match item {
            Item::Word(word) => other.has(*word),
            Item::Resource(scope) => other.resources().any(|wide| scope.is_within(wide)),
        })
    }

    /// Whether it asks for no more than another list.
    pub fn is_within(&self, other: &Self) -> bool {
        self.within(other) == *self
    }

    /// Without some words.
    pub fn without(&self, words: &[Word]) -> Self {
        self.only(|item| !matches!(item, Item::Word(word) if words.contains(word)))
    }

    /// With each scope of resources replaced by what `of` makes of it.
    pub fn with_resources(&self, of: impl Fn(usize, &Scope) -> Vec<Scope>) -> Self {
        let mut list = Self::default();
        let mut index = 0;
        for item in &self.0 {
            match item {
                Item::Word(word) => list.0.push(Item::Word(*word)),
                Item::Resource(scope) => {
                    list.0.extend(of(index, scope).into_iter().map(Item::Resource));
                    index += 1;
                }
            }
        }
        list
    }

    fn only(&self, keeps: impl Fn(&Item) -> bool) -> Self {
        Self(self.0.iter().filter(|item| keeps(item)).cloned().collect())
    }
}

impl fmt::Display for ScopeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            match item {
                Item::Resource(scope) => write!(f, "{space}{scope}")?,
                Item::Word(word) => write!(f, "{space}{}", word.text())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_kept_in_order() {
        let list =
            ScopeList::parse("openid launch/patient patient/Patient.read nonsense patient/Patent.rs openid");
        assert_eq!(list.to_string(), "openid launch/patient patient/Patient.read");
        assert_eq!(ScopeList::problems("openid nonsense").len(), 1);
        assert!(ScopeList::problems("openid patient/*.rs").is_empty());
    }

    #[test]
    fn a_list_is_cut_to_what_another_allows() {
        let allowed = ScopeList::parse("openid patient/*.rs user/Observation.rs?category=laboratory");
        let rows = [
            ("openid fhirUser", "openid"),
            ("patient/Patient.r patient/Patient.cruds", "patient/Patient.r"),
            ("user/Observation.rs", ""),
            ("user/Observation.r?category=laboratory", "user/Observation.r?category=laboratory"),
            ("system/*.rs user/*.rs", ""),
        ];
        for (asked, got) in rows {
            assert_eq!(ScopeList::parse(asked).within(&allowed).to_string(), got, "{asked}");
        }
    }
}
